/** Engines that have no views of memory that is not their own, as Electron's sandbox: everything goes on, by copies. */

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { createAllocator } from "../../src/face/index.ts";
import type { NativeDevice } from "../../src/ffi/device.ts";
import { openLibrary } from "../../src/ffi/library.ts";
import { NativeMapping } from "../../src/ffi/mapping.ts";
import { withArgumentBlocks } from "../../src/ffi/native/blocks/argument-blocks.ts";
import type { NativeCalls } from "../../src/ffi/native/native-calls.ts";
import { Vulkan } from "../../src/ffi/vulkan.ts";
import { BufferUsage } from "../../src/vulkan/index.ts";
import { allocate, copyOf, free, loadVulkan, native, runtime } from "../helpers/native.ts";
import { isKnownToLayer, requireVulkan, vulkanAbsence } from "../helpers/vulkan.ts";

const REFUSAL = "External buffers are not allowed";
/** The native calls of an engine that refuses every view. */
const refusing: NativeCalls = {
  ...native,
  view() {
    throw new Error(REFUSAL);
  },
};
const hasBlocks = runtime === "node" && process.platform === "linux" && process.arch === "x64";

describe("a mapping without views", () => {
  const SIZE = 3 * 2 ** 20;
  const address = allocate(SIZE);
  afterAll(() => free(address));

  it("says why it has none, and copies", () => {
    const mapping = new NativeMapping(refusing, address, SIZE);
    expect(() => mapping.bytes(0, 16)).toThrow(`no views of memory that is not its own (${REFUSAL})`);
    expect(() => mapping.bytes(0, 16)).toThrow("use allocation.write and allocation.read");
    mapping.copies!.write(SIZE - 4, new Uint8Array([1, 2, 3, 4]));
    expect(copyOf(address + BigInt(SIZE - 4), 4).getUint32(0, true)).toBe(0x04030201);
    const target = new Uint8Array(2);
    mapping.copies!.read(SIZE - 3, target);
    expect([...target]).toEqual([2, 3]);
  });

  it("stays inside of the memory, and ends with it", () => {
    const mapping = new NativeMapping(refusing, address, SIZE);
    expect(() => mapping.copies!.write(SIZE - 1, new Uint8Array(2))).toThrow(RangeError);
    expect(() => mapping.copies!.read(-1, new Uint8Array(1))).toThrow(RangeError);
    expect(mapping.close()).toBeUndefined();
    expect(() => mapping.copies!.read(0, new Uint8Array(1))).toThrow("no longer mapped");
    expect(() => mapping.bytes(0, 1)).toThrow("no longer mapped");
  });

  it("has no copies where there are views", () => {
    expect(new NativeMapping(native, address, SIZE).copies).toBeUndefined();
  });
});

const isAbsent = vulkanAbsence !== undefined && !requireVulkan;
const ways: [string, () => NativeCalls][] = [["by themselves", () => refusing]];
if (hasBlocks) ways.push(["with argument blocks", () => withArgumentBlocks(refusing)]);
describe.skipIf(isAbsent).each(ways)("a device without views, calls made %s", (_, calls) => {
  let device: NativeDevice;
  beforeAll(() => {
    const library = openLibrary(calls(), process.env.VMA_TS_VULKAN || undefined);
    device = new Vulkan(library, { kind: "test", reason: "a test" }).createDevice({
      validation: true,
      memoryExtensions: isKnownToLayer,
    });
  });
  afterAll(() => {
    device.destroy();
    expect(device.messages.filter(({ types }) => (types & 2) !== 0)).toEqual([]);
  });

  it("writes, fills and reads allocations", () => {
    using allocator = createAllocator({ device });
    const { buffer, allocation } = allocator.createBuffer(
      { size: 2.5 * 2 ** 20, usage: BufferUsage.TransferSrc },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
    );
    const data = Uint8Array.from({ length: allocation.size }, (_byte, i) => (i * 7) % 251);
    allocation.write(data);
    expect(Buffer.compare(allocation.read(), data)).toBe(0);
    allocation.fill(9, 2 ** 20 - 3, 6);
    data.fill(9, 2 ** 20 - 3, 2 ** 20 + 3);
    expect(Buffer.compare(allocation.read(), data)).toBe(0);
    expect([...allocation.read(2 ** 20 - 4, 3)]).toEqual([data[2 ** 20 - 4], 9, 9]);
    allocator.destroyBuffer(buffer, allocation);
  });

  it("says why there is no view, and leaves nothing mapped", () => {
    using allocator = createAllocator({ device });
    const { buffer, allocation } = allocator.createBuffer(
      { size: 4096, usage: BufferUsage.TransferSrc },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
    );
    expect(() => allocator.mapMemory(allocation)).toThrow(REFUSAL);
    expect(() => allocator.unmapMemory(allocation)).toThrow("unmapped more often than mapped");
    using mapping = allocation.map();
    expect(mapping.address).toBeGreaterThan(0n);
    expect(() => mapping.bytes).toThrow(REFUSAL);
    allocation.write(new Uint8Array([5]));
    expect(allocation.read(0, 1)[0]).toBe(5);
    mapping.unmap();
    allocator.destroyBuffer(buffer, allocation);
  });

  it("fills and checks the margins of debugging", () => {
    using allocator = createAllocator({
      device,
      debug: { margin: 16, detectCorruption: true, fillPatterns: true },
    });
    const { buffer, allocation } = allocator.createBuffer(
      { size: 4096, usage: BufferUsage.TransferSrc },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
    );
    expect(allocation.read(0, 2)[0]).not.toBe(0);
    allocator.destroyBuffer(buffer, allocation);
  });
});

describe.skipIf(isAbsent || runtime !== "node")("a library that was loaded where koffi views nothing", () => {
  it("makes devices, writes, copies on the device and reads", async () => {
    const { default: koffi } = await import("koffi");
    const view = vi.spyOn(koffi, "view").mockImplementation(() => {
      throw new Error(REFUSAL);
    });
    try {
      using device = loadVulkan().createDevice();
      using allocator = createAllocator({ device });
      const [source, target] = [0, 1].map(() =>
        allocator.createBuffer(
          { size: 70_000, usage: BufferUsage.TransferSrc | BufferUsage.TransferDst },
          { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
        ),
      );
      const data = Uint8Array.from({ length: 70_000 }, (_byte, i) => (i * 11) % 241);
      source!.allocation.write(data);
      const copy = { source: source!.buffer, target: target!.buffer, size: 70_000 };
      await device.queue.submit([{ kind: "buffer", ...copy }]).done();
      expect(Buffer.compare(target!.allocation.read(0, 70_000), data)).toBe(0);
      expect(() => target!.allocation.map().bytes).toThrow(REFUSAL);
      expect(view).toHaveBeenCalled();
      for (const { buffer, allocation } of [source!, target!]) allocator.destroyBuffer(buffer, allocation);
    } finally {
      view.mockRestore();
    }
  });
});
