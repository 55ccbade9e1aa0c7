/** What Vulkan demands of mapping memory at a place (VK_EXT_map_memory_placed), and the places of the simulated process. */

import { quote } from "../foundation/check.ts";
import { ExternalMemoryHandleType, MemoryProperty } from "../vulkan/constants.ts";
import type { HostPlace } from "../vulkan/placed.ts";
import { forbid } from "./error.ts";
import { type MemoryObject, type MemoryPlace, nameOf } from "./objects.ts";
import type { DeviceState } from "./state.ts";

const call = "vkMapMemory2";
const HOST_MEMORY =
  ExternalMemoryHandleType.HostAllocationEXT | ExternalMemoryHandleType.HostMappedForeignMemoryEXT;

/** Refuses memory that cannot be mapped at any place. */
export function checkPlacedMapping(state: DeviceState, memory: MemoryObject, size: number): void {
  const name = nameOf(memory);
  const { minPlacedMemoryMapAlignment: alignment } = state.profile.placedMapping;
  if (!state.features.memoryMapPlaced) {
    forbid(call, "VUID-VkMemoryMapInfo-flags-09569", "the feature memoryMapPlaced is not enabled");
  }
  if (memory.mapping !== undefined) {
    forbid(call, "VUID-VkMemoryMapInfo-memory-07958", `${name} is already mapped`);
  }
  if (size !== memory.size) {
    forbid(call, "VUID-VkMemoryMapInfo-flags-09572", `${name} is mapped whole, got size ${quote(size)}`);
  }
  if ((memory.propertyFlags & MemoryProperty.HostVisible) === 0) {
    forbid(call, "VUID-VkMemoryMapInfo-memory-07962", `${name} is not of a host-visible memory type`);
  }
  if (size % alignment !== 0) {
    forbid(
      call,
      "VUID-VkMemoryMapInfo-flags-09651",
      `the size of ${name} must be a multiple of minPlacedMemoryMapAlignment ${alignment}, it is ${size}`,
    );
  }
  if ((memory.importedFrom & HOST_MEMORY) !== 0) {
    forbid(call, "VUID-VkMemoryMapInfo-flags-09575", `${name} is imported from host memory`);
  }
}

/** The place, which must be memory of the process's own that nothing else is mapped at. */
export function findPlace(
  { host, profile }: DeviceState,
  { size }: MemoryObject,
  place: HostPlace,
): Omit<MemoryPlace, "end"> {
  const { minPlacedMemoryMapAlignment: alignment } = profile.placedMapping;
  const isAddress = typeof place === "bigint";
  const address = isAddress ? Number(place) : host.addressOfShared(place.memory) + (place.offset ?? 0);
  if (address === 0) forbid(call, "VUID-VkMemoryMapPlacedInfoEXT-flags-09576", "the address must not be 0");
  if (address % alignment !== 0) {
    forbid(
      call,
      "VUID-VkMemoryMapPlacedInfoEXT-pPlacedAddress-09577",
      `the address 0x${address.toString(16)} must be a multiple of minPlacedMemoryMapAlignment ${alignment}`,
    );
  }
  const text = `${size} bytes at 0x${address.toString(16)}`;
  for (const { place: other } of host.placed) {
    if (other!.address < address + size && address < other!.address + other!.bytes.length) {
      throw new RangeError(
        `memory cannot be placed at ${text}: memory is mapped at ${other!.bytes.length} bytes at 0x${other!.address.toString(16)}`,
      );
    }
  }
  const bytes = isAddress ? host.findHostMemory(place, size) : sharedBytes(place, size);
  if (bytes === undefined) {
    throw new RangeError(`memory cannot be placed at ${text}: the simulated process has no such memory`);
  }
  return { address, bytes };
}

function sharedBytes(
  { memory, offset = 0 }: Exclude<HostPlace, bigint>,
  size: number,
): Uint8Array | undefined {
  if (offset + size > memory.buffer.byteLength) return undefined;
  return new Uint8Array(memory.buffer, offset, size);
}

/** Ends a place's showing memory: ordinary pages are there again, full of zeros. */
export function endPlace({ features, host }: DeviceState, memory: MemoryObject): void {
  if (!features.memoryUnmapReserve) {
    forbid(
      "vkUnmapMemory2",
      "VUID-VkMemoryUnmapInfo-flags-09579",
      "memory at a place is unmapped with its place reserved, and the feature memoryUnmapReserve is not enabled",
    );
  }
  host.placed.delete(memory);
  memory.place!.end();
  memory.place = undefined;
}
