/**
 * No allocator at all: Vulkan's calls for a buffer in memory that is there (vkCreateBuffer,
 * vkGetBufferMemoryRequirements, vkBindBufferMemory, vkDestroyBuffer), and for one with memory of its own.
 *
 * From JavaScript they are made in four ways. Two are written by hand, with the types that vulkan.h has: once with
 * koffi's structures, which take objects, as its manual begins; once with typed arrays, filled beforehand as far as
 * possible, which is as bare as koffi's calls get without being tuned. The others are those of `vma-ts/koffi`,
 * with argument blocks and without: the latter are tuned, as they pass addresses as numbers and handles as pointers, which
 * koffi takes faster. On Bun and Deno there are only those of `vma-ts/bun` and `vma-ts/deno`.
 */

import type { NativeDevice } from "../../src/ffi/index.ts";
import { type BufferCreateInfo, MemoryProperty, Result } from "../../src/index.ts";
import type { Buffer, DeviceMemory } from "../../src/vulkan/handles.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { type Context, referenceSide, type Side, SideName } from "../harness/case.ts";
import { isSlowToAllocate, openPlainDevice } from "../harness/device.ts";
import { importFace, runtime } from "../harness/runtime.ts";
import { churn, deviceRequest, GRAIN, roundOf, STORAGE, type Work } from "./device-work.ts";

const { loadVulkan } = await importFace();
/** On other runtimes nothing is called through it. */
const { default: koffi } = await import("koffi");

/** A VkBuffer, as koffi returns it. */
type Handle = bigint | number;

/** The calls for a buffer, made in one of the ways. */
interface BufferCalls {
  /** Creates a buffer, asks what memory it needs, and binds it to the beginning of `memory`. */
  create(size: number, memory: DeviceMemory): Handle;
  destroy(buffer: Handle): void;
  /** Bytes that the last buffer needs. */
  requiredSize(): number;
}

/** VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO */
const BUFFER_CREATE_INFO = 12;

function tunedCalls(device: NativeDevice): BufferCalls {
  const requirements = emptyMemoryRequirements();
  return {
    create: (size, memory) => {
      const buffer = device.createBuffer({ size, usage: STORAGE });
      device.getBufferMemoryRequirements(buffer, requirements, false);
      device.bindBufferMemory(buffer, memory, 0);
      return buffer;
    },
    destroy: (buffer) => device.destroyBuffer(buffer as bigint as Buffer),
    requiredSize: () => requirements.size,
  };
}

/** A type as koffi is told of it. */
type Type = Parameters<typeof koffi.sizeof>[0];

/** A function of the device, found as the library finds it: without the loader's detour. */
function lookUp(
  device: NativeDevice,
  name: string,
  result: Type,
  parameters: Type[],
): ReturnType<typeof koffi.decode> {
  const loader = koffi.load(loadVulkan().path);
  const getDeviceProcAddr = loader.func("vkGetDeviceProcAddr", "void *", ["void *", "const char *"]);
  return koffi.decode(getDeviceProcAddr(device.handle, name), koffi.proto(result, parameters));
}

/** What the two ways by hand have in common: calls without structures. */
function plainCalls(device: NativeDevice): {
  bind: (device: bigint, buffer: Handle, memory: DeviceMemory, offset: number) => number;
  destroy: (device: bigint, buffer: Handle, callbacks: null) => void;
} {
  return {
    bind: lookUp(device, "vkBindBufferMemory", "int", ["void *", "uint64_t", "uint64_t", "uint64_t"]),
    destroy: lookUp(device, "vkDestroyBuffer", "void", ["void *", "uint64_t", "void *"]),
  };
}

function succeed(result: number): void {
  if (result !== Result.Success) throw new Error(`VkResult ${result}`);
}

function typedArrayCalls(device: NativeDevice): BufferCalls {
  const { handle } = device;
  const { bind, destroy } = plainCalls(device);
  const pointers = ["void *", "void *", "void *", "void *"];
  const create = lookUp(device, "vkCreateBuffer", "int", pointers);
  const ask = lookUp(device, "vkGetBufferMemoryRequirements", "void", ["void *", "uint64_t", "void *"]);
  const info = new BigUint64Array(7);
  const words = new Uint32Array(info.buffer);
  words[0] = BUFFER_CREATE_INFO;
  words[8] = STORAGE;
  const created = new BigUint64Array(1);
  const requirements = new BigUint64Array(3);
  return {
    create: (size, memory) => {
      words[6] = size;
      succeed(create(handle, info, null, created));
      const buffer = created[0];
      ask(handle, buffer, requirements);
      succeed(bind(handle, buffer, memory, 0));
      return buffer;
    },
    destroy: (buffer) => destroy(handle, buffer, null),
    requiredSize: () => Number(requirements[0]),
  };
}

function structureCalls(device: NativeDevice): BufferCalls {
  const { handle } = device;
  const { bind, destroy } = plainCalls(device);
  const bufferCreateInfo = koffi.struct({
    sType: "uint32_t",
    pNext: "void *",
    flags: "uint32_t",
    size: "uint64_t",
    usage: "uint32_t",
    sharingMode: "uint32_t",
    queueFamilyIndexCount: "uint32_t",
    pQueueFamilyIndices: "void *",
  });
  const memoryRequirements = koffi.struct({
    size: "uint64_t",
    alignment: "uint64_t",
    memoryTypeBits: "uint32_t",
  });
  const create = lookUp(device, "vkCreateBuffer", "int", [
    "void *",
    koffi.pointer(bufferCreateInfo),
    "void *",
    koffi.out(koffi.pointer("uint64_t")),
  ]);
  const ask = lookUp(device, "vkGetBufferMemoryRequirements", "void", [
    "void *",
    "uint64_t",
    koffi.out(koffi.pointer(memoryRequirements)),
  ]);
  const fixed = { sharingMode: 0, queueFamilyIndexCount: 0, pQueueFamilyIndices: null };
  let requirements = { size: 0 };
  return {
    create: (size, memory) => {
      const info = { sType: BUFFER_CREATE_INFO, pNext: null, flags: 0, size, usage: STORAGE, ...fixed };
      const created: Handle[] = [0];
      succeed(create(handle, info, null, created));
      const buffer = created[0];
      requirements = { size: 0 };
      ask(handle, buffer, requirements);
      succeed(bind(handle, buffer, memory, 0));
      return buffer;
    },
    destroy: (buffer) => destroy(handle, buffer, null),
    requiredSize: () => requirements.size,
  };
}

/** The index of a device-local memory type for a buffer, and the bytes that it needs. */
function memoryForBuffer(
  device: NativeDevice,
  info: BufferCreateInfo,
): [size: number, memoryTypeIndex: number] {
  const requirements = emptyMemoryRequirements();
  const probe = device.createBuffer(info);
  device.getBufferMemoryRequirements(probe, requirements, false);
  device.destroyBuffer(probe);
  const { memoryTypes } = device.memoryProperties;
  const suits = (i: number, flags: number): boolean =>
    ((requirements.memoryTypeBits >>> i) & 1) !== 0 && (memoryTypes[i]!.propertyFlags & flags) === flags;
  return [requirements.size, memoryTypes.findIndex((_, i) => suits(i, MemoryProperty.DeviceLocal))];
}

/** Work with buffers of up to `size` bytes, all bound to the beginning of one memory object. */
function withSharedMemory(device: NativeDevice, size: number, start: (memory: DeviceMemory) => Work): Work {
  const [allocationSize, memoryTypeIndex] = memoryForBuffer(device, { size, usage: STORAGE });
  const memory = device.allocateMemory({ allocationSize, memoryTypeIndex });
  const work = start(memory);
  return {
    run: work.run,
    finish: () => {
      work.finish();
      device.freeMemory(memory);
    },
  };
}

/** Creates and destroys one buffer over and over. */
function bufferPair(device: NativeDevice, calls: BufferCalls, size: number): Work {
  return withSharedMemory(device, size, (memory) => ({
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const buffer = calls.create(size, memory);
        sum = (sum + calls.requiredSize()) >>> 0;
        calls.destroy(buffer);
      }
      return sum;
    },
    finish: () => {},
  }));
}

/** Buffers of many sizes come and go, as in the churn with an allocator. */
function bufferChurn(device: NativeDevice, calls: BufferCalls, slotCount: number): Work {
  return withSharedMemory(device, 256 * GRAIN, (memory) =>
    churn<Handle>(
      {
        make: (size) => calls.create(size, memory),
        place: () => 0,
        destroy: (buffer) => calls.destroy(buffer),
      },
      slotCount,
    ),
  );
}

/** Creates and destroys one buffer and its own memory over and over. */
function dedicatedPair(device: NativeDevice, size: number): Work {
  const info: BufferCreateInfo = { size, usage: STORAGE };
  const requirements = emptyMemoryRequirements();
  const [, memoryTypeIndex] = memoryForBuffer(device, info);
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const buffer = device.createBuffer(info);
        device.getBufferMemoryRequirements(buffer, requirements, false);
        const memory = device.allocateMemory({ allocationSize: requirements.size, memoryTypeIndex });
        device.bindBufferMemory(buffer, memory, 0);
        sum = (sum + requirements.size) >>> 0;
        device.destroyBuffer(buffer);
        device.freeMemory(memory);
      }
      return sum;
    },
    finish: () => {},
  };
}

/** The ways to make the calls from JavaScript, each for some work. */
function koffiSides(
  device: NativeDevice,
  warmup: number,
  operations: number,
  startOn: (device: NativeDevice, calls: BufferCalls) => Work,
): Side[] {
  const start = (calls: BufferCalls): Work => startOn(device, calls);
  const side = (name: SideName, calls: BufferCalls): Side => ({
    name,
    exact: false,
    round: () => roundOf(start(calls), warmup, operations),
  });
  const own = side(SideName.TunedCalls, tunedCalls(device));
  if (runtime !== "node") return [own];
  const plain = openPlainDevice();
  return [
    own,
    {
      name: SideName.PlainKoffi,
      exact: false,
      round: () => roundOf(startOn(plain, tunedCalls(plain)), warmup, operations),
    },
    side(SideName.TypedArrayCalls, typedArrayCalls(device)),
    side(SideName.StructureCalls, structureCalls(device)),
  ];
}

/** The rows of no allocator at all beside the churn of buffers. */
export function driverChurnSides(
  device: NativeDevice,
  slotCount: number,
  warmup: number,
  operations: number,
): Side[] {
  return koffiSides(device, warmup, operations, (on, calls) => bufferChurn(on, calls, slotCount));
}

/** The rows of no allocator at all beside one buffer of `size` bytes, in JavaScript and in C++. */
export function driverPairSides(
  context: Context,
  device: NativeDevice,
  size: number,
  warmup: number,
  operations: number,
): (Side | undefined)[] {
  // A millisecond each on a real GPU.
  const [dedicatedWarmup, dedicatedOperations] = isSlowToAllocate(device) ? [5, 100] : [warmup, operations];
  return [
    ...koffiSides(device, warmup, operations, (on, calls) => bufferPair(on, calls, size)),
    referenceSide(
      context,
      { ...deviceRequest(device, "device-bare"), warmup, operations },
      { name: SideName.BareCpp, exact: false },
    ),
    {
      name: SideName.DedicatedKoffi,
      exact: false,
      round: () => roundOf(dedicatedPair(device, size), dedicatedWarmup, dedicatedOperations),
    },
    referenceSide(
      context,
      {
        ...deviceRequest(device, "device-dedicated"),
        warmup: dedicatedWarmup,
        operations: dedicatedOperations,
      },
      { name: SideName.DedicatedCpp, exact: false },
    ),
  ];
}
