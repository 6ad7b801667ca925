import type { Scenario } from '../context.ts';
import { analytics } from './analytics.ts';
import { attack } from './attack.ts';
import { day } from './day.ts';
import { exportCsv } from './export.ts';
import { flat } from './flat.ts';
import { latency } from './latency.ts';
import { liveReads } from './live-reads.ts';
import { overload } from './overload.ts';
import { reads } from './reads.ts';
import { throughput } from './throughput.ts';

export const scenarios: readonly Scenario[] = [
  throughput,
  latency,
  reads,
  liveReads,
  flat,
  overload,
  day,
  analytics,
  exportCsv,
  attack,
];
