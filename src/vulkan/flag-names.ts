/** The names of memory heap and type flags in VMA's JSON, and in what reads or shows it. */

import { MemoryHeapFlag, MemoryProperty } from "./constants.ts";

/** Bits of one kind of flags, and their names. */
export type FlagNames = readonly (readonly [bit: number, name: string])[];

/** VkMemoryHeapFlagBits */
export const HEAP_FLAG_NAMES: FlagNames = [
  [MemoryHeapFlag.DeviceLocal, "DEVICE_LOCAL"],
  [MemoryHeapFlag.MultiInstance, "MULTI_INSTANCE"],
];

/** VkMemoryPropertyFlagBits; those without a name in VMA are shown as a number. */
export const PROPERTY_FLAG_NAMES: FlagNames = [
  [MemoryProperty.DeviceLocal, "DEVICE_LOCAL"],
  [MemoryProperty.HostVisible, "HOST_VISIBLE"],
  [MemoryProperty.HostCoherent, "HOST_COHERENT"],
  [MemoryProperty.HostCached, "HOST_CACHED"],
  [MemoryProperty.LazilyAllocated, "LAZILY_ALLOCATED"],
  [MemoryProperty.Protected, "PROTECTED"],
  [MemoryProperty.DeviceCoherentAMD, "DEVICE_COHERENT_AMD"],
  [MemoryProperty.DeviceUncachedAMD, "DEVICE_UNCACHED_AMD"],
];

/** The names of the bits that are set; at the end, bits without a name together as a hexadecimal number. */
export function flagNames(flags: number, names: FlagNames): string[] {
  const known = names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const rest = names.reduce((left, [bit]) => left & ~bit, flags);
  return rest === 0 ? known : [...known, `0x${(rest >>> 0).toString(16)}`];
}
