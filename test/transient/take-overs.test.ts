/** Take-overs of memory from one transient resource by another: the simulator sees each that is left out. */

import { describe, expect, it } from "vitest";
import { SimulatedTransferQueue, ValidityError } from "../../src/simulator/index.ts";
import { type Buffer, ImageLayout } from "../../src/vulkan/index.ts";
import { bufferOf, world } from "../allocator/setup.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { conflictIn } from "./conflicts.ts";
import { buffer, image, packedSize, passesOf, randomGraph, run } from "./graphs.ts";

describe("The simulator", () => {
  const resources = [buffer("a", 1024, 0, 1), image("b", 16, 2, 3), buffer("c", 1024, 4, 5)];

  it("refuses a use of what was never handed its memory", () => {
    const { allocator, device } = world();
    const transients = allocator.createTransients(resources);
    expect(() => run(device, allocator, resources, transients, { runs: 1, skip: 0 })).toThrow(
      /buffer 0x\w+ .* is used before a barrier has handed it its memory/,
    );
    transients.destroy();
  });

  it("refuses a use of what another has taken over since, with a sentence", () => {
    const { allocator, device } = world();
    const transients = allocator.createTransients(resources);
    for (let skip = 0; skip < 3; skip++) {
      expect(() => run(device, allocator, resources, transients, { skip })).toThrow(
        /is used, but (buffer|image) 0x\w+ .* has taken over bytes \[0, 1024\) of its memory: a barrier has to hand them over first/,
      );
    }
    transients.destroy();
  });

  it("refuses a barrier that does not wait for what has used the memory", () => {
    const { allocator, device } = world();
    const transients = allocator.createTransients(resources);
    const queue = new SimulatedTransferQueue(device);
    const [first, second] = transients.takeOvers;
    queue.submit([first!]);
    expect(() => queue.submit([{ ...second!, sources: [] }])).toThrow(
      /image 0x\w+ .* takes over bytes \[0, 1024\) from buffer 0x\w+ .* without waiting for it/,
    );
    expect(() => queue.submit([{ ...second!, sourceStages: 0 }])).toThrow(/with no stages/);
    expect(() => queue.submit([{ ...second!, layout: ImageLayout.Undefined }])).toThrow(/layout/);
    expect(() => queue.submit([{ ...second!, sources: [0x77n as Buffer] }])).toThrow(ValidityError);
    queue.submit([second!]);
    queue.waitIdle();
    transients.destroy();
  });

  it("changes nothing where a batch is refused", () => {
    const { allocator, device } = world();
    const transients = allocator.createTransients(resources);
    const queue = new SimulatedTransferQueue(device);
    const [first, second] = transients.takeOvers;
    const { buffer: a } = transients.get("a");
    const fill = { kind: "fill", target: a!, size: 4, value: 1 } as const;
    queue.submit([first!, fill]);
    // The second barrier is in a batch that fails: the buffer still has its memory.
    expect(() => queue.submit([second!, fill])).toThrow(/has taken over/);
    queue.submit([fill]);
    queue.waitIdle();
    transients.destroy();
  });

  it("does not judge aliases that no one has declared", () => {
    const { allocator, device } = world();
    const { allocation, buffer: one } = allocator.createBuffer(bufferOf(1024));
    device.permitOverlap(allocation.deviceMemory);
    const alias = allocator.createAliasingBuffer(allocation, bufferOf(1024));
    const queue = new SimulatedTransferQueue(device);
    queue.submit([
      { kind: "fill", target: one, size: 4, value: 1 },
      { kind: "fill", target: alias, size: 4, value: 1 },
    ]);
    queue.waitIdle();
    allocator.destroyBuffer(alias, null);
    allocation.destroy();
  });

  it("sees each barrier that is left out of random graphs, and nothing wrong with complete ones", () => {
    let caught = 0;
    seeded(40, (random: Random) => {
      const limits = { bufferImageGranularity: 1 << random.below(13), nonCoherentAtomSize: 64 };
      const { allocator, device } = world({ limits });
      const graph = randomGraph(random, 14, 8);
      const transients = allocator.createTransients(graph, { timeLimit: random.below(2) * 5 });
      expect(conflictIn(transients, limits.bufferImageGranularity)).toBeUndefined();
      expect(transients.bytes).toBeLessThanOrEqual(
        2 * transients.separateBytes + limits.bufferImageGranularity * 2 * graph.length,
      );
      run(device, allocator, graph, transients);
      const skip = random.below(transients.takeOvers.length);
      // A buffer that nobody else has shared bytes with loses nothing without it; an image has no layout.
      const { from, isImage, resource } = transients.takeOvers[skip]!;
      const isNeeded = isImage || from.some((source) => source.resource !== resource);
      const graphWithout = (): void => run(device, allocator, graph, transients, { skip });
      if (isNeeded) {
        expect(graphWithout).toThrow(ValidityError);
        caught++;
      } else {
        graphWithout();
      }
      transients.destroy();
    });
    expect(caught).toBeGreaterThan(10);
  });

  it("sees nothing wrong with random graphs that are made again and again", () => {
    seeded(15, (random: Random) => {
      const limits = { bufferImageGranularity: 1 << random.below(13), nonCoherentAtomSize: 64 };
      const { allocator, device } = world({ limits });
      let graph = randomGraph(random, 12, 7);
      let transients = allocator.createTransients(graph, { timeLimit: 0 });
      for (let round = 0; round < 5; round++) {
        graph = graph.filter(() => random.below(4) > 0);
        const others = randomGraph(random, 4, 7).map((each) => ({ ...each, name: `${each.name}, ${round}` }));
        graph.push(...others);
        const next = allocator.createTransients(graph, { previous: transients, timeLimit: 0 });
        transients.destroy();
        transients = next;
        expect(conflictIn(transients, limits.bufferImageGranularity)).toBeUndefined();
        run(device, allocator, graph, transients);
      }
      transients.destroy();
    });
  });
});

describe("Take-overs", () => {
  it("are those that a model finds byte by byte", () => {
    seeded(60, (random: Random) => {
      const { allocator } = world();
      const graph = randomGraph(random, 10, 6);
      const transients = allocator.createTransients(graph, { timeLimit: 0 });
      for (const { resources, height } of transients.groups) {
        const owners = new Array<string | undefined>(height);
        for (let time = 0; time < 2 * passesOf(graph); time++) {
          const pass = time % passesOf(graph);
          for (const { name, offset, size } of resources) {
            const takeOver = transients.takeOversBefore(pass).find(({ resource }) => resource.name === name);
            if (takeOver === undefined) continue;
            const found = new Set<string>();
            for (let byte = offset; byte < offset + size; byte++) {
              if (owners[byte] !== undefined) found.add(owners[byte]!);
              owners[byte] = name;
            }
            const all = new Set(takeOver.from.map(({ resource }) => resource.name));
            const own = new Set(
              takeOver.from
                .filter(({ isFromPreviousRun }) => !isFromPreviousRun)
                .map(({ resource }) => resource.name),
            );
            expect(found, `${name} before pass ${pass}`).toEqual(time < passesOf(graph) ? own : all);
          }
        }
      }
      expect(packedSize(graph[0]!)).toBeGreaterThan(0);
      transients.destroy();
    });
  });
});
