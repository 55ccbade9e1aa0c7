/**
 * Situations in which an allocator meets many holes. Run by itself, it prints how many looks an allocation takes:
 * ./looks.test.ts.
 */

import { fileURLToPath } from "node:url";
import { createAllocator } from "../../src/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { countLooks } from "../helpers/looks.ts";
import { bufferOf, bytes, imageOf, KiB, MiB, twoHeaps } from "./recipes.ts";

/** Numbers of holes. */
export const FEW = 2_000;
export const MANY = 32_000;

/** What is counted: the work of so many allocations, which look for a place among as many holes or make them. */
type Situation = (holes: number) => () => void;

/** An allocator on a device whose pages have 1 KiB, and a pool with one block. */
function paged() {
  const device = new SimulatedDevice({ ...twoHeaps, limits: { bufferImageGranularity: KiB } });
  const allocator = createAllocator({ device });
  const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 64 * MiB, maxBlockCount: 1 });
  return { device, allocator, pool };
}

export const SITUATIONS: Readonly<Record<string, Situation>> = {
  "memory by itself, 256 bytes each": (holes) => {
    const { allocator, pool } = paged();
    return () => {
      for (let i = 0; i < holes; i++) allocator.allocateMemory(bytes(256), { pool });
    };
  },
  "the same, all in one call": (holes) => {
    const { allocator, pool } = paged();
    return () => {
      allocator.allocateMemoryPages(bytes(256), holes, { pool });
    };
  },
  "images beside buffers that leave holes of 768 bytes": (holes) => {
    const { device, allocator, pool } = paged();
    device.setRequirements({ size: 256, alignment: KiB, memoryTypeBits: 1 });
    for (let i = 0; i < holes; i++) allocator.createBuffer(bufferOf(256), { pool });
    device.setRequirements({ size: 300, alignment: 4, memoryTypeBits: 1 });
    return () => {
      for (let i = 0; i < holes; i++) allocator.createImage(imageOf(1), { pool }).allocation.destroy();
    };
  },
  "VMA#178: many small images and buffers in turns": (holes) => {
    const { device, allocator, pool } = paged();
    device.setRequirements({ size: 100, alignment: 4, memoryTypeBits: 1 });
    const make = (index: number) =>
      index % 2 === 0
        ? allocator.createImage(imageOf(1), { pool }).allocation
        : allocator.createBuffer(bufferOf(100), { pool }).allocation;
    for (let index = 0; index < holes; index++) make(index);
    return () => {
      for (let index = 0; index < holes; index++) make(index).destroy();
    };
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = Object.entries(SITUATIONS).map(([situation, prepare]) => {
    const [few, many] = [FEW, MANY].map((holes) => countLooks(prepare(holes)) / holes);
    return [situation, { few, many }];
  });
  console.log(JSON.stringify(Object.fromEntries(results)));
}
