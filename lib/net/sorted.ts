/** How many items at the beginning of a list are so, where those that are all stand before those that are not; O(log n). */
export function countLeading<Item>(sorted: readonly Item[], isSo: (item: Item) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && isSo(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
