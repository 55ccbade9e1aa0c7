/** Encoding pNext chains: friendly objects, encoded bytes and addresses become one chain in native memory. */

import { checkUint64, quote } from "../foundation/check.ts";
import { type NextChain, type NextStructure, StructureType } from "../vulkan/next.ts";
import { layouts } from "./layout.ts";
import type { NativeMemory, StructValues } from "./native-memory.ts";
import type { StructName } from "./structs.ts";

/** The C structure of each known sType. */
const structOf = new Map<number, StructName>([
  [StructureType.MemoryDedicatedAllocateInfo, "VkMemoryDedicatedAllocateInfo"],
  [StructureType.MemoryAllocateFlagsInfo, "VkMemoryAllocateFlagsInfo"],
  [StructureType.MemoryPriorityAllocateInfoEXT, "VkMemoryPriorityAllocateInfoEXT"],
  [StructureType.ExportMemoryAllocateInfo, "VkExportMemoryAllocateInfo"],
  [StructureType.ImportMemoryFdInfoKHR, "VkImportMemoryFdInfoKHR"],
  [StructureType.ImportMemoryHostPointerInfoEXT, "VkImportMemoryHostPointerInfoEXT"],
  [StructureType.ImportMemoryWin32HandleInfoKHR, "VkImportMemoryWin32HandleInfoKHR"],
  [StructureType.ExportMemoryWin32HandleInfoKHR, "VkExportMemoryWin32HandleInfoKHR"],
  [StructureType.MemoryOpaqueCaptureAddressAllocateInfo, "VkMemoryOpaqueCaptureAddressAllocateInfo"],
  [StructureType.ExternalMemoryBufferCreateInfo, "VkExternalMemoryBufferCreateInfo"],
  [StructureType.ExternalMemoryImageCreateInfo, "VkExternalMemoryImageCreateInfo"],
  [StructureType.BufferUsageFlags2CreateInfo, "VkBufferUsageFlags2CreateInfoKHR"],
  [StructureType.BufferOpaqueCaptureAddressCreateInfo, "VkBufferOpaqueCaptureAddressCreateInfo"],
  [StructureType.ImageFormatListCreateInfo, "VkImageFormatListCreateInfo"],
  [StructureType.ImageDrmFormatModifierListCreateInfoEXT, "VkImageDrmFormatModifierListCreateInfoEXT"],
  [
    StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT,
    "VkImageDrmFormatModifierExplicitCreateInfoEXT",
  ],
  [StructureType.BindImagePlaneMemoryInfo, "VkBindImagePlaneMemoryInfo"],
]);

/** Friendly names that differ from C's. */
const renamed: Readonly<Record<string, string>> = {
  hostPointer: "pHostPointer",
  attributes: "pAttributes",
  viewFormats: "pViewFormats",
  drmFormatModifiers: "pDrmFormatModifiers",
  planeLayouts: "pPlaneLayouts",
  access: "dwAccess",
};

/** Bytes of sType and pNext, which every structure of a chain starts with. */
const HEADER = 16;

/**
 * Writes a chain onto `memory`'s stack, where it lives until the stack is reset: the address of its first
 * structure, or `tail` (0n) when the chain is empty. Throws a TypeError or RangeError that quotes what
 * cannot stand in a chain.
 */
export function encodeNext(memory: NativeMemory, chain: NextChain | undefined, tail = 0n): bigint {
  if (chain === undefined) return tail;
  if (typeof chain === "bigint") return joinForeign(chain, tail);
  if (chain instanceof Uint8Array) return joinForeign(encodeBytes(memory, chain), tail);
  if (!Array.isArray(chain)) {
    throw new TypeError(`pNext must be an array, a Uint8Array or an address (bigint), got ${quote(chain)}`);
  }
  let next = tail;
  for (let i = chain.length - 1; i >= 0; i--) {
    const item = chain[i] as NextStructure | Uint8Array | bigint;
    if (typeof item === "bigint" || item instanceof Uint8Array) {
      if (i !== chain.length - 1) {
        throw new TypeError(
          `an address or encoded bytes may only be the last item of pNext, got ${quote(item)} as item ${i} of ${chain.length}`,
        );
      }
      next = joinForeign(typeof item === "bigint" ? item : encodeBytes(memory, item), tail);
    } else {
      next = encodeStructure(memory, item, next);
    }
  }
  return next;
}

/** A chain that the caller encoded ends where the caller says: nothing can be added behind it. */
function joinForeign(address: bigint, tail: bigint): bigint {
  checkUint64(address, "an address in pNext");
  if (address === 0n) return tail;
  if (tail !== 0n) {
    throw new TypeError("pNext must be an array of structures here, since the library adds one of its own");
  }
  return address;
}

function encodeBytes(memory: NativeMemory, bytes: Uint8Array): bigint {
  if (bytes.length < HEADER) {
    throw new RangeError(`an encoded structure of pNext has at least ${HEADER} bytes, got ${bytes.length}`);
  }
  return memory.bytes(bytes);
}

/** The C name of a structure's field. The chain's links are made here, so that no object brings a pNext of its own. */
function fieldOf(name: StructName, field: string): string {
  const known = renamed[field] ?? field;
  if (known in layouts[name].offsets && known !== "pNext") return known;
  throw new TypeError(`${JSON.stringify(field)} is not a member of ${name} in a pNext chain`);
}

/** The lists that a structure points to, written onto the stack, and how long they are. */
function listsOf(memory: NativeMemory, item: NextStructure): Record<string, StructValues[string]> {
  switch (item.sType) {
    case StructureType.ImageFormatListCreateInfo:
      return { viewFormatCount: item.viewFormats.length, pViewFormats: memory.words(item.viewFormats) };
    case StructureType.ImageDrmFormatModifierListCreateInfoEXT: {
      const { drmFormatModifiers: modifiers } = item;
      return { drmFormatModifierCount: modifiers.length, pDrmFormatModifiers: memory.pointers(modifiers) };
    }
    case StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT: {
      const offsets = item.planeLayouts.map((layout) => {
        for (const field of Object.keys(layout)) fieldOf("VkSubresourceLayout", field);
        return memory.struct("VkSubresourceLayout", { ...layout });
      });
      return {
        drmFormatModifierPlaneCount: offsets.length,
        pPlaneLayouts: offsets.length === 0 ? 0n : memory.at(offsets[0]!),
      };
    }
    default:
      return {};
  }
}

function encodeStructure(memory: NativeMemory, item: NextStructure, next: bigint): bigint {
  const name = structOf.get(item?.sType);
  if (name === undefined) {
    throw new TypeError(
      `an object of pNext must have the sType of a structure that this library knows, got ${quote(item?.sType)}; encode other structures as a Uint8Array`,
    );
  }
  const values: Record<string, StructValues[string]> = { pNext: next };
  for (const [field, value] of Object.entries(item)) values[fieldOf(name, field)] = value;
  Object.assign(values, listsOf(memory, item));
  const offset = memory.reserve(layouts[name].size);
  memory.write(name, offset, values);
  return memory.at(offset);
}
