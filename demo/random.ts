/** Random numbers that a seed repeats: Marsaglia's xorshift32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // xorshift never leaves 0; multiplying spreads small seeds.
    this.#state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return this.next() % count;
  }

  /** An integer from `least` to `most`, small ones as often as large ones: its logarithm is even. */
  logarithmic(least: number, most: number): number {
    return Math.round(least * (most / least) ** (this.next() / 0xffffffff));
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** `count` different ones of the items, in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items];
    for (let i = 0; i < count; i++) {
      const j = i + this.below(pool.length - i);
      [pool[i], pool[j]] = [pool[j]!, pool[i]!];
    }
    return pool.slice(0, count);
  }
}
