/**
 * What a defragmentation is to do with its lists of blocks: for each of them an evacuation, or, where these would free
 * fewer memory objects or bytes than the plain way does, the plain way for all of them. So none costs more than the plain
 * way, and none does less; EXTENSIVE, which may cost what it likes, does not free fewer memory objects.
 *
 * The bytes that the plain way would move are for all lists together: what one does not need another one may use.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../allocator/memory/memory-object.ts";
import { type Baseline, plainWay } from "./baseline.ts";
import type { Effort } from "./effort.ts";
import { type Choice, type Evacuation, EvacuationSearch } from "./evacuation.ts";
import type { DefragmentationInfo } from "./flags.ts";

/** How often the plain way may look at each allocation while it is tried out, and how often in any case. */
const LOOKS_PER_ALLOCATION = 8;
const LEAST_LOOKS = 200_000;

const INFINITE: number = Number.POSITIVE_INFINITY;

/** What is to be done. */
export type Course =
  | {
      readonly isPlain: false;
      /** One for each list. */
      readonly evacuations: readonly Evacuation[];
      /** Bytes that may be moved beyond that. */
      readonly bytesLeft: number;
    }
  | {
      readonly isPlain: true;
      /** What it comes to in each list, as far as it was tried out. */
      readonly outcomes: readonly Baseline[];
      readonly bytesLeft: number;
    };

/** Chooses what to do, without emptying the `fixed` blocks. Changes nothing. */
export function chooseCourse(
  lists: readonly BlockList[],
  effort: Effort,
  info: DefragmentationInfo,
  fixed: ReadonlySet<MemoryBlock> = new Set(),
): Course {
  const { maxBytesPerPass, canMove } = info;
  const rules = { effort, fixed, maxBytesPerPass, canMove };
  const searches = lists.map((list) => new EvacuationSearch(list, rules));
  // At first the most bytes freed; or, where it may cost what it likes, the most memory objects.
  const enough = effort.isFrugal ? 0 : INFINITE;
  const wishes = searches.map((search) => search.choose({ bytes: INFINITE, enough }));
  const plainInfo = fixed.size > 0 ? without(fixed, info) : info;
  const outcomes = tryPlainWay(lists, effort, plainInfo, searches, wishes);
  const bytes = effort.isFrugal ? total(outcomes, "bytes") : INFINITE;
  const isEnough = (choices: readonly Choice[]): boolean =>
    total(choices, "bytes") <= bytes &&
    total(choices, "blocksFreed") >= total(outcomes, "blocksFreed") &&
    (!effort.isFrugal || total(choices, "bytesFreed") >= total(outcomes, "bytesFreed"));
  let choices: readonly Choice[] = wishes;
  if (!isEnough(choices)) choices = chooseWithin(searches, outcomes, effort);
  if (!isEnough(choices)) {
    for (const search of searches) search.searchFurther();
    choices = chooseWithin(searches, outcomes, effort);
  }
  if (!isEnough(choices)) return { isPlain: true, outcomes, bytesLeft: effort.isFrugal ? 0 : INFINITE };
  const evacuations = searches.map((search, index) => search.elaborate(choices[index]!));
  return { isPlain: false, evacuations, bytesLeft: bytes - total(choices, "bytes") };
}

/** The same, but that nothing in these blocks moves. */
function without(fixed: ReadonlySet<MemoryBlock>, info: DefragmentationInfo): DefragmentationInfo {
  const canMove = (allocation: Allocation): boolean =>
    !fixed.has(allocation.home as MemoryBlock) && info.canMove?.(allocation) !== false;
  return { ...info, canMove };
}

/** Tries the plain way out as far as it matters. */
function tryPlainWay(
  lists: readonly BlockList[],
  effort: Effort,
  info: DefragmentationInfo,
  searches: readonly EvacuationSearch[],
  wishes: readonly Choice[],
): readonly Baseline[] {
  let bytes = INFINITE;
  if (searches.every(({ isAllFound }) => isAllFound)) {
    // Only the bytes are in doubt, packing of what stands alone among them.
    const alone = searches.reduce((sum, { live }, index) => sum + (wishes[index]!.leavesOne ? live : 0), 0);
    bytes = effort.isFrugal ? total(wishes, "bytes") + alone : 0;
  }
  const allocations = lists.reduce((sum, list) => sum + countAllocations(list), 0);
  const looks = Math.max(LEAST_LOOKS, allocations * LOOKS_PER_ALLOCATION);
  return plainWay(lists, effort.plainPacks, info, { looks, bytes });
}

/** The best of each list, with the bytes that the lists before it have left. */
function chooseWithin(
  searches: readonly EvacuationSearch[],
  outcomes: readonly Baseline[],
  { isFrugal }: Effort,
): Choice[] {
  let left = isFrugal ? 0 : INFINITE;
  return searches.map((search, index) => {
    const { bytes, blocksFreed } = outcomes[index]!;
    const choice = search.choose({ bytes: left + bytes, enough: isFrugal ? blocksFreed : INFINITE });
    left += bytes - choice.bytes;
    return choice;
  });
}

function countAllocations({ blocks }: BlockList): number {
  return blocks.reduce((sum, { metadata }) => sum + metadata.allocationCount, 0);
}

function total<Key extends string>(parts: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return parts.reduce((sum, part) => sum + part[key], 0);
}
