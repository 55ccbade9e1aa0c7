/** Devices for whole programs: features as objects, extensions that may be missing, several queues. */

import { describe, expect, it } from "vitest";
import type { FeatureObjects } from "../../src/ffi/feature-objects.ts";
import type { PhysicalDevice, QueueFamily } from "../../src/ffi/physical-device.ts";
import { planQueues } from "../../src/ffi/queue-choice.ts";
import {
  bind,
  VkPhysicalDeviceVulkan12Features,
  VkSemaphoreTypeCreateInfo,
  vkCreateSemaphore,
  vkDestroySemaphore,
  vkGetPhysicalDeviceFeatures2,
  vkGetSemaphoreCounterValue,
} from "../../src/registry/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

describeWithVulkan("a device with features as objects", (ctx) => {
  it("has those that are asked for beside those of memory, in one structure", () => {
    const device = ctx.vulkan.createDevice({
      validation: true,
      memoryExtensions: ctx.isKnownToLayer,
      features: {
        core: { robustBufferAccess: true },
        vulkan12: { timelineSemaphore: true },
        vulkan13: { synchronization2: true, dynamicRendering: true },
      },
    });
    const names = ["robustBufferAccess", "timelineSemaphore", "synchronization2", "bufferDeviceAddress"];
    for (const name of names) expect(device.enabledFeatures).toContain(name);
    expect(device.enabledFeatures).toContain("maintenance4");
    const vk = bind(device, { vkCreateSemaphore, vkDestroySemaphore, vkGetSemaphoreCounterValue });
    const semaphore = vk.vkCreateSemaphore({
      pNext: [VkSemaphoreTypeCreateInfo({ semaphoreType: 1, initialValue: 7n })],
    });
    expect(vk.vkGetSemaphoreCounterValue(semaphore)).toBe(7n);
    vk.vkDestroySemaphore(semaphore);
    device.destroy();
    expect(device.messages.map(({ message }) => message)).toEqual([]);
  });

  it("lacks those that are said to be off", () => {
    using device = ctx.vulkan.createDevice({
      memoryExtensions: ctx.isKnownToLayer,
      features: { vulkan12: { bufferDeviceAddress: false, timelineSemaphore: true } },
    });
    expect(device.enabledFeatures).not.toContain("bufferDeviceAddress");
    expect(device.enabledFeatures).toContain("timelineSemaphore");
  });

  it("is refused with the names that there are not, or that it lacks", () => {
    const create =
      (features: FeatureObjects): (() => unknown) =>
      () =>
        ctx.vulkan.createDevice({ features });
    expect(create({ vulkan21: {} })).toThrow(/no structure of features "vulkan21" \(is vulkan1\d meant\?\)/);
    expect(create({ vulkan12: { timelineSemaphores: true } })).toThrow(/is timelineSemaphore meant/);
    expect(create({ core: { nothing: true } as Record<string, boolean> })).toThrow(TypeError);
    const vk = bind(ctx.device, { vkGetPhysicalDeviceFeatures2 });
    const { pNext } = vk.vkGetPhysicalDeviceFeatures2(ctx.device.physicalDevice.handle, [
      VkPhysicalDeviceVulkan12Features,
    ]);
    const missing = Object.entries(pNext[0]!).find(([, value]) => value === false)?.[0];
    if (missing === undefined) return;
    expect(create({ vulkan12: { [missing]: true } })).toThrow(
      new RegExp(`VK_ERROR_FEATURE_NOT_PRESENT: on .* there is no feature vulkan12\\.${missing}`),
    );
  });

  it("has the extensions that are wanted and there, and no others", () => {
    using device = ctx.vulkan.createDevice({
      memoryExtensions: ctx.isKnownToLayer,
      wantedExtensions: ["VK_KHR_swapchain", "VK_EXT_of_no_driver"],
    });
    expect(device.enabledExtensions.has("VK_EXT_of_no_driver")).toBe(false);
    expect(device.enabledExtensions.has("VK_KHR_swapchain")).toBe(
      device.physicalDevice.extensions.has("VK_KHR_swapchain"),
    );
  });

  it("has the queues that are asked for", () => {
    using device = ctx.vulkan.createDevice({
      memoryExtensions: ctx.isKnownToLayer,
      queues: [
        { family: "graphics" },
        { family: "compute", count: 2 },
        { family: "transfer", priority: 0.5 },
      ],
    });
    expect(device.queues).toHaveLength(4);
    for (const { handle, familyIndex } of device.queues) {
      expect(handle).not.toBe(0n);
      expect(familyIndex).toBeLessThan(device.physicalDevice.queueFamilies.length);
    }
    const queue = device.createTransferQueue(device.queues[3]);
    expect(queue.handle).toBe(device.queues[3]!.handle);
    expect(() => ctx.vulkan.createDevice({ queues: [{ family: "video" as "compute" }] })).toThrow(/"video"/);
    expect(() => ctx.vulkan.createDevice({ queues: [] })).toThrow(RangeError);
  });
});

describe("the plan of queues", () => {
  const families = (...flags: number[]): QueueFamily[] =>
    flags.map((queueFlags, i) => ({ queueFlags, queueCount: i === 0 ? 16 : 2, timestampValidBits: 64 }));
  const device = (...flags: number[]): PhysicalDevice =>
    ({
      queueFamilies: families(...flags),
      properties: { deviceName: "made up" },
    }) as unknown as PhysicalDevice;

  it("gives each purpose the family that is for it alone", () => {
    const discrete = device(1 | 2 | 4, 4 | 8, 2 | 4);
    const requests = (["graphics", "compute", "transfer"] as const).map((family) => ({ family }));
    expect(planQueues(discrete, requests).queues.map(({ familyIndex }) => familyIndex)).toEqual([0, 2, 1]);
    expect(planQueues(device(1 | 2 | 4), requests).queues).toEqual([
      { familyIndex: 0, index: 0 },
      { familyIndex: 0, index: 1 },
      { familyIndex: 0, index: 2 },
    ]);
    expect(() => planQueues(device(4), [{ family: "graphics" }])).toThrow(/no queue family for graphics/);
  });

  it("gives the last queue of a family again where it has no more", () => {
    const { queues, families: made } = planQueues(device(7, 4), [{ family: 1, count: 3, priority: 0.25 }]);
    expect(queues.map(({ index }) => index)).toEqual([0, 1, 1]);
    expect(made.get(1)).toEqual([0.25, 0.25]);
    expect(() => planQueues(device(7), [{ family: 1 }])).toThrow(RangeError);
    expect(() => planQueues(device(7), [{ family: 0, priority: 2 }])).toThrow(/priority/);
  });
});
