import type { LinkImportOutcome } from '#application/manage-links';
import type { MeterLink } from '#domain/meter-link';
import { presentFaults } from '../wire/batch-presenter.ts';
import { presentTime } from '../wire/reading-presenter.ts';

export function presentLink({ id, meterId, vehicleId, from, to }: MeterLink): Record<string, unknown> {
  return { id, meterId, vehicleId, from: presentTime(from), to: to === null ? null : presentTime(to) };
}

/** Why a link is in the way of another one of its meter, and the link itself. */
export function presentOverlap(inTheWay: MeterLink): { detail: string; link: Record<string, unknown> } {
  const { meterId, vehicleId, from, to } = inTheWay;
  const until = to === null ? 'on' : `to ${presentTime(to)}`;
  return {
    detail: `${meterId} feeds ${vehicleId} from ${presentTime(from)} ${until}`,
    link: presentLink(inTheWay),
  };
}

export function presentLinkOutcome(outcome: LinkImportOutcome, index: number): Record<string, unknown> {
  const pointer = `/${index}`;
  switch (outcome.status) {
    case 'stored':
    case 'duplicate':
      return { index, status: outcome.status };
    case 'overlap':
      return { index, status: 'conflict', code: 'link-overlap', pointer, ...presentOverlap(outcome.with) };
    case 'rejected': {
      const errors = presentFaults(outcome.faults, pointer);
      return { index, status: 'rejected', ...errors[0], ...(errors.length > 1 && { errors }) };
    }
  }
}
