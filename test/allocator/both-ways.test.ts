/** What can be said in two ways, by VMA's function and by the object itself, is checked and done alike. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import type { AllocatorRecorder } from "../../src/allocator/recorder.ts";
import { Access, PipelineStage } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, imageOf, KiB, MiB, only, Type, type World, world } from "./setup.ts";

/** What a step throws, in one line. */
function complaintOf(step: () => unknown): string | undefined {
  try {
    step();
  } catch (error) {
    return String(error);
  }
  return undefined;
}

const hostInfo = { usage: MemoryUsage.CpuOnly, flags: AllocationCreate.HostAccessRandom } as const;
const hostMemory = bytes(KiB, only(Type.Host));

/** A recorder that hears of names alone. */
function hearNames({ allocator }: World): string[] {
  const heard: string[] = [];
  const listen = new Proxy({} as AllocatorRecorder, {
    get: (_, method) => (subject: { readonly name?: string }) => {
      if (method === "renamed" || method === "poolRenamed") heard.push(`${method} ${subject.name}`);
    },
  });
  allocator.state.recorder = listen;
  return heard;
}

describe("A name given by the function and by assigning", () => {
  it("of an allocation is heard by recorders, and shown", () => {
    const it = world();
    const { allocator } = it;
    using allocation = allocator.allocateMemory(hostMemory);
    const heard = hearNames(it);
    allocator.setAllocationName(allocation, "a");
    allocation.name = "b";
    expect(heard).toEqual(["renamed a", "renamed b"]);
    expect([allocation.name, allocator.getAllocationInfo(allocation).name, allocation.info().name]).toEqual([
      "b",
      "b",
      "b",
    ]);
    allocation.name = undefined;
    expect(allocation.name).toBeUndefined();
    allocator.state.recorder = undefined;
  });

  it("of a pool is heard by recorders, and shown", () => {
    const it = world();
    const { allocator } = it;
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host });
    const heard = hearNames(it);
    allocator.setPoolName(pool, "a");
    pool.name = "b";
    expect(heard).toEqual(["poolRenamed a", "poolRenamed b"]);
    expect(allocator.getPoolName(pool)).toBe("b");
    allocator.state.recorder = undefined;
  });

  it("is refused alike: what is no text, what was freed, an allocator that was destroyed", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(hostMemory, { name: "kept" });
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, name: "kept" });
    const rename = (name: unknown): (string | undefined)[] => [
      complaintOf(() => allocator.setAllocationName(allocation, name as string)),
      complaintOf(() => {
        allocation.name = name as string;
      }),
      complaintOf(() => allocator.setPoolName(pool, name as string)),
      complaintOf(() => {
        pool.name = name as string;
      }),
    ];
    const wrong = "TypeError: a name must be a string or undefined, got 7";
    expect(rename(7)).toEqual([wrong, wrong, wrong, wrong]);
    expect([allocation.name, pool.name]).toEqual(["kept", "kept"]);
    allocation.destroy();
    pool.destroy();
    const freed = rename("x");
    expect(freed[1]).toBe(freed[0]);
    expect(freed[0]).toContain("after it was freed");
    expect(freed[3]).toBe(freed[2]);
    expect(freed[2]).toContain("after it was destroyed");
    expect([allocation.name, pool.name]).toEqual(["kept", "kept"]);
  });
});

describe("Access by the function and by the object", () => {
  it("maps, copies and unmaps the same bytes, and refuses alike", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(hostMemory, hostInfo);
    const one = allocator.mapMemory(allocation);
    const two = allocation.map();
    expect([one.byteOffset, one.length]).toEqual([two.bytes.byteOffset, two.bytes.length]);
    allocator.copyMemoryToAllocation(Uint8Array.of(1, 2, 3), allocation, 5);
    allocation.write(Uint8Array.of(4), 8);
    const read = new Uint8Array(4);
    allocator.copyAllocationToMemory(allocation, read, 5);
    expect(read).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(allocation.read(5, 4)).toEqual(read);
    expect([...one.subarray(5, 9)]).toEqual([1, 2, 3, 4]);
    const pairs: readonly (readonly [() => unknown, () => unknown])[] = [
      [
        () => allocator.copyMemoryToAllocation(new Uint8Array(2), allocation, KiB - 1),
        () => allocation.write(new Uint8Array(2), KiB - 1),
      ],
      [
        () => allocator.copyMemoryToAllocation("abc" as never, allocation),
        () => allocation.write("abc" as never),
      ],
    ];
    for (const [byFunction, byMethod] of pairs) {
      expect(complaintOf(byFunction)).toBeDefined();
      expect(complaintOf(byMethod)).toBe(complaintOf(byFunction));
    }
    allocator.unmapMemory(allocation);
    two.unmap();
    allocator.freeMemory(allocation);
    expect(complaintOf(() => allocation.map())).toBe(complaintOf(() => allocator.mapMemory(allocation)));
    expect(complaintOf(() => allocation.destroy())).toBe(complaintOf(() => allocator.freeMemory(allocation)));
  });
});

describe("Where memory is out", () => {
  const full = (): World => world({}, { heapSizeLimits: [MiB, MiB] });
  const large = 2 * MiB;
  const imageInfo = imageOf(1024);
  const use = { pass: 0, stages: PipelineStage.ComputeShader, access: Access.ShaderWrite } as const;

  it("each call throws, and returns undefined by its twin with `try`; nothing is left of either", () => {
    const { allocator, device } = full();
    const buffer = device.createBuffer(bufferOf(large));
    const image = device.createImage(imageInfo);
    const memory = bytes(large);
    const pairs: Record<string, readonly [() => unknown, () => unknown]> = {
      createBuffer: [
        () => allocator.createBuffer(bufferOf(large)),
        () => allocator.tryCreateBuffer(bufferOf(large)),
      ],
      createDedicatedBuffer: [
        () => allocator.createDedicatedBuffer(bufferOf(large)),
        () => allocator.tryCreateDedicatedBuffer(bufferOf(large)),
      ],
      createImage: [() => allocator.createImage(imageInfo), () => allocator.tryCreateImage(imageInfo)],
      createDedicatedImage: [
        () => allocator.createDedicatedImage(imageInfo),
        () => allocator.tryCreateDedicatedImage(imageInfo),
      ],
      allocateMemory: [() => allocator.allocateMemory(memory), () => allocator.tryAllocateMemory(memory)],
      allocateDedicatedMemory: [
        () => allocator.allocateDedicatedMemory(memory),
        () => allocator.tryAllocateDedicatedMemory(memory),
      ],
      allocateMemoryPages: [
        () => allocator.allocateMemoryPages(bytes(KiB * 300), 8),
        () => allocator.tryAllocateMemoryPages(bytes(KiB * 300), 8),
      ],
      allocateMemoryForBuffer: [
        () => allocator.allocateMemoryForBuffer(buffer),
        () => allocator.tryAllocateMemoryForBuffer(buffer),
      ],
      allocateMemoryForImage: [
        () => allocator.allocateMemoryForImage(image),
        () => allocator.tryAllocateMemoryForImage(image),
      ],
      createPool: [
        () => allocator.createPool({ memoryTypeIndex: 0, blockSize: large, minBlockCount: 1 }),
        () => allocator.tryCreatePool({ memoryTypeIndex: 0, blockSize: large, minBlockCount: 1 }),
      ],
      createTransients: [
        () => allocator.createTransients([{ buffer: bufferOf(large), uses: [use] }]),
        () => allocator.tryCreateTransients([{ buffer: bufferOf(large), uses: [use] }]),
      ],
      reserve: [
        () => allocator.reserve([{ buffer: bufferOf(large) }]),
        () => allocator.tryReserve([{ buffer: bufferOf(large) }]),
      ],
    };
    const before = device.statistics();
    for (const [name, [call, attempt]] of Object.entries(pairs)) {
      expect(complaintOf(call), name).toContain("VK_ERROR_OUT_OF_DEVICE_MEMORY");
      const refusal = allocator.lastRefusal;
      expect(refusal, name).toBeDefined();
      expect(attempt(), name).toBeUndefined();
      expect(allocator.lastRefusal, name).toEqual(refusal);
      expect(device.statistics(), name).toEqual(before);
    }
    device.destroyBuffer(buffer);
    device.destroyImage(image);
  });

  it("the twin with `try` makes the same where memory is there", () => {
    const { allocator, device } = world();
    const buffer = device.createBuffer(bufferOf(KiB));
    const made = [
      allocator.tryCreateDedicatedBuffer(bufferOf(KiB))!.allocation,
      allocator.tryCreateDedicatedImage(imageInfo)!.allocation,
      allocator.tryAllocateDedicatedMemory(bytes(KiB))!,
    ];
    expect(made.map(({ dedicatedMemory }) => dedicatedMemory)).toEqual([true, true, true]);
    const forBuffer = allocator.tryAllocateMemoryForBuffer(buffer)!;
    const pages = allocator.tryAllocateMemoryPages(bytes(KiB), 3, { name: "page" })!;
    expect(pages.map(({ name }) => name)).toEqual(["page", "page", "page"]);
    allocator.tryReserve([{ buffer: bufferOf(KiB) }])!.release();
    allocator.tryCreateTransients([{ buffer: bufferOf(KiB), uses: [use] }])!.destroy();
    for (const allocation of [...made, forBuffer, ...pages]) allocation.destroy();
    device.destroyBuffer(buffer);
  });

  it("memory by itself is at a multiple of minAlignment, whichever call makes it", () => {
    const { allocator } = world();
    const info = { minAlignment: 64 * KiB };
    const first = allocator.allocateMemory(bytes(100));
    const made = [
      allocator.allocateMemory(bytes(100), info),
      ...allocator.allocateMemoryPages(bytes(100), 2, info),
      allocator.createBuffer(bufferOf(100), info).allocation,
    ];
    expect(made.map(({ offset }) => offset % (64 * KiB))).toEqual([0, 0, 0, 0]);
    for (const allocation of [first, ...made]) allocation.destroy();
  });
});
