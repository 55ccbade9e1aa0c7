/**
 * Pins: allocations that keep blocks alive that would be empty otherwise.
 *
 * A block of device memory can only be given back when nothing lies in it. So a block with a few small allocations
 * wastes what is free in it, and moving those few is cheap. Here blocks are looked at from the one with the fewest
 * bytes in use: as long as what lies in it has room in the blocks of the same pool that stay, it could be given back.
 * This counts bytes, not places, and takes the cheapest blocks first: an estimate, made in a pass over the blocks. What a
 * defragmentation would really do, its planner says (defragmentation.ts).
 */

import type { Moment } from "./moment.ts";
import { totalsOfBlock } from "./moment.ts";

/** A block that could be empty. */
export interface PinnedBlock {
  readonly block: number;
  /** Bytes of the block. */
  readonly size: number;
  /** Bytes in use in it: what would have to move. */
  readonly used: number;
  readonly allocations: number;
  /** Bytes given back with this block and those before it. */
  readonly gain: number;
  /** Bytes moved for this block and those before it. */
  readonly cost: number;
}

/** The blocks that could be emptied, the cheapest first in each pool, all pools together by what they give. */
export function pinnedBlocks(moment: Moment): PinnedBlock[] {
  const candidates: { block: number; size: number; used: number; allocations: number }[] = [];
  for (const blocks of blocksByPool(moment).values()) candidates.push(...emptyable(blocks));
  // What costs least for what it gives comes first.
  candidates.sort((a, b) => a.used / a.size - b.used / b.size || b.size - a.size);
  let gain = 0;
  let cost = 0;
  return candidates.map((candidate) => {
    gain += candidate.size;
    cost += candidate.used;
    return { ...candidate, gain, cost };
  });
}

interface BlockUse {
  block: number;
  size: number;
  used: number;
  free: number;
  allocations: number;
}

function blocksByPool(moment: Moment): Map<number, BlockUse[]> {
  const byPool = new Map<number, BlockUse[]>();
  const { blocks } = moment.history;
  for (const block of moment.blocks) {
    if (blocks.dedicated[block] === 1) continue;
    const { used, allocations } = totalsOfBlock(moment, block);
    const size = blocks.size[block]!;
    const pool = blocks.pool[block]!;
    const list = byPool.get(pool) ?? [];
    byPool.set(pool, list);
    list.push({ block, size, used, free: size - used, allocations });
  }
  return byPool;
}

function emptyable(blocks: BlockUse[]): BlockUse[] {
  blocks.sort((a, b) => a.used - b.used || b.size - a.size);
  let room = blocks.reduce((sum, { free }) => sum + free, 0);
  const result: BlockUse[] = [];
  for (const block of blocks) {
    // The room that stays is that of the other blocks, and what moves takes of it.
    room -= block.free;
    if (block.used > room) break;
    room -= block.used;
    if (block.used > 0) result.push(block);
  }
  return result;
}
