/**
 * Which block of a list a request goes to: the first that has room, in an order that depends on the request. A list keeps its
 * fullest blocks first; MIN_TIME begins with the emptiest instead, and in a linear list only the last block counts.
 */

import { NO_SLOT, type Slot, Strategy, type SuballocationType } from "../../metadata/block-metadata.ts";
import { AllocationCreate, HOST_ACCESS_MASK, STRATEGY_MASK } from "../flags.ts";
import type { MemoryBlock } from "./memory-block.ts";
import type { MemoryRequest } from "./memory-request.ts";

/** What a search does with the room that it finds: only say which block has it, or also take it. */
export const SearchMode = { Find: 0, Take: 1 } as const;
/** One of {@link SearchMode}. */
export type SearchMode = (typeof SearchMode)[keyof typeof SearchMode];

// Copied from other modules: see docs/performance.md, "What V8 makes of the allocator".
const { Find: FIND, Take: TAKE } = SearchMode;
const UPPER_ADDRESS = AllocationCreate.UpperAddress;
const STRATEGIES = STRATEGY_MASK;
const MIN_TIME = Strategy.MinTime;
const HOST_ACCESS = HOST_ACCESS_MASK;
const NONE = NO_SLOT;

/** Searches the blocks of one list. */
export class BlockSearch {
  /** The slot that was taken. */
  slot: Slot = NONE;

  private readonly blocks: readonly MemoryBlock[];
  private readonly isLinear: boolean;
  /** Whether it does not matter which blocks are mapped, because their memory cannot be. */
  private readonly ignoresMapping: boolean;

  constructor(blocks: readonly MemoryBlock[], isLinear: boolean, isHostVisible: boolean) {
    this.blocks = blocks;
    this.isLinear = isLinear;
    this.ignoresMapping = !isHostVisible;
  }

  /**
   * The block that has room, with that taken or not as `mode` says; what is only found can be committed.
   *
   * Booleans are compared with booleans: see docs/performance.md, "What V8 makes of the allocator".
   */
  search(request: MemoryRequest, size: number, alignment: number, mode: SearchMode): MemoryBlock | undefined {
    const { blocks, ignoresMapping } = this;
    const { type, typeFlags } = request;
    const strategy = typeFlags & STRATEGIES;
    if (blocks.length === 1 || this.isLinear === true) {
      const last = blocks[blocks.length - 1];
      return last !== undefined && this.hasRoom(last, size, alignment, type, typeFlags, mode)
        ? last
        : undefined;
    }
    if (strategy === MIN_TIME) {
      for (let index = blocks.length - 1; index >= 0; index--) {
        const block = blocks[index]!;
        if (this.hasRoom(block, size, alignment, type, typeFlags, mode)) return block;
      }
      return undefined;
    }
    // On memory that can be mapped, mappable and other allocations gather in different blocks, so that few are mapped.
    const wantsMapped = (typeFlags & HOST_ACCESS) !== 0;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      if (ignoresMapping === false && block.isMapped !== wantsMapped) continue;
      if (this.hasRoom(block, size, alignment, type, typeFlags, mode)) return block;
    }
    if (ignoresMapping === true) return undefined;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      if (block.isMapped === wantsMapped) continue;
      if (this.hasRoom(block, size, alignment, type, typeFlags, mode)) return block;
    }
    return undefined;
  }

  /**
   * The first mapped block that has room, with that taken, for a request that wants such blocks first. Undefined if none has
   * any, or if the search has another order: then {@link search} decides.
   */
  takeMapped(request: MemoryRequest, size: number, alignment: number): MemoryBlock | undefined {
    const { blocks } = this;
    const { type, typeFlags } = request;
    const looksAtMappedFirst = (typeFlags & HOST_ACCESS) !== 0 && (typeFlags & STRATEGIES) !== MIN_TIME;
    if (looksAtMappedFirst === false || this.isLinear === true) return undefined;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      if (block.isMapped && this.hasRoom(block, size, alignment, type, typeFlags, TAKE)) return block;
    }
    return undefined;
  }

  /**
   * The request is passed in arguments rather than in fields: see docs/performance.md, "What V8 makes of the
   * allocator".
   */
  private hasRoom(
    { metadata }: MemoryBlock,
    size: number,
    alignment: number,
    type: SuballocationType,
    typeFlags: number,
    mode: SearchMode,
  ): boolean {
    const strategy = typeFlags & STRATEGIES;
    const isUpper = (typeFlags & UPPER_ADDRESS) !== 0;
    if (mode === FIND) return metadata.find(size, alignment, type, strategy, isUpper);
    const slot = metadata.allocate(size, alignment, type, strategy, isUpper);
    this.slot = slot;
    return slot !== NONE;
  }
}
