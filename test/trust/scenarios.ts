/** What is done while driver calls fail: lists of steps, each one call of the library. */

import { expect } from "vitest";
import {
  AllocationCreate,
  type AllocatorCreateInfo,
  DefragmentationFlag,
  ExternalMemoryHandleType,
  ImageLayout,
  MemoryUsage,
  PoolCreate,
} from "../../src/index.ts";
import type { FallibleCall, SimulatedDeviceOptions } from "../../src/simulator/index.ts";
import type { Image } from "../../src/vulkan/index.ts";
import { sharedMemory, WASM_PAGE } from "../helpers/wasm.ts";
import type { World } from "../helpers/world.ts";
import {
  Bag,
  buffersSteps,
  disjointSteps,
  externalSteps,
  hostWrite,
  imagesSteps,
  memorySteps,
  type Step,
  stepsOf,
  transientSteps,
} from "./resource-steps.ts";
import { bufferOf, bytes, everyKindWorld, imageOf, KiB, MiB, Type } from "./world.ts";

const { Mapped, HostAccessRandom, DedicatedMemory } = AllocationCreate;

/** Steps on a world of their own, which is empty again after the last one. */
export interface Scenario {
  readonly name: string;
  readonly world: () => World;
  readonly steps: (world: World) => Step[];
  /** The calls for whose failure there may be another way: other memory, or to do without. */
  readonly recoverable: readonly FallibleCall[];
}

function poolsSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const inPool = (name: string, more: object = {}) => ({ pool: bag.pool(name), ...more });
  return stepsOf({
    "create a pool": () => bag.pools.set("plain", allocator.createPool({ memoryTypeIndex: Type.Device })),
    "create a pool with a minimum of blocks": () =>
      bag.pools.set(
        "minimum",
        allocator.createPool({
          memoryTypeIndex: Type.Host,
          blockSize: 256 * KiB,
          minBlockCount: 3,
          name: "min",
        }),
      ),
    "create a linear pool": () =>
      bag.pools.set(
        "linear",
        allocator.createPool({
          memoryTypeIndex: Type.NonCoherent,
          flags: PoolCreate.LinearAlgorithm,
          blockSize: 64 * KiB,
          maxBlockCount: 1,
        }),
      ),
    "create a buffer in the pool": () =>
      bag.keep("plain", allocator.createBuffer(bufferOf(4 * KiB), inPool("plain"))),
    "create a mapped buffer in the second": () =>
      bag.keep(
        "mapped",
        allocator.createBuffer(bufferOf(200 * KiB), inPool("minimum", { flags: hostWrite })),
      ),
    "create one like it": () =>
      bag.keep(
        "mapped 2",
        allocator.createBuffer(bufferOf(20 * KiB), inPool("minimum", { flags: hostWrite })),
      ),
    "allocate below in the linear pool": () =>
      bag.hold("lower", allocator.allocateMemory(bytes(1000), inPool("linear", { flags: hostWrite }))),
    "allocate above in the linear pool": () =>
      bag.hold(
        "upper",
        allocator.allocateMemory(bytes(2000), inPool("linear", { flags: AllocationCreate.UpperAddress })),
      ),
    "create a fourth block": () =>
      bag.hold("pages", allocator.allocateMemory(bytes(250 * KiB), inPool("minimum"))),
    "free what is in them": () => {
      allocator.destroyBuffer(bag.resource("plain"), bag.get("plain"));
      allocator.destroyBuffer(bag.resource("mapped"), bag.get("mapped"));
      allocator.destroyBuffer(bag.resource("mapped 2"), bag.get("mapped 2"));
      allocator.freeMemoryPages([bag.get("lower"), bag.get("upper"), bag.get("pages")]);
    },
    trim: () => allocator.trim(),
    "destroy the pools": () => {
      for (const pool of bag.pools.values()) allocator.destroyPool(pool);
    },
  });
}

function spanningSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const queue = device.createTransferQueue({ completeAfter: 1 });
  const pool = () => bag.pool("spanning");
  const inPool = (more: object = {}) => ({ pool: pool(), ...more });
  const names = ["a", "b", "c", "d", "e", "f"];
  return stepsOf({
    "create a pool of three memory types": () =>
      bag.pools.set(
        "spanning",
        allocator.createPool({
          memoryTypeIndex: Type.Device,
          fallbackMemoryTypes: [Type.Window, Type.Host],
          blockSize: 256 * KiB,
          minBlockCount: 2,
          maxBlockCount: 5,
          name: "spanning",
        }),
      ),
    "create a buffer in the first type": () =>
      bag.keep("first", allocator.createBuffer(bufferOf(100 * KiB), inPool())),
    "create one for the host": () =>
      bag.keep("host", allocator.createBuffer(bufferOf(50 * KiB), inPool({ flags: hostWrite | Mapped }))),
    ...Object.fromEntries(
      names.map((name) => [
        `create buffer ${name}`,
        () => bag.keep(name, allocator.createBuffer(bufferOf(120 * KiB), inPool())),
      ]),
    ),
    "create an image": () => bag.keep("image", allocator.createImage(imageOf(64), inPool())),
    "ask for more than a block holds": () => {
      expect(allocator.tryAllocateMemory(bytes(300 * KiB), inPool())).toBeUndefined();
    },
    "use the image": () => device.setImageLayout(bag.resource<Image>("image"), ImageLayout.General),
    "write where the host can": () => bag.get("host").write(new Uint8Array(1000).fill(5)),
    "make holes": () => {
      for (const name of ["a", "c", "e"]) bag.get(name).destroy();
    },
    defragment: () => allocator.defragment({ queue, pool: pool(), imageLayout: () => ImageLayout.General }),
    "look at the contents": () =>
      expect(
        bag
          .get("host")
          .read(0, 1000)
          .every((byte) => byte === 5),
      ).toBe(true),
    "destroy all": () => {
      for (const name of ["first", "host", "b", "d", "f", "image"]) bag.get(name).destroy();
    },
    "destroy the pool": () => allocator.destroyPool(pool()),
  });
}

function placedSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const shared = sharedMemory(8);
  const own = new Uint8Array(256 * KiB);
  const address = device.host.registerHostMemory(own);
  const bytesAt = (page: number) => new Uint8Array(shared.buffer, page * WASM_PAGE, 2 * WASM_PAGE);
  bytesAt(4).fill(9);
  const at = (page: number) => ({
    usage: MemoryUsage.Auto,
    flags: HostAccessRandom,
    placedAt: { memory: shared, offset: page * WASM_PAGE },
  });
  return stepsOf({
    "create a buffer in a shared memory": () =>
      bag.keep("a", allocator.createBuffer(bufferOf(2 * WASM_PAGE), at(0))),
    "try to create another": () => bag.keep("b", allocator.tryCreateBuffer(bufferOf(2 * WASM_PAGE), at(2))),
    "allocate memory at an address": () =>
      bag.hold(
        "c",
        allocator.allocateMemory(bytes(256 * KiB, Type.NonCoherent), { flags: hostWrite, placedAt: address }),
      ),
    "write to all": () => {
      bytesAt(0).fill(1);
      bytesAt(2).fill(2);
      own.fill(3);
      allocator.flushAllocations(["a", "b", "c"].map((name) => ({ allocation: bag.get(name) })));
    },
    "read from all": () => {
      expect(bag.get("a").read(0, 4)).toEqual(new Uint8Array(4).fill(1));
      expect(bag.get("b").read(0, 4)).toEqual(new Uint8Array(4).fill(2));
      expect(bag.get("c").mappedAddress).toBe(address);
      expect(bytesAt(4)[0]).toBe(9);
    },
    "destroy the first": () => bag.get("a").destroy(),
    "create one in its place": () => bag.keep("a", allocator.createBuffer(bufferOf(2 * WASM_PAGE), at(0))),
    "free all": () => {
      for (const name of ["a", "b", "c"]) bag.get(name).destroy();
      expect([bytesAt(0)[0], bytesAt(2)[0], own[0]]).toEqual([0, 0, 0]);
    },
  });
}

function mappingSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const flags = HostAccessRandom;
  const mapping = () => bag.get("cached");
  return stepsOf({
    "allocate memory that is not coherent": () =>
      bag.hold("cached", allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags })),
    "allocate more of it": () =>
      bag.hold(
        "more",
        allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags: flags | DedicatedMemory }),
      ),
    "map it": () => allocator.mapMemory(mapping()),
    "map it again": () => allocator.mapMemory(mapping()),
    "map the other": () => allocator.mapMemory(bag.get("more")),
    "write and flush": () => {
      mapping().mappedData!.fill(7);
      allocator.flushAllocation(mapping(), 0, 300);
    },
    invalidate: () => allocator.invalidateAllocation(mapping()),
    "flush both": () =>
      allocator.flushAllocations([{ allocation: mapping() }, { allocation: bag.get("more"), offset: 64 }]),
    "invalidate both": () =>
      allocator.invalidateAllocations([{ allocation: mapping() }, { allocation: bag.get("more"), size: 65 }]),
    unmap: () => {
      allocator.unmapMemory(mapping());
      allocator.unmapMemory(mapping());
      allocator.unmapMemory(bag.get("more"));
    },
    free: () => allocator.freeMemoryPages([mapping(), bag.get("more")]),
  });
}

function copiesSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const data = new Uint8Array(300).fill(7);
  const flags = HostAccessRandom;
  const cached = () => bag.get("cached");
  return stepsOf({
    "allocate memory that is not coherent": () =>
      bag.hold("cached", allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags })),
    "allocate more of it": () =>
      bag.hold(
        "more",
        allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags: flags | DedicatedMemory }),
      ),
    "copy in": () => allocator.copyMemoryToAllocation(data, cached(), 100),
    "copy out": () => {
      const target = new Uint8Array(300);
      allocator.copyAllocationToMemory(cached(), target, 100);
      expect(target).toEqual(data);
    },
    write: () => bag.get("more").write(data, 7),
    read: () => expect(bag.get("more").read(7, 300)).toEqual(data),
    "map for a while": () => {
      using mapped = bag.get("more").map();
      expect(mapped.bytes.length).toBe(1000);
    },
    free: () => allocator.freeMemoryPages([cached(), bag.get("more")]),
  });
}

function budgetSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const flags = AllocationCreate.WithinBudget;
  return stepsOf({
    "begin a frame": () => allocator.setCurrentFrameIndex(1),
    "allocate within the budget": () =>
      bag.hold("one", allocator.allocateMemory(bytes(MiB, Type.Device), { flags })),
    "allocate more within the budget": () =>
      bag.hold("two", allocator.allocateMemory(bytes(7 * MiB, Type.Device), { flags })),
    "find a type for a buffer": () => allocator.findMemoryTypeIndexForBufferInfo(bufferOf(10)),
    "find a type for an image": () => allocator.findMemoryTypeIndexForImageInfo(imageOf(10)),
    "plan a buffer": () => allocator.wouldAllocate({ buffer: bufferOf(MiB) }),
    "plan an image": () => allocator.wouldAllocate({ image: imageOf(100) }),
    "ask for budgets": () => allocator.getHeapBudgets(),
    "free both": () => allocator.freeMemoryPages([bag.get("one"), bag.get("two")]),
    "begin another frame": () => allocator.setCurrentFrameIndex(2),
  });
}

function defragmentationSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const names = Array.from({ length: 24 }, (_, index) => `${index}`);
  let moves: ReturnType<ReturnType<typeof allocator.beginDefragmentation>["beginPass"]>;
  let context: ReturnType<typeof allocator.beginDefragmentation>;
  const replaced: bigint[] = [];
  const settings = (index: number) =>
    index % 3 === 0
      ? { flags: hostWrite, pool: bag.pool("pool") }
      : { flags: HostAccessRandom, pool: bag.pool("pool") };
  return stepsOf({
    "fill a pool": () => {
      bag.pools.set("pool", allocator.createPool({ memoryTypeIndex: Type.NonCoherent, blockSize: 64 * KiB }));
    },
    ...Object.fromEntries(
      names.map((name, index) => [
        `create buffer ${name}`,
        () => bag.keep(name, allocator.createBuffer(bufferOf(15 * KiB), settings(index))),
      ]),
    ),
    "map one of them": () => allocator.mapMemory(bag.get("23")),
    "make holes": () => {
      for (const name of names.slice(0, 20)) {
        if (Number(name) % 4 !== 0) allocator.destroyBuffer(bag.resource(name), bag.get(name));
      }
    },
    begin: () => {
      context = allocator.beginDefragmentation({
        pool: bag.pool("pool"),
        flags: DefragmentationFlag.AlgorithmFull,
      });
    },
    "begin a pass": () => {
      moves = context.beginPass();
      expect(moves?.length).toBeGreaterThan(0);
    },
    "end the pass": () => {
      for (const { srcAllocation } of moves!) {
        if (srcAllocation.buffer !== undefined && !replaced.includes(srcAllocation.buffer)) {
          replaced.push(srcAllocation.buffer);
        }
      }
      context.endPass();
    },
    "begin another pass": () => {
      moves = context.beginPass();
    },
    "end that": () => {
      if (moves !== undefined) context.endPass();
    },
    end: () => context.end(),
    "destroy all": () => {
      allocator.unmapMemory(bag.get("23"));
      for (const [name, allocation] of bag.allocations) {
        if (!allocation.isFreed) {
          device.destroyBuffer(bag.resource(name));
          allocator.freeMemory(allocation);
        }
      }
      allocator.destroyPool(bag.pool("pool"));
    },
  });
}

/** The allocator moves buffers, images and memory by itself; in one pass, as what a pass has done stays done. */
function tidyingSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const names = Array.from({ length: 12 }, (_, index) => `${index}`);
  const kept = names.filter((_name, index) => index % 3 === 2);
  const pool = () => bag.pool("pool");
  const queue = device.createTransferQueue({ completeAfter: 1 });
  return stepsOf({
    "create a pool": () =>
      bag.pools.set("pool", allocator.createPool({ memoryTypeIndex: Type.Window, blockSize: 64 * KiB })),
    ...Object.fromEntries(
      names.map((name, index) => [
        `create resource ${name}`,
        () =>
          index % 2 === 0
            ? bag.keep(name, allocator.createBuffer(bufferOf(20 * KiB), { pool: pool(), flags: hostWrite }))
            : bag.keep(name, allocator.createImage(imageOf(64), { pool: pool() })),
      ]),
    ),
    "fill them": () => {
      for (const name of kept) {
        const allocation = bag.get(name);
        if (allocation.buffer !== undefined) allocation.write(new Uint8Array(20 * KiB).fill(Number(name)));
        else device.setImageLayout(allocation.image!, ImageLayout.General);
      }
    },
    "make holes": () => {
      for (const name of names) if (!kept.includes(name)) bag.get(name).destroy();
    },
    defragment: () => allocator.defragment({ queue, pool: pool(), imageLayout: () => ImageLayout.General }),
    "look at the contents": () => {
      for (const name of kept) {
        const allocation = bag.get(name);
        if (allocation.buffer === undefined) continue;
        expect(allocation.mappedData!.every((byte) => byte === Number(name))).toBe(true);
      }
      expect(pool().blockList.blocks.length).toBe(2);
    },
    "destroy all": () => {
      for (const name of kept) bag.get(name).destroy();
      allocator.destroyPool(pool());
    },
  });
}

const withExtensions = (...extensions: string[]): SimulatedDeviceOptions => ({ extensions });

function scenario(
  name: string,
  steps: (world: World) => Step[],
  info: Omit<AllocatorCreateInfo, "device"> = {},
  options: SimulatedDeviceOptions = {},
): Scenario {
  const recoverable: FallibleCall[] = ["vkAllocateMemory", "vkMapMemory", "vkMapMemory2"];
  if (info.debug?.fillPatterns === true) recoverable.push("vkFlushMappedMemoryRanges");
  return { name, steps, world: () => everyKindWorld(info, options), recoverable };
}

const guard = { debug: { margin: 16, detectCorruption: true } } as const;

const unmapping = { unmapWhenUnused: true } as const;

const fill = { debug: { fillPatterns: true } } as const;

/** Every scenario. */
export const allScenarios: readonly Scenario[] = [
  scenario("buffers", buffersSteps, {}, withExtensions("VK_KHR_maintenance4")),
  scenario("buffers, asking each time", buffersSteps, { rememberRequirements: false }),
  scenario("buffers in guard mode", buffersSteps, guard),
  scenario("buffers with fill patterns", buffersSteps, fill),
  scenario("buffers without dedicated fallback", buffersSteps, { dedicatedFallback: false }),
  scenario("images", imagesSteps),
  scenario("images with fill patterns", imagesSteps, fill),
  scenario("memory by itself", memorySteps),
  scenario("memory in guard mode", memorySteps, guard),
  scenario("memory with fill patterns", memorySteps, fill),
  scenario("memory that is always dedicated", memorySteps, { debug: { alwaysDedicated: true } }),
  scenario("disjoint images", disjointSteps),
  scenario("transient resources", transientSteps),
  scenario("pools", poolsSteps),
  scenario("pools in guard mode", poolsSteps, guard),
  scenario("pools of several memory types", spanningSteps),
  scenario("pools of several memory types in guard mode", spanningSteps, guard),
  scenario("mapping at places", placedSteps, {}, withExtensions("VK_EXT_map_memory_placed")),
  scenario("mapping at places, with caches", placedSteps, unmapping, {
    extensions: ["VK_EXT_map_memory_placed"],
    simulateCaches: true,
  }),
  scenario("mapping", mappingSteps, {}, { simulateCaches: true }),
  scenario("mapping for a while", mappingSteps, unmapping, { simulateCaches: true }),
  scenario("copies", copiesSteps, {}, { simulateCaches: true }),
  scenario("copies, mapping for a while", copiesSteps, unmapping, { simulateCaches: true }),
  scenario("budgets", budgetSteps, {}, withExtensions("VK_EXT_memory_budget")),
  scenario("budgets with dummies", budgetSteps, { apiVersion: 0x402000 }, { apiVersion: 0x402000 }),
  scenario(
    "external memory",
    externalSteps,
    {
      typeExternalMemoryHandleTypes: [
        ExternalMemoryHandleType.OpaqueFd | ExternalMemoryHandleType.OpaqueWin32,
      ],
    },
    { extensions: "all" },
  ),
  scenario("defragmentation", defragmentationSteps),
  scenario("defragmentation by the allocator", tidyingSteps),
];
