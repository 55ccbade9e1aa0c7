/** Random programs over the whole interface, on simulated devices of every kind; see programs/run.ts. */

import { expect, it } from "vitest";
import { Machine } from "./programs/machine.ts";
import { programs } from "./programs/operations.ts";
import { runPrograms } from "./programs/run.ts";
import { makeSimulated, worlds } from "./programs/worlds.ts";

const SECONDS = 12;
const FOREVER = 24 * 3600 * 1000;

it("Random programs do on every simulated device what a naive model says", { timeout: FOREVER }, async () => {
  const done = await runPrograms(worlds, programs, SECONDS, async (world, program) => {
    const machine = new Machine(makeSimulated(world));
    for (const operation of program) await machine.step(operation);
    await machine.finish();
  });
  console.log(`${done.programs} programs of ${done.steps} steps together, from seed ${done.seed}`);
  expect(done.programs).toBeGreaterThan(0);
});
