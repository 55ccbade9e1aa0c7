/** What the lists of one defragmentation have in common: its settings, the planning granted, and what may still be moved. */

import type { Algorithm } from "../compaction/algorithm.ts";
import type { Meter } from "../compaction/meter.ts";
import type { PassLimits } from "../compaction/pass-budget.ts";
import type { DefragmentationStats } from "./flags.ts";
import type { IgnoredMoves } from "./ignored-moves.ts";
import type { Movability } from "./ports.ts";

/** Bytes that the lists of one defragmentation may still move beyond what they have planned. */
export interface Allowance {
  bytes: number;
}

/** What emptying the current blocks will amount to, if nothing intervenes. */
export interface Outlook {
  blocksFreed: number;
  bytes: number;
}

/** What the lists of one defragmentation share. */
export interface Shared {
  readonly algorithm: Algorithm;
  readonly movability: Movability;
  readonly meter: Meter;
  readonly allowance: Allowance;
  readonly maxMoveBytes: number;
  readonly limits: PassLimits;
  /** Whether the allowance is the program's, not what VMA would have moved. */
  readonly isAllowanceFixed: boolean;
  readonly done: Readonly<DefragmentationStats>;
  readonly outlook: Outlook;
  readonly ignored: IgnoredMoves;
}
