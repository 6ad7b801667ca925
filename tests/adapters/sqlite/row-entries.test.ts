import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyBlockSize } from '#adapters/outbound/sqlite/format/history-blocks';
import { RowEntries } from '#adapters/outbound/sqlite/format/row-entries';
import { tablesOf } from '#adapters/outbound/sqlite/format/stream-tables';
import { kinds } from '#domain/streams/streams';
import { DAY, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';

const MINUTE_NUMBER = Math.floor(START / MINUTE);
const BLOCK = 7;
/** Fits into one page of SQLite. */
const MAX_BYTES = 4_000;

const edges = [2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2_147_483.647, 2_147_483.648, 1e21, 5e-324];
const value = fc.oneof(
  fc.integer({ min: 0, max: 150_000 }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((thousandths) => thousandths / 1_000),
  fc.integer({ min: START - 40 * DAY, max: START + 40 * DAY }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0), // readings have no -0
  fc.constantFrom(...edges),
);

describe.each(kinds.map((kind) => tablesOf(kind)))('the entries of a row of a $kind', (tables) => {
  const reading = fc.record({
    device: fc.integer({ min: BLOCK * historyBlockSize(tables), max: (BLOCK + 1) * historyBlockSize(tables) - 1 }),
    timestamp: fc.integer({ min: MINUTE_NUMBER * MINUTE, max: (MINUTE_NUMBER + 1) * MINUTE - 1 }),
    values: fc.array(value, { minLength: tables.values.length, maxLength: tables.values.length }),
  });
  const read = (entries: RowEntries) =>
    Array.from({ length: entries.count }, (_, at) => ({
      device: entries.device(at),
      timestamp: entries.timestamp(at),
      values: tables.values.map((_, index) => entries.value(index, at)),
    }));
  const stored = (entries: RowEntries) =>
    RowEntries.stored(tables, {
      minute: MINUTE_NUMBER,
      block: BLOCK,
      wide: entries.wide,
      entries: entries.toBytes(),
    });

  it('are read exactly as they were added, whatever the values, even when stored in between', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 300 }), fc.nat(300), (readings, pause) => {
        let entries = RowEntries.empty(tables);
        entries.begin(MINUTE_NUMBER, BLOCK);
        const added: typeof readings = [];
        for (const [i, reading] of readings.entries()) {
          if (i === pause) {
            const before = stored(entries);
            entries = RowEntries.empty(tables);
            entries.begin(MINUTE_NUMBER, BLOCK, before);
          }
          if (entries.add(reading.device, reading.timestamp, [-1, ...reading.values], 1)) added.push(reading);
          else expect(entries.count).toBeGreaterThan(MAX_BYTES / (3 + 8 * tables.values.length) - 1);
        }

        expect(entries.toBytes().length).toBeLessThanOrEqual(MAX_BYTES);
        expect(read(entries)).toEqual(added);
        expect(read(stored(entries))).toEqual(added);
        for (const { device, timestamp } of added) {
          const at = entries.find(device, timestamp);
          expect(added.findIndex((one) => one.device === device && one.timestamp === timestamp)).toBe(at);
        }
      }),
    );
  });

  it('are narrow again after a wide row', () => {
    const entries = RowEntries.empty(tables);
    entries.begin(MINUTE_NUMBER, BLOCK);
    entries.add(BLOCK * historyBlockSize(tables), START, Array(tables.values.length).fill(1 / 3), 0);
    expect(entries.wide).toBe(2 ** tables.values.length - 1);

    entries.begin(MINUTE_NUMBER, BLOCK);

    expect([entries.count, entries.wide, entries.toBytes().length]).toEqual([0, 0, 0]);
    expect(entries.find(BLOCK * historyBlockSize(tables), START)).toBe(-1);
  });
});
