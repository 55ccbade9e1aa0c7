/** Defragmentation that does the work itself, on simulated devices. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import {
  DefragmentationFlag,
  type DefragmentationProgress,
  type DefragmentOptions,
  type Replacement,
} from "../../src/defrag/index.ts";
import type { Allocator } from "../../src/face/index.ts";
import type { SimulatedDevice } from "../../src/simulator/index.ts";
import { BufferUsage, Format, ImageLayout, ImageUsage, Result, VulkanError } from "../../src/vulkan/index.ts";
import { Random } from "../helpers/random.ts";
import { Resources } from "./resources.ts";
import { bytes, MiB, memoryCount, only, Type, world } from "./setup.ts";

const general = (): number => ImageLayout.General;

/** Buffers and images of which two thirds were destroyed; the same ones in every run. */
async function holes(count = 150, largest = 250_000, random = new Random(0, 1)) {
  const made = world({}, {}, { simulateCaches: true });
  const { allocator, device } = made;
  const queue = device.createTransferQueue({ completeAfter: 2 });
  const resources = new Resources(allocator, device.queue);
  for (let index = 0; index < count; index++) resources.createAny(random, largest);
  await resources.fill(resources.live);
  resources.thin(random, 0.66);
  const options: DefragmentOptions = { queue, imageLayout: general };
  return { ...made, queue, resources, random, options };
}

/** Everything about the state that a failure must leave as it was, but for where things lie. */
function stateOf(device: SimulatedDevice, allocator: Allocator): object {
  const { mappedMemoryCount: _, memoryCount: __, heapUsage: ___, ...objects } = device.statistics();
  const { allocationCount, allocationBytes } = allocator.calculateStatistics().total;
  return { objects, allocationCount, allocationBytes };
}

describe("defragment", () => {
  it("moves buffers and images with their contents, and gives memory back", async () => {
    const made = await holes();
    const { allocator, resources, options } = made;
    const before = memoryCount(made);
    const replacements: Replacement[] = [];
    const result = await allocator.defragment({
      ...options,
      onReplaced: (replacement) => {
        const { allocation, kind, old } = replacement;
        expect(kind === "buffer" ? allocation.buffer : allocation.image).toBe(replacement.replacement);
        expect(old).not.toBe(replacement.replacement);
        replacements.push(replacement);
      },
    });
    allocator.validate();
    expect(result.deviceMemoryBlocksFreed).toBeGreaterThan(2);
    expect(memoryCount(made)).toBe(before - result.deviceMemoryBlocksFreed);
    expect(replacements.length).toBe(result.allocationsMoved);
    expect(new Set(replacements.map(({ kind }) => kind))).toEqual(new Set(["buffer", "image"]));
    expect(result.fragmentationBefore).toBeGreaterThan(result.fragmentationAfter);
    await resources.verify();
    resources.end();
  });

  it("goes on in passes of the size that is asked for, and tells its progress", async () => {
    const { allocator, resources, options } = await holes();
    const progress: DefragmentationProgress[] = [];
    const result = await allocator.defragment({
      ...options,
      maxAllocationsPerPass: 3,
      onProgress: (each) => progress.push(each),
    });
    expect(progress.length).toBe(result.passes);
    expect(progress.length).toBeGreaterThan(3);
    progress.forEach((each, index) => {
      expect(each.allocationsMoved - (progress[index - 1]?.allocationsMoved ?? 0)).toBeLessThanOrEqual(3);
      expect(each.passes).toBe(index + 1);
    });
    const { allocationsMoved, bytesMoved } = result;
    expect(progress.at(-1)).toMatchObject({ allocationsMoved, bytesMoved });
    // Blocks that are kept empty until nothing is left to move are given back after the last pass.
    expect(progress.at(-1)!.bytesFreed).toBeGreaterThan(0);
    expect(progress.at(-1)!.bytesFreed).toBeLessThanOrEqual(result.bytesFreed);
    await resources.verify();
    resources.end();
  });

  it("keeps to its milliseconds, and moves all the same", async () => {
    const { allocator, resources, options } = await holes();
    const result = await allocator.defragment({ ...options, maxMillisecondsPerPass: 0.001 });
    expect(result.passes).toBe(result.allocationsMoved);
    expect(result.deviceMemoryBlocksFreed).toBeGreaterThan(2);
    await resources.verify();
    resources.end();
  });

  it("waits without holding the event loop, while the program creates and destroys", async () => {
    const { allocator, resources, random, options, queue } = await holes(200);
    queue.completeAfter = 20;
    let isRunning = true;
    let ticks = 0;
    const fresh: Promise<void>[] = [];
    const program = async (): Promise<void> => {
      for (; isRunning; ticks++) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (random.chance(0.4)) resources.destroy(random.pick([...resources.live]));
        if (random.chance(0.4)) fresh.push(resources.fill([resources.createAny(random, 50_000)]));
        allocator.validate();
      }
    };
    const running = program();
    const result = await allocator.defragment({ ...options, maxAllocationsPerPass: 4 });
    isRunning = false;
    await running;
    await Promise.all(fresh);
    expect(ticks).toBeGreaterThan(20);
    expect(result.allocationsMoved).toBeGreaterThan(0);
    await resources.verify();
    resources.end();
  });

  it.each([
    ["allocation.destroy()", (_: Allocator, allocation: Allocation) => allocation.destroy()],
    [
      "destroyBuffer",
      (allocator: Allocator, allocation: Allocation) =>
        allocator.destroyBuffer(allocation.buffer, allocation),
    ],
  ])("lets the program free what is being copied (%s)", async (_name, free) => {
    const { allocator, device } = world();
    const queue = device.createTransferQueue({ completeAfter: 5 });
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
    const buffers = Array.from({ length: 16 }, () =>
      allocator.createBuffer({ size: MiB / 8, usage }, { pool }),
    );
    for (const index of [3, 8, 9, 10, 11, 12, 13, 14]) buffers[index]!.allocation.destroy();
    const { allocation } = buffers[15]!;
    const place = allocation.deviceMemory;
    const defragmenting = allocator.defragment({ queue, pool });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(queue.pendingCount).toBe(1);
    free(allocator, allocation);
    expect(allocation.isFreed).toBe(true);
    expect(() => allocation.buffer).toThrow(/after it was freed/);
    allocator.validate();
    expect(
      device.leaks().some(({ handle }) => handle === place),
      "its memory is still there",
    ).toBe(true);
    expect(await defragmenting).toMatchObject({ bytesMoved: 0, deviceMemoryBlocksFreed: 1 });
    for (const each of buffers) if (!each.allocation.isFreed) each.allocation.destroy();
    allocator.destroyPool(pool);
  });

  it("leaves where it is what the program destroys later while it is being copied, and the rest goes on", async () => {
    const { allocator, device } = world();
    const queue = device.createTransferQueue({ completeAfter: 5 });
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
    const buffers = Array.from({ length: 16 }, () =>
      allocator.createBuffer({ size: MiB / 8, usage }, { pool }),
    );
    for (const index of [3, 4, 8, 9, 10, 11, 12, 13]) buffers[index]!.allocation.destroy();
    const [held, other] = [buffers[14]!.allocation, buffers[15]!.allocation];
    const [place, buffer] = [held.deviceMemory, held.buffer];
    const defragmenting = allocator.defragment({ queue, pool });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect([held.isMoving, other.isMoving]).toEqual([true, true]);
    allocator.destroyLater(held, { framesInFlight: 2 });
    expect(await defragmenting).toMatchObject({ bytesMoved: MiB / 8, deviceMemoryBlocksFreed: 0 });
    allocator.validate();
    expect([held.deviceMemory, held.buffer]).toEqual([place, buffer]);
    expect(other.deviceMemory).not.toBe(place);
    for (const frame of [1, 3]) allocator.setCurrentFrameIndex(frame);
    expect(held.isFreed).toBe(true);
    for (const each of buffers) if (!each.allocation.isFreed) each.allocation.destroy();
    allocator.destroyPool(pool);
  });

  it("cannot be undercut by lending, nor by the end of a pool's or allocator's scope while it copies", async () => {
    const said: string[] = [];
    const { allocator, device } = world({}, { debug: { log: (message) => said.push(message) } });
    const queue = device.createTransferQueue({ completeAfter: 5 });
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
    const buffers = Array.from({ length: 9 }, () =>
      allocator.createBuffer({ size: MiB / 8, usage }, { pool }),
    );
    buffers[3]!.allocation.destroy();
    const { allocation } = buffers[8]!;
    const defragmenting = allocator.defragment({ queue, pool });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(allocation.isMoving).toBe(true);
    expect(() => allocation.lend()).toThrow(/is being moved and cannot be lent until the pass is over/);
    pool[Symbol.dispose]();
    allocator[Symbol.dispose]();
    expect(said.filter((message) => message.includes("was not freed at the end of its scope"))).toHaveLength(
      2,
    );
    expect(await defragmenting).toMatchObject({ allocationsMoved: 1, deviceMemoryBlocksFreed: 1 });
    allocator.validate();
    for (const each of buffers) if (!each.allocation.isFreed) each.allocation.destroy();
    allocator.destroyPool(pool);
  });

  it("keeps the old buffer until the program has been told, and knows both until then", async () => {
    const { allocator, resources, options, device } = await holes(100);
    let told = 0;
    let destroyed: Allocation | undefined;
    await allocator.defragment({
      ...options,
      onReplaced: async ({ allocation, old, kind }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        allocator.validate();
        expect(device.leaks().some(({ handle }) => handle === old)).toBe(true);
        told++;
        if (destroyed !== undefined || kind !== "buffer") return;
        destroyed = allocation;
        // The program has not taken note yet, and destroys the one that it knows.
        const resource = [...resources.live].find((each) => each.allocation === allocation)!;
        resources.live.delete(resource);
        allocator.destroyBuffer(old, allocation);
      },
    });
    expect(told).toBeGreaterThan(0);
    expect(destroyed?.isFreed).toBe(true);
    allocator.validate();
    await resources.verify();
    resources.end();
  });

  it("stops at a pass when it is aborted, with nothing lost", async () => {
    const { allocator, resources, options, device } = await holes();
    const before = stateOf(device, allocator);
    const controller = new AbortController();
    let passes = 0;
    const defragmenting = allocator.defragment({
      ...options,
      maxAllocationsPerPass: 2,
      signal: controller.signal,
      onProgress: () => {
        if (++passes === 2) controller.abort();
      },
    });
    await expect(defragmenting).rejects.toMatchObject({ name: "AbortError" });
    expect(passes).toBe(2);
    allocator.validate();
    expect(stateOf(device, allocator)).toEqual(before);
    await resources.verify();
    await expect(
      allocator.defragment({ ...options, signal: AbortSignal.abort(new Error("not now")) }),
    ).rejects.toThrow("not now");
    expect((await allocator.defragment(options)).deviceMemoryBlocksFreed).toBeGreaterThan(0);
    await resources.verify();
    resources.end();
  });

  it("cannot be overrun: the allocator stays while it works", async () => {
    const { allocator, resources, options } = await holes();
    const defragmenting = allocator.defragment(options);
    expect(() => allocator.destroy()).toThrow(/under way/);
    expect(() => allocator.destroy(true)).toThrow(/under way/);
    await expect(allocator.defragment(options)).rejects.toThrow(/already being defragmented/);
    await defragmenting;
    resources.end();
  });
});

describe("what is not copied", () => {
  /** Two blocks, of which the second one can be emptied into the first, but for what lives in it. */
  function lone(usage: number) {
    const made = world();
    const { allocator } = made;
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const all = Array.from({ length: 16 }, () => allocator.createBuffer({ size: MiB / 8, usage }, { pool }));
    for (const index of [3, 8, 9, 10, 11, 12, 13, 14]) all[index]!.allocation.destroy();
    const finish = (): void => {
      for (const each of all) if (!each.allocation.isFreed) each.allocation.destroy();
      allocator.destroyPool(pool);
    };
    return { ...made, pool, allocation: all[15]!.allocation, first: all[0]!.allocation, finish };
  }

  it("stays, without a function that moves it", async () => {
    const { allocator, device, pool, allocation, finish } = lone(BufferUsage.StorageBuffer);
    const { buffer, deviceMemory } = allocation;
    expect(await allocator.defragment({ queue: device.queue, pool })).toMatchObject({ passes: 0 });
    expect(allocation.buffer).toBe(buffer);
    expect(allocation.deviceMemory).toBe(deviceMemory);
    finish();
  });

  it("is offered to the program's function, which answers the new buffer", async () => {
    const usage = BufferUsage.StorageBuffer;
    const { allocator, device, pool, allocation, first, finish } = lone(usage);
    const old = allocation.buffer;
    const seen: bigint[] = [];
    const result = await allocator.defragment({
      pool,
      moveOther: async (move) => {
        expect(move.allocation).toBe(allocation);
        const buffer = device.createBuffer({ size: MiB / 8, usage });
        allocator.bindBufferMemory(move.target, buffer);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return buffer;
      },
      onReplaced: ({ old, replacement }) => void seen.push(old, replacement),
    });
    expect(result).toMatchObject({ allocationsMoved: 1, deviceMemoryBlocksFreed: 1 });
    expect(seen).toEqual([old, allocation.buffer]);
    expect(allocation.deviceMemory).toBe(first.deviceMemory);
    finish();
  });

  it("stays where the function declines or fails, and its error is told", async () => {
    const { allocator, pool, allocation, finish } = lone(BufferUsage.StorageBuffer);
    const { deviceMemory } = allocation;
    expect(await allocator.defragment({ pool, moveOther: () => false })).toMatchObject({
      allocationsMoved: 0,
    });
    const fails = allocator.defragment({
      pool,
      moveOther: () => {
        throw new Error("no time");
      },
    });
    await expect(fails).rejects.toThrow("no time");
    await expect(allocator.defragment({ pool, moveOther: () => true })).rejects.toThrow(
      /must return the new buffer/,
    );
    allocator.validate();
    expect(allocation.deviceMemory).toBe(deviceMemory);
    finish();
  });

  it("may be memory by itself", async () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    const info = { pool, flags: AllocationCreate.HostAccessRandom };
    const all = Array.from({ length: 16 }, () =>
      allocator.allocateMemory(bytes(MiB / 8, only(Type.Host)), info),
    );
    for (const index of [3, 8, 9, 10, 11, 12, 13, 14]) allocator.freeMemory(all[index]!);
    const data = new Uint8Array(MiB / 8).fill(42);
    all[15]!.write(data);
    const result = await allocator.defragment({
      pool,
      moveOther: ({ allocation, target }) => {
        target.write(allocation.read());
        return true;
      },
    });
    expect(result.deviceMemoryBlocksFreed).toBe(1);
    expect(all[15]!.deviceMemory).toBe(all[0]!.deviceMemory);
    expect(Buffer.compare(all[15]!.read(), data)).toBe(0);
    for (const allocation of all) if (!allocation.isFreed) allocator.freeMemory(allocation);
    allocator.destroyPool(pool);
  });

  it("are images whose layout is not stated; contents that are not needed are not copied", async () => {
    const { allocator, device } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const image = {
      format: Format.R8G8B8A8Unorm,
      extent: { width: 128, height: 256 },
      usage: ImageUsage.Sampled | ImageUsage.TransferSrc | ImageUsage.TransferDst,
    };
    const all = Array.from({ length: 16 }, () => allocator.createImage(image, { pool }).allocation);
    expect(all[15]!.size).toBe(MiB / 8);
    for (const index of [3, 8, 9, 10, 11, 12, 13, 14]) all[index]!.destroy();
    const { queue } = device;
    expect(await allocator.defragment({ queue, pool })).toMatchObject({ passes: 0 });
    expect(await allocator.defragment({ queue, pool, imageLayout: () => undefined })).toMatchObject({
      passes: 0,
    });
    const preinitialized = { queue, pool, imageLayout: () => ImageLayout.Preinitialized };
    expect(await allocator.defragment(preinitialized)).toMatchObject({ passes: 0 });
    const submits = device.calls.vkQueueSubmit;
    const dropping = { queue, pool, imageLayout: () => ImageLayout.Undefined };
    expect(await allocator.defragment(dropping)).toMatchObject({ deviceMemoryBlocksFreed: 1 });
    expect(device.calls.vkQueueSubmit).toBe(submits);
    for (const allocation of all) if (!allocation.isFreed) allocation.destroy();
    allocator.destroyPool(pool);
  });

  it("needs one of the two that can move anything", async () => {
    const { allocator } = world();
    await expect(allocator.defragment({})).rejects.toThrow(/needs a queue to copy on, or moveOther/);
    await expect(allocator.defragment({ queue: {} as never })).rejects.toThrow(
      /queue must be a TransferQueue/,
    );
    await expect(allocator.defragment({ moveOther: 1 as never })).rejects.toThrow(
      /moveOther must be a function, got 1/,
    );
    const moveOther = (): boolean => false;
    await expect(allocator.defragment({ moveOther, maxMillisecondsPerPass: -1 })).rejects.toThrow(RangeError);
    await expect(allocator.defragment({ moveOther, signal: {} as never })).rejects.toThrow(/AbortSignal/);
  });
});

describe("faults", () => {
  it("in any call of the driver lose nothing and leave nothing behind", async () => {
    const calls = new Set<string>();
    for (let call = 1, isOver = false; !isOver; call++) {
      expect(call).toBeLessThan(2000);
      const { allocator, device, resources, options } = await holes(50, 250_000, new Random(0, 11));
      // A queue of its own, so that making its command pool is among the calls.
      const queue = device.createTransferQueue({ completeAfter: 1 });
      for (const { allocation, image } of resources.live) {
        if (image === undefined && allocation.isMappingAllowed) allocator.mapMemory(allocation);
      }
      const before = stateOf(device, allocator);
      const fault = device.faults.failCall(call);
      const outcome = await allocator
        .defragment({ ...options, queue, maxAllocationsPerPass: 4 })
        .catch((error: unknown) => error);
      isOver = fault.fired === 0;
      device.faults.clear();
      if (isOver) {
        expect(outcome).toMatchObject({ fragmentationBefore: expect.any(Number) });
      } else {
        expect(outcome, `call ${call}`).toBeInstanceOf(VulkanError);
        calls.add((outcome as VulkanError).call);
      }
      allocator.validate();
      expect(stateOf(device, allocator), `call ${call}`).toEqual(before);
      await resources.verify();
      await allocator.defragment(options);
      allocator.validate();
      await resources.verify();
      for (const { allocation } of resources.live)
        if (allocation.mapCount > 0) allocator.unmapMemory(allocation);
      resources.end();
      allocator.destroy();
      expect(device.leaks()).toEqual([]);
    }
    for (const name of ["vkCreateBuffer", "vkCreateImage", "vkBindBufferMemory", "vkBindImageMemory"]) {
      expect([...calls]).toContain(name);
    }
    for (const name of ["vkQueueSubmit", "vkGetFenceStatus", "vkBeginCommandBuffer"]) {
      expect([...calls]).toContain(name);
    }
  });

  it("in any call, or an end of the program's, while blocks are packed and moves are declined, lose nothing", async () => {
    let [packed, aborted] = [0, 0];
    for (let call = 1, isOver = false; !isOver; call++) {
      expect(call).toBeLessThan(2000);
      const { allocator, device, resources, options } = await holes(40, 250_000, new Random(0, 23));
      const random = new Random(0, call);
      const before = stateOf(device, allocator);
      const controller = new AbortController();
      const fault = device.faults.failCall(call);
      const outcome = await allocator
        .defragment({
          ...options,
          flags: DefragmentationFlag.AlgorithmExtensive,
          maxAllocationsPerPass: 3,
          maxPlanningSteps: 64,
          maxPlanningMilliseconds: 0,
          signal: controller.signal,
          // Without a layout an image is not copied, and its move is ignored.
          imageLayout: () => (random.chance(0.8) ? ImageLayout.General : undefined),
          moveOther: () => false,
          onPassBegin: (moves) => {
            packed += moves.filter(
              ({ allocation, deviceMemory }) => allocation.deviceMemory === deviceMemory,
            ).length;
          },
          onProgress: () => {
            if (random.chance(0.05)) controller.abort();
          },
        })
        .catch((error: unknown) => error);
      isOver = fault.fired === 0 && !controller.signal.aborted;
      if (controller.signal.aborted) aborted++;
      device.faults.clear();
      if (outcome instanceof Error && outcome.name !== "AbortError") {
        expect(outcome, `call ${call}`).toBeInstanceOf(VulkanError);
      }
      allocator.validate();
      expect(stateOf(device, allocator), `call ${call}`).toEqual(before);
      await resources.verify();
      resources.end();
      allocator.destroy();
      expect(device.leaks()).toEqual([]);
    }
    expect(packed).toBeGreaterThan(0);
    expect(aborted).toBeGreaterThan(0);
  });

  it("of mapping leave the allocation mapped where it was", async () => {
    const { allocator, device } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
    const info = { pool, flags: AllocationCreate.HostAccessRandom, usage: MemoryUsage.AutoPreferHost };
    const all = Array.from(
      { length: 16 },
      () => allocator.createBuffer({ size: MiB / 8, usage }, info).allocation,
    );
    for (const index of [3, 8, 9, 10, 11, 12, 13, 14]) all[index]!.destroy();
    const data = allocator.mapMemory(all[15]!);
    data.fill(9);
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed);
    await expect(allocator.defragment({ queue: device.queue, pool })).rejects.toThrow(/vkMapMemory/);
    allocator.validate();
    expect(data.length, "the view is still there").toBe(MiB / 8);
    expect(await allocator.defragment({ queue: device.queue, pool })).toMatchObject({
      deviceMemoryBlocksFreed: 1,
    });
    expect(all[15]!.mappedData!.every((byte) => byte === 9)).toBe(true);
    allocator.unmapMemory(all[15]!);
    for (const allocation of all) if (!allocation.isFreed) allocation.destroy();
    allocator.destroyPool(pool);
  });

  it("of a lost device reach the program", async () => {
    const { allocator, device, resources, options } = await holes(100);
    device.faults.failNext("vkGetFenceStatus", Result.ErrorDeviceLost);
    await expect(allocator.defragment(options)).rejects.toThrow(/DEVICE_LOST/);
    allocator.validate();
    resources.end();
  });

  it("of the program's own functions are thrown when the pass is done", async () => {
    const { allocator, resources, options } = await holes(100);
    const failing = {
      ...options,
      onReplaced: () => {
        throw new Error("cannot take note");
      },
    };
    await expect(allocator.defragment(failing)).rejects.toThrow("cannot take note");
    allocator.validate();
    await resources.verify();
    const silent = {
      ...options,
      onProgress: () => {
        throw new Error("cannot show");
      },
    };
    await allocator.defragment(silent).catch((error: Error) => expect(error.message).toBe("cannot show"));
    allocator.validate();
    await resources.verify();
    resources.end();
  });
});
