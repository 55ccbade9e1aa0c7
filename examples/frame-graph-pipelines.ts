/** What the passes of frame-graph.ts need of Vulkan besides memory: views, pipelines, descriptor sets. */

import { ImageLayout, type Transients } from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { type Commands, descriptorSets, imageView, shaderStage } from "./commands.ts";
import { image, type Pass, passes, resources, SIZE } from "./frame-graph-passes.ts";

const { ColorAttachmentOptimal, General } = ImageLayout;
const COMPUTE = vulkan.VK_SHADER_STAGE_COMPUTE_BIT;
const STORAGE_IMAGE = vulkan.VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
const STORAGE_BUFFER = vulkan.VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
const area = { width: SIZE, height: SIZE };
const computing = passes.filter((pass) => pass.shader !== undefined);

/** The stages that the constants are for. */
export const stageFlags: number = COMPUTE | vulkan.VK_SHADER_STAGE_FRAGMENT_BIT;

/** What the passes are recorded with. */
export interface Pipelines {
  readonly layout: bigint;
  readonly renderPass: bigint;
  readonly framebuffer: bigint;
  readonly drawing: bigint;
  /** The pipeline and the descriptor set of a pass that computes. */
  of(pass: Pass): { readonly pipeline: bigint; readonly set: bigint };
}

/** Makes all of it, for the resources that `find` finds. */
export function makePipelines(
  vk: Commands,
  find: (name: string) => Transients["resources"][number],
): Pipelines {
  const views = new Map(
    resources
      .filter((resource) => resource.image !== undefined)
      .map(({ name }) => [name!, imageView(vk, find(name!).image!, image.format)]),
  );
  const types = [STORAGE_IMAGE, STORAGE_IMAGE, STORAGE_IMAGE, STORAGE_BUFFER];
  const { setLayout, sets } = descriptorSets(vk, types, stageFlags, computing.length);
  const pPushConstantRanges = [{ stageFlags, size: 8 }];
  const layout = vk.vkCreatePipelineLayout({ pSetLayouts: [setLayout], pPushConstantRanges });
  const shaders = [...new Set(computing.map((pass) => pass.shader!))];
  const pipelines = vk.vkCreateComputePipelines(
    0n,
    shaders.map((name) => ({ layout, stage: shaderStage(vk, COMPUTE, `frame-graph.${name}`) })),
  );
  for (const [index, pass] of computing.entries())
    describe(vk, pass, sets[index]!, views, find("sums").buffer!);
  const renderPass = makeRenderPass(vk);
  const pAttachments = [views.get("scene")!];
  const framebuffer = vk.vkCreateFramebuffer({ renderPass, pAttachments, ...area, layers: 1 });
  const of = (pass: Pass) => ({
    pipeline: pipelines[shaders.indexOf(pass.shader!)]!,
    set: sets[computing.indexOf(pass)]!,
  });
  return { layout, renderPass, framebuffer, drawing: makeDrawing(vk, layout, renderPass), of };
}

/** Tells a descriptor set what its pass reads and writes. */
function describe(
  vk: Commands,
  { inputs, result }: Pass,
  dstSet: bigint,
  views: ReadonlyMap<string, bigint>,
  sums: bigint,
): void {
  const [first, second = first] = inputs.filter((name) => name !== "sums");
  for (const [dstBinding, name] of [first, second, result![0]].entries()) {
    if (name === undefined || name === "sums") continue;
    const pImageInfo = [{ imageView: views.get(name)!, imageLayout: General }];
    const write = { dstSet, dstBinding, descriptorType: STORAGE_IMAGE, pImageInfo };
    vk.vkUpdateDescriptorSets([write], undefined);
  }
  const pBufferInfo = [{ buffer: sums, range: 4 * SIZE }];
  const write = { dstSet, dstBinding: 3, descriptorType: STORAGE_BUFFER, pBufferInfo };
  vk.vkUpdateDescriptorSets([write], undefined);
}

/** One attachment, in its layout before and after. */
function makeRenderPass(vk: Commands): bigint {
  const attachment = {
    ...{ format: image.format, samples: 1, loadOp: vulkan.VK_ATTACHMENT_LOAD_OP_DONT_CARE },
    stencilLoadOp: vulkan.VK_ATTACHMENT_LOAD_OP_DONT_CARE,
    stencilStoreOp: vulkan.VK_ATTACHMENT_STORE_OP_DONT_CARE,
    ...{ initialLayout: ColorAttachmentOptimal, finalLayout: ColorAttachmentOptimal },
  };
  const subpass = { pColorAttachments: [{ attachment: 0, layout: ColorAttachmentOptimal }] };
  return vk.vkCreateRenderPass({ pAttachments: [attachment], pSubpasses: [subpass] });
}

/** The pipeline that draws one triangle over everything. */
function makeDrawing(vk: Commands, layout: bigint, renderPass: bigint): bigint {
  const [pipeline] = vk.vkCreateGraphicsPipelines(0n, [
    {
      pStages: [
        shaderStage(vk, vulkan.VK_SHADER_STAGE_VERTEX_BIT, "frame-graph.vert"),
        shaderStage(vk, vulkan.VK_SHADER_STAGE_FRAGMENT_BIT, "frame-graph.frag"),
      ],
      pVertexInputState: {},
      pInputAssemblyState: { topology: vulkan.VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST },
      pViewportState: { pViewports: [{ ...area, maxDepth: 1 }], pScissors: [{ extent: area }] },
      pRasterizationState: { lineWidth: 1 },
      pMultisampleState: { rasterizationSamples: 1 },
      pColorBlendState: { pAttachments: [{ colorWriteMask: 0xf }] },
      ...{ layout, renderPass },
    },
  ]);
  return pipeline!;
}
