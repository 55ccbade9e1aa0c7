/** `vma-ts info`: the memory of this machine's devices. */

import { parseArgs } from "node:util";
import type { PhysicalDevice } from "../ffi/physical-device.ts";
import { apiVersionString, PhysicalDeviceType } from "../vulkan/constants.ts";
import { flagNames, HEAP_FLAG_NAMES, PROPERTY_FLAG_NAMES } from "../vulkan/flag-names.ts";
import { bytesText, plain, table, UserError } from "./output.ts";

export const INFO_HELP = `vma-ts info [--json]

The Vulkan devices of this machine: heaps, memory types, limits, and the extensions that matter for memory.

  --json   the same as JSON`;

/** Extensions that matter, and why. */
const EXTENSIONS: readonly (readonly [string, string])[] = [
  ["VK_EXT_memory_budget", "budgets come from the driver instead of being guessed"],
  ["VK_EXT_memory_priority", "memory can be told how much it matters"],
  ["VK_EXT_pageable_device_local_memory", "memory may be paged out, by priority"],
  ["VK_EXT_zero_initialize_device_memory", "new memory objects can be zeroed"],
  ["VK_KHR_maintenance4", "requirements are known without a query, which saves one driver call of four"],
  ["VK_KHR_maintenance5", "buffers have 64 bits of usage"],
  ["VK_KHR_buffer_device_address", "shaders may use addresses of buffers"],
  ["VK_EXT_external_memory_host", "host memory can be imported"],
  ["VK_KHR_external_memory_fd", "memory can be shared with other processes and APIs"],
  ["VK_AMD_device_coherent_memory", "there are memory types without caches, for debugging"],
];

/** Runs the command. */
export async function info(args: readonly string[]): Promise<string> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: "boolean", default: false } } });
  const devices = (await physicalDevices()).map(describe);
  if (values.json) return JSON.stringify({ devices }, undefined, 2);
  if (devices.length === 0) return "There is no Vulkan device.";
  return devices.map(textOf).join("\n\n");
}

/** The devices; where there is no loader or no driver, the error says what to install. */
async function physicalDevices(): Promise<PhysicalDevice[]> {
  try {
    const { loadVulkan } = await import("../ffi/index.ts");
    return loadVulkan().physicalDevices();
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}

type Described = ReturnType<typeof describe>;

function describe(device: PhysicalDevice): {
  name: string;
  type: string;
  apiVersion: string;
  driverVersion: number;
  limits: object;
  memoryHeaps: { size: number; flags: string[] }[];
  memoryTypes: { heapIndex: number; properties: string[] }[];
  extensions: { name: string; present: boolean; why: string }[];
} {
  const { properties, memoryProperties, extensions } = device;
  const type = Object.entries(PhysicalDeviceType).find(([, value]) => value === properties.deviceType)?.[0];
  const { limits } = properties;
  return {
    name: properties.deviceName,
    type: type ?? "Other",
    apiVersion: apiVersionString(properties.apiVersion),
    driverVersion: properties.driverVersion,
    limits: {
      ...limits,
      maxMemoryAllocationSize: Number.isFinite(limits.maxMemoryAllocationSize)
        ? limits.maxMemoryAllocationSize
        : null,
    },
    memoryHeaps: memoryProperties.memoryHeaps.map(({ size, flags }) => ({
      size,
      flags: flagNames(flags, HEAP_FLAG_NAMES),
    })),
    memoryTypes: memoryProperties.memoryTypes.map(({ heapIndex, propertyFlags }) => ({
      heapIndex,
      properties: flagNames(propertyFlags, PROPERTY_FLAG_NAMES),
    })),
    extensions: EXTENSIONS.map(([name, why]) => ({ name, present: extensions.has(name), why })),
  };
}

function textOf(device: Described): string {
  const limits = Object.entries(device.limits).map(([name, value]) => [
    `  ${name}`,
    value === null ? "none" : `${value}`,
  ]);
  return [
    `${plain(device.name)} (${device.type}, Vulkan ${device.apiVersion})`,
    ...device.memoryHeaps.map(
      ({ size, flags }, index) =>
        `  heap ${index}: ${bytesText(size)}${flags.length === 0 ? "" : `, ${flags.join(", ")}`}`,
    ),
    ...device.memoryTypes.map(
      ({ heapIndex, properties }, index) =>
        `  memory type ${index}: heap ${heapIndex}, ${properties.length === 0 ? "no properties" : properties.join(", ")}`,
    ),
    table(limits),
    table(
      device.extensions.map(({ name, present, why }) => [
        present ? `  has ${name}: ${why}` : `  lacks ${name}; with it ${why}`,
      ]),
    ),
  ].join("\n");
}
