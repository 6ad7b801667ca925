import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LivePageQuery } from '#application/ports/hot-store';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import type { StoreUnderTest } from './store-under-test.ts';

/** What every `HotStore` answers over the same readings. */
export function hotStoreContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: the hot store`, () => {
    let store: TelemetryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const ids = async (query: LivePageQuery) => (await store.hot.page('meter', query)).map(({ deviceId }) => deviceId);

    it('returns nothing for a device without readings', async () => {
      await store.writer.commit([aVehicleReading({ deviceId: 'known' })]);

      expect(await store.hot.newest('vehicle', 'unknown')).toBeUndefined();
      expect(await store.hot.newest('meter', 'known')).toBeUndefined();
    });

    it('pages through the devices of one stream in the order of their ids, each once', async () => {
      const all = ['M-10', 'M-9', 'a', 'Z', 'M-1', '_', '0', 'b:1', 'b.1', 'b-1'];
      await store.writer.commit([
        ...all.map((deviceId) => aMeterReading({ deviceId })),
        aVehicleReading({ deviceId: 'not-a-meter' }),
      ]);
      const sorted = [...all].sort();

      expect(await ids({ limit: 100 })).toEqual(sorted);
      const seen: string[] = [];
      for (let after: string | undefined; ; after = seen.at(-1)) {
        const page = await ids({ limit: 3, ...(after === undefined ? {} : { after }) });
        if (page.length === 0) break;
        seen.push(...page);
      }
      expect(seen).toEqual(sorted);
    });

    it('finds the devices that have gone quiet', async () => {
      await store.writer.commit(
        [0, 1, 2, 3].map((n) => aMeterReading({ deviceId: `M-${n}`, timestamp: START + n * MINUTE })),
      );

      expect(await ids({ limit: 10, olderThan: START + 2 * MINUTE })).toEqual(['M-0', 'M-1']);
      expect(await ids({ limit: 1, olderThan: START + 2 * MINUTE, after: 'M-0' })).toEqual(['M-1']);
      expect(await ids({ limit: 10, olderThan: START })).toEqual([]);
    });

    it('lists the newest reading of each device', async () => {
      await store.writer.commit([aMeterReading({ timestamp: START })]);
      const newest = aMeterReading({ timestamp: START + MINUTE, voltage: 240 });
      await store.writer.commit([newest]);

      expect(await store.hot.page('meter', { limit: 10 })).toEqual([newest]);
    });
  });
}
