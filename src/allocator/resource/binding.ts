/** Binds resources to existing allocations, and creates resources in the memory of others. */

import { checkInteger } from "../../foundation/check.ts";
import { ApiVersion } from "../../vulkan/constants.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import { checkNextChain, type NextChain } from "../../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../../vulkan/resources.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import type { Allocation } from "../allocation.ts";
import { checkHandle } from "../checks.ts";
import { AllocatorCreate, hasFlag } from "../flags.ts";
import { usesDedicatedInfo } from "../memory/memory-chain.ts";
import { ResourceKind } from "../resource-kind.ts";
import type { AllocatorState } from "../state.ts";
import { checkBuffer, checkImage } from "./description.ts";

/** Binds a buffer to an allocation, at `offset` bytes of it. */
export function bindBuffer(
  state: AllocatorState,
  allocation: Allocation,
  buffer: Buffer,
  offset: number,
  pNext: NextChain | undefined,
): void {
  checkBinding(state, allocation, buffer, offset, pNext);
  state.bindings.checkNotReplaced("bindBufferMemory", allocation, ResourceKind.Buffer, buffer);
  checkBufferFits(state, allocation, buffer, offset);
  state.device.bindBufferMemory(buffer, allocation.deviceMemory, allocation.offset + offset, pNext);
  state.bindings.bind(allocation, ResourceKind.Buffer, buffer);
  if (buffer === allocation.resource && offset === 0) allocation.isUnbound = false;
}

/** Binds an image to an allocation, at `offset` bytes of it. */
export function bindImage(
  state: AllocatorState,
  allocation: Allocation,
  image: Image,
  offset: number,
  pNext: NextChain | undefined,
): void {
  checkBinding(state, allocation, image, offset, pNext);
  state.bindings.checkNotReplaced("bindImageMemory", allocation, ResourceKind.Image, image);
  // A chain may name one plane of several.
  if (pNext === undefined) checkImageFits(state, allocation, image, offset);
  state.device.bindImageMemory(image, allocation.deviceMemory, allocation.offset + offset, pNext);
  state.bindings.bind(allocation, ResourceKind.Image, image);
  if (image === allocation.resource && offset === 0) allocation.isUnbound = false;
}

function checkBinding(
  state: AllocatorState,
  allocation: Allocation,
  resource: bigint,
  offset: number,
  pNext: NextChain | undefined,
): void {
  checkHandle(resource, "resource");
  checkInteger(offset, "offset", 0, allocation.size);
  const canChain = state.apiVersion >= ApiVersion.V1_1 || hasFlag(state, AllocatorCreate.KhrBindMemory2);
  checkNextChain(pNext, "pNext");
  if (pNext !== undefined && !canChain) {
    const detail = "pNext needs Vulkan 1.1 or VK_KHR_bind_memory2";
    throw new VulkanError(Result.ErrorExtensionNotPresent, "vkBindBufferMemory2", detail);
  }
}

/** A buffer in the memory of `allocation`. */
export function createAliasingBuffer(
  state: AllocatorState,
  allocation: Allocation,
  info: BufferCreateInfo,
  offset: number,
): Buffer {
  checkInteger(offset, "offset", 0, allocation.size);
  checkBuffer(state, info);
  checkEnd(allocation, offset, info.size, "buffer");
  const { device } = state;
  const buffer = device.createBuffer(info);
  try {
    checkBufferFits(state, allocation, buffer, offset);
    device.bindBufferMemory(buffer, allocation.deviceMemory, allocation.offset + offset);
  } catch (error) {
    device.destroyBuffer(buffer);
    throw error;
  }
  state.bindings.addAlias(allocation, ResourceKind.Buffer, buffer);
  state.recorder?.aliasCreated(allocation, buffer, { buffer: info }, offset);
  return buffer;
}

/** An image in the memory of `allocation`. */
export function createAliasingImage(
  state: AllocatorState,
  allocation: Allocation,
  info: ImageCreateInfo,
  offset: number,
): Image {
  checkInteger(offset, "offset", 0, allocation.size);
  checkImage(info);
  const { device } = state;
  const image = device.createImage(info);
  try {
    checkImageFits(state, allocation, image, offset);
    device.bindImageMemory(image, allocation.deviceMemory, allocation.offset + offset);
  } catch (error) {
    device.destroyImage(image);
    throw error;
  }
  state.bindings.addAlias(allocation, ResourceKind.Image, image);
  state.recorder?.aliasCreated(allocation, image, { image: info }, offset);
  return image;
}

/** A buffer that is bound to an allocation must be inside it, in a memory type that it can use. */
export function checkBufferFits(
  state: AllocatorState,
  allocation: Allocation,
  buffer: Buffer,
  offset: number,
): void {
  const { requirements } = state.request;
  state.device.getBufferMemoryRequirements(buffer, requirements, usesDedicatedInfo(state));
  checkFits(allocation, offset, requirements, "buffer");
}

/** As {@link checkBufferFits}, for an image that is not disjoint. */
export function checkImageFits(
  state: AllocatorState,
  allocation: Allocation,
  image: Image,
  offset: number,
): void {
  const { requirements } = state.request;
  state.requirements.ofImage(image, requirements);
  checkFits(allocation, offset, requirements, "image");
}

function checkFits(
  allocation: Allocation,
  offset: number,
  { size, memoryTypeBits }: MemoryRequirements,
  what: string,
): void {
  checkEnd(allocation, offset, size, what);
  if ((memoryTypeBits & (1 << allocation.memoryTypeIndex)) === 0) {
    throw new RangeError(
      `the ${what} needs a memory type of 0x${memoryTypeBits.toString(16)}, ` +
        `allocation${allocation.label} has memory type ${allocation.memoryTypeIndex}`,
    );
  }
}

function checkEnd(allocation: Allocation, offset: number, size: number, what: string): void {
  if (offset + size > allocation.size) {
    throw new RangeError(
      `the ${what} needs ${size} bytes from offset ${offset}, ` +
        `allocation${allocation.label} has ${allocation.size} bytes`,
    );
  }
}
