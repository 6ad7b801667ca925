import type { LinkOutcome, LinkRepository } from '#application/ports/link-repository';
import type { RecordStore } from '#application/ports/record-store';
import { linkInterval, type MeterLink, overlaps, sameLink } from '#domain/meter-link';
import { intersection, type TimeWindow } from '#domain/time/time-window';
import { equal } from '../assertions.ts';
import { type FastCheck, fastCheck, type ModelOptions } from '../fast-check.ts';
import { aLink } from '../links.ts';
import { START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { atNewPlace } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';

/**
 * Random links: added many at a time, ended, reopened and deleted. After each step the store must give the same answers
 * as a list of links, each of which is compared with all others. Needs the package `fast-check`.
 */
export function recordModelContract(
  { describe, it }: TestFunctions,
  subject: StoreUnderTest<RecordStore>,
  { runs = 20, seed }: ModelOptions = {},
): void {
  describe(`${subject.name}: random links`, () => {
    it('give the answers of a plain list of links', async () => {
      const fc = await fastCheck();
      const histories = fc.array(steps(fc), { minLength: 1, maxLength: 8 });
      const property = fc.asyncProperty(histories, windows(fc), (history, window) =>
        atNewPlace(subject, ({ links }) => compare(links, history, window)),
      );
      await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }) });
    });
  });
}

type Step =
  | { readonly add: readonly MeterLink[] }
  | { readonly end: string; readonly to: number | null }
  | { readonly remove: string };

/** Few enough for links to touch, overlap and repeat. */
const TIMES = Array.from({ length: 8 }, (_, n) => START + n);
const METERS = ['M-1', 'M-10', 'M-2'];
const VEHICLES = ['EV-1', 'EV-2'];

function steps(fc: FastCheck) {
  const end = fc.option(fc.integer({ min: 1, max: 4 }), { freq: 3 });
  const link = fc
    .record({
      meterId: fc.constantFrom(...METERS),
      vehicleId: fc.constantFrom(...VEHICLES),
      from: fc.constantFrom(...TIMES),
      length: end,
    })
    .map(({ length, ...given }) => aLink({ ...given, to: length === null ? null : given.from + length }));
  const id = link.map((one) => one.id);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.array(link, { maxLength: 20 }) }) },
    // An end must be after the beginning, which is before this range is over.
    { weight: 2, arbitrary: fc.record({ end: id, to: fc.option(fc.integer({ min: START + 8, max: START + 10 })) }) },
    { weight: 1, arbitrary: fc.record({ remove: id }) },
  );
}

function windows(fc: FastCheck) {
  const time = fc.integer({ min: START - 2, max: START + 12 });
  return fc.tuple(time, time).map(([a, b]): TimeWindow => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 }));
}

/** The simplest thing that gives the right answers. */
class LinkModel {
  #links: MeterLink[] = [];

  add(link: MeterLink): LinkOutcome {
    const known = this.find(link.id);
    if (known !== undefined && sameLink(known, link)) return { status: 'duplicate' };
    return known === undefined ? this.#put(link) : { status: 'overlap', with: known };
  }

  end(id: string, to: number | null): LinkOutcome | undefined {
    const known = this.find(id);
    if (known === undefined) return undefined;
    return known.to === to ? { status: 'duplicate' } : this.#put({ ...known, to });
  }

  remove(id: string): boolean {
    const before = this.#links.length;
    this.#links = this.#links.filter((link) => link.id !== id);
    return this.#links.length < before;
  }

  find(id: string): MeterLink | undefined {
    return this.#links.find((link) => link.id === id);
  }

  list(passes: (link: MeterLink) => boolean): MeterLink[] {
    return this.#links.filter(passes).sort((a, b) => compareText(a.id, b.id));
  }

  during(window: TimeWindow, vehicleId?: string): MeterLink[] {
    return this.list((link) => vehicleId === undefined || link.vehicleId === vehicleId)
      .filter((link) => intersection(linkInterval(link), window) !== undefined)
      .sort((a, b) => compareText(a.vehicleId, b.vehicleId) || a.from - b.from || compareText(a.meterId, b.meterId));
  }

  /** Of several links in the way the first is named. */
  #put(link: MeterLink): LinkOutcome {
    const others = this.#links.filter(({ id }) => id !== link.id);
    const [other] = others.filter((one) => overlaps(one, link)).sort((a, b) => a.from - b.from);
    if (other !== undefined) return { status: 'overlap', with: other };
    this.#links = [...others, link];
    return { status: 'stored' };
  }
}

async function compare(links: LinkRepository, history: readonly Step[], window: TimeWindow): Promise<void> {
  const model = new LinkModel();
  for (const step of history) {
    if ('add' in step) {
      const expected = step.add.map((link) => model.add(link));
      equal(await links.add(step.add), expected, 'add');
    } else if ('end' in step) {
      equal(await links.end(step.end, step.to), model.end(step.end, step.to), 'end');
    } else {
      equal(await links.remove(step.remove), model.remove(step.remove), 'remove');
    }
    await compareAnswers(links, model, window);
  }
}

async function compareAnswers(links: LinkRepository, model: LinkModel, window: TimeWindow): Promise<void> {
  const limit = 1_000;
  equal(
    await links.list({ limit }),
    model.list(() => true),
    'list',
  );
  equal(await links.during(window), model.during(window), 'during');
  for (const meterId of METERS) {
    const expected = model.list((link) => link.meterId === meterId);
    equal(await links.list({ limit, meterId }), expected, `list of ${meterId}`);
    const [first] = expected;
    if (first === undefined) continue;
    equal(await links.list({ limit, meterId, after: first.id }), expected.slice(1), `list of ${meterId}, continued`);
  }
  for (const vehicleId of VEHICLES) {
    const expected = model.list((link) => link.vehicleId === vehicleId);
    equal(await links.list({ limit, vehicleId }), expected, `list of ${vehicleId}`);
    equal(await links.during(window, vehicleId), model.during(window, vehicleId), `during, of ${vehicleId}`);
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
