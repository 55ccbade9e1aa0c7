/**
 * Which block of a list a request goes to: the first that has room, in the order that suits the request. A list keeps its
 * fullest blocks first; MIN_TIME begins with the emptiest instead, and in a linear list only the last block counts.
 */

import { NO_SLOT, type Slot, Strategy, type SuballocationType } from "../metadata/block-metadata.ts";
import { AllocationCreate, STRATEGY_MASK } from "./flags.ts";
import type { MemoryBlock } from "./memory-object.ts";
import type { AllocationRequest } from "./request.ts";

// Constants of this module, which V8 folds into its code.
const UPPER_ADDRESS = AllocationCreate.UpperAddress;
const STRATEGIES = STRATEGY_MASK;
const MIN_TIME = Strategy.MinTime;
const NONE = NO_SLOT;

/** Searches the blocks of one list. */
export class BlockSearch {
  /** The slot that {@link take} took. */
  slot: Slot = NONE;

  private readonly blocks: readonly MemoryBlock[];
  private readonly isLinear: boolean;
  /** Whether it does not matter which blocks are mapped: their memory cannot be. */
  private readonly ignoresMapping: boolean;

  constructor(blocks: readonly MemoryBlock[], isLinear: boolean, isHostVisible: boolean) {
    this.blocks = blocks;
    this.isLinear = isLinear;
    this.ignoresMapping = !isHostVisible;
  }

  /** The block that has room; what is found there can be committed. Changes nothing. */
  find(request: AllocationRequest, size: number, alignment: number): MemoryBlock | undefined {
    return this.search(request, size, alignment, false);
  }

  /** {@link find}, and takes the room at once: {@link slot} says where. */
  take(request: AllocationRequest, size: number, alignment: number): MemoryBlock | undefined {
    return this.search(request, size, alignment, true);
  }

  private search(
    request: AllocationRequest,
    size: number,
    alignment: number,
    takes: boolean,
  ): MemoryBlock | undefined {
    const { blocks, ignoresMapping } = this;
    const { type, typeFlags } = request;
    const strategy = typeFlags & STRATEGIES;
    if (blocks.length === 1 || this.isLinear) {
      const last = blocks[blocks.length - 1];
      return last !== undefined && this.hasRoom(last, size, alignment, type, typeFlags, takes)
        ? last
        : undefined;
    }
    if (strategy === MIN_TIME) {
      for (let index = blocks.length - 1; index >= 0; index--) {
        const block = blocks[index]!;
        if (this.hasRoom(block, size, alignment, type, typeFlags, takes)) return block;
      }
      return undefined;
    }
    // On memory that can be mapped, mappable and other allocations gather in different blocks, so that few are mapped.
    const wantsMapped = request.isMappingAllowed;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      const isFirstChoice = ignoresMapping || block.isMapped === wantsMapped;
      if (isFirstChoice && this.hasRoom(block, size, alignment, type, typeFlags, takes)) return block;
    }
    if (ignoresMapping) return undefined;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      const isFirstChoice = block.isMapped === wantsMapped;
      if (!isFirstChoice && this.hasRoom(block, size, alignment, type, typeFlags, takes)) return block;
    }
    return undefined;
  }

  /** What is asked for comes in arguments: from fields, where sizes are float64, it took 50 instructions more for a block. */
  private hasRoom(
    { metadata }: MemoryBlock,
    size: number,
    alignment: number,
    type: SuballocationType,
    typeFlags: number,
    takes: boolean,
  ): boolean {
    const strategy = typeFlags & STRATEGIES;
    const isUpper = (typeFlags & UPPER_ADDRESS) !== 0;
    if (!takes) return metadata.find(size, alignment, type, strategy, isUpper);
    const slot = metadata.allocate(size, alignment, type, strategy, isUpper);
    this.slot = slot;
    return slot !== NONE;
  }
}
