/** Lists of blocks as planning sees them: through the ports of `compaction/`. */

import type { Allocation } from "../allocator/allocation.ts";
import type { Bindings } from "../allocator/memory/bindings.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../allocator/memory/memory-block.ts";
import type { Meter } from "../compaction/meter.ts";
import type { BlockPort, Item, ListPort } from "../compaction/model.ts";
import { assert } from "../foundation/assert.ts";
import { NO_SLOT, type Slot } from "../metadata/block-metadata.ts";
import { TlsfMetadata } from "../metadata/tlsf.ts";
import type { CanMove } from "./flags.ts";
import type { DefragmentationMove } from "./move/move.ts";

/** How often a move of an allocation is proposed if it is ignored. */
const MAX_ASKED = 3;

/** What can be moved, and what is under way in a pass. */
export class Movability {
  private readonly bindings: Bindings;
  private readonly canMove: CanMove | undefined;
  /** How often the moves of an allocation were ignored. */
  private readonly ignored: Map<Allocation, number> = new Map();
  /** How many were asked for, those whose moves were ignored once. */
  private asked = 0;
  /** The moves of the present pass by what they move, their temporaries, and the blocks that they go to. */
  private readonly moving: Set<Allocation> = new Set();
  private readonly temporaries: Set<Allocation> = new Set();
  private readonly targets: Set<MemoryBlock> = new Set();

  constructor(bindings: Bindings, canMove: CanMove | undefined) {
    this.bindings = bindings;
    this.canMove = canMove;
  }

  /** A move is part of the present pass. */
  begin({ moved, dstTmpAllocation }: DefragmentationMove): void {
    if (!this.ignored.has(moved)) this.asked++;
    this.moving.add(moved);
    this.temporaries.add(dstTmpAllocation);
    this.targets.add(dstTmpAllocation.memoryObject as MemoryBlock);
  }

  /** The pass is over. */
  endPass(): void {
    this.moving.clear();
    this.temporaries.clear();
    this.targets.clear();
  }

  /** A move of the allocation was ignored. */
  ignore(allocation: Allocation): void {
    this.ignored.set(allocation, (this.ignored.get(allocation) ?? 0) + 1);
  }

  /** Whether an allocation is being moved. */
  isMoving(allocation: Allocation): boolean {
    return this.moving.has(allocation);
  }

  /** Moves of an allocation are not to be proposed any more. */
  pin(allocation: Allocation): void {
    this.ignored.set(allocation, MAX_ASKED);
  }

  isMovable(allocation: Allocation): boolean {
    const { ignored, temporaries } = this;
    if (ignored.size > 0 && (ignored.get(allocation) ?? 0) >= MAX_ASKED) return false;
    if (temporaries.size > 0 && temporaries.has(allocation)) return false;
    const pinned = this.bindings.pinReason(allocation);
    if (this.canMove === undefined || pinned === "lent" || pinned === "waiting") return pinned === undefined;
    return this.canMove(allocation, pinned);
  }

  /** Whether moves of the allocation, or of any without one, were ignored. */
  isDoubtful(allocation?: Allocation): boolean {
    return allocation === undefined ? this.ignored.size > 0 : this.ignored.has(allocation);
  }

  /** Of the allocations that were asked for, the share whose moves were ignored; at first it is taken for a tenth. */
  get ignoredShare(): number {
    return (this.ignored.size + 1) / (this.asked + 10);
  }

  /** Whether {@link isMovable} is true of everything in a block that nothing moves to. */
  get isAnythingMovable(): boolean {
    return this.canMove === undefined && this.ignored.size === 0 && !this.bindings.mayPin;
  }

  isArrivedAt(block: MemoryBlock): boolean {
    return this.targets.has(block);
  }
}

/** A block. */
export class PlannedBlock implements BlockPort<Allocation> {
  readonly block: MemoryBlock;
  division: TlsfMetadata;
  protected readonly maxMoveBytes: number;
  private readonly movability: Movability;

  constructor(block: MemoryBlock, movability: Movability, maxMoveBytes: number) {
    const { metadata } = block;
    assert(metadata instanceof TlsfMetadata, "only blocks without the linear algorithm are defragmented");
    this.block = block;
    this.division = metadata;
    this.movability = movability;
    this.maxMoveBytes = maxMoveBytes;
  }

  itemAt(slot: Slot): Item<Allocation> {
    const owner = this.block.allocationAt(slot);
    const { alignment, type } = owner;
    const isMovable = this.movability.isMovable(owner);
    const isDoubtful = this.movability.isDoubtful(owner);
    return { owner, slot, size: this.division.sizeOf(slot), alignment, type, isMovable, isDoubtful };
  }

  get isMovable(): boolean {
    const { movability, maxMoveBytes, division, block } = this;
    if (movability.isAnythingMovable && maxMoveBytes === Number.POSITIVE_INFINITY) return true;
    for (let slot = division.lastAllocation(); slot !== NO_SLOT; slot = division.previousAllocation(slot)) {
      if (division.sizeOf(slot) > maxMoveBytes || !movability.isMovable(block.allocationAt(slot)))
        return false;
    }
    return true;
  }

  get isArrivedAt(): boolean {
    return this.movability.isArrivedAt(this.block);
  }
}

/** A copy of a block as it was, for planning that the program may interrupt. */
class RememberedBlock extends PlannedBlock {
  private readonly items: Map<Slot, Item<Allocation>> = new Map();

  constructor(block: MemoryBlock, movability: Movability, maxMoveBytes: number) {
    super(block, movability, maxMoveBytes);
    const { division } = this;
    for (let slot = division.lastAllocation(); slot !== NO_SLOT; slot = division.previousAllocation(slot)) {
      this.items.set(slot, super.itemAt(slot));
    }
    this.division = division.clone();
  }

  override itemAt(slot: Slot): Item<Allocation> {
    const item = this.items.get(slot);
    assert(item !== undefined, "what lived in a block is remembered");
    return item;
  }

  override get isMovable(): boolean {
    return [...this.items.values()].every(({ isMovable, size }) => isMovable && size <= this.maxMoveBytes);
  }
}

/** The blocks that a list has now, the fullest first. */
export class PlannedList implements ListPort<Allocation> {
  readonly blocks: readonly PlannedBlock[];
  readonly maxMoveBytes: number;
  readonly granularity: number;
  readonly minBlockCount: number;
  readonly keepEmpty: number | undefined;
  readonly hasAverages: boolean;
  readonly heap: number;
  private readonly list: BlockList;
  private readonly movability: Movability;

  constructor(
    list: BlockList,
    movability: Movability,
    maxMoveBytes: number,
    blocks: readonly PlannedBlock[] = fullestFirst(list.blocks).map(
      (block) => new PlannedBlock(block, movability, maxMoveBytes),
    ),
  ) {
    this.list = list;
    this.movability = movability;
    this.blocks = blocks;
    this.maxMoveBytes = maxMoveBytes;
    this.granularity = list.options.granularity;
    this.minBlockCount = list.options.minBlockCount;
    this.keepEmpty = list.state.keepEmptyBlocks;
    this.hasAverages = list.memoryTypeIndex === 0 || list.options.pool !== undefined;
    this.heap = list.heapIndex;
  }

  get isDoubtful(): boolean {
    return this.movability.isDoubtful();
  }

  isOverBudget(bytesFreed: number): boolean {
    const { budgets } = this.list.state;
    return budgets.usageOf(this.heap) - bytesFreed >= budgets.budgetOf(this.heap);
  }
}

/** A list as it is now, each block as it is when its turn comes. */
export function* rememberList(
  list: BlockList,
  movability: Movability,
  maxMoveBytes: number,
  meter: Meter,
): Generator<undefined, PlannedList> {
  const blocks: PlannedBlock[] = [];
  let present = new Set(list.blocks);
  for (const block of fullestFirst(list.blocks).slice()) {
    // The program may have freed it meanwhile.
    if (!present.has(block)) continue;
    blocks.push(new RememberedBlock(block, movability, maxMoveBytes));
    meter.spend(1 + block.metadata.allocationCount);
    if (!meter.isOver) continue;
    yield;
    present = new Set(list.blocks);
  }
  blocks.sort((a, b) => a.division.sumFreeSize - b.division.sumFreeSize);
  return new PlannedList(list, movability, maxMoveBytes, blocks);
}

/** The blocks in that order, which they are usually in already. */
function fullestFirst(blocks: readonly MemoryBlock[]): readonly MemoryBlock[] {
  let least = 0;
  for (let index = 0; index < blocks.length; index++) {
    const free = blocks[index]!.metadata.sumFreeSize;
    if (free < least) return blocks.toSorted((a, b) => a.metadata.sumFreeSize - b.metadata.sumFreeSize);
    least = free;
  }
  return blocks;
}

/** The memory that a planned block stands for. */
export function memoryOf({ port }: { readonly port: BlockPort<Allocation> }): MemoryBlock {
  assert(port instanceof PlannedBlock, "a defragmentation plans with its own blocks");
  return port.block;
}
