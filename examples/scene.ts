/** Two textured cubes that cut each other, tested for depth, as a PNG: a texture uploaded with its mips, dynamic rendering. */

import { createAllocator, Format, ImageAspect, ImageLayout, ImageUsage, MemoryUsage } from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { picture } from "./picture.ts";
import { checkerboard, MIPS, transform } from "./scene-data.ts";
import { closeDevice, expect, openDevice, shader } from "./support.ts";

const SIZE = 256;
const COLOR = Format.R8G8B8A8Unorm;
const DEPTH = Format.D32Sfloat;
const device = openDevice({ features: { vulkan13: { dynamicRendering: true } } });
const { queue } = device;
const vk = vulkan.bind(device, vulkan);
const allocator = createAllocator({ device });
const uploader = allocator.createUploader({ queue });
const readback = allocator.createReadback({ queue });

function image(
  format: number,
  size: number,
  usage: number,
  mipLevels = 1,
  aspectMask: number = ImageAspect.Color,
) {
  const info = { format, extent: { width: size, height: size }, usage, mipLevels };
  const made = allocator.createImage(info, { usage: MemoryUsage.AutoPreferDevice });
  const subresourceRange = { aspectMask, levelCount: mipLevels, layerCount: 1 };
  const view = vk.vkCreateImageView({ image: made.image, viewType: 1, format, subresourceRange });
  return { ...made, info, view, subresourceRange };
}
const texture = image(COLOR, 64, ImageUsage.Sampled | ImageUsage.TransferDst, MIPS.length);
const color = image(COLOR, SIZE, ImageUsage.ColorAttachment | ImageUsage.TransferSrc);
const depth = image(DEPTH, SIZE, ImageUsage.DepthStencilAttachment, 1, ImageAspect.Depth);
await uploader.image(texture.image, checkerboard(), texture.info);

const FRAGMENT = vulkan.VK_SHADER_STAGE_FRAGMENT_BIT;
const VERTEX = vulkan.VK_SHADER_STAGE_VERTEX_BIT;
const SAMPLED = vulkan.VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
const sampler = vk.vkCreateSampler({ magFilter: 1, minFilter: 1, mipmapMode: 1, maxLod: MIPS.length });
const setLayout = vk.vkCreateDescriptorSetLayout({
  pBindings: [{ descriptorType: SAMPLED, descriptorCount: 1, stageFlags: FRAGMENT }],
});
const pool = vk.vkCreateDescriptorPool({ maxSets: 1, pPoolSizes: [{ type: SAMPLED, descriptorCount: 1 }] });
const [set] = vk.vkAllocateDescriptorSets({ descriptorPool: pool, pSetLayouts: [setLayout] });
const pImageInfo = [{ sampler, imageView: texture.view, imageLayout: ImageLayout.ShaderReadOnlyOptimal }];
vk.vkUpdateDescriptorSets([{ dstSet: set!, descriptorType: SAMPLED, pImageInfo }], undefined);
const layout = vk.vkCreatePipelineLayout({
  pSetLayouts: [setLayout],
  pPushConstantRanges: [{ stageFlags: VERTEX, size: 64 }],
});
const modules = ["scene.vert", "scene.frag"].map((name) => vk.vkCreateShaderModule({ pCode: shader(name) }));
const area = { extent: { width: SIZE, height: SIZE } };
const [pipeline] = vk.vkCreateGraphicsPipelines(0n, [
  {
    pNext: [
      vulkan.VkPipelineRenderingCreateInfo({
        pColorAttachmentFormats: [COLOR],
        depthAttachmentFormat: DEPTH,
      }),
    ],
    pStages: modules.map((module, i) => ({ stage: [VERTEX, FRAGMENT][i]!, module, pName: "main" })),
    pVertexInputState: {},
    pInputAssemblyState: { topology: vulkan.VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST },
    pViewportState: { pViewports: [{ width: SIZE, height: SIZE, maxDepth: 1 }], pScissors: [area] },
    pRasterizationState: { lineWidth: 1 },
    pMultisampleState: { rasterizationSamples: 1 },
    pDepthStencilState: { depthTestEnable: true, depthWriteEnable: true, depthCompareOp: 1 },
    pColorBlendState: { pAttachments: [{ colorWriteMask: 0xf }] },
    layout,
  },
]);

const commandPool = vk.vkCreateCommandPool({ queueFamilyIndex: queue.familyIndex });
const [commands] = vk.vkAllocateCommandBuffers({ commandPool, commandBufferCount: 1 });
vk.vkBeginCommandBuffer(commands!, {});
const toAttachment = [color, depth].map(({ image, subresourceRange }, i) => ({
  dstAccessMask: i === 0 ? vulkan.VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT : 0x600, // depth read and write
  newLayout: ImageLayout[i === 0 ? "ColorAttachmentOptimal" : "DepthStencilAttachmentOptimal"],
  srcQueueFamilyIndex: vulkan.VK_QUEUE_FAMILY_IGNORED,
  dstQueueFamilyIndex: vulkan.VK_QUEUE_FAMILY_IGNORED,
  image,
  subresourceRange,
}));
vk.vkCmdPipelineBarrier(commands!, 0x1, 0x400 | 0x300, 0, undefined, undefined, toAttachment);
const attachment = {
  loadOp: vulkan.VK_ATTACHMENT_LOAD_OP_CLEAR,
  storeOp: vulkan.VK_ATTACHMENT_STORE_OP_STORE,
};
vk.vkCmdBeginRendering(commands!, {
  renderArea: area,
  layerCount: 1,
  pColorAttachments: [
    {
      ...attachment,
      imageView: color.view,
      imageLayout: 2,
      clearValue: { color: { float32: [0.1, 0.1, 0.15, 1] } },
    },
  ],
  pDepthAttachment: {
    ...attachment,
    imageView: depth.view,
    imageLayout: 3,
    clearValue: { depthStencil: { depth: 1 } },
  },
});
vk.vkCmdBindPipeline(commands!, vulkan.VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline!);
vk.vkCmdBindDescriptorSets(commands!, vulkan.VK_PIPELINE_BIND_POINT_GRAPHICS, layout, 0, [set!], undefined);
for (const [turn, x, z] of [
  [0.6, -0.7, 5],
  [-0.4, 0.8, 5.6],
] as const) {
  vk.vkCmdPushConstants(commands!, layout, VERTEX, 0, transform(turn, x, z));
  vk.vkCmdDraw(commands!, 36, 1, 0, 0);
}
vk.vkCmdEndRendering(commands!);
vk.vkEndCommandBuffer(commands!);
vk.vkQueueSubmit(queue.handle, [{ pCommandBuffers: [commands!] }], 0n);

const part = { format: COLOR, extent: area.extent, layout: ImageLayout.ColorAttachmentOptimal };
const pixels = await readback.image(color.image, part);
const corner = Array.from(pixels.subarray(0, 4));
expect(
  corner.every((value, i) => Math.abs(value - [26, 26, 38, 255][i]!) <= 1),
  `the corner is ${corner}`,
);
console.log(picture("scene", pixels, SIZE, SIZE));

for (const module of modules) vk.vkDestroyShaderModule(module);
vk.vkDestroyPipeline(pipeline!);
vk.vkDestroyPipelineLayout(layout);
vk.vkDestroyDescriptorPool(pool);
vk.vkDestroyDescriptorSetLayout(setLayout);
vk.vkDestroySampler(sampler);
vk.vkDestroyCommandPool(commandPool);
for (const { view, image, allocation } of [texture, color, depth]) {
  vk.vkDestroyImageView(view);
  allocator.destroyImage(image, allocation);
}
uploader.destroy();
readback.destroy();
allocator.destroy();
closeDevice(device);
