/** The four algorithms of defragmentation, and what they differ in. */

/** When VMA's way packs an allocation within its block. */
export const Packs = { Never: 0, WhereWorthwhile: 1, Always: 2 } as const;
/** One of {@link Packs}. */
export type Packs = (typeof Packs)[keyof typeof Packs];

/** One algorithm: how much it tries, and what it must not do. */
export interface Algorithm {
  /** In how many orders blocks are tried for being emptied, as long as that does. */
  readonly orders: number;
  /** Placements to try while planning; and more of them for each allocation there is. */
  readonly placements: number;
  readonly placementsPerAllocation: number;
  /** When VMA's way packs, in the variant that frees no more memory objects than this algorithm does. */
  readonly baselinePacks: Packs;
  /** Whether it must not move more bytes than VMA's way either, nor free fewer. */
  readonly isFrugal: boolean;
  /** Whether what remains is packed with the bytes that VMA's way would have moved besides. */
  readonly packsRest: boolean;
  /** Whether every block that remains is packed towards its start, whatever that takes, to make room for emptying more. */
  readonly packsAllBlocks: boolean;
}

export const FAST: Algorithm = {
  orders: 1,
  placements: 4_000,
  placementsPerAllocation: 0.6,
  baselinePacks: Packs.Never,
  isFrugal: true,
  packsRest: false,
  packsAllBlocks: false,
};
export const BALANCED: Algorithm = {
  orders: 2,
  placements: 20_000,
  placementsPerAllocation: 1,
  baselinePacks: Packs.WhereWorthwhile,
  isFrugal: true,
  packsRest: false,
  packsAllBlocks: false,
};
export const FULL: Algorithm = {
  orders: 4,
  placements: 100_000,
  placementsPerAllocation: 2,
  baselinePacks: Packs.Always,
  isFrugal: true,
  packsRest: true,
  packsAllBlocks: false,
};
export const EXTENSIVE: Algorithm = {
  orders: 4,
  placements: 100_000,
  placementsPerAllocation: 2,
  baselinePacks: Packs.Always,
  isFrugal: false,
  packsRest: true,
  packsAllBlocks: true,
};
