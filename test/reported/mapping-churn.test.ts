/**
 * Devices with one memory type for all: textures and short-lived mapped staging share blocks, and a block that is mapped
 * for one of them was unmapped and mapped again all the time.
 */

import { describe, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  BufferUsage,
  createAllocator,
  Format,
  ImageUsage,
  MemoryUsage,
  type VulkanDevice,
} from "../../src/index.ts";
import { lavapipe, SimulatedDevice } from "../../src/simulator/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { openWorld } from "../helpers/world.ts";

const staging = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite };

/** So many frames, each with textures that come and go and staging buffers that are written and freed two frames later. */
function runFrames(allocator: Allocator, frames: number): void {
  const textures: Allocation[] = [];
  const uploads: Allocation[][] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (let index = 0; index < 4; index++) {
      const size = 64 << ((frame + index) % 3);
      textures.push(
        allocator.createImage({
          format: Format.R8G8B8A8Unorm,
          extent: { width: size, height: size },
          usage: ImageUsage.Sampled | ImageUsage.TransferDst,
        }).allocation,
      );
    }
    while (textures.length > 40) textures.shift()!.destroy();
    const made = Array.from({ length: 6 }, (_, index) => {
      const size = 4096 * (1 + ((frame + index) % 5));
      const { allocation } = allocator.createBuffer({ size, usage: BufferUsage.TransferSrc }, staging);
      using mapping = allocation.map();
      mapping.bytes.fill(frame);
      return allocation;
    });
    uploads.push(made);
    if (uploads.length > 2) for (const allocation of uploads.shift()!) allocation.destroy();
  }
  for (const allocation of [...textures, ...uploads.flat()]) allocation.destroy();
}

/** The device, with its calls of these names counted. */
function counting(device: VulkanDevice): { device: VulkanDevice; calls: { maps: number; blocks: number } } {
  const calls = { maps: 0, blocks: 0 };
  const counted = new Proxy(device, {
    get(target, name: keyof VulkanDevice) {
      if (name === "mapMemory") calls.maps++;
      if (name === "allocateMemory") calls.blocks++;
      const member = target[name];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { device: counted, calls };
}

describe("a thousand frames with short-lived staging", () => {
  it("map each block once at most", () => {
    using simulated = new SimulatedDevice(lavapipe);
    const { device, calls } = counting(simulated);
    const allocator = createAllocator({ device });
    runFrames(allocator, 1000);
    expect(calls.maps).toBeGreaterThan(0);
    expect(calls.maps).toBeLessThanOrEqual(calls.blocks);
    allocator.destroy();
    expect(simulated.statistics().mappedMemoryCount).toBe(0);
  });

  it("map again and again where VMA's way is asked for", () => {
    using simulated = new SimulatedDevice(lavapipe);
    const { device, calls } = counting(simulated);
    const allocator = createAllocator({ device, unmapWhenUnused: true });
    runFrames(allocator, 300);
    expect(calls.maps).toBeGreaterThan(2 * calls.blocks);
    allocator.destroy();
  });

  describeWithVulkan("on a driver", (ctx) => {
    it("map each block once at most", () => {
      const { device, calls } = counting(ctx.device);
      const allocator = createAllocator({ device });
      runFrames(allocator, 200);
      expect(calls.maps).toBeGreaterThan(0);
      expect(calls.maps).toBeLessThanOrEqual(calls.blocks);
      allocator.destroy();
    });
  });
});

/** What is freed is the next one's place. */
const lowest = AllocationCreate.StrategyMinOffset;

/** What holds of own views on any device. */
function checkOwnViews(device: VulkanDevice): void {
  const allocator = createAllocator({ device, debug: { ownViews: true } });
  const make = (flags: number = AllocationCreate.Mapped): Allocation =>
    allocator.createBuffer(
      { size: 4096, usage: BufferUsage.TransferDst | BufferUsage.TransferSrc },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom | lowest | flags },
    ).allocation;
  const [first, second] = [make(), make()];
  expect(first.deviceMemory).toBe(second.deviceMemory);
  const [ours, theirs] = [first.mappedData!, second.mappedData!];
  expect(ours.buffer).not.toBe(theirs.buffer);
  expect(first.mappedData!.buffer).toBe(ours.buffer);
  ours.set([1, 2, 3]);
  first.write(Uint8Array.of(4), 3);
  first.fill(5, 4, 2);
  expect([...ours.subarray(0, 7)]).toEqual([1, 2, 3, 4, 5, 5, 0]);
  expect([...first.read(0, 4)]).toEqual([1, 2, 3, 4]);
  expect([...first.mappedRange(1, 2)!]).toEqual([2, 3]);
  theirs[0] = 9;
  const { offset } = first;
  first.destroy();
  expect(ours.length).toBe(0);
  expect(theirs[0]).toBe(9);
  const successor = make();
  expect(successor.offset).toBe(offset);
  // The first one's bytes, which the view of before cannot reach any more.
  expect([...successor.mappedData!.subarray(0, 3)]).toEqual([1, 2, 3]);
  const mapping = make(0);
  const view = mapping.map();
  const { bytes } = view;
  bytes[0] = 7;
  view.unmap();
  expect(bytes.length).toBe(0);
  expect(mapping.read(0, 1)[0]).toBe(7);
  for (const allocation of [second, successor, mapping]) allocation.destroy();
  expect(theirs.length).toBe(0);
  allocator.destroy();
}

describe("a view that is kept after its allocation was freed", () => {
  it("reaches its successor, as blocks stay mapped", () => {
    const { allocator } = openWorld({ profile: lavapipe });
    const make = (): Allocation =>
      allocator.createBuffer(
        { size: 4096, usage: BufferUsage.TransferDst },
        {
          usage: MemoryUsage.Auto,
          flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped | lowest,
        },
      ).allocation;
    const view = make();
    const kept = view.mappedData!;
    view.destroy();
    const successor = make();
    kept[0] = 5;
    expect(successor.mappedData![0]).toBe(5);
    successor.destroy();
    allocator.destroy();
  });

  it("has no bytes with debug.ownViews, on the simulator", () => {
    for (const simulateCaches of [false, true]) {
      using device = new SimulatedDevice(lavapipe, { simulateCaches });
      checkOwnViews(device);
    }
  });

  it("shares them with the device all the same", async () => {
    const { device, allocator } = openWorld({ profile: lavapipe, allocator: { debug: { ownViews: true } } });
    const { buffer, allocation } = allocator.createBuffer(
      { size: 4096, usage: BufferUsage.TransferDst | BufferUsage.TransferSrc },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped },
    );
    const view = allocation.mappedData!;
    view.set([1, 2, 3, 4]);
    const queue = device.queue;
    await queue
      .submit([{ kind: "buffer", source: buffer, target: buffer, targetOffset: 100, size: 4 }])
      .done();
    expect([...view.subarray(100, 104)]).toEqual([1, 2, 3, 4]);
    await queue
      .submit([{ kind: "fill", target: buffer, targetOffset: 4, size: 4, value: 0x07070707 }])
      .done();
    expect([...view.subarray(0, 8)]).toEqual([1, 2, 3, 4, 7, 7, 7, 7]);
    allocator.destroyBuffer(buffer, allocation);
    allocator.destroy();
  });

  describeWithVulkan("on a driver", (ctx) => {
    it("has no bytes with debug.ownViews", () => checkOwnViews(ctx.device));
  });
});
