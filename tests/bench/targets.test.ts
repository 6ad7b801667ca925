import { expect, it } from 'vitest';
import { Measurements } from '../../bench/report/measurements.ts';
import { judge } from '../../bench/report/targets.ts';
import { BATCH_1000 } from '../../bench/scenarios/loads.ts';

it('a ratio is the median of the ratios inside the repetitions, not the ratio of the medians', () => {
  const measurements = new Measurements();
  const add = (candidate: string, ...rates: number[]) => {
    const key = { scenario: 'throughput', case: BATCH_1000.name, candidate, metric: 'rate' } as const;
    for (const rate of rates) measurements.add(key, rate);
  };
  add('engine-sqlite', 100, 300, 50);
  add('influxdb', 50, 100, 100);

  const [judgement] = judge(measurements);
  expect(judgement).toMatchObject({ repetitions: [2, 3, 0.5], median: 2, goal: '>= 1.4', met: true });
});
