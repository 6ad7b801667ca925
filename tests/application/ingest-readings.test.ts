import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { StoreUnavailableError } from '#application/errors';
import { IngestReadings } from '#application/ingest-readings';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import { ManualClock } from '#tests/support/manual-clock';
import { aVehicleReading, START } from '#tests/support/readings';

const hour = { from: START, to: START + HOUR };
const at = (time: number) => aVehicleReading({ timestamp: time, kwh: 1 });

/** Ingestion into a store whose horizon is looked at a number of times, and fails as often as it is told to. */
function ingestion() {
  const store = createMemoryStore();
  const clock = new ManualClock(START);
  const looks = { count: 0, fail: false };
  const retention = {
    ...store.retention,
    horizon: async () => {
      looks.count++;
      if (looks.fail) throw new StoreUnavailableError('down');
      return store.retention.horizon();
    },
  };
  return { store, clock, looks, ingest: new IngestReadings(store.writer, { retention, clock }) };
}

describe('a reading older than the history that is kept', () => {
  it('is refused by name and counted nowhere, and its neighbours are stored', async () => {
    const { store, ingest } = ingestion();
    await store.writer.commit([at(START), at(START + 1)]);
    await store.retention.dropBefore(START + HOUR);

    const report = await ingest.ingest([at(START), at(START + 2), at(START + HOUR)]);

    expect(report).toMatchObject({ received: 3, stored: 1, duplicates: 0, rejected: 2 });
    expect(report.outcomes[0]).toEqual({
      status: 'rejected',
      faults: [
        {
          code: 'timestamp-too-old',
          field: 'timestamp',
          detail: 'is before 2026-01-15T13:00:00.000Z: history before that time has been dropped',
        },
      ],
    });
    expect((await store.cold.fleetTotals(hour)).vehicle.readings).toBe(2);
  });

  it('keeps all others of an atomic batch out', async () => {
    const { store, ingest } = ingestion();
    await store.retention.dropBefore(START + HOUR);

    const { outcomes } = await ingest.ingest([at(START), at(START + HOUR)], { atomic: true });

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'withheld']);
  });
});

describe('the horizon', () => {
  it('is looked at before the first reading and once a minute, not for each request', async () => {
    const { store, clock, looks, ingest } = ingestion();
    await Promise.all([1, 2, 3].map((n) => ingest.ingest([at(START + n)])));
    clock.advance(MINUTE - 1);
    await ingest.ingest([at(START + 4)]);
    expect(looks.count).toBe(1);

    await store.retention.dropBefore(START + HOUR);
    clock.advance(1);
    await ingest.ingest([at(START + HOUR)]); // does not wait for the look that it begins
    expect(await ingest.ingest([at(START + 5)])).toMatchObject({ rejected: 1 });
    expect(looks.count).toBe(2);
  });

  it('that cannot be read the first time lets nothing in; later the last one stays', async () => {
    const { store, clock, looks, ingest } = ingestion();
    await store.retention.dropBefore(START + HOUR);
    looks.fail = true;
    await expect(ingest.ingest([at(START)])).rejects.toThrow(StoreUnavailableError);
    looks.fail = false;
    expect(await ingest.ingest([at(START)])).toMatchObject({ rejected: 1 });

    looks.fail = true;
    for (let minute = 0; minute < 3; minute++) {
      clock.advance(MINUTE + SECOND);
      expect(await ingest.ingest([at(START)])).toMatchObject({ rejected: 1 });
    }
    expect(looks.count).toBe(5);
  });
});
