/**
 * pNext chains. A chain is given in one of three forms:
 * - an array of friendly objects, one for each structure, in order (what both drivers understand);
 * - the address of a chain that the caller has encoded and keeps alive during the call (a bigint);
 * - a `Uint8Array` with one encoded structure, whose own pNext is an address or null.
 * The simulator understands the first form alone.
 */

import { checkUint64, quote } from "../foundation/check.ts";
import type { ExternalMemoryHandleType, Format, ImageAspect, MemoryAllocate } from "./constants.ts";
import type { Buffer, Image } from "./handles.ts";

/** VkStructureType of the structures that may stand in a chain. */
export const StructureType = {
  MemoryDedicatedAllocateInfo: 1000127001,
  MemoryAllocateFlagsInfo: 1000060000,
  MemoryPriorityAllocateInfoEXT: 1000238001,
  ExportMemoryAllocateInfo: 1000072002,
  ImportMemoryFdInfoKHR: 1000074000,
  ImportMemoryHostPointerInfoEXT: 1000178000,
  ImportMemoryWin32HandleInfoKHR: 1000073000,
  ExportMemoryWin32HandleInfoKHR: 1000073001,
  MemoryOpaqueCaptureAddressAllocateInfo: 1000257003,
  ExternalMemoryBufferCreateInfo: 1000072000,
  ExternalMemoryImageCreateInfo: 1000072001,
  BufferUsageFlags2CreateInfo: 1000470006,
  BufferOpaqueCaptureAddressCreateInfo: 1000257002,
  ImageFormatListCreateInfo: 1000147000,
  BindImagePlaneMemoryInfo: 1000156002,
} as const;
/** One of {@link StructureType}. */
export type StructureType = (typeof StructureType)[keyof typeof StructureType];

/** VkMemoryDedicatedAllocateInfo: the memory is for this one buffer or image. */
export interface MemoryDedicatedAllocateInfo {
  readonly sType: typeof StructureType.MemoryDedicatedAllocateInfo;
  readonly buffer?: Buffer;
  readonly image?: Image;
}
/** VkMemoryAllocateFlagsInfo */
export interface MemoryAllocateFlagsInfo {
  readonly sType: typeof StructureType.MemoryAllocateFlagsInfo;
  /** {@link MemoryAllocate} flags. */
  readonly flags: MemoryAllocate | 0;
  readonly deviceMask?: number;
}
/** VkMemoryPriorityAllocateInfoEXT */
export interface MemoryPriorityAllocateInfo {
  readonly sType: typeof StructureType.MemoryPriorityAllocateInfoEXT;
  /** From 0 to 1; Vulkan's default is 0.5. */
  readonly priority: number;
}
/** VkExportMemoryAllocateInfo */
export interface ExportMemoryAllocateInfo {
  readonly sType: typeof StructureType.ExportMemoryAllocateInfo;
  /** {@link ExternalMemoryHandleType} flags. */
  readonly handleTypes: ExternalMemoryHandleType | 0;
}
/** VkImportMemoryFdInfoKHR: on success the driver owns the descriptor. */
export interface ImportMemoryFdInfo {
  readonly sType: typeof StructureType.ImportMemoryFdInfoKHR;
  readonly handleType: ExternalMemoryHandleType | 0;
  readonly fd: number;
}
/** VkImportMemoryHostPointerInfoEXT */
export interface ImportMemoryHostPointerInfo {
  readonly sType: typeof StructureType.ImportMemoryHostPointerInfoEXT;
  readonly handleType: ExternalMemoryHandleType | 0;
  /** The address, aligned to minImportedHostPointerAlignment. */
  readonly hostPointer: bigint;
}
/** VkImportMemoryWin32HandleInfoKHR */
export interface ImportMemoryWin32HandleInfo {
  readonly sType: typeof StructureType.ImportMemoryWin32HandleInfoKHR;
  readonly handleType: ExternalMemoryHandleType | 0;
  readonly handle: bigint;
}
/** VkExportMemoryWin32HandleInfoKHR */
export interface ExportMemoryWin32HandleInfo {
  readonly sType: typeof StructureType.ExportMemoryWin32HandleInfoKHR;
  readonly attributes?: bigint;
  readonly access: number;
}
/** VkMemoryOpaqueCaptureAddressAllocateInfo */
export interface MemoryOpaqueCaptureAddressAllocateInfo {
  readonly sType: typeof StructureType.MemoryOpaqueCaptureAddressAllocateInfo;
  readonly opaqueCaptureAddress: bigint;
}
/** VkExternalMemoryBufferCreateInfo */
export interface ExternalMemoryBufferCreateInfo {
  readonly sType: typeof StructureType.ExternalMemoryBufferCreateInfo;
  readonly handleTypes: ExternalMemoryHandleType | 0;
}
/** VkExternalMemoryImageCreateInfo */
export interface ExternalMemoryImageCreateInfo {
  readonly sType: typeof StructureType.ExternalMemoryImageCreateInfo;
  readonly handleTypes: ExternalMemoryHandleType | 0;
}
/** VkBufferUsageFlags2CreateInfo (VK_KHR_maintenance5): replaces the buffer's 32-bit usage. */
export interface BufferUsageFlags2CreateInfo {
  readonly sType: typeof StructureType.BufferUsageFlags2CreateInfo;
  readonly usage: bigint;
}
/** VkBufferOpaqueCaptureAddressCreateInfo */
export interface BufferOpaqueCaptureAddressCreateInfo {
  readonly sType: typeof StructureType.BufferOpaqueCaptureAddressCreateInfo;
  readonly opaqueCaptureAddress: bigint;
}
/** VkImageFormatListCreateInfo */
export interface ImageFormatListCreateInfo {
  readonly sType: typeof StructureType.ImageFormatListCreateInfo;
  readonly viewFormats: readonly Format[];
}
/** VkBindImagePlaneMemoryInfo: for disjoint multi-planar images. */
export interface BindImagePlaneMemoryInfo {
  readonly sType: typeof StructureType.BindImagePlaneMemoryInfo;
  /** One {@link ImageAspect} plane bit. */
  readonly planeAspect: ImageAspect;
}

/** A structure that this library can encode into a pNext chain. */
export type NextStructure =
  | MemoryDedicatedAllocateInfo
  | MemoryAllocateFlagsInfo
  | MemoryPriorityAllocateInfo
  | ExportMemoryAllocateInfo
  | ImportMemoryFdInfo
  | ImportMemoryHostPointerInfo
  | ImportMemoryWin32HandleInfo
  | ExportMemoryWin32HandleInfo
  | MemoryOpaqueCaptureAddressAllocateInfo
  | ExternalMemoryBufferCreateInfo
  | ExternalMemoryImageCreateInfo
  | BufferUsageFlags2CreateInfo
  | BufferOpaqueCaptureAddressCreateInfo
  | ImageFormatListCreateInfo
  | BindImagePlaneMemoryInfo;

/** A pNext chain in one of its three forms, or a list whose last item may be an address or encoded bytes. */
export type NextChain = bigint | Uint8Array | readonly (NextStructure | bigint | Uint8Array)[];

/** Throws a TypeError or RangeError where a chain has none of its forms, or an address or handle in it has not 64 bits. */
export function checkNextChain(chain: unknown, what: string): void {
  if (chain === undefined || chain instanceof Uint8Array) return;
  if (typeof chain === "bigint") {
    checkUint64(chain, what);
    return;
  }
  if (!Array.isArray(chain)) {
    throw new TypeError(`${what} must be an array, a Uint8Array or an address (bigint), got ${quote(chain)}`);
  }
  for (const item of chain) {
    if (item instanceof Uint8Array) continue;
    if (typeof item === "bigint") checkUint64(item, `an address in ${what}`);
    else if (typeof item !== "object" || item === null) {
      throw new TypeError(
        `an item of ${what} must be an object, an address or encoded bytes, got ${quote(item)}`,
      );
    } else {
      for (const [member, value] of Object.entries(item)) {
        if (typeof value === "bigint") checkUint64(value, `${member} in ${what}`);
      }
    }
  }
}

/** The structure of a chain with this sType, when the chain is a list of friendly objects and has it. */
export function findNext<T extends NextStructure["sType"]>(
  chain: NextChain | undefined,
  sType: T,
): Extract<NextStructure, { sType: T }> | undefined {
  if (!Array.isArray(chain)) return undefined;
  for (const item of chain as readonly (NextStructure | bigint | Uint8Array)[]) {
    if (typeof item === "object" && !(item instanceof Uint8Array) && item.sType === sType) {
      return item as Extract<NextStructure, { sType: T }>;
    }
  }
  return undefined;
}
