import type { EpochMillis } from '#domain/time/time';
import type { Encoding } from './encoding.ts';
import { type Fleet, VARIANTS } from './fleet.ts';

/** How a fleet's readings form batches: batch n begins with reading n * size, counted from round `firstRound`. */
export interface BatchPlan {
  readonly fleet: Fleet;
  /** Readings per batch; must divide the number of devices. */
  readonly size: number;
  readonly firstRound: number;
}

interface Template {
  readonly request: Buffer;
  readonly timestampsAt: Int32Array;
}

export function batchesPerRound({ fleet, size }: BatchPlan): number {
  if (fleet.devices % size !== 0) throw new Error(`a batch size of ${size} does not divide ${fleet.devices} devices`);
  return fleet.devices / size;
}

/** The round of batch `number`, and the slot of its first reading in it. */
export function locate(plan: BatchPlan, number: number): { round: number; slot: number } {
  const perRound = batchesPerRound(plan);
  return { round: plan.firstRound + Math.floor(number / perRound), slot: (number % perRound) * plan.size };
}

/**
 * Complete HTTP/1.1 requests, serialized before any measurement. To send a batch again in a later minute only the
 * digits of its timestamps are overwritten, so the load costs the client next to nothing, and its memory does not grow
 * with the length of the run.
 */
export class RequestPool {
  readonly plan: BatchPlan;
  readonly #templates: Template[] = [];
  readonly #perRound: number;

  constructor(plan: BatchPlan, encoding: Encoding) {
    this.plan = plan;
    this.#perRound = batchesPerRound(plan);
    for (let variant = 0; variant < VARIANTS; variant++) {
      for (let slot = 0; slot < plan.fleet.devices; slot += plan.size) {
        this.#templates.push(template(plan, encoding, variant, slot));
      }
    }
  }

  /** The request of batch `number`. Its buffer is reused after as many more requests as a round has batches. */
  request(number: number): Buffer {
    const { round, slot } = locate(this.plan, number);
    const { request, timestampsAt } = this.#templates[
      (round % VARIANTS) * this.#perRound + (number % this.#perRound)
    ] as Template;
    for (let i = 0; i < timestampsAt.length; i++) {
      writeTimestamp(request, timestampsAt[i] as number, this.plan.fleet.timestamp(round, slot + i));
    }
    return request;
  }

  /** A copy of the request, for loads with more requests in flight than the pool has templates. */
  copyOfRequest(number: number): Buffer {
    return Buffer.from(this.request(number));
  }
}

function template({ fleet, size }: BatchPlan, encoding: Encoding, round: number, firstSlot: number): Template {
  const { open, close } = size === 1 ? encoding.single : encoding.batch;
  const timestampsAt = new Int32Array(size);
  let body = open;
  for (let i = 0; i < size; i++) {
    if (i > 0) body += encoding.batch.separator;
    const reading = fleet.reading(round, firstSlot + i);
    body += encoding.before(reading);
    timestampsAt[i] = body.length;
    body += `${reading.timestamp}${encoding.after}`;
  }
  body += close;
  const head =
    `POST ${encoding.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${encoding.contentType}\r\n` +
    `${encoding.headers ?? ''}Content-Length: ${body.length}\r\n\r\n`;
  for (let i = 0; i < size; i++) timestampsAt[i] = (timestampsAt[i] as number) + head.length;
  return { request: Buffer.from(head + body, 'latin1'), timestampsAt };
}

/** Overwrites 13 digits. Both halves fit into 32-bit integers, whose division is cheap. */
function writeTimestamp(target: Buffer, at: number, timestamp: EpochMillis): void {
  const high = Math.floor(timestamp / 10_000_000);
  writeDigits(target, at, 6, high);
  writeDigits(target, at + 6, 7, timestamp - high * 10_000_000);
}

function writeDigits(target: Buffer, at: number, count: number, value: number): void {
  let rest = value | 0;
  for (let i = at + count - 1; i >= at; i--) {
    const quotient = (rest / 10) | 0;
    target[i] = 48 + rest - quotient * 10;
    rest = quotient;
  }
}
