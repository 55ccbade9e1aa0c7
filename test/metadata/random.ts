/** Random numbers for seeded runs: the same seed makes the same run. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (seed ^ 0x6d2b79f5) | 0 || 1;
  }

  /** xorshift32: 0 to 2^32 - 1. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor((this.next() / 2 ** 32) * count);
  }

  /** `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** `least` to `most`, each power of two of them as likely as the next. */
  magnitude(least: number, most: number): number {
    const exponent = Math.log2(least) + (this.next() / 2 ** 32) * (Math.log2(most + 1) - Math.log2(least));
    return Math.min(most, Math.max(least, Math.floor(2 ** exponent)));
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}

/** The seed of this run: VMA_TS_SEED, or another one every time. */
export const SEED: number = Number(process.env.VMA_TS_SEED ?? 20261129);

/** Runs `body` with random numbers of {@link SEED}, and names the seed in whatever it throws. */
export function seeded(body: (random: Random) => void): void {
  try {
    body(new Random(SEED));
  } catch (error) {
    if (error instanceof Error) error.message += ` (VMA_TS_SEED=${SEED})`;
    throw error;
  }
}
