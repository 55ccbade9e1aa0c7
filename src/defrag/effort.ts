/** What the algorithms differ in. */

import { DefragmentationFlag } from "./flags.ts";

/** When the plain way packs an allocation within its block. */
export const Packs = { Never: 0, WhereWorthwhile: 1, Always: 2 } as const;
/** One of {@link Packs}. */
export type Packs = (typeof Packs)[keyof typeof Packs];

/** How one algorithm goes about its work. */
export interface Effort {
  /** In how many orders blocks are tried for being emptied, as long as that does. */
  readonly orders: number;
  /** Placements to try while planning; and more of them for each allocation there is. */
  readonly placements: number;
  readonly placementsPerAllocation: number;
  /** The plain way that frees no more memory objects than this algorithm does. */
  readonly plainPacks: Packs;
  /** Whether it must not move more bytes than the plain way either, nor free fewer. */
  readonly isFrugal: boolean;
  /** Whether every block that remains is packed towards its start, not just one that stands alone. */
  readonly packsAllBlocks: boolean;
}

const FAST: Effort = {
  orders: 1,
  placements: 4_000,
  placementsPerAllocation: 0.6,
  plainPacks: Packs.Never,
  isFrugal: true,
  packsAllBlocks: false,
};
const BALANCED: Effort = {
  orders: 2,
  placements: 20_000,
  placementsPerAllocation: 1,
  plainPacks: Packs.WhereWorthwhile,
  isFrugal: true,
  packsAllBlocks: false,
};
const FULL: Effort = {
  orders: 4,
  placements: 100_000,
  placementsPerAllocation: 2,
  plainPacks: Packs.Always,
  isFrugal: true,
  packsAllBlocks: false,
};
const EXTENSIVE: Effort = {
  orders: 4,
  placements: 100_000,
  placementsPerAllocation: 2,
  plainPacks: Packs.Always,
  isFrugal: false,
  packsAllBlocks: true,
};

/** The effort that the flags ask for. */
export function effortOf(flags: number): Effort {
  if ((flags & DefragmentationFlag.AlgorithmFast) !== 0) return FAST;
  if ((flags & DefragmentationFlag.AlgorithmFull) !== 0) return FULL;
  if ((flags & DefragmentationFlag.AlgorithmExtensive) !== 0) return EXTENSIVE;
  return BALANCED;
}
