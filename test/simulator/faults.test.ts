import { describe, expect, it } from "vitest";
import { type FallibleCall, fallibleCalls, type SimulatedDevice } from "../../src/simulator/index.ts";
import {
  BufferCreate,
  type BufferUsage,
  ExternalMemoryHandleType,
  type ImageUsage,
  Result,
  StructureType,
  VulkanError,
} from "../../src/vulkan/index.ts";
import { buffer, expectFailed, expectRefused, KiB, memory, smallDevice, snapshot } from "./helpers.ts";

const HANDLE_TYPES =
  ExternalMemoryHandleType.OpaqueFd |
  ExternalMemoryHandleType.OpaqueWin32 |
  ExternalMemoryHandleType.DmaBufEXT;

/** A program that makes every call of the port that can fail, and cleans up also when one does. */
function program(device: SimulatedDevice): void {
  const undo: (() => void)[] = [];
  try {
    const chain = { sType: StructureType.ExportMemoryAllocateInfo, handleTypes: HANDLE_TYPES } as const;
    const external = {
      sType: StructureType.ExternalMemoryBufferCreateInfo,
      handleTypes: HANDLE_TYPES,
    } as const;
    const made = device.createBuffer({
      size: 64,
      usage: 3 as BufferUsage,
      pNext: [external],
    });
    undo.push(() => device.destroyBuffer(made));
    const image = device.createImage({ format: 37, extent: { width: 4, height: 4 }, usage: 3 as ImageUsage });
    undo.push(() => device.destroyImage(image));
    const second = device.createImage({
      format: 37,
      extent: { width: 4, height: 4 },
      usage: 3 as ImageUsage,
    });
    undo.push(() => device.destroyImage(second));
    const other = device.createBuffer({ size: 64, usage: 3 as BufferUsage });
    undo.push(() => device.destroyBuffer(other));
    const allocated = device.allocateMemory({
      allocationSize: KiB,
      memoryTypeIndex: 1,
      pNext: [chain],
    });
    undo.push(() => device.freeMemory(allocated));
    const placed = memory(device, 4 * KiB);
    undo.push(() => device.freeMemory(placed));
    device.mapMemoryPlaced(placed, 4 * KiB, device.host.registerHostMemory(new Uint8Array(4 * KiB)));
    const local = memory(device, 16 * KiB, 0);
    undo.push(() => device.freeMemory(local));
    device.bindBufferMemory(made, allocated, 0);
    device.bindBufferMemory(other, local, 8 * KiB, []);
    device.bindImageMemory(image, local, 0);
    device.bindImageMemory(second, local, 512, []);
    device.mapMemory(allocated, KiB);
    const range = [{ memory: allocated, offset: 0, size: 64 }];
    device.flushMappedMemoryRanges(range);
    device.invalidateMappedMemoryRanges(range);
    const fd = device.getMemoryFd(allocated, ExternalMemoryHandleType.DmaBufEXT);
    undo.push(() => device.host.closeDescriptor(fd));
    device.getMemoryFdProperties(ExternalMemoryHandleType.DmaBufEXT, fd);
    const handle = device.getMemoryWin32Handle(allocated, ExternalMemoryHandleType.OpaqueWin32);
    undo.push(() => device.host.closeWin32Handle(handle));
    const duplicate = device.duplicateWin32Handle(handle);
    undo.push(() => device.closeWin32Handle(duplicate));
    const address = device.host.registerHostMemory(new Uint8Array(4096));
    device.getMemoryHostPointerProperties(ExternalMemoryHandleType.HostAllocationEXT, address);
    const queue = device.createTransferQueue();
    undo.push(() => {
      device.faults.clear();
      queue.waitIdle();
    });
    queue.submit([{ kind: "fill", target: made, size: 64, value: 1 }]).isComplete();
    const timeline = device.createSemaphore({ initialValue: 0 });
    undo.push(() => {
      device.faults.clear();
      queue.waitIdle();
      device.destroySemaphore(timeline);
    });
    const sparse = device.createBuffer({
      size: 64,
      usage: 3 as BufferUsage,
      flags: BufferCreate.SparseBinding,
    });
    undo.push(() => device.destroyBuffer(sparse));
    const pages = memory(device, 64 * KiB, 0);
    undo.push(() => {
      device.faults.clear();
      if (device.getSemaphoreCounterValue(timeline) === 0) device.signalSemaphore(timeline, 1);
      queue.waitIdle();
      device.freeMemory(pages);
    });
    const binds = [{ resourceOffset: 0, size: 64 * KiB, memory: pages, memoryOffset: 0 }];
    const waitSemaphores = [{ semaphore: timeline, value: 1 }];
    queue.bindSparse({ bufferBinds: [{ buffer: sparse, binds }], waitSemaphores });
    device.signalSemaphore(timeline, 1);
    device.getSemaphoreCounterValue(timeline);
    queue.waitIdle();
  } finally {
    for (const step of undo.reverse()) step();
  }
}

describe("a fault", () => {
  it("fails the next call of its name, once, and leaves others alone", () => {
    const device = smallDevice();
    const fault = device.faults.failNext("vkCreateBuffer", Result.ErrorOutOfHostMemory);
    memory(device);
    expectFailed(device, Result.ErrorOutOfHostMemory, "vkCreateBuffer", () => buffer(device));
    buffer(device);
    expect(fault).toMatchObject({ fired: 1, remaining: 0 });
    expect(device.faults.armed).toEqual([]);
  });

  it("lets some calls pass and fails some more", () => {
    const device = smallDevice();
    device.faults.failNext("vkCreateBuffer", Result.ErrorUnknown, { after: 2, times: 3 });
    const outcomes = Array.from({ length: 7 }, () => {
      try {
        return buffer(device) > 0n;
      } catch {
        return false;
      }
    });
    expect(outcomes).toEqual([true, true, false, false, false, true, true]);
  });

  it("carries any VkResult, also one without a name", () => {
    const device = smallDevice();
    device.faults.failNext("vkMapMemory", -424242 as Result);
    const allocated = memory(device, KiB);
    expectFailed(device, -424242, "vkMapMemory", () => device.mapMemory(allocated, KiB));
  });

  it("comes only where the call is valid", () => {
    const device = smallDevice();
    device.faults.failNext("vkCreateBuffer", Result.ErrorOutOfHostMemory);
    expectRefused(device, "size-00912", () => device.createBuffer({ size: 0, usage: 1 }));
    expectFailed(device, Result.ErrorOutOfHostMemory, "vkCreateBuffer", () => buffer(device));
  });

  it("can be for all calls until it is cleared", () => {
    const device = smallDevice();
    device.faults.failNext("vkCreateBuffer", Result.ErrorOutOfHostMemory, {
      times: Number.POSITIVE_INFINITY,
    });
    for (let i = 0; i < 10; i++) expect(() => buffer(device)).toThrow(VulkanError);
    device.faults.clear();
    buffer(device);
  });

  it("can be decided by a function of the call and its number", () => {
    const device = smallDevice();
    const seen: [string, number][] = [];
    device.faults.failWhen((call, ordinal) => {
      seen.push([call, ordinal]);
      return call === "vkMapMemory" ? Result.ErrorMemoryMapFailed : undefined;
    });
    const allocated = memory(device, KiB);
    expectFailed(device, Result.ErrorMemoryMapFailed, "vkMapMemory", () => device.mapMemory(allocated, KiB));
    expect(seen).toEqual([
      ["vkAllocateMemory", 1],
      ["vkMapMemory", 2],
    ]);
    device.faults.failWhen(undefined);
    device.mapMemory(allocated, KiB);
    device.faults.failWhen(() => Result.ErrorUnknown);
    device.faults.clear();
    device.flushMappedMemoryRanges([{ memory: allocated, offset: 0, size: 64 }]);
  });

  it("is refused for calls that return nothing, and for codes that are no errors", () => {
    const { faults } = smallDevice();
    expect(() => faults.failNext("vkFreeMemory" as FallibleCall, -1)).toThrow(RangeError);
    expect(() => faults.failNext("vkMapMemory", Result.Timeout)).toThrow(RangeError);
    expect(() => faults.failCall(0)).toThrow(RangeError);
    expect(() => faults.failNext("vkMapMemory", -1, { times: 0 })).toThrow(RangeError);
  });

  it("of vkAllocateMemory is told to the listener", () => {
    const events: unknown[] = [];
    const device = smallDevice({ onEvent: (event) => events.push(event) });
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfHostMemory);
    expect(() => memory(device, KiB, 1)).toThrow(VulkanError);
    expect(events).toEqual([{ kind: "allocate-failed", memoryTypeIndex: 1, size: KiB, result: -1 }]);
  });
});

describe("failing the n-th call, whatever it is", () => {
  it("reaches every call that can fail, in order, and the program runs through after the last", () => {
    const failed: string[] = [];
    let n = 1;
    for (; n < 100; n++) {
      const device = smallDevice({ extensions: "all", features: { sparseBinding: true } });
      const empty = snapshot(device);
      const fault = device.faults.failCall(n);
      try {
        program(device);
        expect(fault.fired).toBe(0);
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(VulkanError);
        failed.push((error as VulkanError).call);
        expect(fallibleCalls[(error as VulkanError).call as FallibleCall]).toContain(
          (error as VulkanError).result,
        );
      }
      expect(snapshot(device)).toEqual(empty);
      device.destroy();
    }
    expect(failed).toHaveLength(n - 1);
    expect(new Set(failed)).toEqual(new Set(Object.keys(fallibleCalls)));
  });
});
