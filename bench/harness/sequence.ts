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
 * One of `count` things, by a random number. That the remainder is an unsigned 32-bit integer has to be said:
 * V8 takes it for a floating-point remainder otherwise, for 16 ns instead of 2.
 */
export function pick(random: number, count: number): number {
  return (random % count) >>> 0;
}

/** Which sizes and alignments are asked for. */
export const Mix = {
  /** 64 to 65,599 bytes, any alignment up to 256. */
  Mixed: 0,
  /** 16 to 512 bytes, aligned to 16. */
  Small: 1,
  /** Powers of two from 64 KiB to 16 MiB, aligned to 64 KiB. */
  Large: 2,
  /** 256 bytes aligned to 256, always. */
  Fixed: 3,
  /** As Mixed, with no alignment: all that some packages can do. */
  Unaligned: 4,
} as const;
/** One of {@link Mix}. */
export type Mix = (typeof Mix)[keyof typeof Mix];

/** The protocol's names of the mixes. */
export const MIX_NAMES: readonly string[] = ["mixed", "small", "large", "fixed", "unaligned"];

/** Bytes to ask for, from one random number. */
export function mixSize(mix: Mix, r: number): number {
  switch (mix) {
    case Mix.Small:
      return 16 + (r % 497);
    case Mix.Large:
      return 1 << (16 + (r % 9));
    case Mix.Fixed:
      return 256;
    default:
      return 64 + (r % 65536);
  }
}

/** Alignment to ask for, from the same random number. */
export function mixAlignment(mix: Mix, r: number): number {
  switch (mix) {
    case Mix.Mixed:
      return 1 << (r % 9);
    case Mix.Small:
      return 16;
    case Mix.Large:
      return 65536;
    case Mix.Fixed:
      return 256;
    default:
      return 1;
  }
}

/** Operations in one call of a loop that is timed. */
const CHUNK = 10_000;

/**
 * Does `count` steps in chunks. A loop that V8 optimizes while it runs stays slower than the same loop entered
 * anew (33 against 12 ns for one empty step of the churn), so the loops are entered often.
 */
export function inChunks(count: number, run: (count: number) => void): void {
  for (let left = count; left > 0; left -= CHUNK) run(Math.min(left, CHUNK));
}
