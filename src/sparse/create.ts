/** Creates sparse buffers, sparse images and page pools. */

import type { AllocationCreateInfo } from "../allocator/options.ts";
import {
  checkBufferCreateInfo,
  checkImageCreateInfo,
  isEmptyImage,
} from "../allocator/resource/description.ts";
import { findMemoryType } from "../allocator/resource/find-memory-type.ts";
import { checkUsable } from "../allocator/usable.ts";
import { checkInteger, checkName, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { MemoryProperty } from "../vulkan/constants.ts";
import {
  type BufferCreateInfo,
  emptyMemoryRequirements,
  type ImageCreateInfo,
  type MemoryRequirements,
} from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { ImageGeometry, LinearGeometry } from "./geometry.ts";
import { PagePool, type PagePoolSettings } from "./page-pool.ts";
import { SparseBuffer, SparseImage, type SparseOwner } from "./resource.ts";
import type { SparseState } from "./sparse-state.ts";
import { requireSparseBuffers, requireSparseImages, sparseFlags } from "./support.ts";

/** Settings of a sparse resource. */
export interface SparseCreateInfo {
  /**
   * Whether it can be used while pages are missing; default true. Without residency all of it must be committed before it is
   * used, which needs only the feature sparseBinding.
   */
  readonly residency?: boolean;
  /** Whether its pages may share memory with others; default false. */
  readonly aliased?: boolean;
  /** Where its pages come from; default: one of the allocator's own pools for the memory type and the page size. */
  readonly pages?: PagePool;
  /** {@link MemoryProperty} flags that the pages must have; default 0. Ignored with `pages`. */
  readonly requiredFlags?: MemoryProperty | 0;
  /** {@link MemoryProperty} flags that the pages should preferably have; default DeviceLocal. Ignored with `pages`. */
  readonly preferredFlags?: MemoryProperty | 0;
  /** Acceptable memory types, one bit each; default 0: all. Ignored with `pages`. */
  readonly memoryTypeBits?: number;
  /** Shown in leak lists and dumps. */
  readonly name?: string | undefined;
  /** Any value. */
  readonly userData?: unknown;
}

/** Settings of a page pool. */
export interface PagePoolCreateInfo {
  /** Default: the best type for `requiredFlags` and `preferredFlags`. */
  readonly memoryTypeIndex?: number;
  /** {@link MemoryProperty} flags that the memory must have; default 0. */
  readonly requiredFlags?: MemoryProperty | 0;
  /** {@link MemoryProperty} flags that it should preferably have; default DeviceLocal. */
  readonly preferredFlags?: MemoryProperty | 0;
  /** Acceptable memory types, one bit each; default 0: all. */
  readonly memoryTypeBits?: number;
  /** Bytes, a power of two: the alignment that the resources require; default 65536, which most devices have. */
  readonly pageSize?: number;
  /** Bytes of a chunk; default 0: 64 MiB, or a sixteenth of smaller heaps. Larger requests get larger chunks. */
  readonly chunkSize?: number;
  /** Maximum bytes of all chunks: the budget; default Infinity. */
  readonly maxSize?: number;
  /** Priority of its memory, from 0 to 1 (VK_EXT_memory_priority); default 0.5. */
  readonly priority?: number;
  /** Shown in statistics and dumps. */
  readonly name?: string | undefined;
}

const checkResourceOptions = optionsCheck<SparseCreateInfo>("a sparse resource's settings", {
  residency: true,
  aliased: true,
  pages: true,
  requiredFlags: "enum",
  preferredFlags: "enum",
  memoryTypeBits: "enum",
  name: true,
  userData: true,
});
const checkPoolOptions = optionsCheck<PagePoolCreateInfo>("a page pool's settings", {
  memoryTypeIndex: true,
  requiredFlags: "enum",
  preferredFlags: "enum",
  memoryTypeBits: "enum",
  pageSize: true,
  chunkSize: true,
  maxSize: true,
  priority: true,
  name: true,
});
const DEFAULT_PAGE = 65536;

/** Creates a buffer with no resident pages. */
export function createSparseBuffer(
  state: SparseState,
  owner: SparseOwner,
  given: BufferCreateInfo,
  options: SparseCreateInfo,
): SparseBuffer {
  const { device } = state.allocator;
  readOptions(state, options);
  checkBufferCreateInfo(given);
  checkInteger(given.size, "a buffer's size", 1);
  const wishes = wishesOf(given.flags ?? 0, options);
  requireSparseBuffers(device, wishes);
  const info: BufferCreateInfo = { ...given, flags: sparseFlags(given.flags ?? 0, wishes) };
  const buffer = device.createBuffer(info);
  try {
    const requirements = emptyMemoryRequirements();
    device.getBufferMemoryRequirements(buffer, requirements, false);
    const { size, alignment } = requirements;
    const pool = poolFor(state, owner, requirements, options);
    const geometry = new LinearGeometry(given.size, size, alignment, false);
    const id = state.nextId++;
    const made = new SparseBuffer({ owner, id, handle: buffer, info, geometry, pool, ...namesOf(options) });
    state.resources.set(id, made);
    return made;
  } catch (error) {
    device.destroyBuffer(buffer);
    throw error;
  }
}

/** Creates an image with no resident pages. */
export function createSparseImage(
  state: SparseState,
  owner: SparseOwner,
  given: ImageCreateInfo,
  options: SparseCreateInfo,
): SparseImage {
  const { device } = state.allocator;
  readOptions(state, options);
  checkImageCreateInfo(given);
  if (isEmptyImage(given)) {
    throw new RangeError(
      "an image's extent, mipLevels and arrayLayers are at least 1, got 0 for one of them",
    );
  }
  const wishes = wishesOf(given.flags ?? 0, options);
  requireSparseImages(device, given, wishes);
  const flags = sparseFlags(given.flags ?? 0, wishes);
  const info: ImageCreateInfo = { ...given, extent: { ...given.extent }, flags };
  const image = device.createImage(info);
  try {
    const requirements = emptyMemoryRequirements();
    device.getImageMemoryRequirements(image, requirements, false);
    const { size, alignment } = requirements;
    const pool = poolFor(state, owner, requirements, options);
    const geometry = wishes.residency
      ? new ImageGeometry(info, device.getImageSparseMemoryRequirements!(image), alignment)
      : new LinearGeometry(size, size, alignment, true);
    const id = state.nextId++;
    const made = new SparseImage({ owner, id, handle: image, info, geometry, pool, ...namesOf(options) });
    state.resources.set(id, made);
    return made;
  } catch (error) {
    device.destroyImage(image);
    throw error;
  }
}

/** Creates a page pool, with no memory yet. */
export function createPagePool(state: SparseState, owner: SparseOwner, info: PagePoolCreateInfo): PagePool {
  const { allocator } = state;
  checkUsable(allocator);
  checkPoolOptions(info);
  if (info.name !== undefined) checkName(info.name);
  const pageSize = checkInteger(info.pageSize ?? DEFAULT_PAGE, "pageSize", 256, 2 ** 40);
  if (!Number.isInteger(Math.log2(pageSize))) {
    throw new RangeError(`pageSize must be a power of two, got ${quote(info.pageSize)}`);
  }
  const { types } = allocator.memoryTypes;
  const settings: PagePoolSettings = {
    name: info.name,
    memoryTypeIndex:
      info.memoryTypeIndex === undefined
        ? findMemoryType(allocator, 0xffffffff, wishOf(info))
        : checkInteger(info.memoryTypeIndex, "memoryTypeIndex", 0, types.length - 1),
    pageSize,
    chunkSize: checkMultiple(info.chunkSize ?? 0, pageSize, "chunkSize"),
    maxSize:
      info.maxSize === undefined || info.maxSize === Number.POSITIVE_INFINITY
        ? Number.POSITIVE_INFINITY
        : checkMultiple(info.maxSize, pageSize, "maxSize"),
    priority: info.priority,
  };
  const pool = new PagePool(allocator, settings, owner);
  state.pools.add(pool);
  return pool;
}

function checkMultiple(bytes: number, pageSize: number, what: string): number {
  checkInteger(bytes, what);
  if (bytes % pageSize === 0) return bytes;
  throw new RangeError(`${what} must be a multiple of the page size ${pageSize}, got ${bytes}`);
}

/** Checks that a pool belongs to this allocator and is alive. */
export function checkPagePool(state: SparseState, pool: PagePool): PagePool {
  if (!(pool instanceof PagePool)) throw new TypeError(`a page pool must be a PagePool, got ${quote(pool)}`);
  if (pool.state !== state.allocator) throw new TypeError(`${pool.label} belongs to another allocator`);
  if (pool.isDestroyed) throw new TypeError(`${pool.label} is used after it was destroyed`);
  return pool;
}

function readOptions(state: SparseState, options: SparseCreateInfo): void {
  checkUsable(state.allocator);
  checkResourceOptions(options);
  if (options.name !== undefined) checkName(options.name);
  if (options.pages !== undefined) checkPagePool(state, options.pages);
}

const RESIDENCY = 0x2;
const ALIASED = 0x4;

function wishesOf(flags: number, options: SparseCreateInfo): { residency: boolean; aliased: boolean } {
  const residency = options.residency ?? true;
  return {
    residency: residency || (flags & RESIDENCY) !== 0,
    aliased: options.aliased === true || (flags & ALIASED) !== 0,
  };
}

function wishOf({ requiredFlags, preferredFlags, memoryTypeBits }: PagePoolCreateInfo): AllocationCreateInfo {
  return {
    preferredFlags: preferredFlags ?? MemoryProperty.DeviceLocal,
    ...(requiredFlags === undefined ? {} : { requiredFlags }),
    ...(memoryTypeBits === undefined ? {} : { memoryTypeBits }),
  };
}

function namesOf({ name, userData }: SparseCreateInfo): { name: string | undefined; userData: unknown } {
  return { name, userData };
}

/** The pool for a resource's pages, which must be suitable. */
function poolFor(
  state: SparseState,
  owner: SparseOwner,
  { alignment, memoryTypeBits }: MemoryRequirements,
  options: SparseCreateInfo,
): PagePool {
  const { pages } = options;
  if (pages === undefined) {
    const type = findMemoryType(state.allocator, memoryTypeBits, wishOf(options));
    const key = `${type} ${alignment}`;
    let pool = state.defaultPools.get(key);
    if (pool === undefined) {
      const settings: PagePoolSettings = {
        name: undefined,
        memoryTypeIndex: type,
        pageSize: alignment,
        chunkSize: 0,
        maxSize: Number.POSITIVE_INFINITY,
        priority: undefined,
      };
      pool = new PagePool(state.allocator, settings, owner);
      state.defaultPools.set(key, pool);
    }
    return pool;
  }
  const { memoryTypeIndex: memoryType, pageSize, label } = pages;
  if ((memoryTypeBits & (1 << memoryType)) === 0) {
    throw new VulkanError(
      Result.ErrorFeatureNotPresent,
      "createSparse",
      `the resource allows the memory types 0b${(memoryTypeBits >>> 0).toString(2)}, which type ${memoryType} of ${label} is not among`,
    );
  }
  if (pageSize !== alignment) {
    throw new RangeError(`the resource has pages of ${alignment} bytes, and ${label} of ${pageSize}`);
  }
  return pages;
}
