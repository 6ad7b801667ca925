import * as echarts from 'echarts';
import { BATCH_1000, SINGLE_64, SINGLE_256 } from '../scenarios/loads.ts';
import type { Report } from './report.ts';

const WIDTH = 900;
const ROW_HEIGHT = 34;
const LEFT = 240;
const TOP = 120;
const BOTTOM = 48;

/** Distinguishable with any kind of color vision, and in print. */
const COLORS = { ours: '#0b6e4f', limit: '#9bc8b6', peer: '#7d8597' };
const LEGEND = [
  { text: 'the engine', fill: COLORS.ours, left: 16 },
  { text: 'its limits: without HTTP, without a store', fill: COLORS.limit, left: 150 },
  { text: 'alternatives', fill: COLORS.peer, left: 480 },
] as const;

const PANELS = [BATCH_1000, SINGLE_64, SINGLE_256];
const LIMITS = ['raw-sqlite', 'raw-mongodb', 'driver-mongodb', 'hono-alone'];

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly color: string;
}

/** The chart as SVG: one panel per load, one bar per candidate, fastest first; `undefined` without measured rates. */
export function throughputChart(report: Report): string | undefined {
  const panels = PANELS.map((load) => ({ title: load.name, bars: barsOf(report, load.name) })).filter(
    ({ bars }) => bars.length > 0,
  );
  if (panels.length === 0) return undefined;
  const heights = panels.map(({ bars }) => bars.length * ROW_HEIGHT);
  const tops = heights.map((_, i) => TOP + heights.slice(0, i).reduce((sum, height) => sum + height + BOTTOM, 0));
  const height = (tops.at(-1) ?? 0) + (heights.at(-1) ?? 0) + BOTTOM;

  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: [
      { text: 'Readings per second, more is better', left: 16, top: 12, textStyle: { fontSize: 18 } },
      {
        text: subtitle(report),
        left: 16,
        top: 38,
        textStyle: { fontSize: 12, fontWeight: 'normal', color: '#555555' },
      },
      ...panels.map(({ title }, i) => ({
        text: title,
        left: 16,
        top: (tops[i] ?? 0) - 26,
        textStyle: { fontSize: 14 },
      })),
    ],
    graphic: LEGEND.flatMap(({ text, fill, left }) => [
      { type: 'rect', left, top: 62, shape: { width: 12, height: 12 }, style: { fill } },
      { type: 'text', left: left + 18, top: 62, style: { text, fontSize: 12, fill: '#222222' } },
    ]),
    grid: panels.map((_, i) => ({ left: LEFT, right: 90, top: tops[i] ?? 0, height: heights[i] ?? 0 })),
    xAxis: panels.map((_, i) => ({ gridIndex: i, type: 'value', show: false })),
    yAxis: panels.map(({ bars }, i) => ({
      gridIndex: i,
      type: 'category',
      inverse: true,
      data: bars.map(({ label }) => label),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { fontSize: 13, color: '#222222' },
    })),
    series: panels.map(({ bars }, i) => ({
      type: 'bar',
      xAxisIndex: i,
      yAxisIndex: i,
      barWidth: 20,
      data: bars.map(({ value, color }) => ({ value, itemStyle: { color } })),
      label: {
        show: true,
        position: 'right',
        fontSize: 13,
        formatter: ({ value }) => Number(value).toLocaleString('en-US'),
      },
    })),
  } satisfies echarts.EChartsOption);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function barsOf({ measurements, candidates }: Report, load: string): Bar[] {
  return measurements
    .filter((found) => found.scenario === 'throughput' && found.metric === 'rate' && found.case === load)
    .map(({ candidate, median }) => ({
      label: candidates.find(({ name }) => name === candidate)?.label ?? candidate,
      value: Math.round(median),
      color: colorOf(candidate),
    }))
    .sort((a, b) => b.value - a.value);
}

function colorOf(candidate: string): string {
  if (candidate.startsWith('engine-')) return COLORS.ours;
  return LIMITS.includes(candidate) ? COLORS.limit : COLORS.peer;
}

function subtitle({ date, machine, options }: Report): string {
  const { cpu, cores } = machine;
  return `${date.slice(0, 10)}, ${cores} cores of ${cpu}, client included; medians of ${options.repetitions}`;
}
