import type { Conflict, IngestOutcome } from '#domain/reading/ingest-outcome';
import { presentRejected } from '../wire/batch-presenter.ts';
import { presentReading, presentTime } from '../wire/reading-presenter.ts';

export function presentConflict({ stored }: Conflict): { detail: string; stored?: Record<string, unknown> } {
  if (stored === null) {
    return { detail: 'another reading of the batch has the same device and time; neither was stored' };
  }
  const { deviceId, timestamp } = stored;
  return {
    detail: `${deviceId} already has another reading at ${presentTime(timestamp)}; that one is kept`,
    stored: presentReading(stored),
  };
}

export function presentOutcome(outcome: IngestOutcome, index: number): Record<string, unknown> {
  const pointer = `/${index}`;
  switch (outcome.status) {
    case 'stored':
    case 'duplicate':
      return { index, status: outcome.status };
    case 'conflict':
      return { index, status: 'conflict', code: 'conflict', pointer, ...presentConflict(outcome) };
    case 'withheld':
      return {
        index,
        status: 'rejected',
        code: 'withheld',
        pointer,
        detail: 'is valid, but was withheld because other readings of its atomic batch could not be stored',
      };
    case 'rejected':
      return presentRejected(outcome, index);
  }
}
