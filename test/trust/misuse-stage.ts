/**
 * Wrong calls. Each gets its own clear error, which quotes what is wrong, and nothing changes: not what the
 * allocator says of itself, not what the driver has, and the driver is not even asked. What their tests share: a world
 * with something of everything, and values that are wrong.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  MemoryUsage,
  type Pool,
  PoolCreate,
  type VulkanError,
} from "../../src/index.ts";
import { type Buffer, MemoryProperty } from "../../src/vulkan/index.ts";
import { closeWorld, stateOf, type World } from "../helpers/world.ts";
import { bufferOf, bytes, everyKindWorld, KiB, Type } from "./world.ts";

const { HostAccessRandom, Mapped } = AllocationCreate;

/** Any value, where the types would refuse it. */
// biome-ignore lint/suspicious/noExplicitAny: wrong types are what is tested.
export const wrong = (value: unknown): any => value;

type ErrorClass = new (...args: never[]) => Error;

/** One wrong call: what it is, the error's class, a part of its message (or a VkResult), and the call. */
export type Case = readonly [string, ErrorClass, string | number, (stage: Stage) => unknown];

/** A world in which there is something of everything that wrong calls can be made with. */
export class Stage {
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
export function withDriverCalls(stage: Stage, step: () => unknown): unknown {
  const before = { ...stage.world.device.calls };
  try {
    return step();
  } finally {
    Object.assign(stage.world.device.calls, before);
  }
}

export function failure(step: () => unknown): unknown {
  try {
    const value = step();
    return { value };
  } catch (error) {
    return error;
  }
}

export function expectError(error: unknown, kind: ErrorClass, content: string | number): void {
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

export function forBadIntegers(what: string, call: (stage: Stage, value: never) => unknown): Case[] {
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

export function forBadAllocations(
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

/** `call` with bigints that are no handles or addresses: beyond 64 bits on either side. */
export function forWideBigints(what: string, call: (stage: Stage, value: bigint) => unknown): Case[] {
  const values = [-1n, 2n ** 64n, 2n ** 80n, -(2n ** 64n)];
  return values.map((value) => [`${what}: ${value}n`, RangeError, `got ${value}n`, (s) => call(s, value)]);
}

/** `call` with values that are no pool of this allocator. */
export function forBadPools(
  what: string,
  call: (stage: Stage, pool: Pool) => unknown,
  nullIsLegal = false,
): Case[] {
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

/** The tests of wrong calls: each table has a world of its own, in which every case must change nothing. */
export function describeMisuse(tables: readonly (readonly [string, readonly Case[]])[]): void {
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
}
