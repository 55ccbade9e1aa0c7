/**
 * Finding mistakes in programs that use the allocator, as options rather than VMA's macros: margins with a
 * magic value after every allocation, fill patterns, allocation stacks, always-dedicated memory.
 */

import { checkAlignment, checkInteger } from "../foundation/check.ts";
import { MemoryProperty } from "../vulkan/constants.ts";
import { VulkanError } from "../vulkan/result.ts";
import type { Allocation } from "./allocation.ts";
import type { AllocatorContext } from "./context.ts";
import { copyToAllocation } from "./host-access.ts";
import { DedicatedMemory, type MemoryBlock } from "./memory-object.ts";

/** VMA_CORRUPTION_DETECTION_MAGIC_VALUE */
const MAGIC = 0x7f84e666;
/** Bytes of the magic value; margins are multiples of it. */
export const MAGIC_SIZE = 4;
/** VMA_ALLOCATION_FILL_PATTERN_CREATED */
const PATTERN_CREATED = 0xdc;
/** VMA_ALLOCATION_FILL_PATTERN_DESTROYED */
const PATTERN_DESTROYED = 0xef;

/** What `createAllocator` is told for debugging. Everything is off by default but the list of leaks. */
export interface DebugCreateInfo {
  /** Bytes kept free after every allocation in a block (VMA_DEBUG_MARGIN), a multiple of 4; default 0. */
  readonly margin?: number;
  /**
   * Writes a magic value into the margins and checks it when an allocation is freed and in checkCorruption
   * (VMA_DEBUG_DETECT_CORRUPTION). For HostVisible and HostCoherent memory; not for dedicated memory.
   */
  readonly detectCorruption?: boolean;
  /** Fills new memory with 0xDC and freed memory with 0xEF, where it can be mapped and is not imported. */
  readonly fillPatterns?: boolean;
  /** Gives every allocation dedicated memory (VMA_DEBUG_ALWAYS_DEDICATED_MEMORY), unless NeverAllocate. */
  readonly alwaysDedicated?: boolean;
  /** Bytes, a power of two: the least alignment of every allocation (VMA_MIN_ALIGNMENT); default 1. */
  readonly minAlignment?: number;
  /** Bytes, a power of two: the least bufferImageGranularity; default 1. */
  readonly minBufferImageGranularity?: number;
  /** Whether destroy() throws a list of what was not freed; default true. When false they are only logged. */
  readonly throwOnLeak?: boolean;
  /** Records where each allocation was made, for the list of leaks; slow. */
  readonly creationStacks?: boolean;
  /** Warns through `log` when an allocation that was not freed is garbage-collected; slow. */
  readonly warnOnCollect?: boolean;
  /** Is told what the allocator does, in words. */
  readonly log?: (message: string) => void;
}

/** {@link DebugCreateInfo} with its defaults. */
export interface DebugOptions {
  readonly margin: number;
  readonly detectCorruption: boolean;
  readonly fillPatterns: boolean;
  readonly alwaysDedicated: boolean;
  readonly minAlignment: number;
  readonly minBufferImageGranularity: number;
  readonly throwOnLeak: boolean;
  readonly creationStacks: boolean;
  readonly warnOnCollect: boolean;
  readonly log: ((message: string) => void) | undefined;
}

/** Checks the options and fills in the defaults. */
export function debugOptions(info: DebugCreateInfo = {}): DebugOptions {
  const margin = checkInteger(info.margin ?? 0, "debug.margin");
  if (margin % MAGIC_SIZE !== 0) {
    throw new RangeError(`debug.margin must be a multiple of ${MAGIC_SIZE}, got ${margin}`);
  }
  if (info.detectCorruption === true && margin === 0) {
    throw new RangeError("debug.detectCorruption needs a debug.margin of at least 4, got 0");
  }
  return {
    margin,
    detectCorruption: info.detectCorruption ?? false,
    fillPatterns: info.fillPatterns ?? false,
    alwaysDedicated: info.alwaysDedicated ?? false,
    minAlignment: checkAlignment(info.minAlignment ?? 1, "debug.minAlignment"),
    minBufferImageGranularity: checkAlignment(
      info.minBufferImageGranularity ?? 1,
      "debug.minBufferImageGranularity",
    ),
    throwOnLeak: info.throwOnLeak ?? true,
    creationStacks: info.creationStacks ?? false,
    warnOnCollect: info.warnOnCollect ?? false,
    log: info.log,
  };
}

/** Something was written past the end of an allocation. */
export class CorruptionError extends Error {
  override readonly name = "CorruptionError";
  /** The allocation whose end was overrun. */
  readonly allocation: Allocation;

  constructor(allocation: Allocation) {
    super(
      `memory after allocation${allocation.label} was overwritten ` +
        `(memory type ${allocation.memoryType}, offset ${allocation.offset}, ${allocation.size} bytes)`,
    );
    this.allocation = allocation;
  }
}

/** Whether margins of this memory type carry the magic value. */
export function isCorruptionDetected(context: AllocatorContext, memoryTypeIndex: number): boolean {
  const needed = MemoryProperty.HostVisible | MemoryProperty.HostCoherent;
  const has = context.memoryTypes.propertyFlags(memoryTypeIndex) & needed;
  return context.debug.detectCorruption && has === needed;
}

/**
 * Writes the magic value into the margin after the allocation. Returns false, with the failure recorded, where the
 * memory cannot be mapped.
 */
export function writeMargin(allocation: Allocation): boolean {
  return withMargin(allocation, (margin) => {
    for (let at = 0; at < margin.byteLength; at += MAGIC_SIZE) margin.setUint32(at, MAGIC, true);
  });
}

/**
 * A {@link CorruptionError} when the margin after the allocation was written to.
 *
 * @throws VulkanError where the memory cannot be mapped.
 */
export function findCorruption(allocation: Allocation): CorruptionError | undefined {
  let intact = true;
  const seen = withMargin(allocation, (margin) => {
    for (let at = 0; at < margin.byteLength; at += MAGIC_SIZE)
      intact &&= margin.getUint32(at, true) === MAGIC;
  });
  if (!seen) throw allocation.context.failure.toError();
  return intact ? undefined : new CorruptionError(allocation);
}

function withMargin(allocation: Allocation, use: (margin: DataView) => void): boolean {
  const block = allocation.home as MemoryBlock;
  const { debug } = block.context;
  if (!block.map(1)) return false;
  const bytes = block.mapping!.bytes(allocation.offset + allocation.size, debug.margin);
  use(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  block.unmap(1);
  return true;
}

/** Fills a new allocation with VMA's pattern, where the host can. */
export function fillCreated(allocation: Allocation): void {
  fill(allocation, PATTERN_CREATED);
}

/** Fills an allocation that is about to be freed with VMA's pattern, where the host can; freeing never fails. */
export function fillDestroyed(allocation: Allocation): void {
  try {
    fill(allocation, PATTERN_DESTROYED);
  } catch (error) {
    if (!(error instanceof VulkanError)) throw error;
    allocation.context.debug.log?.(`a freed allocation was not filled: ${error.message}`);
  }
}

function fill(allocation: Allocation, pattern: number): void {
  const { context, home } = allocation;
  if (!context.debug.fillPatterns || !allocation.isMappingAllowed) return;
  // Imported bytes are somebody's data.
  if (home instanceof DedicatedMemory && home.isImported) return;
  if (!context.memoryTypes.isHostVisible(allocation.memoryType)) return;
  copyToAllocation(allocation, new Uint8Array(allocation.size).fill(pattern), 0);
}
