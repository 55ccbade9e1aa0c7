/**
 * When blocks are made, how large, in which order they stand, and when they are given back: the one policy of every list of
 * blocks, whatever the blocks are made of.
 *
 * - A request goes to the first block that has room. Blocks stand nearly sorted by free space, the fullest first: each
 *   operation makes at most one swap towards that order, which over many operations empties the blocks at the end.
 * - The first blocks of a list are small (1/8, 1/4, 1/2 of the preferred size), so that a small program takes little; where a
 *   size is refused, smaller ones are tried.
 * - One empty block is kept, as what has just been freed is often asked for again.
 *
 * Cost: linear in the blocks of a list, of which there are few.
 */

import { assert } from "../foundation/assert.ts";

/** The first block of a list may be this many times halved. */
const MAX_HALVINGS = 3;

/** A block, as far as the policy goes. */
export interface PolicyBlock {
  /** Bytes. */
  readonly size: number;
  readonly metadata: {
    /** Not allocated; in one unit for all blocks of a list. */
    readonly sumFreeSize: number;
    readonly isEmpty: boolean;
  };
}

/** Whose blocks they are. */
export interface BlockOwner<Block extends PolicyBlock> {
  readonly blocks: Block[];
  /** Blocks that are never given back. */
  readonly minBlockCount: number;
  /** Empty blocks that are kept; undefined for VMA's way, which is one, until something is freed in another block. */
  readonly keepEmptyBlocks: number | undefined;
  /** Whether more is in use than the budget allows, so that nothing empty is kept. */
  readonly isOverBudget: boolean;
}

/**
 * The sizes to try for a new block that has to hold `size` bytes, in order: a part of the preferred size where all blocks so
 * far are smaller and it is large enough for twice the request; then smaller ones.
 */
export function* newBlockSizes(
  preferredBlockSize: number,
  blocks: readonly PolicyBlock[],
  size: number,
): Generator<number> {
  let blockSize = preferredBlockSize;
  const largest = blocks.reduce((most, block) => Math.max(most, block.size), 0);
  let halvings = 0;
  for (; halvings < MAX_HALVINGS; halvings++) {
    const half = Math.floor(blockSize / 2);
    if (half <= largest || half < size * 2) break;
    blockSize = half;
  }
  yield blockSize;
  for (; halvings < MAX_HALVINGS; halvings++) {
    blockSize = Math.floor(blockSize / 2);
    if (blockSize < size) return;
    yield blockSize;
  }
}

/** After something in `block` was freed: the block that the list need not keep, already taken out of it. */
export function takeSurplusBlock<Block extends PolicyBlock>(
  owner: BlockOwner<Block>,
  block: Block,
): Block | undefined {
  const { blocks } = owner;
  if (blocks.length <= owner.minBlockCount) return undefined;
  const keep = owner.keepEmptyBlocks;
  if (block.metadata.isEmpty) {
    const othersEmpty = countEmpty(blocks) - 1;
    const isSurplus = othersEmpty >= (keep ?? 1) || owner.isOverBudget;
    if (!isSurplus) return undefined;
    removeBlock(blocks, block);
    return block;
  }
  // VMA's way: the empty block that was kept goes with the next free elsewhere, when it stands last.
  const last = blocks[blocks.length - 1]!;
  if (!last.metadata.isEmpty || countEmpty(blocks) <= (keep ?? 0)) return undefined;
  blocks.pop();
  return last;
}

/** Takes the empty blocks beyond `keep` and the minimum out of their list, the last ones first. */
export function* takeEmptyBlocks<Block extends PolicyBlock>(
  blocks: Block[],
  minBlockCount: number,
  keep: number,
): Generator<Block> {
  let empty = countEmpty(blocks);
  for (let index = blocks.length - 1; index >= 0 && empty > keep; index--) {
    const block = blocks[index]!;
    if (!block.metadata.isEmpty) continue;
    if (blocks.length <= minBlockCount) return;
    blocks.splice(index, 1);
    empty--;
    yield block;
  }
}

/** How many blocks have nothing in them. */
export function countEmpty(blocks: readonly PolicyBlock[]): number {
  let count = 0;
  for (let index = 0; index < blocks.length; index++) {
    if (blocks[index]!.metadata.isEmpty) count++;
  }
  return count;
}

/** Takes a block out of its list. */
export function removeBlock<Block extends PolicyBlock>(blocks: Block[], block: Block): void {
  const index = blocks.indexOf(block);
  assert(index >= 0, "a block that is removed stands in its list");
  blocks.splice(index, 1);
}

/** One step of a bubble sort by free space, the fullest first. */
export function sortOnce<Block extends PolicyBlock>(blocks: Block[]): void {
  let freeBefore = 0;
  for (let index = 0; index < blocks.length; index++) {
    const block = blocks[index]!;
    const free = block.metadata.sumFreeSize;
    if (free < freeBefore) {
      blocks[index] = blocks[index - 1]!;
      blocks[index - 1] = block;
      return;
    }
    freeBefore = free;
  }
}
