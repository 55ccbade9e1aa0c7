/**
 * Wrong calls. Each gets its own clear error, which quotes what is wrong, and nothing changes: not what the
 * allocator says of itself, not what the driver has, and the driver is not even asked.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AllocatorCreate } from "../../src/allocator/flags.ts";
import type { DefragmentationFlag } from "../../src/defrag/flags.ts";
import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  BufferCreate,
  BufferUsage,
  createAllocator,
  ExternalMemoryHandleType,
  ImageCreate,
  LeakError,
  MemoryUsage,
  type NextChain,
  type Pool,
  PoolCreate,
  Result,
  StructureType,
  VulkanError,
} from "../../src/index.ts";
import { MemoryProperty } from "../../src/vulkan/constants.ts";
import type { Buffer, Image } from "../../src/vulkan/handles.ts";
import { closeWorld, stateOf, type World } from "../helpers/world.ts";
import { bufferOf, bytes, everyKindWorld, imageOf, KiB, MiB, Type } from "./world.ts";

const { DedicatedMemory, HostAccessRandom, HostAccessSequentialWrite, Mapped, NeverAllocate } =
  AllocationCreate;

/** Any value, where the types would refuse it. */
// biome-ignore lint/suspicious/noExplicitAny: wrong types are what is tested.
const wrong = (value: unknown): any => value;

type ErrorClass = new (...args: never[]) => Error;

/** One wrong call: what it is, the error's class, a part of its message (or a VkResult), and the call. */
type Case = readonly [string, ErrorClass, string | number, (stage: Stage) => unknown];

/** A world in which there is something of everything that wrong calls can be made with. */
class Stage {
  readonly world: World = everyKindWorld(
    {},
    { extensions: ["VK_EXT_external_memory_host", "VK_KHR_maintenance4"] },
  );
  readonly other: World = everyKindWorld();
  readonly allocator: Allocator = this.world.allocator;
  readonly buffer: Buffer;
  readonly mapped: Allocation;
  readonly unmappable: Allocation;
  readonly onDevice: Allocation;
  readonly freed: Allocation;
  readonly foreign: Allocation;
  readonly pool: Pool;
  readonly smallPool: Pool;
  readonly linearPool: Pool;
  readonly chainPool: Pool;
  readonly destroyedPool: Pool;
  readonly foreignPool: Pool;
  readonly held: Allocation;

  constructor() {
    const { allocator } = this;
    const made = allocator.createBuffer(bufferOf(1000), {
      usage: MemoryUsage.Auto,
      flags: HostAccessRandom | Mapped,
      name: "mapped",
    });
    this.buffer = made.buffer;
    this.mapped = made.allocation;
    this.unmappable = allocator.createBuffer(bufferOf(1000), {
      usage: MemoryUsage.Auto,
      name: "unmappable",
      requiredFlags: MemoryProperty.HostVisible,
    }).allocation;
    this.onDevice = allocator.allocateMemory(bytes(5000, Type.Device), {
      flags: AllocationCreate.CanAlias,
      name: "device",
    });
    this.freed = allocator.allocateMemory(bytes(10), { name: "freed" });
    allocator.freeMemory(this.freed);
    this.foreign = this.other.allocator.allocateMemory(bytes(10), { name: "foreign" });
    this.pool = allocator.createPool({ memoryTypeIndex: Type.Host, name: "pool" });
    this.smallPool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: 64 * KiB });
    this.linearPool = allocator.createPool({
      memoryTypeIndex: Type.Device,
      flags: PoolCreate.LinearAlgorithm,
    });
    this.chainPool = allocator.createPool({ memoryTypeIndex: Type.Device, memoryAllocateNext: [] });
    this.destroyedPool = allocator.createPool({ memoryTypeIndex: Type.Host, name: "gone" });
    allocator.destroyPool(this.destroyedPool);
    this.foreignPool = this.other.allocator.createPool({ memoryTypeIndex: 0, name: "foreign" });
    this.held = allocator.allocateMemory(bytes(1024, Type.Host), {
      pool: this.pool,
      name: "held",
    });
    // The settings that make no difference are known by now: wrong calls meet the short ways too.
    for (let count = 0; count < 2; count++) {
      allocator.createBuffer(bufferOf(64)).allocation.destroy();
      allocator.createBuffer(bufferOf(64), { pool: this.pool }).allocation.destroy();
    }
  }

  state(): unknown {
    return {
      own: stateOf(this.world),
      other: stateOf(this.other),
      calls: { ...this.world.device.calls },
    };
  }

  close(): void {
    const { allocator } = this;
    allocator.destroyBuffer(this.buffer, this.mapped);
    this.unmappable.destroy();
    allocator.freeMemoryPages([this.onDevice, this.held]);
    for (const pool of [this.pool, this.smallPool, this.linearPool, this.chainPool])
      allocator.destroyPool(pool);
    closeWorld(this.world);
    this.other.allocator.freeMemory(this.foreign);
    this.foreignPool.destroy();
    closeWorld(this.other);
  }
}

/** Takes the driver calls of a step that has to ask the driver before it knows better out of the comparison. */
function withDriverCalls(stage: Stage, step: () => unknown): unknown {
  const before = { ...stage.world.device.calls };
  try {
    return step();
  } finally {
    Object.assign(stage.world.device.calls, before);
  }
}

function failure(step: () => unknown): unknown {
  try {
    const value = step();
    return { value };
  } catch (error) {
    return error;
  }
}

function expectError(error: unknown, kind: ErrorClass, content: string | number): void {
  expect(error).toBeInstanceOf(kind);
  if (typeof content === "number") expect((error as VulkanError).result).toBe(content);
  else expect((error as Error).message).toContain(content);
}

/** Values that are no size, with what is wrong with them. */
const badIntegers: readonly (readonly [unknown, ErrorClass, string])[] = [
  [-1, RangeError, "got -1"],
  [Number.NaN, RangeError, "got NaN"],
  [1.5, RangeError, "got 1.5"],
  [2 ** 53, RangeError, "got 9007199254740992"],
  [Number.POSITIVE_INFINITY, RangeError, "got Infinity"],
  ["64", TypeError, 'got "64"'],
  [64n, TypeError, "got 64n"],
  [null, TypeError, "got null"],
  [{}, TypeError, "got [object Object]"],
];

function forBadIntegers(what: string, call: (stage: Stage, value: never) => unknown): Case[] {
  return badIntegers.map(([value, kind, message]) => [
    `${what} ${typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value))} (${String(value)})`,
    kind,
    message,
    (stage) => call(stage, value as never),
  ]);
}

/** Values that are no allocation of this allocator. */
const badAllocations: readonly (readonly [string, (stage: Stage) => unknown, string])[] = [
  ["null", () => null, "allocation must be an Allocation, got null"],
  ["undefined", () => undefined, "allocation must be an Allocation, got undefined"],
  ["a number", () => 42, "allocation must be an Allocation, got 42"],
  ["a handle", (stage) => stage.buffer, "allocation must be an Allocation, got "],
  ["an object", () => ({ size: 4 }), "allocation must be an Allocation, got [object Object]"],
  ["a freed one", (stage) => stage.freed, 'allocation "freed" is used after it was freed'],
  ["one of another allocator", (stage) => stage.foreign, 'allocation "foreign" belongs to another allocator'],
];

function forBadAllocations(
  what: string,
  call: (stage: Stage, allocation: Allocation) => unknown,
  nullIsLegal = false,
): Case[] {
  return badAllocations
    .filter(([name]) => !(nullIsLegal && (name === "null" || name === "undefined")))
    .map(([name, value, message]) => [
      `${what} ${name}`,
      TypeError,
      message,
      (stage) => call(stage, value(stage) as Allocation),
    ]);
}

/** Values that are no pool of this allocator. */
/** `call` with bigints that are no handles or addresses: beyond 64 bits on either side. */
function forWideBigints(what: string, call: (stage: Stage, value: bigint) => unknown): Case[] {
  const values = [-1n, 2n ** 64n, 2n ** 80n, -(2n ** 64n)];
  return values.map((value) => [`${what}: ${value}n`, RangeError, `got ${value}n`, (s) => call(s, value)]);
}

function forBadPools(what: string, call: (stage: Stage, pool: Pool) => unknown, nullIsLegal = false): Case[] {
  const cases: Case[] = [
    [`${what} a number`, TypeError, "got 7", (stage) => call(stage, wrong(7))],
    [`${what} an object`, TypeError, "got [object Object]", (stage) => call(stage, wrong({}))],
    [
      `${what} a destroyed one`,
      TypeError,
      '"gone" is used after it was destroyed',
      (stage) => call(stage, stage.destroyedPool),
    ],
    [
      `${what} one of another allocator`,
      TypeError,
      '"foreign" belongs to another allocator',
      (stage) => call(stage, stage.foreignPool),
    ],
  ];
  if (!nullIsLegal) cases.push([`${what} null`, TypeError, "got null", (stage) => call(stage, wrong(null))]);
  return cases;
}

const sizes: Case[] = [
  ...forBadIntegers("a buffer's size", (s, size) => s.allocator.createBuffer(bufferOf(size))),
  ...forBadIntegers("a tried buffer's size", (s, size) => s.allocator.tryCreateBuffer(bufferOf(size))),
  ...forBadIntegers("a dedicated buffer's size", (s, size) =>
    s.allocator.createDedicatedBuffer(bufferOf(size)),
  ),
  ...forBadIntegers("an aliasing buffer's size", (s, size) =>
    s.allocator.createAliasingBuffer(s.onDevice, bufferOf(size)),
  ),
  ...forBadIntegers("a buffer's usage", (s, usage) => s.allocator.createBuffer(bufferOf(64, { usage }))),
  ...forBadIntegers("a buffer's flags", (s, flags) => s.allocator.createBuffer(bufferOf(64, { flags }))),
  ...forBadIntegers("an image's usage", (s, usage) => s.allocator.createImage(imageOf(4, { usage }))),
  ...forBadIntegers("an image's format", (s, format) => s.allocator.createImage(imageOf(4, { format }))),
  ...forBadIntegers("an image's height", (s, height) =>
    s.allocator.createImage(imageOf(4, { extent: { width: 4, height } })),
  ),
  ...forBadIntegers("an image's depth", (s, depth) =>
    s.allocator.createImage(imageOf(4, { extent: { width: 4, height: 4, depth } })),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("an image's levels", (s, mipLevels) =>
    s.allocator.createImage(imageOf(4, { mipLevels })),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("an image's layers", (s, arrayLayers) =>
    s.allocator.createImage(imageOf(4, { arrayLayers })),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("an image's width", (s, width) => s.allocator.createImage(imageOf(width))),
  ...forBadIntegers("memory's size", (s, size) => s.allocator.allocateMemory(bytes(size))),
  ...forBadIntegers("memory's alignment", (s, value) => s.allocator.allocateMemory(bytes(1, 0, value))),
  ...forBadIntegers("the number of pages", (s, count) => s.allocator.allocateMemoryPages(bytes(1), count)),
  ...forBadIntegers("minAlignment", (s, value) =>
    s.allocator.createBuffer(bufferOf(1), { minAlignment: value }),
  ),
  ...forBadIntegers("a block's size", (s, blockSize) =>
    s.allocator.createPool({ memoryTypeIndex: 0, blockSize }),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("a memory type", (s, memoryTypeIndex) => s.allocator.createPool({ memoryTypeIndex })),
  ...forBadIntegers("where to bind", (s, offset) =>
    s.allocator.bindBufferMemory(s.onDevice, s.buffer, offset),
  ),
  ...forBadIntegers("where to alias", (s, offset) =>
    s.allocator.createAliasingBuffer(s.onDevice, bufferOf(1), offset),
  ),
  ...forBadIntegers("where to flush", (s, offset) => s.allocator.flushAllocation(s.mapped, offset)),
  ...forBadIntegers("how much to flush", (s, size) => s.allocator.flushAllocation(s.mapped, 0, size)).filter(
    ([name]) => !name.includes("Infinity"),
  ),
  ...forBadIntegers("where to copy to", (s, offset) =>
    s.allocator.copyMemoryToAllocation(new Uint8Array(1), s.mapped, offset),
  ),
  ...forBadIntegers("where to copy from", (s, offset) =>
    s.allocator.copyAllocationToMemory(s.mapped, new Uint8Array(1), offset),
  ),
  ...forBadIntegers("where to read", (s, offset) => s.mapped.read(offset, 1)),
  ...forBadIntegers("how much to read", (s, length) => s.mapped.read(0, length)).filter(
    ([name]) => !name.includes("Infinity"),
  ),
  ...forBadIntegers("where to fill", (s, offset) => s.mapped.fill(0, offset)),
  ...forBadIntegers("what to fill with", (s, value) => s.mapped.fill(value)),
  ...forBadIntegers("where to look", (s, offset) => s.mapped.mappedRange(offset, 1)),
  ...forBadIntegers("how much to look at", (s, size) => s.mapped.mappedRange(0, size)).filter(
    ([name]) => !name.includes("Infinity"),
  ),
  ...forBadIntegers("a handle type", (s, type) => s.allocator.getMemoryWin32Handle(s.mapped, type)),
  ...forBadIntegers("a frame", (s, frame) => s.allocator.setCurrentFrameIndex(frame)),
  ...forBadIntegers("how many to keep", (s, keep) => s.allocator.trim(keep)),
  [
    "a buffer of 0 bytes",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createBuffer(bufferOf(0)),
  ],
  [
    "a tried buffer of 0 bytes",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.tryCreateBuffer(bufferOf(0)),
  ],
  [
    "an image of 0 texels",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(0)),
  ],
  [
    "an image of no height",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height: 0 } })),
  ],
  [
    "an image of no depth",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height: 1, depth: 0 } })),
  ],
  [
    "an image without layers",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { arrayLayers: 0 })),
  ],
  [
    "an image without levels",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { mipLevels: 0 })),
  ],
  [
    "memory of 0 bytes",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.allocateMemory(bytes(0)),
  ],
  ["an alignment of 3", RangeError, "power of two, got 3", (s) => s.allocator.allocateMemory(bytes(1, 0, 3))],
  [
    "a minAlignment of 48",
    RangeError,
    "power of two, got 48",
    (s) => s.allocator.createBuffer(bufferOf(1), { minAlignment: 48 }),
  ],
  [
    "a zeroInitialize of 1",
    TypeError,
    "zeroInitialize must be a boolean, got 1",
    (s) => s.allocator.createBuffer(bufferOf(1), { zeroInitialize: 1 as never }),
  ],
  [
    "settings' minAlignment of 6",
    RangeError,
    "power of two, got 6",
    (s) => s.allocator.createBuffer(bufferOf(1), { minAlignment: 6 }),
  ],
  [
    "a pool's alignment of 12",
    RangeError,
    "power of two, got 12",
    (s) => s.allocator.createPool({ memoryTypeIndex: 0, minAllocationAlignment: 12 }),
  ],
  [
    "more than every heap has",
    VulkanError,
    Result.ErrorOutOfDeviceMemory,
    (s) => s.allocator.allocateMemory(bytes(2 ** 53 - 1)),
  ],
];

/** What Vulkan has 32 bits for, given one more. */
const tooWide: Case[] = (
  [
    [
      "an allocation's requiredFlags",
      (s, requiredFlags) => s.allocator.createBuffer(bufferOf(1), { requiredFlags }),
    ],
    [
      "an allocation's preferredFlags",
      (s, preferredFlags) => s.allocator.createBuffer(bufferOf(1), { preferredFlags }),
    ],
    [
      "an allocation's memoryTypeBits",
      (s, memoryTypeBits) => s.allocator.createBuffer(bufferOf(1), { memoryTypeBits }),
    ],
    ["memoryTypeBits to choose from", (s, bits) => s.allocator.findMemoryTypeIndex(bits)],
    ["memoryTypeBits to check", (s, bits) => s.allocator.checkCorruption(bits)],
    ["a pool's memoryTypeIndex", (s, memoryTypeIndex) => s.allocator.createPool({ memoryTypeIndex })],
    ["a buffer's usage", (s, usage) => s.allocator.createBuffer(bufferOf(1, { usage }))],
    ["a buffer's flags", (s, flags) => s.allocator.createBuffer(bufferOf(1, { flags }))],
    ["an image's format", (s, format) => s.allocator.createImage(imageOf(1, { format }))],
    ["an image's usage", (s, usage) => s.allocator.createImage(imageOf(1, { usage }))],
    ["an image's width", (s, width) => s.allocator.createImage(imageOf(1, { extent: { width, height: 1 } }))],
    [
      "an image's height",
      (s, height) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height } })),
    ],
    [
      "an image's depth",
      (s, depth) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height: 1, depth } })),
    ],
    ["an image's levels", (s, mipLevels) => s.allocator.createImage(imageOf(1, { mipLevels }))],
    ["an image's layers", (s, arrayLayers) => s.allocator.createImage(imageOf(1, { arrayLayers }))],
    ["a frame", (s, frame) => s.allocator.setCurrentFrameIndex(frame)],
    ["the number of pages", (s, count) => s.allocator.allocateMemoryPages(bytes(1), count)],
    ["a handle's type", (s, handleType) => s.allocator.importMemory({ fd: 5, handleType }, bytes(1))],
  ] satisfies [string, (stage: Stage, value: number) => unknown][]
).map(([what, call]) => [`${what} of 2^32`, RangeError, "got 4294967296", (stage) => call(stage, 2 ** 32)]);

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

const next = (value: bigint): NextChain => [
  { sType: StructureType.MemoryOpaqueCaptureAddressAllocateInfo, opaqueCaptureAddress: value },
];

const addresses: Case[] = [
  ...forWideBigints("a buffer to destroy", (s, v) => s.allocator.destroyBuffer(v as Buffer)),
  ...forWideBigints("a buffer to destroy with its memory", (s, v) =>
    s.allocator.destroyBuffer(v as Buffer, s.mapped),
  ),
  ...forWideBigints("an image to destroy", (s, v) => s.allocator.destroyImage(v as Image)),
  ...forWideBigints("an image to destroy with its memory", (s, v) =>
    s.allocator.destroyImage(v as Image, s.onDevice),
  ),
  ...forWideBigints("a buffer to bind", (s, v) => s.allocator.bindBufferMemory(s.onDevice, v as Buffer)),
  ...forWideBigints("an image to bind", (s, v) => s.allocator.bindImageMemory(s.onDevice, v as Image)),
  ...forWideBigints("a buffer for memory", (s, v) => s.allocator.allocateMemoryForBuffer(v as Buffer)),
  ...forWideBigints("an image for memory", (s, v) => s.allocator.allocateMemoryForImage(v as Image)),
  ...forWideBigints("a host pointer", (s, hostPointer) =>
    s.allocator.importMemory({ hostPointer }, bytes(4096)),
  ),
  ...forWideBigints("a Win32 handle", (s, win32Handle) =>
    s.allocator.importMemory({ win32Handle, handleType: 2 }, bytes(4096)),
  ),
  ...forWideBigints("a process", (s, v) => s.allocator.getMemoryWin32Handle(s.mapped, 2, v)),
  ...forWideBigints("a pool's chain", (s, v) =>
    s.allocator.createPool({ memoryTypeIndex: 0, memoryAllocateNext: next(v) }),
  ),
  ...forWideBigints("an address as a pool's chain", (s, v) =>
    s.allocator.createPool({ memoryTypeIndex: 0, memoryAllocateNext: v }),
  ),
  ...forWideBigints("a chain of dedicated memory", (s, v) =>
    s.allocator.allocateDedicatedMemory(bytes(64), { memoryAllocateNext: next(v) }),
  ),
  ...forWideBigints("a chain of a dedicated buffer", (s, v) =>
    s.allocator.createDedicatedBuffer(bufferOf(64), { memoryAllocateNext: [v] }),
  ),
  ...forWideBigints("a chain of a buffer", (s, v) =>
    s.allocator.createBuffer(bufferOf(64, { pNext: next(v) })),
  ),
  ...forWideBigints("a chain of an image", (s, v) => s.allocator.createImage(imageOf(4, { pNext: next(v) }))),
  ...forWideBigints("a chain of an alias", (s, v) =>
    s.allocator.createAliasingBuffer(s.onDevice, bufferOf(64, { pNext: next(v) })),
  ),
  ...forWideBigints("a chain to bind with", (s, v) =>
    s.allocator.bindBufferMemory(s.onDevice, s.buffer, 0, next(v)),
  ),
  [
    "a chain that is text",
    TypeError,
    'memoryAllocateNext must be an array, a Uint8Array or an address (bigint), got "x"',
    (s) => s.allocator.createPool({ memoryTypeIndex: 0, memoryAllocateNext: wrong("x") }),
  ],
  [
    "a number in a chain",
    TypeError,
    "an item of memoryAllocateNext must be an object, an address or encoded bytes, got 5",
    (s) => s.allocator.allocateDedicatedMemory(bytes(64), { memoryAllocateNext: wrong([5]) }),
  ],
  [
    "a host pointer off the alignment",
    RangeError,
    "hostPointer must be a multiple of minImportedHostPointerAlignment 4096, got 0x10040",
    (s) => s.allocator.importMemory({ hostPointer: 0x10040n }, bytes(4096)),
  ],
  [
    "a host pointer's size off the alignment",
    RangeError,
    "the size of memory at a host pointer must be a multiple of minImportedHostPointerAlignment 4096, got 5000",
    (s) => s.allocator.importMemory({ hostPointer: 0x10000n }, bytes(5000)),
  ],
  ...(["SparseBinding", "SparseResidency", "SparseAliased"] as const).flatMap((name): Case[] => [
    [
      `a buffer with ${name}`,
      VulkanError,
      `sparse resources are not supported: flags has BufferCreate.${name}`,
      (s) => s.allocator.createBuffer(bufferOf(64, { flags: BufferCreate[name] })),
    ],
    [
      `an aliasing image with ${name}`,
      VulkanError,
      Result.ErrorFeatureNotPresent,
      (s) => s.allocator.createAliasingImage(s.onDevice, imageOf(4, { flags: ImageCreate[name] })),
    ],
    [
      `a dry run of an image with ${name}`,
      VulkanError,
      `sparse resources are not supported: flags has ImageCreate.${name}`,
      (s) => s.allocator.wouldAllocate({ image: imageOf(4, { flags: ImageCreate[name] }) }),
    ],
  ]),
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

const handles: Case[] = [
  ...forBadAllocations("map", (s, a) => s.allocator.mapMemory(a)),
  ...forBadAllocations("unmap", (s, a) => s.allocator.unmapMemory(a)),
  ...forBadAllocations("flush", (s, a) => s.allocator.flushAllocation(a)),
  ...forBadAllocations("invalidate", (s, a) => s.allocator.invalidateAllocation(a)),
  ...forBadAllocations("flush after a right one", (s, a) =>
    s.allocator.flushAllocations([{ allocation: s.mapped }, { allocation: a }]),
  ),
  ...forBadAllocations("copy to", (s, a) => s.allocator.copyMemoryToAllocation(new Uint8Array(1), a)),
  ...forBadAllocations("copy from", (s, a) => s.allocator.copyAllocationToMemory(a, new Uint8Array(1))),
  ...forBadAllocations("info of", (s, a) => s.allocator.getAllocationInfo(a)),
  ...forBadAllocations("name", (s, a) => s.allocator.setAllocationName(a, "x")),
  ...forBadAllocations("set the priority of", (s, a) => s.allocator.setAllocationPriority(a, 1)),
  ...forBadAllocations("attach to", (s, a) => s.allocator.setAllocationUserData(a, 1)),
  ...forBadAllocations("properties of", (s, a) => s.allocator.getAllocationMemoryProperties(a)),
  ...forBadAllocations("bind a buffer to", (s, a) => s.allocator.bindBufferMemory(a, s.buffer)),
  ...forBadAllocations("bind an image to", (s, a) =>
    s.allocator.bindImageMemory(a, s.buffer as bigint as Image),
  ),
  ...forBadAllocations("a buffer in", (s, a) => s.allocator.createAliasingBuffer(a, bufferOf(1))),
  ...forBadAllocations("an image in", (s, a) => s.allocator.createAliasingImage(a, imageOf(1))),
  ...forBadAllocations("export", (s, a) => s.allocator.getMemoryFd(a, 1)),
  ...forBadAllocations("export a handle of", (s, a) => s.allocator.getMemoryWin32Handle(a, 2)),
  ...forBadAllocations("free", (s, a) => s.allocator.freeMemory(a), true),
  ...forBadAllocations("free among others", (s, a) => s.allocator.freeMemoryPages([s.held, a]), true),
  ...forBadAllocations("destroy a buffer and", (s, a) => s.allocator.destroyBuffer(s.buffer, a), true),
  ...forBadAllocations("destroy an image and", (s, a) => s.allocator.destroyImage(1n as Image, a), true),
  [
    "free one twice at once",
    TypeError,
    'allocation "held" stands in the list twice',
    (s) => s.allocator.freeMemoryPages([s.held, s.held]),
  ],
  [
    "destroy a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.destroy(),
  ],
  ["map a freed one", TypeError, 'allocation "freed" is used after it was freed', (s) => s.freed.map()],
  [
    "write to a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.write(new Uint8Array(1)),
  ],
  ["read a freed one", TypeError, 'allocation "freed" is used after it was freed', (s) => s.freed.read(0, 1)],
  [
    "the size of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.size,
  ],
  [
    "the offset of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.offset,
  ],
  [
    "the memory of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.deviceMemory,
  ],
  [
    "the buffer of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.buffer,
  ],
  [
    "the info of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.info(),
  ],
  [
    "bind no buffer",
    RangeError,
    "must not be 0n",
    (s) => s.allocator.bindBufferMemory(s.mapped, 0n as Buffer),
  ],
  [
    "bind a number",
    TypeError,
    "must be a bigint, got 5",
    (s) => s.allocator.bindBufferMemory(s.mapped, wrong(5)),
  ],
  [
    "memory for no buffer",
    RangeError,
    "buffer must not be 0n",
    (s) => s.allocator.allocateMemoryForBuffer(0n as Buffer),
  ],
  [
    "memory for undefined",
    TypeError,
    "image must be a bigint, got undefined",
    (s) => s.allocator.allocateMemoryForImage(wrong(undefined)),
  ],
  [
    "destroy a number",
    TypeError,
    "buffer must be a bigint, got 5",
    (s) => s.allocator.destroyBuffer(wrong(5), s.mapped),
  ],
  [
    "destroy an allocation",
    TypeError,
    "buffer must be a bigint, got [object Allocation]",
    (s) => s.allocator.destroyBuffer(wrong(s.mapped)),
  ],
  [
    "destroy a text",
    TypeError,
    'image must be a bigint, got "image"',
    (s) => s.allocator.destroyImage(wrong("image")),
  ],
  ...forBadPools("allocate from", (s, pool) => s.allocator.allocateMemory(bytes(1, Type.Host), { pool })),
  ...forBadPools("a buffer from", (s, pool) => s.allocator.createBuffer(bufferOf(64), { pool })),
  ...forBadPools("destroy", (s, pool) => s.allocator.destroyPool(pool), true),
  ...forBadPools("statistics of", (s, pool) => s.allocator.getPoolStatistics(pool)),
  ...forBadPools("detailed statistics of", (s, pool) => s.allocator.calculatePoolStatistics(pool)),
  ...forBadPools("the name of", (s, pool) => s.allocator.getPoolName(pool)),
  ...forBadPools("rename", (s, pool) => s.allocator.setPoolName(pool, "x")),
  ...forBadPools("check", (s, pool) => s.allocator.checkPoolCorruption(pool)),
  ...forBadPools("defragment", (s, pool) => s.allocator.beginDefragmentation({ pool })),
  [
    "destroy a pool twice",
    TypeError,
    '"gone" is used after it was destroyed',
    (s) => s.destroyedPool.destroy(),
  ],
  ["destroy a pool that is not empty", LeakError, '"held"', (s) => s.allocator.destroyPool(s.pool)],
  [
    "destroy an allocator that is not empty",
    LeakError,
    "4 allocations and 4 pools are alive",
    (s) => s.allocator.destroy(),
  ],
  [
    "defragment a linear pool",
    VulkanError,
    "cannot be defragmented",
    (s) => s.allocator.beginDefragmentation({ pool: s.linearPool }),
  ],
];

const ranges: Case[] = [
  [
    "map what is not HostVisible",
    VulkanError,
    "memory type 0, which is not HostVisible",
    (s) => s.allocator.mapMemory(s.onDevice),
  ],
  [
    "map what was not made for it",
    TypeError,
    'allocation "unmappable" cannot be mapped',
    (s) => s.unmappable.map(),
  ],
  [
    "write to what was not made for it",
    TypeError,
    'allocation "unmappable" cannot be mapped',
    (s) => s.unmappable.write(new Uint8Array(1)),
  ],
  [
    "read from what is not HostVisible",
    VulkanError,
    Result.ErrorMemoryMapFailed,
    (s) => s.onDevice.read(0, 1),
  ],
  [
    "unmap what is not mapped",
    TypeError,
    "is unmapped more often than it was mapped",
    (s) => s.allocator.unmapMemory(s.held),
  ],
  [
    "unmap a persistent mapping",
    TypeError,
    'allocation "mapped" is unmapped more often',
    (s) => s.allocator.unmapMemory(s.mapped),
  ],
  [
    "flush from beyond the end",
    RangeError,
    "offset must be an integer from 0 to 1024, got 1025",
    (s) => s.allocator.flushAllocation(s.mapped, 1025),
  ],
  [
    "flush beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025, beyond the 1024 bytes",
    (s) => s.allocator.flushAllocation(s.mapped, 1000, 25),
  ],
  [
    "invalidate beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025",
    (s) =>
      s.allocator.invalidateAllocations([
        { allocation: s.held },
        { allocation: s.mapped, offset: 1000, size: 25 },
      ]),
  ],
  [
    "write beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025",
    (s) => s.mapped.write(new Uint8Array(25), 1000),
  ],
  [
    "read beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025",
    (s) => s.mapped.read(1000, 25),
  ],
  ["read from beyond the end", RangeError, "from 0 to 1024, got 1025", (s) => s.mapped.read(1025)],
  [
    "copy beyond the end",
    RangeError,
    "1024 bytes from offset 1 on end at 1025",
    (s) => s.allocator.copyAllocationToMemory(s.mapped, new Uint8Array(1024), 1),
  ],
  [
    "bind from beyond the end",
    RangeError,
    "from 0 to 5000, got 5001",
    (s) => s.allocator.bindBufferMemory(s.onDevice, s.buffer, 5001),
  ],
  [
    "alias from beyond the end",
    RangeError,
    "from 0 to 5000, got 5001",
    (s) => s.allocator.createAliasingBuffer(s.onDevice, bufferOf(1), 5001),
  ],
  [
    "alias beyond the end",
    RangeError,
    "5000 bytes",
    (s) => s.allocator.createAliasingBuffer(s.onDevice, bufferOf(5001)),
  ],
  [
    "alias with an image beyond the end",
    RangeError,
    'the image needs 65536 bytes from offset 0, allocation "device" has 5000 bytes',
    (s) => withDriverCalls(s, () => s.allocator.createAliasingImage(s.onDevice, imageOf(128))),
  ],
  [
    "alias with an image that cannot live there",
    RangeError,
    'the image needs a memory type of 0x9, allocation "held" has memory type 1',
    (s) => withDriverCalls(s, () => s.allocator.createAliasingImage(s.held, imageOf(1))),
  ],
  [
    "bind beyond the end",
    RangeError,
    "the buffer needs 1024 bytes from offset 4096",
    (s) => withDriverCalls(s, () => s.allocator.bindBufferMemory(s.onDevice, s.buffer, 4096)),
  ],
  [
    "alias beyond the end from the middle",
    RangeError,
    "5000 bytes",
    (s) => s.allocator.createAliasingBuffer(s.onDevice, bufferOf(1001), 4000),
  ],
];

/** The name of a case that is told apart by what it was called with. */
const tables: readonly (readonly [string, readonly Case[]])[] = [
  ["numbers", sizes],
  ["numbers of 32 bits", tooWide],
  ["flags and choices", flags],
  ["what is described", settings],
  ["addresses and chains", addresses],
  ["handles", handles],
  ["ranges and mappings", ranges],
];

describe.each(tables)("Misuse of %s", (_name, cases) => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());

  it.each(cases)("%s", (_what, kind, message, call) => {
    const before = stage.state();
    const error = failure(() => call(stage));
    const after = stage.state();
    expectError(error, kind, message);
    expect(after).toEqual(before);
    stage.allocator.validate();
  });
});

/** Every call that a user can make of an allocator, and that must be refused when it may not be used. */
function everyCall(allocator: Allocator, allocation: Allocation, pool: Pool): Record<string, () => unknown> {
  return {
    createBuffer: () => allocator.createBuffer(bufferOf(64)),
    tryCreateBuffer: () => allocator.tryCreateBuffer(bufferOf(64)),
    createDedicatedBuffer: () => allocator.createDedicatedBuffer(bufferOf(64)),
    tryCreateDedicatedBuffer: () => allocator.tryCreateDedicatedBuffer(bufferOf(64)),
    createAliasingBuffer: () => allocator.createAliasingBuffer(allocation, bufferOf(16)),
    destroyBuffer: () => allocator.destroyBuffer(undefined, allocation),
    destroyBufferAlone: () => allocator.destroyBuffer(16n as Buffer),
    createImage: () => allocator.createImage(imageOf(1)),
    tryCreateImage: () => allocator.tryCreateImage(imageOf(1)),
    createDedicatedImage: () => allocator.createDedicatedImage(imageOf(1)),
    tryCreateDedicatedImage: () => allocator.tryCreateDedicatedImage(imageOf(1)),
    createAliasingImage: () => allocator.createAliasingImage(allocation, imageOf(1)),
    destroyImage: () => allocator.destroyImage(undefined, allocation),
    destroyImageAlone: () => allocator.destroyImage(16n as Image),
    destroyNoBuffer: () => allocator.destroyBuffer(null),
    destroyNoImage: () => allocator.destroyImage(null),
    allocateMemory: () => allocator.allocateMemory(bytes(1)),
    tryAllocateMemory: () => allocator.tryAllocateMemory(bytes(1)),
    allocateDedicatedMemory: () => allocator.allocateDedicatedMemory(bytes(1)),
    tryAllocateDedicatedMemory: () => allocator.tryAllocateDedicatedMemory(bytes(1)),
    tryAllocateMemoryPages: () => allocator.tryAllocateMemoryPages(bytes(1), 2),
    allocateMemoryPages: () => allocator.allocateMemoryPages(bytes(1), 2),
    allocateNoPages: () => allocator.allocateMemoryPages(bytes(1), 0),
    allocateMemoryForBuffer: () => allocator.allocateMemoryForBuffer(16n as Buffer),
    allocateMemoryForImage: () => allocator.allocateMemoryForImage(16n as Image),
    tryAllocateMemoryForBuffer: () => allocator.tryAllocateMemoryForBuffer(16n as Buffer),
    tryAllocateMemoryForImage: () => allocator.tryAllocateMemoryForImage(16n as Image),
    freeMemory: () => allocator.freeMemory(allocation),
    freeNothing: () => allocator.freeMemory(null),
    freeMemoryPages: () => allocator.freeMemoryPages([allocation]),
    freeNoPages: () => allocator.freeMemoryPages([]),
    bindBufferMemory: () => allocator.bindBufferMemory(allocation, 16n as Buffer),
    bindImageMemory: () => allocator.bindImageMemory(allocation, 16n as Image),
    wouldAllocate: () => allocator.wouldAllocate({ buffer: bufferOf(1) }),
    mapMemory: () => allocator.mapMemory(allocation),
    unmapMemory: () => allocator.unmapMemory(allocation),
    flushAllocation: () => allocator.flushAllocation(allocation),
    invalidateAllocation: () => allocator.invalidateAllocation(allocation),
    copyMemoryToAllocation: () => allocator.copyMemoryToAllocation(new Uint8Array(1), allocation),
    copyAllocationToMemory: () => allocator.copyAllocationToMemory(allocation, new Uint8Array(1)),
    getMemoryFd: () => allocator.getMemoryFd(allocation, 1),
    getMemoryWin32Handle: () => allocator.getMemoryWin32Handle(allocation, 2),
    importMemory: () => allocator.importMemory({ fd: 5, handleType: 1 }, bytes(1)),
    tryImportMemory: () => allocator.tryImportMemory({ fd: 5, handleType: 1 }, bytes(1)),
    getAllocationInfo: () => allocator.getAllocationInfo(allocation),
    setAllocationUserData: () => allocator.setAllocationUserData(allocation, 1),
    setAllocationName: () => allocator.setAllocationName(allocation, "x"),
    setAllocationPriority: () => allocator.setAllocationPriority(allocation, 1),
    getAllocationMemoryProperties: () => allocator.getAllocationMemoryProperties(allocation),
    findMemoryTypeIndex: () => allocator.findMemoryTypeIndex(1),
    findMemoryTypeIndexForBufferInfo: () => allocator.findMemoryTypeIndexForBufferInfo(bufferOf(1)),
    findMemoryTypeIndexForImageInfo: () => allocator.findMemoryTypeIndexForImageInfo(imageOf(1)),
    createPool: () => allocator.createPool({ memoryTypeIndex: 0 }),
    tryCreatePool: () => allocator.tryCreatePool({ memoryTypeIndex: 0 }),
    createTransients: () => allocator.createTransients([]),
    tryCreateTransients: () => allocator.tryCreateTransients([]),
    reserve: () => allocator.reserve([]),
    tryReserve: () => allocator.tryReserve([]),
    destroyPool: () => allocator.destroyPool(pool),
    destroyNoPool: () => allocator.destroyPool(null),
    getPoolStatistics: () => allocator.getPoolStatistics(pool),
    calculatePoolStatistics: () => allocator.calculatePoolStatistics(pool),
    getPoolName: () => allocator.getPoolName(pool),
    setPoolName: () => allocator.setPoolName(pool, "x"),
    setCurrentFrameIndex: () => allocator.setCurrentFrameIndex(1),
    getHeapBudgets: () => allocator.getHeapBudgets(),
    calculateStatistics: () => allocator.calculateStatistics(),
    buildStatsString: () => allocator.buildStatsString(),
    checkCorruption: () => allocator.checkCorruption(),
    checkPoolCorruption: () => allocator.checkPoolCorruption(pool),
    trim: () => allocator.trim(),
    beginDefragmentation: () => allocator.beginDefragmentation(),
    planDefragmentation: () => allocator.planDefragmentation(),
    destroy: () => allocator.destroy(),
    "allocation.destroy": () => allocation.destroy(),
    "allocation.map": () => allocation.map(),
    "allocation.write": () => allocation.write(new Uint8Array(1)),
    "allocation.read": () => allocation.read(0, 1),
    "allocation.name": () => {
      allocation.name = "x";
    },
    "pool.destroy": () => pool.destroy(),
    "pool.name": () => {
      pool.name = "x";
    },
  };
}

const flagsToMap = { flags: HostAccessRandom } as const;

describe("An allocator that was destroyed", () => {
  const world = everyKindWorld();
  const allocation = world.allocator.allocateMemory(bytes(64, Type.Host), flagsToMap);
  const pool = world.allocator.createPool({ memoryTypeIndex: 0 });
  world.allocator.destroy(true);
  const calls = { ...world.device.calls };

  it.each(Object.entries(everyCall(world.allocator, allocation, pool)))("refuses %s", (_name, call) => {
    expectError(failure(call), TypeError, "used after it was ");
    expect(world.device.calls).toEqual(calls);
  });

  it("can be disposed of again", () => {
    world.allocator[Symbol.dispose]();
    pool[Symbol.dispose]();
    allocation[Symbol.dispose]();
    expect(world.device.calls).toEqual(calls);
    world.device.destroy();
  });
});

describe("A device-memory callback", () => {
  const names = Object.keys(everyCall(wrong({}), wrong({}), wrong({})));

  it.each(["allocate", "free"] as const)("of %s can call nothing that changes or asks", (event) => {
    const world: World = everyKindWorld({
      deviceMemoryCallbacks: { [event]: () => watch?.() },
    });
    let watch: (() => void) | undefined;
    const { allocator } = world;
    const allocation = allocator.allocateMemory(bytes(64, Type.Host), flagsToMap);
    const mapping = allocation.map();
    const pool = allocator.createPool({ memoryTypeIndex: 0 });
    const refused: string[] = [];
    watch = () => {
      for (const [name, call] of Object.entries(everyCall(allocator, allocation, pool))) {
        const error = failure(call);
        expectError(error, TypeError, "the allocator is called from one of its own device-memory callbacks");
        refused.push(name);
      }
      expectError(
        failure(() => mapping.unmap()),
        TypeError,
        "device-memory callbacks",
      );
      watch = undefined;
    };
    const dedicated = allocator.allocateDedicatedMemory(bytes(64, Type.Device));
    dedicated.destroy();
    expect(refused).toEqual(names);
    // What was refused in the callback can be done now.
    mapping.unmap();
    allocation.destroy();
    pool.destroy();
    closeWorld(world);
  });

  it("that throws in allocate undoes the allocation, and every block of a pool that is being made", () => {
    let count = 0;
    const world = everyKindWorld({
      deviceMemoryCallbacks: {
        allocate: () => {
          count++;
          if (count === 3) throw new Error("no third one");
        },
      },
    });
    const before = stateOf(world);
    const info = { memoryTypeIndex: 0, blockSize: 4096, minBlockCount: 4 };
    expect(() => world.allocator.createPool(info)).toThrow("no third one");
    expect(stateOf(world)).toEqual(before);
    count = 2;
    expect(() => world.allocator.createBuffer(bufferOf(10))).toThrow("no third one");
    expect(stateOf(world)).toEqual(before);
    world.allocator.createBuffer(bufferOf(10)).allocation.destroy();
    closeWorld(world);
  });

  it("that throws in free is heard after everything is freed", () => {
    let freed = 0;
    const world = everyKindWorld({
      deviceMemoryCallbacks: {
        free: () => {
          freed++;
          throw new Error(`free ${freed}`);
        },
      },
    });
    const { allocator, device } = world;
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 4096, minBlockCount: 3 });
    expect(() => pool.destroy()).toThrow("free 1");
    expect(device.statistics().memoryCount).toBe(0);
    const large = allocator.createBuffer(bufferOf(20 * MiB));
    expect(() => allocator.destroyBuffer(large.buffer, large.allocation)).toThrow("free 4");
    expect(large.allocation.isFreed).toBe(true);
    for (const type of [0, 1, 2, 3]) allocator.allocateDedicatedMemory(bytes(100, type));
    allocator.allocateMemory(bytes(100));
    allocator.createPool({ memoryTypeIndex: 1, blockSize: 4096, minBlockCount: 2 });
    allocator.validate();
    expect(() => allocator.destroy(true)).toThrow("free 5");
    expect(freed).toBe(4 + 4 + 1 + 2);
    device.destroy();
  });
});

describe("Views and mappings", () => {
  it("of memory that was unmapped or freed hold no bytes", () => {
    const world = everyKindWorld({ unmapWhenUnused: true });
    const { allocator } = world;
    const allocation = allocator.allocateDedicatedMemory(bytes(64, Type.Host), flagsToMap);
    const view = allocator.mapMemory(allocation);
    expect(view.length).toBe(64);
    allocator.unmapMemory(allocation);
    expect(view.length).toBe(0);
    const mapping = allocation.map();
    const { bytes: again } = mapping;
    allocator.freeMemory(allocation);
    expect(again.length).toBe(0);
    expect(() => mapping.bytes).toThrow(TypeError);
    expect(() => mapping.unmap()).toThrow("is used after it was freed");
    mapping[Symbol.dispose]();
    closeWorld(world);
  });

  it("end once", () => {
    const world = everyKindWorld();
    const allocation = world.allocator.allocateMemory(bytes(64, Type.Host), flagsToMap);
    const mapping = allocation.map();
    mapping.unmap();
    expect(() => mapping.unmap()).toThrow("the mapping is ended twice");
    expect(() => mapping.bytes).toThrow("the mapping is used after it ended");
    mapping[Symbol.dispose]();
    expect(allocation.isMapped).toBe(false);
    allocation.destroy();
    closeWorld(world);
  });

  it("are at most 255 of one allocation", () => {
    const world = everyKindWorld();
    const allocation = world.allocator.allocateMemory(bytes(64, Type.Host), { ...flagsToMap, name: "much" });
    for (let count = 0; count < 255; count++) world.allocator.mapMemory(allocation);
    const before = stateOf(world);
    expectError(
      failure(() => allocation.map()),
      VulkanError,
      'allocation "much" is mapped 255 times already',
    );
    expect(stateOf(world)).toEqual(before);
    for (let count = 0; count < 255; count++) world.allocator.unmapMemory(allocation);
    expect(allocation.isMapped).toBe(false);
    allocation.destroy();
    closeWorld(world);
  });
});
