/**
 * Random numbers for all tests: the same seed makes the same run. The seed of a run is fixed, so that every run is the
 * same; VMA_TS_SEED is another one, and what a seeded run throws names it.
 *
 *   seeded(100, (random) => …);                  // a hundred runs, each with the numbers of a seed of its own
 *   const random = new Random(SEED, 7);          // others of the same seed, so that tests do not walk in step
 *   const random = new Random(3);                // what must be the same whatever VMA_TS_SEED says
 */

/** The seed of this run. */
export const SEED: number = Number(process.env.VMA_TS_SEED ?? 20261129) | 0;

/** A source of random numbers (mulberry32). */
export class Random {
  #state: number;

  /** The same numbers for the same seed and salt. */
  constructor(seed: number, salt = 0) {
    this.#state = (seed ^ Math.imul(salt, 0x9e3779b9)) | 0;
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** A whole number from `least` to `most`, each power of two among them as likely as the next. */
  magnitude(least: number, most: number): number {
    const exponent = Math.log2(least) + this.fraction() * (Math.log2(most + 1) - Math.log2(least));
    return Math.min(most, Math.max(least, Math.floor(2 ** exponent)));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of these. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** One of these, each as often as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.fraction() * items.reduce((sum, [weight]) => sum + weight, 0);
    const found = items.find(([weight]) => {
      left -= weight;
      return left < 0;
    });
    return found![1];
  }

  /** The same items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const list = [...items];
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [list[last], list[other]] = [list[other]!, list[last]!];
    }
    return list;
  }
}

/** Runs `body` so many times, with the numbers of a seed of its own each time, and names the seed in what it throws. */
export function seeded(runs: number, body: (random: Random) => void): void {
  for (let seed = SEED; seed < SEED + runs; seed++) {
    try {
      body(new Random(seed));
    } catch (error) {
      if (error instanceof Error) error.message += ` (VMA_TS_SEED=${seed})`;
      throw error;
    }
  }
}
