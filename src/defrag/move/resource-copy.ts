/** Recreates the buffer or image of an allocation in another place, and says how to copy the contents. */

import type { Allocation } from "../../allocator/allocation.ts";
import { ResourceKind } from "../../allocator/resource-kind.ts";
import {
  BufferCreate,
  BufferUsage,
  canBecome,
  ImageAspect,
  ImageCreate,
  ImageLayout,
} from "../../vulkan/constants.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../vulkan/resources.ts";
import type { TransferCommand } from "../../vulkan/transfer.ts";

/** The transfer bits of buffers and images are the same. */
const TRANSFERS: number = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const UNUSUAL_BUFFER: number = BufferCreate.Protected | BufferCreate.SparseBinding;
const UNUSUAL_IMAGE: number = ImageCreate.Protected | ImageCreate.SparseBinding | ImageCreate.Disjoint;

/** VkFormats with depth, stencil or both. */
const DEPTH_STENCIL_ASPECTS: ReadonlyMap<number, number> = new Map([
  [124, ImageAspect.Depth],
  [125, ImageAspect.Depth],
  [126, ImageAspect.Depth],
  [127, ImageAspect.Stencil],
  [128, ImageAspect.Depth | ImageAspect.Stencil],
  [129, ImageAspect.Depth | ImageAspect.Stencil],
  [130, ImageAspect.Depth | ImageAspect.Stencil],
]);
/** VkFormats with several planes, or of their kind, lie between these. */
const FIRST_YCBCR = 1000156000;
const LAST_YCBCR = 1000156033;
const FIRST_YCBCR_444 = 1000330000;
const LAST_YCBCR_444 = 1000330003;

/** Whether a queue can copy the contents of the allocation; `layout` tells images that may be moved. */
export function canCopy(allocation: Allocation, layout: LayoutSource | undefined): boolean {
  if ((allocation.resourceUsage & TRANSFERS) !== TRANSFERS || allocation.isUnbound) return false;
  const flags = allocation.resourceInfo?.flags ?? 0;
  if (allocation.kind === ResourceKind.Buffer) return (flags & UNUSUAL_BUFFER) === 0;
  if (allocation.kind !== ResourceKind.Image || (flags & UNUSUAL_IMAGE) !== 0) return false;
  const { format } = allocation.resourceInfo as ImageCreateInfo;
  const isYcbcr =
    (format >= FIRST_YCBCR && format <= LAST_YCBCR) ||
    (format >= FIRST_YCBCR_444 && format <= LAST_YCBCR_444);
  if (isYcbcr) return false;
  const stated = layoutOf(allocation, layout);
  return stated !== undefined && (canBecome(stated) || stated === ImageLayout.Undefined);
}

/** What the program says about the layout of an image; undefined for anything else. */
export function layoutOf(allocation: Allocation, layout: LayoutSource | undefined): number | undefined {
  if (allocation.kind !== ResourceKind.Image) return undefined;
  return layout?.(allocation.state.tracker.proxyOf(allocation));
}

/** Says which layout an image is in. */
export type LayoutSource = (allocation: Allocation) => number | undefined;

/** Creates the allocation's buffer or image again, bound to `target`. Nothing is left behind if that fails. */
export function createAgain(
  device: VulkanDevice,
  allocation: Allocation,
  target: Allocation,
): Buffer | Image {
  return allocation.kind === ResourceKind.Buffer
    ? createBufferAgain(device, allocation, target)
    : createImageAgain(device, allocation, target);
}

function createBufferAgain(device: VulkanDevice, allocation: Allocation, target: Allocation): Buffer {
  const { resourceSize: size, resourceUsage: usage, resourceInfo } = allocation;
  const buffer = device.createBuffer((resourceInfo as BufferCreateInfo | undefined) ?? { size, usage });
  try {
    device.bindBufferMemory(buffer, target.deviceMemory, target.offset);
  } catch (error) {
    device.destroyBuffer(buffer);
    throw error;
  }
  return buffer;
}

function createImageAgain(device: VulkanDevice, allocation: Allocation, target: Allocation): Image {
  const image = device.createImage(allocation.resourceInfo as ImageCreateInfo);
  try {
    device.bindImageMemory(image, target.deviceMemory, target.offset);
  } catch (error) {
    device.destroyImage(image);
    throw error;
  }
  return image;
}

/** The command that copies the contents of an image in `layout`, or of a buffer; undefined where they are not needed. */
export function copyCommand(
  allocation: Allocation,
  replacement: Buffer | Image,
  layout: ImageLayout = ImageLayout.Undefined,
): TransferCommand | undefined {
  if (allocation.kind === ResourceKind.Buffer) {
    return {
      kind: "buffer",
      source: allocation.resource as Buffer,
      target: replacement as Buffer,
      size: allocation.resourceSize,
    };
  }
  if (layout === ImageLayout.Undefined) return undefined;
  const { format, extent, mipLevels = 1, arrayLayers = 1 } = allocation.resourceInfo as ImageCreateInfo;
  const aspect = DEPTH_STENCIL_ASPECTS.get(format) ?? ImageAspect.Color;
  return {
    kind: "image",
    source: allocation.resource as Image,
    target: replacement as Image,
    layout,
    aspect,
    extent,
    mipLevels,
    arrayLayers,
  };
}
