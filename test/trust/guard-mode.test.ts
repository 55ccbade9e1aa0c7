/**
 * Guard mode: `debug: { margin, detectCorruption: true }`. Whoever writes past the end of an allocation is found when
 * anything is checked or freed, and the error says whose end it was. Every allocation is overrun here once, by the
 * host and by the device.
 */

import { afterEach, describe, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  BufferUsage,
  CorruptionError,
  createAllocator,
  MemoryProperty,
  type Pool,
  PoolCreate,
  Result,
  type TransferQueue,
  type VulkanDevice,
} from "../../src/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { bufferOf, bytes, everyKind, KiB, Type } from "./world.ts";

const MARGIN = 16;
const guard = { margin: MARGIN, detectCorruption: true } as const;
const host = { flags: AllocationCreate.HostAccessRandom } as const;

function corruptionOf(step: () => unknown): CorruptionError {
  try {
    step();
  } catch (error) {
    if (error instanceof CorruptionError) return error;
    throw error;
  }
  return expect.fail("no corruption was found");
}

/** Writes one byte so many bytes past the end, and returns what takes it back. */
function overrun(allocator: Allocator, allocation: Allocation, past: number): () => void {
  const view = allocator.mapMemory(allocation);
  const at = new Uint8Array(view.buffer, view.byteOffset + view.length + past, 1);
  const before = at[0]!;
  at[0] = before ^ 0xff;
  allocator.unmapMemory(allocation);
  return () => {
    const again = allocator.mapMemory(allocation);
    new Uint8Array(again.buffer, again.byteOffset + again.length + past, 1)[0] = before;
    allocator.unmapMemory(allocation);
  };
}

interface Filled {
  readonly allocator: Allocator;
  readonly pools: readonly Pool[];
  readonly guarded: readonly Allocation[];
}

/** Allocations of all sizes in default blocks, a pool, and a linear pool used from both ends. */
function fill(device: VulkanDevice, hostType: number): Filled {
  const allocator = createAllocator({ device, debug: guard });
  const plain = allocator.createPool({ memoryTypeIndex: hostType, blockSize: 64 * KiB });
  // Each allocation may need a page of its own: of 4096 bytes on SwiftShader.
  const linear = allocator.createPool({
    memoryTypeIndex: hostType,
    blockSize: 256 * KiB,
    flags: PoolCreate.LinearAlgorithm,
    maxBlockCount: 1,
  });
  const guarded: Allocation[] = [];
  for (let index = 0; index < 30; index++) {
    const size = 1 + ((index * 977) % 3000);
    const upper = index % 2 === 0 ? 0 : AllocationCreate.UpperAddress;
    const flags = AllocationCreate.HostAccessRandom;
    const name = (where: string) => ({ name: `${where} ${index}` });
    const needs = bytes(size, hostType, 2 ** (index % 7));
    guarded.push(
      allocator.allocateMemory(needs, { ...host, ...name("default") }),
      allocator.allocateMemory(needs, { pool: plain, flags, ...name("pool") }),
      allocator.allocateMemory(bytes(100 + index, hostType), {
        pool: linear,
        flags: flags | upper,
        ...name("linear"),
      }),
    );
  }
  return { allocator, pools: [plain, linear], guarded };
}

function empty({ allocator, pools, guarded }: Filled): void {
  for (const allocation of guarded) allocator.freeMemory(allocation);
  for (const pool of pools) pool.destroy();
  allocator.destroy();
}

describe("In guard mode", () => {
  const devices: SimulatedDevice[] = [];
  const make = (): SimulatedDevice => {
    const device = new SimulatedDevice(everyKind);
    devices.push(device);
    return device;
  };
  afterEach(() => {
    for (const device of devices.splice(0)) device.destroy();
  });

  it("a write to any byte of any margin is found, and the error has the allocation", () => {
    const filled = fill(make(), Type.Host);
    const { allocator, guarded } = filled;
    allocator.checkCorruption();
    guarded.forEach((allocation, index) => {
      const restore = overrun(allocator, allocation, index % MARGIN);
      const error = corruptionOf(() => allocator.checkCorruption());
      expect(error.allocation).toBe(allocation);
      expect(error.message).toContain(JSON.stringify(allocation.name));
      expect(error.message).toContain(`offset ${allocation.offset}, ${allocation.size} bytes`);
      if (allocation.pool !== undefined) {
        const { pool } = allocation;
        expect(corruptionOf(() => allocator.checkPoolCorruption(pool)).allocation).toBe(allocation);
      }
      // Only the memory types that are asked about are looked at.
      allocator.checkCorruption(1 << Type.Window);
      restore();
      allocator.checkCorruption();
    });
    empty(filled);
  });

  it("a write before the margin or behind it is nobody's fault", () => {
    const filled = fill(make(), Type.Host);
    const { allocator, guarded } = filled;
    for (const allocation of guarded) {
      const view = allocator.mapMemory(allocation);
      view.fill(0xff);
      allocator.unmapMemory(allocation);
    }
    allocator.checkCorruption();
    empty(filled);
  });

  it("freeing what was overrun says so, and frees it", () => {
    const device = make();
    const filled = fill(device, Type.Host);
    const { allocator, guarded } = filled;
    const victim = guarded[10]!;
    const name = victim.name!;
    overrun(allocator, victim, 3);
    const error = corruptionOf(() => allocator.freeMemory(victim));
    expect(error.message).toContain(name);
    expect(victim.isFreed).toBe(true);
    allocator.validate();
    allocator.checkCorruption();
    const made = allocator.createBuffer(bufferOf(100), {
      ...host,
      memoryTypeBits: 1 << Type.Host,
    });
    overrun(allocator, made.allocation, 0);
    corruptionOf(() => allocator.destroyBuffer(made.buffer, made.allocation));
    expect(device.statistics().bufferCount).toBe(0);
    empty({ ...filled, guarded: guarded.filter((each) => each !== victim) });
  });

  it("dedicated memory and memory that the host cannot check have no magic value", () => {
    const device = make();
    const allocator = createAllocator({ device, debug: guard });
    const dedicated = allocator.allocateDedicatedMemory(bytes(100, Type.Host), host);
    const onDevice = allocator.allocateMemory(bytes(100, Type.Device));
    const nonCoherent = allocator.allocateMemory(bytes(100, Type.NonCoherent), host);
    expect(dedicated.info().blockSize).toBe(100);
    for (const type of [Type.Device, Type.NonCoherent]) {
      expect(() => allocator.checkCorruption(1 << type)).toThrow(
        expect.objectContaining({ result: Result.ErrorFeatureNotPresent }),
      );
    }
    allocator.checkCorruption();
    allocator.freeMemoryPages([dedicated, onDevice, nonCoherent]);
    allocator.destroy();
  });
});

const COHERENT: number = MemoryProperty.HostVisible | MemoryProperty.HostCoherent;

/** Lets the device write over an allocation's end, as a shader with a wrong index would. */
function overrunByDevice(device: VulkanDevice, queue: TransferQueue, allocation: Allocation): void {
  const { deviceMemory, offset, size, blockSize } = allocation.info();
  const buffer = device.createBuffer({ size: blockSize, usage: BufferUsage.TransferDst });
  device.bindBufferMemory(buffer, deviceMemory, 0);
  const targetOffset = Math.ceil((offset + size) / 4) * 4;
  const submission = queue.submit([{ kind: "fill", target: buffer, targetOffset, size: 4, value: 0 }]);
  while (!submission.isComplete());
  device.destroyBuffer(buffer);
}

describeWithVulkan("In guard mode on a real driver", (ctx) => {
  it("what the device writes past an end is found too", () => {
    const { device } = ctx;
    const queue = device.createTransferQueue();
    const hostType = device.memoryProperties.memoryTypes.findIndex(
      ({ propertyFlags }) => (propertyFlags & COHERENT) === COHERENT,
    );
    const filled = fill(device, hostType);
    for (const index of [0, 31, 62, 89]) {
      const victim = filled.guarded[index]!;
      overrunByDevice(device, queue, victim);
      expect(corruptionOf(() => filled.allocator.checkCorruption()).allocation).toBe(victim);
      const error = corruptionOf(() => filled.allocator.freeMemory(victim));
      expect(error.message).toContain(victim.name!);
    }
    queue.destroy();
    empty({ ...filled, guarded: filled.guarded.filter(({ isFreed }) => !isFreed) });
  });
});
