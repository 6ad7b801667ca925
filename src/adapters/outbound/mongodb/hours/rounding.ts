import type { Document } from 'mongodb';

/** A field's value times a million as a Long, rounded as `Math.round` does: halves up, negative values included. */
export function millionthsOf(field: string): Document {
  return {
    $let: {
      vars: { value: { $multiply: [`$${field}`, 1_000_000] } },
      in: {
        $let: {
          vars: { floor: { $floor: '$$value' } },
          in: {
            $toLong: {
              $add: ['$$floor', { $cond: [{ $gte: [{ $subtract: ['$$value', '$$floor'] }, 0.5] }, 1, 0] }],
            },
          },
        },
      },
    },
  };
}
