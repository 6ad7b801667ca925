import { describe, expect, it } from 'vitest';
import { coverage } from '#domain/coverage/coverage';
import type { DataCause } from '#domain/efficiency/diagnosis';
import { judge, judgeUnlinked } from '#domain/efficiency/judgement';
import { type LinkedTotals, linkedBalance, meterIds, withDcWithoutAc } from '#domain/efficiency/linked-balance';
import { linkCuts, type MeterLink, meterLinkId, successorIds } from '#domain/meter-link';
import type { DeviceTotals } from '#domain/reading/totals';
import { HOUR, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';

const WINDOW = { from: START, to: START + HOUR };
const link = (given: Partial<MeterLink> = {}): MeterLink => {
  const fields = { meterId: 'M-1', vehicleId: 'EV-1', from: START, to: null, ...given };
  return { id: meterLinkId(fields), ...fields };
};
const mWh = (kwh: number) => kwh * 1_000_000;
const totals = (kwh: number, readings = 60): DeviceTotals => {
  const minutes = { minutes: readings, shiftedMinutes: readings, activeMinutes: readings };
  return { energy: mWh(kwh), readings, ...minutes, sums: {} };
};
/** A linked vehicle; `meters` are the totals of each link's meter. */
interface Given extends Partial<Pick<LinkedTotals, 'links' | 'vehicle'>> {
  readonly meters?: readonly DeviceTotals[];
}
const balance = ({ links = [link()], vehicle = totals(9), meters = [totals(10)] }: Given) => {
  const drawn = linkCuts(links, WINDOW).map((cut, i) => ({ cut, totals: meters[i] as DeviceTotals }));
  return linkedBalance({ vehicleId: 'EV-1', window: WINDOW, links, vehicle, drawn }, START + HOUR, 0.85);
};

describe('the cuts of links', () => {
  it('are the parts of the links inside the window, to the millisecond', () => {
    const links = [
      link({ from: START - 1, to: START + 1 }),
      link({ from: START + 1, to: null }),
      link({ from: START + HOUR }),
    ];
    expect(linkCuts(links, WINDOW)).toMatchObject([
      { meterId: 'M-1', during: { from: START, to: START + 1 } },
      {
        meterId: 'M-1',
        during: { from: START + 1, to: START + HOUR },
      },
    ]);
  });

  it('have the reading at the moment of a change with the link that ends, because its energy was measured before', () => {
    const change = START + 30 * MINUTE;
    const [before, after] = [link({ from: START - HOUR, to: change }), link({ from: change, to: null })];
    const timestampsOf = (one: MeterLink, all: readonly MeterLink[]) =>
      linkCuts([one], WINDOW, successorIds(all))[0]?.timestamps;

    expect(timestampsOf(before, [before, after])).toEqual({ from: START, to: change + 1 });
    expect(timestampsOf(after, [before, after])).toEqual({ from: change + 1, to: START + HOUR });
    expect(timestampsOf(after, [after])).toEqual({ from: change, to: START + HOUR });
  });
});

describe('a linked balance', () => {
  it('adds up the meters and expects readings of each while it was linked', () => {
    const links = [link({ to: START + 20 * MINUTE }), link({ meterId: 'M-2', from: START + 50 * MINUTE })];
    const { ac, loss, efficiency, coverage, covered } = balance({ links, meters: [totals(4, 20), totals(5, 9)] });
    expect({ ac, loss, efficiency, covered }).toEqual({ ac: mWh(9), loss: 0, efficiency: 1, covered: false });
    expect(coverage.meters).toEqual({ readings: 29, expected: 30, ratio: 29 / 30 });
    expect(meterIds([...links].reverse())).toEqual(['M-1', 'M-2']);
  });
});

describe('the judgement', () => {
  const half = [link({ to: START + 30 * MINUTE })];
  it.each<[string, Given, DataCause | undefined, string, string[]]>([
    ['a good charger', {}, undefined, 'ok', []],
    ['a loss', { vehicle: totals(5) }, undefined, 'loss', []],
    [
      'a loss by the totals with a fault in the data',
      { vehicle: totals(5) },
      'clock-offset',
      'implausible',
      ['clock-offset'],
    ],
    ['totals that look fine with a fault in the data', {}, 'clock-offset', 'implausible', ['clock-offset']],
    ['gaps of the vehicle', { vehicle: totals(5, 53) }, undefined, 'insufficient-data', ['gaps-in-vehicle-readings']],
    ['gaps of the meter', { meters: [totals(10, 53)] }, undefined, 'insufficient-data', ['gaps-in-meter-readings']],
    ['a silent vehicle', { vehicle: totals(0, 0) }, undefined, 'no-data', []],
    ['a silent meter', { meters: [totals(0, 0)] }, undefined, 'insufficient-data', ['gaps-in-meter-readings']],
    ['a link that ended', { links: half, meters: [totals(10, 30)] }, undefined, 'ok', ['no-linked-meter']],
    ['little energy', { vehicle: totals(0.5), meters: [totals(0.999999)] }, undefined, 'loss', ['little-energy']],
    ['just enough', { vehicle: totals(0.5), meters: [totals(1)] }, undefined, 'loss', []],
    [
      'a parked vehicle',
      { vehicle: totals(0), meters: [totals(0)] },
      undefined,
      'insufficient-data',
      ['little-energy'],
    ],
    ['too much DC', { vehicle: totals(11) }, 'more-dc-than-ac', 'implausible', ['more-dc-than-ac']],
    ['too much DC for little AC', { meters: [totals(0.1)] }, 'more-dc-than-ac', 'implausible', ['more-dc-than-ac']],
    [
      'gaps with a register',
      { vehicle: totals(5, 1) },
      'energy-looks-like-a-register',
      'insufficient-data',
      ['gaps-in-vehicle-readings', 'energy-looks-like-a-register'],
    ],
  ])('of %s', (_, given, cause, verdict, reasons) => {
    expect(judge(balance(given), cause, mWh(1))).toEqual({ verdict, reasons });
  });

  it('of a balance with DC from elsewhere is about the rest, and says so', () => {
    const withElsewhere = withDcWithoutAc(balance({ vehicle: totals(9.5) }), mWh(2.5));
    expect(withElsewhere).toMatchObject({ dc: mWh(9.5), loss: mWh(3), efficiency: 0.7, lossWarning: true });
    expect(judge(withElsewhere, undefined, mWh(1))).toEqual({ verdict: 'loss', reasons: ['dc-without-ac'] });
  });
});

describe('the judgement of a vehicle without a link', () => {
  it.each([
    ['a fleet that loses energy', 60, 0.5, 'insufficient-data', ['no-linked-meter']],
    ['a fleet that loses none', 60, 0.95, 'insufficient-data', ['no-linked-meter']],
    ['a fleet without AC', 60, null, 'insufficient-data', ['no-linked-meter']],
    ['a fleet with more DC than AC', 60, 1.2, 'implausible', ['no-linked-meter', 'more-dc-than-ac']],
    ['gaps', 30, 0.95, 'insufficient-data', ['no-linked-meter', 'gaps-in-vehicle-readings']],
    ['no readings', 0, 0.95, 'no-data', ['no-linked-meter']],
  ])('in %s', (_, readings, ofFleet, verdict, reasons) => {
    expect(judgeUnlinked(readings, coverage(readings, 60), ofFleet)).toEqual({ verdict, reasons });
  });
});
