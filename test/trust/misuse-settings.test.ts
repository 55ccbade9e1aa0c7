/** Wrong flags, choices and descriptions. */

import type { AllocatorCreate } from "../../src/allocator/index.ts";
import type { DefragmentationFlag } from "../../src/defrag/index.ts";
import {
  AllocationCreate,
  BufferUsage,
  createAllocator,
  ExternalMemoryHandleType,
  MemoryUsage,
  type PoolCreate,
  Result,
  VulkanError,
} from "../../src/index.ts";
import { type Case, describeMisuse, wrong } from "./misuse-stage.ts";
import { bufferOf, bytes, Type } from "./world.ts";

const { DedicatedMemory, HostAccessRandom, HostAccessSequentialWrite, Mapped, NeverAllocate } =
  AllocationCreate;

const flags: Case[] = [
  [
    "unknown flags",
    RangeError,
    "unknown bits 0x80000000",
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: 0x80000000 as AllocationCreate }),
  ],
  [
    "flags that are negative",
    RangeError,
    "got -1",
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: -1 as AllocationCreate }),
  ],
  [
    "flags that are no number",
    TypeError,
    'got "Mapped"',
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: wrong("Mapped") }),
  ],
  [
    "an unknown usage",
    RangeError,
    "got 10",
    (s) => s.allocator.createBuffer(bufferOf(1), { usage: 10 as MemoryUsage }),
  ],
  [
    "half a usage",
    RangeError,
    "got 1.5",
    (s) => s.allocator.createBuffer(bufferOf(1), { usage: 1.5 as MemoryUsage }),
  ],
  [
    "unknown pool flags",
    RangeError,
    "unknown bits 0x1",
    (s) => s.allocator.createPool({ memoryTypeIndex: 0, flags: 1 as PoolCreate }),
  ],
  [
    "unknown allocator flags",
    RangeError,
    "unknown bits 0x400",
    (s) => createAllocator({ device: s.world.device, flags: 0x400 as AllocatorCreate }),
  ],
  [
    "unknown defragmentation flags",
    RangeError,
    "unknown bits 0x10",
    (s) => s.allocator.beginDefragmentation({ flags: 0x10 as DefragmentationFlag }),
  ],
  [
    "two algorithms",
    RangeError,
    "got flags 0x3",
    (s) => s.allocator.beginDefragmentation({ flags: 3 as DefragmentationFlag }),
  ],
  [
    "both host accesses",
    RangeError,
    "exclude each other",
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: HostAccessRandom | HostAccessSequentialWrite }),
  ],
  [
    "Mapped without a host access",
    RangeError,
    "needs HostAccessSequentialWrite or HostAccessRandom",
    (s) => s.allocator.createBuffer(bufferOf(1), { usage: MemoryUsage.Auto, flags: Mapped }),
  ],
  [
    "AllowTransferInstead without a host access",
    RangeError,
    "needs HostAccessSequentialWrite or HostAccessRandom",
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: AllocationCreate.HostAccessAllowTransferInstead }),
  ],
  [
    "two strategies",
    RangeError,
    "got 0x30000",
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: 0x30000 as AllocationCreate }),
  ],
  [
    "NeverAllocate and DedicatedMemory",
    VulkanError,
    "exclude each other",
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: NeverAllocate | DedicatedMemory }),
  ],
  [
    "DedicatedMemory in a pool with a blockSize",
    VulkanError,
    "has an explicit blockSize",
    (s) => s.allocator.allocateMemory(bytes(1), { pool: s.smallPool, flags: DedicatedMemory }),
  ],
  [
    "UpperAddress outside of linear pools",
    VulkanError,
    "UpperAddress needs a linear pool",
    (s) =>
      s.allocator.allocateMemory(bytes(1), {
        flags: AllocationCreate.UpperAddress,
        dedicatedFallback: false,
      }),
  ],
  [
    "UpperAddress in a pool of many blocks",
    VulkanError,
    "UpperAddress needs a linear pool with maxBlockCount 1",
    (s) =>
      s.allocator.allocateMemory(bytes(1), {
        pool: s.linearPool,
        flags: AllocationCreate.UpperAddress,
        dedicatedFallback: false,
      }),
  ],
  [
    "user data that is no string",
    TypeError,
    "userData must be a string, got 5",
    (s) => s.allocator.createBuffer(bufferOf(1), { flags: AllocationCreate.UserDataCopyString, userData: 5 }),
  ],
  [
    "an Auto usage without a resource",
    VulkanError,
    "the Auto usages need to know what the memory is for",
    (s) => s.allocator.allocateMemory(bytes(1), { usage: MemoryUsage.Auto }),
  ],
  [
    "no memory type",
    VulkanError,
    Result.ErrorFeatureNotPresent,
    (s) => s.allocator.allocateMemory({ size: 1, alignment: 1, memoryTypeBits: 0 }),
  ],
  [
    "memory type bits beyond 32",
    RangeError,
    "got 4294967296",
    (s) => s.allocator.allocateMemory({ size: 1, alignment: 1, memoryTypeBits: 2 ** 32 }),
  ],
  [
    "a device address without its flag",
    VulkanError,
    "needs an allocator with AllocatorCreate.BufferDeviceAddress",
    (s) => s.allocator.createBuffer({ size: 1, usage: BufferUsage.ShaderDeviceAddress }),
  ],
  [
    "a priority of 2",
    RangeError,
    "priority must be from 0 to 1, got 2",
    (s) => s.allocator.createBuffer(bufferOf(1), { priority: 2 }),
  ],
  [
    "a priority that is no number",
    TypeError,
    'got "high"',
    (s) => s.allocator.createPool({ memoryTypeIndex: 0, priority: wrong("high") }),
  ],
  [
    "a name that is no string",
    TypeError,
    "a name must be a string or undefined, got 5",
    (s) => s.allocator.createBuffer(bufferOf(64), { name: wrong(5) }),
  ],
  [
    "a new name that is no string",
    TypeError,
    "a name must be a string or undefined, got 5",
    (s) => s.allocator.setAllocationName(s.mapped, wrong(5)),
  ],
  [
    "a pool's name that is no string",
    TypeError,
    "a name must be a string or undefined, got 5",
    (s) => s.allocator.setPoolName(s.pool, wrong(5)),
  ],
  [
    "more blocks at least than at most",
    VulkanError,
    "minBlockCount 3 is more than maxBlockCount 2",
    (s) => s.allocator.createPool({ memoryTypeIndex: 0, minBlockCount: 3, maxBlockCount: 2 }),
  ],
  [
    "a pool of a memory type that is not there",
    VulkanError,
    "memory type 31 is not there",
    (s) => s.allocator.createPool({ memoryTypeIndex: 31 }),
  ],
  [
    "a pool of a memory type that wraps",
    VulkanError,
    "memory type 32 is not there",
    (s) => s.allocator.createPool({ memoryTypeIndex: 32 }),
  ],
  [
    "memory of a type that the pool has not",
    VulkanError,
    "the resource needs one of 0x1",
    (s) => s.allocator.allocateMemory(bytes(1, Type.Device), { pool: s.pool }),
  ],
  [
    "two chains",
    TypeError,
    "has a chain of its own",
    (s) =>
      s.allocator.allocateDedicatedMemory(bytes(1, Type.Device), {
        pool: s.chainPool,
        memoryAllocateNext: [],
      }),
  ],
  [
    "an allocator's type that is not there",
    RangeError,
    "got 5",
    (s) => s.allocator.getMemoryTypeProperties(5),
  ],
  ["memory types to check that are none", RangeError, "got -1", (s) => s.allocator.checkCorruption(-1)],
  [
    "corruption without margins",
    VulkanError,
    Result.ErrorFeatureNotPresent,
    (s) => s.allocator.checkCorruption(),
  ],
  [
    "a pool's corruption without margins",
    VulkanError,
    Result.ErrorFeatureNotPresent,
    (s) => s.allocator.checkPoolCorruption(s.pool),
  ],
  [
    "a margin of 3 bytes",
    RangeError,
    "multiple of 4, got 3",
    (s) => createAllocator({ device: s.world.device, debug: { margin: 3 } }),
  ],
  [
    "corruption detection without a margin",
    RangeError,
    "needs a debug.margin of at least 4",
    (s) => createAllocator({ device: s.world.device, debug: { detectCorruption: true } }),
  ],
  [
    "too many heap limits",
    RangeError,
    "heapSizeLimits has 3 entries, the device has 2 heaps",
    (s) => createAllocator({ device: s.world.device, heapSizeLimits: [1, 1, 1] }),
  ],
  [
    "a heap limit of 0",
    RangeError,
    "heapSizeLimits[1] must be an integer of at least 1",
    (s) => createAllocator({ device: s.world.device, heapSizeLimits: [null, 0] }),
  ],
];

const settings: Case[] = [
  [
    "no settings of an allocator",
    TypeError,
    "an allocator's settings must be an object, got undefined",
    () => createAllocator(wrong(undefined)),
  ],
  [
    "no device",
    TypeError,
    "device must be a VulkanDevice (vma-ts/koffi, vma-ts/simulator), got undefined",
    () => createAllocator(wrong({})),
  ],
  ["a device that is none", TypeError, "got [object Object]", () => createAllocator({ device: wrong({}) })],
  [
    "no buffer description",
    TypeError,
    "a buffer's description must be an object, got undefined",
    (s) => s.allocator.createBuffer(wrong(undefined)),
  ],
  [
    "a number for a buffer description",
    TypeError,
    "a buffer's description must be an object, got 64",
    (s) => s.allocator.createBuffer(wrong(64)),
  ],
  [
    "no image description",
    TypeError,
    "an image's description must be an object, got null",
    (s) => s.allocator.createImage(wrong(null)),
  ],
  [
    "no extent",
    TypeError,
    "an image's extent must be an object, got undefined",
    (s) => s.allocator.createImage(wrong({ format: 37, usage: 4 })),
  ],
  [
    "a text for settings",
    TypeError,
    'an allocation\'s settings must be an object, got "fast"',
    (s) => s.allocator.createBuffer(bufferOf(64), wrong("fast")),
  ],
  [
    "a number for settings of dedicated memory",
    TypeError,
    "an allocation's settings must be an object, got 7",
    (s) => s.allocator.createDedicatedBuffer(bufferOf(64), wrong(7)),
  ],
  [
    "no requirements",
    TypeError,
    "requirements must be an object, got undefined",
    (s) => s.allocator.allocateMemory(wrong(undefined)),
  ],
  [
    "no requirements to import",
    TypeError,
    "requirements must be an object, got undefined",
    (s) => s.allocator.importMemory({ fd: 1, handleType: 1 }, wrong(undefined)),
  ],
  [
    "nothing to import",
    TypeError,
    "external memory must be an object, got null",
    (s) => s.allocator.importMemory(wrong(null), bytes(1)),
  ],
  [
    "an import of a descriptor below 0",
    RangeError,
    "got -1",
    (s) => s.allocator.importMemory({ fd: -1, handleType: ExternalMemoryHandleType.OpaqueFd }, bytes(1)),
  ],
  [
    "an import of a null pointer",
    RangeError,
    "got 0n",
    (s) => s.allocator.importMemory({ hostPointer: 0n }, bytes(1)),
  ],
  ["nothing to plan", TypeError, "got null", (s) => s.allocator.wouldAllocate(wrong(null))],
  [
    "no pool settings",
    TypeError,
    "a pool's settings must be an object, got undefined",
    (s) => s.allocator.createPool(wrong(undefined)),
  ],
  [
    "a defragmentation of nothing",
    TypeError,
    "a defragmentation's settings must be an object, got null",
    (s) => s.allocator.beginDefragmentation(wrong(null)),
  ],
  [
    "data that is no bytes",
    TypeError,
    "data must be a typed array, a DataView or an ArrayBuffer, got an array of 3",
    (s) => s.mapped.write(wrong([1, 2, 3])),
  ],
  [
    "a target that is no bytes",
    TypeError,
    'got "abc"',
    (s) => s.allocator.copyAllocationToMemory(s.mapped, wrong("abc")),
  ],
  ["a list of frees that is none", TypeError, "got null", (s) => s.allocator.freeMemoryPages(wrong(null))],
  [
    "a list of flushes that is none",
    TypeError,
    "got undefined",
    (s) => s.allocator.flushAllocations(wrong(undefined)),
  ],
  ["a flush of nothing", TypeError, "got null", (s) => s.allocator.flushAllocations([wrong(null)])],
];

describeMisuse([
  ["flags and choices", flags],
  ["what is described", settings],
]);
