/** Vulkan's commands as the examples that compute and draw use them. */

import type { NativeDevice } from "../src/ffi/index.ts";
import { type Format, ImageAspect } from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { shader } from "./support.ts";

/** All of Vulkan's commands. What they create is destroyed, the last first, when the block of `using` ends. */
export type Commands = vulkan.Bound<typeof vulkan> & Disposable;

/** The commands of a device. */
export function commandsOf(device: NativeDevice): Commands {
  const ends: (() => void)[] = [];
  const dispose = (): void => {
    device.waitIdle();
    for (const end of ends.splice(0).reverse()) end();
  };
  const bound = vulkan.bind(device, vulkan);
  return new Proxy(Object.assign(bound, { [Symbol.dispose]: dispose }), {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      // vkCreateFence goes with vkDestroyFence, vkCreateComputePipelines with vkDestroyPipeline.
      const kind = /^vkCreate(\w+)$/.exec(String(name))?.[1]?.replace(/^\w+Pipelines$/, "Pipeline");
      if (kind === undefined || typeof value !== "function") return value;
      const destroy: (handle: bigint) => void = Reflect.get(target, `vkDestroy${kind}`);
      return (...args: unknown[]) => {
        const made: bigint | bigint[] = value(...args);
        for (const handle of [made].flat()) ends.push(() => destroy(handle));
        return made;
      };
    },
  });
}

/** Descriptor sets of one layout, whose bindings are of these types, one descriptor each. */
export function descriptorSets(
  vk: Commands,
  types: readonly number[],
  stageFlags: number,
  maxSets = 1,
): { setLayout: bigint; sets: bigint[] } {
  const bindings = types.map((descriptorType, binding) => ({ binding, descriptorType }));
  const pBindings = bindings.map((each) => ({ ...each, descriptorCount: 1, stageFlags }));
  const setLayout = vk.vkCreateDescriptorSetLayout({ pBindings });
  const pPoolSizes = types.map((type) => ({ type, descriptorCount: maxSets }));
  const descriptorPool = vk.vkCreateDescriptorPool({ maxSets, pPoolSizes });
  const pSetLayouts = Array.from({ length: maxSets }, () => setLayout);
  return { setLayout, sets: vk.vkAllocateDescriptorSets({ descriptorPool, pSetLayouts }) };
}

/** A shader of examples/shaders as a pipeline's stage. */
export function shaderStage(
  vk: Commands,
  stage: number,
  name: string,
): vulkan.VkPipelineShaderStageCreateInfo {
  return { stage, module: vk.vkCreateShaderModule({ pCode: shader(name) }), pName: "main" };
}

/** A view of a two-dimensional image. */
export function imageView(
  vk: Commands,
  image: bigint,
  format: Format,
  aspectMask: ImageAspect = ImageAspect.Color,
  levelCount = 1,
): bigint {
  const subresourceRange = { aspectMask, levelCount, layerCount: 1 };
  return vk.vkCreateImageView({ image, viewType: vulkan.VK_IMAGE_VIEW_TYPE_2D, format, subresourceRange });
}

/** Records commands and submits them, with a fence to signal. */
export function submit(
  vk: Commands,
  { queue }: NativeDevice,
  record: (commands: bigint) => void,
  fence = 0n,
): void {
  const commandPool = vk.vkCreateCommandPool({ queueFamilyIndex: queue.familyIndex });
  const [commands] = vk.vkAllocateCommandBuffers({ commandPool, commandBufferCount: 1 });
  vk.vkBeginCommandBuffer(commands!, {});
  record(commands!);
  vk.vkEndCommandBuffer(commands!);
  vk.vkQueueSubmit(queue.handle, [{ pCommandBuffers: [commands!] }], fence);
}
