import fc from 'fast-check';
import { expect, it } from 'vitest';
import { millionthsOf } from '#adapters/outbound/mongodb/hours/rounding';
import { millionths } from '#domain/reading/totals';
import { driverOf, temporaryDatabase } from '#tests/support/mongodb-database';

it('rounds to millionths in the database exactly as the domain does', async () => {
  const values = [0.0000005, 1.0000005, -0.0000005, -1.5e-6, -2.5e-6, 0.1, -0.3, 230, 25.1234565, 199.9999995, 0];
  const more = fc.sample(fc.double({ min: -60, max: 1000, noNaN: true, noDefaultInfinity: true }), 2_000);
  const all = [...values, ...more];

  const rounded = await driverOf(temporaryDatabase())
    .aggregate([{ $documents: all.map((value) => ({ value })) }, { $project: { rounded: millionthsOf('value') } }])
    .toArray();

  const wrong = all.filter((value, i) => millionths(value) !== Number(rounded[i]?.rounded));
  expect(wrong).toEqual([]);
});
