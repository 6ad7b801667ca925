import { DAY } from '#domain/time/time';
import { getJson } from '../support/http.ts';

export interface FleetAnswer {
  readonly acConsumedKwh: number;
  readonly dcDeliveredKwh: number;
  readonly efficiency: number | null;
  readonly readings: Readonly<Record<string, number>>;
}

/** The engine's report on the fleet in a window; times in epoch milliseconds. */
export async function fleetAnswer(port: number, from: number, to: number, key?: string): Promise<FleetAnswer> {
  return (await getJson(port, fleetPath(from, to), key)) as FleetAnswer;
}

export function fleetPath(from: number, to: number): string {
  return `/v1/analytics/fleet?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
}

/** The number of readings in the last 60 days, which include every load. */
export async function fleetReadings(port: number, key?: string): Promise<number> {
  const { readings } = await fleetAnswer(port, Date.now() - 60 * DAY, Date.now() + DAY, key);
  return Object.values(readings).reduce((sum, count) => sum + count, 0);
}
