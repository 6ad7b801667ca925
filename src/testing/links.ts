import { type MeterLink, meterLinkId } from '#domain/meter-link';
import { START } from './readings.ts';

export function aLink(given: Partial<Omit<MeterLink, 'id'>> = {}): MeterLink {
  const link = { meterId: 'M-1', vehicleId: 'EV-1', from: START, to: null, ...given };
  return { id: meterLinkId(link), ...link };
}
