import type { LinkImportOutcome } from '#application/manage-links';
import type { MeterLink } from '#domain/meter-link';
import { presentRejected } from '../wire/batch-presenter.ts';
import { presentTime } from '../wire/reading-presenter.ts';

export function presentLink({ id, meterId, vehicleId, from, to }: MeterLink): Record<string, unknown> {
  return { id, meterId, vehicleId, from: presentTime(from), to: to === null ? null : presentTime(to) };
}

/** Why a link cannot be stored: the existing link of its meter that it overlaps. */
export function presentOverlap(existing: MeterLink): { detail: string; link: Record<string, unknown> } {
  const { meterId, vehicleId, from, to } = existing;
  const until = to === null ? 'on' : `to ${presentTime(to)}`;
  return {
    detail: `${meterId} already feeds ${vehicleId} from ${presentTime(from)} ${until}`,
    link: presentLink(existing),
  };
}

export function presentLinkOutcome(outcome: LinkImportOutcome, index: number): Record<string, unknown> {
  switch (outcome.status) {
    case 'stored':
    case 'duplicate':
      return { index, status: outcome.status };
    case 'overlap': {
      const overlap = presentOverlap(outcome.with);
      return { index, status: 'conflict', code: 'link-overlap', pointer: `/${index}`, ...overlap };
    }
    case 'rejected':
      return presentRejected(outcome, index);
  }
}
