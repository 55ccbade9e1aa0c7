/** saxpy over 16 million floats: y = a x + y in a compute shader, with data uploaded and read back. */

import { BufferUsage, createAllocator, MemoryUsage } from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { closeDevice, expect, openDevice, shader } from "./support.ts";

const COUNT = 16 * 2 ** 20;
const COMPUTE = vulkan.VK_SHADER_STAGE_COMPUTE_BIT;
const STORAGE = vulkan.VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
const device = openDevice();
const { queue } = device;
const vk = vulkan.bind(device, vulkan);
const allocator = createAllocator({ device });
const uploader = allocator.createUploader({ queue });
const readback = allocator.createReadback({ queue });

const usage = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;
const make = () =>
  allocator.createBuffer({ size: 4 * COUNT, usage }, { usage: MemoryUsage.AutoPreferDevice });
const [x, y] = [make(), make()];
const ramp = Float32Array.from({ length: COUNT }, (_, i) => i % 1024);
await Promise.all([uploader.buffer(x, ramp), uploader.buffer(y, ramp)]);

const binding = { descriptorType: STORAGE, descriptorCount: 1, stageFlags: COMPUTE };
const setLayout = vk.vkCreateDescriptorSetLayout({ pBindings: [binding, { ...binding, binding: 1 }] });
const layout = vk.vkCreatePipelineLayout({
  pSetLayouts: [setLayout],
  pPushConstantRanges: [{ stageFlags: COMPUTE, size: 8 }],
});
const module = vk.vkCreateShaderModule({ pCode: shader("saxpy.comp") });
const stage = { stage: COMPUTE, module, pName: "main" };
const [pipeline] = vk.vkCreateComputePipelines(0n, [{ layout, stage }]);
const pool = vk.vkCreateDescriptorPool({ maxSets: 1, pPoolSizes: [{ type: STORAGE, descriptorCount: 2 }] });
const [set] = vk.vkAllocateDescriptorSets({ descriptorPool: pool, pSetLayouts: [setLayout] });
const writes = [x, y].map(({ buffer }, dstBinding) => ({
  dstSet: set!,
  dstBinding,
  descriptorType: STORAGE,
  pBufferInfo: [{ buffer, range: Number.POSITIVE_INFINITY }],
}));
vk.vkUpdateDescriptorSets(writes, undefined);

const commandPool = vk.vkCreateCommandPool({ queueFamilyIndex: queue.familyIndex });
const [commands] = vk.vkAllocateCommandBuffers({ commandPool, commandBufferCount: 1 });
vk.vkBeginCommandBuffer(commands!, {});
vk.vkCmdBindPipeline(commands!, vulkan.VK_PIPELINE_BIND_POINT_COMPUTE, pipeline!);
vk.vkCmdBindDescriptorSets(commands!, vulkan.VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, [set!], undefined);
const push = new ArrayBuffer(8);
new Float32Array(push, 0, 1)[0] = 2;
new Uint32Array(push, 4, 1)[0] = COUNT;
vk.vkCmdPushConstants(commands!, layout, COMPUTE, 0, new Uint8Array(push));
vk.vkCmdDispatch(commands!, 256, COUNT / 256 / 256, 1);
vk.vkEndCommandBuffer(commands!);
vk.vkQueueSubmit(queue.handle, [{ pCommandBuffers: [commands!] }], 0n);

const bytes = await readback.buffer(y, 4 * COUNT); // the copy waits for all that the queue did before
const result = new Float32Array(bytes.buffer);
for (let i = 0; i < COUNT; i++) expect(result[i] === 3 * ramp[i]!, `y[${i}] is ${result[i]}`);
console.log(`${COUNT} floats: y[1023] is ${result[1023]}`);

vk.vkDestroyCommandPool(commandPool);
vk.vkDestroyDescriptorPool(pool);
vk.vkDestroyPipeline(pipeline!);
vk.vkDestroyShaderModule(module);
vk.vkDestroyPipelineLayout(layout);
vk.vkDestroyDescriptorSetLayout(setLayout);
uploader.destroy();
readback.destroy();
for (const { buffer, allocation } of [x, y]) allocator.destroyBuffer(buffer, allocation);
allocator.destroy();
closeDevice(device);
