/**
 * Allocations at places on a device of the driver here, which does not have VK_EXT_map_memory_placed: its own calls allocate, bind and
 * free, and those that map at places are of `../helpers/file-driver.ts`.
 */

import { describe, expect, it, onTestFinished } from "vitest";
import type { DeviceFunctions } from "../../src/ffi/commands.ts";
import { NativeDevice } from "../../src/ffi/device.ts";
import { layouts } from "../../src/ffi/layout.ts";
import { structureTypes } from "../../src/ffi/structs.ts";
import { AllocationCreate, BufferUsage, createAllocator, MemoryUsage } from "../../src/index.ts";
import { FileDriver } from "../helpers/file-driver.ts";
import { copyOf, loadVulkan, native } from "../helpers/native.ts";
import { requireVulkan, vulkanAbsence } from "../helpers/vulkan.ts";
import { sharedMemory, WASM_PAGE } from "../helpers/wasm.ts";

const SIZE = 2 * WASM_PAGE;

/** A device of the driver here that maps at places through `driver`. */
function placingDevice(driver: FileDriver): NativeDevice {
  const instance = loadVulkan().createInstance();
  const real = instance.createDevice();
  onTestFinished(() => instance.destroy());
  const { vkGetPhysicalDeviceProperties2 } = instance.functions;
  const device = new NativeDevice({
    native,
    instanceHandle: instance.handle,
    instanceFunctions: {
      ...instance.functions,
      vkGetPhysicalDeviceProperties2(physicalDevice, properties) {
        vkGetPhysicalDeviceProperties2(physicalDevice!, properties!);
        const next = copyOf(BigInt(properties!), 16).getBigUint64(8, true);
        expect(copyOf(next, 4).getUint32(0, true)).toBe(
          structureTypes.VkPhysicalDeviceMapMemoryPlacedPropertiesEXT,
        );
        const { minPlacedMemoryMapAlignment: at } =
          layouts.VkPhysicalDeviceMapMemoryPlacedPropertiesEXT.offsets;
        native.write(next + BigInt(at), new Uint8Array(new BigUint64Array([4096n]).buffer));
        return 0;
      },
    },
    instanceFunction: (name) => instance.getProcAddress(name),
    messages: [],
    physicalDevice: real.physicalDevice,
    handle: real.handle,
    ownsHandle: false,
    apiVersion: real.properties.apiVersion,
    enabledExtensions: real.enabledExtensions,
    enabledFeatures: new Set([...real.enabledFeatures, "memoryMapPlaced", "memoryUnmapReserve"]),
    allocationCallbacks: 0n,
    queues: [],
  });
  Object.assign(device.functions as Partial<DeviceFunctions>, driver.functions);
  return device;
}

const settings = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom };
const info = { size: SIZE, usage: BufferUsage.TransferSrc };

function placed(): {
  driver: FileDriver;
  device: NativeDevice;
  allocator: ReturnType<typeof createAllocator>;
} {
  const driver = new FileDriver(SIZE);
  const device = placingDevice(driver);
  return { driver, device, allocator: createAllocator({ device }) };
}

const absence = process.platform === "linux" ? vulkanAbsence : undefined;

describe.skipIf(process.platform !== "linux" || (absence !== undefined && !requireVulkan))(
  `A device that maps at places${absence === undefined ? "" : ` (skipped: ${absence})`}`,
  () => {
    it("maps an allocation in a shared memory while it lives, and gives the place back", () => {
      const { driver, device, allocator } = placed();
      expect(device.placedMapping).toEqual({ minPlacedMemoryMapAlignment: 4096 });
      const memory = sharedMemory(4);
      const shown = new Uint8Array(memory.buffer);
      shown.fill(3);
      for (let i = 0; i < 3; i++) {
        const placedAt = { memory, offset: WASM_PAGE };
        const { allocation } = allocator.createBuffer(info, { ...settings, placedAt });
        const bytes = driver.allocate(allocation.deviceMemory);
        bytes[5] = 77;
        expect([shown[WASM_PAGE + 5], allocation.mappedData![5]]).toEqual([77, 77]);
        shown[WASM_PAGE + 6] = 88;
        expect(bytes[6]).toBe(88);
        const view = allocation.mappedData!;
        const { deviceMemory } = allocation;
        allocation.destroy();
        driver.free(deviceMemory);
        expect(view.length).toBe(0);
        expect(shown.subarray(WASM_PAGE, 3 * WASM_PAGE).every((byte) => byte === 0)).toBe(true);
        expect([shown[0], shown[3 * WASM_PAGE]]).toEqual([3, 3]);
      }
      allocator.destroy();
      device.destroy();
      expect(device.leaks()).toEqual([]);
    });

    it("gives places back when it is destroyed with memory that is mapped there", () => {
      const { driver, device } = placed();
      const memory = sharedMemory(2);
      const { memoryTypes } = device.memoryProperties;
      const memoryTypeIndex = memoryTypes.findIndex(({ propertyFlags }) => (propertyFlags & 2) !== 0);
      const object = device.allocateMemory({ allocationSize: SIZE, memoryTypeIndex });
      device.mapMemoryPlaced(object, SIZE, { memory });
      driver.allocate(object).fill(9);
      expect(new Uint8Array(memory.buffer)[0]).toBe(9);
      device.unmapMemory(object);
      expect(new Uint8Array(memory.buffer)[0]).toBe(0);
      device.mapMemoryPlaced(object, SIZE, { memory });
      expect(new Uint8Array(memory.buffer)[0]).toBe(9);
      device.destroy();
      expect(new Uint8Array(memory.buffer)[0]).toBe(0);
    });

    it("leaves memory where it is, and says so, where the driver cannot give the place back", () => {
      const { driver, device, allocator } = placed();
      const memory = sharedMemory(2);
      const { allocation } = allocator.createBuffer(info, { ...settings, placedAt: { memory } });
      const { deviceMemory } = allocation;
      driver.result = -5;
      allocation.destroy();
      const [leak] = device.leaks();
      expect(leak).toMatchObject({ memory: deviceMemory, size: SIZE });
      expect(leak!.reason).toMatch(/mapped at a place of the program's/);
      driver.allocate(deviceMemory)[0] = 6;
      expect(new Uint8Array(memory.buffer)[0]).toBe(6);
      allocator.destroy();
      device.destroy();
    });

    it("is refused beside a validation layer that is older than the extension", () => {
      using plain = loadVulkan().createInstance();
      plain.checkKnowsPlacedMapping();
      using validated = loadVulkan().createInstance({ validation: true });
      let said = "";
      try {
        validated.checkKnowsPlacedMapping();
      } catch (error) {
        said = (error as Error).message;
      }
      const layer = /this one is 1\.(\d+)\.(\d+)/.exec(said);
      const isKnown = layer === null || Number(layer[1]) > 3 || Number(layer[2]) >= 277;
      expect(isKnown).toBe(said === "");
    });

    it("refuses a program's other mappings as places", () => {
      const { device, allocator } = placed();
      const plain = allocator.createBuffer(info, {
        ...settings,
        flags: settings.flags | AllocationCreate.DedicatedMemory,
      });
      using mapping = plain.allocation.map();
      const memory = sharedMemory(4);
      const one = allocator.createBuffer(info, { ...settings, placedAt: { memory } });
      const at = one.allocation.mappedAddress!;
      expect(() => allocator.createBuffer(info, { ...settings, placedAt: at })).toThrow(
        /memory is mapped at/,
      );
      expect(mapping.bytes.length).toBe(SIZE);
      expect(allocator.leaks().length).toBe(2);
      one.allocation.destroy();
      mapping.unmap();
      plain.allocation.destroy();
      allocator.destroy();
      device.destroy();
    });
  },
);
