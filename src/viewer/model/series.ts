/**
 * Bytes in use and reserved after each event, and where they are highest in any span: 16 bytes a moment, one pass to
 * make, and a highest point is found by looking at a few hundred numbers, whatever the span.
 */

import { EventKind, type History, NEVER } from "./history.ts";

/** Bytes at each moment. */
export interface Series {
  readonly used: Float64Array;
  readonly reserved: Float64Array;
  /** The moment in `from` to `to`, both included, at which most is in use; the first of several. */
  highest(from: number, to: number): number;
  /** The same of what is reserved. */
  highestReserved(from: number, to: number): number;
}

/** Stands for all heaps together. */
export const ALL_HEAPS = -1;

const known = new WeakMap<History, Map<number, Series>>();

/** The series of a heap, or of all; made once. */
export function seriesOf(history: History, heap: number): Series {
  let ofHistory = known.get(history);
  if (ofHistory === undefined) {
    ofHistory = new Map();
    known.set(history, ofHistory);
  }
  let series = ofHistory.get(heap);
  if (series === undefined) {
    series = makeSeries(history, heap);
    ofHistory.set(heap, series);
  }
  return series;
}

const heapsOfHistory = new WeakMap<History, Uint8Array>();

/** The heap of each block; made once. */
export function heapsOfBlocks(history: History): Uint8Array {
  let heaps = heapsOfHistory.get(history);
  if (heaps === undefined) {
    heaps = makeHeaps(history);
    heapsOfHistory.set(history, heaps);
  }
  return heaps;
}

function makeHeaps({ blocks, pools, types }: History): Uint8Array {
  const heapOfPool = pools.map(({ type }) => types[type]!.heap);
  const result = new Uint8Array(blocks.count);
  for (let b = 0; b < blocks.count; b++) result[b] = heapOfPool[blocks.pool[b]!]!;
  return result;
}

function makeSeries(history: History, heap: number): Series {
  const { events, ranges, blocks } = history;
  const heapOf = heapsOfBlocks(history);
  const used = new Float64Array(events.count + 1);
  const reserved = new Float64Array(events.count + 1);
  for (let r = 0; r < ranges.count; r++) {
    if (heap !== ALL_HEAPS && heapOf[ranges.block[r]!] !== heap) continue;
    used[ranges.birth[r]!]! += ranges.size[r]!;
    if (ranges.death[r] !== NEVER) used[ranges.death[r]!]! -= ranges.size[r]!;
  }
  for (let b = 0; b < blocks.count; b++) {
    if (heap !== ALL_HEAPS && heapOf[b] !== heap) continue;
    reserved[blocks.birth[b]!]! += blocks.size[b]!;
    if (blocks.death[b] !== NEVER) reserved[blocks.death[b]!]! -= blocks.size[b]!;
  }
  for (let m = 1; m <= events.count; m++) {
    used[m]! += used[m - 1]!;
    reserved[m]! += reserved[m - 1]!;
  }
  return { used, reserved, highest: highestIn(used), highestReserved: highestIn(reserved) };
}

const FAN = 64;

/** A tournament: of every 64 moments the highest, and of every 64 of those, and so on. */
function highestIn(values: Float64Array): (from: number, to: number) => number {
  const levels: Uint32Array[] = [];
  let below: Uint32Array | undefined;
  for (let count = values.length; count > FAN; ) {
    const length = Math.ceil(count / FAN);
    const level = new Uint32Array(length);
    for (let i = 0; i < length; i++) {
      let best = below === undefined ? i * FAN : below[i * FAN]!;
      for (let j = i * FAN; j < Math.min((i + 1) * FAN, count); j++) {
        const one = below === undefined ? j : below[j]!;
        if (values[one]! > values[best]!) best = one;
      }
      level[i] = best;
    }
    levels.push(level);
    below = level;
    count = length;
  }
  return (from, to) => {
    let best = from;
    const consider = (one: number): void => {
      if (values[one]! > values[best]! || (values[one]! === values[best]! && one < best)) best = one;
    };
    let low = from;
    let high = to + 1;
    for (let depth = -1; low < high; depth++) {
      const level = levels[depth];
      const entry = (i: number): number => (level === undefined ? i : level[i]!);
      if (depth + 1 >= levels.length || high - low < FAN * 2) {
        for (let i = low; i < high; i++) consider(entry(i));
        break;
      }
      for (; low % FAN !== 0; low++) consider(entry(low));
      for (; high % FAN !== 0; high--) consider(entry(high - 1));
      low /= FAN;
      high /= FAN;
    }
    return best;
  };
}

/** The moments after the events of some kinds. */
export function momentsOf({ events }: History, ...kinds: readonly EventKind[]): Uint32Array {
  const wanted = new Uint8Array(256);
  for (const kind of kinds) wanted[kind] = 1;
  let count = 0;
  for (let e = 0; e < events.count; e++) count += wanted[events.kind[e]!]!;
  const moments = new Uint32Array(count);
  count = 0;
  for (let e = 0; e < events.count; e++) if (wanted[events.kind[e]!] === 1) moments[count++] = e + 1;
  return moments;
}

/** The moments that are marked over time. */
export interface Landmarks {
  readonly frames: Uint32Array;
  readonly refusals: Uint32Array;
  readonly marks: Uint32Array;
  readonly losses: Uint32Array;
  /** Defragmentations: where each begins, and where it ends. */
  readonly defragmentations: readonly (readonly [from: number, to: number])[];
}

const landmarksOfHistory = new WeakMap<History, Landmarks>();

/** The landmarks of a history; found once. */
export function landmarksOf(history: History): Landmarks {
  let landmarks = landmarksOfHistory.get(history);
  if (landmarks === undefined) {
    landmarks = {
      frames: momentsOf(history, EventKind.Frame),
      refusals: momentsOf(history, EventKind.Refuse),
      marks: momentsOf(history, EventKind.Mark),
      losses: momentsOf(history, EventKind.Lost),
      defragmentations: spans(history),
    };
    landmarksOfHistory.set(history, landmarks);
  }
  return landmarks;
}

/** Defragmentations, or, where a recording has only those, their passes. */
function spans(history: History): [number, number][] {
  const { events } = history;
  const result: [number, number][] = [];
  let begun = -1;
  for (let e = 0; e < events.count; e++) {
    const kind = events.kind[e]!;
    if (begun < 0 && (kind === EventKind.BeginDefragmentation || kind === EventKind.BeginPass)) begun = e + 1;
    if (begun >= 0 && kind === EventKind.EndDefragmentation) {
      result.push([begun, e + 1]);
      begun = -1;
    }
  }
  if (begun >= 0) result.push([begun, events.count]);
  return result;
}

/** The place in sorted moments of the first that is not before `moment`. */
export function placeIn(moments: Uint32Array, moment: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (moments[middle]! < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
