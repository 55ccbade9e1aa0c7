/** Buffers and images: creating, asking for requirements, binding, destroying. */

import { quote } from "../foundation/check.ts";
import { ApiVersion, BufferCreate, ImageCreate, ImageTiling } from "../vulkan/constants.ts";
import type { Buffer, DeviceMemory, Image } from "../vulkan/handles.ts";
import { findNext, type NextChain, StructureType } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import type {
  SparseImageFormatProperties,
  SparseImageFormatQuery,
  SparseImageMemoryRequirements,
} from "../vulkan/sparse.ts";
import { attach, checkBind, detachAll } from "./bind-rules.ts";
import { capturedAddress } from "./captured-addresses.ts";
import { checkChain } from "./chains.ts";
import { formatAspect, hasModifier, memoryAspect } from "./drm-rules.ts";
import { forbid } from "./error.ts";
import { formatAspects } from "./formats.ts";
import {
  type ImageObject,
  type MemoryObject,
  makeBuffer,
  makeImage,
  nameOf,
  type Part,
  type Requirements,
  type SparsePage,
} from "./objects.ts";
import { requirementsOf } from "./requirements.ts";
import { checkBufferInfo, checkImageInfo } from "./resource-rules.ts";
import { type SparseLayout, sparseLayoutOf } from "./sparse-layout.ts";
import { SparsePages } from "./sparse-pages.ts";
import type { DeviceState } from "./state.ts";

/** vkCreateBuffer */
export function createBuffer(state: DeviceState, info: BufferCreateInfo): Buffer {
  const call = "vkCreateBuffer";
  state.enter(call);
  const usage = checkBufferInfo(state, call, info);
  const requirements = requirementsOf(state, { kind: "buffer", info });
  state.faults.check(call);
  const captured = capturedAddress(info.pNext);
  state.capturedBuffers.check(call, captured);
  state.nextRequirements = undefined;
  const flags = info.flags ?? 0;
  const sparse =
    (flags & BufferCreate.SparseBinding) === 0
      ? undefined
      : sparsePages(state, requirements, (flags & BufferCreate.SparseResidency) !== 0, undefined);
  const buffer = makeBuffer(state.newHandle() as Buffer, info, usage, requirements, sparse);
  state.add(buffer);
  state.bufferCount++;
  state.capturedBuffers.take(captured, buffer.handle);
  state.listener?.({ kind: "create-buffer", resource: buffer.handle });
  return buffer.handle;
}

function sparsePages(
  state: DeviceState,
  { size, alignment }: Requirements,
  isResident: boolean,
  layout: SparseLayout | undefined,
): SparsePages<SparsePage> {
  const { residencyNonResidentStrict } = state.profile.sparse.properties;
  return new SparsePages(size, alignment, isResident, residencyNonResidentStrict, layout);
}

/** vkDestroyBuffer */
export function destroyBuffer(state: DeviceState, handle: Buffer): void {
  const call = "vkDestroyBuffer";
  state.enter(call);
  if (handle === 0n) return;
  const buffer = state.buffer(handle, call);
  if (buffer.inFlight > 0) {
    forbid(call, "VUID-vkDestroyBuffer-buffer-00922", `commands that use ${nameOf(buffer)} are not complete`);
  }
  detachAll(buffer);
  state.remove(handle);
  state.bufferCount--;
  state.capturedBuffers.giveBack(handle);
  state.listener?.({ kind: "destroy-buffer", resource: handle });
}

/** vkCreateImage */
export function createImage(state: DeviceState, info: ImageCreateInfo): Image {
  const call = "vkCreateImage";
  state.enter(call);
  checkImageInfo(state, call, info);
  const needs = imageNeeds(state, info);
  state.faults.check(call);
  state.nextRequirements = undefined;
  const flags = info.flags ?? 0;
  const isResident = (flags & ImageCreate.SparseResidency) !== 0;
  const layout = isResident ? sparseLayoutOf(info, state.profile.sparse) : undefined;
  const sparse =
    (flags & ImageCreate.SparseBinding) === 0
      ? undefined
      : sparsePages(state, needs[0]![1], isResident, layout);
  const image = makeImage(state.newHandle() as Image, info, needs, sparse);
  state.add(image);
  state.imageCount++;
  state.listener?.({ kind: "create-image", resource: image.handle });
  return image.handle;
}

/** vkDestroyImage */
export function destroyImage(state: DeviceState, handle: Image): void {
  const call = "vkDestroyImage";
  state.enter(call);
  if (handle === 0n) return;
  const image = state.image(handle, call);
  if (image.inFlight > 0) {
    forbid(call, "VUID-vkDestroyImage-image-01000", `commands that use ${nameOf(image)} are not complete`);
  }
  detachAll(image);
  state.remove(handle);
  state.imageCount--;
  state.listener?.({ kind: "destroy-image", resource: handle });
}

/** vkGetBufferMemoryRequirements and vkGetBufferMemoryRequirements2 */
export function getBufferMemoryRequirements(
  state: DeviceState,
  handle: bigint,
  out: MemoryRequirements,
  dedicated: boolean,
): void {
  const call = dedicated ? "vkGetBufferMemoryRequirements2" : "vkGetBufferMemoryRequirements";
  state.enter(call);
  if (dedicated) state.require(call, call, ApiVersion.V1_1, "VK_KHR_get_memory_requirements2");
  fill(out, state.buffer(handle, call).parts[0]!.requirements, dedicated);
}

/** vkGetImageMemoryRequirements and vkGetImageMemoryRequirements2 */
export function getImageMemoryRequirements(
  state: DeviceState,
  handle: bigint,
  out: MemoryRequirements,
  dedicated: boolean,
  planeAspect?: number,
): void {
  const second = dedicated || planeAspect !== undefined;
  const call = second ? "vkGetImageMemoryRequirements2" : "vkGetImageMemoryRequirements";
  state.enter(call);
  if (second) state.require(call, call, ApiVersion.V1_1, "VK_KHR_get_memory_requirements2");
  fill(out, partOf(state.image(handle, call), planeAspect, call).requirements, dedicated);
}

/** vkGetImageSparseMemoryRequirements */
export function getImageSparseMemoryRequirements(
  state: DeviceState,
  handle: bigint,
): readonly SparseImageMemoryRequirements[] {
  const call = "vkGetImageSparseMemoryRequirements";
  state.enter(call);
  const layout = state.image(handle, call).parts[0]!.sparse?.layout;
  if (layout === undefined) return [];
  const all = layout.aspects.map(({ requirements }) => requirements);
  return layout.metadata === undefined ? all : [...all, layout.metadata];
}

/** vkGetPhysicalDeviceSparseImageFormatProperties */
export function getSparseImageFormatProperties(
  state: DeviceState,
  query: SparseImageFormatQuery,
): readonly SparseImageFormatProperties[] {
  state.enter("vkGetPhysicalDeviceSparseImageFormatProperties");
  const { format, imageType, samples, usage } = query;
  const extent = { width: 1, height: 1 };
  const layout = sparseLayoutOf({ format, imageType, samples, usage, extent }, state.profile.sparse);
  if (layout === undefined || query.tiling !== ImageTiling.Optimal) return [];
  return layout.aspects.map(({ requirements: { aspectMask, imageGranularity, flags } }) => ({
    aspectMask,
    imageGranularity,
    flags,
  }));
}

/** vkGetDeviceBufferMemoryRequirements */
export function getDeviceBufferMemoryRequirements(
  state: DeviceState,
  info: BufferCreateInfo,
  out: MemoryRequirements,
): void {
  const call = "vkGetDeviceBufferMemoryRequirements";
  state.enter(call);
  state.require(call, call, ApiVersion.V1_3, "VK_KHR_maintenance4");
  checkBufferInfo(state, call, info);
  fill(out, requirementsOf(state, { kind: "buffer", info }), true);
}

/** vkGetDeviceImageMemoryRequirements */
export function getDeviceImageMemoryRequirements(
  state: DeviceState,
  info: ImageCreateInfo,
  out: MemoryRequirements,
  planeAspect?: number,
): void {
  const call = "vkGetDeviceImageMemoryRequirements";
  state.enter(call);
  state.require(call, call, ApiVersion.V1_3, "VK_KHR_maintenance4");
  checkImageInfo(state, call, info);
  const plane = planeAspect === undefined ? undefined : formatAspect(info, planeAspect);
  if (plane === undefined && planeAspect !== undefined) {
    const rule = `VUID-VkImagePlaneMemoryRequirementsInfo-planeAspect-0228${hasModifier(info) ? 2 : 1}`;
    forbid(call, rule, `the image has no plane 0x${planeAspect.toString(16)} to ask for`);
  }
  fill(out, requirementsOf(state, { kind: "image", info, planeAspect: plane }), true);
}

/** vkBindBufferMemory and vkBindBufferMemory2 */
export function bindBufferMemory(
  state: DeviceState,
  buffer: Buffer,
  memory: DeviceMemory,
  offset: number,
  pNext?: NextChain,
): void {
  const call = pNext === undefined ? "vkBindBufferMemory" : "vkBindBufferMemory2";
  state.enter(call);
  if (pNext !== undefined) {
    state.require(call, call, ApiVersion.V1_1, "VK_KHR_bind_memory2");
    checkChain(state, call, "VkBindBufferMemoryInfo", pNext);
  }
  bind(state, call, state.buffer(buffer, call).parts[0]!, state.memory(memory, call), offset);
}

/** vkBindImageMemory and vkBindImageMemory2 */
export function bindImageMemory(
  state: DeviceState,
  image: Image,
  memory: DeviceMemory,
  offset: number,
  pNext?: NextChain,
): void {
  const call = pNext === undefined ? "vkBindImageMemory" : "vkBindImageMemory2";
  state.enter(call);
  if (pNext !== undefined) {
    state.require(call, call, ApiVersion.V1_1, "VK_KHR_bind_memory2");
    checkChain(state, call, "VkBindImageMemoryInfo", pNext);
  }
  const plane = findNext(pNext, StructureType.BindImagePlaneMemoryInfo)?.planeAspect;
  bind(state, call, partOf(state.image(image, call), plane, call), state.memory(memory, call), offset);
}

function bind(
  state: DeviceState,
  call: "vkBindBufferMemory" | "vkBindBufferMemory2" | "vkBindImageMemory" | "vkBindImageMemory2",
  part: Part,
  memory: MemoryObject,
  offset: number,
): void {
  const overlaps = checkBind(state, call, part, memory, offset);
  state.faults.check(call);
  attach(part, memory, offset, overlaps);
  const { handle, ordinal } = memory;
  state.listener?.({ kind: "bind", resource: part.resource.handle, memory: handle, ordinal, offset });
}

/** The requirements of an image's parts: one for each plane of a disjoint image, else one. */
function imageNeeds(state: DeviceState, info: ImageCreateInfo): [number, Requirements][] {
  if (((info.flags ?? 0) & ImageCreate.Disjoint) === 0) {
    return [[0, requirementsOf(state, { kind: "image", info, planeAspect: undefined })]];
  }
  return formatAspects(info.format)!.map(({ aspect }, index) => [
    memoryAspect(info, aspect, index),
    requirementsOf(state, { kind: "image", info, planeAspect: aspect }),
  ]);
}

/** The whole image, or the plane that a disjoint image has to be asked for. */
function partOf(image: ImageObject, planeAspect: number | undefined, call: string): Part {
  const part = image.parts.find((each) => each.aspect === (planeAspect ?? 0));
  if (part) return part;
  const disjoint = image.parts.length > 1;
  return forbid(
    call,
    planeRule(image, planeAspect, call),
    disjoint
      ? `${nameOf(image)} is disjoint: one of its planes must be named, got ${quote(planeAspect)}`
      : `${nameOf(image)} is not disjoint and has no planes of its own, got ${quote(planeAspect)}`,
  );
}

function planeRule(image: ImageObject, planeAspect: number | undefined, call: string): string {
  if (image.parts.length > 1 && planeAspect === undefined) return `VUID-${call}-image-01608`;
  return `VUID-VkBindImagePlaneMemoryInfo-planeAspect-0228${hasModifier(image.info) ? 4 : 3}`;
}

function fill(out: MemoryRequirements, requirements: Requirements, dedicated: boolean): void {
  out.size = requirements.size;
  out.alignment = requirements.alignment;
  out.memoryTypeBits = requirements.memoryTypeBits;
  out.prefersDedicatedAllocation = dedicated && requirements.prefersDedicatedAllocation;
  out.requiresDedicatedAllocation = dedicated && requirements.requiresDedicatedAllocation;
}
