/**
 * Items for placement, made from a seed: the same seed makes the same items.
 *
 * - {@link perfectPacking}: a rectangle of time and memory, cut from edge to edge again and again. No byte is to spare at any
 *   time, and at least one placement is known to exist.
 * - {@link frameGraph}: passes that write targets of a few resolutions, most of which are read soon after.
 * - {@link inference}: layers one after the other with short-lived scratch, and connections that skip some.
 * - {@link shortLived} and {@link uniform}: random ones for the large sizes.
 */

import type { PlacementItem } from "../../src/placement/index.ts";

/** An item whose lifetime is one span. */
export type TimedItem = PlacementItem & { readonly begin: number; readonly end: number };

/** xorshift32; 0 up to and without 1. */
export function randomNumbers(seed: number): () => number {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6d2b79f5) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function integer(random: () => number, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** The same in another order. */
export function shuffledItems<T>(items: readonly T[], seed: number): T[] {
  const random = randomNumbers(seed);
  const list = [...items];
  for (let last = list.length - 1; last > 0; last--) {
    const other = integer(random, 0, last);
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}

/** The same with time running backwards. */
export function mirroredItems(items: readonly TimedItem[]): TimedItem[] {
  const last = items.reduce((most, { end }) => Math.max(most, end), 0);
  return items.map((item) => ({ ...item, begin: last - item.end, end: last - item.begin }));
}

/**
 * `count` items that fill `units` KiB for `steps` steps of time without a gap. Pieces are cut as often as they are large.
 */
export function perfectPacking(count: number, seed: number, steps = 1000, units = 1024): TimedItem[] {
  const random = randomNumbers(seed);
  const pieces = [{ begin: 0, end: steps, low: 0, high: units }];
  const areaOf = ({ begin, end, low, high }: (typeof pieces)[0]): number => (end - begin) * (high - low);
  while (pieces.length < count) {
    let left = random() * steps * units;
    const piece = pieces.find((one) => {
      left -= areaOf(one);
      return left < 0;
    })!;
    const isAcross = random() < 0.5;
    if (isAcross && piece.end - piece.begin > 1) {
      const cut = integer(random, piece.begin + 1, piece.end - 1);
      pieces.push({ ...piece, begin: cut });
      piece.end = cut;
    } else if (!isAcross && piece.high - piece.low > 1) {
      const cut = integer(random, piece.low + 1, piece.high - 1);
      pieces.push({ ...piece, low: cut });
      piece.high = cut;
    }
  }
  const items = pieces.map(({ begin, end, low, high }) => ({ begin, end, size: 1024 * (high - low) }));
  return shuffledItems(items, seed);
}

/** Targets of a frame of `passes` passes at 4K: each pass writes one to three, read for some passes, a few to the end. */
export function frameGraph(passes: number, seed: number): TimedItem[] {
  const random = randomNumbers(seed);
  const items: TimedItem[] = [];
  for (let pass = 0; pass < passes; pass++) {
    for (let target = integer(random, 1, 3); target > 0; target--) {
      const scale = 2 ** integer(random, 0, 3);
      const bytesPerPixel = 2 ** integer(random, 0, 3);
      const pixels = Math.ceil(3840 / scale) * Math.ceil(2160 / scale);
      const isLong = random() < 0.1;
      const reads = isLong ? integer(random, 5, passes) : integer(random, 1, 4);
      items.push({
        size: Math.ceil((pixels * bytesPerPixel) / 65536) * 65536,
        alignment: 65536,
        begin: pass,
        end: Math.min(passes + 1, pass + 1 + reads),
      });
    }
  }
  return items;
}

/** Tensors of a network of `layers` layers: each has an output, half have scratch, some outputs are read much later. */
export function inference(layers: number, seed: number): TimedItem[] {
  const random = randomNumbers(seed);
  const items: TimedItem[] = [];
  let channels = 32;
  let side = 224;
  for (let layer = 0; layer < layers; layer++) {
    if (random() < 0.12 && side > 7) {
      side = Math.ceil(side / 2);
      channels *= 2;
    }
    const size = Math.ceil((4 * channels * side * side) / 256) * 256;
    const skips = random() < 0.25 ? integer(random, 2, 8) : 1;
    items.push({ size, alignment: 256, begin: layer, end: Math.min(layers + 1, layer + 1 + skips) });
    if (random() < 0.5) {
      const scratch = Math.ceil((size * (0.25 + 2 * random())) / 256) * 256;
      items.push({ size: scratch, alignment: 256, begin: layer, end: layer + 1 });
    }
  }
  return items;
}

/** How long time is for {@link shortLived} and {@link uniform}. */
const AXIS = 2 ** 30;

function randomSize(random: () => number): number {
  return Math.max(1, Math.floor(2 ** (20 * random())));
}

/** Random items: each power of two up to 2^20 as likely as the next, alive for 1 % of the time on average. */
export function shortLived(count: number, seed: number): TimedItem[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const size = randomSize(random);
    const length = Math.max(1, Math.floor(0.02 * AXIS * random()));
    const begin = Math.floor((AXIS - length) * random());
    return { size, begin, end: begin + length };
  });
}

/** Random items of the same sizes, that begin and end at any time. */
export function uniform(count: number, seed: number): TimedItem[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const size = randomSize(random);
    const [one, other] = [Math.floor(AXIS * random()), Math.floor(AXIS * random())];
    return { size, begin: Math.min(one, other), end: Math.max(one, other) + 1 };
  });
}
