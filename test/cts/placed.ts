/**
 * VK_EXT_map_memory_placed: memory mapped at addresses of the program's and into shared WebAssembly memories, which workers see.
 * dEQP has it among the parameters of dEQP-VK.memory.mapping; the rest is what this library promises beyond.
 */

import { Worker } from "node:worker_threads";
import {
  type Allocation,
  AllocationCreate,
  BufferUsage,
  createAllocator,
  type HostPlace,
  MemoryProperty,
  MemoryUsage,
} from "../../src/index.ts";
import type { SharedMemory } from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { sharedMemory, WASM_PAGE } from "../helpers/wasm.ts";
import { type Case, type Context, check, checkBytes, need, pattern } from "./context.ts";

const SIZE = 4 * WASM_PAGE;
/** Memory that the host sees and that any buffer may have. */
const HOST_MEMORY = MemoryProperty.HostVisible | MemoryProperty.Protected | MemoryProperty.DeviceCoherentAMD;
const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const readable = { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom };

interface Made {
  readonly buffer: ReturnType<Context["allocator"]["createBuffer"]>["buffer"];
  readonly allocation: Allocation;
}

function needPlaces({ device }: Context): number {
  need(device.placedMapping !== undefined, "VK_EXT_map_memory_placed");
  return device.placedMapping!.minPlacedMemoryMapAlignment;
}

/** A buffer that is mapped at a place. */
function createAt({ allocator }: Context, placedAt: HostPlace, size = SIZE): Made {
  return allocator.createBuffer({ size, usage: COPY }, { ...readable, placedAt });
}

/** Where page `page` of a shared memory begins, in pages of WebAssembly. */
function at(memory: SharedMemory, page: number): HostPlace {
  return { memory, offset: page * WASM_PAGE };
}

function bytesOf(memory: SharedMemory, page: number, size = SIZE): Uint8Array {
  return new Uint8Array(memory.buffer, page * WASM_PAGE, size);
}

/** What the device has in a buffer, copied through another one that is mapped wherever the driver likes. */
async function onDevice(
  { allocator, device }: Context,
  { buffer, allocation }: Made,
  size = SIZE,
): Promise<Uint8Array> {
  allocator.flushAllocation(allocation);
  const target = allocator.createBuffer({ size, usage: COPY }, readable);
  await device.queue.submit([{ kind: "buffer", source: buffer, target: target.buffer, size }]).done();
  const bytes = target.allocation.read(0, size);
  target.allocation.destroy();
  return bytes;
}

async function fill(
  { allocator, device }: Context,
  { buffer, allocation }: Made,
  value: number,
): Promise<void> {
  const size = allocation.size;
  await device.queue.submit([{ kind: "fill", target: buffer, size, value: value * 0x01010101 }]).done();
  allocator.invalidateAllocation(allocation);
}

function isFull(bytes: Uint8Array, value: number): boolean {
  return bytes.every((byte) => byte === value);
}

async function inWorker(memory: SharedMemory, code: string): Promise<unknown> {
  const program = `const { workerData, parentPort } = require("node:worker_threads");
    const bytes = new Uint8Array(workerData.buffer), words = new Int32Array(workerData.buffer);
    parentPort.postMessage((() => { ${code} })());`;
  const worker = new Worker(program, { eval: true, workerData: memory });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}

/** All of them; a device without the extension is without every one. */
export const placedCases: readonly Case[] = [
  {
    name: "memory.mapping.placed.address",
    async run(context) {
      const size = Math.max(SIZE, needPlaces(context));
      need(context.hostMemory !== undefined, "page-aligned memory of the program's own");
      const memory = context.hostMemory!(size);
      try {
        memory.write(pattern(size, 1));
        const made = createAt(context, memory.address, size);
        check(made.allocation.mappedAddress === memory.address, "it is mapped at the address");
        memory.write(pattern(size, 2));
        checkBytes(
          await onDevice(context, made, size),
          pattern(size, 2),
          "what the host wrote at the address",
        );
        await fill(context, made, 9);
        check(isFull(memory.read(size), 9), "what the device wrote is at the address");
        made.allocation.destroy();
        check(isFull(memory.read(size), 0), "zeros are there afterwards");
        memory.write(pattern(size, 3));
        checkBytes(memory.read(size), pattern(size, 3), "memory of the program's own again");
      } finally {
        memory.free();
      }
    },
  },
  {
    name: "memory.mapping.placed.shared_memory",
    async run(context) {
      needPlaces(context);
      const memory = sharedMemory(12);
      bytesOf(memory, 0, 12 * WASM_PAGE).fill(5);
      const made = createAt(context, at(memory, 4));
      const bytes = bytesOf(memory, 4);
      bytes.set(pattern(SIZE, 4));
      checkBytes(await onDevice(context, made), pattern(SIZE, 4), "what was written to the shared memory");
      checkBytes(made.allocation.mappedData!, pattern(SIZE, 4), "the allocation's own view");
      await fill(context, made, 7);
      check(isFull(bytes, 7), "what the device wrote is in the shared memory");
      made.allocation.destroy();
      check(isFull(bytes, 0), "zeros are there afterwards");
      check(isFull(bytesOf(memory, 0), 5) && isFull(bytesOf(memory, 8), 5), "its neighbours are as before");
      bytes.fill(6);
      check(isFull(bytes, 6), "the range is the program's again");
    },
  },
  {
    name: "memory.mapping.placed.shared_memory.worker",
    async run(context) {
      needPlaces(context);
      const memory = sharedMemory(8);
      const made = createAt(context, at(memory, 2));
      await fill(context, made, 3);
      const begin = 2 * WASM_PAGE;
      const seen = await inWorker(
        memory,
        `const first = bytes[${begin}]; bytes.fill(8, ${begin}, ${begin + SIZE}); return first;`,
      );
      check(seen === 3, "the worker sees what the device wrote");
      check(isFull(await onDevice(context, made), 8), "the device sees what the worker wrote");
      made.allocation.destroy();
      check((await inWorker(memory, `return bytes[${begin}];`)) === 0, "the worker sees zeros afterwards");
    },
  },
  {
    name: "memory.mapping.placed.shared_memory.atomics",
    async run(context) {
      needPlaces(context);
      const memory = sharedMemory(8);
      const made = createAt(context, at(memory, 0));
      await fill(context, made, 0);
      const add = "for (let i = 0; i < 10000; i++) Atomics.add(words, 1, 1); return 0;";
      await Promise.all([inWorker(memory, add), inWorker(memory, add)]);
      const words = new Int32Array((await onDevice(context, made)).slice().buffer);
      check(words[1] === 20000, `two workers have counted to 20000 together, not ${words[1]}`);
      made.allocation.destroy();
    },
  },
  {
    name: "memory.mapping.placed.shared_memory.every_type",
    async run(context) {
      needPlaces(context);
      const { allocator, device } = context;
      const memory = sharedMemory(8);
      for (const [type, { propertyFlags }] of device.memoryProperties.memoryTypes.entries()) {
        if ((propertyFlags & HOST_MEMORY) !== MemoryProperty.HostVisible) continue;
        const buffer = device.createBuffer({ size: SIZE, usage: COPY });
        const needs = emptyMemoryRequirements();
        device.getBufferMemoryRequirements(buffer, needs, true);
        const memoryTypeBits = (needs.memoryTypeBits & (1 << type)) >>> 0;
        if (memoryTypeBits === 0) {
          device.destroyBuffer(buffer);
          continue;
        }
        const flags = AllocationCreate.HostAccessRandom;
        const allocation = allocator.allocateMemory(
          { ...needs, memoryTypeBits },
          { flags, placedAt: at(memory, 2) },
        );
        allocator.bindBufferMemory(allocation, buffer);
        const made = { buffer, allocation };
        bytesOf(memory, 2).set(pattern(SIZE, type));
        checkBytes(await onDevice(context, made), pattern(SIZE, type), `written to memory type ${type}`);
        await fill(context, made, 100 + type);
        check(
          isFull(bytesOf(memory, 2), 100 + type),
          `what the device wrote to memory type ${type} is there`,
        );
        allocator.destroyBuffer(buffer, allocation);
        check(isFull(bytesOf(memory, 2), 0), `zeros are there after memory type ${type}`);
      }
    },
  },
  {
    name: "memory.mapping.placed.shared_memory.grow",
    async run(context) {
      needPlaces(context);
      const memory = sharedMemory(6);
      const made = createAt(context, at(memory, 2));
      memory.grow(3);
      bytesOf(memory, 2).set(pattern(SIZE, 5));
      checkBytes(await onDevice(context, made), pattern(SIZE, 5), "what was written after the memory grew");
      made.allocation.destroy();
      memory.grow(3);
      const bytes = bytesOf(memory, 0, 12 * WASM_PAGE);
      check(isFull(bytes, 0), "all of the memory is zeros");
      check(isFull(bytes.fill(1), 1), "and can be written");
    },
  },
  {
    name: "memory.mapping.placed.shared_memory.several",
    async run(context) {
      needPlaces(context);
      const memory = sharedMemory(20);
      const all = [0, 1, 2, 3].map((i) => createAt(context, at(memory, 1 + 4 * i)));
      for (const i of all.keys()) bytesOf(memory, 1 + 4 * i).set(pattern(SIZE, i));
      for (const i of [2, 0, 3, 1]) {
        checkBytes(await onDevice(context, all[i]!), pattern(SIZE, i), `buffer ${i}`);
        all[i]!.allocation.destroy();
        check(isFull(bytesOf(memory, 1 + 4 * i), 0), `zeros are where buffer ${i} was`);
      }
    },
  },
  {
    name: "memory.mapping.placed.shared_memory.again_and_again",
    async run(context) {
      needPlaces(context);
      const memory = sharedMemory(8);
      for (let i = 0; i < 50; i++) {
        const made = createAt(context, at(memory, i % 4));
        bytesOf(memory, i % 4).fill(i + 1);
        if (i % 10 === 0) check(isFull(await onDevice(context, made), i + 1), `time ${i}`);
        made.allocation.destroy();
        check(isFull(bytesOf(memory, i % 4), 0), `zeros after time ${i}`);
      }
    },
  },
  {
    name: "memory.mapping.placed.refused",
    run(context) {
      const alignment = needPlaces(context);
      const memory = sharedMemory(8);
      const made = createAt(context, at(memory, 0));
      const refusals: [string, HostPlace, number][] = [
        ["where memory is mapped", at(memory, 3), SIZE],
        ["beyond the end", at(memory, 6), SIZE],
        ["off the alignment", { memory, offset: 5 * WASM_PAGE + alignment / 2 }, WASM_PAGE],
        ["a size off the alignment", at(memory, 5), alignment + alignment / 2],
        ["where nothing is", BigInt(alignment), WASM_PAGE],
        ["where its own mapping is", made.allocation.mappedAddress!, WASM_PAGE],
      ];
      for (const [what, place, size] of refusals) {
        let error: unknown;
        try {
          createAt(context, place, size).allocation.destroy();
        } catch (thrown) {
          error = thrown;
        }
        check(error instanceof RangeError, `${what} is refused by a RangeError, got ${error}`);
        check(context.allocator.leaks().length === 1, `${what}: nothing is left behind`);
      }
      made.allocation.destroy();
    },
  },
  {
    name: "memory.mapping.placed.freed_with_the_allocator",
    run(context) {
      needPlaces(context);
      const memory = sharedMemory(8);
      const allocator = createAllocator({ device: context.device });
      const { buffer } = createAt({ ...context, allocator }, at(memory, 2));
      bytesOf(memory, 2).fill(1);
      context.device.destroyBuffer(buffer);
      allocator.destroy(true);
      check(isFull(bytesOf(memory, 2), 0), "zeros are there once the allocator is destroyed by force");
    },
  },
];
