/**
 * All allocations of a block share one view of its mapping. Whoever transfers the buffer of that view (a BYOB read into
 * mapped bytes does) takes it from all of them, and keeps a way to the memory after it is unmapped.
 */

import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { detach } from "../../src/ffi/detach.ts";
import { NativeMapping } from "../../src/ffi/mapping.ts";
import { armMobile, SimulatedDevice } from "../../src/simulator/index.ts";
import { runProgram } from "../helpers/child.ts";
import { allocate, free, native } from "../helpers/native.ts";
import { describeWithVulkan, hostMemory, memoryType } from "../helpers/vulkan.ts";

const program = join(import.meta.dirname, "programs", "take-a-view.ts");

/** Takes the buffer of a view as a BYOB reader does. */
async function take(bytes: Uint8Array): Promise<void> {
  const reader = new ReadableStream({
    type: "bytes",
    pull: (controller) => controller.byobRequest!.respond(1),
  }).getReader({ mode: "byob" });
  await reader.read(bytes);
}

describe("a view whose buffer is taken", () => {
  it("is made anew on the simulator, or is not taken at all, and nothing is lost", () => {
    const { status, signal, output } = runProgram(program, ["simulator"]);
    const [first, ...rest] = output.split("\n");
    expect(JSON.parse(first!)).toMatchObject({
      isTaken: false,
      x: [1, 2, 3],
      seen: [4, 5, 6, 4096],
      written: 9,
    });
    expect({ status, signal, rest }).toEqual({ status: 0, signal: null, rest: ["0", "alive"] });
  });

  it("cannot be taken from simulated memory, whichever way", async () => {
    using device = new SimulatedDevice(armMobile);
    const memory = device.allocateMemory({ allocationSize: 100_000, memoryTypeIndex: 1 });
    const bytes = device.mapMemory(memory, 100_000).bytes(0, 100_000);
    bytes[99_999] = 5;
    await expect(take(bytes)).rejects.toThrow(TypeError);
    const buffer = bytes.buffer as ArrayBuffer & { transfer?(): void };
    const { port1 } = new MessageChannel();
    for (const way of [
      () => structuredClone(buffer, { transfer: [buffer] }),
      () => port1.postMessage(buffer, [buffer]),
      () => buffer.transfer?.(),
    ]) {
      try {
        way();
      } catch (error) {
        expect(String(error)).toMatch(/TypeError|DataCloneError/);
      }
      expect(bytes[99_999]).toBe(5);
    }
    port1.close();
    device.freeMemory(memory);
  });

  describe("of native memory", () => {
    const address = allocate(4096);
    afterAll(() => free(address));

    it.each([
      ["whole", 4096],
      ["in windows", 256],
    ])("is made anew, %s, and closing says that it was taken", async (_, limit) => {
      const mapping = new NativeMapping(native, address, 4096, limit);
      const bytes = mapping.bytes(100, 10);
      bytes[0] = 42;
      await take(bytes);
      expect(bytes.length).toBe(0);
      expect(mapping.bytes(100, 10)[0]).toBe(42);
      expect(mapping.close()).toBe("a taken view");
    });

    it("is noticed although nobody has asked for the bytes again", async () => {
      const mapping = new NativeMapping(native, address, 4096);
      await take(mapping.bytes(0, 1));
      expect(mapping.close()).toBe("a taken view");
      const untouched = new NativeMapping(native, address, 4096);
      untouched.bytes(0, 1);
      expect(untouched.close()).toBeUndefined();
    });

    it("is not taken by the buffer's own method", () => {
      const mapping = new NativeMapping(native, address, 4096);
      const buffer = mapping.bytes(0, 1).buffer as ArrayBuffer & {
        transfer(): void;
        transferToFixedLength(): void;
      };
      expect(() => buffer.transfer()).toThrow(/mapped memory cannot be transferred/);
      expect(() => buffer.transferToFixedLength()).toThrow(TypeError);
      expect(mapping.close()).toBeUndefined();
      // What closes the mapping is no method of the buffer.
      const other = native.view(address, 16);
      detach(other);
      expect(other.byteLength).toBe(0);
    });
  });

  describeWithVulkan("on a driver", (ctx) => {
    it("is made anew; the memory stays mapped, is reported as leaked, and touching it is harmless", () => {
      const { status, signal, output, errors } = runProgram(program, ["driver"]);
      const [first, ...rest] = output.split("\n");
      expect(JSON.parse(first!)).toMatchObject({
        isTaken: true,
        x: [77, 2, 3],
        seen: [4, 5, 6, 4096],
        written: 9,
      });
      expect({ status, signal, rest }).toEqual({ status: 0, signal: null, rest: ["1", "alive"] });
      expect(errors).toMatch(
        /MemoryLeakWarning: memory 0x[0-9a-f]+ of \d+ bytes is leaked.*a view of it was transferred/,
      );
    });

    it("leaves memory that can be mapped again, and is freed as far as the program can see", async () => {
      using device = ctx.vulkan.createDevice();
      const memoryTypeIndex = memoryType(device, 0xffffffff, hostMemory);
      const memory = device.allocateMemory({ allocationSize: 65536, memoryTypeIndex });
      const first = device.mapMemory(memory, 65536);
      first.bytes(0, 4).set([1, 2, 3, 4]);
      await take(first.bytes(0, 65536));
      device.unmapMemory(memory);
      expect(() => first.bytes(0, 1)).toThrow("no longer mapped");
      const second = device.mapMemory(memory, 65536);
      expect(second.address).toBe(first.address);
      expect([...second.bytes(1, 3)]).toEqual([2, 3, 4]);
      expect(device.leaks()).toEqual([]);
      device.freeMemory(memory);
      expect(device.leaks()).toMatchObject([{ memory, size: 65536, address: first.address }]);
    });
  });
});
