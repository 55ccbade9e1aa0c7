/** Devices that somebody else made: the Vulkan version that is not said is asked for. */

import { expect, it } from "vitest";
import { AllocatorCreate, createAllocator } from "../../src/index.ts";
import { ApiVersion, BufferUsage } from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

describeWithVulkan("a wrapped device whose version is not said", (ctx) => {
  it.each([
    ["1.0", ApiVersion.V1_0],
    ["1.1", ApiVersion.V1_1],
    ["1.2", ApiVersion.V1_2],
    ["1.3", ApiVersion.V1_3],
  ])("is of the version that its instance is for: %s", (_, apiVersion) => {
    const instance = ctx.vulkan.createInstance({ apiVersion });
    const device = instance.createDevice({ memoryExtensions: false });
    using wrapped = ctx.vulkan.wrapDevice({
      instance: instance.handle,
      physicalDevice: device.physicalDevice.handle,
      device: device.handle,
    });
    // Some drivers (NVIDIA's) have all of their functions whatever the instance is for.
    const own = device.physicalDevice.properties.apiVersion;
    const minor = (version: number): number => version >>> 12;
    expect([minor(Math.min(apiVersion, own)), minor(own)]).toContain(minor(wrapped.properties.apiVersion));
    const allocator = createAllocator({ device: wrapped });
    const usesDedicated = (allocator.getAllocatorInfo().flags & AllocatorCreate.KhrDedicatedAllocation) !== 0;
    // In core since 1.1.
    expect(usesDedicated).toBe(wrapped.properties.apiVersion >= ApiVersion.V1_1);
    const { buffer, allocation } = allocator.createBuffer({ size: 1000, usage: BufferUsage.StorageBuffer });
    const out = emptyMemoryRequirements();
    wrapped.getBufferMemoryRequirements(buffer, out, apiVersion >= ApiVersion.V1_1);
    expect(out.size).toBeGreaterThanOrEqual(1000);
    allocator.destroyBuffer(buffer, allocation);
    allocator.destroy();
    instance.destroy();
  });

  it("is of the version that is said, where it is", () => {
    const { instanceHandle: instance, physicalDevice, handle: device } = ctx.device;
    const handles = { instance, physicalDevice: physicalDevice.handle, device };
    using wrapped = ctx.vulkan.wrapDevice({ ...handles, apiVersion: ApiVersion.V1_0 });
    expect(wrapped.properties.apiVersion).toBe(ApiVersion.V1_0);
  });
});
