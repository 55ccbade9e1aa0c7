/**
 * Real copies on a real device, with the validation layer watching: thousands of buffers and images with patterns, of
 * which half are destroyed at random, are defragmented while the program goes on; then every byte is compared.
 */

import { expect, it } from "vitest";
import { DefragmentationFlag } from "../../src/defrag/index.ts";
import { createAllocator } from "../../src/face/index.ts";
import { ImageLayout } from "../../src/vulkan/index.ts";
import { Random, SEED } from "../helpers/random.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { Resources } from "./resources.ts";
import { MiB } from "./setup.ts";

const COUNT = 3000;
const LARGEST = 60_000;

describeWithVulkan(`Defragmentation on a real device (seed ${SEED})`, (ctx) => {
  it.each([
    ["all at once", { flags: DefragmentationFlag.AlgorithmFull }],
    ["in small passes", { maxBytesPerPass: 4 * MiB, maxAllocationsPerPass: 100 }],
    ["extensively", { flags: DefragmentationFlag.AlgorithmExtensive, maxAllocationsPerPass: 500 }],
  ])(
    "keeps every byte of thousands of buffers and images, %s",
    async (_name, info) => {
      const { device } = ctx;
      const { queue } = device;
      const random = new Random(SEED);
      const allocator = createAllocator({ device, preferredLargeHeapBlockSize: 8 * MiB });
      const resources = new Resources(allocator, queue, 4 * MiB);
      for (let index = 0; index < COUNT; index++) resources.createAny(random, LARGEST);
      await resources.fill(resources.live);
      resources.thin(random, 0.5);

      const replaced = new Set<bigint>();
      let isRunning = true;
      const program = async (): Promise<void> => {
        while (isRunning) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          for (let step = 0; step < 4; step++) {
            if (random.chance(0.5)) resources.destroy(random.pick([...resources.live]));
            else await resources.fill([resources.createAny(random, LARGEST)]);
          }
        }
      };
      const running = program();
      const result = await allocator.defragment({
        ...info,
        queue,
        imageLayout: () => ImageLayout.General,
        onReplaced: ({ replacement }) => void replaced.add(replacement),
      });
      isRunning = false;
      await running;

      allocator.validate();
      expect(result.deviceMemoryBlocksFreed).toBeGreaterThan(0);
      expect(result.allocationsMoved).toBeGreaterThan(100);
      expect(replaced.size).toBeGreaterThan(100);
      await resources.verify();
      resources.end();
      allocator.destroy();
    },
    60_000,
  );
});
