/** Maps items to results in the same order, with at most `atOnce` calls in flight. Rejects with the first failure. */
export async function mapBounded<T, R>(
  atOnce: number,
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const pending = items.entries();
  const work = async () => {
    for (const [index, item] of pending) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
