import { expect, it } from 'vitest';
import { readEnvironment } from '#infrastructure/environment';

it.each([
  [{ EIE_RETENTION: '31d' }],
  [{ EIE_RETENTION: '48h', EIE_MAX_AGE: '24h' }],
  [{ EIE_RETENTION: 'keep', EIE_MAX_AGE: 'off' }],
  [{ EIE_WARNING_CLEAR: '0.85' }],
  [{ EIE_WARNING_CLEAR: '0.5', EIE_LOSS_THRESHOLD: '0.5' }],
])('%j are consistent', (environment) => {
  expect(() => readEnvironment(environment)).not.toThrow();
});

it.each([
  [{ EIE_RETENTION: '30d' }, 'EIE_RETENTION must be at least EIE_MAX_AGE plus one day'],
  [{ EIE_RETENTION: '47h', EIE_MAX_AGE: '24h' }, 'EIE_RETENTION must be at least EIE_MAX_AGE plus one day'],
  [{ EIE_RETENTION: '900d', EIE_MAX_AGE: 'off' }, 'EIE_RETENTION cannot be set with EIE_MAX_AGE=off'],
  [{ EIE_WARNING_CLEAR: '0.8' }, 'EIE_WARNING_CLEAR=0.8 must not be below EIE_LOSS_THRESHOLD=0.85'],
])('%j are refused: %s', (environment, problem) => {
  expect(() => readEnvironment(environment)).toThrow(problem);
});

it.each([
  ['EIE_RETENTION', ['off', '90', '90s', '0d', 'ever']],
  ['EIE_WARNING_CLEAR', ['0', '1.1', 'high']],
  ['EIE_WARNING_EVALUATIONS', ['0', '169', '1.5']],
  ['EIE_WARNING_MIN_KWH', ['-1', '1 kWh', '.5', '1e3']],
  ['EIE_WARNING_MIN_COVERAGE', ['0', '90%', '2']],
])('%s is refused by name for each of %j', (name, values) => {
  for (const value of values) expect(() => readEnvironment({ [name]: value })).toThrow(name);
});
