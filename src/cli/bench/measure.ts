/**
 * Measures small pieces of work against each other. Each is warmed up and calibrated until a round takes long enough for the
 * clock; then the rounds of all take turns, so that disturbances affect all of them. Rounds are short, so that some are
 * undisturbed. The figure is the minimum, as disturbances only add; how far the median is above it says how much there was.
 */

/** A piece of work that can be done any number of times. */
export interface BenchCase {
  readonly name: string;
  /** What one operation is. */
  readonly operation: string;
  /** Does `count` operations. Returns something that depends on them, so that they are not optimized away. */
  run(count: number): number;
  /** Destroys what is left. */
  finish(): void;
}

/** The result, in nanoseconds per operation. */
export interface BenchResult {
  readonly name: string;
  readonly operation: string;
  readonly min: number;
  readonly median: number;
  /** (median - min) / min */
  readonly spread: number;
  readonly rounds: number;
  /** Operations of a round. */
  readonly operations: number;
}

const LEAST_ROUNDS = 9;
/** Milliseconds that a round takes. */
const ROUND = 4;
const MOST_OPERATIONS = 2 ** 24;

/** Measures all cases, each for about `milliseconds`. */
export function measure(cases: readonly BenchCase[], milliseconds: number): BenchResult[] {
  const rounds = Math.max(Math.round(milliseconds / ROUND), LEAST_ROUNDS);
  const counts = cases.map((each) => calibrate(each, ROUND));
  const times = cases.map((): number[] => []);
  for (let turn = 0; turn < rounds; turn++) {
    cases.forEach((each, index) => {
      times[index]!.push((time(each, counts[index]!) * 1e6) / counts[index]!);
    });
  }
  return cases.map(({ name, operation }, index) => {
    const sorted = times[index]!.sort((a, b) => a - b);
    const min = sorted[0]!;
    const median = sorted[rounds >> 1]!;
    return {
      name,
      operation,
      min,
      median,
      spread: median / min - 1,
      rounds,
      operations: counts[index]!,
    };
  });
}

/** How many operations take `milliseconds`; also warms the work up. */
function calibrate(work: BenchCase, milliseconds: number): number {
  for (let count = 64; ; count *= 2) {
    const taken = time(work, count);
    if (taken >= milliseconds || count >= MOST_OPERATIONS) return count;
    if (taken > milliseconds / 8) {
      const wanted = Math.ceil((count * milliseconds) / taken);
      time(work, wanted);
      return Math.min(wanted, MOST_OPERATIONS);
    }
  }
}

let sink = 0;

/** Milliseconds that `count` operations take. */
function time(work: BenchCase, count: number): number {
  const start = performance.now();
  sink ^= work.run(count) | 0;
  return performance.now() - start;
}

/** The combined result of all work, so that it counts as used. */
export function sinkValue(): number {
  return sink;
}
