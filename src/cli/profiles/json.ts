/**
 * A device from the JSON that other tools write of it: Vulkan Hardware Capability Viewer's reports, and those of versions
 * of vulkaninfo before it wrote Vulkan profiles, which have no memory heaps. Their shapes differ with their versions,
 * so what is wanted is looked for by its Vulkan name.
 */

import { knownExtensions, makeProfile, type ProfileDescription } from "../../simulator/index.ts";
import { ALL_MEMORY_PROPERTIES, MemoryHeapFlag, MemoryProperty } from "../../vulkan/constants.ts";

/** An object of JSON. */
export type Json = { readonly [key: string]: unknown };

/** The device, or undefined where the JSON tells of none. */
export function readProfile(json: unknown): ProfileDescription | undefined {
  const memory = find(json, isMemory);
  if (memory === undefined) return undefined;
  const properties = find(json, (each) => typeof each.deviceName === "string");
  const limit = (name: string): object => {
    const value = numeric(find(json, (each) => numeric(each[name]) !== undefined)?.[name]);
    return value === undefined || value < 1 ? {} : { [name]: value };
  };
  const apiVersion = versionOf(properties?.apiVersion);
  const extensions = extensionsIn(json);
  try {
    return makeProfile({
      name: typeof properties?.deviceName === "string" ? properties.deviceName : "unknown device",
      source: "a report of the device",
      deviceType: deviceType(properties?.deviceType),
      vendorID: numeric(properties?.vendorID) ?? 0,
      deviceID: numeric(properties?.deviceID) ?? 0,
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(extensions.length === 0 ? {} : { extensions }),
      memoryHeaps: (memory.memoryHeaps as Json[]).map(({ size, flags }) => ({
        size: numeric(size) ?? 0,
        flags: bits(flags, MemoryHeapFlag, 0x3),
      })),
      memoryTypes: (memory.memoryTypes as Json[]).map(({ propertyFlags, heapIndex }) => ({
        propertyFlags: bits(propertyFlags, MemoryProperty, ALL_MEMORY_PROPERTIES),
        heapIndex: numeric(heapIndex) ?? 0,
      })),
      limits: {
        ...limit("bufferImageGranularity"),
        ...limit("nonCoherentAtomSize"),
        ...limit("maxMemoryAllocationCount"),
        ...limit("maxMemoryAllocationSize"),
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

/** Vulkan's names without what they share: VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD is DEVICE_COHERENT_AMD. */
function bareName(name: string): string {
  return name
    .toUpperCase()
    .replace(/^(VK_)?MEMORY_(PROPERTY|HEAP)_/, "")
    .replace(/_BIT(?=_|$)/, "");
}

/** Flags as a number, or as a list of Vulkan's names. */
function bits(value: unknown, known: Readonly<Record<string, number>>, mask: number): number {
  const number = numeric(value);
  if (number !== undefined) return number & mask;
  const list = Array.isArray(value) ? value : typeof value === "string" ? value.split(/[|\s]+/) : [];
  const names = list.filter((each) => typeof each === "string").map(bareName);
  let flags = 0;
  for (const [name, bit] of Object.entries(known)) {
    if (names.includes(name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase())) flags |= bit;
  }
  return flags;
}

/** A version as a number, or with points: "1.3.230". */
function versionOf(value: unknown): number | string | undefined {
  const number = numeric(value);
  if (number !== undefined) return number >= 2 ** 22 && number < 2 ** 32 ? number : undefined;
  return typeof value === "string" ? /\d+\.\d+(\.\d+)?/.exec(value)?.[0] : undefined;
}

/** The extensions of the device that the simulator knows, whatever list they stand in. */
function extensionsIn(json: unknown): string[] {
  const found = new Set<string>();
  const search = (value: unknown, depth: number): void => {
    if (typeof value === "string") found.add(value);
    if (typeof value !== "object" || value === null || depth > 12) return;
    for (const [key, each] of Object.entries(value)) {
      found.add(key);
      search(each, depth + 1);
    }
  };
  search(json, 0);
  return knownExtensions.filter((name) => found.has(name));
}

function deviceType(value: unknown): number {
  const number = numeric(value);
  if (number !== undefined && number >= 0 && number <= 4) return number;
  const names = ["OTHER", "INTEGRATED", "DISCRETE", "VIRTUAL", "CPU"];
  const index = names.findIndex((name) => typeof value === "string" && value.toUpperCase().includes(name));
  return index < 0 ? 2 : index;
}
