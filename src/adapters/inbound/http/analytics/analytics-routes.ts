import type { Hono } from 'hono';
import type { ReportFleetPerformance } from '#application/analytics/report-fleet-performance';
import type { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import { isDeviceId } from '#domain/reading/device-id';
import { jsonResponse } from '../wire/json-response.ts';
import { Refusal } from '../wire/problem.ts';
import { QueryParameters } from '../wire/query-parameters.ts';
import { requestLog } from '../wire/request-log.ts';
import { windowQuery } from '../wire/window-query.ts';
import { presentFleetPerformance, presentVehiclePerformance } from './performance-presenter.ts';

export interface AnalyticsRouteDependencies {
  readonly vehiclePerformance: ReportVehiclePerformance;
  readonly fleetPerformance: ReportFleetPerformance;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `GET /v1/analytics/performance/:vehicleId` and `GET /v1/analytics/fleet`. */
export function analyticsRoutes(app: Hono, dependencies: AnalyticsRouteDependencies): void {
  const { vehiclePerformance, fleetPerformance, clock, logger } = dependencies;
  app.use('/v1/analytics/*', requestLog(logger));

  app.get('/v1/analytics/performance/:vehicleId', async (c) => {
    const query = new QueryParameters(c);
    const window = windowQuery(query, clock.now());
    query.check();
    const vehicleId = c.req.param('vehicleId');
    const performance = isDeviceId(vehicleId) ? await vehiclePerformance.report(vehicleId, window) : undefined;
    if (performance === undefined) throw new Refusal('not-found', 'No reading of this vehicle was ever stored.');
    return jsonResponse(c, 200, presentVehiclePerformance(performance));
  });

  app.get('/v1/analytics/fleet', async (c) => {
    const query = new QueryParameters(c);
    const window = windowQuery(query, clock.now());
    const hourly = query.word('resolution', 'hour');
    query.check();
    const [whole, hours] = await Promise.all([
      fleetPerformance.report(window),
      hourly ? fleetPerformance.reportByHour(window) : undefined,
    ]);
    const series = hours && { series: hours.map(presentFleetPerformance) };
    return jsonResponse(c, 200, { ...presentFleetPerformance(whole), ...series });
  });
}
