/** What is asked of an allocator besides memory: mapping, flushing, memory types, statistics, the JSON dump. */

import {
  AllocationCreate,
  type AllocationCreateInfo,
  type Allocator,
  BufferUsage,
  MemoryUsage,
} from "../../src/index.ts";
import { type Case, type Round, referenceSide, SideName } from "../harness/case.ts";
import { openAllocator, openDevice } from "../harness/device.ts";
import type { ReferenceRequest } from "../harness/reference.ts";
import { nextRandom, pick, SEED } from "../harness/sequence.ts";
import { allocatorSide } from "./device.ts";
import { AUTO, deviceRequest, GRAIN, MAPPED, STORAGE, type Work } from "./device-work.ts";

const GROUP = "Device: host access and questions";
const SIZE = 65536;

function mapping(allocator: Allocator): Work {
  const { buffer, allocation } = allocator.createBuffer(
    { size: SIZE, usage: BufferUsage.TransferSrc },
    { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite },
  );
  let k = 0;
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const value = k++ & 255;
        allocator.mapMemory(allocation)[0] = value;
        sum += value;
        allocator.unmapMemory(allocation);
      }
      return sum;
    },
    finish: () => allocator.destroyBuffer(buffer, allocation),
  };
}

function flushing(allocator: Allocator): Work {
  const { buffer, allocation } = allocator.createBuffer(
    { size: SIZE, usage: BufferUsage.TransferSrc },
    MAPPED,
  );
  let k = 0;
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) allocator.flushAllocation(allocation, k++ & 1023, 256);
      return count;
    },
    finish: () => allocator.destroyBuffer(buffer, allocation),
  };
}

function typesForBuffers(allocator: Allocator): Work {
  const info = { size: SIZE, usage: STORAGE };
  let k = 0;
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        sum += allocator.findMemoryTypeIndexForBufferInfo(info, (k++ & 1) === 0 ? AUTO : MAPPED) + 1;
      }
      return sum;
    },
    finish: () => {},
  };
}

function types(allocator: Allocator): Work {
  const gpuOnly: AllocationCreateInfo = { usage: MemoryUsage.GpuOnly };
  const cpuToGpu: AllocationCreateInfo = { usage: MemoryUsage.CpuToGpu };
  let k = 0;
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        sum += allocator.findMemoryTypeIndex(0xffffffff, (k++ & 1) === 0 ? gpuOnly : cpuToGpu) + 1;
      }
      return sum;
    },
    finish: () => {},
  };
}

function queryCase(
  id: string,
  title: string,
  operation: string,
  request: ReferenceRequest,
  operations: number,
  start: (allocator: Allocator) => Work,
): Case {
  const warmup = 20_000;
  return {
    id: `device-queries/${id}`,
    group: GROUP,
    title,
    operation,
    sides: (context) => {
      const device = openDevice();
      if (device === undefined) return [];
      return [
        allocatorSide(device, warmup, operations, start),
        referenceSide(context, { ...deviceRequest(device, request.case), warmup, operations }),
      ];
    },
  };
}

type Buffers = ReturnType<Allocator["createBuffer"]>[];

/** Gives an allocator `count` small buffers; the random number to go on with. */
function createBuffers(allocator: Allocator, count: number): { buffers: Buffers; random: number } {
  let random = SEED;
  const buffers = Array.from({ length: count }, () => {
    random = nextRandom(random);
    return allocator.createBuffer({ size: GRAIN * (1 + (random % 16)), usage: STORAGE }, AUTO);
  });
  return { buffers, random };
}

function destroyBuffers(allocator: Allocator, buffers: Buffers): void {
  for (const { buffer, allocation } of buffers) allocator.destroyBuffer(buffer, allocation);
}

/** Gives an allocator `live` small buffers; how to be rid of them. */
export function populate(allocator: Allocator, live: number): { finish: () => void } {
  const { buffers } = createBuffers(allocator, live);
  return { finish: () => destroyBuffers(allocator, buffers) };
}

/** As {@link populate}, with as many more that are destroyed again, at random. */
export function populateWithHoles(allocator: Allocator, live: number): { finish: () => void } {
  let { buffers, random } = createBuffers(allocator, 2 * live);
  for (let i = buffers.length - 1; i > 0; i--) {
    random = nextRandom(random);
    const j = pick(random, i + 1);
    [buffers[i], buffers[j]] = [buffers[j]!, buffers[i]!];
  }
  destroyBuffers(allocator, buffers.slice(live));
  buffers = buffers.slice(0, live);
  return { finish: () => destroyBuffers(allocator, buffers) };
}

function reportCase(
  id: string,
  title: string,
  request: string,
  live: number,
  operations: number,
  ask: (allocator: Allocator) => number,
): Case {
  return {
    id: `device-queries/${id}`,
    group: GROUP,
    title,
    operation: "call",
    rounds: 3,
    sides: (context) => {
      const device = openDevice();
      if (device === undefined) return [];
      const round = (): Round => {
        const allocator = openAllocator(device);
        const { finish } = populate(allocator, live);
        let sum = 0;
        const start = performance.now();
        for (let i = 0; i < operations; i++) sum = (sum + ask(allocator)) >>> 0;
        const nanoseconds = (performance.now() - start) * 1e6;
        finish();
        allocator.destroy();
        return { nanosecondsPerOperation: nanoseconds / operations, operations, checksum: sum };
      };
      return [
        { name: SideName.Ours, exact: true, round },
        referenceSide(context, { ...deviceRequest(device, request), live, operations }),
      ];
    },
  };
}

const MANY = 100_000;

export const queryCases: readonly Case[] = [
  queryCase("map", "map, write a byte, unmap", "map and unmap", { case: "device-map" }, 200_000, mapping),
  queryCase("flush", "flush 256 bytes", "flush", { case: "device-flush" }, 500_000, flushing),
  queryCase(
    "type-for-buffer",
    "memory type for a buffer",
    "choice",
    { case: "device-type-for-buffer" },
    200_000,
    typesForBuffers,
  ),
  queryCase("type", "memory type by usage", "choice", { case: "device-type" }, 500_000, types),
  reportCase("budget", "budgets of all heaps", "device-budget", 1_000, 200_000, (allocator) => {
    const { allocationCount, allocationBytes } = allocator.getHeapBudgets()[0]!;
    return allocationCount + allocationBytes;
  }),
  reportCase(
    "statistics",
    "statistics over 100,000 allocations",
    "device-statistics",
    MANY,
    10,
    (allocator) => {
      const { allocationCount, allocationBytes } = allocator.calculateStatistics().total;
      return allocationCount + allocationBytes;
    },
  ),
  reportCase("json", "JSON dump of 100,000 allocations", "device-json", MANY, 2, (allocator) =>
    allocator.buildStatsString(true).charCodeAt(0),
  ),
];
