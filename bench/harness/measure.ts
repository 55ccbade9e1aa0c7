/**
 * Measures a case: after warm-up, the sides run their rounds in turns (A B A B ...), so that what disturbs
 * the machine disturbs all of them. tinybench counts the rounds and does the statistics. It has no turns of
 * its own: it runs its tasks one after the other, or all at once (`concurrency: "bench"`). So the tasks run
 * at once here, and each waits for its turn; each returns its own duration, so waiting is in no time.
 */

import { Bench } from "tinybench";
import type { Case, Context, Round, Side, SideName } from "./case.ts";

/** What came out for one side. Times in nanoseconds for one operation, or the case's own figure. */
export interface SideResult {
  readonly name: SideName;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** (max - min) / min. */
  readonly spread: number;
  /** In the order in which they were measured. */
  readonly rounds: readonly number[];
  readonly operations: number;
  readonly checksum: number;
  readonly figures?: Readonly<Record<string, number>>;
  readonly note?: string;
}

/** What came out of a case. */
export interface CaseResult {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly operation: string;
  readonly unit: string;
  readonly series?: { readonly name: string; readonly at: number };
  readonly sides: readonly SideResult[];
}

/** Passes the turn round the sides. */
class Turns {
  readonly #count: number;
  #turn = 0;
  readonly #waiting = new Map<number, () => void>();

  constructor(count: number) {
    this.#count = count;
  }

  async wait(side: number): Promise<void> {
    if (this.#turn !== side) await new Promise<void>((resolve) => this.#waiting.set(side, resolve));
  }

  pass(): void {
    this.#turn = (this.#turn + 1) % this.#count;
    const next = this.#waiting.get(this.#turn);
    this.#waiting.delete(this.#turn);
    next?.();
  }
}

/** Throws when sides that do the same work came to different ends. */
function checkSums(id: string, sides: readonly Side[], rounds: readonly Round[][]): void {
  const exact = sides.flatMap((side, i) => (side.exact ? [{ name: side.name, rounds: rounds[i]! }] : []));
  for (const { name, rounds: own } of exact) {
    for (const round of own) {
      if (round.checksum !== exact[0]!.rounds[0]!.checksum) {
        throw new Error(
          `${id}: ${name} came to ${round.checksum}, ${exact[0]!.name} to ${exact[0]!.rounds[0]!.checksum}`,
        );
      }
    }
  }
}

/** Measures one case; undefined when no side of it can run here. */
export async function measure(
  benchCase: Case,
  context: Context,
  defaultRounds: number,
): Promise<CaseResult | undefined> {
  const sides = (await benchCase.sides(context)).filter((side) => side !== undefined);
  if (sides.length === 0) return undefined;
  const warmup = benchCase.warmupRounds ?? 1;
  const count = benchCase.rounds ?? defaultRounds;
  const rounds: Round[][] = sides.map(() => []);
  const turns = new Turns(sides.length);
  const resultOf = (round: Round): number =>
    benchCase.figure === undefined
      ? round.nanosecondsPerOperation
      : (round.figures?.[benchCase.figure.name] ?? Number.NaN);

  const bench = new Bench({
    concurrency: "bench",
    time: 0,
    iterations: count,
    warmup: warmup > 0,
    warmupTime: 0,
    warmupIterations: warmup,
    throws: true,
  });
  sides.forEach((side, i) => {
    const runTurn = async (): Promise<{ overriddenDuration: number }> => {
      await turns.wait(i);
      try {
        const round = await side.round();
        rounds[i]!.push(round);
        return { overriddenDuration: resultOf(round) };
      } finally {
        turns.pass();
      }
    };
    bench.add(side.name, runTurn, { async: true });
  });
  await bench.run();
  checkSums(benchCase.id, sides, rounds);

  return {
    id: benchCase.id,
    group: benchCase.group,
    title: benchCase.title,
    operation: benchCase.operation,
    unit: benchCase.figure?.unit ?? "ns",
    ...(benchCase.series === undefined ? {} : { series: benchCase.series }),
    sides: sides.map((side, i): SideResult => {
      const result = bench.tasks[i]!.result;
      if (!("latency" in result)) throw new Error(`${benchCase.id}: ${side.name} was not measured`);
      const measured = rounds[i]!.slice(warmup);
      const last = measured.at(-1)!;
      return {
        name: side.name,
        min: result.latency.min,
        median: result.latency.p50,
        max: result.latency.max,
        spread: result.latency.min > 0 ? result.latency.max / result.latency.min - 1 : 0,
        rounds: measured.map(resultOf),
        operations: last.operations,
        checksum: last.checksum,
        ...(last.figures === undefined || Object.keys(last.figures).length === 0
          ? {}
          : { figures: last.figures }),
        ...(side.note === undefined ? {} : { note: side.note }),
      };
    }),
  };
}
