/**
 * What is read from the description of a buffer or an image: whether it is valid, what follows from it for the memory, and the
 * copy that an allocation keeps, so that defragmentation can recreate the resource.
 */

import { isPowerOfTwo } from "../../foundation/bits.ts";
import { checkArray, checkInteger, quote } from "../../foundation/check.ts";
import { optionsCheck } from "../../foundation/check-names.ts";
import { SuballocationType } from "../../metadata/block-metadata.ts";
import { BufferCreate, BufferUsage, ImageTiling, SharingMode } from "../../vulkan/constants.ts";
import { checkNextChain, findNext, type NextChain, StructureType } from "../../vulkan/next.ts";
import type { BufferCreateInfo, Extent3D, ImageCreateInfo } from "../../vulkan/resources.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import { AllocatorCreate, hasFlag } from "../flags.ts";
import { copyChain } from "../memory/memory-chain.ts";
import type { AllocatorState } from "../state.ts";
import type { AllocationRequest } from "./request.ts";

// ---- Checks ---

type Sharing = Pick<BufferCreateInfo, "sharingMode" | "queueFamilyIndices">;

const checkBufferNames = optionsCheck<BufferCreateInfo>("a buffer's description", {
  size: true,
  usage: "enum",
  flags: "enum",
  sharingMode: "enum",
  queueFamilyIndices: true,
  pNext: true,
});
const checkImageNames = optionsCheck<ImageCreateInfo>("an image's description", {
  format: "enum",
  extent: true,
  usage: "enum",
  imageType: "enum",
  tiling: "enum",
  mipLevels: true,
  arrayLayers: true,
  samples: "enum",
  flags: "enum",
  sharingMode: "enum",
  queueFamilyIndices: true,
  initialLayout: "enum",
  pNext: true,
});
const checkExtentNames = optionsCheck<Extent3D>("an image's extent", {
  width: true,
  height: true,
  depth: true,
});

/** Checks a buffer's description; its size may be 0, which the allocator refuses as VMA does. */
export function checkBufferCreateInfo(info: BufferCreateInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`a buffer's description must be an object, got ${quote(info)}`);
  }
  checkBufferNames(info);
  checkInteger(info.size, "a buffer's size");
  checkInteger(info.usage, "a buffer's usage", 0, 0xffffffff);
  if (info.flags !== undefined) checkInteger(info.flags, "a buffer's flags", 0, 0xffffffff);
  checkSharing(info, "a buffer's");
  checkNextChain(info.pNext, "a buffer's pNext");
}

function checkSharing({ sharingMode = 0, queueFamilyIndices }: Sharing, whose: string): void {
  checkInteger(sharingMode, `${whose} sharingMode`, SharingMode.Exclusive, SharingMode.Concurrent);
  if (queueFamilyIndices !== undefined) {
    checkArray(queueFamilyIndices, `${whose} queueFamilyIndices`);
    for (const index of queueFamilyIndices) checkInteger(index, "a queue family's index", 0, 0xffffffff);
  }
  if (sharingMode === SharingMode.Exclusive) return;
  const families = new Set(queueFamilyIndices);
  if (families.size < 2 || families.size !== queueFamilyIndices!.length) {
    throw new RangeError(
      `${whose} sharingMode is SharingMode.Concurrent, so queueFamilyIndices must name at least two queue families, each ` +
        `once, got [${queueFamilyIndices?.join(", ") ?? ""}]`,
    );
  }
}

/** Checks an image's description; extents may be 0, which the allocator refuses as VMA does. */
export function checkImageCreateInfo(info: ImageCreateInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`an image's description must be an object, got ${quote(info)}`);
  }
  checkImageNames(info);
  checkInteger(info.format, "an image's format", 0, 0xffffffff);
  checkInteger(info.usage, "an image's usage", 0, 0xffffffff);
  const extent: Extent3D | undefined = info.extent;
  if (typeof extent !== "object" || extent === null) {
    throw new TypeError(`an image's extent must be an object, got ${quote(extent)}`);
  }
  checkExtentNames(extent);
  checkInteger(extent.width, "an image's width", 0, 0xffffffff);
  checkInteger(extent.height, "an image's height", 0, 0xffffffff);
  checkInteger(extent.depth ?? 1, "an image's depth", 0, 0xffffffff);
  checkInteger(info.mipLevels ?? 1, "mipLevels", 0, 0xffffffff);
  checkInteger(info.arrayLayers ?? 1, "arrayLayers", 0, 0xffffffff);
  if (info.flags !== undefined) checkInteger(info.flags, "an image's flags", 0, 0xffffffff);
  checkInteger(info.imageType ?? 0, "an image's imageType", 0, 0xffffffff);
  checkInteger(info.tiling ?? 0, "an image's tiling", 0, 0xffffffff);
  checkInteger(info.initialLayout ?? 0, "an image's initialLayout", 0, 0xffffffff);
  const samples = checkInteger(info.samples ?? 1, "an image's samples", 1, 64);
  if (!isPowerOfTwo(samples)) {
    throw new RangeError(`an image's samples must be one of SampleCount, got ${samples}`);
  }
  checkSharing(info, "an image's");
  checkNextChain(info.pNext, "an image's pNext");
}

/** Whether an image's description has an extent, levels or layers of 0. */
export function isEmptyImage({ extent, mipLevels = 1, arrayLayers = 1 }: ImageCreateInfo): boolean {
  const { width, height, depth = 1 } = extent;
  return width === 0 || height === 0 || depth === 0 || mipLevels === 0 || arrayLayers === 0;
}

/** Checks that a buffer can be created from the description. */
export function checkBuffer(state: AllocatorState, info: BufferCreateInfo): void {
  checkBufferCreateInfo(info);
  if (info.size === 0) throw invalidResource("createBuffer", "a buffer has at least 1 byte, got size 0");
  if (info.usage === 0 && (info.pNext === undefined || !hasWideUsage(info.pNext))) {
    throw new RangeError("a buffer's usage must have at least one flag of BufferUsage, got 0");
  }
  refuseSparse("createBuffer", "BufferCreate", info.flags);
  if (hasFlag(state, AllocatorCreate.BufferDeviceAddress)) return;
  const wide = wideUsage(state, info);
  const hasAddress =
    wide === undefined
      ? (info.usage & BufferUsage.ShaderDeviceAddress) !== 0
      : (wide & BigInt(BufferUsage.ShaderDeviceAddress)) !== 0n;
  if (hasAddress) {
    throw invalidResource(
      "createBuffer",
      "BufferUsage.ShaderDeviceAddress needs an allocator with AllocatorCreate.BufferDeviceAddress",
    );
  }
}

/** Checks that an image can be created from the description. */
export function checkImage(info: ImageCreateInfo): void {
  checkImageCreateInfo(info);
  if (isEmptyImage(info)) {
    throw invalidResource("createImage", "an image's extent, mipLevels and arrayLayers are at least 1");
  }
  if (info.usage === 0) {
    throw new RangeError("an image's usage must have at least one flag of ImageUsage, got 0");
  }
  refuseSparse("createImage", "ImageCreate", info.flags);
}

function hasWideUsage(pNext: NextChain): boolean {
  return findNext(pNext, StructureType.BufferUsageFlags2CreateInfo) !== undefined;
}

/** The sparse bits have the same values for buffers and images. */
const { SparseBinding, SparseResidency, SparseAliased } = BufferCreate;
const sparse = { SparseBinding, SparseResidency, SparseAliased };

/**
 * Sparse resources are bound through a queue, page by page; bound like other resources they would break Vulkan's rules.
 */
function refuseSparse(call: string, type: string, flags = 0): void {
  if ((flags & (SparseBinding | SparseResidency | SparseAliased)) === 0) return;
  const names = Object.entries(sparse).filter(([, bit]) => (flags & bit) !== 0);
  throw new VulkanError(
    Result.ErrorFeatureNotPresent,
    call,
    `sparse resources are not supported: flags has ${names.map(([name]) => `${type}.${name}`).join(" and ")}`,
  );
}

function invalidResource(call: string, detail: string): VulkanError {
  return new VulkanError(Result.ErrorInitializationFailed, call, detail);
}

// ---- What follows ---

/** The 64-bit usage that maintenance5 allows in a chain instead of the 32-bit one; undefined if there is none. */
function wideUsage(state: AllocatorState, { pNext }: BufferCreateInfo): bigint | undefined {
  if (pNext === undefined || !hasFlag(state, AllocatorCreate.KhrMaintenance5)) return undefined;
  return findNext(pNext, StructureType.BufferUsageFlags2CreateInfo)?.usage;
}

/** Stores in the request what is known about the buffer. Returns those of its usage flags that fit in a number. */
export function describeBuffer(
  state: AllocatorState,
  request: AllocationRequest,
  info: BufferCreateInfo,
): number {
  request.type = SuballocationType.Buffer;
  const wide = wideUsage(state, info);
  if (wide !== undefined) {
    const transfers = BigInt(BufferUsage.TransferSrc | BufferUsage.TransferDst);
    request.resourceKnown = wide !== 0n;
    request.deviceAccess = (wide & ~transfers) !== 0n;
    request.mayHaveDeviceAddress = (wide & BigInt(BufferUsage.ShaderDeviceAddress)) !== 0n;
    return Number(wide);
  }
  const { usage } = info;
  request.resourceKnown = usage !== 0;
  request.deviceAccess = (usage & ~(BufferUsage.TransferSrc | BufferUsage.TransferDst)) !== 0;
  request.mayHaveDeviceAddress = usage === 0 || (usage & BufferUsage.ShaderDeviceAddress) !== 0;
  return usage;
}

/** Stores in the request what is known about the image. */
export function describeImage(request: AllocationRequest, info: ImageCreateInfo): void {
  // A DRM modifier's tiling is laid out by the driver, but counts as linear, as in VMA.
  const isOptimal = (info.tiling ?? ImageTiling.Optimal) === ImageTiling.Optimal;
  request.type = isOptimal ? SuballocationType.ImageOptimal : SuballocationType.ImageLinear;
  request.resourceKnown = info.usage !== 0;
  // The transfer bits are the same as a buffer's.
  request.deviceAccess = (info.usage & ~(BufferUsage.TransferSrc | BufferUsage.TransferDst)) !== 0;
  request.mayHaveDeviceAddress = false;
}

// ---- What is kept ---

/**
 * What is kept of a buffer's description: size and usage are kept separately, so that a copy is needed only if there is
 * more.
 */
export function copyBufferInfo(info: BufferCreateInfo): BufferCreateInfo | undefined {
  const { flags, sharingMode, pNext } = info;
  return flags === undefined && sharingMode === undefined && pNext === undefined ? undefined : copyInfo(info);
}

/** What is kept of an image's description: a copy. */
export function copyImageInfo(info: ImageCreateInfo): ImageCreateInfo {
  return { ...copyInfo(info), extent: { ...info.extent } };
}

function copyInfo<Info extends BufferCreateInfo | ImageCreateInfo>(info: Info): Info {
  const next = copyChain(info.pNext);
  const { queueFamilyIndices } = info;
  return {
    ...info,
    ...(queueFamilyIndices === undefined ? {} : { queueFamilyIndices: [...queueFamilyIndices] }),
    ...(next === undefined ? {} : { pNext: next }),
  };
}
