/**
 * A frame graph of ten passes, rendered, computed and copied, whose images share memory. What comes out is what comes out
 * where each has its own, byte for byte.
 *
 * Every barrier follows from the uses that frame-graph-passes.ts states: between the uses of one resource the program's own,
 * where one takes over memory from others those of `Transients`.
 */

import type { NativeDevice } from "../src/ffi/index.ts";
import {
  Access,
  AllocationCreate,
  BufferUsage,
  type CommandBuffer,
  createAllocator,
  ImageLayout,
  MemoryUsage,
  type Transients,
} from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { type Commands, commandsOf, submit } from "./commands.ts";
import { passes, resources, SIZE } from "./frame-graph-passes.ts";
import { makePipelines, type Pipelines, stageFlags } from "./frame-graph-pipelines.ts";
import { picture } from "./picture.ts";
import { expect, openDevice } from "./support.ts";

const FRAMES = 2;
const { TransferSrcOptimal, TransferDstOptimal } = ImageLayout;
const subresource = { aspectMask: 1, layerCount: 1 };
const area = { width: SIZE, height: SIZE };
const extent = { ...area, depth: 1 };

/** What the last frame has in it, and how many bytes of memory that took. */
export interface Outcome {
  readonly texels: Uint8Array;
  readonly bytes: number;
  readonly separateBytes: number;
}

/** What recording takes. */
interface Frame {
  readonly vk: Commands;
  readonly transients: readonly Transients[];
  readonly pipelines: Pipelines;
  readonly target: bigint;
  find(name: string): Transients["resources"][number];
}

/** Runs the graph for some frames, with shared memory or without. */
export function run(device: NativeDevice, isShared: boolean): Outcome {
  using allocator = createAllocator({ device });
  const groups = isShared ? [resources] : resources.map((resource) => [resource]);
  const transients = groups.map((group) => allocator.createTransients(group));
  using target = allocator.createBuffer(
    { size: 4 * SIZE * SIZE, usage: BufferUsage.TransferDst },
    { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped },
  );
  const find = (name: string) =>
    transients.flatMap((each) => each.resources).find((each) => each.name === name)!;
  {
    using vk = commandsOf(device);
    const pipelines = makePipelines(vk, find);
    const frame: Frame = { vk, transients, pipelines, target: target.buffer, find };
    for (let index = 0; index < FRAMES; index++) {
      submit(vk, device, (commands) => {
        for (let pass = 0; pass < passes.length; pass++) record(frame, commands, pass, index);
      });
      device.waitIdle();
    }
  }
  const texels = target.allocation.read();
  const sum = (bytes: (each: Transients) => number): number =>
    transients.reduce((total, each) => total + bytes(each), 0);
  const [bytes, separateBytes] = [sum((each) => each.bytes), sum((each) => each.separateBytes)];
  for (const each of transients) each.destroy();
  return { texels, bytes, separateBytes };
}

/** The program's own barriers before a pass, for what it reads: from the use before this one. */
function barriers({ vk, find }: Frame, commands: bigint, pass: number): void {
  for (const { name, image, uses } of resources) {
    const index = uses.findIndex((use) => use.pass === pass);
    if (index < 1) continue;
    const [before, now] = [uses[index - 1]!, uses[index]!];
    const scope = { srcAccessMask: before.access & ~Access.ShaderRead, dstAccessMask: now.access };
    const ofImage = {
      ...{ ...scope, image: find(name!).handle, oldLayout: before.layout!, newLayout: now.layout! },
      srcQueueFamilyIndex: vulkan.VK_QUEUE_FAMILY_IGNORED,
      dstQueueFamilyIndex: vulkan.VK_QUEUE_FAMILY_IGNORED,
      subresourceRange: { aspectMask: 1, levelCount: 1, layerCount: 1 },
    };
    const [memory, images] = image ? [[], [ofImage]] : [[scope], []];
    vk.vkCmdPipelineBarrier(commands, before.stages, now.stages, 0, memory, [], images);
  }
}

/** Records one pass. */
function record(frame: Frame, commands: bigint, index: number, time: number): void {
  const { vk, transients, pipelines, find } = frame;
  const { layout, renderPass, framebuffer, drawing } = pipelines;
  for (const each of transients) each.recordBarriers(commands as CommandBuffer, index);
  barriers(frame, commands, index);
  const pass = passes[index]!;
  vk.vkCmdPushConstants(commands, layout, stageFlags, 0, Uint32Array.of(pass.operation ?? 0, time));
  if (pass.name === "draw") {
    vk.vkCmdBeginRenderPass(commands, { renderPass, framebuffer, renderArea: { extent: area } }, 0);
    vk.vkCmdBindPipeline(commands, vulkan.VK_PIPELINE_BIND_POINT_GRAPHICS, drawing);
    vk.vkCmdDraw(commands, 3, 1, 0, 0);
    vk.vkCmdEndRenderPass(commands);
  } else if (pass.name === "copy") {
    const [from, to] = [find("composed").image!, find("copy").image!];
    const region = { srcSubresource: subresource, dstSubresource: subresource, extent };
    vk.vkCmdCopyImage(commands, from, TransferSrcOptimal, to, TransferDstOptimal, [region]);
  } else if (pass.name === "read back") {
    const regions = [{ imageSubresource: subresource, imageExtent: extent }];
    vk.vkCmdCopyImageToBuffer(commands, find("copy").image!, TransferSrcOptimal, frame.target, regions);
  } else {
    const { pipeline, set } = pipelines.of(pass);
    const COMPUTE = vulkan.VK_PIPELINE_BIND_POINT_COMPUTE;
    vk.vkCmdBindPipeline(commands, COMPUTE, pipeline);
    vk.vkCmdBindDescriptorSets(commands, COMPUTE, layout, 0, [set], undefined);
    vk.vkCmdDispatch(commands, SIZE / 8, SIZE / 8, 1);
  }
}

if (process.argv[1] === import.meta.filename) {
  using device = openDevice();
  const [shared, separate] = [run(device, true), run(device, false)];
  expect(Buffer.compare(shared.texels, separate.texels) === 0, "the pictures differ");
  console.log(`${shared.bytes} bytes of memory instead of ${separate.bytes}; the pictures are the same`);
  console.log(picture("frame-graph", shared.texels, SIZE, SIZE));
}
