/** Commands that programs declare or bind, on a real device, over the way into C of the runtime that this runs on. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { AllocationCreate } from "../../src/allocator/index.ts";
import { createAllocator, MemoryUsage } from "../../src/index.ts";
import * as vulkan from "../../src/registry/index.ts";
import { Result, VulkanError } from "../../src/vulkan/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const saxpy = readFileSync(join(import.meta.dirname, "../../examples/shaders/saxpy.comp.spv"));

describeWithVulkan("a command that a program declares", (ctx) => {
  it("is called with its arguments, and throws what Vulkan refuses", () => {
    const { device } = ctx;
    const wait = device.command("vkDeviceWaitIdle", "p>r");
    expect(wait(device.handle)).toBe(Result.Success);
    const create = device.command("vkCreateSemaphore", "pppp>r");
    const destroy = device.command("vkDestroySemaphore", "ppp>v");
    const out = new BigUint64Array(1);
    const info = vulkan.encode(device, vulkan.VkSemaphoreCreateInfo({}));
    create(device.handle, info.address, 0n, device.addressOf(out.buffer));
    expect(out[0]).not.toBe(0n);
    destroy(device.handle, out[0]!, 0n);
    const failing = device.command("vkGetEventStatus", "pp>r");
    expect(typeof failing).toBe("function");
  });

  it("is refused where there is none, or its signature is none", () => {
    const { device } = ctx;
    expect(device.getProcAddress("vkCmdDraw")).not.toBe(0n);
    expect(device.getProcAddress("vkGetPhysicalDeviceFormatProperties")).not.toBe(0n);
    expect(device.getProcAddress("vkNothing")).toBe(0n);
    expect(() => device.command("vkNothing", "p>v")).toThrow(
      /vkNothing failed with VK_ERROR_EXTENSION_NOT_PRESENT/,
    );
    expect(() => device.command("vkCmdDraw", "p")).toThrow(TypeError);
    expect(() => device.command("vkCmdDraw", "px>v")).toThrow(/"px>v"/);
  });

  it("throws once the device or the instance is gone", () => {
    const instance = ctx.vulkan.createInstance();
    const device = instance.createDevice();
    const wait = device.command("vkDeviceWaitIdle", "p>r");
    const list = instance.command("vkEnumeratePhysicalDevices", "ppp>r");
    const { handle } = device;
    device.destroy();
    expect(() => wait(handle)).toThrow("vkDeviceWaitIdle: the device was destroyed");
    expect(() => device.command("vkCmdDraw", "pnnnn>v")).toThrow(/destroyed/);
    instance.destroy();
    expect(() => list(instance.handle, 0n, 0n)).toThrow(
      "vkEnumeratePhysicalDevices: the instance was destroyed",
    );
    expect(() => instance.getProcAddress("vkCreateDevice")).toThrow(/destroyed/);
  });
});

describeWithVulkan("bound commands", (ctx) => {
  it("ask and answer with objects", () => {
    const { device } = ctx;
    const vk = vulkan.bind(device, vulkan);
    const properties = vk.vkGetPhysicalDeviceProperties(device.physicalDevice.handle);
    expect(properties.deviceName).toBe(device.properties.deviceName);
    const { features, pNext } = vk.vkGetPhysicalDeviceFeatures2(device.physicalDevice.handle, [
      vulkan.VkPhysicalDeviceVulkan12Features,
    ]);
    expect(typeof (features as { robustBufferAccess: boolean }).robustBufferAccess).toBe("boolean");
    const [features12] = pNext;
    const hasTimelines: boolean = features12.timelineSemaphore;
    expect(hasTimelines).toBe(true);
    const families = vk.vkGetPhysicalDeviceQueueFamilyProperties(device.physicalDevice.handle);
    expect(families.map(({ queueCount }) => queueCount)).toEqual(
      device.physicalDevice.queueFamilies.map(({ queueCount }) => queueCount),
    );
    const cache = vk.vkCreatePipelineCache({});
    expect(vk.vkGetPipelineCacheData(cache).length).toBeGreaterThan(16);
    vk.vkDestroyPipelineCache(cache);
  });

  it("are those of what they are bound to", () => {
    using instance = ctx.vulkan.createInstance();
    const ofInstance = vulkan.bind(instance, vulkan);
    expect(() => ofInstance.vkDestroyDevice()).toThrow("vkDestroyDevice is a command of a device");
    expect(ofInstance.vkEnumeratePhysicalDevices().length).toBeGreaterThan(0);
    const ofDevice = vulkan.bind(ctx.device, vulkan);
    expect(() => ofDevice.vkDestroyInstance()).toThrow("and was bound to a device");
  });

  it("throw what Vulkan refuses, and what they cannot pass", () => {
    const vk = vulkan.bind(ctx.device, vulkan);
    expect(() => vk.vkCmdDrawMeshTasksEXT(1n, 1, 1, 1)).toThrow(VulkanError);
    expect(() => vk.vkCreateSampler({ magFilter: 1.5 })).toThrow(/VkSamplerCreateInfo\.magFilter/);
    expect(() => vk.vkCreateSampler({ filter: 1 } as object)).toThrow(/no member "filter"/);
    expect(() => (vk.vkDestroySampler as (...args: unknown[]) => void)(0n, 0n)).toThrow(
      /takes 1 arguments, got 2/,
    );
    expect(() => vk.vkCreateComputePipelines(0n, [])).toThrow(
      "vkCreateComputePipelines: createInfoCount must be at least 1, got 0",
    );
    const mismatch = () => vk.vkCmdBindVertexBuffers(1n, 0, [1n, 2n], [0]);
    expect(mismatch).toThrow(/must have 2 items/);
    expect(() => vk.vkDestroySampler(5 as unknown as bigint)).toThrow(TypeError);
  });

  it("run a compute shader", async () => {
    const { device } = ctx;
    const vk = vulkan.bind(device, vulkan);
    const allocator = createAllocator({ device });
    const count = 1000;
    const [x, y] = [0, 1].map(() =>
      allocator.createBuffer(
        { size: 4 * count, usage: vulkan.VK_BUFFER_USAGE_STORAGE_BUFFER_BIT },
        { usage: MemoryUsage.Auto, flags: 0x404 as AllocationCreate },
      ),
    ) as [ReturnType<typeof allocator.createBuffer>, ReturnType<typeof allocator.createBuffer>];
    const ramp = Float32Array.from({ length: count }, (_, i) => i);
    allocator.copyMemoryToAllocation(ramp, x.allocation);
    allocator.copyMemoryToAllocation(ramp, y.allocation);

    const binding = {
      descriptorType: vulkan.VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      descriptorCount: 1,
      stageFlags: 32,
    };
    const setLayout = vk.vkCreateDescriptorSetLayout({
      pBindings: [binding, { ...binding, binding: 1 }],
    });
    const layout = vk.vkCreatePipelineLayout({
      pSetLayouts: [setLayout],
      pPushConstantRanges: [{ stageFlags: 32, size: 8 }],
    });
    const module = vk.vkCreateShaderModule({ pCode: saxpy });
    const [pipeline] = vk.vkCreateComputePipelines(0n, [
      { layout, stage: { stage: 32, module, pName: "main" } },
    ]);
    const pool = vk.vkCreateDescriptorPool({ maxSets: 1, pPoolSizes: [{ type: 7, descriptorCount: 2 }] });
    const [set] = vk.vkAllocateDescriptorSets({ descriptorPool: pool, pSetLayouts: [setLayout] });
    vk.vkUpdateDescriptorSets(
      [x, y].map(({ buffer }, dstBinding) => ({
        dstSet: set!,
        dstBinding,
        descriptorType: 7,
        pBufferInfo: [{ buffer, range: Number.POSITIVE_INFINITY }],
      })),
      undefined,
    );
    const commandPool = vk.vkCreateCommandPool({ queueFamilyIndex: device.queue.familyIndex });
    const [commands] = vk.vkAllocateCommandBuffers({ commandPool, commandBufferCount: 1 });
    vk.vkBeginCommandBuffer(commands!, { flags: vulkan.VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT });
    vk.vkCmdBindPipeline(commands!, vulkan.VK_PIPELINE_BIND_POINT_COMPUTE, pipeline!);
    vk.vkCmdBindDescriptorSets(commands!, 1, layout, 0, [set!], undefined);
    const push = new DataView(new ArrayBuffer(8));
    push.setFloat32(0, 2, true);
    push.setUint32(4, count, true);
    vk.vkCmdPushConstants(commands!, layout, 32, 0, push);
    vk.vkCmdDispatch(commands!, Math.ceil(count / 256), 1, 1);
    vk.vkEndCommandBuffer(commands!);
    const fence = vk.vkCreateFence({});
    vk.vkQueueSubmit(device.queue.handle, [{ pCommandBuffers: [commands!] }], fence);
    expect(vk.vkWaitForFences([fence], true, 10n ** 10n)).toBe(Result.Success);

    const result = new Float32Array(count);
    allocator.copyAllocationToMemory(y.allocation, result);
    expect(result).toEqual(ramp.map((value) => 3 * value));
    vk.vkDestroyFence(fence);
    vk.vkDestroyCommandPool(commandPool);
    vk.vkDestroyDescriptorPool(pool);
    vk.vkDestroyPipeline(pipeline!);
    vk.vkDestroyShaderModule(module);
    vk.vkDestroyPipelineLayout(layout);
    vk.vkDestroyDescriptorSetLayout(setLayout);
    for (const { buffer, allocation } of [x, y]) allocator.destroyBuffer(buffer, allocation);
    allocator.destroy();
  });
});
