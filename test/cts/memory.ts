/** dEQP-VK.memory.*: allocation, mapping, requirements, binding, external host memory, priorities, concurrent access. */

import {
  type Allocation,
  AllocationCreate,
  BufferUsage,
  ExternalMemoryHandleType,
  Format,
  ImageUsage,
  MemoryProperty,
  type MemoryRequirements,
  MemoryUsage,
  VulkanError,
} from "../../src/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { Random } from "../helpers/random.ts";
import { type Case, type Context, check, checkBytes, need, pattern } from "./context.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const readable = { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom };

/** The memory types that plain memory can be had of. */
function plainTypes({ device }: Context): number[] {
  const special =
    MemoryProperty.LazilyAllocated | MemoryProperty.Protected | MemoryProperty.DeviceCoherentAMD;
  return device.memoryProperties.memoryTypes.flatMap(({ propertyFlags }, i) =>
    (propertyFlags & special) === 0 ? [i] : [],
  );
}

function mappableTypes(context: Context): number[] {
  const { memoryTypes } = context.device.memoryProperties;
  return plainTypes(context).filter(
    (i) => (memoryTypes[i]!.propertyFlags & MemoryProperty.HostVisible) !== 0,
  );
}

function checkEmpty({ allocator }: Context): void {
  const { total } = allocator.calculateStatistics();
  check(total.allocationCount === 0, "everything that was allocated is freed");
  allocator.validate();
}

/** What one heap may be asked for here. */
function share({ device }: Context, type: number): number {
  const { memoryTypes, memoryHeaps } = device.memoryProperties;
  return Math.min(memoryHeaps[memoryTypes[type]!.heapIndex]!.size / 8, 64 * MiB);
}

function allocate(context: Context, type: number, size: number, isDedicated: boolean): Allocation {
  return context.allocator.allocateMemory(
    { size, alignment: 64, memoryTypeBits: 2 ** type },
    { flags: isDedicated ? AllocationCreate.DedicatedMemory : 0 },
  );
}

const orders: Readonly<Record<string, (list: Allocation[]) => Allocation[]>> = {
  forward: (list) => list,
  reverse: (list) => list.reverse(),
  mixed: (list) => list.map((_, i) => list[(i * 7) % list.length]!),
};

function allocationBasic(
  size: number,
  sizeName: string,
  count: number,
  order: string,
  isDedicated: boolean,
): Case {
  return {
    name: `memory.allocation.basic.size_${sizeName}.${order}.count_${count}${isDedicated ? ".dedicated" : ""}`,
    run(context) {
      for (const type of plainTypes(context)) {
        const most = Math.max(1, Math.floor(share(context, type) / size));
        const made = Array.from({ length: Math.min(count, most) }, () =>
          allocate(context, type, size, isDedicated),
        );
        const places = new Set(made.map((each) => `${each.deviceMemory} ${each.offset}`));
        check(places.size === made.length, "no two allocations have the same place");
        for (const each of made)
          check(each.size >= size && each.memoryTypeIndex === type, "size and type are as asked for");
        const freed = new Set<Allocation>();
        for (const each of [...orders[order]!([...made]), ...made]) {
          if (freed.has(each)) continue;
          freed.add(each);
          context.allocator.freeMemory(each);
        }
      }
      checkEmpty(context);
    },
  };
}

function allocationRandom(seed: number): Case {
  return {
    name: `memory.allocation.random.${seed}`,
    run(context) {
      const random = new Random(seed);
      const live: Allocation[] = [];
      const used = new Map<number, number>();
      const types = plainTypes(context);
      for (let step = 0; step < 400; step++) {
        const type = random.pick(types);
        const size = Math.ceil(2 ** (6 + random.fraction() * 14));
        const taken = used.get(type) ?? 0;
        if (random.chance(0.6) && taken + size <= share(context, type)) {
          const made = allocate(context, type, size, random.chance(0.1));
          live.push(made);
          used.set(type, taken + made.size);
        } else if (live.length > 0) {
          const [gone] = live.splice(random.below(live.length), 1);
          used.set(gone!.memoryTypeIndex, used.get(gone!.memoryTypeIndex)! - gone!.size);
          context.allocator.freeMemory(gone);
        }
      }
      context.allocator.validate();
      for (const each of live) context.allocator.freeMemory(each);
      checkEmpty(context);
    },
  };
}

type Ranges = readonly (readonly [offset: number, size: number])[];

/** Which ranges are flushed and invalidated. */
const mappingWays: Readonly<Record<string, (size: number) => Ranges>> = {
  simple: (size) => [[0, size]],
  flush: (size) => [[0, size]],
  subflush: (size) => [[Math.floor(size / 4), size - Math.floor(size / 4)]],
  subflush_separate: (size) => [
    [0, Math.floor(size / 3)],
    [Math.floor((2 * size) / 3), size - Math.floor((2 * size) / 3)],
  ],
  subflush_overlapping: (size) => [
    [0, Math.floor((2 * size) / 3)],
    [Math.floor(size / 3), size - Math.floor(size / 3)],
  ],
  remap: (size) => [[0, size]],
};

function mapping(kind: string, size: number, way: string): Case {
  return {
    name: `memory.mapping.${kind}.${size}.${way}`,
    run(context) {
      const { allocator } = context;
      for (const type of mappableTypes(context)) {
        const memory = allocate(context, type, size, kind === "dedicated_alloc.full");
        const ranges = mappingWays[way]!(size);
        let bytes = allocator.mapMemory(memory);
        const expected = pattern(size, type);
        bytes.set(expected);
        allocator.flushAllocations([{ allocation: memory }]);
        for (const [at, length] of ranges) {
          const part = pattern(length, at + 3);
          bytes.set(part, at);
          expected.set(part, at);
          allocator.flushAllocation(memory, at, length);
        }
        if (way === "remap") {
          allocator.unmapMemory(memory);
          bytes = allocator.mapMemory(memory);
        }
        for (const [at, length] of ranges) allocator.invalidateAllocation(memory, at, length);
        checkBytes(bytes.slice(0, size), expected, "mapped memory");
        allocator.unmapMemory(memory);
        checkBytes(memory.read(0, size), expected, "memory that was mapped again");
        allocator.freeMemory(memory);
      }
      checkEmpty(context);
    },
  };
}

function mappingRandom(seed: number): Case {
  return {
    name: `memory.mapping.random.${seed}`,
    run(context) {
      const random = new Random(seed);
      const { allocator } = context;
      const live: { memory: Allocation; bytes: Uint8Array; maps: number }[] = [];
      const types = mappableTypes(context);
      for (let step = 0; step < 200; step++) {
        const one = live[random.below(live.length)];
        const what = random.fraction();
        if (one === undefined || (what < 0.2 && live.length < 20)) {
          const size = 64 + random.below(64 * KiB);
          const memory = allocate(context, random.pick(types), size, random.chance(0.2));
          const bytes = pattern(size, step);
          memory.write(bytes);
          live.push({ memory, bytes, maps: 0 });
        } else if (what < 0.4) {
          allocator.mapMemory(one.memory);
          one.maps++;
        } else if (what < 0.5 && one.maps > 0) {
          allocator.unmapMemory(one.memory);
          one.maps--;
        } else if (what < 0.8) {
          const at = random.below(one.bytes.length);
          const part = pattern(random.below(one.bytes.length - at), step);
          if (one.maps > 0) {
            one.memory.mappedData!.set(part, at);
            if (part.length > 0) allocator.flushAllocation(one.memory, at, part.length);
          } else {
            one.memory.write(part, at);
          }
          one.bytes.set(part, at);
        } else {
          checkBytes(one.memory.read(0, one.bytes.length), one.bytes, `memory at step ${step}`);
        }
        if (what > 0.97 && one !== undefined) {
          live.splice(live.indexOf(one), 1);
          allocator.freeMemory(one.memory);
        }
      }
      for (const { memory } of live) allocator.freeMemory(memory);
      checkEmpty(context);
    },
  };
}

// ---- Requirements ---

function bufferNeeds({ device }: Context, usage: number, size: number): MemoryRequirements {
  const buffer = device.createBuffer({ size, usage });
  const out = emptyMemoryRequirements();
  device.getBufferMemoryRequirements(buffer, out, false);
  device.destroyBuffer(buffer);
  return out;
}

const usages = [
  BufferUsage.TransferSrc,
  BufferUsage.TransferDst,
  BufferUsage.UniformBuffer,
  BufferUsage.StorageBuffer,
  BufferUsage.IndexBuffer,
  BufferUsage.VertexBuffer,
  BufferUsage.IndirectBuffer,
];

function checkRequirements(
  context: Context,
  { size, alignment, memoryTypeBits }: MemoryRequirements,
  least: number,
): void {
  const { memoryTypes } = context.device.memoryProperties;
  check(memoryTypeBits !== 0, "some memory type suits");
  check(memoryTypeBits < 2 ** memoryTypes.length, "only memory types that are there suit");
  check(Number.isInteger(Math.log2(alignment)), "the alignment is a power of two");
  check(size >= least, "the size is at least what the resource has");
  memoryTypes.forEach(({ propertyFlags }, i) => {
    if ((memoryTypeBits & (1 << i)) === 0) return;
    check((propertyFlags & MemoryProperty.Protected) === 0, "protected memory is for protected resources");
  });
}

const requirements: Case[] = [
  {
    name: "memory.requirements.core.buffer.regular",
    run(context) {
      const { memoryTypes } = context.device.memoryProperties;
      for (const usage of usages) {
        let last = 0;
        const bits = bufferNeeds(context, usage, 1).memoryTypeBits;
        for (const size of [1, 100, 4 * KiB, MiB]) {
          const needs = bufferNeeds(context, usage, size);
          checkRequirements(context, needs, size);
          check(needs.memoryTypeBits === bits, "the memory types depend on flags and usage alone");
          check(needs.size >= last, "a larger buffer needs no less");
          last = needs.size;
        }
        const wanted = MemoryProperty.HostVisible | MemoryProperty.HostCoherent;
        const mappable = memoryTypes.some(
          ({ propertyFlags }, i) => (bits & (1 << i)) !== 0 && (propertyFlags & wanted) === wanted,
        );
        check(mappable, "a buffer can live in memory that is host-visible and coherent");
        for (const more of usages) {
          const both = bufferNeeds(context, usage | more, 1).memoryTypeBits;
          check((both & ~bits) === 0, "more usage allows no more memory types");
        }
      }
    },
  },
  {
    name: "memory.requirements.core.image.regular",
    run(context) {
      const { device } = context;
      for (const tiling of [0, 1]) {
        for (const format of [Format.R8G8B8A8Unorm, Format.R8Unorm, Format.R32G32B32A32Sfloat]) {
          const info = {
            format,
            extent: { width: 64, height: 32 },
            usage: ImageUsage.TransferSrc | ImageUsage.TransferDst,
            tiling,
          };
          const image = device.createImage(info);
          const needs = emptyMemoryRequirements();
          device.getImageMemoryRequirements(image, needs, false);
          device.destroyImage(image);
          checkRequirements(context, needs, 64 * 32);
          const lazily = device.memoryProperties.memoryTypes.some(
            ({ propertyFlags }, i) =>
              (needs.memoryTypeBits & (1 << i)) !== 0 &&
              (propertyFlags & MemoryProperty.LazilyAllocated) !== 0,
          );
          check(!lazily, "lazily allocated memory is for transient attachments");
        }
      }
    },
  },
  {
    name: "memory.requirements.create_info.buffer.regular",
    run(context) {
      const { device } = context;
      const isThere =
        device.properties.apiVersion >= 0x403000 || device.enabledExtensions.has("VK_KHR_maintenance4");
      need(isThere, "maintenance4");
      for (const usage of usages) {
        const out = emptyMemoryRequirements();
        device.getDeviceBufferMemoryRequirements({ size: 1000, usage }, out);
        const made = bufferNeeds(context, usage, 1000);
        check(
          out.size === made.size &&
            out.alignment === made.alignment &&
            out.memoryTypeBits === made.memoryTypeBits,
          "what is said without a buffer is what the buffer needs",
        );
      }
    },
  },
  {
    name: "memory.requirements.dedicated_allocation.buffer.regular",
    run({ device }) {
      need(device.properties.apiVersion >= 0x401000, "Vulkan 1.1");
      const buffer = device.createBuffer({ size: 1000, usage: BufferUsage.StorageBuffer });
      const out = emptyMemoryRequirements();
      device.getBufferMemoryRequirements(buffer, out, true);
      device.destroyBuffer(buffer);
      check(!out.requiresDedicatedAllocation, "a plain buffer requires no memory of its own");
      check(
        !out.requiresDedicatedAllocation || out.prefersDedicatedAllocation,
        "what is required is preferred",
      );
    },
  },
];

// ---- Binding ---

function binding(count: number, isDedicated: boolean): Case {
  return {
    name: `memory.binding.regular.${isDedicated ? "dedicated" : "suballocated"}.buffer_${count}`,
    async run({ allocator, device }) {
      const flags = readable.flags | (isDedicated ? AllocationCreate.DedicatedMemory : 0);
      const size = 5000;
      const made = Array.from({ length: count }, () =>
        allocator.createBuffer({ size, usage: COPY }, { ...readable, flags }),
      );
      for (const [i, { allocation }] of made.entries()) allocation.write(pattern(size, i));
      const target = allocator.createBuffer({ size: size * count, usage: COPY }, readable);
      await device.queue
        .submit(
          made.map(({ buffer }, i) => ({
            kind: "buffer" as const,
            source: buffer,
            target: target.buffer,
            targetOffset: i * size,
            size,
          })),
        )
        .done();
      for (let i = 0; i < count; i++) {
        const copied = target.allocation.read(i * size, size);
        checkBytes(copied, pattern(size, i), `what was copied from buffer ${i}`);
      }
      for (const { allocation } of [...made, target]) allocation.destroy();
    },
  };
}

const aliasing: Case[] = [
  {
    name: "memory.binding.aliasing.suballocated.buffer",
    async run({ allocator, device }) {
      const size = 64 * KiB;
      const first = allocator.createBuffer({ size, usage: COPY }, { flags: AllocationCreate.CanAlias });
      const second = allocator.createAliasingBuffer(first.allocation, { size: size / 2, usage: COPY });
      const target = allocator.createBuffer({ size, usage: COPY }, readable);
      await device.queue
        .submit([
          { kind: "fill", target: first.buffer, size, value: 0x01020304 },
          { kind: "buffer", source: second, target: target.buffer, size: size / 2 },
        ])
        .done();
      const bytes = target.allocation.read(0, size / 2);
      check(
        bytes.every((byte, i) => byte === 4 - (i % 4)),
        "both buffers see the same bytes",
      );
      allocator.destroyBuffer(second);
      first.allocation.destroy();
      target.allocation.destroy();
    },
  },
];

// ---- External memory, priorities, concurrent access ---

const others: Case[] = [
  {
    name: "memory.external_memory_host.simple_allocation",
    async run({ allocator, device, hostMemory }) {
      need(device.enabledExtensions.has("VK_EXT_external_memory_host"), "VK_EXT_external_memory_host");
      need(hostMemory !== undefined, "page-aligned memory of the program's own");
      const size = Math.max(64 * KiB, device.properties.limits.minImportedHostPointerAlignment);
      const memory = hostMemory!(size);
      try {
        memory.write(pattern(size, 5));
        const handleTypes = ExternalMemoryHandleType.HostAllocationEXT;
        const buffer = device.createBuffer({
          size,
          usage: COPY,
          pNext: [{ sType: 1000072000, handleTypes }],
        });
        const needs = emptyMemoryRequirements();
        device.getBufferMemoryRequirements(buffer, needs, false);
        let imported: Allocation;
        try {
          imported = allocator.importMemory(
            { hostPointer: memory.address, handleType: handleTypes },
            { ...needs, size },
          );
        } catch (error) {
          device.destroyBuffer(buffer);
          throw error;
        }
        allocator.bindBufferMemory(imported, buffer);
        const target = allocator.createBuffer({ size, usage: COPY }, readable);
        await device.queue.submit([{ kind: "buffer", source: buffer, target: target.buffer, size }]).done();
        checkBytes(
          target.allocation.read(0, size),
          pattern(size, 5),
          "what the device saw of the program's memory",
        );
        await device.queue.submit([{ kind: "fill", target: buffer, size, value: 0x07070707 }]).done();
        check(
          memory.read(size).every((byte) => byte === 7),
          "the program sees what the device wrote",
        );
        allocator.destroyBuffer(buffer, imported);
        target.allocation.destroy();
      } finally {
        memory.free();
      }
    },
  },
  {
    name: "memory.pageable.priorities",
    run({ allocator, device }) {
      need(
        device.enabledExtensions.has("VK_EXT_pageable_device_local_memory"),
        "VK_EXT_pageable_device_local_memory",
      );
      for (const priority of [0, 0.5, 1]) {
        const { allocation } = allocator.createBuffer(
          { size: MiB, usage: COPY },
          { flags: AllocationCreate.DedicatedMemory, priority },
        );
        for (const other of [1, 0.25, 0]) allocation.setPriority(other);
        allocation.destroy();
      }
    },
  },
  {
    name: "memory.concurrent_access.read_and_write_own_halves",
    async run({ allocator, device }) {
      const half = 256 * KiB;
      const { buffer, allocation } = allocator.createBuffer({ size: 2 * half, usage: COPY }, readable);
      const source = allocator.createBuffer({ size: half, usage: COPY }, readable);
      source.allocation.write(pattern(half, 1));
      const submission = device.queue.submit([
        { kind: "buffer", source: source.buffer, target: buffer, size: half },
      ]);
      for (let round = 0; round < 8; round++) {
        allocation.write(pattern(half, round), half);
        checkBytes(
          allocation.read(half, half),
          pattern(half, round),
          "the host's half while the device writes its own",
        );
      }
      await submission.done();
      checkBytes(allocation.read(0, half), pattern(half, 1), "the device's half");
      checkBytes(allocation.read(half, half), pattern(half, 7), "the host's half");
      allocation.destroy();
      source.allocation.destroy();
    },
  },
  {
    name: "memory.allocation.too_large",
    run({ allocator, device }) {
      const heap = Math.max(...device.memoryProperties.memoryHeaps.map(({ size }) => size));
      let error: unknown;
      try {
        allocator.allocateMemory({ size: heap * 4, alignment: 1, memoryTypeBits: 0xffffffff });
      } catch (thrown) {
        error = thrown;
      }
      check(
        error instanceof VulkanError && error.result < 0,
        "more than any heap has is refused with a VkResult",
      );
      allocator.validate();
    },
  },
];

/** Every case. */
export const memoryCases: readonly Case[] = [
  ...[
    [64, "64"],
    [4 * KiB, "4KiB"],
    [MiB, "1MiB"],
    [8 * MiB, "8MiB"],
  ].flatMap(([size, name]) =>
    Object.keys(orders).flatMap((order) =>
      [1, 10, 100].flatMap((count) => [
        allocationBasic(size as number, name as string, count, order, false),
        ...(count <= 10 ? [allocationBasic(size as number, name as string, count, order, true)] : []),
      ]),
    ),
  ),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map(allocationRandom),
  ...["suballocation.full", "dedicated_alloc.full"].flatMap((kind) =>
    [33, 257, 4087, 8095, MiB + 1].flatMap((size) =>
      Object.keys(mappingWays).map((way) => mapping(kind, size, way)),
    ),
  ),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map(mappingRandom),
  ...requirements,
  ...[1, 10, 100].flatMap((count) => [binding(count, false), ...(count <= 10 ? [binding(count, true)] : [])]),
  ...aliasing,
  ...others,
];
