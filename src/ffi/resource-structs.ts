/**
 * The structures that describe resources and their memory, at fixed places of one piece of native memory.
 *
 * Their constant fields (structure types, pointers to each other) are written once. What changes is written
 * word by word through typed arrays and constant indices, so that it makes no garbage; only pNext chains and
 * queue families, which have no fixed size, go to the stack behind.
 */

import { checkUint64 } from "../foundation/check.ts";
import { ImageType, WHOLE_SIZE } from "../vulkan/constants.ts";
import type { MappedMemoryRange, MemoryAllocateInfo } from "../vulkan/device.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { type Layouts, layouts } from "./layout.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { NativeMemory, place } from "./native-memory.ts";
import { encodeNext } from "./next-chain.ts";
import type { ResourceAddresses } from "./resource-calls.ts";
import type { StructName } from "./structs.ts";

/** Bytes of native memory of a device: its fixed structures, and room for one call's chains and arrays. */
const MEMORY_SIZE = 65536;
const parts = {
  out: 8,
  buffer: 8,
  image: 8,
  deviceMemory: 8,
  offset: 8,
  results: 8,
  range: "VkMappedMemoryRange",
  bufferInfo: "VkBufferCreateInfo",
  imageInfo: "VkImageCreateInfo",
  requirements: "VkMemoryRequirements2",
  dedicated: "VkMemoryDedicatedRequirements",
  bufferQuery: "VkBufferMemoryRequirementsInfo2",
  imageQuery: "VkImageMemoryRequirementsInfo2",
  planeQuery: "VkImagePlaneMemoryRequirementsInfo",
  deviceBufferQuery: "VkDeviceBufferMemoryRequirements",
  deviceImageQuery: "VkDeviceImageMemoryRequirements",
  allocateInfo: "VkMemoryAllocateInfo",
} as const;
const slots = place(parts);

/** The index of the first 32-bit word of each field of the structure at `slot`. */
function wordsOf<N extends StructName>(name: N, slot: number): Layouts[N]["offsets"] {
  const { offsets } = layouts[name];
  const words = Object.entries<number>(offsets).map(([field, offset]) => [field, (slot + offset) / 4]);
  return Object.fromEntries(words) as Layouts[N]["offsets"];
}
const requirementsAt = slots.requirements + layouts.VkMemoryRequirements2.offsets.memoryRequirements;
const BUFFER = wordsOf("VkBufferCreateInfo", slots.bufferInfo);
const IMAGE = wordsOf("VkImageCreateInfo", slots.imageInfo);
const REQUIREMENTS = wordsOf("VkMemoryRequirements", requirementsAt);
const DEDICATED = wordsOf("VkMemoryDedicatedRequirements", slots.dedicated);
const PLANE = wordsOf("VkImagePlaneMemoryRequirementsInfo", slots.planeQuery);
const DEVICE_PLANE = wordsOf("VkDeviceImageMemoryRequirements", slots.deviceImageQuery);
const imageQueryAt = slots.imageQuery + layouts.VkImageMemoryRequirementsInfo2.offsets.image;
/** Cells of sequences of calls (`./block-calls.ts`), by their offsets in bytes. */
export const cells: Readonly<
  Record<
    "out" | "queriedImage" | "buffer" | "image" | "deviceMemory" | "offset" | "result" | "secondResult",
    number
  >
> = {
  out: slots.out,
  /** The image that `imageQuery` asks for. */
  queriedImage: imageQueryAt,
  buffer: slots.buffer,
  image: slots.image,
  deviceMemory: slots.deviceMemory,
  offset: slots.offset,
  /** VkResult of the first call, and of the second. */
  result: slots.results,
  secondResult: slots.results + 4,
};
const RANGE = wordsOf("VkMappedMemoryRange", slots.range);
/** Indices of 64-bit words. */
const REQUIREMENTS_NEXT = wordsOf("VkMemoryRequirements2", slots.requirements).pNext / 2;
const QUERY_BUFFER = wordsOf("VkBufferMemoryRequirementsInfo2", slots.bufferQuery).buffer / 2;
const QUERY_IMAGE = wordsOf("VkImageMemoryRequirementsInfo2", slots.imageQuery).image / 2;
const QUERY_IMAGE_NEXT = wordsOf("VkImageMemoryRequirementsInfo2", slots.imageQuery).pNext / 2;
const OUT = slots.out / 8;
const TWO_32 = 4294967296;

/** The structures of one device. */
export class ResourceStructs {
  readonly memory: NativeMemory;
  readonly addresses: ResourceAddresses & {
    readonly deviceBufferQuery: bigint;
    readonly deviceImageQuery: bigint;
  };
  readonly #dedicated: bigint;
  readonly #planeQuery: bigint;
  /** Whether `imageQuery` and `requirements2` stand as {@link askForCreatedImage} has them. */
  #asksForCreatedImage = false;

  constructor(native: Pick<NativeCalls, "addressOf">) {
    const memory = new NativeMemory(native, MEMORY_SIZE, slots.end);
    this.memory = memory;
    for (const [name, struct] of Object.entries(parts)) {
      if (typeof struct === "string") memory.setType(struct, slots[name as keyof typeof parts]);
    }
    this.#dedicated = memory.at(slots.dedicated);
    this.#planeQuery = memory.at(slots.planeQuery);
    this.addresses = {
      out: memory.at(slots.out),
      allocateInfo: memory.at(slots.allocateInfo),
      bufferInfo: memory.at(slots.bufferInfo),
      imageInfo: memory.at(slots.imageInfo),
      bufferQuery: memory.at(slots.bufferQuery),
      imageQuery: memory.at(slots.imageQuery),
      deviceBufferQuery: memory.at(slots.deviceBufferQuery),
      deviceImageQuery: memory.at(slots.deviceImageQuery),
      queriedImage: memory.at(imageQueryAt),
      range: memory.at(slots.range),
      requirements: memory.at(requirementsAt),
      requirements2: memory.at(slots.requirements),
    };
    const { bufferInfo, imageInfo } = this.addresses;
    memory.write("VkDeviceBufferMemoryRequirements", slots.deviceBufferQuery, { pCreateInfo: bufferInfo });
    memory.write("VkDeviceImageMemoryRequirements", slots.deviceImageQuery, { pCreateInfo: imageInfo });
  }

  /** The handle or address that a call has written to `out`. */
  get handle(): bigint {
    return this.memory.u64[OUT]!;
  }

  /** The image that `imageQuery` asks for. */
  get queriedImage(): bigint {
    return this.memory.u64[QUERY_IMAGE]!;
  }

  /** The signed 32-bit integer that a call has written to `out`. */
  get word(): number {
    return this.memory.i32[slots.out / 4]!;
  }

  /** Fills `allocateInfo`. */
  encodeAllocation(info: MemoryAllocateInfo): void {
    this.memory.reset();
    this.memory.write("VkMemoryAllocateInfo", slots.allocateInfo, {
      pNext: encodeNext(this.memory, info.pNext),
      allocationSize: info.allocationSize,
      memoryTypeIndex: info.memoryTypeIndex,
    });
  }

  /** Fills `bufferInfo`. */
  encodeBuffer(info: BufferCreateInfo): void {
    const u32 = this.memory.u32;
    u32[BUFFER.flags] = info.flags ?? 0;
    u32[BUFFER.size] = info.size;
    u32[BUFFER.size + 1] = info.size / TWO_32;
    u32[BUFFER.usage] = info.usage;
    u32[BUFFER.sharingMode] = info.sharingMode ?? 0;
    this.#encodeVariable(BUFFER, info);
  }

  /** What of a create info has no fixed size: the pNext chain and the queue families. */
  #encodeVariable(words: typeof BUFFER | typeof IMAGE, info: BufferCreateInfo | ImageCreateInfo): void {
    const { pNext, queueFamilyIndices } = info;
    const u32 = this.memory.u32;
    if (pNext === undefined && queueFamilyIndices === undefined) {
      u32[words.pNext] = 0;
      u32[words.pNext + 1] = 0;
      u32[words.queueFamilyIndexCount] = 0;
      return;
    }
    this.memory.reset();
    this.memory.u64[words.pNext / 2] = encodeNext(this.memory, pNext);
    u32[words.queueFamilyIndexCount] = queueFamilyIndices?.length ?? 0;
    this.memory.u64[words.pQueueFamilyIndices / 2] = this.memory.words(queueFamilyIndices ?? []);
  }

  /** Fills `imageInfo`. */
  encodeImage(info: ImageCreateInfo): void {
    const u32 = this.memory.u32;
    const { extent } = info;
    u32[IMAGE.flags] = info.flags ?? 0;
    u32[IMAGE.imageType] = info.imageType ?? ImageType.Image2D;
    u32[IMAGE.format] = info.format;
    u32[IMAGE.extent] = extent.width;
    u32[IMAGE.extent + 1] = extent.height;
    u32[IMAGE.extent + 2] = extent.depth ?? 1;
    u32[IMAGE.mipLevels] = info.mipLevels ?? 1;
    u32[IMAGE.arrayLayers] = info.arrayLayers ?? 1;
    u32[IMAGE.samples] = info.samples ?? 1;
    u32[IMAGE.tiling] = info.tiling ?? 0;
    u32[IMAGE.usage] = info.usage;
    u32[IMAGE.sharingMode] = info.sharingMode ?? 0;
    u32[IMAGE.initialLayout] = info.initialLayout ?? 0;
    this.#encodeVariable(IMAGE, info);
  }

  /** Makes `bufferQuery` and `requirements2` ask for a buffer's requirements, dedicated memory included. */
  askForBuffer(buffer: bigint): void {
    this.#asksForCreatedImage = false;
    this.memory.u64[QUERY_BUFFER] = buffer;
    this.memory.u64[REQUIREMENTS_NEXT] = this.#dedicated;
  }

  /** Makes `imageQuery` and `requirements2` ask for the requirements of an image or one plane of it. */
  askForImage(image: bigint, dedicated: boolean, planeAspect: number | undefined): void {
    this.#asksForCreatedImage = false;
    this.memory.u64[QUERY_IMAGE] = image;
    this.memory.u32[PLANE.planeAspect] = planeAspect ?? 0;
    this.memory.u64[QUERY_IMAGE_NEXT] = planeAspect === undefined ? 0n : this.#planeQuery;
    this.memory.u64[REQUIREMENTS_NEXT] = dedicated ? this.#dedicated : 0n;
  }

  /** Fills `range`. */
  encodeRange({ memory, offset, size }: MappedMemoryRange): void {
    const u32 = this.memory.u32;
    this.memory.u64[RANGE.memory / 2] = checkUint64(memory, "memory");
    u32[RANGE.offset] = offset;
    u32[RANGE.offset + 1] = offset / TWO_32;
    u32[RANGE.size] = size === WHOLE_SIZE ? 0xffffffff : size;
    u32[RANGE.size + 1] = size === WHOLE_SIZE ? 0xffffffff : size / TWO_32;
  }

  /** As {@link askForImage}, dedicated memory included, for an image that is about to be created into `imageQuery`. */
  askForCreatedImage(): void {
    if (this.#asksForCreatedImage) return;
    this.askForImage(0n, true, undefined);
    this.#asksForCreatedImage = true;
  }

  /** Makes `deviceBufferQuery` and `requirements2` ask for the requirements of a buffer yet to be made. */
  askForNewBuffer(info: BufferCreateInfo): void {
    this.#asksForCreatedImage = false;
    this.encodeBuffer(info);
    this.memory.u64[REQUIREMENTS_NEXT] = this.#dedicated;
  }

  /** Makes `deviceImageQuery` and `requirements2` ask for the requirements of an image yet to be made. */
  askForNewImage(info: ImageCreateInfo, planeAspect: number | undefined): void {
    this.#asksForCreatedImage = false;
    this.encodeImage(info);
    this.memory.u32[DEVICE_PLANE.planeAspect] = planeAspect ?? 0;
    this.memory.u64[REQUIREMENTS_NEXT] = this.#dedicated;
  }

  /** Reads requirements; those about dedicated memory only if they were asked for. */
  decodeRequirements(out: MemoryRequirements, dedicated: boolean): void {
    const u32 = this.memory.u32;
    out.size = u32[REQUIREMENTS.size]! + u32[REQUIREMENTS.size + 1]! * TWO_32;
    out.alignment = u32[REQUIREMENTS.alignment]! + u32[REQUIREMENTS.alignment + 1]! * TWO_32;
    out.memoryTypeBits = u32[REQUIREMENTS.memoryTypeBits]!;
    out.prefersDedicatedAllocation = dedicated && u32[DEDICATED.prefersDedicatedAllocation] !== 0;
    out.requiresDedicatedAllocation = dedicated && u32[DEDICATED.requiresDedicatedAllocation] !== 0;
  }
}
