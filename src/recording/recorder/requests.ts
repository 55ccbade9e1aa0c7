/** Fills a request's row from the arguments of an allocator's call. Hot: no object is made. */

import type { Allocation } from "../../allocator/allocation.ts";
import type { AllocationCreateInfo } from "../../allocator/options.ts";
import type { AllocationRequest } from "../../allocator/resource/request.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../../vulkan/resources.ts";
import { DedicatedBit, RequestedResource } from "../format/kinds.ts";
import { PRIORITY_SCALE, RequestCell } from "../format/request.ts";

const { Memory, Buffer, Image } = RequestedResource;
const DEFAULT_PRIORITY = Math.round(0.5 * PRIORITY_SCALE);
const NO_INFO: AllocationCreateInfo = {};

/** The exponent of a power of two. */
export function exponentOf(power: number): number {
  return power <= 0x80000000 ? 31 - Math.clz32(power) : Math.log2(power);
}

/** The caller's settings of the allocation; `pool` is the pool's number + 1, or 0. */
export function fillSettings(
  row: Float64Array,
  given: AllocationCreateInfo | undefined,
  allocation: Allocation,
  pool: number,
): void {
  const info = given ?? NO_INFO;
  row[RequestCell.Flags] = info.flags ?? 0;
  row[RequestCell.Usage] = info.usage ?? 0;
  row[RequestCell.RequiredFlags] = info.requiredFlags ?? 0;
  row[RequestCell.PreferredFlags] = info.preferredFlags ?? 0;
  row[RequestCell.MemoryTypeBits] = info.memoryTypeBits ?? 0;
  row[RequestCell.Pool] = pool;
  const { priority } = info;
  row[RequestCell.Priority] =
    priority === undefined ? DEFAULT_PRIORITY : Math.round(priority * PRIORITY_SCALE);
  row[RequestCell.MinAlignment] = info.minAlignment ?? 0;
  row[RequestCell.AlignmentExponent] = allocation.alignmentExponent;
  row[RequestCell.RequiredTypeBits] = 0;
  row[RequestCell.Dedicated] = info.dedicatedFallback === false ? DedicatedBit.NoFallback : 0;
  row[RequestCell.SuballocationType] = allocation.type;
}

export function fillBuffer(row: Float64Array, info: BufferCreateInfo): void {
  row[RequestCell.Resource] = Buffer;
  row[RequestCell.ResourceFlags] = info.flags ?? 0;
  row[RequestCell.ResourceUsage] = info.usage;
}

export function fillImage(row: Float64Array, info: ImageCreateInfo): void {
  row[RequestCell.Resource] = Image;
  row[RequestCell.ResourceFlags] = info.flags ?? 0;
  row[RequestCell.ResourceUsage] = info.usage;
  row[RequestCell.ImageType] = info.imageType ?? 1;
  row[RequestCell.Format] = info.format;
  row[RequestCell.Width] = info.extent.width;
  row[RequestCell.Height] = info.extent.height;
  row[RequestCell.Depth] = info.extent.depth ?? 1;
  row[RequestCell.MipLevels] = info.mipLevels ?? 1;
  row[RequestCell.ArrayLayers] = info.arrayLayers ?? 1;
  row[RequestCell.Samples] = info.samples ?? 1;
  row[RequestCell.Tiling] = info.tiling ?? 0;
}

/** Plain memory. Call it after {@link fillSettings}. */
export function fillRequirements(row: Float64Array, requirements: Readonly<MemoryRequirements>): void {
  row[RequestCell.Resource] = Memory;
  row[RequestCell.ResourceFlags] = 0;
  row[RequestCell.ResourceUsage] = 0;
  row[RequestCell.RequiredTypeBits] = requirements.memoryTypeBits;
  if (requirements.prefersDedicatedAllocation) addBit(row, DedicatedBit.Preferred);
  if (requirements.requiresDedicatedAllocation) addBit(row, DedicatedBit.Required);
}

function addBit(row: Float64Array, bit: number): void {
  row[RequestCell.Dedicated] = (row[RequestCell.Dedicated]! | bit) >>> 0;
}

/** What is known about an allocation that existed before the recording. */
export function fillKnown(row: Float64Array, allocation: Allocation, pool: number): void {
  fillSettings(row, undefined, allocation, pool);
  const { resourceInfo, resourceUsage } = allocation;
  if (resourceInfo !== undefined && "extent" in resourceInfo) fillImage(row, resourceInfo);
  else {
    row[RequestCell.Resource] = allocation.buffer === undefined ? Memory : Buffer;
    row[RequestCell.ResourceFlags] = resourceInfo?.flags ?? 0;
    row[RequestCell.ResourceUsage] = resourceUsage;
  }
}

/** A refused request, from the allocator's own request. */
export function fillRefused(row: Float64Array, request: AllocationRequest, pool: number): void {
  const { requirements } = request;
  row[RequestCell.Resource] = request.buffer !== 0n ? Buffer : Memory;
  row[RequestCell.ResourceFlags] = 0;
  row[RequestCell.ResourceUsage] = 0;
  row[RequestCell.Flags] = request.flags;
  row[RequestCell.Usage] = request.usage;
  row[RequestCell.RequiredFlags] = request.requiredFlags;
  row[RequestCell.PreferredFlags] = request.preferredFlags;
  row[RequestCell.MemoryTypeBits] = request.acceptedTypeBits;
  row[RequestCell.Pool] = pool;
  row[RequestCell.Priority] = Math.round(request.priority * PRIORITY_SCALE);
  row[RequestCell.MinAlignment] = 0;
  row[RequestCell.AlignmentExponent] = exponentOf(Math.max(requirements.alignment, 1));
  row[RequestCell.RequiredTypeBits] = requirements.memoryTypeBits;
  row[RequestCell.Dedicated] = request.dedicatedFallback ? 0 : DedicatedBit.NoFallback;
  if (requirements.prefersDedicatedAllocation) addBit(row, DedicatedBit.Preferred);
  if (requirements.requiresDedicatedAllocation) addBit(row, DedicatedBit.Required);
  row[RequestCell.SuballocationType] = request.type;
}
