/** The random programs on a real driver, with the validation layer watching and contents compared. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { createAllocator } from "../../src/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { Machine } from "./programs/machine.ts";
import { programs } from "./programs/operations.ts";
import { runPrograms } from "./programs/run.ts";
import { settings } from "./programs/worlds.ts";

const SECONDS = 6;
const FOREVER = 24 * 3600 * 1000;

describeWithVulkan("Random programs on a real driver", (ctx) => {
  it("do what a naive model says, and nothing that the validation layer minds", {
    timeout: FOREVER,
  }, async () => {
    const { device } = ctx;
    const queue = device.createTransferQueue();
    const worlds = fc.record({ settings });
    const done = await runPrograms(worlds, programs, SECONDS, async (world, program) => {
      const machine = new Machine({
        device,
        queue,
        allocator: createAllocator({ device, ...world.settings }),
      });
      try {
        for (const operation of program) await machine.step(operation);
        await machine.finish();
      } catch (error) {
        await machine.abandon();
        throw error;
      }
      expect(ctx.takeMessages().map(({ message }) => message)).toEqual([]);
    });
    queue.destroy();
    console.log(`${done.programs} programs of ${done.steps} steps together, from seed ${done.seed}`);
    expect(done.programs).toBeGreaterThan(0);
  });
});
