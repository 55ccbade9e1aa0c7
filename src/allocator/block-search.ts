/**
 * Which block of a list a request goes to: the first that has room, in the order that suits the request. A list keeps its
 * fullest blocks first; MIN_TIME begins with the emptiest instead, and in a linear list only the last block counts.
 */

import { NO_SLOT, type Slot, Strategy, SuballocationType } from "../metadata/block-metadata.ts";
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
  private readonly isHostVisible: boolean;

  // The request, as `hasRoom` asks for it.
  private size = 0;
  private alignment = 1;
  private type: SuballocationType = SuballocationType.Unknown;
  private strategy = 0;
  private isUpper = false;
  private takes = false;

  constructor(blocks: readonly MemoryBlock[], isLinear: boolean, isHostVisible: boolean) {
    this.blocks = blocks;
    this.isLinear = isLinear;
    this.isHostVisible = isHostVisible;
  }

  /** The block that has room; what is found there can be committed. Changes nothing. */
  find(request: AllocationRequest, size: number, alignment: number): MemoryBlock | undefined {
    this.takes = false;
    return this.search(request, size, alignment);
  }

  /** {@link find}, and takes the room at once: {@link slot} says where. */
  take(request: AllocationRequest, size: number, alignment: number): MemoryBlock | undefined {
    this.takes = true;
    return this.search(request, size, alignment);
  }

  private search(request: AllocationRequest, size: number, alignment: number): MemoryBlock | undefined {
    const { blocks, isHostVisible } = this;
    const { typeFlags } = request;
    this.size = size;
    this.alignment = alignment;
    this.type = request.type;
    this.strategy = typeFlags & STRATEGIES;
    this.isUpper = (typeFlags & UPPER_ADDRESS) !== 0;
    if (blocks.length === 1 || this.isLinear) {
      const last = blocks[blocks.length - 1];
      return last !== undefined && this.hasRoom(last) ? last : undefined;
    }
    if (this.strategy === MIN_TIME) {
      for (let index = blocks.length - 1; index >= 0; index--) {
        if (this.hasRoom(blocks[index]!)) return blocks[index];
      }
      return undefined;
    }
    // On memory that can be mapped, mappable and other allocations gather in different blocks, so that few are mapped.
    const wantsMapped = request.isMappingAllowed;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      if ((!isHostVisible || block.isMapped === wantsMapped) && this.hasRoom(block)) return block;
    }
    if (!isHostVisible) return undefined;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      if (block.isMapped !== wantsMapped && this.hasRoom(block)) return block;
    }
    return undefined;
  }

  private hasRoom({ metadata }: MemoryBlock): boolean {
    const { size, alignment, type, strategy, isUpper } = this;
    if (!this.takes) return metadata.find(size, alignment, type, strategy, isUpper);
    this.slot = metadata.allocate(size, alignment, type, strategy, isUpper);
    return this.slot !== NONE;
  }
}
