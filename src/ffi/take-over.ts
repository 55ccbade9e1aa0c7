/**
 * Recording the barriers with which buffers and images take over memory that others have used.
 *
 * One vkCmdPipelineBarrier for all that are given at once (in lots of 64 images): one memory barrier, from what any of them
 * waits for to what any of them waits with, and for each image one of its own that brings it from no layout into its first.
 */

import { checkInteger, checkUint64 } from "../foundation/check.ts";
import { canBecome, ImageAspect, ImageLayout, PipelineStage } from "../vulkan/constants.ts";
import type { TakeOver } from "../vulkan/transfer.ts";
import type { DeviceFunctions } from "./commands.ts";
import { layouts } from "./layout.ts";
import type { NativeMemory } from "./native-memory.ts";

/** VK_QUEUE_FAMILY_IGNORED */
const IGNORED = 0xffffffff;
/** VK_REMAINING_MIP_LEVELS, VK_REMAINING_ARRAY_LAYERS */
const REMAINING = 0xffffffff;
const LOT = 64;

/** Bytes that one lot takes at most. */
export const TAKE_OVER_BYTES: number = layouts.VkMemoryBarrier.size + LOT * layouts.VkImageMemoryBarrier.size;

/** Records barriers into a command buffer that was begun, outside of render passes. */
export function recordTakeOvers(
  device: { readonly functions: DeviceFunctions },
  commandBuffer: bigint,
  memory: NativeMemory,
  takeOvers: readonly TakeOver[],
): void {
  for (const each of takeOvers) check(each);
  for (let first = 0; first < takeOvers.length; first += LOT) {
    recordLot(device, commandBuffer, memory, takeOvers.slice(first, first + LOT));
  }
}

function recordLot(
  { functions }: { readonly functions: DeviceFunctions },
  commandBuffer: bigint,
  memory: NativeMemory,
  lot: readonly TakeOver[],
): void {
  const images = lot.filter(({ isImage }) => isImage);
  const waiting = lot.filter(({ sourceStages }) => sourceStages !== 0);
  if (images.length === 0 && waiting.length === 0) return;
  const all = (bits: (each: TakeOver) => number, of = lot): number =>
    of.reduce((mask, each) => (mask | bits(each)) >>> 0, 0);
  memory.reset();
  const barrier = memory.struct("VkMemoryBarrier", {
    srcAccessMask: all(({ sourceAccess }) => sourceAccess),
    dstAccessMask: all(({ targetAccess }) => targetAccess),
  });
  const { size } = layouts.VkImageMemoryBarrier;
  const imageBarriers = memory.reserve(images.length * size);
  for (const [index, image] of images.entries()) {
    const at = imageBarriers + index * size;
    memory.setType("VkImageMemoryBarrier", at);
    memory.write("VkImageMemoryBarrier", at, {
      srcAccessMask: image.sourceAccess,
      dstAccessMask: image.targetAccess,
      oldLayout: ImageLayout.Undefined,
      newLayout: image.layout ?? ImageLayout.General,
      srcQueueFamilyIndex: IGNORED,
      dstQueueFamilyIndex: IGNORED,
      image: image.target,
      subresourceRange: {
        aspectMask: image.aspect ?? ImageAspect.Color,
        levelCount: REMAINING,
        layerCount: REMAINING,
      },
    });
  }
  functions.vkCmdPipelineBarrier(
    commandBuffer,
    all(({ sourceStages }) => sourceStages) || PipelineStage.TopOfPipe,
    all(({ targetStages }) => targetStages),
    0,
    waiting.length > 0 ? 1 : 0,
    waiting.length > 0 ? memory.at(barrier) : 0n,
    0,
    0n,
    images.length,
    images.length > 0 ? memory.at(imageBarriers) : 0n,
  );
}

function check({
  target,
  sourceStages,
  sourceAccess,
  targetStages,
  targetAccess,
  layout = 1,
}: TakeOver): void {
  checkUint64(target, "target");
  checkInteger(sourceStages, "sourceStages", 0, 0xffffffff);
  checkInteger(sourceAccess, "sourceAccess", 0, 0xffffffff);
  checkInteger(targetStages, "targetStages", 1, 0xffffffff);
  checkInteger(targetAccess, "targetAccess", 0, 0xffffffff);
  if (!canBecome(layout)) {
    throw new RangeError(`layout must be one that an image can be transitioned to, got ${layout}`);
  }
}
