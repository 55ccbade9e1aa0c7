/** The names by which VMA's JSON, and what reads or shows it, knows the flags of memory heaps and types. */

import { MemoryHeapFlag, MemoryProperty } from "./constants.ts";

/** Bits of one kind of flags, and their names. */
export type FlagNames = readonly (readonly [bit: number, name: string])[];

/** VkMemoryHeapFlagBits */
export const HEAP_FLAG_NAMES: FlagNames = [
  [MemoryHeapFlag.DeviceLocal, "DEVICE_LOCAL"],
  [MemoryHeapFlag.MultiInstance, "MULTI_INSTANCE"],
];

/** VkMemoryPropertyFlagBits; those that VMA has no name for are shown as a number. */
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

/** The names of the bits that are set; bits without a name together as a number at the end, in hexadecimal. */
export function flagNames(flags: number, names: FlagNames): string[] {
  const known = names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const rest = names.reduce((left, [bit]) => left & ~bit, flags);
  return rest === 0 ? known : [...known, `0x${(rest >>> 0).toString(16)}`];
}
