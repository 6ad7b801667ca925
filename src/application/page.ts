interface Page<Item, Position> {
  readonly items: readonly Item[];
  /** The position to continue after, or `null` on the last page. */
  readonly next: Position | null;
}

/**
 * Cuts a page of at most `limit` items from `found`, the items from the page's beginning on. One item more than `limit`
 * is enough to know that another page follows.
 */
export function pageOf<Item, Position>(
  found: readonly Item[],
  limit: number,
  positionOf: (last: Item) => Position,
): Page<Item, Position> {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? null : positionOf(last) };
}
