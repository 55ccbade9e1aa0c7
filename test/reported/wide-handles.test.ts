/**
 * Handles and addresses beyond 64 bits. What stores a bigint in 64 bits cuts it without a word, so that
 * 2^64 + a buffer was that buffer, and -1 an address of the driver's to crash at. Whoever takes one refuses it.
 */

import { describe, expect, it } from "vitest";
import { armMobile, knownExtensions, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferUsage,
  type DeviceMemory,
  ExternalMemoryHandleType,
  type Image,
  type NextStructure,
  StructureType,
  type TransferCommand,
  type TransferQueue,
  type VulkanDevice,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

/** A buffer that is bound, and the calls that take a handle or an address: each with `wide` instead of one. */
function callsWith(
  device: VulkanDevice,
  queue: TransferQueue,
  buffer: Buffer,
  memory: DeviceMemory,
  wide: bigint,
): Record<string, () => unknown> {
  const out = emptyMemoryRequirements();
  const info = { size: 64, usage: BufferUsage.TransferDst };
  const submit = (command: TransferCommand) => () => queue.submit([command]);
  const allocateWith = (structure: NextStructure | bigint) => () =>
    device.allocateMemory({ allocationSize: 4096, memoryTypeIndex: 0, pNext: [structure] });
  const extent = { width: 1, height: 1 };
  return {
    freeMemory: () => device.freeMemory(wide as DeviceMemory),
    mapMemory: () => device.mapMemory(wide as DeviceMemory, 4096),
    unmapMemory: () => device.unmapMemory(wide as DeviceMemory),
    flush: () => device.flushMappedMemoryRanges([{ memory: wide as DeviceMemory, offset: 0, size: 64 }]),
    invalidate: () =>
      device.invalidateMappedMemoryRanges([{ memory: wide as DeviceMemory, offset: 0, size: 64 }]),
    destroyBuffer: () => device.destroyBuffer(wide as Buffer),
    destroyImage: () => device.destroyImage(wide as Image),
    getBufferMemoryRequirements: () => device.getBufferMemoryRequirements(wide as Buffer, out, false),
    getBufferMemoryRequirements2: () => device.getBufferMemoryRequirements(wide as Buffer, out, true),
    getImageMemoryRequirements: () => device.getImageMemoryRequirements(wide as Image, out, false),
    getImageMemoryRequirements2: () => device.getImageMemoryRequirements(wide as Image, out, true),
    "bindBufferMemory, the buffer": () => device.bindBufferMemory(wide as Buffer, memory, 0),
    "bindBufferMemory, the memory": () => device.bindBufferMemory(buffer, wide as DeviceMemory, 0),
    bindBufferMemory2: () => device.bindBufferMemory(wide as Buffer, memory, 0, []),
    "bindImageMemory, the image": () => device.bindImageMemory(wide as Image, memory, 0),
    bindImageMemory2: () => device.bindImageMemory(wide as Image, memory, 0, []),
    getBufferDeviceAddress: () => device.getBufferDeviceAddress(wide as Buffer),
    setDeviceMemoryPriority: () => device.setDeviceMemoryPriority(wide as DeviceMemory, 0.5),
    getMemoryFd: () => device.getMemoryFd(wide as DeviceMemory, ExternalMemoryHandleType.OpaqueFd),
    getMemoryHostPointerProperties: () =>
      device.getMemoryHostPointerProperties(ExternalMemoryHandleType.HostAllocationEXT, wide),
    "a chain that is an address": () => device.createBuffer({ ...info, pNext: wide }),
    "an address in a chain": allocateWith(wide),
    "a dedicated buffer in a chain": allocateWith({
      sType: StructureType.MemoryDedicatedAllocateInfo,
      buffer: wide as Buffer,
    }),
    "a host pointer in a chain": allocateWith({
      sType: StructureType.ImportMemoryHostPointerInfoEXT,
      handleType: ExternalMemoryHandleType.HostAllocationEXT,
      hostPointer: wide,
    }),
    "a captured address of memory": allocateWith({
      sType: StructureType.MemoryOpaqueCaptureAddressAllocateInfo,
      opaqueCaptureAddress: wide,
    }),
    "a captured address of a buffer": () =>
      device.createBuffer({
        ...info,
        pNext: [{ sType: StructureType.BufferOpaqueCaptureAddressCreateInfo, opaqueCaptureAddress: wide }],
      }),
    "a copy's source": submit({ kind: "buffer", source: wide as Buffer, target: buffer, size: 4 }),
    "a copy's target": submit({ kind: "buffer", source: buffer, target: wide as Buffer, size: 4 }),
    "a fill's target": submit({ kind: "fill", target: wide as Buffer, size: 4, value: 0 }),
    "a copy from a buffer to an image": submit({
      kind: "bufferToImage",
      source: buffer,
      target: wide as Image,
      extent,
    }),
    "a copy from an image to a buffer": submit({
      kind: "imageToBuffer",
      source: wide as Image,
      target: buffer,
      extent,
    }),
  };
}

function expectAllRefused(device: VulkanDevice, queue: TransferQueue): void {
  const buffer = device.createBuffer({
    size: 64,
    usage: BufferUsage.TransferDst | BufferUsage.TransferSrc,
  });
  const memory = device.allocateMemory({ allocationSize: 4096, memoryTypeIndex: 0 });
  device.bindBufferMemory(buffer, memory, 0);
  for (const wide of [
    -1n,
    2n ** 64n,
    2n ** 64n + buffer,
    2n ** 64n + memory,
    -(2n ** 64n) + buffer,
    2n ** 80n,
  ]) {
    for (const [name, call] of Object.entries(callsWith(device, queue, buffer, memory, wide))) {
      let error: unknown;
      try {
        call();
      } catch (thrown) {
        error = thrown;
      }
      expect(error, `${name} with ${wide}n`).toBeInstanceOf(RangeError);
      expect((error as Error).message, `${name} with ${wide}n`).toContain(`got ${wide}n`);
    }
  }
  // All that was given is still there, and nothing else.
  const out = emptyMemoryRequirements();
  device.getBufferMemoryRequirements(buffer, out, false);
  expect(out.size).toBeGreaterThanOrEqual(64);
  device.destroyBuffer(buffer);
  device.freeMemory(memory);
}

describe("handles and addresses beyond 64 bits", () => {
  it("are refused by the simulator", () => {
    const device = new SimulatedDevice({ ...armMobile, extensions: knownExtensions }, { extensions: "all" });
    expectAllRefused(device, device.queue);
    expect(device.leaks()).toEqual([]);
  });

  describeWithVulkan("on a driver", (ctx) => {
    it("are refused", () => expectAllRefused(ctx.device, ctx.device.queue));

    it("are refused where a device is made", () => {
      expect(() => ctx.vulkan.createDevice({ allocationCallbacks: 2n ** 64n })).toThrow(
        new RangeError("allocationCallbacks must be an unsigned 64-bit integer, got 18446744073709551616n"),
      );
      expect(() => ctx.vulkan.createDevice({ featureChain: -5n })).toThrow(/got -5n/);
    });
  });
});
