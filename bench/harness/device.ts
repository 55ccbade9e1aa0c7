/** The device that the device cases run on, opened once in a process, and allocators on it. */

import type { NativeDevice } from "../../src/ffi/index.ts";
import {
  type Allocator,
  AllocatorCreate,
  type AllocatorCreateInfo,
  createAllocator,
  PhysicalDeviceType,
} from "../../src/index.ts";

import type { DeviceDescription } from "./environment.ts";
import { importFace } from "./runtime.ts";

const face = await importFace();
let opened: NativeDevice | undefined;
let isAbsenceSaid = false;

/** The device, or undefined where there is no Vulkan. VMA_TS_DEVICE is part of the name of the one to take. */
export function openDevice(): NativeDevice | undefined {
  try {
    const wanted = process.env.VMA_TS_DEVICE;
    opened ??= face.loadVulkan().createDevice(wanted === undefined ? {} : { physicalDevice: wanted });
  } catch (error) {
    // The cases have processes of their own; the one that starts them says how a driver is had.
    const message = error instanceof Error ? error.message : String(error);
    if (!isAbsenceSaid)
      console.error(`no device: ${process.send === undefined ? message : message.split("\n")[0]}`);
    isAbsenceSaid = true;
  }
  return opened;
}

let plain: NativeDevice | undefined;

/** The same device once more, made without argument blocks. On Node.js only. */
export function openPlainDevice(): NativeDevice {
  const wanted = openDevice()!.properties.deviceName;
  plain ??= face.loadVulkan({ nativeCalls: "koffi" }).createDevice({ physicalDevice: wanted });
  return plain;
}

/** What there is to say about the device; undefined where there is none. */
export function describeDevice(): DeviceDescription | undefined {
  const properties = openDevice()?.properties;
  if (properties === undefined) return undefined;
  const { apiVersion, driverVersion, deviceName } = properties;
  const version = `${(apiVersion >>> 22) & 0x7f}.${(apiVersion >>> 12) & 0x3ff}.${apiVersion & 0xfff}`;
  return { name: deviceName, apiVersion: version, driverVersion };
}

/** Whether memory objects take a real GPU's time: about a millisecond each. */
export function isSlowToAllocate(device: NativeDevice): boolean {
  return device.properties.deviceType !== PhysicalDeviceType.Cpu;
}

/** An allocator with the same settings as the reference's: Vulkan 1.3, no budget extension. */
export function openAllocator(device: NativeDevice, info: Partial<AllocatorCreateInfo> = {}): Allocator {
  return createAllocator({ device, flags: AllocatorCreate.KhrMaintenance4, ...info });
}
