/** The flags of an allocator that is given none: what the device has enabled, by extensions or by features in core. */

import { describe, expect, it } from "vitest";
import { AllocatorCreate } from "../../src/allocator/index.ts";
import { createAllocator } from "../../src/face/index.ts";
import {
  makeProfile,
  nvidiaH100,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import { ApiVersion } from "../../src/vulkan/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const IMPLIED = AllocatorCreate.KhrDedicatedAllocation | AllocatorCreate.KhrBindMemory2;

/** The flags in effect on a device of that version with these extensions and features. */
function flagsOf(apiVersion: number, options: SimulatedDeviceOptions = {}, flags?: number): number {
  const device = new SimulatedDevice(makeProfile({ ...nvidiaH100, apiVersion: ApiVersion.V1_4 }), {
    ...options,
    apiVersion,
  });
  const allocator = createAllocator(flags === undefined ? { device } : { device, flags });
  const { flags: inEffect } = allocator.getAllocatorInfo();
  allocator.destroy();
  return inEffect;
}

describe("Without flags an allocator has those", () => {
  it("of features that a device of Vulkan 1.4 enables in core, without any extension", () => {
    const features = { bufferDeviceAddress: true, maintenance4: true, maintenance5: true };
    expect(flagsOf(ApiVersion.V1_4, { features })).toBe(
      IMPLIED |
        AllocatorCreate.BufferDeviceAddress |
        AllocatorCreate.KhrMaintenance4 |
        AllocatorCreate.KhrMaintenance5,
    );
  });

  it("of features only from the version on that has them in core", () => {
    const features = { bufferDeviceAddress: true, maintenance4: true, maintenance5: true };
    expect(flagsOf(ApiVersion.V1_3, { features })).toBe(
      IMPLIED | AllocatorCreate.BufferDeviceAddress | AllocatorCreate.KhrMaintenance4,
    );
    expect(flagsOf(ApiVersion.V1_1, { features })).toBe(IMPLIED);
  });

  it("that are implied from Vulkan 1.1 on, given or not", () => {
    expect(flagsOf(ApiVersion.V1_1)).toBe(IMPLIED);
    expect(flagsOf(ApiVersion.V1_1, {}, AllocatorCreate.ExtMemoryPriority)).toBe(
      IMPLIED | AllocatorCreate.ExtMemoryPriority,
    );
    expect(flagsOf(ApiVersion.V1_0)).toBe(0);
  });

  it("of extensions only with what these depend on", () => {
    const alone = { extensions: ["VK_KHR_dedicated_allocation"] };
    expect(flagsOf(ApiVersion.V1_0, alone)).toBe(0);
    const both = { extensions: ["VK_KHR_dedicated_allocation", "VK_KHR_get_memory_requirements2"] };
    expect(flagsOf(ApiVersion.V1_0, both)).toBe(AllocatorCreate.KhrDedicatedAllocation);
    expect(flagsOf(ApiVersion.V1_0, { extensions: ["VK_KHR_maintenance4"] })).toBe(0);
    expect(flagsOf(ApiVersion.V1_1, { extensions: ["VK_KHR_maintenance4"] })).toBe(
      IMPLIED | AllocatorCreate.KhrMaintenance4,
    );
    expect(flagsOf(ApiVersion.V1_0, { extensions: ["VK_EXT_memory_budget"] })).toBe(
      AllocatorCreate.ExtMemoryBudget,
    );
  });
});

describeWithVulkan("Default flags on a real device", (ctx) => {
  it("come from the features that were enabled with it", () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const { flags } = allocator.getAllocatorInfo();
    const { enabledFeatures } = device;
    expect((flags & AllocatorCreate.BufferDeviceAddress) !== 0).toBe(
      enabledFeatures.has("bufferDeviceAddress"),
    );
    expect((flags & AllocatorCreate.KhrMaintenance4) !== 0).toBe(enabledFeatures.has("maintenance4"));
    allocator.destroy();
  });
});
