/** What a program forgot: the list of leaks, and the warning when the garbage collector finds one. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LeakError } from "../../src/allocator/index.ts";
import type { Allocator } from "../../src/face/index.ts";
import { bufferOf, bytes, free, imageOf, KiB, MiB, Type, world } from "./setup.ts";

function leakErrorOf(allocator: Allocator): LeakError {
  try {
    allocator.destroy();
  } catch (error) {
    if (error instanceof LeakError) return error;
    throw error;
  }
  return expect.fail("no LeakError was thrown");
}

describe("Destroying an allocator with something alive", () => {
  it("throws the list of it, and changes nothing", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, name: "uploads" });
    const made = [
      allocator.createBuffer(bufferOf(KiB), { name: "vertices", memoryTypeBits: 1, userData: 5 }).allocation,
      allocator.createDedicatedImage(imageOf(16), { name: "Größe 🎨", memoryTypeBits: 1 }).allocation,
      allocator.allocateMemory(bytes(3 * KiB), { pool }),
    ];
    const error = leakErrorOf(allocator);
    expect(error.message.split("\n")).toEqual([
      "3 allocations and 1 pool are alive:",
      '  "vertices": BUFFER, 1024 bytes, memory type 0, offset 0',
      '  "Größe 🎨": IMAGE_OPTIMAL, 1024 bytes, memory type 0, dedicated memory',
      '  unnamed: UNKNOWN, 3072 bytes, memory type 1, offset 0, pool 0 "uploads"',
      '  pool 0 "uploads" was not destroyed',
    ]);
    expect(error.leaks[0]).toEqual({
      name: "vertices",
      kind: "BUFFER",
      size: KiB,
      offset: 0,
      memoryTypeIndex: 0,
      dedicated: false,
      pool: undefined,
      userData: 5,
      isWaiting: false,
      stack: undefined,
    });
    expect(allocator.leaks()).toEqual(error.leaks);
    allocator.validate();
    free(...made);
    expect(leakErrorOf(allocator).message).toMatch(/^1 pool is alive/);
    pool.destroy();
    allocator.destroy();
  });

  it("can be forced: all memory is freed then", () => {
    const { allocator, device } = world();
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const made = [
      allocator.allocateMemory(bytes(KiB)),
      allocator.allocateDedicatedMemory(bytes(KiB)),
      allocator.allocateMemory(bytes(KiB), { pool }),
      allocator.allocateMemory(bytes(KiB), { pool }),
    ];
    allocator.destroy(true);
    expect(device.leaks()).toEqual([]);
    expect(made.every((allocation) => allocation.isFreed)).toBe(true);
    // Everything that falls out of scope later does nothing.
    for (const allocation of made) allocation[Symbol.dispose]();
    pool[Symbol.dispose]();
    expect(() => pool.destroy()).toThrow(TypeError);
  });
});

describe("Creation stacks", () => {
  it("say where an allocation was made, without the allocator's own frames", () => {
    const { allocator } = world({}, { debug: { creationStacks: true } });
    function makesTheLeak() {
      return allocator.createBuffer(bufferOf(KiB), { name: "lost" }).allocation;
    }
    const allocation = makesTheLeak();
    const { stack } = allocator.leaks()[0]!;
    expect(stack!.split("\n")[0]).toMatch(/makesTheLeak/);
    expect(stack).toMatch(/leaks\.test\.ts/);
    expect(stack).not.toMatch(/[\\/]src[\\/]allocator[\\/]/);
    expect(leakErrorOf(allocator).message).toMatch(/makesTheLeak/);
    free(allocation);
  });
});

describe("A warning when an allocation is garbage-collected", () => {
  it("names the allocation that was lost, and none that was freed or is held", () => {
    const script = fileURLToPath(new URL("./collect.ts", import.meta.url));
    const output = execFileSync(process.execPath, ["--expose-gc", "--import", "tsx", script], {
      encoding: "utf8",
    });
    expect(JSON.parse(output)).toEqual({
      warnings: [expect.stringMatching(/garbage-collected before it was freed:\n {2}"lost": BUFFER, 1024 /)],
      leaks: ["lost", "held"],
    });
  });

  it("leaves the allocation as usable as without it", () => {
    const { allocator } = world({}, { debug: { warnOnCollect: true } });
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host });
    const { buffer, allocation } = allocator.createBuffer(bufferOf(64), { pool, name: "held" });
    allocation.write(new Uint8Array([1, 2, 3]));
    expect([...allocation.read(0, 3)]).toEqual([1, 2, 3]);
    {
      using mapping = allocation.map();
      expect(mapping.bytes).toHaveLength(64);
    }
    allocator.mapMemory(allocation);
    allocator.flushAllocation(allocation);
    allocator.unmapMemory(allocation);
    allocator.setAllocationName(allocation, "renamed");
    expect(allocator.leaks()[0]!.name).toBe("renamed");
    expect(allocation.info()).toMatchObject({ name: "renamed", pool, size: 64 });
    expect(allocation.buffer).toBe(buffer);
    allocator.validate();
    allocator.destroyBuffer(buffer, allocation);
    expect(allocation.isFreed).toBe(true);
    expect(() => allocation.destroy()).toThrow(TypeError);
    const pages = allocator.allocateMemoryPages(bytes(64), 3);
    allocator.freeMemoryPages(pages);
    using disposed = allocator.createImage(imageOf(4)).allocation;
    expect(disposed.image).toBeDefined();
  });
});
