/** A resource's memory requirements: the device's own, or those that a test sets. */

import { alignUp, isPowerOfTwo } from "../foundation/bits.ts";
import { checkInteger, checkSize, quote } from "../foundation/check.ts";
import {
  BufferCreate,
  BufferUsage,
  ImageCreate,
  ImageTiling,
  ImageUsage,
  MemoryProperty,
} from "../vulkan/constants.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { imageBytes } from "./formats.ts";
import type { Requirements } from "./objects.ts";
import type { DeviceProfile } from "./profile.ts";
import { sparseLayoutOf } from "./sparse-layout.ts";

/** A resource whose requirements are queried. */
export type ResourceDescription =
  | {
      /** Tells buffers from images. */
      readonly kind: "buffer";
      /** As created. */
      readonly info: BufferCreateInfo;
      /** The queried plane of a disjoint image; undefined for all others. */
      readonly planeAspect?: undefined;
    }
  | {
      /** Tells buffers from images. */
      readonly kind: "image";
      /** As created. */
      readonly info: ImageCreateInfo;
      /** The queried plane of a disjoint image; undefined for all others. */
      readonly planeAspect: number | undefined;
    };

/**
 * Requirements instead of the device's own: members that replace them for every resource, or a function that returns them for
 * each (undefined leaves the device's own). Nothing checks that a real driver would return them.
 */
export type RequirementsSource =
  | Partial<MemoryRequirements>
  | ((resource: ResourceDescription) => Partial<MemoryRequirements> | undefined);

/** The parts of a device's state that requirements depend on. */
export interface RequirementsState {
  readonly profile: DeviceProfile;
  /** For each sort of resource the memory types that can hold it: see {@link memoryTypesBySort}. */
  readonly typesBySort: readonly number[];
  /** What a test has set, for the next resource only, or for all. */
  readonly nextRequirements: RequirementsSource | undefined;
  readonly requirements: RequirementsSource | undefined;
}

const attachments =
  ImageUsage.ColorAttachment | ImageUsage.DepthStencilAttachment | ImageUsage.TransientAttachment;
const shaderBuffers =
  BufferUsage.UniformBuffer |
  BufferUsage.StorageBuffer |
  BufferUsage.UniformTexelBuffer |
  BufferUsage.StorageTexelBuffer |
  BufferUsage.ShaderDeviceAddress;

/** The requirements of a resource, with what the test has set. */
export function requirementsOf(state: RequirementsState, resource: ResourceDescription): Requirements {
  const own =
    resource.kind === "buffer"
      ? bufferRequirements(state, resource.info)
      : imageRequirements(state, resource.info, resource.planeAspect);
  const source = state.nextRequirements ?? state.requirements;
  if (source === undefined) return own;
  const given = typeof source === "function" ? source(resource) : source;
  return given === undefined ? own : checked(state.profile, { ...own, ...given });
}

function checked(profile: DeviceProfile, requirements: MemoryRequirements): Requirements {
  checkSize(requirements.size, "the required size");
  if (!isPowerOfTwo(requirements.alignment)) {
    throw new RangeError(
      `the required alignment must be a power of two, got ${quote(requirements.alignment)}`,
    );
  }
  const all = 2 ** profile.memoryTypes.length - 1;
  checkInteger(requirements.memoryTypeBits, "the required memoryTypeBits", 1, all);
  return requirements;
}

/** The device's own requirements of a buffer: they depend only on usage, flags and size. */
function bufferRequirements(state: RequirementsState, info: BufferCreateInfo): MemoryRequirements {
  const { bufferAlignment, shaderBufferAlignment } = state.profile.requirements;
  const isSparse = ((info.flags ?? 0) & BufferCreate.SparseBinding) !== 0;
  const isProtected = ((info.flags ?? 0) & BufferCreate.Protected) !== 0;
  const ofUsage =
    (info.usage & shaderBuffers) !== 0 ? Math.max(bufferAlignment, shaderBufferAlignment) : bufferAlignment;
  const alignment = isSparse ? state.profile.sparse.pageSize : ofUsage;
  return {
    size: alignUp(info.size, alignment),
    alignment,
    memoryTypeBits: state.typesBySort[isProtected ? ResourceSort.Protected : 0]!,
    prefersDedicatedAllocation: false,
    requiresDedicatedAllocation: false,
  };
}

/** The device's own requirements of an image, or of one plane of it. */
function imageRequirements(
  state: RequirementsState,
  info: ImageCreateInfo,
  planeAspect: number | undefined,
): MemoryRequirements {
  const figures = state.profile.requirements;
  const optimal = (info.tiling ?? ImageTiling.Optimal) === ImageTiling.Optimal;
  const isSparse = ((info.flags ?? 0) & ImageCreate.SparseBinding) !== 0;
  const ofTiling = optimal ? figures.optimalImageAlignment : figures.linearImageAlignment;
  const alignment = isSparse ? state.profile.sparse.pageSize : ofTiling;
  const isResident = ((info.flags ?? 0) & ImageCreate.SparseResidency) !== 0;
  const size = isResident
    ? sparseLayoutOf(info, state.profile.sparse)!.size
    : alignUp(Math.max(1, imageBytes(info, planeAspect)), alignment);
  let sort = optimal ? ResourceSort.Optimal : 0;
  if (((info.flags ?? 0) & ImageCreate.Protected) !== 0) sort |= ResourceSort.Protected;
  if ((info.usage & ImageUsage.TransientAttachment) !== 0) sort |= ResourceSort.Transient;
  return {
    size,
    alignment,
    memoryTypeBits: state.typesBySort[sort]!,
    prefersDedicatedAllocation: (info.usage & attachments) !== 0 && size >= figures.preferDedicatedFrom,
    requiresDedicatedAllocation: false,
  };
}

/** Bits that classify resources by the memory that they can use. */
const ResourceSort = { Protected: 1, Optimal: 2, Transient: 4 } as const;

/** The memory types that can hold each sort of resource; the index is made of {@link ResourceSort} bits. */
export function memoryTypesBySort(profile: DeviceProfile): readonly number[] {
  return Array.from({ length: 8 }, (_, sort) => memoryTypes(profile, sort));
}

/**
 * The types that can hold a resource. Protected memory is for protected resources, and only for them. Only transient
 * attachments may be lazily allocated. Optimal images cannot use host memory if the device has its own, as on the devices that
 * the profiles describe.
 */
function memoryTypes(profile: DeviceProfile, sort: number): number {
  let bits = 0;
  profile.memoryTypes.forEach(({ propertyFlags }, index) => {
    const has = (flag: number): boolean => (propertyFlags & flag) !== 0;
    if (has(MemoryProperty.Protected) !== ((sort & ResourceSort.Protected) !== 0)) return;
    if (has(MemoryProperty.LazilyAllocated) && (sort & ResourceSort.Transient) === 0) return;
    const hostOnly = has(MemoryProperty.HostVisible) && !has(MemoryProperty.DeviceLocal);
    if (hostOnly && (sort & ResourceSort.Optimal) !== 0) return;
    bits |= 1 << index;
  });
  return bits >>> 0;
}
