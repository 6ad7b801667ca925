/** Names compared: a suggestion is worth less work than the refusal itself. */
const MAX_NAMES = 10;
/** Names are taken for the same if, in one place, up to this many characters were replaced, left out or put in. */
const MAX_DIFFERENT = 2;

/**
 * The one of `names` that is likely a misspelling of `name`, or the other way round: the same but for case and
 * separators (`kwh_consumed_ac`), or but for one slip of up to two characters. `undefined` if there is none.
 */
export function similarName(name: string, names: readonly string[]): string | undefined {
  const plain = plainName(name);
  const close = names.slice(0, MAX_NAMES).filter((other) => isClose(plain, plainName(other)));
  return close.find((other) => plainName(other) === plain) ?? close[0];
}

/** Longer names are cut: they are not similar to any that the engine knows. */
const MAX_LENGTH = 64;

function plainName(name: string): string {
  return name
    .slice(0, MAX_LENGTH)
    .replaceAll(/[\s._-]/g, '')
    .toLowerCase();
}

/** A slip may take half of the name at most, so that short names are not all alike. */
function isClose(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const different = Math.max(a.length, b.length) - start - end;
  return different <= Math.min(MAX_DIFFERENT, Math.floor(a.length / 2));
}
