/**
 * An API key, or the beginning of one that was cut off. Other than `KEY_TEXT` it needs no word boundary before it: in a
 * finished line an escape such as `\n` may precede a key, and its `n` would be part of the word.
 */
const KEY = /eie_([0-9a-f]{12})_[A-Za-z0-9_-]+/g;

/** Replaces the secret of every API key in a line by `***`. The id stays, to find out which key it was. */
export function maskKeys(line: string): string {
  return line.replace(KEY, 'eie_$1_***');
}
