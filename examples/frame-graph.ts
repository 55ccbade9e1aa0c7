/**
 * A frame graph of ten passes, rendered, computed and copied, whose images share memory. What comes out is what comes out
 * where each has its own, byte for byte.
 *
 *     npx tsx examples/frame-graph.ts
 *
 * Every barrier follows from the uses that are stated below: between the uses of one resource the program's own, where one
 * takes over memory from others those of `Transients`.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NativeDevice } from "../src/ffi/index.ts";
import {
  Access,
  AllocationCreate,
  BufferUsage,
  type CommandBuffer,
  createAllocator,
  Format,
  ImageLayout,
  ImageUsage,
  MemoryUsage,
  PipelineStage,
  type TransientResource,
  type Transients,
  type TransientUse,
} from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";

const SIZE = 256;
const FRAMES = 2;

// ---- The graph ---

type Use = Omit<TransientUse, "pass">;
interface Pass {
  readonly name: string;
  readonly result: readonly [name: string, use: Use] | undefined;
  readonly inputs: readonly string[];
  readonly shader?: string;
  readonly operation?: number;
}
const { ColorAttachmentOptimal, General, TransferSrcOptimal, TransferDstOptimal } = ImageLayout;
const drawn: Use = {
  stages: PipelineStage.ColorAttachmentOutput,
  access: Access.ColorAttachmentWrite,
  layout: ColorAttachmentOptimal,
};
const computed: Use = { stages: PipelineStage.ComputeShader, access: Access.ShaderWrite, layout: General };
const sampled: Use = { stages: PipelineStage.ComputeShader, access: Access.ShaderRead, layout: General };
const copied: Use = {
  stages: PipelineStage.Transfer,
  access: Access.TransferWrite,
  layout: TransferDstOptimal,
};
const copiedFrom: Use = {
  stages: PipelineStage.Transfer,
  access: Access.TransferRead,
  layout: TransferSrcOptimal,
};

/** The passes: what each writes, from what, and for those that compute, with which shader, and how. */
const passes: readonly Pass[] = [
  { name: "draw", result: ["scene", drawn], inputs: [] },
  { name: "shadow", result: ["shadow", computed], inputs: [], shader: "pattern" },
  { name: "light", result: ["light", computed], inputs: ["scene", "shadow"], shader: "filter", operation: 0 },
  { name: "bright", result: ["bright", computed], inputs: ["light"], shader: "filter", operation: 1 },
  { name: "blur x", result: ["blurred x", computed], inputs: ["bright"], shader: "filter", operation: 2 },
  { name: "blur y", result: ["blurred", computed], inputs: ["blurred x"], shader: "filter", operation: 3 },
  { name: "sums", result: ["sums", computed], inputs: ["light"], shader: "sums" },
  {
    name: "compose",
    result: ["composed", computed],
    inputs: ["light", "blurred", "sums"],
    shader: "compose",
  },
  { name: "copy", result: ["copy", copied], inputs: ["composed"] },
  { name: "read back", result: undefined, inputs: ["copy"] },
];

const usage =
  ImageUsage.ColorAttachment | ImageUsage.Storage | ImageUsage.TransferSrc | ImageUsage.TransferDst;
const image = { format: Format.R8G8B8A8Unorm, extent: { width: SIZE, height: SIZE }, usage };
const buffer = {
  size: 4 * SIZE,
  usage: BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst,
};

/** The resources, with their uses as the passes have them. */
export const resources: TransientResource[] = passes.flatMap(({ result }, pass) => {
  if (result === undefined) return [];
  const [name, written] = result;
  const read = name === "composed" || name === "copy" ? copiedFrom : sampled;
  const uses = passes.flatMap(({ inputs }, reader) =>
    inputs.includes(name) ? [{ ...read, pass: reader }] : [],
  );
  const what = name === "sums" ? { buffer } : { image };
  return [{ name, ...what, uses: [{ ...written, pass }, ...uses] }];
});

// ---- The program ---

/** What the last frame has in it, and how many bytes of memory that took. */
export interface Outcome {
  readonly texels: Uint8Array;
  readonly bytes: number;
  readonly separateBytes: number;
}

/** Runs the graph for some frames, with shared memory or without. */
export function run(device: NativeDevice, isShared: boolean): Outcome {
  const vk = vulkan.bind(device, vulkan);
  const ends: (() => void)[] = [];
  const ending = <T>(made: T, end: (made: T) => void): T => {
    ends.push(() => end(made));
    return made;
  };
  const allocator = ending(createAllocator({ device }), (it) => it.destroy());
  const all = isShared
    ? [allocator.createTransients(resources)]
    : resources.map((resource) => allocator.createTransients([resource]));
  for (const each of all) ending(each, (it) => it.destroy());
  const target = allocator.createBuffer(
    { size: 4 * SIZE * SIZE, usage: BufferUsage.TransferDst },
    { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped },
  );
  ending(target, (it) => it.allocation.destroy());
  const find = (name: string): Transients["resources"][number] =>
    all.flatMap((each) => each.resources).find((each) => each.name === name)!;

  // What the passes need of Vulkan besides memory.
  const view = (name: string): bigint =>
    ending(
      vk.vkCreateImageView({
        image: find(name).image!,
        viewType: vulkan.VK_IMAGE_VIEW_TYPE_2D,
        format: image.format,
        subresourceRange: { aspectMask: 1, levelCount: 1, layerCount: 1 },
      }),
      vk.vkDestroyImageView,
    );
  const shader = (name: string): bigint => {
    const pCode = readFileSync(join(import.meta.dirname, "shaders", `frame-graph.${name}.spv`));
    return ending(vk.vkCreateShaderModule({ pCode }), vk.vkDestroyShaderModule);
  };
  const views = new Map(
    resources.flatMap(({ name, image: info }) => (info ? [[name!, view(name!)] as const] : [])),
  );
  const stageFlags = vulkan.VK_SHADER_STAGE_COMPUTE_BIT | vulkan.VK_SHADER_STAGE_FRAGMENT_BIT;
  const [storageImage, storageBuffer] = [
    vulkan.VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
    vulkan.VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
  ];
  const pBindings = [storageImage, storageImage, storageImage, storageBuffer].map(
    (descriptorType, binding) => ({
      binding,
      descriptorType,
      descriptorCount: 1,
      stageFlags,
    }),
  );
  const setLayout = ending(vk.vkCreateDescriptorSetLayout({ pBindings }), vk.vkDestroyDescriptorSetLayout);
  const layout = ending(
    vk.vkCreatePipelineLayout({ pSetLayouts: [setLayout], pPushConstantRanges: [{ stageFlags, size: 8 }] }),
    vk.vkDestroyPipelineLayout,
  );
  const stage = (flag: number, name: string) => ({ stage: flag, module: shader(name), pName: "main" });
  const computing = passes.filter((pass) => pass.shader !== undefined);
  const shaders = [...new Set(computing.map((pass) => pass.shader!))];
  const pipelines = vk.vkCreateComputePipelines(
    0n,
    shaders.map((name) => ({ layout, stage: stage(vulkan.VK_SHADER_STAGE_COMPUTE_BIT, name) })),
  );
  for (const pipeline of pipelines) ending(pipeline, vk.vkDestroyPipeline);
  const renderPass = ending(
    vk.vkCreateRenderPass({
      pAttachments: [
        {
          ...{ format: image.format, samples: 1, loadOp: vulkan.VK_ATTACHMENT_LOAD_OP_DONT_CARE },
          ...{ stencilLoadOp: 2, stencilStoreOp: 1 },
          ...{ initialLayout: ColorAttachmentOptimal, finalLayout: ColorAttachmentOptimal },
        },
      ],
      pSubpasses: [{ pColorAttachments: [{ attachment: 0, layout: ColorAttachmentOptimal }] }],
    }),
    vk.vkDestroyRenderPass,
  );
  const area = { width: SIZE, height: SIZE };
  const framebuffer = ending(
    vk.vkCreateFramebuffer({ renderPass, pAttachments: [views.get("scene")!], ...area, layers: 1 }),
    vk.vkDestroyFramebuffer,
  );
  const [drawPipeline] = vk.vkCreateGraphicsPipelines(0n, [
    {
      pStages: [
        stage(vulkan.VK_SHADER_STAGE_VERTEX_BIT, "vert"),
        stage(vulkan.VK_SHADER_STAGE_FRAGMENT_BIT, "frag"),
      ],
      pVertexInputState: {},
      pInputAssemblyState: { topology: vulkan.VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST },
      pViewportState: { pViewports: [{ ...area, maxDepth: 1 }], pScissors: [{ extent: area }] },
      pRasterizationState: { lineWidth: 1 },
      pMultisampleState: { rasterizationSamples: 1 },
      pColorBlendState: { pAttachments: [{ colorWriteMask: 15 }] },
      layout,
      renderPass,
    },
  ]);
  ending(drawPipeline!, vk.vkDestroyPipeline);
  const pool = vk.vkCreateDescriptorPool({
    maxSets: computing.length,
    pPoolSizes: [
      { type: storageImage, descriptorCount: 3 * computing.length },
      { type: storageBuffer, descriptorCount: computing.length },
    ],
  });
  ending(pool, vk.vkDestroyDescriptorPool);
  const sets = vk.vkAllocateDescriptorSets({
    descriptorPool: pool,
    pSetLayouts: computing.map(() => setLayout),
  });
  for (const [index, { inputs, result }] of computing.entries()) {
    const [first, second = first] = inputs.filter((name) => name !== "sums");
    for (const [dstBinding, name] of [first, second, result![0]].entries()) {
      if (name === undefined || name === "sums") continue;
      const pImageInfo = [{ imageView: views.get(name)!, imageLayout: General }];
      const write = { dstSet: sets[index]!, dstBinding, descriptorType: storageImage, pImageInfo };
      vk.vkUpdateDescriptorSets([write], undefined);
    }
    const pBufferInfo = [{ buffer: find("sums").buffer!, range: 4 * SIZE }];
    const write = { dstSet: sets[index]!, dstBinding: 3, descriptorType: storageBuffer, pBufferInfo };
    vk.vkUpdateDescriptorSets([write], undefined);
  }

  // ---- Recording ---

  const commandPool = ending(
    vk.vkCreateCommandPool({ queueFamilyIndex: device.queue.familyIndex }),
    vk.vkDestroyCommandPool,
  );
  const [commands] = vk.vkAllocateCommandBuffers({ commandPool, commandBufferCount: 1 });

  /** The program's own barrier before a pass, for what it reads: from the use before this one. */
  const barrier = (pass: number): void => {
    for (const { name, image: info, uses } of resources) {
      const index = uses.findIndex((use) => use.pass === pass);
      if (index < 1) continue;
      const [before, now] = [uses[index - 1]!, uses[index]!];
      const scope = { srcAccessMask: before.access & ~Access.ShaderRead, dstAccessMask: now.access };
      const range = { aspectMask: 1, levelCount: 1, layerCount: 1 };
      const layouts = { oldLayout: before.layout!, newLayout: now.layout! };
      const ignored = { srcQueueFamilyIndex: 0xffffffff, dstQueueFamilyIndex: 0xffffffff };
      const image = { ...scope, ...layouts, ...ignored, image: find(name!).handle, subresourceRange: range };
      vk.vkCmdPipelineBarrier(
        commands!,
        before.stages,
        now.stages,
        0,
        info ? [] : [scope],
        [],
        info ? [image] : [],
      );
    }
  };

  const record = (pass: number, frame: number): void => {
    for (const each of all) each.recordBarriers(commands! as CommandBuffer, pass);
    barrier(pass);
    const { name, inputs, shader: computes, operation = 0 } = passes[pass]!;
    vk.vkCmdPushConstants(commands!, layout, stageFlags, 0, Uint32Array.of(operation, frame));
    const region = { aspectMask: 1, layerCount: 1 };
    if (name === "draw") {
      vk.vkCmdBeginRenderPass(commands!, { renderPass, framebuffer, renderArea: { extent: area } }, 0);
      vk.vkCmdBindPipeline(commands!, vulkan.VK_PIPELINE_BIND_POINT_GRAPHICS, drawPipeline!);
      vk.vkCmdDraw(commands!, 3, 1, 0, 0);
      vk.vkCmdEndRenderPass(commands!);
    } else if (name === "copy") {
      vk.vkCmdCopyImage(
        commands!,
        find("composed").image!,
        TransferSrcOptimal,
        find("copy").image!,
        TransferDstOptimal,
        [{ srcSubresource: region, dstSubresource: region, extent: { ...area, depth: 1 } }],
      );
    } else if (name === "read back") {
      vk.vkCmdCopyImageToBuffer(commands!, find(inputs[0]!).image!, TransferSrcOptimal, target.buffer, [
        { imageSubresource: region, imageExtent: { ...area, depth: 1 } },
      ]);
    } else {
      const set = sets[computing.findIndex((each) => each.name === name)]!;
      vk.vkCmdBindPipeline(
        commands!,
        vulkan.VK_PIPELINE_BIND_POINT_COMPUTE,
        pipelines[shaders.indexOf(computes!)]!,
      );
      vk.vkCmdBindDescriptorSets(
        commands!,
        vulkan.VK_PIPELINE_BIND_POINT_COMPUTE,
        layout,
        0,
        [set],
        undefined,
      );
      vk.vkCmdDispatch(commands!, SIZE / 8, SIZE / 8, 1);
    }
  };

  const fence = ending(vk.vkCreateFence({}), vk.vkDestroyFence);
  for (let frame = 0; frame < FRAMES; frame++) {
    vk.vkResetCommandPool(commandPool, 0);
    vk.vkBeginCommandBuffer(commands!, {});
    for (let pass = 0; pass < passes.length; pass++) record(pass, frame);
    vk.vkEndCommandBuffer(commands!);
    vk.vkQueueSubmit(device.queue.handle, [{ pCommandBuffers: [commands!] }], fence);
    vk.vkWaitForFences([fence], true, 10n ** 10n);
    vk.vkResetFences([fence]);
  }
  const texels = new Uint8Array(4 * SIZE * SIZE);
  allocator.copyAllocationToMemory(target.allocation, 0, texels);
  const sum = (bytes: (each: Transients) => number): number =>
    all.reduce((total, each) => total + bytes(each), 0);
  const outcome = {
    texels,
    bytes: sum((each) => each.bytes),
    separateBytes: sum((each) => each.separateBytes),
  };
  for (const end of ends.reverse()) end();
  return outcome;
}

if (process.argv[1] === import.meta.filename) {
  const { loadVulkan } = await import("../src/ffi/index.ts");
  using device = loadVulkan().createDevice();
  const [shared, separate] = [run(device, true), run(device, false)];
  const isSame = shared.texels.every((byte, index) => byte === separate.texels[index]);
  console.log(
    `${shared.bytes} bytes of memory instead of ${separate.bytes}; the pictures are ${isSame ? "the same" : "DIFFERENT"}`,
  );
}
