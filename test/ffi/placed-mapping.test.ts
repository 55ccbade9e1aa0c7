/**
 * Mapping at places of the program's, over pages of the system: the driver's two calls are made here, of a file in memory that
 * is mapped where the library says. What is shown is the library's and the engine's side: that a shared WebAssembly.Memory and
 * its workers see mapped bytes, that growing and collecting it leave them alone, and that ordinary pages are there afterwards.
 */

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PlacedMappings, whyNotOwn } from "../../src/ffi/placed-mapping.ts";
import type { DeviceMemory, SharedMemory } from "../../src/vulkan/index.ts";
import { Access, FileDriver, mmap, Sharing } from "../helpers/file-driver.ts";
import { libc, native } from "../helpers/native.ts";
import { sharedMemory, WASM_PAGE } from "../helpers/wasm.ts";

const isLinux = process.platform === "linux";
const properties = { minPlacedMemoryMapAlignment: 4096 };
const memory = (handle: bigint): DeviceMemory => handle as DeviceMemory;

function bytesOf(shared: SharedMemory): Uint8Array {
  return new Uint8Array(shared.buffer);
}

function addressOf(shared: SharedMemory): bigint {
  return native.addressOf(bytesOf(shared));
}

/** Collects garbage at once, whatever the engine. */
function collect(): void {
  const { Bun } = globalThis as { Bun?: { gc(isForced: boolean): void } };
  if (Bun !== undefined) Bun.gc(true);
  else {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
  }
}

/** What is mapped at an address, by /proc/self/maps. */
function mappedAt(address: bigint): string {
  const lines = readFileSync("/proc/self/maps", "latin1").split("\n");
  const line = lines.find((text) => {
    const [from, to] = text
      .split(" ")[0]!
      .split("-")
      .map((digits) => BigInt(`0x${digits || 0}`));
    return from! <= address && address < (to ?? 0n);
  });
  return line?.split(" ").at(-1) ?? "nothing";
}

async function inWorker(shared: SharedMemory, code: string): Promise<unknown> {
  const program = `const { workerData, parentPort } = require("node:worker_threads");
    const bytes = new Uint8Array(workerData.buffer), words = new Int32Array(workerData.buffer);
    parentPort.postMessage((() => { ${code} })());`;
  const worker = new Worker(program, { eval: true, workerData: shared });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}

describe.runIf(isLinux)("Memory mapped into a shared WebAssembly.Memory", () => {
  const SIZE = 2 * WASM_PAGE;
  const place = (shared: SharedMemory, page: number) => ({ memory: shared, offset: page * WASM_PAGE });
  let driver: FileDriver;
  let mappings: PlacedMappings;
  beforeEach(() => {
    driver = new FileDriver(SIZE);
    mappings = new PlacedMappings({ native, functions: driver.functions, handle: 1n }, properties);
  });
  afterEach(() => {
    driver.result = 0;
    for (const handle of [7n, 8n]) if (mappings.has(memory(handle))) mappings.unmap(memory(handle));
  });

  it("is where the program has asked for it, and leaves its neighbours as they are", () => {
    const shared = sharedMemory(8);
    bytesOf(shared).fill(3);
    const device = driver.allocate(7n);
    device.fill(42);
    expect(mappings.map(memory(7n), SIZE, place(shared, 2))).toBe(addressOf(shared) + BigInt(2 * WASM_PAGE));
    const bytes = bytesOf(shared);
    expect([1, 2, 3, 4].map((page) => bytes[page * WASM_PAGE])).toEqual([3, 42, 42, 3]);
    expect([bytes[2 * WASM_PAGE - 1], bytes[4 * WASM_PAGE - 1]]).toEqual([3, 42]);
    bytes[2 * WASM_PAGE + 5] = 99;
    expect(device[5]).toBe(99);
    device[6] = 77;
    expect(bytes[2 * WASM_PAGE + 6]).toBe(77);

    expect(mappings.unmap(memory(7n))).toBe(true);
    expect(bytes.subarray(2 * WASM_PAGE, 4 * WASM_PAGE).every((byte) => byte === 0)).toBe(true);
    expect([bytes[2 * WASM_PAGE - 1], bytes[4 * WASM_PAGE]]).toEqual([3, 3]);
    bytes[2 * WASM_PAGE] = 1;
    expect(device[0]).toBe(42);
    driver.free(7n);
  });

  it("is seen by a worker, atomics included", async () => {
    const shared = sharedMemory(4);
    const device = driver.allocate(7n);
    device[0] = 5;
    mappings.map(memory(7n), SIZE, place(shared, 1));
    const code = `bytes[${WASM_PAGE + 1}] = 9; Atomics.add(words, ${WASM_PAGE / 4 + 1}, 1000); return bytes[${WASM_PAGE}];`;
    expect(await inWorker(shared, code)).toBe(5);
    expect(device[1]).toBe(9);
    expect(new Int32Array(device.buffer)[1]).toBe(1000);
    mappings.unmap(memory(7n));
    // Touching it later does no harm.
    expect(await inWorker(shared, `bytes[${WASM_PAGE}] += 1; return bytes[${WASM_PAGE}];`)).toBe(1);
    driver.free(7n);
  });

  it("stays where it is when the memory grows, and so do pages that were restored", () => {
    const shared = sharedMemory(4);
    const device = driver.allocate(7n);
    mappings.map(memory(7n), SIZE, place(shared, 2));
    shared.grow(2);
    device[3] = 8;
    expect(bytesOf(shared).length).toBe(6 * WASM_PAGE);
    expect(bytesOf(shared)[2 * WASM_PAGE + 3]).toBe(8);
    mappings.unmap(memory(7n));
    shared.grow(2);
    const bytes = bytesOf(shared);
    bytes.fill(6);
    expect(bytes.every((byte) => byte === 6)).toBe(true);
    driver.free(7n);
  });

  it("keeps the memory that it is mapped into from being collected", async () => {
    const device = driver.allocate(7n);
    const start = (() => {
      const shared = sharedMemory(4);
      mappings.map(memory(7n), SIZE, place(shared, 1));
      return addressOf(shared);
    })();
    const later = async (): Promise<void> => {
      collect();
      await new Promise((resolve) => setTimeout(resolve));
      collect();
    };
    await later();
    expect(mappedAt(start + BigInt(WASM_PAGE))).toBe("(deleted)");
    device[0] = 1;
    expect(mappings.unmap(memory(7n))).toBe(true);
    expect(mappedAt(start + BigInt(WASM_PAGE))).not.toBe("(deleted)");
    await later();
    expect(device[0]).toBe(1);
    driver.free(7n);
  });

  it("refuses a place where memory is mapped already, and maps there once that is over", () => {
    const shared = sharedMemory(8);
    driver.allocate(7n);
    driver.allocate(8n);
    mappings.map(memory(7n), SIZE, place(shared, 2));
    expect(() => mappings.map(memory(8n), SIZE, place(shared, 3))).toThrow(
      /memory cannot be placed at 131072 bytes at 0x\w+: memory is mapped at 131072 bytes at 0x/,
    );
    expect(mappings.has(memory(8n))).toBe(false);
    mappings.map(memory(8n), SIZE, place(shared, 4));
    mappings.unmap(memory(7n));
    mappings.unmap(memory(8n));
    mappings.map(memory(8n), SIZE, place(shared, 3));
    mappings.unmap(memory(8n));
    driver.free(7n);
    driver.free(8n);
  });

  it("changes nothing where the driver refuses to map", () => {
    const shared = sharedMemory(4);
    bytesOf(shared).fill(3);
    driver.allocate(7n);
    driver.result = -5;
    expect(() => mappings.map(memory(7n), SIZE, place(shared, 1))).toThrow(/vkMapMemory2/);
    expect(mappings.has(memory(7n))).toBe(false);
    expect(bytesOf(shared).every((byte) => byte === 3)).toBe(true);
    driver.result = 0;
    mappings.map(memory(7n), SIZE, place(shared, 1));
    mappings.unmap(memory(7n));
    driver.free(7n);
  });

  it("stays mapped where the driver cannot keep the place reserved", () => {
    const shared = sharedMemory(4);
    const device = driver.allocate(7n);
    mappings.map(memory(7n), SIZE, place(shared, 1));
    driver.result = -5;
    expect(mappings.unmap(memory(7n))).toBe(false);
    device[0] = 4;
    expect(bytesOf(shared)[WASM_PAGE]).toBe(4);
    expect(() => mappings.map(memory(8n), SIZE, place(shared, 1))).toThrow(/memory is mapped at/);
    driver.result = 0;
    expect(mappings.unmap(memory(7n))).toBe(true);
    driver.free(7n);
  });
});

describe.runIf(isLinux)("Memory mapped at an address", () => {
  const SIZE = 64 * 1024;
  let driver: FileDriver;
  let mappings: PlacedMappings;
  beforeEach(() => {
    driver = new FileDriver(SIZE);
    mappings = new PlacedMappings({ native, functions: driver.functions, handle: 1n }, properties);
    driver.allocate(7n);
  });
  afterEach(() => driver.free(7n));
  const refused = (address: bigint, why: RegExp): void => {
    expect(() => mappings.map(memory(7n), SIZE, address)).toThrow(why);
    expect(mappings.has(memory(7n))).toBe(false);
  };

  it("is in pages of the program's own", () => {
    const address = mmap(0n, 2 * SIZE, Access.ReadWrite, Sharing.OwnPages);
    expect(mappings.map(memory(7n), SIZE, address)).toBe(address);
    expect(mappedAt(address)).toBe("(deleted)");
    mappings.unmap(memory(7n));
    const bytes = new Uint8Array(native.view(address, 2 * SIZE));
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    bytes.fill(1);
    libc("munmap", "pn>r", address, BigInt(2 * SIZE));
  });

  it("is in pages that were reserved without access, too", () => {
    const address = mmap(0n, SIZE, Access.None, Sharing.OwnPages);
    mappings.map(memory(7n), SIZE, address);
    mappings.unmap(memory(7n));
    libc("munmap", "pn>r", address, BigInt(SIZE));
  });

  it("is refused where anything else is", () => {
    const page = (address: bigint): bigint => (address / 4096n) * 4096n;
    refused(page(native.load(null).find("memcpy")), /libc|mapped there/);
    refused(4096n, /nothing is mapped at 0x1000/);
    const address = mmap(0n, SIZE, Access.ReadWrite, Sharing.SharedPages);
    refused(address, /is mapped there/);
    libc("munmap", "pn>r", address, BigInt(SIZE));
    refused(address, /nothing is mapped|is mapped there/);
  });

  it("is refused where the address or the size is no multiple of the alignment", () => {
    refused(0n, /placedAt must be a multiple of minPlacedMemoryMapAlignment 4096 and not 0, got 0x0/);
    refused(0x10010n, /must be a multiple of minPlacedMemoryMapAlignment 4096 and not 0, got 0x10010/);
    expect(() => mappings.map(memory(7n), SIZE + 1, 0x10000n)).toThrow(
      /must be a multiple of .* 4096, got 65537/,
    );
  });
});

describe("Whether a range is the process's own pages, by /proc/self/maps", () => {
  const maps = [
    "00400000-00401000 r-xp 00000000 08:01 131 /usr/bin/node",
    "10000000-10004000 rw-p 00000000 00:00 0 ",
    "10004000-10008000 ---p 00000000 00:00 0 ",
    "1000a000-1000c000 rw-p 00000000 00:00 0                          [anon:v8]",
    "20000000-20004000 rw-p 00000000 00:00 0                          [heap]",
    "30000000-30004000 rw-s 00000000 00:06 57                         /dev/nvidiactl",
    "40000000-40004000 rwxp 00000000 00:00 0 ",
    "50000000-50004000 rw-s 00000000 00:00 0 ",
    "",
  ].join("\n");

  it.each([
    [0x10000000n, 0x10008000n, undefined],
    [0x10001000n, 0x10002000n, undefined],
    [0x1000a000n, 0x1000b000n, undefined],
    [0x10000000n, 0x10009000n, "nothing is mapped at 0x10008000"],
    [0x0ffff000n, 0x10001000n, "nothing is mapped at 0xffff000"],
    [0x10007000n, 0x1000b000n, "nothing is mapped at 0x10008000"],
    [0x00400000n, 0x00401000n, "/usr/bin/node is mapped there"],
    [0x20000000n, 0x20001000n, "[heap] is mapped there"],
    [0x30000000n, 0x30001000n, "/dev/nvidiactl is mapped there"],
    [0x40000000n, 0x40001000n, "code is mapped there"],
    [0x50000000n, 0x50001000n, "memory that is shared with other processes is mapped there"],
    [0x70000000n, 0x70001000n, "nothing is mapped at 0x70000000"],
  ])("from 0x%s to 0x%s: %s", (from, to, why) => {
    expect(whyNotOwn(maps, from, to)).toBe(why);
  });
});
