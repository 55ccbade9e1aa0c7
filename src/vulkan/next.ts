/**
 * pNext chains. A chain is given in one of three forms:
 * - an array of friendly objects, one for each structure, in order (what both drivers understand);
 * - the address of a chain that the caller has encoded and keeps alive during the call (a bigint);
 * - a `Uint8Array` with one encoded structure, whose own pNext is an address or null.
 * The simulator understands only the first form.
 */

import { checkUint64, quote } from "../foundation/check.ts";
import type { ExternalMemoryHandleType, Format, ImageAspect, MemoryAllocate } from "./constants.ts";
import type { Buffer, Image } from "./handles.ts";

/** VkStructureType of the structures that a chain may contain. */
export const StructureType = {
  /** Of {@link MemoryDedicatedAllocateInfo}. */
  MemoryDedicatedAllocateInfo: 1000127001,
  /** Of {@link MemoryAllocateFlagsInfo}. */
  MemoryAllocateFlagsInfo: 1000060000,
  /** Of {@link MemoryPriorityAllocateInfo}. */
  MemoryPriorityAllocateInfoEXT: 1000238001,
  /** Of {@link ExportMemoryAllocateInfo}. */
  ExportMemoryAllocateInfo: 1000072002,
  /** Of {@link ImportMemoryFdInfo}. */
  ImportMemoryFdInfoKHR: 1000074000,
  /** Of {@link ImportMemoryHostPointerInfo}. */
  ImportMemoryHostPointerInfoEXT: 1000178000,
  /** Of {@link ImportMemoryWin32HandleInfo}. */
  ImportMemoryWin32HandleInfoKHR: 1000073000,
  /** Of {@link ExportMemoryWin32HandleInfo}. */
  ExportMemoryWin32HandleInfoKHR: 1000073001,
  /** Of {@link MemoryOpaqueCaptureAddressAllocateInfo}. */
  MemoryOpaqueCaptureAddressAllocateInfo: 1000257003,
  /** Of {@link ExternalMemoryBufferCreateInfo}. */
  ExternalMemoryBufferCreateInfo: 1000072000,
  /** Of {@link ExternalMemoryImageCreateInfo}. */
  ExternalMemoryImageCreateInfo: 1000072001,
  /** Of {@link BufferUsageFlags2CreateInfo}. */
  BufferUsageFlags2CreateInfo: 1000470006,
  /** Of {@link BufferOpaqueCaptureAddressCreateInfo}. */
  BufferOpaqueCaptureAddressCreateInfo: 1000257002,
  /** Of {@link ImageFormatListCreateInfo}. */
  ImageFormatListCreateInfo: 1000147000,
  /** Of {@link ImageDrmFormatModifierListCreateInfo}. */
  ImageDrmFormatModifierListCreateInfoEXT: 1000158003,
  /** Of {@link ImageDrmFormatModifierExplicitCreateInfo}. */
  ImageDrmFormatModifierExplicitCreateInfoEXT: 1000158004,
  /** Of {@link BindImagePlaneMemoryInfo}. */
  BindImagePlaneMemoryInfo: 1000156002,
} as const;
/** One of {@link StructureType}. */
export type StructureType = (typeof StructureType)[keyof typeof StructureType];

/** VkMemoryDedicatedAllocateInfo: the memory is for this one buffer or image. */
export interface MemoryDedicatedAllocateInfo {
  /** VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO */
  readonly sType: typeof StructureType.MemoryDedicatedAllocateInfo;
  /** The buffer that the memory is for; this or `image`. */
  readonly buffer?: Buffer;
  /** The image that the memory is for; this or `buffer`. */
  readonly image?: Image;
}
/** VkMemoryAllocateFlagsInfo */
export interface MemoryAllocateFlagsInfo {
  /** VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO */
  readonly sType: typeof StructureType.MemoryAllocateFlagsInfo;
  /** {@link MemoryAllocate} flags. */
  readonly flags: MemoryAllocate | 0;
  /** The devices of a group that get memory, one bit each; used only with `MemoryAllocate.DeviceMask`. Default 0. */
  readonly deviceMask?: number;
}
/** VkMemoryPriorityAllocateInfoEXT */
export interface MemoryPriorityAllocateInfo {
  /** VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT */
  readonly sType: typeof StructureType.MemoryPriorityAllocateInfoEXT;
  /** From 0 to 1; Vulkan's default is 0.5. */
  readonly priority: number;
}
/** VkExportMemoryAllocateInfo */
export interface ExportMemoryAllocateInfo {
  /** VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO */
  readonly sType: typeof StructureType.ExportMemoryAllocateInfo;
  /** {@link ExternalMemoryHandleType} flags. */
  readonly handleTypes: ExternalMemoryHandleType | 0;
}
/** VkImportMemoryFdInfoKHR: on success the driver owns the descriptor. */
export interface ImportMemoryFdInfo {
  /** VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR */
  readonly sType: typeof StructureType.ImportMemoryFdInfoKHR;
  /** What `fd` is: OpaqueFd or DmaBufEXT. */
  readonly handleType: ExternalMemoryHandleType | 0;
  /** A file descriptor, which belongs to the driver once the import has succeeded. */
  readonly fd: number;
}
/** VkImportMemoryHostPointerInfoEXT */
export interface ImportMemoryHostPointerInfo {
  /** VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT */
  readonly sType: typeof StructureType.ImportMemoryHostPointerInfoEXT;
  /** HostAllocationEXT or HostMappedForeignMemoryEXT. */
  readonly handleType: ExternalMemoryHandleType | 0;
  /** The address, aligned to minImportedHostPointerAlignment. */
  readonly hostPointer: bigint;
}
/** VkImportMemoryWin32HandleInfoKHR */
export interface ImportMemoryWin32HandleInfo {
  /** VK_STRUCTURE_TYPE_IMPORT_MEMORY_WIN32_HANDLE_INFO_KHR */
  readonly sType: typeof StructureType.ImportMemoryWin32HandleInfoKHR;
  /** What `handle` is. */
  readonly handleType: ExternalMemoryHandleType | 0;
  /** A HANDLE, which the program keeps. */
  readonly handle: bigint;
}
/** VkExportMemoryWin32HandleInfoKHR */
export interface ExportMemoryWin32HandleInfo {
  /** VK_STRUCTURE_TYPE_EXPORT_MEMORY_WIN32_HANDLE_INFO_KHR */
  readonly sType: typeof StructureType.ExportMemoryWin32HandleInfoKHR;
  /** Address of a SECURITY_ATTRIBUTES; default 0n, the system's. */
  readonly attributes?: bigint;
  /** A DWORD of access rights, such as GENERIC_ALL (0x10000000). */
  readonly access: number;
}
/** VkMemoryOpaqueCaptureAddressAllocateInfo */
export interface MemoryOpaqueCaptureAddressAllocateInfo {
  /** VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO */
  readonly sType: typeof StructureType.MemoryOpaqueCaptureAddressAllocateInfo;
  /** What vkGetDeviceMemoryOpaqueCaptureAddress returned when it was captured; 0n for any address. */
  readonly opaqueCaptureAddress: bigint;
}
/** VkExternalMemoryBufferCreateInfo */
export interface ExternalMemoryBufferCreateInfo {
  /** VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO */
  readonly sType: typeof StructureType.ExternalMemoryBufferCreateInfo;
  /** {@link ExternalMemoryHandleType} flags: what its memory can be exported as or imported from. */
  readonly handleTypes: ExternalMemoryHandleType | 0;
}
/** VkExternalMemoryImageCreateInfo */
export interface ExternalMemoryImageCreateInfo {
  /** VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO */
  readonly sType: typeof StructureType.ExternalMemoryImageCreateInfo;
  /** {@link ExternalMemoryHandleType} flags: what its memory can be exported as or imported from. */
  readonly handleTypes: ExternalMemoryHandleType | 0;
}
/** VkBufferUsageFlags2CreateInfo (VK_KHR_maintenance5): replaces the buffer's 32-bit usage. */
export interface BufferUsageFlags2CreateInfo {
  /** VK_STRUCTURE_TYPE_BUFFER_USAGE_FLAGS_2_CREATE_INFO */
  readonly sType: typeof StructureType.BufferUsageFlags2CreateInfo;
  /** VkBufferUsageFlags2, 64 bits, instead of those of the buffer. */
  readonly usage: bigint;
}
/** VkBufferOpaqueCaptureAddressCreateInfo */
export interface BufferOpaqueCaptureAddressCreateInfo {
  /** VK_STRUCTURE_TYPE_BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO */
  readonly sType: typeof StructureType.BufferOpaqueCaptureAddressCreateInfo;
  /** What vkGetBufferOpaqueCaptureAddress returned when it was captured; 0n for any address. */
  readonly opaqueCaptureAddress: bigint;
}
/** VkImageFormatListCreateInfo */
export interface ImageFormatListCreateInfo {
  /** VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO */
  readonly sType: typeof StructureType.ImageFormatListCreateInfo;
  /** The formats that views of the image will have. */
  readonly viewFormats: readonly Format[];
}
/**
 * VkImageDrmFormatModifierListCreateInfoEXT: the driver chooses one of these modifiers for an image with the tiling
 * `ImageTiling.DrmFormatModifierEXT`, and vkGetImageDrmFormatModifierPropertiesEXT says which.
 */
export interface ImageDrmFormatModifierListCreateInfo {
  /** VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT */
  readonly sType: typeof StructureType.ImageDrmFormatModifierListCreateInfoEXT;
  /** At least one, of 64 bits each: those of drm_fourcc.h. 0n is DRM_FORMAT_MOD_LINEAR. */
  readonly drmFormatModifiers: readonly bigint[];
}
/** VkSubresourceLayout, as an image with a modifier takes it. */
export interface DrmPlaneLayout {
  /** Where the plane begins, in bytes from the start of its memory. */
  readonly offset: number;
  /** Bytes from row to row. */
  readonly rowPitch: number;
  /** Bytes from layer to layer; 0 (the default) for an image of one layer. */
  readonly arrayPitch?: number;
  /** Bytes from slice to slice; 0 (the default) for an image that is 1 deep. */
  readonly depthPitch?: number;
  /** Must be 0, the default. */
  readonly size?: 0;
}
/** VkImageDrmFormatModifierExplicitCreateInfoEXT: the image has this modifier, and its planes lie as whoever made the memory says. */
export interface ImageDrmFormatModifierExplicitCreateInfo {
  /** VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT */
  readonly sType: typeof StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT;
  /** One of drm_fourcc.h, of 64 bits. */
  readonly drmFormatModifier: bigint;
  /** One for each memory plane that the modifier has: at most four, which can be more than the format's planes. */
  readonly planeLayouts: readonly DrmPlaneLayout[];
}
/** VkBindImagePlaneMemoryInfo: for disjoint multi-planar images. */
export interface BindImagePlaneMemoryInfo {
  /** VK_STRUCTURE_TYPE_BIND_IMAGE_PLANE_MEMORY_INFO */
  readonly sType: typeof StructureType.BindImagePlaneMemoryInfo;
  /** One {@link ImageAspect} plane bit: a memory plane's for an image with a DRM format modifier. */
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
  | ImageDrmFormatModifierListCreateInfo
  | ImageDrmFormatModifierExplicitCreateInfo
  | BindImagePlaneMemoryInfo;

/** A pNext chain in one of its three forms, or a list whose last item may be an address or encoded bytes. */
export type NextChain = bigint | Uint8Array | readonly (NextStructure | bigint | Uint8Array)[];

/**
 * Throws a TypeError or RangeError if a chain has none of these forms, or an address or handle in it does not fit in 64
 * bits.
 */
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
        if (Array.isArray(value)) checkItems(value, `${member} in ${what}`);
      }
    }
  }
}

/** Bigints in a list must fit in 64 bits. */
function checkItems(items: readonly unknown[], what: string): void {
  for (const item of items) if (typeof item === "bigint") checkUint64(item, `an item of ${what}`);
}

/** The structure with this sType in a chain that is a list of friendly objects, if it has one. */
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
