import { describe, expect, it } from 'vitest';
import { json, lineProtocol } from '../../bench/load/encoding.ts';
import { Fleet, VARIANTS } from '../../bench/load/fleet.ts';
import { RequestPool } from '../../bench/load/request-pool.ts';

const fleet = new Fleet({ devices: 20, start: Date.UTC(2026, 0, 15), mix: 'alternating' });

describe('the request pool of the benchmark', () => {
  it('sends every device once a minute, in the order of time, for as long as one likes', () => {
    const pool = new RequestPool({ fleet, size: 10, firstRound: 3 }, json);
    const seen = new Set<string>();
    let last = 0;
    for (let number = 0; number < 2 * VARIANTS * 3; number++) {
      for (const reading of bodyOf(pool.request(number)) as { [field: string]: string | number }[]) {
        expect(reading.timestamp).toBeGreaterThan(last);
        last = Number(reading.timestamp);
        seen.add(`${reading.meterId ?? reading.vehicleId} ${reading.timestamp}`);
      }
    }
    expect(seen.size).toBe(2 * VARIANTS * 3 * 10);
    expect(last).toBe(fleet.timestamp(3 + VARIANTS * 3 - 1, 19));
  });

  it('sends a single reading as one object', () => {
    const pool = new RequestPool({ fleet, size: 1, firstRound: 0 }, json);
    expect(bodyOf(pool.request(21))).toMatchObject({ vehicleId: 'EV-00000', timestamp: fleet.timestamp(1, 1) });
  });

  it('declares the length of its body', () => {
    const text = new RequestPool({ fleet, size: 5, firstRound: 0 }, lineProtocol('/write')).request(7).toString();
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toContain(`Content-Length: ${body.length}`);
    expect(body.trim().split('\n')).toHaveLength(5);
    expect(body).toMatch(/^vehicle,id=EV-00007 kwhDeliveredDc=0\.\d+,soc=\d+,batteryTemp=[\d.]+ \d{13}\n/);
  });

  it('knows the exact energy of what it sends', () => {
    const pool = new RequestPool({ fleet, size: 20, firstRound: 0 }, json);
    let ac = 0;
    for (let round = 0; round < VARIANTS + 3; round++) {
      for (const { kwhConsumedAc = 0 } of bodyOf(pool.request(round)) as { kwhConsumedAc?: number }[]) {
        ac += Math.round(kwhConsumedAc * 1e6);
      }
    }
    expect(fleet.energy(VARIANTS + 3).ac).toBe(ac);
  });
});

function bodyOf(request: Buffer): unknown {
  return JSON.parse(request.toString().split('\r\n\r\n')[1] ?? '');
}
