/** saxpy over 16 million floats: y = a x + y in a compute shader, with data uploaded and read back. */

import { BufferUsage, createAllocator, MemoryUsage } from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { commandsOf, descriptorSets, shaderStage, submit } from "./commands.ts";
import { expect, openDevice } from "./support.ts";

const COUNT = 16 * 2 ** 20;
const COMPUTE = vulkan.VK_SHADER_STAGE_COMPUTE_BIT;
const STORAGE = vulkan.VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
using device = openDevice();
const { queue } = device;
using allocator = createAllocator({ device });
using uploader = allocator.createUploader({ queue });
using readback = allocator.createReadback({ queue });

const usage = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;
using x = allocator.createBuffer({ size: 4 * COUNT, usage }, { usage: MemoryUsage.AutoPreferDevice });
using y = allocator.createBuffer({ size: 4 * COUNT, usage }, { usage: MemoryUsage.AutoPreferDevice });
const ramp = Float32Array.from({ length: COUNT }, (_, i) => i % 1024);
await Promise.all([uploader.buffer(x, ramp), uploader.buffer(y, ramp)]);

using vk = commandsOf(device); // what it creates is destroyed at the end
const { setLayout, sets } = descriptorSets(vk, [STORAGE, STORAGE], COMPUTE);
const layout = vk.vkCreatePipelineLayout({
  pSetLayouts: [setLayout],
  pPushConstantRanges: [{ stageFlags: COMPUTE, size: 8 }],
});
const stage = shaderStage(vk, COMPUTE, "saxpy.comp");
const [pipeline] = vk.vkCreateComputePipelines(0n, [{ layout, stage }]);
for (const [dstBinding, { buffer }] of [x, y].entries()) {
  const pBufferInfo = [{ buffer, range: 4 * COUNT }];
  const write = { dstSet: sets[0]!, dstBinding, descriptorType: STORAGE, pBufferInfo };
  vk.vkUpdateDescriptorSets([write], undefined);
}

submit(vk, device, (commands) => {
  const constants = new Float32Array([2, 0]);
  new Uint32Array(constants.buffer)[1] = COUNT;
  vk.vkCmdBindPipeline(commands, vulkan.VK_PIPELINE_BIND_POINT_COMPUTE, pipeline!);
  vk.vkCmdBindDescriptorSets(commands, vulkan.VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, sets, undefined);
  vk.vkCmdPushConstants(commands, layout, COMPUTE, 0, constants);
  vk.vkCmdDispatch(commands, 256, COUNT / 256 / 256, 1);
});

const bytes = await readback.buffer(y, 4 * COUNT); // the copy waits for all that the queue did before
const result = new Float32Array(bytes.buffer);
for (let i = 0; i < COUNT; i++) expect(result[i] === 3 * ramp[i]!, `y[${i}] is ${result[i]}`);
console.log(`${COUNT} floats: y[1023] is ${result[1023]}`);
