import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { detach, detachByReading } from "../../src/ffi/detach.ts";
import { NativeMapping } from "../../src/ffi/mapping.ts";
import { BufferUsage, type DeviceMemory } from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { allocate, free, libc, native } from "../helpers/native.ts";
import { describeWithVulkan, hostMemory, memoryType } from "../helpers/vulkan.ts";

/** Native memory that outlives every test, to look at behind the views' backs. */
const SIZE = 4096;
const address = allocate(SIZE);
const truth = new Uint8Array(native.view(address, SIZE));
afterAll(() => {
  detach(truth.buffer as ArrayBuffer);
  free(address);
});
const pattern = (): void => truth.set(truth.map((_, i) => i % 251));

describe.each([
  ["detach", detach],
  ["detachByReading", detachByReading],
])("%s", (_, detacher) => {
  it("empties every view of native memory at once, and leaves the memory as it was", async () => {
    pattern();
    const before = truth.slice();
    const view = native.view(address, SIZE);
    const whole = new Uint8Array(view);
    const part = whole.subarray(16, 32);
    const words = new Uint32Array(view, 64, 4);
    detacher(view);
    expect([view.byteLength, whole.length, part.length, words.length]).toEqual([0, 0, 0, 0]);
    part[0] = 77;
    whole[0] = 99;
    expect(() => whole.fill(99)).toThrow(TypeError);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(truth).toEqual(before);
  });

  it("rejects no promise that nobody awaits", async () => {
    const rejections: unknown[] = [];
    const note = (error: unknown): void => void rejections.push(error);
    process.on("unhandledRejection", note);
    for (let i = 0; i < 20; i++) detacher(native.view(address, SIZE));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });
});

describe("a mapping", () => {
  it("shows the memory from any offset, through one buffer", () => {
    pattern();
    const mapping = new NativeMapping(native, address, SIZE);
    const a = mapping.bytes(0, 8);
    const b = mapping.bytes(100, 8);
    expect([...a]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(b[0]).toBe(100);
    b[0] = 200;
    expect(truth[100]).toBe(200);
    expect(a.buffer).toBe(b.buffer);
    mapping.close();
  });

  it("covers everything that any range asks for when it is larger than a view may be", () => {
    pattern();
    const limit = 256;
    const mapping = new NativeMapping(native, address, SIZE, limit);
    const seen: Uint8Array[] = [];
    fc.assert(
      fc.property(fc.nat(SIZE), fc.nat(limit), (offset, wanted) => {
        const length = Math.min(wanted, SIZE - offset);
        const bytes = mapping.bytes(offset, length);
        seen.push(bytes);
        expect(bytes).toEqual(truth.subarray(offset, offset + length));
        expect(bytes.buffer.byteLength).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 500 },
    );
    // Ranges up to half the limit share windows, at most one for each half.
    const small = seen.filter(({ length }) => length > 0 && length <= limit / 2);
    expect(new Set(small.map((bytes) => bytes.buffer)).size).toBeLessThanOrEqual(SIZE / (limit / 2) + 1);
    mapping.close();
    expect(seen.every((bytes) => bytes.length === 0)).toBe(true);
  });

  it.runIf(process.platform === "linux")("can be larger than 4 GiB", () => {
    const GIB = 2 ** 30;
    // Readable and writable, private, without swap reserved: only the pages that are touched exist.
    const large = BigInt(libc("mmap", "nnnnnn>a", 0, 6 * GIB, 3, 0x4022, 0xffff_ffff_ffff_ffffn, 0));
    const mapping = new NativeMapping(native, large, 6 * GIB);
    const high = mapping.bytes(5 * GIB + 7, 16);
    high[0] = 42;
    expect(mapping.bytes(5 * GIB, 8)[7]).toBe(42);
    const long = mapping.bytes(0, 3 * GIB);
    long[2 * GIB + 5] = 9;
    expect(mapping.bytes(2 * GIB, 6)[5]).toBe(9);
    mapping.close();
    expect([high.length, long.length]).toEqual([0, 0]);
    libc("munmap", "pn>r", large, 6 * GIB);
  });

  it("says what a range may be", () => {
    const mapping = new NativeMapping(native, address, SIZE, 256);
    expect(() => mapping.bytes(-1, 1)).toThrow(RangeError);
    expect(() => mapping.bytes(0, SIZE + 1)).toThrow(/from 0 to 4096, got 4097/);
    expect(() => mapping.bytes(SIZE, 1)).toThrow(/length must be an integer from 0 to 0, got 1/);
    expect(() => mapping.bytes(0, 257)).toThrow(/at most 256 bytes at once, got 257/);
    expect(() => mapping.bytes(0.5, 1)).toThrow(RangeError);
    mapping.close();
  });

  it("gives the same array for the same range, as long as it has its bytes", () => {
    const mapping = new NativeMapping(native, address, SIZE);
    const bytes = mapping.bytes(8, 16);
    expect(mapping.bytes(8, 16)).toBe(bytes);
    expect(mapping.bytes(8, 15)).not.toBe(bytes);
    expect(mapping.bytes(0, 0).length).toBe(0);
    expect([mapping.bytes(8, 16).byteOffset, mapping.bytes(8, 16).length]).toEqual([8, 16]);
    const held = mapping.bytes(8, 16);
    mapping.close();
    expect(held.length).toBe(0);
    expect(() => mapping.bytes(8, 16)).toThrow("no longer mapped");
  });

  it("throws once it is closed, and what was taken before is empty", () => {
    const mapping = new NativeMapping(native, address, SIZE);
    const bytes = mapping.bytes(10, 20);
    mapping.close();
    expect(bytes.length).toBe(0);
    expect(() => mapping.bytes(10, 20)).toThrow("no longer mapped");
  });
});

describeWithVulkan("mapped device memory", (ctx) => {
  const allocate = (size: number, memoryTypeBits = ~0): DeviceMemory => {
    const memoryTypeIndex = memoryType(ctx.device, memoryTypeBits, hostMemory);
    return ctx.device.allocateMemory({ allocationSize: size, memoryTypeIndex });
  };

  it("is empty after unmapping", () => {
    const memory = allocate(65536);
    const mapping = ctx.device.mapMemory(memory, 65536);
    const whole = mapping.bytes(0, 65536);
    const part = mapping.bytes(256, 16);
    const copy = new Uint32Array(part.buffer, 1024, 2);
    expect([whole.length, part.length, copy.length]).toEqual([65536, 16, 2]);
    ctx.device.unmapMemory(memory);
    expect([whole.length, part.length, copy.length]).toEqual([0, 0, 0]);
    expect(() => mapping.bytes(0, 1)).toThrow("no longer mapped");
    ctx.device.freeMemory(memory);
  });

  it("is empty after the memory is freed while mapped", () => {
    const memory = allocate(4096);
    const part = ctx.device.mapMemory(memory, 4096).bytes(0, 16).subarray(4, 8);
    ctx.device.freeMemory(memory);
    expect(part.length).toBe(0);
  });

  it("holds the same bytes when it is mapped again", () => {
    const memory = allocate(4096);
    ctx.device.mapMemory(memory, 4096).bytes(1000, 4).set([1, 2, 3, 4]);
    ctx.device.unmapMemory(memory);
    const mapping = ctx.device.mapMemory(memory, 4096);
    expect(mapping.address % 64n).toBe(0n);
    expect([...mapping.bytes(1000, 4)]).toEqual([1, 2, 3, 4]);
    const atom = ctx.device.properties.limits.nonCoherentAtomSize;
    ctx.device.flushMappedMemoryRanges([{ memory, offset: 0, size: atom }]);
    ctx.device.invalidateMappedMemoryRanges([{ memory, offset: atom, size: Number.POSITIVE_INFINITY }]);
    ctx.device.freeMemory(memory);
  });

  it("flushes any number of ranges", () => {
    const size = ctx.device.properties.limits.nonCoherentAtomSize;
    const memory = allocate(1000 * size);
    ctx.device.mapMemory(memory, 1000 * size);
    const ranges = Array.from({ length: 1000 }, (_, i) => ({ memory, offset: i * size, size }));
    ctx.device.flushMappedMemoryRanges(ranges);
    ctx.device.invalidateMappedMemoryRanges(ranges);
    ctx.device.flushMappedMemoryRanges([]);
    ctx.device.freeMemory(memory);
  });

  it("is shared with the device", async () => {
    const { device } = ctx;
    const buffer = device.createBuffer({ size: 256, usage: BufferUsage.TransferDst });
    const requirements = emptyMemoryRequirements();
    device.getBufferMemoryRequirements(buffer, requirements, true);
    const memory = allocate(4096, requirements.memoryTypeBits);
    device.bindBufferMemory(buffer, memory, 0);
    const bytes = device.mapMemory(memory, 4096).bytes(0, 256);
    await device.queue.submit([{ kind: "fill", target: buffer, size: 256, value: 0xdeadbeef }]).done();
    expect(new Uint32Array(bytes.buffer, bytes.byteOffset, 64).every((word) => word === 0xdeadbeef)).toBe(
      true,
    );
    device.destroyBuffer(buffer);
    device.freeMemory(memory);
  });
});
