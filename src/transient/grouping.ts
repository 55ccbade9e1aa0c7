/**
 * Decides which resources share memory, and where each is in it.
 *
 * Resources form a group if one memory type is as good for each as the one it would get by itself: with the same properties.
 * Within a group a placement is searched for (src/placement); what stays in its place has a fixed offset.
 */

import { NO_MEMORY_TYPE } from "../allocator/memory/memory-types.ts";
import type { AllocationCreateInfo } from "../allocator/options.ts";
import type { Pool } from "../allocator/pool.ts";
import { beginRequest } from "../allocator/resource/begin.ts";
import { describeBuffer, describeImage } from "../allocator/resource/description.ts";
import type { AllocationRequest } from "../allocator/resource/request.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { findConflict } from "../placement/conflict.ts";
import type { PlacementItem } from "../placement/item.ts";
import { type Placement, placeSync } from "../placement/place.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { type Described, labelOf } from "./description.ts";

/** A resource with its memory requirements. */
export interface Needing {
  readonly described: Described;
  readonly requirements: Readonly<MemoryRequirements>;
  /** Whether it is a buffer or a linear image, as bufferImageGranularity sees it. */
  readonly isLinear: boolean;
}

/** Resources that share memory. */
export interface Group<Member extends Needing> {
  readonly memoryTypeIndex: number;
  /** Whether the driver wants dedicated memory for its only member. */
  readonly isDedicated: boolean;
  readonly members: Member[];
}

/** The request for memory for a resource, from its description and the program's settings. */
export function requestFor(
  state: AllocatorState,
  { kind, info }: Described,
  settings: AllocationCreateInfo | undefined,
): AllocationRequest {
  const request = beginRequest(state, settings);
  if (kind === ResourceKind.Buffer) describeBuffer(state, request, info as BufferCreateInfo);
  else describeImage(request, info as ImageCreateInfo);
  return request;
}

/**
 * Puts members into groups, existing ones first.
 *
 * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT if no memory type is suitable for a resource.
 */
export function group<Member extends Needing>(
  state: AllocatorState,
  members: readonly Member[],
  groups: Group<Member>[],
  settings: AllocationCreateInfo | undefined,
): void {
  const bySize = [...members].sort((a, b) => b.requirements.size - a.requirements.size);
  for (const member of bySize) {
    const { described, requirements } = member;
    const best = bestType(state, described, requirements.memoryTypeBits, settings);
    if (best === NO_MEMORY_TYPE) throw noType(described, requirements, settings?.pool);
    const isDedicated = requirements.requiresDedicatedAllocation;
    const { propertyFlags } = state.memoryTypes.types[best]!;
    const suits = ({ memoryTypeIndex: memoryType, isDedicated: isAlone }: Group<Member>): boolean => {
      if (isAlone) return false;
      const only = requirements.memoryTypeBits & (1 << memoryType);
      return (
        bestType(state, described, only, settings) === memoryType &&
        state.memoryTypes.types[memoryType]!.propertyFlags === propertyFlags
      );
    };
    const found = isDedicated ? undefined : groups.find(suits);
    if (found !== undefined) found.members.push(member);
    else groups.push({ memoryTypeIndex: best, isDedicated, members: [member] });
  }
}

function bestType(
  state: AllocatorState,
  described: Described,
  typeBits: number,
  settings: AllocationCreateInfo | undefined,
): number {
  const request = requestFor(state, described, settings);
  const { pool } = request;
  if (pool === undefined) return state.memoryTypes.find(typeBits, request);
  return (typeBits & (1 << pool.memoryTypeIndex)) === 0 ? NO_MEMORY_TYPE : pool.memoryTypeIndex;
}

function noType(
  described: Described,
  { memoryTypeBits }: Readonly<MemoryRequirements>,
  pool: Pool | undefined,
): VulkanError {
  const bits = `0x${(memoryTypeBits >>> 0).toString(16)}`;
  const detail =
    pool === undefined
      ? `none of the memory types ${bits} that ${labelOf(described)} can be in is as the settings demand`
      : `${pool.label} has memory type ${pool.memoryTypeIndex}, ${labelOf(described)} needs one of ${bits}`;
  return new VulkanError(Result.ErrorFeatureNotPresent, "createTransients", detail);
}

/** Whether there are both linear and other resources. */
export function isMixed(members: readonly Needing[]): boolean {
  return members.some(({ isLinear }) => isLinear !== members[0]!.isLinear);
}

/** The members' places; those with an offset are placed there. Undefined if they do not fit within the capacity. */
export function placeMembers<Member extends Needing>(
  members: readonly Member[],
  granularity: number,
  options: {
    readonly timeLimit: number;
    readonly capacity?: number;
    readonly offsetOf?: (member: Member) => number | undefined;
  },
): Placement | undefined {
  const { timeLimit, capacity, offsetOf } = options;
  const items = members.map((member) => itemOf(member, offsetOf?.(member)));
  if (capacity !== undefined && items.some(({ size, offset = 0 }) => offset + size > capacity)) {
    return undefined;
  }
  const placement = placeSync(items, { granularity, timeLimit, capacity });
  return placement.outcome === "placed" ? placement : undefined;
}

/** The members that can stay where they are, larger ones in preference to smaller ones. */
export function findStaying<Member extends Needing>(
  members: readonly Member[],
  granularity: number,
  offsetOf: (member: Member) => number | undefined,
): Set<Member> {
  const staying: Member[] = [];
  const bySize = [...members].sort((a, b) => b.requirements.size - a.requirements.size);
  for (const member of bySize) {
    if (offsetOf(member) === undefined) continue;
    const all = [...staying, member];
    const items = all.map((each) => itemOf(each, undefined));
    const offsets = all.map((each) => offsetOf(each)!);
    if (findConflict(items, offsets, { granularity }) === undefined) staying.push(member);
  }
  return new Set(staying);
}

function itemOf({ described, requirements, isLinear }: Needing, offset: number | undefined): PlacementItem {
  return {
    size: requirements.size,
    alignment: requirements.alignment,
    spans: described.spans,
    kind: isLinear ? "linear" : "optimal",
    name: described.name,
    offset,
  };
}
