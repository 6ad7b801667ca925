import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { StoreUnavailableError } from '#application/errors';
import { IngestReadings } from '#application/ingest-readings';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import { ManualClock } from '#testing/manual-clock';
import { aVehicleReading, START } from '#testing/readings';

const hour = { from: START, to: START + HOUR };
const at = (time: number) => aVehicleReading({ timestamp: time, kwh: 1 });

/** Ingestion into a store that counts how often its horizon is read, and fails on demand. */
function ingestion() {
  const store = createMemoryStore();
  const clock = new ManualClock(START);
  const reads = { count: 0, fail: false };
  const retention = {
    ...store.upkeep.retention,
    horizon: async () => {
      reads.count++;
      if (reads.fail) throw new StoreUnavailableError('down');
      return store.upkeep.retention.horizon();
    },
  };
  return { store, clock, reads, ingest: new IngestReadings(store.writer, { upkeep: { retention }, clock }) };
}

describe('a reading older than the stored history', () => {
  it('is rejected with the reason and not counted, while its neighbours are stored', async () => {
    const { store, ingest } = ingestion();
    await store.writer.commit([at(START), at(START + 1)]);
    await store.upkeep.retention.dropBefore(START + HOUR);

    const report = await ingest.ingest([at(START), at(START + 2), at(START + HOUR)]);

    expect(report).toMatchObject({ received: 3, stored: 1, duplicates: 0, rejected: 2 });
    expect(report.outcomes[0]).toEqual({
      status: 'rejected',
      kind: 'vehicle',
      deviceId: at(START).deviceId,
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

  it('withholds all others of an atomic batch', async () => {
    const { store, ingest } = ingestion();
    await store.upkeep.retention.dropBefore(START + HOUR);

    const { outcomes } = await ingest.ingest([at(START), at(START + HOUR)], { atomic: true });

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'withheld']);
  });
});

describe('the horizon', () => {
  it('is read before the first reading and once a minute, not for each request', async () => {
    const { store, clock, reads, ingest } = ingestion();
    await Promise.all([1, 2, 3].map((n) => ingest.ingest([at(START + n)])));
    clock.advance(MINUTE - 1);
    await ingest.ingest([at(START + 4)]);
    expect(reads.count).toBe(1);

    await store.upkeep.retention.dropBefore(START + HOUR);
    clock.advance(1);
    await ingest.ingest([at(START + HOUR)]); // does not wait for the refresh that it starts
    expect(await ingest.ingest([at(START + 5)])).toMatchObject({ rejected: 1 });
    expect(reads.count).toBe(2);
  });

  it('lets nothing in until it has been read; after that, the last known one stays', async () => {
    const { store, clock, reads, ingest } = ingestion();
    await store.upkeep.retention.dropBefore(START + HOUR);
    reads.fail = true;
    await expect(ingest.ingest([at(START)])).rejects.toThrow(StoreUnavailableError);
    reads.fail = false;
    expect(await ingest.ingest([at(START)])).toMatchObject({ rejected: 1 });

    reads.fail = true;
    for (let minute = 0; minute < 3; minute++) {
      clock.advance(MINUTE + SECOND);
      expect(await ingest.ingest([at(START)])).toMatchObject({ rejected: 1 });
    }
    expect(reads.count).toBe(5);
  });
});
