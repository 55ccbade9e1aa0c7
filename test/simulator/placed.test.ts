/** Memory mapped at places of the program's on the simulator: what it shows there, and what it refuses. */

import { describe, expect, it } from "vitest";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { ExternalMemoryHandleType, Result, StructureType } from "../../src/vulkan/index.ts";
import { sharedMemory, WASM_PAGE } from "../helpers/wasm.ts";
import { expectRefused, KiB, memory, smallDevice, smallProfile } from "./helpers.ts";

const extensions = ["VK_EXT_map_memory_placed"];
const SIZE = 64 * KiB;

describe("mapping memory at a place", () => {
  it("says what the profile says of it, where both features are enabled", () => {
    expect(smallDevice({ extensions }).placedMapping).toEqual({ minPlacedMemoryMapAlignment: 4096 });
    expect(smallDevice().placedMapping).toBeUndefined();
    expect(
      smallDevice({ extensions, features: { memoryUnmapReserve: false } }).placedMapping,
    ).toBeUndefined();
    const placedMapping = { minPlacedMemoryMapAlignment: 65536 };
    const coarse = new SimulatedDevice({ ...smallProfile, placedMapping }, { extensions });
    expect(coarse.placedMapping).toEqual(placedMapping);
    expect([...coarse.enabledFeatures]).toEqual(
      expect.arrayContaining(["memoryMapPlaced", "memoryUnmapReserve"]),
    );
  });

  it("shows what is in the memory, and keeps what was written there", () => {
    const device = smallDevice({ extensions });
    const object = memory(device, SIZE);
    device.mapMemory(object, SIZE).bytes(0, 4).set([1, 2, 3, 4]);
    device.unmapMemory(object);
    const shared = sharedMemory(2);
    const shown = new Uint8Array(shared.buffer, WASM_PAGE);
    const mapping = device.mapMemoryPlaced(object, SIZE, { memory: shared, offset: WASM_PAGE });
    expect([...shown.subarray(0, 5)]).toEqual([1, 2, 3, 4, 0]);
    expect(mapping.bytes(1, 2)).toEqual(new Uint8Array([2, 3]));
    shown[1] = 77;
    device.unmapMemory(object);
    expect(shown.every((byte) => byte === 0)).toBe(true);
    expect(() => mapping.bytes(0, 1)).toThrow("is no longer mapped");
    expect([...device.mapMemory(object, SIZE).bytes(0, 4)]).toEqual([1, 77, 3, 4]);
    expect(device.calls).toMatchObject({
      vkMapMemory2: 1,
      vkUnmapMemory2: 1,
      vkMapMemory: 2,
      vkUnmapMemory: 1,
    });
  });

  it("keeps host and device apart where caches are simulated, until they are flushed", () => {
    const device = smallDevice({ extensions, simulateCaches: true });
    const object = memory(device, SIZE, 2);
    const shared = sharedMemory(1);
    device.mapMemoryPlaced(object, SIZE, { memory: shared });
    const shown = new Uint8Array(shared.buffer);
    shown.fill(5);
    device.invalidateMappedMemoryRanges([{ memory: object, offset: 0, size: SIZE }]);
    expect(shown[0]).toBe(0);
    shown.fill(6);
    device.flushMappedMemoryRanges([{ memory: object, offset: 0, size: SIZE }]);
    device.invalidateMappedMemoryRanges([{ memory: object, offset: 0, size: SIZE }]);
    expect(shown[0]).toBe(6);
    device.freeMemory(object);
    expect(shown[0]).toBe(0);
  });

  it("fails on demand, and has changed nothing then", () => {
    const device = smallDevice({ extensions });
    const object = memory(device, SIZE);
    const shared = sharedMemory(1);
    device.faults.failNext("vkMapMemory2", Result.ErrorMemoryMapFailed);
    expect(() => device.mapMemoryPlaced(object, SIZE, { memory: shared })).toThrow(/vkMapMemory2/);
    expect(device.statistics().mappedMemoryCount).toBe(0);
    device.mapMemoryPlaced(object, SIZE, { memory: shared });
  });

  it("refuses what Vulkan forbids", () => {
    const device = smallDevice({ extensions: [...extensions, "VK_EXT_external_memory_host"] });
    const own = new Uint8Array(4 * SIZE);
    const address = device.host.registerHostMemory(own);
    const object = memory(device, SIZE);
    const on = (handle: typeof object, size: number, place: bigint) => () =>
      device.mapMemoryPlaced(handle, size, place);
    expectRefused(
      device,
      "VUID-VkMemoryMapPlacedInfoEXT-pPlacedAddress-09577",
      on(object, SIZE, address + 16n),
    );
    expectRefused(device, "VUID-VkMemoryMapPlacedInfoEXT-flags-09576", on(object, SIZE, 0n));
    expectRefused(device, "VUID-VkMemoryMapInfo-flags-09572", on(object, SIZE / 2, address));
    expectRefused(device, "VUID-VkMemoryMapInfo-memory-07962", on(memory(device, SIZE, 0), SIZE, address));
    expectRefused(device, "VUID-VkMemoryMapInfo-flags-09651", on(memory(device, 5000), 5000, address));
    const imported = device.allocateMemory({
      allocationSize: SIZE,
      memoryTypeIndex: 1,
      pNext: [
        {
          sType: StructureType.ImportMemoryHostPointerInfoEXT,
          handleType: ExternalMemoryHandleType.HostAllocationEXT,
          hostPointer: address,
        },
      ],
    });
    expectRefused(device, "VUID-VkMemoryMapInfo-flags-09575", on(imported, SIZE, address + BigInt(SIZE)));
    device.mapMemoryPlaced(object, SIZE, address + BigInt(2 * SIZE));
    expectRefused(device, "VUID-VkMemoryMapInfo-memory-07958", on(object, SIZE, address));
    expect(on(memory(device, SIZE), SIZE, address + BigInt(2 * SIZE) + 4096n)).toThrow(
      /memory is mapped at 65536 bytes/,
    );
    expect(on(memory(device, SIZE), SIZE, address + BigInt(3 * SIZE) + 4096n)).toThrow(/has no such memory/);
  });

  it("refuses it without the features", () => {
    const place = { memory: sharedMemory(1) };
    const without = smallDevice();
    const object = memory(without, SIZE);
    expectRefused(without, "VUID-VkMemoryMapInfo-flags-09569", () =>
      without.mapMemoryPlaced(object, SIZE, place),
    );
    const half = smallDevice({ extensions, features: { memoryUnmapReserve: false } });
    const other = memory(half, SIZE);
    half.mapMemoryPlaced(other, SIZE, place);
    expectRefused(half, "VUID-VkMemoryUnmapInfo-flags-09579", () => half.unmapMemory(other));
  });
});
