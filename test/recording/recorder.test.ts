/** What an allocator does is what its recording says, whatever it does. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAllocator } from "../../src/index.ts";
import { record } from "../../src/recording/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import { Machine } from "../trust/programs/machine.ts";
import { type Operation, programs } from "../trust/programs/operations.ts";
import { makeSimulated, type WorldDescription, worlds } from "../trust/programs/worlds.ts";
import { dumpsOf, Follower } from "./dumps.ts";

/** Runs a program with a recorder attached at some step, and compares after each of its steps. */
async function runRecorded(
  world: WorldDescription,
  program: readonly Operation[],
  attachAt: number,
): Promise<void> {
  const target = makeSimulated(world);
  const machine = new Machine(target);
  const follower = new Follower();
  let recording: ReturnType<typeof record> | undefined;
  let steps = 0;
  for (const operation of program) {
    if (steps++ === Math.min(attachAt, program.length - 1)) {
      recording = record(target.allocator, { to: follower.sink });
    }
    await machine.step(operation);
    if (recording === undefined) continue;
    recording.flush();
    follower.follow();
    expect(follower.state.contradictions).toBe(0);
    // Temporary allocations of moves that are under way stand in the allocator's dump, too.
    if (follower.state.defragmentations.size === 0) {
      const [recorded, own] = dumpsOf(target.allocator, follower);
      expect(recorded).toEqual(own);
    }
  }
  await machine.finish();
  if (recording === undefined) return;
  follower.follow();
  expect(recording.isEnded).toBe(true);
  expect(follower.recording.problems).toEqual([]);
  expect(follower.recording.end.reason).toBe("destroyed");
}

describe("a recording of random programs", () => {
  it("tells after each step what the allocator's own dump tells", { timeout: 600_000 }, async () => {
    // Margins stand as free ranges of their own in the allocator's dump.
    const plain = worlds.map((world) => {
      const debug = { ...world.settings.debug, margin: 0, detectCorruption: false };
      return { ...world, settings: { ...world.settings, debug } };
    });
    const property = fc.asyncProperty(plain, programs, fc.nat(30), runRecorded);
    const result = await fc.check(property, { seed: 20, numRuns: 25 });
    if (result.failed) throw new Error(fc.defaultReportMessage(result), { cause: result.errorInstance });
  });
});

describe("a pool of several memory types", () => {
  it("is recorded with all of them, in the operations and in snapshots", () => {
    const device = new SimulatedDevice(profiles["amd-discrete"]!);
    const allocator = createAllocator({ device });
    const settings = { memoryTypeIndex: 0, fallbackMemoryTypes: [2, 1], name: "textures" };
    const early = allocator.createPool(settings);
    const follower = new Follower();
    const recording = record(allocator, { to: follower.sink });
    const late = allocator.createPool({ ...settings, fallbackMemoryTypes: [3], name: "more" });
    const plain = allocator.createPool({ memoryTypeIndex: 1 });
    recording.flush();
    follower.follow();
    const types = [...follower.state.pools.values()].map(({ name, memoryTypeIndex, fallbackMemoryTypes }) => [
      name,
      memoryTypeIndex,
      ...fallbackMemoryTypes,
    ]);
    expect(types).toEqual([
      ["textures", 0, 2, 1],
      ["more", 0, 3],
      [undefined, 1],
    ]);
    for (const pool of [early, late, plain]) allocator.destroyPool(pool);
    allocator.destroy();
  });
});
