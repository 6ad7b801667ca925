import type { StreamDefinition } from './stream.ts';

/**
 * What of a stream's definition its stored data depend on, as names. It may not change once the stream has data; all
 * else may, the order of the fields included.
 */
export interface StreamShape {
  readonly idField: string;
  readonly energyField: string;
  readonly measured: readonly string[];
  readonly averaged: readonly string[];
}

export function streamShape({ idField, energyField, measured }: StreamDefinition): StreamShape {
  const fields = Object.keys(measured);
  const averaged = fields.filter((field) => measured[field]?.averaged === true);
  return { idField, energyField, measured: fields, averaged };
}

const NAMES: Readonly<Record<keyof StreamShape, string>> = {
  idField: 'id field',
  energyField: 'energy field',
  measured: 'measured fields',
  averaged: 'averaged fields',
};

/**
 * Why stored data of a stream cannot be used with its definition, as a sentence for people; `undefined` if they can. What
 * is not known of the data is not compared.
 */
export function shapeDifference(kind: string, stored: Partial<StreamShape>, defined: StreamShape): string | undefined {
  const known = (Object.keys(NAMES) as (keyof StreamShape)[]).filter((part) => stored[part] !== undefined);
  const different = known.filter((part) => sorted(stored[part]).join() !== sorted(defined[part]).join());
  if (different.length === 0) return undefined;
  const list = (shape: Partial<StreamShape>) =>
    different.map((part) => `${NAMES[part]} ${sorted(shape[part]).join(', ') || '(none)'}`).join('; ');
  return (
    `the data of stream ${kind} have ${list(stored)}, but this engine defines ${list(defined)}; ` +
    'these cannot change once a stream has data: undo the change and define a new stream instead'
  );
}

function sorted(names: string | readonly string[] = []): readonly string[] {
  return [names].flat().sort();
}
