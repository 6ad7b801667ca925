/** Maps items with at most `atOnce` of them under way, in their order. Rejects with the first failure. */
export async function mapBounded<T, R>(
  atOnce: number,
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const left = items.entries();
  const work = async () => {
    for (const [index, item] of left) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
