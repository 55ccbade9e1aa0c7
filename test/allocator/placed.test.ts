/** Allocations that are mapped where the program says: `placedAt`. */

import { describe, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type HostPlace,
  ImageTiling,
  MemoryProperty,
  MemoryUsage,
  Result,
} from "../../src/index.ts";
import { plainMemory, sharedMemory, WASM_PAGE } from "../helpers/wasm.ts";
import { random } from "../simulator/helpers.ts";
import {
  bufferOf,
  bytes,
  failureOf,
  free,
  imageOf,
  KiB,
  only,
  stateOf,
  Type,
  type World,
  world,
} from "./setup.ts";

const { HostAccessRandom, HostAccessSequentialWrite, HostAccessAllowTransferInstead, NeverAllocate } =
  AllocationCreate;
const extensions = ["VK_EXT_map_memory_placed"];
const readable = { usage: MemoryUsage.Auto, flags: HostAccessRandom };
const placed = (): World => world({}, {}, { extensions });

describe("placedAt", () => {
  it("maps an allocation into a shared memory until it is freed", () => {
    const { allocator, device } = placed();
    const memory = sharedMemory(4);
    const shown = new Uint8Array(memory.buffer);
    shown.fill(1);
    const placedAt = { memory, offset: WASM_PAGE };
    const { allocation } = allocator.createBuffer(bufferOf(2 * WASM_PAGE), { ...readable, placedAt });
    expect(allocation).toMatchObject({ isPersistentlyMapped: true, offset: 0, size: 2 * WASM_PAGE });
    expect(device.calls).toMatchObject({ vkMapMemory2: 1, vkMapMemory: 0 });
    allocation.write(new Uint8Array([7, 8, 9]), 5);
    expect([...shown.subarray(WASM_PAGE + 5, WASM_PAGE + 8)]).toEqual([7, 8, 9]);
    shown[WASM_PAGE] = 44;
    expect(allocation.mappedData![0]).toBe(44);
    allocation.destroy();
    expect([0, 1, 2, 3].map((page) => shown[page * WASM_PAGE])).toEqual([1, 0, 0, 1]);
    expect(shown[WASM_PAGE + 5]).toBe(0);
  });

  it("maps one at an address of the program's", () => {
    const { allocator, device } = placed();
    const own = new Uint8Array(128 * KiB);
    const address = device.host.registerHostMemory(own);
    const allocation = allocator.allocateMemory(
      { size: 64 * KiB, alignment: 1, memoryTypeBits: 1 << Type.Host },
      {
        flags: HostAccessSequentialWrite,
        placedAt: address + BigInt(64 * KiB),
      },
    );
    expect(allocation.mappedAddress).toBe(address + BigInt(64 * KiB));
    own.fill(3);
    expect(allocation.read(0, 2)).toEqual(new Uint8Array([3, 3]));
    free(allocation);
    expect([own[0], own[64 * KiB]]).toEqual([3, 0]);
  });

  it("stays mapped there, however often it is mapped and unmapped besides", () => {
    const { allocator, device } = world({}, { unmapWhenUnused: true }, { extensions });
    const memory = sharedMemory(2);
    const { allocation } = allocator.createBuffer(bufferOf(WASM_PAGE), { ...readable, placedAt: { memory } });
    for (let i = 0; i < 3; i++) {
      using mapping = allocation.map();
      expect(mapping.bytes.length).toBe(WASM_PAGE);
    }
    expect(device.calls).toMatchObject({ vkMapMemory2: 1, vkUnmapMemory2: 0 });
    free(allocation);
  });

  it("asks for memory that the host can see, whatever the usage says", () => {
    const { allocator, device } = placed();
    const memory = sharedMemory(2);
    const flags = HostAccessSequentialWrite;
    for (const usage of [
      MemoryUsage.Unknown,
      MemoryUsage.GpuOnly,
      MemoryUsage.AutoPreferDevice,
      MemoryUsage.Auto,
    ]) {
      const { allocation } = allocator.createBuffer(bufferOf(WASM_PAGE), {
        usage,
        flags,
        placedAt: { memory },
      });
      const { propertyFlags } = device.memoryProperties.memoryTypes[allocation.memoryTypeIndex]!;
      expect(propertyFlags & MemoryProperty.HostVisible).not.toBe(0);
      free(allocation);
    }
  });

  it("works in a pool, and is refused in one that the host cannot see", () => {
    const { allocator } = placed();
    const memory = sharedMemory(2);
    const host = allocator.createPool({ memoryTypeIndex: Type.Host });
    const device = allocator.createPool({ memoryTypeIndex: Type.Device });
    const settings = { ...readable, placedAt: { memory } };
    const { allocation } = allocator.createBuffer(bufferOf(WASM_PAGE), { ...settings, pool: host });
    expect(allocation.pool).toBe(host);
    free(allocation);
    const error = failureOf(() => allocator.createBuffer(bufferOf(WASM_PAGE), { ...settings, pool: device }));
    expect(error.message).toContain("has no memory type that is HostVisible, and placedAt needs one");
    for (const pool of [host, device]) allocator.destroyPool(pool);
  });

  it("is not remembered for the next buffer of the kind", () => {
    const { allocator } = placed();
    const memory = sharedMemory(4);
    const plain = [0, 1].map(() => allocator.createBuffer(bufferOf(WASM_PAGE), readable).allocation);
    const own = allocator.createBuffer(bufferOf(WASM_PAGE), { ...readable, placedAt: { memory } }).allocation;
    const later = allocator.createBuffer(bufferOf(WASM_PAGE), readable).allocation;
    own.write(new Uint8Array([5]));
    expect(new Uint8Array(memory.buffer)[0]).toBe(5);
    expect(later.mapCount).toBe(0);
    free(...plain, own, later);
  });

  it("takes linear images too", () => {
    const { allocator } = placed();
    const memory = sharedMemory(2);
    const { allocation } = allocator.createImage(
      { ...imageOf(128), tiling: ImageTiling.Linear },
      {
        ...readable,
        placedAt: { memory },
      },
    );
    expect(allocation.size).toBe(WASM_PAGE);
    free(allocation);
  });
});

describe("placedAt is refused", () => {
  type Refusal = readonly [what: string, place: unknown, kind: ErrorConstructor, message: string | RegExp];
  const memory = sharedMemory(4);
  const refusals: readonly Refusal[] = [
    ["as text", "here", TypeError, 'placedAt must be an address (bigint) or { memory, offset }, got "here"'],
    ["as a number", 4096, TypeError, "placedAt must be an address (bigint) or { memory, offset }, got 4096"],
    [
      "at 0",
      0n,
      RangeError,
      "placedAt must be a multiple of minPlacedMemoryMapAlignment 4096 and not 0, got 0x0",
    ],
    ["below 0", -4096n, RangeError, "placedAt must be an unsigned 64-bit integer, got -4096n"],
    [
      "off the alignment",
      4100n,
      RangeError,
      /must be a multiple of minPlacedMemoryMapAlignment 4096 .* got 0x1004/,
    ],
    [
      "in a buffer",
      { memory: new SharedArrayBuffer(4096) },
      TypeError,
      /placedAt.memory must be a WebAssembly.Memory, got/,
    ],
    ["in nothing", {}, TypeError, "placedAt.memory must be a WebAssembly.Memory, got undefined"],
    [
      "in a memory that is not shared",
      { memory: plainMemory(4) },
      TypeError,
      "placedAt.memory must be a WebAssembly.Memory made with shared: true",
    ],
    ["with a misspelt member", { memory, offest: 0 }, TypeError, /offest/],
    [
      "at an odd offset",
      { memory, offset: 100 },
      RangeError,
      /placedAt.offset must be a multiple of .* 4096, got 100/,
    ],
    ["at a negative offset", { memory, offset: -4096 }, RangeError, /placedAt.offset must be .* got -4096/],
    [
      "beyond the end",
      { memory, offset: 3 * WASM_PAGE + 4096 },
      RangeError,
      "placedAt.memory has 61440 bytes from offset 200704 on, and 65536 are to be mapped there",
    ],
    ["where no memory is", 0x7000n, RangeError, /the simulated process has no such memory/],
  ];

  it.each(refusals)("%s", (_what, place, kind, message) => {
    const { allocator, device } = placed();
    const placedAt = place as HostPlace;
    const step = () => allocator.createBuffer(bufferOf(WASM_PAGE), { ...readable, placedAt });
    expect(step).toThrow(kind);
    expect(step).toThrow(message);
    expect(device.statistics()).toMatchObject({ memoryCount: 0, bufferCount: 0 });
  });

  it("where memory is mapped already", () => {
    const { allocator } = placed();
    const at = (page: number) => ({ ...readable, placedAt: { memory, offset: page * WASM_PAGE } });
    const { allocation } = allocator.createBuffer(bufferOf(2 * WASM_PAGE), at(1));
    for (const [page, size] of [
      [0, 2],
      [1, 1],
      [2, 2],
      [0, 4],
    ] as const) {
      expect(() => allocator.createBuffer(bufferOf(size * WASM_PAGE), at(page))).toThrow(
        /memory is mapped at 131072 bytes/,
      );
    }
    const others = [0, 3].map((page) => allocator.createBuffer(bufferOf(WASM_PAGE), at(page)).allocation);
    free(allocation, ...others);
  });

  it("for sizes that are not whole pages", () => {
    const { allocator } = placed();
    expect(() => allocator.createBuffer(bufferOf(5000), { ...readable, placedAt: { memory } })).toThrow(
      /the size of memory that is mapped at a place must be a multiple of minPlacedMemoryMapAlignment 4096, got 50\d\d/,
    );
  });

  it("with settings that exclude it", () => {
    const { allocator, device } = placed();
    const placedAt = { memory };
    const make = (settings: object) => () =>
      allocator.allocateMemory(bytes(WASM_PAGE), { ...readable, placedAt, ...settings });
    expect(make({ flags: HostAccessRandom | HostAccessAllowTransferInstead })).toThrow(
      "placedAt and AllocationCreate.HostAccessAllowTransferInstead exclude each other",
    );
    expect(make({ flags: HostAccessRandom | NeverAllocate })).toThrow(/NeverAllocate/);
    expect(make({ flags: 0 })).toThrow(/needs HostAccessSequentialWrite or HostAccessRandom/);
    expect(() =>
      allocator.allocateMemoryPages(bytes(WASM_PAGE), 2, { flags: HostAccessRandom, placedAt }),
    ).toThrow("one allocation can be mapped at a place, and 2 are asked for with placedAt");
    const hostPointer = device.host.registerHostMemory(new Uint8Array(WASM_PAGE));
    expect(() =>
      allocator.importMemory(
        { hostPointer },
        { size: WASM_PAGE, alignment: 1, memoryTypeBits: 1 << Type.Host },
        { ...readable, placedAt },
      ),
    ).toThrow(/VK_EXT_external_memory_host|memory at a host pointer is where it is/);
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: 256 * KiB });
    expect(make({ pool })).toThrow(/has an explicit blockSize/);
    allocator.destroyPool(pool);
  });

  it("on a device that has not enabled it, with the way that is left", () => {
    const { allocator } = world();
    const error = failureOf(() =>
      allocator.createBuffer(bufferOf(WASM_PAGE), { ...readable, placedAt: { memory } }),
    );
    expect(error.result).toBe(Result.ErrorFeatureNotPresent);
    expect(error.message).toMatch(
      /VK_EXT_map_memory_placed .* memoryMapPlaced and memoryUnmapReserve, .* allocation\.lend/,
    );
  });

  it("by a driver that finds no room, which leaves everything as it was", () => {
    const { allocator, device } = placed();
    const shown = new Uint8Array(memory.buffer);
    shown.fill(4);
    device.faults.failNext("vkMapMemory2", Result.ErrorMemoryMapFailed, { times: 9 });
    const error = failureOf(() =>
      allocator.createBuffer(bufferOf(WASM_PAGE), { ...readable, placedAt: { memory } }),
    );
    expect(error).toMatchObject({ result: Result.ErrorMemoryMapFailed, call: "vkMapMemory2" });
    expect(device.statistics()).toMatchObject({ memoryCount: 0, bufferCount: 0 });
    expect(shown.every((byte) => byte === 4)).toBe(true);
    device.faults.clear();
    free(allocator.createBuffer(bufferOf(WASM_PAGE), { ...readable, placedAt: { memory } }).allocation);
  });
});

describe("an allocator that is destroyed by force", () => {
  it("gives its places back", () => {
    const { allocator } = placed();
    const memory = sharedMemory(1);
    allocator.allocateMemory(bytes(WASM_PAGE), { flags: HostAccessRandom, placedAt: { memory } });
    new Uint8Array(memory.buffer).fill(9);
    allocator.destroy(true);
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  });
});

describe("random allocations at places, against a list of pages", () => {
  const PAGES = 12;

  it.each([1, 2, 3, 4, 5, 6])("with seed %i", (seed) => {
    const next = random(seed);
    const below = (limit: number): number => Math.floor(next() * limit);
    const here = world({}, { unmapWhenUnused: seed % 2 === 0 }, { extensions, simulateCaches: true });
    const { allocator, device } = here;
    const memory = sharedMemory(PAGES);
    const shown = new Uint8Array(memory.buffer);
    /** What each page is full of, and the allocation that is there. */
    const pages = Array.from({ length: PAGES }, () => ({ value: 0, owner: -1 }));
    const live = new Map<number, Allocation>();
    let refusals = 0;
    for (let step = 0; step < 200; step++) {
      const first = below(PAGES);
      const count = 1 + below(4);
      const range = pages.slice(first, first + count);
      const isFree = first + count <= PAGES && range.every(({ owner }) => owner < 0);
      if (next() < 0.1) device.faults.failNext("vkMapMemory2", Result.ErrorMemoryMapFailed, { times: 9 });
      const isFailing = device.faults.armed.length > 0;
      const before = stateOf(here);
      const type = [Type.Host, Type.NonCoherent, Type.Window][below(3)]!;
      let allocation: Allocation | undefined;
      let failure: unknown;
      try {
        allocation = allocator.allocateMemory(
          { size: count * WASM_PAGE, alignment: 1, memoryTypeBits: only(type) },
          { flags: HostAccessRandom, placedAt: { memory, offset: first * WASM_PAGE } },
        );
      } catch (error) {
        failure = error;
      }
      expect(allocation !== undefined, `step ${step}: ${failure}`).toBe(isFree && !isFailing);
      if (allocation === undefined) {
        expect(stateOf(here)).toEqual(before);
        refusals++;
      } else {
        const value = 1 + below(255);
        if (next() < 0.5) allocation.fill(value);
        else {
          shown.fill(value, first * WASM_PAGE, (first + count) * WASM_PAGE);
          allocator.flushAllocation(allocation);
        }
        for (const page of range) Object.assign(page, { value, owner: step });
        live.set(step, allocation);
      }
      device.faults.clear();
      if (live.size > 0 && next() < 0.45) {
        const [owner, one] = [...live][below(live.size)]!;
        expect(one.read(0, 1)[0]).toBe(pages.find((page) => page.owner === owner)!.value);
        free(one);
        live.delete(owner);
        for (const page of pages) if (page.owner === owner) Object.assign(page, { value: 0, owner: -1 });
      }
      allocator.validate();
      for (const [i, { value }] of pages.entries()) {
        const [start, end] = [i * WASM_PAGE, (i + 1) * WASM_PAGE - 1];
        expect([shown[start], shown[end]], `step ${step}, page ${i}`).toEqual([value, value]);
      }
    }
    expect(refusals).toBeGreaterThan(20);
    expect(200 - refusals).toBeGreaterThan(20);
    free(...live.values());
    expect(shown.every((byte) => byte === 0)).toBe(true);
  });
});
