/**
 * Devices from the JSON that other tools write of them: `vulkaninfo --json` (a Vulkan profile, or its older form) and Vulkan
 * Hardware Capability Viewer. Their shapes differ with their versions, so what is wanted is looked for by its Vulkan name.
 */

import { makeProfile, type ProfileDescription } from "../simulator/index.ts";
import { MemoryHeapFlag, MemoryProperty } from "../vulkan/constants.ts";

type Json = { readonly [key: string]: unknown };

/** The device, or undefined where the JSON tells of none. */
export function readProfile(json: unknown): ProfileDescription | undefined {
  const memory = find(json, isMemory);
  if (memory === undefined) return undefined;
  const properties = find(json, (each) => typeof each.deviceName === "string");
  const limits = find(json, (each) => numeric(each.bufferImageGranularity) !== undefined) ?? {};
  const limit = (name: string, least: number): object => {
    const value = numeric(limits[name]);
    return value === undefined || value < least ? {} : { [name]: value };
  };
  try {
    return makeProfile({
      name: typeof properties?.deviceName === "string" ? properties.deviceName : "unknown device",
      source: "a report of the device",
      deviceType: deviceType(properties?.deviceType),
      memoryHeaps: (memory.memoryHeaps as Json[]).map(({ size, flags }) => ({
        size: numeric(size) ?? 0,
        flags: bits(flags, MemoryHeapFlag, 0x3),
      })),
      memoryTypes: (memory.memoryTypes as Json[]).map(({ propertyFlags, heapIndex }) => ({
        propertyFlags: bits(propertyFlags, MemoryProperty, 0x1ff),
        heapIndex: numeric(heapIndex) ?? 0,
      })),
      limits: {
        ...limit("bufferImageGranularity", 1),
        ...limit("nonCoherentAtomSize", 1),
        ...limit("maxMemoryAllocationCount", 1),
      },
    });
  } catch {
    return undefined;
  }
}

function isMemory({ memoryHeaps, memoryTypes }: Json): boolean {
  const areObjects = (list: unknown): boolean =>
    Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === "object" && each !== null);
  return areObjects(memoryHeaps) && areObjects(memoryTypes);
}

/** The first object that suits, in the order in which they stand. */
function find(json: unknown, suits: (each: Json) => boolean, depth = 0): Json | undefined {
  if (typeof json !== "object" || json === null || depth > 12) return undefined;
  if (!Array.isArray(json) && suits(json as Json)) return json as Json;
  for (const each of Object.values(json)) {
    const found = find(each, suits, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A number, or a text of one, also in hexadecimal. */
function numeric(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

/** Flags as a number, or as a list of Vulkan's names. */
function bits(value: unknown, known: Readonly<Record<string, number>>, mask: number): number {
  const number = numeric(value);
  if (number !== undefined) return number & mask;
  const names = Array.isArray(value) ? value : typeof value === "string" ? value.split(/[|\s]+/) : [];
  let flags = 0;
  for (const [name, bit] of Object.entries(known)) {
    const upper = name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
    if (names.some((each) => typeof each === "string" && each.toUpperCase().includes(`_${upper}_BIT`)))
      flags |= bit;
    else if (names.some((each) => typeof each === "string" && each.toUpperCase() === upper)) flags |= bit;
  }
  return flags;
}

function deviceType(value: unknown): number {
  const number = numeric(value);
  if (number !== undefined && number >= 0 && number <= 4) return number;
  const names = ["OTHER", "INTEGRATED", "DISCRETE", "VIRTUAL", "CPU"];
  const index = names.findIndex((name) => typeof value === "string" && value.toUpperCase().includes(name));
  return index < 0 ? 2 : index;
}
