/**
 * Measures a case: after warm-up, the sides run their rounds in turns (A B A B ...), so that what disturbs
 * the machine disturbs all of them. tinybench does the warm-up and counts the rounds. It has no turns of its
 * own: it runs its tasks one after the other, or all at once (`concurrency: "bench"`). So the tasks run at
 * once here, and each waits for its turn; each says its own duration, so waiting is in no time. It keeps its
 * samples sorted, but who compares two sides wants to see the rounds in their order; and some cases have
 * figures besides times. So minimum, median and spread are made here from the rounds themselves.
 */

import { Bench } from "tinybench";
import type { Case, Context, Round, Side, SideName } from "./case.ts";
import { type Reference, ReferenceEnded } from "./reference.ts";

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

/** A side's result from its rounds' values. */
function summarize(side: Side, values: readonly number[], last: Round): SideResult {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return {
    name: side.name,
    min,
    median,
    max,
    spread: min > 0 ? max / min - 1 : 0,
    rounds: values,
    operations: last.operations,
    checksum: last.checksum,
    ...(last.figures === undefined || Object.keys(last.figures).length === 0
      ? {}
      : { figures: last.figures }),
    ...(side.note === undefined ? {} : { note: side.note }),
  };
}

/** Runs the rounds of all sides in turns. */
async function runRounds(sides: readonly Side[], warmup: number, count: number): Promise<Round[][]> {
  const rounds: Round[][] = sides.map(() => []);
  const turns = new Turns(sides.length);
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
        return { overriddenDuration: round.nanosecondsPerOperation };
      } finally {
        turns.pass();
      }
    };
    bench.add(side.name, runTurn, { async: true });
  });
  await bench.run();
  return rounds;
}

/** Measures one case; a result for each line of the table. Nothing when no side of it can run here. */
export async function measure(
  benchCase: Case,
  context: Context,
  defaultRounds: number,
): Promise<CaseResult[]> {
  const { id, group, operation, series, figures } = benchCase;
  const sides = (await benchCase.sides(context)).filter((side) => side !== undefined);
  if (sides.length === 0) return [];
  const warmup = benchCase.warmupRounds ?? 1;
  const rounds = await runRounds(sides, warmup, benchCase.rounds ?? defaultRounds);
  checkSums(id, sides, rounds);

  const line = (
    suffix: string,
    title: string,
    unit: string,
    value: (round: Round) => number,
  ): CaseResult => ({
    id: `${id}${suffix}`,
    group,
    title,
    operation,
    unit,
    ...(series === undefined ? {} : { series }),
    sides: sides.flatMap((side, i): SideResult[] => {
      const measured = rounds[i]!.slice(warmup);
      const values = measured.map(value);
      return values.some(Number.isNaN) ? [] : [summarize(side, values, measured.at(-1)!)];
    }),
  });
  if (figures === undefined)
    return [line("", benchCase.title, "ns", (round) => round.nanosecondsPerOperation)];
  return figures.map(({ name, title, unit }) =>
    line(`/${name}`, title, unit, (round) => round.figures?.[name] ?? Number.NaN),
  );
}

/**
 * Measures one case beside the reference; where that crashes, as its EXTENSIVE defragmentation has done, without it, and
 * says so.
 */
export async function measureDespite(
  benchCase: Case,
  reference: Reference | undefined,
  defaultRounds: number,
): Promise<CaseResult[]> {
  try {
    return await measure(benchCase, { reference }, defaultRounds);
  } catch (error) {
    if (!(error instanceof ReferenceEnded)) throw error;
    const note = `measured without the reference, which ${error.why}`;
    const results = await measure(benchCase, { reference: undefined }, defaultRounds);
    return results.map((result) => ({
      ...result,
      sides: result.sides.map((side, index) => (index === 0 ? { ...side, note } : side)),
    }));
  }
}
