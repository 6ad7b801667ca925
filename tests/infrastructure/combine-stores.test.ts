import { describe, expect, it } from 'vitest';
import { createMemoryRecords, createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { StoreUnavailableError } from '#application/errors';
import type { StoreLifecycle } from '#application/ports/store-lifecycle';
import { combineStores } from '#infrastructure/combine-stores';
import { aLink } from '#testing/links';
import { aMeterReading } from '#testing/readings';

const both = (telemetry: Partial<StoreLifecycle> = {}, records: Partial<StoreLifecycle> = {}) =>
  combineStores({ ...createMemoryStore(), ...telemetry }, { ...createMemoryRecords(), ...records });

describe('a store of readings and one of records, combined', () => {
  it('keep what belongs to each', async () => {
    const [telemetry, records] = [createMemoryStore(), createMemoryRecords()];
    const store = combineStores(telemetry, records);
    await store.writer.commit([aMeterReading()]);
    await store.links.add([aLink()]);

    expect(await telemetry.hot.knows('meter', 'M-1')).toBe(true);
    expect(await telemetry.links.list({ limit: 1 })).toEqual([]);
    expect(await records.links.list({ limit: 1 })).toEqual([aLink()]);
    await store.health.check();
  });

  it.each([
    ['memory', undefined, undefined],
    ['parquet and memory', { name: 'parquet' }, undefined],
    ['parquet', { name: 'parquet' }, { name: 'parquet' }],
  ])('are called %s', (name, telemetry, records) => {
    expect(both(telemetry, records).name).toBe(name);
  });

  it('are called custom where they have no name of their own', () => {
    const { name: _, ...telemetry } = createMemoryStore();

    expect(combineStores(telemetry, createMemoryRecords()).name).toBe('custom and memory');
  });

  it('list the warnings of both', () => {
    const warned = (warning: string) => ({ health: { check: async () => {}, warnings: () => [warning] } });

    expect(both(warned('a'), warned('b')).health.warnings?.()).toEqual(['a', 'b']);
    expect(both(warned('a')).health.warnings?.()).toEqual(['a']);
  });

  it.each([0, 1])('are as healthy as the worse of them', async (ill) => {
    const down = { health: { check: () => Promise.reject(new StoreUnavailableError('down')) } };
    const store = ill === 0 ? both(down) : both({}, down);
    await expect(store.health.check()).rejects.toThrow('down');
  });

  it.each([0, 1])('have failed when one of them has', async (broken) => {
    const failed = { failed: Promise.resolve(new Error('broken')) };
    const store = broken === 0 ? both(failed) : both({}, failed);
    expect((await store.failed)?.message).toBe('broken');
    expect(both().failed).toBeUndefined();
  });

  it('are both closed, even if one of them cannot be', async () => {
    const closed: string[] = [];
    const stuck = { close: () => Promise.reject(new Error('stuck')) };
    const store = both(stuck, { close: async () => void closed.push('records') });

    await expect(store.close()).rejects.toThrow('stuck');
    expect(closed).toEqual(['records']);
    await expect(both(stuck, stuck).close()).rejects.toThrow('neither store could be closed');
  });
});
