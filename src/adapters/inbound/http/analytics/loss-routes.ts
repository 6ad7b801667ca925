import type { Hono } from 'hono';
import type { ListLosses, LossPosition, VehicleLoss } from '#application/losses/list-losses';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import { meterIds } from '#domain/efficiency/linked-balance';
import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { floorTo, HOUR } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { nextCursor } from '../wire/cursor.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { given, QueryParameters } from '../wire/query-parameters.ts';
import { requestLog } from '../wire/request-log.ts';
import { presentHorizon, presentWindow } from '../wire/window-presenter.ts';
import { MAX_WINDOW_LENGTH, windowQuery } from '../wire/window-query.ts';
import { presentBalance } from './performance-presenter.ts';

export interface LossRouteDependencies {
  readonly listLosses: ListLosses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `GET /v1/analytics/losses`: the linked vehicles under the loss threshold, worst first. */
export function lossRoutes(app: Hono, { listLosses, clock, logger }: LossRouteDependencies): void {
  app.get('/v1/analytics/losses', requestLog(logger), async (c) => {
    const query = new QueryParameters(c);
    const now = clock.now();
    const asked = windowQuery(query, now);
    if (query.text('from') !== undefined && asked.from >= floorTo(HOUR, now)) {
      query.fail('from', 'must be before the end of the last full hour');
    }
    const limit = query.limit();
    const cursor = query.position(decodePosition);
    query.check();
    // All pages show the window of the first one, even if an hour ends between them.
    const page = await listLosses.list(cursor?.window ?? asked, { limit, ...given({ after: cursor?.after }) });
    const { window, lossThreshold, losses, next } = page;
    return jsonResponse(c, 200, {
      window: presentWindow(window),
      lossThreshold,
      data: losses.map(presentLoss),
      nextCursor: nextCursor(next && encodePosition(window, next)),
      ...presentHorizon(page),
    });
  });
}

function presentLoss(loss: VehicleLoss): Record<string, unknown> {
  const { vehicleId, verdict, reasons, links } = loss;
  const lossKwh = kwhFromMilliwattHours(loss.loss);
  return { vehicleId, ...presentBalance(loss), lossKwh, verdict, reasons, meters: meterIds(links) };
}

/** The position after which the next page begins, with the window of all pages. */
interface CursorPosition {
  readonly window: TimeWindow;
  readonly after: LossPosition;
}

function encodePosition({ from, to }: TimeWindow, { efficiency, vehicleId }: LossPosition): string {
  return [from, to, efficiency, vehicleId].join(' ');
}

const POSITION = /^(-?\d{1,15}) (-?\d{1,15}) (\S+) (\S+)$/;

/** Clients can forge a cursor, so its window must be one that a query may ask for. */
function decodePosition(text: string): CursorPosition | undefined {
  const [, from, to, efficiency, vehicleId] = POSITION.exec(text) ?? [];
  if (vehicleId === undefined) return undefined;
  const window = { from: Number(from), to: Number(to) };
  const after = { efficiency: Number(efficiency), vehicleId };
  const length = window.to - window.from;
  const isAllowed = length > 0 && length <= MAX_WINDOW_LENGTH + 2 * HOUR; // aligned to whole hours
  return isAllowed && Number.isFinite(after.efficiency) ? { window, after } : undefined;
}
