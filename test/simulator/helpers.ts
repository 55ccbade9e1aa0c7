/** What the simulator's tests share: shorthands, and proof that a refused call has changed nothing. */

import { expect } from "vitest";
import { SimulatedDevice, type SimulatedDeviceOptions, ValidityError } from "../../src/simulator/index.ts";
import type { ProfileDescription } from "../../src/simulator/profile.ts";
import {
  type Buffer,
  BufferUsage,
  type DeviceMemory,
  type Image,
  type MemoryProperty,
  type MemoryRequirements,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";

export const KiB = 1024;
export const MiB: number = 1024 * KiB;

/** A small device with a type of every kind: 0 device, 1 coherent, 2 cached and not coherent, 3 lazy. */
export const smallProfile: ProfileDescription = {
  name: "small",
  memoryHeaps: [
    { size: 16 * MiB, flags: 1 },
    { size: 32 * MiB, flags: 0 },
  ],
  memoryTypes: [
    { propertyFlags: 0x1, heapIndex: 0 },
    { propertyFlags: 0x6 as MemoryProperty, heapIndex: 1 },
    { propertyFlags: 0xa as MemoryProperty, heapIndex: 1 },
    { propertyFlags: 0x11 as MemoryProperty, heapIndex: 0 },
  ],
  limits: { bufferImageGranularity: 1024, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 16 },
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 256, optimalImageAlignment: 512 },
};

export function smallDevice(options: SimulatedDeviceOptions = {}): SimulatedDevice {
  return new SimulatedDevice(smallProfile, options);
}

const allUsages: number = BufferUsage.TransferSrc | BufferUsage.TransferDst;

export function buffer(device: SimulatedDevice, size = 1000, usage: number = allUsages): Buffer {
  return device.createBuffer({ size, usage });
}

export function memory(device: SimulatedDevice, size: number = 64 * KiB, memoryTypeIndex = 1): DeviceMemory {
  return device.allocateMemory({ allocationSize: size, memoryTypeIndex });
}

/** A buffer, bound at the start of its own memory. */
export function boundBuffer(
  device: SimulatedDevice,
  size = 1000,
  memoryTypeIndex = 1,
): [Buffer, DeviceMemory] {
  const made = buffer(device, size);
  const allocated = memory(device, Math.ceil(size / 16) * 16, memoryTypeIndex);
  device.bindBufferMemory(made, allocated, 0);
  return [made, allocated];
}

export function bufferNeeds(device: SimulatedDevice, handle: Buffer): MemoryRequirements {
  const out = emptyMemoryRequirements();
  device.getBufferMemoryRequirements(handle, out, true);
  return out;
}

export function imageNeeds(device: SimulatedDevice, handle: Image, plane?: number): MemoryRequirements {
  const out = emptyMemoryRequirements();
  device.getImageMemoryRequirements(handle, out, true, plane);
  return out;
}

/** Everything that a call could have changed and that can be asked for. */
export function snapshot(device: SimulatedDevice): unknown {
  return { statistics: device.statistics(), leaks: device.leaks(), fds: device.host.openDescriptors };
}

/** Expects `call` to be refused by the rule whose identifier ends so, with nothing changed. */
export function expectRefused(device: SimulatedDevice, rule: string, call: () => unknown): ValidityError {
  const before = snapshot(device);
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ValidityError);
  const error = thrown as ValidityError;
  expect(error.rule.endsWith(rule), `${error.message} should end with ${rule}`).toBe(true);
  expect(error.message.startsWith(`${error.call}: `)).toBe(true);
  expect(snapshot(device)).toEqual(before);
  return error;
}

/** Expects `call` to throw a VulkanError of this result from this C function, with nothing changed. */
export function expectFailed(
  device: SimulatedDevice,
  result: number,
  name: string,
  call: () => unknown,
): void {
  const before = snapshot(device);
  expect(call).toThrow(expect.objectContaining({ name: "VulkanError", result, call: name }));
  expect(snapshot(device)).toEqual(before);
}

/** A reproducible source of numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
