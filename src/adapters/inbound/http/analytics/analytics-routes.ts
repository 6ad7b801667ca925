import type { Hono } from 'hono';
import type { ReportFleetPerformance } from '#application/analytics/report-fleet-performance';
import type { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import { deviceIdOf, unknownDevice } from '../wire/device.ts';
import { jsonResponse } from '../wire/json-response.ts';
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

/** `GET /v1/analytics/performance/:deviceId` of a vehicle, and `GET /v1/analytics/fleet`. */
export function analyticsRoutes(app: Hono, dependencies: AnalyticsRouteDependencies): void {
  const { vehiclePerformance, fleetPerformance, clock, logger } = dependencies;
  const log = requestLog(logger);

  app.get('/v1/analytics/performance/:deviceId', log, async (c) => {
    const query = new QueryParameters(c);
    const window = windowQuery(query, clock.now());
    query.check();
    const performance = await vehiclePerformance.report(deviceIdOf(c, 'vehicle'), window);
    if (performance === undefined) throw unknownDevice('vehicle');
    return jsonResponse(c, 200, presentVehiclePerformance(performance));
  });

  app.get('/v1/analytics/fleet', log, async (c) => {
    const query = new QueryParameters(c);
    const window = windowQuery(query, clock.now());
    const isHourly = query.word('resolution', 'hour');
    query.check();
    const [total, hours] = await Promise.all([
      fleetPerformance.report(window),
      isHourly ? fleetPerformance.reportByHour(window) : undefined,
    ]);
    const series = hours && { series: hours.map(presentFleetPerformance) };
    return jsonResponse(c, 200, { ...presentFleetPerformance(total), ...series });
  });
}
