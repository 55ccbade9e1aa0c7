/**
 * Runs random programs for a while. Each batch has a seed of its own; a program that fails is made smaller until
 * nothing can be left out of it, and the error says how to run it again:
 *
 *     VMA_TS_PROGRAM_SECONDS=600                     how long to go on (default: see the test)
 *     VMA_TS_PROGRAM_SEED=<seed>                     where to begin (default: another one each time)
 *     VMA_TS_PROGRAM_SEED=… VMA_TS_PROGRAM_PATH=…    one failing program, already made small
 */

import fc from "fast-check";
import type { Operation } from "./operations.ts";

const PROGRAMS_PER_BATCH = 20;

/** What was run. */
export interface Done {
  readonly seed: number;
  readonly programs: number;
  readonly steps: number;
}

/** Runs programs on worlds of the given kind until the time is over; throws for one that fails. */
export async function runPrograms<W>(
  worlds: fc.Arbitrary<W>,
  programs: fc.Arbitrary<Operation[]>,
  seconds: number,
  run: (world: W, program: readonly Operation[]) => Promise<void>,
): Promise<Done> {
  const { VMA_TS_PROGRAM_SECONDS, VMA_TS_PROGRAM_SEED, VMA_TS_PROGRAM_PATH } = process.env;
  const first = Number(VMA_TS_PROGRAM_SEED ?? 20261129);
  const deadline = performance.now() + 1000 * Number(VMA_TS_PROGRAM_SECONDS ?? seconds);
  let count = 0;
  let steps = 0;
  const property = fc.asyncProperty(worlds, programs, async (world, program) => {
    count++;
    steps += program.length;
    await run(world, program);
  });
  let seed = first;
  do {
    const details = await fc.check(property, {
      seed,
      numRuns: PROGRAMS_PER_BATCH,
      ...(VMA_TS_PROGRAM_PATH === undefined ? {} : { path: VMA_TS_PROGRAM_PATH }),
    });
    if (details.failed) {
      const again = `VMA_TS_PROGRAM_SEED=${details.seed} VMA_TS_PROGRAM_PATH=${details.counterexamplePath}`;
      const report = fc.defaultReportMessage(details);
      throw new Error(`${details.errorInstance}\nRun the program again with ${again}\n${report}`, {
        cause: details.errorInstance,
      });
    }
    seed++;
  } while (performance.now() < deadline && VMA_TS_PROGRAM_PATH === undefined);
  return { seed: first, programs: count, steps };
}
