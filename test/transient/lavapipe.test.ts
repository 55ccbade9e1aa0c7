/** Transient resources on a real device, with synchronization validation watching; and what the simulator says of the same. */

import { describe, expect, it } from "vitest";
import { run as runExample } from "../../examples/frame-graph.ts";
import { resources as frameGraph } from "../../examples/frame-graph-passes.ts";
import { createAllocator } from "../../src/index.ts";
import { ValidityError } from "../../src/simulator/index.ts";
import type { CommandBuffer } from "../../src/vulkan/index.ts";
import { world } from "../allocator/setup.ts";
import { seeded } from "../helpers/random.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { makeStaging, randomGraph, run, runGraph } from "./graphs.ts";

describeWithVulkan("Transient resources on a real device", (ctx) => {
  it("are rendered, computed and copied into by the example, which sees the same bytes as without sharing", () => {
    const shared = runExample(ctx.device, true);
    const separate = runExample(ctx.device, false);
    expect(Buffer.compare(shared.texels, separate.texels)).toBe(0);
    expect(new Set(shared.texels).size, "a picture with something in it").toBeGreaterThan(50);
    expect(shared.bytes).toBeLessThan(0.6 * separate.bytes);
    expect(separate.bytes).toBe(separate.separateBytes);
  });

  it("keep their contents from the first use to the last in random graphs", () => {
    const { device } = ctx;
    seeded(6, (random) => {
      const allocator = createAllocator({ device });
      const graph = randomGraph(random, 14, 8);
      const transients = allocator.createTransients(graph);
      const staging = makeStaging(allocator);
      for (let frame = 0; frame < 2; frame++) {
        runGraph(graph, transients, device.queue, staging, { salt: frame });
      }
      staging.destroy();
      transients.destroy();
      allocator.destroy();
    });
  });

  it("are recorded about with one barrier for all that a pass takes over, and none where there is nothing to do", () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const transients = allocator.createTransients(frameGraph);
    expect(() => transients.recordBarriers(0n as CommandBuffer, 99)).not.toThrow();
    expect(() => transients.recordBarriers(-1n as CommandBuffer, 0)).toThrow(/commandBuffer/);
    transients.destroy();
    expect(() => transients.recordBarriers(1n as CommandBuffer, 0)).toThrow(/after they were destroyed/);
    allocator.destroy();
  });
});

describe("The example's frame graph on the simulator", () => {
  it("runs with all its barriers, and is refused without any one of them", () => {
    const { allocator, device } = world();
    const transients = allocator.createTransients(frameGraph);
    expect(transients.takeOvers).toHaveLength(frameGraph.length);
    run(device, allocator, frameGraph, transients);
    for (const [skip, { resource }] of transients.takeOvers.entries()) {
      const runWithout = (): void => run(device, allocator, frameGraph, transients, { skip });
      expect(runWithout, `without the barrier of ${resource.name}`).toThrow(ValidityError);
    }
    transients.destroy();
  });
});
