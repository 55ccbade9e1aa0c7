/**
 * Where memory is looked for: which memory type, and there a block or memory of its own, in which order. What is done
 * in each place is the visitor's: allocating is one, the dry run is the other.
 *
 *     request -> memory type -> dedicated memory, when required or preferred
 *                   ^           a block with room, or a new block
 *                   |           dedicated memory, when no block could be had
 *                   +---------- the next best memory type, when all of these failed
 */

import { Result } from "../../vulkan/result.ts";
import { AllocationCreate, HOST_ACCESS_MASK, MemoryUsage } from "../flags.ts";
import type { Pool } from "../pool.ts";
import type { AllocationRequest } from "../resource/request.ts";
import type { AllocatorState } from "../state.ts";
import type { BlockList } from "./block-list.ts";
import type { MemorySource } from "./default-pools.ts";
import { NO_MEMORY_TYPE } from "./memory-types.ts";
import { explainNoType } from "./no-memory-type.ts";

/** What is tried for one memory type, in order. */
const Attempts = {
  Dedicated: 0,
  DedicatedThenBlock: 1,
  BlockThenDedicated: 2,
  Block: 3,
} as const;

/** What is done where memory may be had. Undefined, with the failure recorded and nothing changed, where it may not. */
export interface MemoryVisitor<Found> {
  /** In the blocks of a pool, or in a new one. */
  block(state: AllocatorState, request: AllocationRequest, source: MemorySource): Found | undefined;
  /** As memory of its own. */
  dedicated(state: AllocatorState, request: AllocationRequest, source: MemorySource): Found | undefined;
}

/** What is done in a memory type, where that is more than one visit. */
export type TypeVisitor<Found> = (
  state: AllocatorState,
  request: AllocationRequest,
  source: MemorySource,
) => Found | undefined;

/**
 * What the visitor found where it was first successful; undefined, with the failure recorded, if nowhere. The request
 * says afterwards how many memory types were tried, and whether blocks came first in the last one.
 */
export function selectMemory<Found>(
  state: AllocatorState,
  request: AllocationRequest,
  visitor: MemoryVisitor<Found> | TypeVisitor<Found>,
): Found | undefined {
  state.failure.reset();
  request.typesTried = 0;
  request.spills = false;
  const isForHost = needsHost(request);
  if (!settleFlags(state, request)) return undefined;
  const { pool } = request;
  if (pool !== undefined && !suitsPool(state, request, pool)) return undefined;
  if (pool !== undefined && pool.sources.length > 1) {
    return selectInPool(state, request, pool, isForHost, visitor);
  }
  let typeBits = request.requirements.memoryTypeBits;
  let type = pool === undefined ? firstMemoryType(state, request) : pool.memoryTypeIndex;
  while (type !== NO_MEMORY_TYPE) {
    const found = tryMemoryType(state, request, pool ?? state.defaultPools[type]!, visitor);
    if (found !== undefined || pool !== undefined) return found;
    typeBits &= ~(1 << type);
    type = state.memoryTypes.find(typeBits, request);
  }
  return undefined;
}

/** Whether the caller is going to map what he asks for, wherever it lives. */
function needsHost({ flags, usage }: AllocationRequest): boolean {
  if ((flags & AllocationCreate.HostAccessAllowTransferInstead) !== 0) return false;
  if ((flags & AllocationCreate.Mapped) !== 0) return true;
  return usage >= MemoryUsage.Auto && (flags & HOST_ACCESS_MASK) !== 0;
}

/** The memory types of a pool that has several, in its order: all but the last are left where they exceed the budget. */
function selectInPool<Found>(
  state: AllocatorState,
  request: AllocationRequest,
  pool: Pool,
  isForHost: boolean,
  visitor: MemoryVisitor<Found> | TypeVisitor<Found>,
): Found | undefined {
  const { memoryTypes } = state;
  const sources = pool.sources.filter(
    ({ blockList: { memoryTypeIndex: type } }) =>
      (request.requirements.memoryTypeBits & (1 << type)) !== 0 &&
      (!isForHost || memoryTypes.isHostVisible(type)),
  );
  if (sources.length === 0) {
    const detail = `no memory type of ${pool.label} that the resource can live in is HostVisible`;
    refuse(state, Result.ErrorFeatureNotPresent, detail);
  }
  for (const source of sources) {
    request.spills = source !== sources.at(-1);
    const found = tryMemoryType(state, request, source, visitor);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the visitor found in one memory type, of a pool or the default one. */
export function tryMemoryType<Found>(
  state: AllocatorState,
  request: AllocationRequest,
  source: MemorySource,
  visitor: MemoryVisitor<Found> | TypeVisitor<Found>,
): Found | undefined {
  if (typeof visitor === "function") return visitor(state, request, source);
  switch (attemptsFor(state, request, source)) {
    case Attempts.Dedicated:
      return visitor.dedicated(state, request, source);
    case Attempts.DedicatedThenBlock:
      return visitor.dedicated(state, request, source) ?? visitor.block(state, request, source);
    case Attempts.BlockThenDedicated:
      return visitor.block(state, request, source) ?? visitor.dedicated(state, request, source);
    default:
      return visitor.block(state, request, source);
  }
}

/** The best memory type; records a failure where there is none. */
export function firstMemoryType(state: AllocatorState, request: AllocationRequest): number {
  const type = state.memoryTypes.find(request.requirements.memoryTypeBits, request);
  if (type === NO_MEMORY_TYPE) {
    const { memoryTypeBits } = request.requirements;
    refuse(state, Result.ErrorFeatureNotPresent, explainNoType(state.memoryTypes, memoryTypeBits, request));
  }
  return type;
}

/** Completes the flags by what follows from the rest; false where they contradict each other. */
function settleFlags(state: AllocatorState, request: AllocationRequest): boolean {
  const { requirements, pool, usage } = request;
  if (requirements.size === 0) {
    return refuse(state, Result.ErrorInitializationFailed, "an allocation has at least 1 byte, got 0");
  }
  const isDedicated = requirements.requiresDedicatedAllocation || request.next !== undefined;
  if (isDedicated || usage === MemoryUsage.GpuLazilyAllocated)
    request.flags |= AllocationCreate.DedicatedMemory;
  if (pool !== undefined) request.priority = pool.blockList.options.priority;
  if ((request.flags & AllocationCreate.DedicatedMemory) !== 0) {
    if ((request.flags & AllocationCreate.NeverAllocate) !== 0) {
      return refuse(
        state,
        Result.ErrorFeatureNotPresent,
        "AllocationCreate.NeverAllocate and dedicated memory exclude each other",
      );
    }
    if (pool?.blockList.options.explicitBlockSize === true) {
      return refuse(
        state,
        Result.ErrorFeatureNotPresent,
        `dedicated memory was requested, but ${pool.label} has an explicit blockSize`,
      );
    }
  }
  // Usages other than Auto have always allowed mapping.
  if (usage < MemoryUsage.Auto && (request.flags & HOST_ACCESS_MASK) === 0) {
    request.flags |= AllocationCreate.HostAccessRandom;
  }
  return true;
}

/** A resource can live only in the memory types that the driver names for it, whatever pool is asked for. */
function suitsPool(state: AllocatorState, request: AllocationRequest, pool: Pool): boolean {
  const { memoryTypeBits } = request.requirements;
  if (pool.memoryTypes.some((type) => (memoryTypeBits & (1 << type)) !== 0)) {
    if (
      request.placedAt === undefined ||
      pool.memoryTypes.some((type) => state.memoryTypes.isHostVisible(type))
    )
      return true;
    const detail = `${pool.label} has no memory type that is HostVisible, and placedAt needs one`;
    return refuse(state, Result.ErrorFeatureNotPresent, detail);
  }
  const types = pool.memoryTypes.length === 1 ? "memory type" : "memory types";
  return refuse(
    state,
    Result.ErrorFeatureNotPresent,
    `${pool.label} has ${types} ${pool.memoryTypes.join(", ")}, the resource needs one of ` +
      `0x${(request.requirements.memoryTypeBits >>> 0).toString(16)}`,
  );
}

/** Adapts the request to the memory type and says what is to be tried. */
function attemptsFor(state: AllocatorState, request: AllocationRequest, { blockList }: MemorySource): number {
  request.typesTried++;
  request.typeFlags = state.memoryTypes.isHostVisible(blockList.memoryTypeIndex)
    ? request.flags
    : request.flags & ~AllocationCreate.Mapped;
  if (request.spills) request.typeFlags |= AllocationCreate.WithinBudget;
  const attempts = chooseAttempts(state, request, blockList);
  request.beginsWithBlock = attempts >= Attempts.BlockThenDedicated;
  return attempts;
}

function chooseAttempts(state: AllocatorState, request: AllocationRequest, blockList: BlockList): number {
  if ((request.typeFlags & AllocationCreate.DedicatedMemory) !== 0) return Attempts.Dedicated;
  const canBeDedicated = request.mayAllocateMemory && !blockList.options.explicitBlockSize;
  if (!canBeDedicated) return Attempts.Block;
  if (state.debug.alwaysDedicated) return Attempts.Dedicated;
  if (prefersDedicated(state, request, blockList)) return Attempts.DedicatedThenBlock;
  return request.dedicatedFallback ? Attempts.BlockThenDedicated : Attempts.Block;
}

function prefersDedicated(state: AllocatorState, request: AllocationRequest, blockList: BlockList): boolean {
  // With a heap at its limit each allocation would become dedicated and use up the memory objects.
  if (state.deviceMemory.count > state.preferDedicatedUpTo) return false;
  const { size, prefersDedicatedAllocation } = request.requirements;
  return prefersDedicatedAllocation || size > Math.floor(blockList.options.preferredBlockSize / 2);
}

function refuse({ failure }: AllocatorState, result: number, detail: string): false {
  failure.refuse(result, "allocateMemory", detail);
  return false;
}
