/** Which structures a call takes in its pNext chain, and what each requires of the device. */

import { checkUint64 } from "../foundation/check.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import { type NextChain, type NextStructure, StructureType } from "../vulkan/next.ts";
import { forbid } from "./error.ts";
import type { DeviceState } from "./state.ts";

/** A structure with a pNext chain that the simulator reads. */
export type ChainOwner =
  | "VkMemoryAllocateInfo"
  | "VkBufferCreateInfo"
  | "VkImageCreateInfo"
  | "VkBindBufferMemoryInfo"
  | "VkBindImageMemoryInfo";

type StructureName = keyof typeof StructureType;

/** The version in which a structure is core, and the extension that provides it before (or at all). */
const needs: Record<StructureName, readonly [core: number, extension: string]> = {
  MemoryDedicatedAllocateInfo: [ApiVersion.V1_1, "VK_KHR_dedicated_allocation"],
  MemoryAllocateFlagsInfo: [ApiVersion.V1_1, "VK_KHR_device_group"],
  MemoryPriorityAllocateInfoEXT: [Number.POSITIVE_INFINITY, "VK_EXT_memory_priority"],
  ExportMemoryAllocateInfo: [ApiVersion.V1_1, "VK_KHR_external_memory"],
  ImportMemoryFdInfoKHR: [Number.POSITIVE_INFINITY, "VK_KHR_external_memory_fd"],
  ImportMemoryHostPointerInfoEXT: [Number.POSITIVE_INFINITY, "VK_EXT_external_memory_host"],
  ImportMemoryWin32HandleInfoKHR: [Number.POSITIVE_INFINITY, "VK_KHR_external_memory_win32"],
  ExportMemoryWin32HandleInfoKHR: [Number.POSITIVE_INFINITY, "VK_KHR_external_memory_win32"],
  MemoryOpaqueCaptureAddressAllocateInfo: [ApiVersion.V1_2, "VK_KHR_buffer_device_address"],
  ExternalMemoryBufferCreateInfo: [ApiVersion.V1_1, "VK_KHR_external_memory"],
  ExternalMemoryImageCreateInfo: [ApiVersion.V1_1, "VK_KHR_external_memory"],
  BufferUsageFlags2CreateInfo: [ApiVersion.V1_4, "VK_KHR_maintenance5"],
  BufferOpaqueCaptureAddressCreateInfo: [ApiVersion.V1_2, "VK_KHR_buffer_device_address"],
  ImageFormatListCreateInfo: [ApiVersion.V1_2, "VK_KHR_image_format_list"],
  ImageDrmFormatModifierListCreateInfoEXT: [Number.POSITIVE_INFINITY, "VK_EXT_image_drm_format_modifier"],
  ImageDrmFormatModifierExplicitCreateInfoEXT: [Number.POSITIVE_INFINITY, "VK_EXT_image_drm_format_modifier"],
  BindImagePlaneMemoryInfo: [ApiVersion.V1_1, "VK_KHR_sampler_ycbcr_conversion"],
};

const nameOfType = new Map<number, StructureName>(
  (Object.keys(StructureType) as StructureName[]).map((name) => [StructureType[name], name]),
);

/** What the chain of each structure may contain. */
const allowed: Record<ChainOwner, ReadonlySet<number>> = {
  VkMemoryAllocateInfo: new Set<number>([
    StructureType.MemoryDedicatedAllocateInfo,
    StructureType.MemoryAllocateFlagsInfo,
    StructureType.MemoryPriorityAllocateInfoEXT,
    StructureType.ExportMemoryAllocateInfo,
    StructureType.ImportMemoryFdInfoKHR,
    StructureType.ImportMemoryHostPointerInfoEXT,
    StructureType.ImportMemoryWin32HandleInfoKHR,
    StructureType.ExportMemoryWin32HandleInfoKHR,
    StructureType.MemoryOpaqueCaptureAddressAllocateInfo,
  ]),
  VkBufferCreateInfo: new Set<number>([
    StructureType.ExternalMemoryBufferCreateInfo,
    StructureType.BufferUsageFlags2CreateInfo,
    StructureType.BufferOpaqueCaptureAddressCreateInfo,
  ]),
  VkImageCreateInfo: new Set<number>([
    StructureType.ExternalMemoryImageCreateInfo,
    StructureType.ImageFormatListCreateInfo,
    StructureType.ImageDrmFormatModifierListCreateInfoEXT,
    StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT,
  ]),
  VkBindBufferMemoryInfo: new Set<number>(),
  VkBindImageMemoryInfo: new Set<number>([StructureType.BindImagePlaneMemoryInfo]),
};

/** Throws a ValidityError for a structure that must not be in the chain or needs something that is not enabled. */
export function checkChain(
  state: DeviceState,
  call: string,
  owner: ChainOwner,
  chain: NextChain | undefined,
): void {
  if (chain === undefined) return;
  if (typeof chain === "bigint") checkUint64(chain, "an address in pNext");
  if (!Array.isArray(chain)) refuseEncoded(call);
  const seen = new Set<number>();
  for (const item of chain as readonly (NextStructure | bigint | Uint8Array)[]) {
    if (typeof item === "bigint") checkUint64(item, "an address in pNext");
    if (typeof item !== "object" || item instanceof Uint8Array) refuseEncoded(call);
    for (const [member, value] of Object.entries(item)) {
      if (typeof value === "bigint") checkUint64(value, `${member} in pNext`);
    }
    const name = nameOfType.get(item.sType);
    if (name === undefined || !allowed[owner].has(item.sType)) {
      forbid(
        call,
        `VUID-${owner}-pNext-pNext`,
        `a structure of sType ${item.sType}${name === undefined ? "" : ` (${name})`} has no place in the chain of ${owner}`,
      );
    }
    if (seen.has(item.sType)) {
      forbid(call, `VUID-${owner}-sType-unique`, `the chain of ${owner} has ${name} twice`);
    }
    seen.add(item.sType);
    const [core, extension] = needs[name];
    state.require(call, `the structure ${name}`, core, extension);
  }
}

function refuseEncoded(call: string): never {
  return forbid(
    call,
    "simulator-pNext-form",
    "the simulator reads pNext chains of friendly objects alone, not addresses or encoded bytes",
  );
}
