/**
 * Every driver call fails once. A scenario is a list of steps, each one call of the library. It is run once to
 * learn which driver calls it makes; then, for each of them and for each VkResult that Vulkan allows for it, it
 * is run again with that call failing, and once more with all calls of that name failing until the step ends.
 *
 * After the failure: the error names the call and its result, everything is as before the step, the allocator
 * is valid, and the same step works when it is taken again. At the end nothing is left on the device. A step
 * may also go well in spite of the failure, by another way; only allocating has other ways.
 */

import { afterAll, describe, expect, it } from "vitest";
import { type FallibleCall, fallibleCalls, ValidityError } from "../../src/simulator/index.ts";
import { Result, VulkanError } from "../../src/vulkan/index.ts";
import { closeWorld, stateOf, type World } from "../helpers/world.ts";
import type { Step } from "./resource-steps.ts";
import { allScenarios, type Scenario } from "./scenarios.ts";

/** What `try…` functions answer with undefined instead of throwing. */
const outOfMemory: readonly number[] = [
  Result.ErrorOutOfHostMemory,
  Result.ErrorOutOfDeviceMemory,
  Result.ErrorTooManyObjects,
];

/** One failure to try: the `ordinal`-th driver call of the scenario. */
interface Trial extends DriverCall {
  readonly ordinal: number;
  readonly result: number;
  /** Whether the calls of that name go on failing until the step ends. */
  readonly persistent: boolean;
}

interface Outcome {
  /** Whether the driver call was failed at all. */
  fired: boolean;
  /** Whether a step failed by it. */
  failed: boolean;
}

/** One driver call of a scenario, and the step that makes it. */
interface DriverCall {
  readonly call: FallibleCall;
  readonly step: Step["name"];
}

/** The driver calls that the scenario makes when all goes well. */
async function callsOf(scenario: Scenario): Promise<DriverCall[]> {
  const calls: DriverCall[] = [];
  const world = scenario.world();
  let current = "";
  world.device.faults.failWhen((call) => {
    calls.push({ call, step: current });
    return undefined;
  });
  for (const step of scenario.steps(world)) {
    current = step.name;
    await step.run();
  }
  closeWorld(world);
  return calls;
}

/** Arms the failure of a trial; whether it came to it is told by `fired`. */
function arm({ device }: World, trial: Trial): { fired: boolean } {
  const watch = { fired: false };
  let ordinal = 0;
  device.faults.failWhen((call) => {
    ordinal++;
    if (ordinal === trial.ordinal) watch.fired = true;
    else if (!(trial.persistent && watch.fired && call === trial.call)) return undefined;
    return trial.result;
  });
  return watch;
}

async function tryStep(step: Step): Promise<unknown> {
  try {
    const value = await step.run();
    return step.answersUndefined && value === undefined ? "undefined" : undefined;
  } catch (error) {
    return error;
  }
}

function expectRightError(error: unknown, trial: Trial, where: string): void {
  if (error === "undefined") {
    expect(outOfMemory, `${where}: undefined is the answer to lack of memory alone`).toContain(trial.result);
    return;
  }
  if (error instanceof ValidityError) throw error;
  expect(error, where).toBeInstanceOf(VulkanError);
  const { result, call } = error as VulkanError;
  expect({ result, call }, where).toEqual({ result: trial.result, call: trial.call });
}

/** A lost device stays lost; what there is can be destroyed. */
async function expectLost(world: World, step: Step, where: string): Promise<void> {
  const again = await tryStep(step);
  expect((again as VulkanError).result, `${where}: the step taken again`).toBe(Result.ErrorDeviceLost);
  world.allocator[Symbol.dispose]();
  expect(world.device.leaks(), `${where}: everything can be destroyed`).toEqual([]);
}

async function runTrial(scenario: Scenario, trial: Trial): Promise<Outcome> {
  const world = scenario.world();
  const steps = scenario.steps(world);
  const watch = arm(world, trial);
  const outcome: Outcome = { fired: false, failed: false };
  for (const step of steps) {
    const where = `${scenario.name}, step ${JSON.stringify(step.name)}, ${trial.call} (driver call ${trial.ordinal}) fails with ${trial.result}`;
    const before = step.name === trial.step ? stateOf(world) : undefined;
    const error = await tryStep(step);
    if (watch.fired && before !== undefined) {
      outcome.fired = true;
      world.device.faults.clear();
      world.allocator.validate();
      if (error === undefined) {
        expect(scenario.recoverable, `${where}: and yet the step goes well`).toContain(trial.call);
      } else {
        outcome.failed = true;
        expectRightError(error, trial, where);
        expect(stateOf(world), `${where}: nothing has changed`).toEqual(before);
        if (trial.result === Result.ErrorDeviceLost) {
          await expectLost(world, step, where);
          return outcome;
        }
        expect(await tryStep(step), `${where}: the step taken again`).toBeUndefined();
      }
    } else if (error !== undefined) {
      throw error;
    }
  }
  closeWorld(world);
  return outcome;
}

const tried = { failures: 0, failed: 0 };

afterAll(() => {
  console.log(`${tried.failures} failures of driver calls tried, ${tried.failed} of them failed a step`);
});

describe.each(allScenarios)("Each driver call fails once: $name", (scenario) => {
  it("leaves everything as it was, and the next call works", async () => {
    const calls = await callsOf(scenario);
    expect(calls.length).toBeGreaterThan(0);
    let failed = 0;
    for (const [index, { call, step }] of calls.entries()) {
      for (const result of fallibleCalls[call]) {
        // A fence that can never be asked again is no failure to come back from.
        for (const persistent of call === "vkGetFenceStatus" ? [false] : [false, true]) {
          const outcome = await runTrial(scenario, { ordinal: index + 1, call, step, result, persistent });
          expect(outcome.fired, `driver call ${index + 1} is made each time`).toBe(true);
          tried.failures++;
          if (outcome.failed) failed++;
        }
      }
    }
    expect(failed).toBeGreaterThan(0);
    tried.failed += failed;
  });
});
