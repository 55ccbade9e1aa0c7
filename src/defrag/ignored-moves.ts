/**
 * How much FAST, BALANCED and FULL still move once the program has ignored a move. Blocks are emptied in vain then, and each
 * further one costs more; VMA leaves a block with the first move that is ignored there. So bounds are shares of what VMA's way
 * would achieve with nothing ignored; q is the share of proposed moves' allocations whose moves were ignored:
 *
 *     fewer than 1 - q of its blocks freed    any block is emptied, for up to 0.275 / q - 0.25 of its bytes
 *     as many                                 only blocks of which an eighth or less lives, for up to its bytes
 *     packing within blocks                   for up to half of its bytes
 *
 *     q                       1/40   1/10   1/5    1/3    1/2
 *     0.275 / q - 0.25        10.8   2.5    1.1    0.6    0.3
 *
 * They were found by experiment: with these, summed over many programs, no fewer blocks are freed than by VMA and no more bytes
 * are moved (docs/performance.md). What VMA's way would achieve is simulated if there was time for that, and also estimated
 * when the first move was ignored; the smaller one counts.
 */

import type { BlockList } from "../allocator/memory/block-list.ts";
import type { Algorithm } from "../compaction/algorithm.ts";
import { estimateEmptying, type Gain } from "../compaction/estimate.ts";
import { total } from "../compaction/plan.ts";
import type { DefragmentationStats } from "./flags.ts";
import type { Movability } from "./ports.ts";

/** The estimate is of the best possible result; this share of it is as many blocks as VMA would free. */
const SHARE_OF_ESTIMATE = 5 / 6;

/** The share of a block that may live in it for it to be emptied after that. */
const LIVE_BEYOND = 1 / 8;

/** The share of VMA's bytes beyond which nothing is packed. */
const BYTES_FOR_PACKING = 1 / 2;

const INFINITE: number = Number.POSITIVE_INFINITY;

/** What the next block to be emptied may have in it. */
export interface EmptyingBounds {
  readonly bytes: number;
  /** The share of it that lives. */
  readonly share: number;
}

const UNBOUNDED: EmptyingBounds = { bytes: INFINITE, share: 1 };

/** What is under way, and what the bounds are found from. */
export interface IgnoredMovesInfo {
  readonly algorithm: Algorithm;
  readonly movability: Movability;
  readonly done: Readonly<DefragmentationStats>;
  /** What is planned besides, as far as it is not known from the simulation. */
  readonly outlook: Gain;
  readonly lists: () => readonly BlockList[];
}

/** Bounds what is moved once moves are ignored. */
export class IgnoredMoves {
  /** What VMA's way would achieve with nothing ignored, if that was simulated. */
  baseline: Gain | undefined;
  private readonly info: IgnoredMovesInfo;
  private estimate: Gain | undefined;

  constructor(info: IgnoredMovesInfo) {
    this.info = info;
  }

  /** Whether there are bounds. */
  private get isBounding(): boolean {
    const { algorithm, movability } = this.info;
    return algorithm.isFrugal && movability.isDoubtful();
  }

  /** What the next block to be emptied may have in it. */
  get toEmpty(): EmptyingBounds {
    if (!this.isBounding) return UNBOUNDED;
    const { done, outlook } = this.info;
    const wanted = this.wanted;
    const { ignoredShare } = this.info.movability;
    const bytesShare = 0.275 / ignoredShare - 0.25;
    const moved = done.bytesMoved + outlook.bytes;
    const blocksFreed = done.deviceMemoryBlocksFreed + outlook.blocksFreed;
    const reachable = this.baseline === undefined ? SHARE_OF_ESTIMATE : 1;
    if (blocksFreed >= wanted.blocksFreed * reachable * (1 - ignoredShare)) {
      return { bytes: Math.min(1, bytesShare) * wanted.bytes - moved, share: LIVE_BEYOND };
    }
    // Nothing was moved in vain so far.
    if (moved === 0) return UNBOUNDED;
    return { bytes: bytesShare * wanted.bytes - moved, share: 1 };
  }

  /** Bytes that packing within blocks may move. */
  get bytesToPack(): number {
    if (!this.isBounding) return INFINITE;
    const { done, outlook } = this.info;
    return Math.max(0, BYTES_FOR_PACKING * this.wanted.bytes - done.bytesMoved - outlook.bytes);
  }

  /** What VMA's way would achieve. */
  private get wanted(): Gain {
    this.estimate ??= this.makeEstimate();
    const { baseline, estimate } = this;
    if (baseline === undefined) return estimate;
    return {
      blocksFreed: Math.min(baseline.blocksFreed, estimate.blocksFreed),
      bytes: Math.min(baseline.bytes, estimate.bytes),
    };
  }

  private makeEstimate(): Gain {
    const { done, lists } = this.info;
    const gains = lists().map(({ blocks, options }) =>
      estimateEmptying(
        blocks.map(({ metadata }) => metadata),
        options.minBlockCount,
      ),
    );
    return {
      blocksFreed: done.deviceMemoryBlocksFreed + total(gains, "blocksFreed"),
      bytes: done.bytesMoved + total(gains, "bytes"),
    };
  }
}
