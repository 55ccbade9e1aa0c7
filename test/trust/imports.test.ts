/** Imported memory when something fails after the import: a descriptor is the driver's then, and the bytes are somebody's. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, ExternalMemoryHandleType, MemoryProperty, Result } from "../../src/index.ts";
import { closeWorld } from "../helpers/world.ts";
import { bytes, everyKindWorld, KiB, Type } from "./world.ts";

const { DmaBufEXT } = ExternalMemoryHandleType;
const mapped = { flags: AllocationCreate.Mapped | AllocationCreate.HostAccessRandom };

describe("Imported memory", () => {
  it("that cannot be mapped is given up, and its descriptor is imported to no other memory type", () => {
    const world = everyKindWorld({}, { extensions: "all" });
    const { allocator, device } = world;
    const fd = device.host.createDmaBuf(8 * KiB);
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed);
    expect(() => allocator.importMemory({ fd, handleType: DmaBufEXT }, bytes(8 * KiB), mapped)).toThrow(
      "vkMapMemory failed with VK_ERROR_MEMORY_MAP_FAILED",
    );
    expect(device.calls.vkAllocateMemory).toBe(1);
    expect(device.statistics().memoryCount).toBe(0);
    closeWorld(world);
  });

  it("that the driver refuses is tried in the next memory type, with the descriptor still the caller's", () => {
    const world = everyKindWorld({}, { extensions: "all" });
    const { allocator, device } = world;
    const fd = device.host.createDmaBuf(8 * KiB);
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory);
    const imported = allocator.importMemory({ fd, handleType: DmaBufEXT }, bytes(8 * KiB), mapped);
    expect(device.calls.vkAllocateMemory).toBe(2);
    expect(device.host.openDescriptors).toEqual([]);
    imported.destroy();
    closeWorld(world);
  });

  it("is not overwritten by fill patterns, neither when it is imported nor when it is freed", () => {
    const world = everyKindWorld({ debug: { fillPatterns: true } }, { extensions: "all" });
    const { allocator, device } = world;
    const data = new Uint8Array(8 * KiB).fill(42);
    const hostPointer = device.host.registerHostMemory(data);
    const imported = allocator.importMemory({ hostPointer }, bytes(8 * KiB), {
      ...mapped,
      requiredFlags: MemoryProperty.HostVisible,
    });
    expect(imported.mappedData?.every((byte) => byte === 42)).toBe(true);
    imported.destroy();
    expect(data.every((byte) => byte === 42)).toBe(true);
    const own = allocator.allocateDedicatedMemory(bytes(100, Type.Host), mapped);
    expect(own.mappedData?.every((byte) => byte === 0xdc)).toBe(true);
    own.destroy();
    closeWorld(world);
  });
});
