/**
 * What to move so that blocks become free: the library's one planner, applied to the blocks of a heap. Allocations move only to
 * other blocks, as WebGPU cannot copy within one buffer.
 *
 * Blocks are emptied one after the other (../compaction/draining.ts), the one with the fewest bytes first, as long as the others
 * have room. The cost is proportional to what is moved, so with a limit it can be done in every frame.
 */

import { Draining } from "../compaction/draining.ts";
import { Meter } from "../compaction/meter.ts";
import type { Block, BlockPort, Item, ListPort } from "../compaction/model.ts";
import type { PlannedMove } from "../compaction/plan.ts";
import { assert } from "../foundation/assert.ts";
import { NO_SLOT, type Slot, SuballocationType } from "../metadata/block-metadata.ts";
import type { NarrowTlsf } from "../metadata/narrow-tlsf.ts";
import type { HeapAllocation } from "./allocation.ts";
import type { HeapBlock } from "./block.ts";
import type { Moves } from "./moves.ts";

/** Whether an allocation may be moved. */
export type CanMoveAllocation<Buffer> = (allocation: HeapAllocation<Buffer>) => boolean;

/** The number of planning steps granted with a limit: far more than the moves of a frame need. */
const GRANTED_STEPS = 100_000;

/** Takes new places for what is to be moved out of some blocks of a list. */
export function planMoves<Buffer>(
  blocks: readonly HeapBlock<Buffer>[],
  maxUnits: number,
  canMove: CanMoveAllocation<Buffer> | undefined,
  moves: Moves<Buffer>,
): void {
  const list = new PlannedList(blocks, canMove);
  const meter = new Meter();
  const live = list.blocks.reduce((sum, { division }) => sum + division.size - division.sumFreeSize, 0);
  if (live === 0 || blocks.length < 2) return;
  // Without a limit whole blocks are tried, with one only parts of them.
  meter.grant(maxUnits >= live ? {} : { steps: GRANTED_STEPS });
  const draining = new Draining(list, false, meter);
  let left = maxUnits;
  for (let plan = draining.next(); plan !== undefined && left > 0; plan = draining.next()) {
    left -= take(plan.moves, left, moves);
  }
}

/** Takes the places of planned moves that stay within a limit. Returns the units. */
function take<Buffer>(
  planned: readonly PlannedMove<HeapAllocation<Buffer>>[],
  maxUnits: number,
  moves: Moves<Buffer>,
): number {
  let taken = 0;
  for (const { item, to, strategy } of planned) {
    if (taken + item.size > maxUnits) continue;
    const block = blockOf(to);
    const slot = block.metadata.allocate(
      item.size,
      item.alignment,
      SuballocationType.Unknown,
      strategy,
      false,
    );
    if (slot === NO_SLOT) continue;
    moves.add(item.owner, block, slot, block.metadata.offsetOf(slot) * block.unit, item.owner.size);
    taken += item.size;
  }
  return taken;
}

function blockOf<Buffer>({ port }: Block<HeapAllocation<Buffer>>): HeapBlock<Buffer> {
  assert(port instanceof PlannedBlock, "a heap plans with its own blocks");
  return port.block as HeapBlock<Buffer>;
}

/** A block, as the planner sees it. */
class PlannedBlock<Buffer> implements BlockPort<HeapAllocation<Buffer>> {
  readonly block: HeapBlock<Buffer>;
  readonly division: NarrowTlsf;
  readonly isArrivedAt = false;
  private readonly canMove: CanMoveAllocation<Buffer> | undefined;

  constructor(block: HeapBlock<Buffer>, canMove: CanMoveAllocation<Buffer> | undefined) {
    this.block = block;
    this.division = block.metadata;
    this.canMove = canMove;
  }

  itemAt(slot: Slot): Item<HeapAllocation<Buffer>> {
    const owner = this.block.allocations[slot]!;
    const { alignment } = owner;
    const size = this.division.sizeOf(slot);
    const isMovable = this.isFree(owner);
    return { owner, slot, size, alignment, type: SuballocationType.Unknown, isMovable, isDoubtful: false };
  }

  get isMovable(): boolean {
    return this.block.allocations.every((allocation) => allocation === undefined || this.isFree(allocation));
  }

  private isFree(allocation: HeapAllocation<Buffer>): boolean {
    return !allocation.isMoving && (this.canMove === undefined || this.canMove(allocation));
  }
}

/** The blocks of a list, the fullest first. */
class PlannedList<Buffer> implements ListPort<HeapAllocation<Buffer>> {
  readonly blocks: readonly PlannedBlock<Buffer>[];
  readonly granularity = 1;
  readonly minBlockCount = 0;
  readonly keepEmpty = 0;
  readonly hasAverages = true;
  readonly heap = 0;
  readonly isDoubtful = false;

  constructor(blocks: readonly HeapBlock<Buffer>[], canMove: CanMoveAllocation<Buffer> | undefined) {
    this.blocks = blocks
      .toSorted((a, b) => a.metadata.sumFreeSize - b.metadata.sumFreeSize)
      .map((block) => new PlannedBlock(block, canMove));
  }

  isOverBudget(): boolean {
    return false;
  }
}
