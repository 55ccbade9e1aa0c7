/** Seeded chance for random tests: the seed is printed, and can be set by VMA_TS_SEED. */

/** The seed of this run; fixed, so that every run is the same. */
export const seed: number = Number(process.env.VMA_TS_SEED ?? 20261129) | 0;

/** A source of chance (mulberry32): the same for the same seed and salt. */
export class Chance {
  private state: number;

  constructor(salt: number, from: number = seed) {
    this.state = (from ^ Math.imul(salt, 0x9e3779b9)) | 0;
  }

  /** From 0 up to, but not including, 1. */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of these. */
  oneOf<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!;
  }

  /** A size from 1 to `most` bytes, the small ones as likely as the large ones. */
  size(most: number): number {
    return Math.max(1, Math.floor(2 ** (this.fraction() * Math.log2(most))));
  }
}
