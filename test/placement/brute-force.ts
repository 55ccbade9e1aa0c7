/** The best placement and the best sharing of a few items, found by trying everything: slow, plain, and written apart. */

import type { PlacementItem, Span } from "../../src/placement/index.ts";

/** When an item is alive. */
export function spansOf({ begin, end, spans }: PlacementItem): readonly Span[] {
  return spans ?? [{ begin: begin!, end: end! }];
}

/** Whether two items are alive at the same time. */
export function meet(a: PlacementItem, b: PlacementItem): boolean {
  return spansOf(a).some((x) => spansOf(b).some((y) => x.begin < y.end && y.begin < x.end));
}

/** Whether two items at these offsets may be there at the same time. */
function areApart(
  a: PlacementItem,
  offsetA: number,
  b: PlacementItem,
  offsetB: number,
  granularity: number,
): boolean {
  const page = a.kind === b.kind ? 1 : granularity;
  const first = (offset: number): number => Math.floor(offset / page);
  const last = (offset: number, size: number): number => Math.floor((offset + size - 1) / page);
  return last(offsetA, a.size) < first(offsetB) || last(offsetB, b.size) < first(offsetA);
}

/** What is wrong with a placement, looking at all pairs. */
export function faults(
  items: readonly PlacementItem[],
  offsets: ArrayLike<number>,
  granularity = 1,
): string[] {
  const found: string[] = [];
  items.forEach((a, i) => {
    const offset = offsets[i]!;
    if (!(offset >= 0) || offset % (a.alignment ?? 1) !== 0) found.push(`${i} lies at ${offset}`);
    if (a.offset !== undefined && a.offset !== offset) found.push(`${i} lies at ${offset}, not ${a.offset}`);
    items.slice(0, i).forEach((b, j) => {
      if (a.group !== undefined && a.group === b.group) {
        if (offset !== offsets[j]) found.push(`${j} and ${i} are of one group`);
      } else if (meet(a, b) && !areApart(a, offset, b, offsets[j]!, granularity)) {
        found.push(`${j} and ${i} are in each other's way`);
      }
    });
  });
  return found;
}

function heightOf(items: readonly PlacementItem[], offsets: readonly number[]): number {
  return Math.max(0, ...items.map(({ size }, i) => offsets[i]! + size));
}

/**
 * The least height of items without groups: whatever lies where in the best placement, putting one after the other, from the
 * lowest up, as low as it will go, comes out no higher. So all orders are tried.
 */
export function leastHeight(items: readonly PlacementItem[], granularity = 1): number {
  const offsets: number[] = items.map(({ offset }) => offset ?? -1);
  let best = Number.POSITIVE_INFINITY;
  const placeRest = (): void => {
    const placed = items.filter((_, i) => offsets[i]! >= 0);
    const height = heightOf(
      placed,
      offsets.filter((offset) => offset >= 0),
    );
    if (height >= best) return;
    if (placed.length === items.length) best = height;
    items.forEach((item, i) => {
      if (offsets[i]! >= 0) return;
      let offset = 0;
      const isFree = (): boolean =>
        items.every(
          (other, j) =>
            offsets[j]! < 0 || !meet(item, other) || areApart(item, offset, other, offsets[j]!, granularity),
        );
      while (!isFree()) offset += item.alignment ?? 1;
      offsets[i] = offset;
      placeRest();
      offsets[i] = -1;
    });
  };
  placeRest();
  return best;
}

/** The least size of objects for items without groups, trying all ways of sharing. */
export function leastObjects(items: readonly PlacementItem[]): number {
  const objects: PlacementItem[][] = [];
  let best = Number.POSITIVE_INFINITY;
  const assign = (index: number): void => {
    const item = items[index];
    if (item === undefined) {
      const total = objects.reduce((sum, held) => sum + Math.max(...held.map(({ size }) => size)), 0);
      best = Math.min(best, total);
      return;
    }
    for (const held of objects) {
      if (held[0]!.kind !== item.kind || held.some((other) => meet(item, other))) continue;
      held.push(item);
      assign(index + 1);
      held.pop();
    }
    objects.push([item]);
    assign(index + 1);
    objects.pop();
  };
  assign(0);
  return best;
}
