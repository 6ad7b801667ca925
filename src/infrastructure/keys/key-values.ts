import * as v from 'valibot';
import { KEY_TEXT, SCOPES } from '#application/access/api-key';

/** The rules for the values of a key. Each message reads on from the name of the value, and never quotes the value. */

const NAME = 'must be 1 to 64 of A-Z a-z 0-9 . _ - and neither a key nor a digest';
const SOME_SCOPES = `must be some of ${SCOPES.join(', ')}`;
const PREFIXES =
  'must be beginnings of device ids: each 1 to 128 of A-Z a-z 0-9 . _ : - and neither a key nor a digest';
const LIMIT = 'must be a whole number above 0';

export const nameSchema = v.pipe(
  v.string(NAME),
  v.regex(/^[A-Za-z0-9._-]{1,64}$/, NAME),
  v.check((name) => !isSecret(name), NAME),
);

export const scopesSchema = v.pipe(v.array(v.picklist(SCOPES, SOME_SCOPES), SOME_SCOPES), v.minLength(1, SOME_SCOPES));

const prefix = v.pipe(
  v.string(PREFIXES),
  v.regex(/^[A-Za-z0-9._:-]{1,128}$/, PREFIXES),
  v.check((text) => !isSecret(text), PREFIXES),
);
export const devicesSchema = v.pipe(v.array(prefix, PREFIXES), v.minLength(1, PREFIXES));

export const limitSchema = v.pipe(v.number(LIMIT), v.safeInteger(LIMIT), v.minValue(1, LIMIT));

/** Names and prefixes are listed and logged, and their alphabet would allow a key or a digest put there by mistake. */
function isSecret(text: string): boolean {
  return KEY_TEXT.test(text) || /[0-9a-f]{64}/i.test(text);
}
