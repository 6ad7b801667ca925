import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IngestLedger } from '#application/ingest-ledger';
import type { Received } from '#application/received';
import { DUPLICATE, type IngestOutcome, rejected, STORED, WITHHELD } from '#domain/reading/ingest-outcome';
import { aMeterReading, aVehicleReading } from '#testing/readings';

const meter = aMeterReading();
const vehicle = aVehicleReading();
const noMeter = rejected([{ code: 'out-of-range', field: 'voltage', detail: 'is too high' }], { kind: 'meter' });
const nothing = rejected([{ code: 'malformed-json', detail: 'is not JSON' }]);

describe('the ledger', () => {
  it('counts readings by stream, outcome and reason', () => {
    const ledger = new IngestLedger();
    const items: Received[] = [meter, meter, vehicle, vehicle, noMeter, nothing, meter];
    const conflict: IngestOutcome = { status: 'conflict', stored: meter };
    ledger.record(items, [STORED, STORED, DUPLICATE, WITHHELD, noMeter, nothing, conflict]);
    ledger.record([vehicle], [STORED]);

    expect(ledger.entries().filter(({ readings }) => readings > 0)).toEqual([
      { kind: 'meter', outcome: 'stored', reason: '', readings: 2 },
      { kind: 'meter', outcome: 'conflict', reason: '', readings: 1 },
      { kind: 'meter', outcome: 'rejected', reason: 'out-of-range', readings: 1 },
      { kind: 'vehicle', outcome: 'stored', reason: '', readings: 1 },
      { kind: 'vehicle', outcome: 'duplicate', reason: '', readings: 1 },
      { kind: 'vehicle', outcome: 'rejected', reason: 'withheld', readings: 1 },
      { kind: 'unknown', outcome: 'rejected', reason: 'malformed-json', readings: 1 },
    ]);
  });

  it('balances for every stream, whatever is recorded', () => {
    const pairs = fc.constantFrom<readonly [Received, IngestOutcome]>(
      [meter, STORED],
      [meter, DUPLICATE],
      [vehicle, WITHHELD],
      [vehicle, { status: 'conflict', stored: vehicle }],
      [noMeter, noMeter],
      [nothing, nothing],
      [vehicle, rejected([{ code: 'store-damaged', detail: 'is damaged' }])],
    );
    fc.assert(
      fc.property(fc.array(fc.array(pairs)), (requests) => {
        const ledger = new IngestLedger();
        for (const request of requests) {
          ledger.record(
            request.map(([item]) => item),
            request.map(([, outcome]) => outcome),
          );
        }
        const all = requests.flat();
        const sum = [...ledger.received().values()].reduce((total, readings) => total + readings, 0);
        expect(sum).toBe(all.length);
        const vehicles = all.filter(([item]) => item === vehicle).length;
        expect(ledger.received().get('vehicle') ?? 0).toBe(vehicles);
      }),
    );
  });
});
