/** Calls at the wrong time: on an allocator that was destroyed, from its own callbacks, through views and mappings that have ended. */

import { describe, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  type Pool,
  VulkanError,
} from "../../src/index.ts";
import type { Buffer, Image } from "../../src/vulkan/index.ts";
import { closeWorld, stateOf, type World } from "../helpers/world.ts";
import { expectError, failure, wrong } from "./misuse-stage.ts";
import { bufferOf, bytes, everyKindWorld, imageOf, MiB, Type } from "./world.ts";

const { HostAccessRandom } = AllocationCreate;

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
    expect(() => mapping.unmap()).toThrow("the mapping was ended twice");
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
      'allocation "much" is already mapped 255 times',
    );
    expect(stateOf(world)).toEqual(before);
    for (let count = 0; count < 255; count++) world.allocator.unmapMemory(allocation);
    expect(allocation.isMapped).toBe(false);
    allocation.destroy();
    closeWorld(world);
  });
});
