import { describe, expect, it } from "vitest";
import {
  type DriverEvent,
  lavapipe,
  nvidiaH100,
  type ObjectLeak,
  ObjectLeakError,
  SimulatedDevice,
} from "../../src/simulator/index.ts";
import {
  ApiVersion,
  type Buffer,
  BufferUsage,
  Result,
  StructureType,
  WHOLE_SIZE,
} from "../../src/vulkan/index.ts";
import { boundBuffer, buffer, expectRefused, KiB, MiB, memory, smallDevice } from "./helpers.ts";

/** The leaks that destroying the device complains of. */
function leaksOf(device: SimulatedDevice): readonly ObjectLeak[] {
  try {
    device.destroy();
  } catch (error) {
    expect(error).toBeInstanceOf(ObjectLeakError);
    return (error as ObjectLeakError).leaks;
  }
  return [];
}

describe("destroying a device", () => {
  it("is silent when nothing is left, also the second time", () => {
    const device = smallDevice();
    const [made, allocated] = boundBuffer(device);
    device.destroyBuffer(made);
    device.freeMemory(allocated);
    expect(device.leaks()).toEqual([]);
    device.destroy();
    device.destroy();
  });

  it("lists every object that is left", () => {
    const device = smallDevice();
    const [made, allocated] = boundBuffer(device, 1000);
    const image = device.createImage({ format: 37, extent: { width: 8, height: 4 }, usage: 4 });
    expect(device.leaks().map(({ kind, handle }) => [kind, handle])).toEqual([
      ["buffer", made],
      ["memory", allocated],
      ["image", image],
    ]);
    const leaks = leaksOf(device);
    expect(leaks).toHaveLength(3);
    expect(leaks[0]!.description).toMatch(/^buffer 0x[0-9a-f]+ \(1000 bytes, usage 0x3\)$/);
    expect(leaks[1]!.description).toContain("type 1, 1008 bytes");
    expect(leaks[2]!.description).toContain("8x4x1, format 37");
  });

  it("lists work that is not complete", () => {
    const device = smallDevice();
    const [made] = boundBuffer(device, 64);
    device.queue.submit([{ kind: "fill", target: made, size: 64, value: 0 }]);
    expect(leaksOf(device).map(({ kind }) => kind)).toEqual(["buffer", "memory", "submission"]);
  });

  it("detaches the views that are left and refuses every later call", () => {
    const device = smallDevice();
    const view = device.mapMemory(memory(device, KiB), KiB).bytes(0, 10);
    expect(leaksOf(device)).toHaveLength(1);
    expect(view).toHaveLength(0);
    expect(() => buffer(device)).toThrow("the device was destroyed");
  });

  it("comes at the end of the scope that uses it", () => {
    const device = smallDevice();
    device[Symbol.dispose]();
    expect(() => buffer(device)).toThrow("the device was destroyed");
  });
});

describe("making a device", () => {
  it("enables no extension but those asked for", () => {
    expect(smallDevice().enabledExtensions.size).toBe(0);
    const named = smallDevice({ extensions: ["VK_EXT_memory_budget"] });
    expect([...named.enabledExtensions]).toEqual(["VK_EXT_memory_budget"]);
  });

  it("fails with VK_ERROR_EXTENSION_NOT_PRESENT for what the profile lacks", () => {
    expect(() => new SimulatedDevice(lavapipe, { extensions: ["VK_EXT_memory_budget"] })).toThrow(
      expect.objectContaining({ result: Result.ErrorExtensionNotPresent, call: "vkCreateDevice" }),
    );
  });

  it("uses the version of the profile, or an older one", () => {
    expect(smallDevice().properties.apiVersion).toBe(ApiVersion.V1_3);
    expect(smallDevice({ apiVersion: ApiVersion.V1_0 }).properties.apiVersion).toBe(ApiVersion.V1_0);
    expect(() => smallDevice({ apiVersion: ApiVersion.V1_4 })).toThrow(RangeError);
  });
});

describe("the memory budget", () => {
  const extensions = ["VK_EXT_memory_budget"];

  it("is refused without its extension", () => {
    const device = smallDevice();
    expectRefused(device, "extension-not-enabled", () => device.getMemoryBudget());
  });

  it("is what is allocated, of the heaps' sizes, unless set", () => {
    const device = smallDevice({ extensions });
    memory(device, 3 * MiB, 1);
    expect(device.getMemoryBudget()).toEqual({
      heapBudget: [16 * MiB, 32 * MiB],
      heapUsage: [0, 3 * MiB],
    });
  });

  it("can be set to anything, computed, and taken back", () => {
    const device = smallDevice({ extensions });
    const nonsense = { heapBudget: [0, Number.MAX_SAFE_INTEGER], heapUsage: [2 ** 52, 0] };
    device.setMemoryBudget(nonsense);
    expect(device.getMemoryBudget()).toEqual(nonsense);
    let asked = 0;
    device.setMemoryBudget(() => ({ heapBudget: [++asked, 0], heapUsage: [0, 0] }));
    device.getMemoryBudget();
    expect(device.getMemoryBudget().heapBudget[0]).toBe(2);
    device.setMemoryBudget(undefined);
    expect(device.getMemoryBudget().heapBudget).toEqual([16 * MiB, 32 * MiB]);
    expect(device.calls.vkGetPhysicalDeviceMemoryProperties2).toBe(4);
  });
});

describe("the listener", () => {
  it("hears of each call that changed memory, in order", () => {
    const events: DriverEvent[] = [];
    const device = smallDevice({ onEvent: (event) => events.push(event) });
    const made = buffer(device, 64);
    const allocated = device.allocateMemory({
      allocationSize: 64,
      memoryTypeIndex: 2,
      pNext: [{ sType: StructureType.MemoryDedicatedAllocateInfo, buffer: made }],
    });
    device.bindBufferMemory(made, allocated, 0);
    device.mapMemory(allocated, 64);
    const range = { memory: allocated, offset: 0, size: 64 };
    device.flushMappedMemoryRanges([range, range]);
    device.invalidateMappedMemoryRanges([{ ...range, size: WHOLE_SIZE }]);
    device.unmapMemory(allocated);
    device.destroyBuffer(made);
    device.mapMemory(allocated, 64);
    device.freeMemory(allocated);
    const target = { memory: allocated, ordinal: 0 };
    expect(events).toEqual([
      { kind: "create-buffer", resource: made },
      { kind: "allocate", ...target, memoryTypeIndex: 2, size: 64, dedicated: true },
      { kind: "bind", resource: made, ...target, offset: 0 },
      { kind: "map", ...target },
      { kind: "flush", ...target, offset: 0, size: 64 },
      { kind: "flush", ...target, offset: 0, size: 64 },
      { kind: "invalidate", ...target, offset: 0, size: WHOLE_SIZE },
      { kind: "unmap", ...target },
      { kind: "destroy-buffer", resource: made },
      { kind: "map", ...target },
      { kind: "free", ...target },
    ]);
  });

  it("hears of allocations that the heap refuses, and nothing once it is removed", () => {
    const events: DriverEvent[] = [];
    const device = smallDevice();
    device.onEvent((event) => events.push(event));
    memory(device, 16 * MiB, 0);
    expect(() => memory(device, KiB, 0)).toThrow();
    device.onEvent(undefined);
    memory(device, KiB, 1);
    expect(events.map(({ kind }) => kind)).toEqual(["allocate", "allocate-failed"]);
    expect(events[1]).toMatchObject({ memoryTypeIndex: 0, size: KiB, result: -2 });
  });
});

describe("device addresses and priorities", () => {
  it("refuses an address of what has none", () => {
    const device = smallDevice();
    const [plain] = boundBuffer(device);
    expectRefused(device, "buffer-02601", () => device.getBufferDeviceAddress(plain));
    const unbound = buffer(device, 64, BufferUsage.ShaderDeviceAddress);
    expectRefused(device, "buffer-02600", () => device.getBufferDeviceAddress(unbound));
    const old = new SimulatedDevice(nvidiaH100, { apiVersion: ApiVersion.V1_1 });
    expectRefused(old, "extension-not-enabled", () => old.getBufferDeviceAddress(1n as Buffer));
    const without = smallDevice({ features: { bufferDeviceAddress: false } });
    expectRefused(without, "bufferDeviceAddress-03324", () => without.getBufferDeviceAddress(1n as Buffer));
  });

  it("refuses to set a priority without its extension", () => {
    const device = smallDevice();
    const allocated = memory(device);
    expectRefused(device, "extension-not-enabled", () => device.setDeviceMemoryPriority(allocated, 1));
    expect(device.memoryPriority(allocated)).toBe(0.5);
  });
});
