/** Two textured cubes that cut each other, tested for depth, as a PNG: a texture uploaded with its mips, dynamic rendering. */

import {
  Access,
  type CommandBuffer,
  createAllocator,
  Format,
  ImageAspect,
  ImageLayout,
  ImageUsage,
  MemoryUsage,
  PipelineStage,
} from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { commandsOf, descriptorSets, imageView, shaderStage, submit } from "./commands.ts";
import { picture } from "./picture.ts";
import { CUBES, checkerboard, MIPS, transform } from "./scene-data.ts";
import { expect, openDevice } from "./support.ts";

const SIZE = 256;
const area = { extent: { width: SIZE, height: SIZE } };
const { ColorAttachmentOptimal, DepthStencilAttachmentOptimal, ShaderReadOnlyOptimal } = ImageLayout;
using device = openDevice({ features: { vulkan13: { dynamicRendering: true } } });
const { queue } = device;
using allocator = createAllocator({ device });
using uploader = allocator.createUploader({ queue });
using readback = allocator.createReadback({ queue });

/** An image of its kind, in device memory. */
const image = (format: Format, size: number, usage: ImageUsage, mipLevels = 1) =>
  allocator.createImage(
    { format, extent: { width: size, height: size }, usage, mipLevels },
    { usage: MemoryUsage.AutoPreferDevice },
  );
const COLOR = Format.R8G8B8A8Unorm;
const DEPTH = Format.D32Sfloat;
using texture = image(COLOR, MIPS[0]!, ImageUsage.Sampled | ImageUsage.TransferDst, MIPS.length);
using color = image(COLOR, SIZE, ImageUsage.ColorAttachment | ImageUsage.TransferSrc);
using depth = image(DEPTH, SIZE, ImageUsage.DepthStencilAttachment);
const texels = { format: COLOR, extent: { width: MIPS[0]!, height: MIPS[0]! }, mipLevels: MIPS.length };
await uploader.image(texture, checkerboard(), texels);

using vk = commandsOf(device); // what it creates is destroyed before the images
const FRAGMENT = vulkan.VK_SHADER_STAGE_FRAGMENT_BIT;
const VERTEX = vulkan.VK_SHADER_STAGE_VERTEX_BIT;
const SAMPLED = vulkan.VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
const LINEAR = vulkan.VK_FILTER_LINEAR;
const mipmapMode = vulkan.VK_SAMPLER_MIPMAP_MODE_LINEAR;
const sampler = vk.vkCreateSampler({ magFilter: LINEAR, minFilter: LINEAR, mipmapMode, maxLod: MIPS.length });
const { setLayout, sets } = descriptorSets(vk, [SAMPLED], FRAGMENT);
const texelsView = imageView(vk, texture.image, COLOR, ImageAspect.Color, MIPS.length);
const pImageInfo = [{ sampler, imageView: texelsView, imageLayout: ShaderReadOnlyOptimal }];
vk.vkUpdateDescriptorSets([{ dstSet: sets[0]!, descriptorType: SAMPLED, pImageInfo }], undefined);
const pPushConstantRanges = [{ stageFlags: VERTEX, size: 64 }];
const layout = vk.vkCreatePipelineLayout({ pSetLayouts: [setLayout], pPushConstantRanges });
const formats = { pColorAttachmentFormats: [COLOR], depthAttachmentFormat: DEPTH };
const [pipeline] = vk.vkCreateGraphicsPipelines(0n, [
  {
    pNext: [vulkan.VkPipelineRenderingCreateInfo(formats)],
    pStages: [shaderStage(vk, VERTEX, "scene.vert"), shaderStage(vk, FRAGMENT, "scene.frag")],
    pVertexInputState: {},
    pInputAssemblyState: { topology: vulkan.VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST },
    pViewportState: { pViewports: [{ ...area.extent, maxDepth: 1 }], pScissors: [area] },
    pRasterizationState: { lineWidth: 1 },
    pMultisampleState: { rasterizationSamples: 1 },
    pDepthStencilState: { depthTestEnable: true, depthWriteEnable: true, depthCompareOp: 1 },
    pColorBlendState: { pAttachments: [{ colorWriteMask: 0xf }] },
    layout,
  },
]);

const kept = { loadOp: vulkan.VK_ATTACHMENT_LOAD_OP_CLEAR, storeOp: vulkan.VK_ATTACHMENT_STORE_OP_STORE };
const colorView = imageView(vk, color.image, COLOR);
const sky = { color: { float32: [0.1, 0.1, 0.15, 1] } };
const drawn = { ...kept, imageView: colorView, imageLayout: ColorAttachmentOptimal, clearValue: sky };
const depthView = imageView(vk, depth.image, DEPTH, ImageAspect.Depth);
const far = { depthStencil: { depth: 1 } };
const tested = { ...kept, imageView: depthView, imageLayout: DepthStencilAttachmentOptimal, clearValue: far };
submit(vk, device, (commands) => {
  // Both attachments come into their layouts; nothing has used their memory before.
  const fresh = { kind: "takeOver", isImage: true, sources: [], sourceStages: 0, sourceAccess: 0 } as const;
  const write = Access.ColorAttachmentWrite;
  const toColor = { targetStages: PipelineStage.ColorAttachmentOutput, targetAccess: write };
  const toDepth = {
    targetStages: PipelineStage.EarlyFragmentTests | PipelineStage.LateFragmentTests,
    targetAccess: Access.DepthStencilAttachmentRead | Access.DepthStencilAttachmentWrite,
    aspect: ImageAspect.Depth,
  };
  device.recordTransfers(commands as CommandBuffer, [
    { ...fresh, ...toColor, target: color.image, layout: ColorAttachmentOptimal },
    { ...fresh, ...toDepth, target: depth.image, layout: DepthStencilAttachmentOptimal },
  ]);
  const attachments = { pColorAttachments: [drawn], pDepthAttachment: tested };
  vk.vkCmdBeginRendering(commands, { renderArea: area, layerCount: 1, ...attachments });
  vk.vkCmdBindPipeline(commands, vulkan.VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline!);
  vk.vkCmdBindDescriptorSets(commands, vulkan.VK_PIPELINE_BIND_POINT_GRAPHICS, layout, 0, sets, undefined);
  for (const cube of CUBES) {
    vk.vkCmdPushConstants(commands, layout, VERTEX, 0, transform(...cube));
    vk.vkCmdDraw(commands, 36, 1, 0, 0);
  }
  vk.vkCmdEndRendering(commands);
});

const part = { format: COLOR, ...area, layout: ColorAttachmentOptimal };
const pixels = await readback.image(color, part);
const corner = [...pixels.subarray(0, 4)];
const isBackground = corner.every((value, i) => Math.abs(value - [26, 26, 38, 255][i]!) <= 1);
expect(isBackground, `the corner is ${corner}`);
console.log(picture("scene", pixels, SIZE, SIZE));
