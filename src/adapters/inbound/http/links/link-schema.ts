import * as v from 'valibot';
import { EMPTY_INTERVAL, type ReceivedLink } from '#application/manage-links';
import { meterLinkId } from '#domain/meter-link';
import type { Fault } from '#domain/reading/fault';
import type { Rejected } from '#domain/reading/ingest-outcome';
import type { EpochMillis } from '#domain/time/time';
import { deviceIdSchema, faultOf, MISSING, timestampSchema } from '../wire/fault-schema.ts';

const end = v.nullable(timestampSchema);

const linkSchema = v.object(
  { meterId: deviceIdSchema, vehicleId: deviceIdSchema, from: timestampSchema, to: v.optional(end, null) },
  MISSING,
);
const changeSchema = v.object({ to: end }, MISSING);

/** Turns one parsed JSON value into a link, or into all that is wrong with it. Without `to` it has not ended. */
export function parseLink(value: unknown): ReceivedLink {
  if (!isObject(value)) return notAnObject('a link is an object with meterId, vehicleId, from and to');
  const { success, output, issues } = v.safeParse(linkSchema, value);
  if (!success) return rejected(issues.map(faultOf));
  if (output.to !== null && output.to <= output.from) return rejected([EMPTY_INTERVAL]);
  return { id: meterLinkId(output), ...output };
}

/** Reads a new end of a link; `null` takes its end away. */
export function parseLinkChange(value: unknown): { readonly to: EpochMillis | null } | Rejected {
  if (!isObject(value)) return notAnObject('a change of a link is an object with to');
  const { success, output, issues } = v.safeParse(changeSchema, value);
  return success ? output : rejected(issues.map(faultOf));
}

export function rejected(faults: readonly Fault[]): Rejected {
  return { status: 'rejected', faults };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function notAnObject(expected: string): Rejected {
  return rejected([{ code: 'missing-field', detail: `is no object; ${expected}` }]);
}
