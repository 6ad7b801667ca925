import type { Hono } from 'hono';
import type { ListLosses, LossPosition, VehicleLoss } from '#application/losses/list-losses';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import { meterIds } from '#domain/efficiency/linked-balance';
import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { floorTo, HOUR } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { encodeCursor } from '../wire/cursor.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { QueryParameters } from '../wire/query-parameters.ts';
import { presentHorizon, presentWindow } from '../wire/window-presenter.ts';
import { MAX_LENGTH, windowQuery } from '../wire/window-query.ts';
import { presentBalance } from './performance-presenter.ts';

export interface LossRouteDependencies {
  readonly listLosses: ListLosses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `GET /v1/analytics/losses`. The request log of analytics covers it. */
export function lossRoutes(app: Hono, { listLosses, clock }: LossRouteDependencies): void {
  app.get('/v1/analytics/losses', async (c) => {
    const query = new QueryParameters(c);
    const now = clock.now();
    const asked = windowQuery(query, now);
    if (query.text('from') !== undefined && asked.from >= floorTo(HOUR, now)) {
      query.fail('from', 'lies after the last hour that is over');
    }
    const limit = query.limit();
    const before = query.position(decodePlace);
    query.check();
    // Pages show one window, however long the reader takes for them: the first page's.
    const page = await listLosses.list(before?.window ?? asked, { limit, ...(before && { after: before.position }) });
    const { window, lossThreshold, losses, next } = page;
    return jsonResponse(c, 200, {
      window: presentWindow(window),
      lossThreshold,
      data: losses.map(presentLoss),
      nextCursor: next === null ? null : encodeCursor(encodePlace(window, next)),
      ...presentHorizon(page),
    });
  });
}

function presentLoss(loss: VehicleLoss): Record<string, unknown> {
  const { vehicleId, verdict, reasons, links } = loss;
  const lossKwh = kwhFromMilliwattHours(loss.loss);
  return { vehicleId, ...presentBalance(loss), lossKwh, verdict, reasons, meters: meterIds(links) };
}

interface Place {
  readonly window: TimeWindow;
  readonly position: LossPosition;
}

function encodePlace({ from, to }: TimeWindow, { efficiency, vehicleId }: LossPosition): string {
  return [from, to, efficiency, vehicleId].join(' ');
}

const PLACE = /^(-?\d{1,15}) (-?\d{1,15}) (\S+) (\S+)$/;

/** A cursor is the client's to change, so that its window is held to what a query may ask for. */
function decodePlace(text: string): Place | undefined {
  const [, from, to, efficiency, vehicleId] = PLACE.exec(text) ?? [];
  if (vehicleId === undefined) return undefined;
  const window = { from: Number(from), to: Number(to) };
  const position = { efficiency: Number(efficiency), vehicleId };
  const length = window.to - window.from;
  const isPossible = length > 0 && length <= MAX_LENGTH + 2 * HOUR; // in whole hours
  return isPossible && Number.isFinite(position.efficiency) ? { window, position } : undefined;
}
