/**
 * The sequences of work that all sides of a case follow, so that they do the same and their checksums agree:
 * the random numbers (xorshift32) and the sizes and alignments drawn from them. `bench/reference/README.md`
 * states them for whoever writes a runner.
 */

/** Default seed of every case. */
export const SEED = 2463534242;

/** The next state of Marsaglia's xorshift32, as an unsigned number; the state is the random number too. */
export function nextRandom(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x >>> 0;
}

/**
 * One of `count` things, by a random number. That all of it is unsigned 32-bit integers has to be said: V8 takes
 * it for a floating-point remainder otherwise, for 16 ns instead of 2.
 */
export function pick(random: number, count: number): number {
  return ((random >>> 0) % (count >>> 0)) >>> 0;
}

/**
 * Which sizes and alignments are asked for: one random number r stands for
 *
 *     unit * (least + r % span)  bytes  at a multiple of  2^(alignmentShift + r % alignmentSpan)
 */
export interface Mix {
  /** The protocol's name. */
  readonly name: string;
  readonly unit: number;
  readonly least: number;
  readonly span: number;
  readonly alignmentShift: number;
  readonly alignmentSpan: number;
}

/** The mixes. */
export const Mixes: Readonly<Record<"Mixed" | "Small" | "Large" | "Fixed" | "Unaligned", Mix>> = {
  /** 64 to 65,599 bytes, any alignment up to 256. */
  Mixed: { name: "mixed", unit: 1, least: 64, span: 65536, alignmentShift: 0, alignmentSpan: 9 },
  /** 16 to 512 bytes, aligned to 16. */
  Small: { name: "small", unit: 1, least: 16, span: 497, alignmentShift: 4, alignmentSpan: 1 },
  /** 64 KiB to 16 MiB, in steps of 64 KiB and aligned to it. */
  Large: { name: "large", unit: 65536, least: 1, span: 256, alignmentShift: 16, alignmentSpan: 1 },
  /** 256 bytes aligned to 256, always. */
  Fixed: { name: "fixed", unit: 256, least: 1, span: 1, alignmentShift: 8, alignmentSpan: 1 },
  /** As Mixed, with no alignment: all that some packages can do. */
  Unaligned: { name: "unaligned", unit: 1, least: 64, span: 65536, alignmentShift: 0, alignmentSpan: 1 },
};

/** Bytes to ask for, from one random number. */
export function mixSize({ unit, least, span }: Mix, r: number): number {
  return unit * (least + pick(r, span));
}

/** Alignment to ask for, from the same random number. */
export function mixAlignment({ alignmentShift, alignmentSpan }: Mix, r: number): number {
  return 1 << (alignmentShift + pick(r, alignmentSpan));
}

/** Operations in one call of a loop that is timed. */
const CHUNK = 2_000;

/**
 * Does `count` steps in chunks. A loop that V8 optimizes while it runs stays slower than the same loop entered
 * anew (33 against 12 ns for one empty step of the churn), and if it was optimized before it had seen all of its paths it
 * leaves the optimized code in every call (95 against 50 ns), so the loops are entered often.
 */
export function inChunks(count: number, run: (count: number) => void): void {
  for (let left = count; left > 0; left -= CHUNK) run(Math.min(left, CHUNK));
}
