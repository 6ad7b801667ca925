import * as v from 'valibot';
import { EMPTY_INTERVAL, type ReceivedLink } from '#application/manage-links';
import { meterLinkId } from '#domain/meter-link';
import type { Fault } from '#domain/reading/fault';
import { type Fields, isFields } from '#domain/reading/fields';
import { type Rejected, rejected } from '#domain/reading/ingest-outcome';
import { misspelling } from '#domain/reading/reading-faults';
import type { EpochMillis } from '#domain/time/time';
import { deviceIdSchema, faultOf, MISSING, timestampSchema } from './fault-schema.ts';

const end = v.nullable(timestampSchema);

const linkSchema = v.object(
  { meterId: deviceIdSchema, vehicleId: deviceIdSchema, from: timestampSchema, to: v.optional(end, null) },
  MISSING,
);
const changeSchema = v.object({ to: end }, MISSING);

/** Turns a parsed JSON value into a link, or into all of its faults. A link without `to` is open-ended. */
export function parseLink(value: unknown): ReceivedLink {
  if (!isFields(value)) return notAnObject('a link is an object with meterId, vehicleId, from and to');
  const { success, output, issues } = v.safeParse(linkSchema, value);
  if (!success) return rejected(issues.map((issue) => linkFault(faultOf(issue), value)));
  if (output.to !== null && output.to <= output.from) return rejected([EMPTY_INTERVAL]);
  return { id: meterLinkId(output), ...output };
}

/** Turns a parsed JSON value into the new end of a link, or into its faults; `null` makes the link open-ended. */
export function parseLinkChange(value: unknown): { readonly to: EpochMillis | null } | Rejected {
  if (!isFields(value)) return notAnObject('a change to a link is an object with to');
  const { success, output, issues } = v.safeParse(changeSchema, value);
  return success ? output : rejected(issues.map(faultOf));
}

function linkFault(fault: Fault, value: Fields): Fault {
  const { code, field, detail } = fault;
  if (code !== 'missing-field' || field === undefined) return fault;
  return { code, field, detail: detail + misspelling(field, value, Object.keys(linkSchema.entries)) };
}

function notAnObject(expected: string): Rejected {
  return rejected([{ code: 'missing-field', detail: `is not an object; ${expected}` }]);
}
