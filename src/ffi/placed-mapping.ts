/**
 * Memory mapped where the program says (VK_EXT_map_memory_placed), on Linux.
 *
 * The driver replaces whatever pages are at the place. So before it is asked, the place is looked at: it must be pages of the
 * process's own, private and backed by no file, with no hole and nothing else mapped into them (/proc/self/maps), which is what
 * mmap gives and what V8 and JavaScriptCore make a WebAssembly.Memory of. Anything else that a wrong address could hit, such as a
 * library, a stack or another mapping of a device, is refused.
 *
 *   before    | ordinary pages                            |
 *   mapped    | device's memory        | ordinary pages   |      vkMapMemory2, placed
 *   between   | reserved, no access    | ordinary pages   |      vkUnmapMemory2, which leaves the range reserved
 *   after     | ordinary pages, all 0  | ordinary pages   |      mmap at the same place
 *
 * Without the reservation there would be a hole in between, into which another thread of the process may map something. Who
 * touches the range between the last two steps is ended by a signal: workers must be done with it before memory is freed.
 * Touching it later does no harm.
 *
 * A WebAssembly.Memory is held while something is mapped into it, as the engine would unmap its whole range when it is
 * collected, the device's memory included. Growing it leaves mapped ranges alone, as engines grow shared memories in place.
 *
 * Cost: some 0.3 ms for reading /proc/self/maps, and the driver's call.
 */

import { readFileSync } from "node:fs";
import type { DeviceMemory } from "../vulkan/handles.ts";
import {
  checkPlace,
  checkPlacedSize,
  type HostPlace,
  type PlacedMappingProperties,
} from "../vulkan/placed.ts";
import { check, type DeviceFunctions, type InstanceFunctions } from "./commands.ts";
import { layouts } from "./layout.ts";
import type { NativeCalls, NativeFunction } from "./native/native-calls.ts";
import { NativeMemory } from "./native-memory.ts";

/** VK_MEMORY_MAP_PLACED_BIT_EXT, VK_MEMORY_UNMAP_RESERVE_BIT_EXT */
const PLACED = 1;
const RESERVE = 1;
/** VK_WHOLE_SIZE */
const WHOLE = 0xffff_ffff_ffff_ffffn;

/** PROT_READ | PROT_WRITE, and MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS of Linux. */
const READ_WRITE = 0x3;
const PRIVATE_FIXED_ANONYMOUS = 0x32;

/** A range that memory is mapped to, and what has to live as long as that. */
interface Placed {
  readonly address: bigint;
  readonly size: number;
  readonly place: HostPlace;
}

/** All ranges that devices of this thread have memory mapped to. It keeps every WebAssembly.Memory of a place. */
const occupied = new Set<Placed>();

/** What is needed to map for a device. */
interface MappingDevice {
  readonly native: NativeCalls;
  readonly functions: DeviceFunctions;
  readonly handle: bigint;
}

/** Whether the system is one on which pages can be restored. */
export function canRestorePages(): boolean {
  return process.platform === "linux";
}

/** VkPhysicalDeviceMapMemoryPlacedPropertiesEXT */
export function readPlacedProperties(
  native: NativeCalls,
  { vkGetPhysicalDeviceProperties2 }: InstanceFunctions,
  physicalDevice: bigint,
): PlacedMappingProperties {
  using memory = new NativeMemory(native, 2048);
  const placed = memory.struct("VkPhysicalDeviceMapMemoryPlacedPropertiesEXT");
  const query = memory.struct("VkPhysicalDeviceProperties2", { pNext: memory.at(placed) });
  vkGetPhysicalDeviceProperties2(physicalDevice, memory.at(query));
  const { minPlacedMemoryMapAlignment } = layouts.VkPhysicalDeviceMapMemoryPlacedPropertiesEXT.offsets;
  return { minPlacedMemoryMapAlignment: memory.integer(placed + minPlacedMemoryMapAlignment) };
}

/** The memory of one device that is mapped at places of the program's. */
export class PlacedMappings {
  readonly properties: PlacedMappingProperties;
  readonly #device: MappingDevice;
  readonly #mmap: NativeFunction;
  readonly #placed = new Map<DeviceMemory, Placed>();

  constructor(device: MappingDevice, properties: PlacedMappingProperties) {
    this.properties = properties;
    this.#device = device;
    const { native } = device;
    this.#mmap = native.declare(native.load(null).find("mmap"), "pnnnnn>a", "mmap");
  }

  has(memory: DeviceMemory): boolean {
    return this.#placed.has(memory);
  }

  /** Maps `memory`, which has `size` bytes: where. */
  map(memory: DeviceMemory, size: number, place: HostPlace): bigint {
    checkPlace(place, this.properties);
    checkPlacedSize(place, size, this.properties);
    const { native, functions, handle } = this.#device;
    const address = addressOf(native, place);
    checkFree(address, size);
    using structs = new NativeMemory(native, 128);
    const placed = structs.struct("VkMemoryMapPlacedInfoEXT", { pPlacedAddress: address });
    const info = structs.struct("VkMemoryMapInfo", {
      pNext: structs.at(placed),
      flags: PLACED,
      memory,
      size: WHOLE,
    });
    const out = structs.reserve(8);
    check(functions.vkMapMemory2(handle, structs.at(info), structs.at(out)), "vkMapMemory2");
    const range = { address, size, place };
    occupied.add(range);
    this.#placed.set(memory, range);
    return address;
  }

  /**
   * Unmaps memory that is mapped at a place, and makes ordinary pages of the place. False where the driver cannot leave it
   * reserved, or the system has no pages: then the range stays what it is, and must never be given to anybody.
   */
  unmap(memory: DeviceMemory): boolean {
    const range = this.#placed.get(memory)!;
    const { native, functions, handle } = this.#device;
    using structs = new NativeMemory(native, 64);
    const info = structs.struct("VkMemoryUnmapInfo", { flags: RESERVE, memory });
    if (functions.vkUnmapMemory2(handle, structs.at(info)) < 0) return false;
    const { address, size } = range;
    if (BigInt(this.#mmap(address, size, READ_WRITE, PRIVATE_FIXED_ANONYMOUS, WHOLE, 0)) !== address)
      return false;
    this.#placed.delete(memory);
    occupied.delete(range);
    return true;
  }
}

function addressOf(native: NativeCalls, place: HostPlace): bigint {
  if (typeof place === "bigint") return place;
  return native.addressOf(new Uint8Array(place.memory.buffer)) + BigInt(place.offset ?? 0);
}

function rangeText(address: bigint, size: number): string {
  return `${size} bytes at 0x${address.toString(16)}`;
}

/** Throws a RangeError where the place is anything but pages of the process's own. */
function checkFree(address: bigint, size: number): void {
  const end = address + BigInt(size);
  for (const other of occupied) {
    if (other.address < end && address < other.address + BigInt(other.size)) {
      throw new RangeError(
        `memory cannot be placed at ${rangeText(address, size)}: memory is mapped at ${rangeText(other.address, other.size)}`,
      );
    }
  }
  const why = whyNotOwn(readFileSync("/proc/self/maps", "latin1"), address, end);
  if (why !== undefined) {
    throw new RangeError(
      `memory cannot be placed at ${rangeText(address, size)}: ${why}. It must be pages of the program's own, as mmap gives: private and of no file`,
    );
  }
}

const MAPPED = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+) *(.*)$/gm;

/** Why the range is not wholly private memory of no file, by what /proc/self/maps says; undefined where it is. */
export function whyNotOwn(maps: string, address: bigint, end: bigint): string | undefined {
  let covered = address;
  for (const [, from, to, access, inode, name] of maps.matchAll(MAPPED)) {
    const start = BigInt(`0x${from}`);
    const stop = BigInt(`0x${to}`);
    if (stop <= address || end <= start) continue;
    if (start > covered) break;
    const isNamed = name !== "" && !name!.startsWith("[anon");
    if (isNamed || inode !== "0") return `${name || `inode ${inode}`} is mapped there`;
    if (access![3] !== "p") return "memory that is shared with other processes is mapped there";
    if (access![2] === "x") return "code is mapped there";
    covered = stop;
  }
  return covered < end ? `nothing is mapped at 0x${covered.toString(16)}` : undefined;
}
