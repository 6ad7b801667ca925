/** A string with the colon that makes it a name, or a bracket, or a comma. All else is of no interest. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(?:\s*(:))?|[{}[\],]/g;
/** What is reported of one text, so that an answer does not become larger than what it answers. */
const MAX_REPORTED = 5;
const MAX_NAME_LENGTH = 128;

/** The members and elements of a value, nested ones included, as JSON.parse has kept them. */
export function memberCount(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += memberCount(element);
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  // Not `Object.values`, which would make an array for each reading; what JSON.parse makes inherits no members.
  for (const name in members) count += 1 + memberCount(members[name]);
  return count;
}

interface Level {
  /** The names so far; `undefined` in an array. */
  readonly names: Set<string> | undefined;
  /** JSON pointer to the object or array itself. */
  readonly pointer: string;
  /** The member or element that is being read. */
  current: string | number;
}

/** JSON pointers to the first members of a valid JSON text that are given more than once, each named once. */
export function duplicateMembers(text: string): string[] {
  const found = new Set<string>();
  const levels: Level[] = [];
  for (const [token, written, colon] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') {
      const pointer = level === undefined ? '' : pointerIn(level);
      levels.push(
        token === '{' ? { names: new Set(), pointer, current: '' } : { names: undefined, pointer, current: 0 },
      );
    } else if (token === '}' || token === ']') {
      levels.pop();
    } else if (token === ',') {
      if (typeof level?.current === 'number') level.current++;
    } else if (colon !== undefined && level?.names !== undefined) {
      const name = JSON.parse(written as string) as string;
      level.current = name;
      if (level.names.has(name)) found.add(pointerIn(level));
      if (found.size === MAX_REPORTED) break;
      level.names.add(name);
    }
  }
  return [...found];
}

function pointerIn({ pointer, current }: Level): string {
  const name = String(current);
  const shown = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}...` : name;
  return `${pointer}/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
