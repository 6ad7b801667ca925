import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BodyGate } from '#adapters/inbound/http/wire/admission/body-gate';
import type { BodyPass, DropReason } from '#adapters/inbound/http/wire/admission/body-pass';
import { GATE_LIMITS, type GateLimits } from '#adapters/inbound/http/wire/admission/gate-limits';
import { checkPace, leastUsefulFirst } from '#adapters/inbound/http/wire/admission/slow-bodies';
import { MAX_BATCH } from '#adapters/inbound/http/wire/batch-text';
import { clientNetwork } from '#adapters/inbound/http/wire/client/client-network';
import { OverloadedError } from '#application/errors';
import { SECOND } from '#domain/time/time';

const KIB = 1024;
const MIB = 1024 * KIB;
const A = '10.0.0.1';
const B = '10.0.0.2';

/** A gate whose checks do not run unless their interval is set: bodies stay prompt. */
function gate(limits: Partial<GateLimits> = {}) {
  const one = new BodyGate(MAX_BATCH, { checkInterval: 3600 * SECOND, ...limits });
  const passes: BodyPass[] = [];
  onTestFinished(() => {
    for (const pass of passes) pass.leave();
  });
  /** A body that has declared `expected` bytes and sent `sent` of them. */
  const enter = (expected: number, { sent = 0, address = A, hasRoomFor = (_: number): boolean => true } = {}) => {
    const pass = one.enter({ expectedBytes: expected, address, queue: { hasRoomFor } });
    if (pass === undefined) return undefined;
    passes.push(pass);
    pass.charge(sent);
    return pass;
  };
  return { one, enter };
}

const filled = (count: number, make: () => unknown) => Array.from({ length: count }, make);

describe('the gate in front of request bodies', () => {
  it.each([
    ['64 KiB', 64 * KIB],
    ['8 MiB', 8 * MIB],
  ])('charges nothing for %s that were declared and not sent, however often', (_, declared) => {
    const { enter } = gate();
    expect(filled(1_000, () => enter(declared))).not.toContain(undefined);

    for (const length of [100, 100 * KIB, 8 * MIB]) {
      const pass = enter(length, { sent: length });
      expect(pass).toBeDefined();
      pass?.leave();
    }
  });

  it('holds 3 MiB of small bodies, and admits more when those have left', () => {
    const { enter } = gate();
    const passes = filled(48, () => enter(64 * KIB, { sent: 64 * KIB })) as BodyPass[];
    expect(enter(64 * KIB)).toBeUndefined();

    passes[0]?.leave();
    expect(enter(64 * KIB, { sent: 64 * KIB })).toBeDefined();
    expect(enter(64 * KIB)).toBeUndefined();
  });

  it('keeps the last of the room for single readings, even of the client that fills the rest', () => {
    const { enter } = gate();
    for (let i = 0; i < 48; i++) enter(64 * KIB, { sent: 64 * KIB });
    expect(enter(5 * KIB)).toBeUndefined();

    expect(filled(192, () => enter(4 * KIB, { sent: 4 * KIB }))).not.toContain(undefined);
    expect(enter(1)).toBeUndefined();
  });

  it('keeps room for clients that hold little', () => {
    const { enter } = gate();
    for (let i = 0; i < 48; i++) enter(64 * KIB, { sent: 64 * KIB });
    enter(8 * MIB)?.charge(8 * MIB);
    expect(enter(64 * KIB)).toBeUndefined();
    expect(enter(MIB)).toBeUndefined();

    expect(enter(64 * KIB, { sent: 64 * KIB, address: B })).toBeDefined();
    expect(enter(MIB, { sent: MIB, address: B })).toBeDefined();
  });

  it('keeps places for clients that have few', () => {
    const { enter } = gate({ requests: 40 });
    expect(filled(40, () => enter(100))).not.toContain(undefined);
    expect(enter(100)).toBeUndefined();

    expect(filled(10, () => enter(100, { address: B }))).not.toContain(undefined);
    expect(enter(100, { address: B })).toBeUndefined();
  });

  it('keeps room in the queue for clients that hold little', () => {
    const { enter } = gate();
    const hasRoomFor = (readings: number) => readings <= 2_010;
    for (let i = 0; i < 12; i++) enter(64 * KIB, { sent: 64 * KIB });

    expect(enter(1_100, { hasRoomFor })).toBeUndefined();
    expect(enter(1_000, { hasRoomFor })).toBeDefined();
    expect(enter(100 * KIB, { hasRoomFor, address: B })).toBeDefined();
  });

  it('refuses a body if the queue has no room for its readings, at 100 bytes each and at most a full batch', () => {
    const { enter } = gate();
    enter(100);
    expect(enter(5_000, { hasRoomFor: (readings) => readings <= 50 })).toBeDefined();
    expect(enter(5_100, { hasRoomFor: (readings) => readings <= 50 })).toBeUndefined();
    expect(enter(MIB, { hasRoomFor: (readings) => readings <= 5_000 })).toBeDefined();
  });

  it('refuses a large body, but no small one, while 8 MiB of large bodies are present', () => {
    const { enter } = gate();
    const passes = [1, 2].map(() => enter(4 * MIB, { sent: 4 * MIB }));
    expect(enter(MIB)).toBeUndefined();
    expect(enter(64 * KIB)).toBeDefined();

    passes[0]?.leave();
    expect(enter(4 * MIB)).toBeDefined();
  });

  it('refuses an admitted large body when there is no room left, but always lets one arrive', () => {
    const { enter } = gate();
    const [first, other] = [1, 2].map(() => enter(8 * MIB));
    for (const pass of [first, other]) pass?.charge(4 * MIB);
    expect(() => other?.charge(5 * MIB)).toThrow(OverloadedError);

    other?.leave();
    first?.charge(8 * MIB);
    expect(enter(MIB)).toBeUndefined();
  });

  it('charges a body for what it becomes when it is inflated', () => {
    const { enter } = gate();
    enter(0)?.charge(7 * MIB);
    expect(enter(2 * MIB)).toBeUndefined();
  });

  it('always admits the only request, however large and however full the queue, so that a retry can succeed', () => {
    const { enter } = gate();
    expect(enter(8 * MIB, { hasRoomFor: () => false })).toBeDefined();
    expect(enter(1, { hasRoomFor: () => false })).toBeUndefined();
  });

  it('admits at most 4,096 requests of a client at once', () => {
    const { enter } = gate();
    for (let i = 0; i < 4096; i++) enter(100);
    expect(enter(100)).toBeUndefined();
  });

  it('has nothing left to charge when all have left, in any order and more than once', () => {
    const { enter } = gate({ headBytes: 64 * KIB, restBytes: MIB, requests: 2 });
    for (let round = 0; round < 3; round++) {
      const passes = [enter(100, { sent: 100 }), enter(2 * MIB, { sent: MIB / 2 })];
      expect(passes).not.toContain(undefined);
      passes[1]?.complete();
      for (const pass of [...passes.reverse(), ...passes]) pass?.leave();
    }
  });
});

describe('bodies that arrive slowly', () => {
  const dropsOf = (passes: readonly (BodyPass | undefined)[]) => {
    const drops = new Map<number, DropReason>();
    for (const [index, pass] of passes.entries()) {
      if (pass) pass.onDrop = (reason) => drops.set(index, reason);
    }
    return drops;
  };

  it('take no room from others once they have paused, whatever they have sent', async () => {
    const { enter } = gate({ checkInterval: 5 });
    for (let i = 0; i < 40; i++) enter(64 * KIB, { sent: 64 * KIB - 1 });
    enter(8 * MIB)?.charge(8 * MIB - 1);
    expect(enter(9 * MIB)).toBeUndefined();

    await vi.waitFor(() => expect(enter(8 * MIB, { sent: 8 * MIB })).toBeDefined());
    expect(filled(40, () => enter(64 * KIB, { sent: 64 * KIB }))).not.toContain(undefined);
  });

  it('are dropped when they stall', async () => {
    const { enter } = gate({ checkInterval: 5, maxStall: 50 });
    const drops = dropsOf([enter(100), enter(8 * MIB, { sent: 8 * MIB - 1 })]);
    await vi.waitFor(() => expect([...drops.values()]).toEqual(['stalled', 'stalled']));
  });

  it('are never dropped after they have arrived, however long their answer takes', async () => {
    const { enter } = gate({ checkInterval: 5, maxStall: 50 });
    const [arrived, stalled] = [enter(100, { sent: 100 }), enter(100)];
    const drops = dropsOf([arrived, stalled]);
    arrived?.complete();
    await vi.waitFor(() => expect(drops.size).toBe(1));
    expect([...drops.keys()]).toEqual([1]);
  });

  it('are dropped when they take more than their room, those first that deliver least for what they hold', async () => {
    const { enter } = gate({ checkInterval: 5, slowBytes: 8 * MIB });
    const [large, small] = [enter(8 * MIB, { sent: 7 * MIB }), enter(MIB, { sent: MIB / 2 })];
    const drops = dropsOf([large, small]);
    await vi.waitFor(() => expect([large?.isSlow, small?.isSlow]).toEqual([true, true]));

    small?.charge(0.6 * MIB);
    enter(MIB, { sent: 0.9 * MIB });
    await vi.waitFor(() => expect([...drops]).toEqual([[0, 'crowded-out']]));
    expect(small?.hasLeft).toBe(false);
  });

  it('are dropped when there are too many of them', async () => {
    const { enter } = gate({ checkInterval: 5, slowBodies: 100 });
    const drops = dropsOf(filled(120, () => enter(100)) as BodyPass[]);
    await vi.waitFor(() => expect(drops.size).toBeGreaterThanOrEqual(20));
    expect(drops.size).toBeLessThan(30);
  });
});

describe('the pace of a body', () => {
  const pass = () => {
    const one = new BodyGate(MAX_BATCH, { checkInterval: 3600 * SECOND });
    const body = one.enter({ expectedBytes: 0, address: A }) as BodyPass;
    onTestFinished(() => body.leave());
    return body;
  };
  /** What becomes of a body that sends `bytes` every `every` seconds for `total` seconds; checked ten times a second. */
  const paceOf = (body: BodyPass, bytes: number, every: number, total: number) => {
    for (let tenths = 1; tenths <= total * 10; tenths++) {
      if (tenths % (every * 10) === 0) body.bytes += bytes;
      if (checkPace(body, SECOND / 10, GATE_LIMITS) === 'stalled') return tenths / 10;
    }
    return 'arrives';
  };

  it.each<[string, number, number, number, number | 'arrives']>([
    ['2 kB/s', 2_000, 1, 300, 'arrives'],
    ['2 kB/s, in pieces of 16 kB', 16_000, 8, 300, 'arrives'],
    ['1.1 kB/s', 110, 0.1, 300, 'arrives'],
    ['500 B/s', 500, 1, 300, 19.2],
    ['one byte a second', 1, 1, 300, 10.1],
    ['nothing', 0, 1, 300, 10],
  ])('at %s', (_, bytes, every, total, expected) => {
    const pace = paceOf(pass(), bytes, every, total);
    if (expected === 'arrives') expect(pace).toBe('arrives');
    else expect(pace).toBeCloseTo(expected, -1);
  });

  it('does not save up: what was sent at once does not pay for a long stall', () => {
    const body = pass();
    body.bytes = 8 * MIB;
    expect(paceOf(body, 0, 1, 60)).toBeCloseTo(10, 0);
  });

  it('decides in which order slow bodies are dropped: clients with more than their share first', () => {
    const one = new BodyGate(MAX_BATCH, { checkInterval: 3600 * SECOND });
    const slow = ([address, bytes, recentBytes]: readonly [string, number, number]) => {
      const body = one.enter({ expectedBytes: 0, address }) as BodyPass;
      onTestFinished(() => body.leave());
      body.client.usage.slowBytes += bytes;
      return Object.assign(body, { bytes, recentBytes });
    };
    const [steady, stalled, huge, other] = (
      [
        [A, 80_000, 2_000],
        [A, 64_000, 0],
        [A, 8 * MIB, 1_100],
        [B, 64_000, 0],
      ] as const
    ).map(slow) as [BodyPass, BodyPass, BodyPass, BodyPass];

    const order = leastUsefulFirst([steady, other, huge, stalled], { ...GATE_LIMITS, slowBytes: 10 * MIB });
    expect(order.map((body) => [steady, stalled, huge, other].indexOf(body))).toEqual([1, 2, 0, 3]);
    for (const body of order) Object.assign(body, { bytes: 0 });
  });
});

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8'],
  ['::1', ''],
  [undefined, 'in-process'],
])('a client at %s is one of %s', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
