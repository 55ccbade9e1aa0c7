/** Why no memory type is what was asked for, in words. */

import { MemoryProperty } from "../../vulkan/constants.ts";
import { MemoryUsage } from "../flags.ts";
import type { MemoryTypeQuery, MemoryTypes } from "./memory-types.ts";

/** Says why `query` finds none of `memoryTypes` among `typeBits`. */
export function explainNoType(memoryTypes: MemoryTypes, typeBits: number, query: MemoryTypeQuery): string {
  if (query.usage >= MemoryUsage.Auto && !query.resourceKnown) {
    return (
      "the Auto usages need to know what the memory is for: a buffer or an image that is created with it, " +
      "with usage flags other than 0"
    );
  }
  const { types } = memoryTypes;
  const existing = indices(typeBits).filter((index) => index < types.length);
  if (existing.length === 0) {
    const last = types.length - 1;
    const there = last === 0 ? "memory type 0 alone" : `memory types 0 to ${last}`;
    return `none of the memory types 0x${hex(typeBits)} exists: the device has ${there}`;
  }
  const accepted = existing.filter(
    (index) => query.acceptedTypeBits === 0 || (query.acceptedTypeBits & (1 << index)) !== 0,
  );
  if (accepted.length === 0) {
    return (
      `memoryTypeBits 0x${hex(query.acceptedTypeBits)} of the settings leaves none of the memory types ` +
      `${existing.join(", ")}, which are possible here`
    );
  }
  const usable = accepted.filter((index) => (memoryTypes.globalBits & (1 << index)) !== 0);
  const required = namesOf(memoryTypes.requiredFor(query));
  const among =
    accepted.length === 1 ? `of memory type ${accepted[0]} alone` : `of memory types ${accepted.join(", ")}`;
  if (usable.length === 0) {
    return `${among} there are only such with DeviceCoherentAMD, which need AllocatorCreate.AmdDeviceCoherentMemory`;
  }
  const missing = required.filter(([, bit]) =>
    usable.every((index) => (types[index]!.propertyFlags & bit) === 0),
  );
  if (missing.length > 0) return `${among} none has ${list(missing, " or ")}, which is required here`;
  return `${among} none has ${list(required, " and ")} at once, which is required here`;
}

function list(flags: readonly (readonly [string, number])[], word: string): string {
  return flags.map(([name]) => name).join(word);
}

/** The names of MemoryProperty's flags; a bit that has none in hexadecimal form. */
function namesOf(flags: number): [string, number][] {
  const known = new Map<number, string>(Object.entries(MemoryProperty).map(([name, bit]) => [bit, name]));
  return indices(flags).map((index) => {
    const bit = (1 << index) >>> 0;
    return [known.get(bit) ?? `0x${hex(bit)}`, bit];
  });
}

function indices(bits: number): number[] {
  return Array.from({ length: 32 }, (_, index) => index).filter((index) => (bits & (1 << index)) !== 0);
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16);
}
