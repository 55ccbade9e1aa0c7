/**
 * What a planner knows of memory: lists of blocks, how each block is divided, and what lives in it. Whose memory it is,
 * Vulkan's or anybody's, it never learns: `Owner` is whatever the caller knows an allocation by.
 *
 * A division is asked through a port, which `TlsfMetadata` has the form of. A block is one wrapper, whether it is the real
 * one or a copy to try things out on, which is made when something is first placed in it: 32 bytes an allocation.
 */

/** VMA's default strategy of placing in a block. */
export const DEFAULT_STRATEGY = 0;
/** VMA_ALLOCATION_CREATE_STRATEGY_MIN_OFFSET_BIT: the lowest place in a block. */
export const MIN_OFFSET_STRATEGY = 0x00040000;

/** No slot. */
export const NO_ALLOCATION = 0;

/** How a block is divided. Slots are numbers by which it knows allocations. */
export interface Division {
  /** Bytes in the block. */
  readonly size: number;
  readonly sumFreeSize: number;
  readonly allocationCount: number;
  readonly freeRangeCount: number;
  /** Bytes. */
  readonly largestFreeRange: number;
  /** Finds a place of so many bytes, and remembers it for {@link commit}. Whether there is one. */
  find(size: number, alignment: number, type: number, strategy: number, upperAddress: boolean): boolean;
  /** Where the place that was found begins, in bytes. */
  readonly foundOffset: number;
  /** Takes the place that was found. */
  commit(): number;
  free(slot: number): boolean;
  offsetOf(slot: number): number;
  /** The allocation with the highest offset, or 0; and the next one below an allocation. */
  lastAllocation(): number;
  previousAllocation(slot: number): number;
  /** Bytes of the free range just below an allocation. */
  freeSizeBefore(slot: number): number;
  /** The same division of another block. */
  clone(): Division;
  validate(): void;
}

/** One allocation. */
export interface Item<Owner> {
  readonly owner: Owner;
  /** Where it lives in its block really. */
  readonly slot: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes, a power of two. */
  readonly alignment: number;
  /** What lives in it, as far as its neighbours matter. */
  readonly type: number;
  /** Whether it can be moved at all, in any pass. */
  readonly isMovable: boolean;
  /** Whether it was to be moved before, in vain. */
  readonly isDoubtful: boolean;
}

/** A block as the caller has it. */
export interface BlockPort<Owner> {
  readonly division: Division;
  /** What lives in a slot. */
  itemAt(slot: number): Item<Owner>;
  /** Whether everything that lives in it can be moved. */
  readonly isMovable: boolean;
  /** Whether something is just being moved to it. */
  readonly isArrivedAt: boolean;
}

/** A list of blocks, among which allocations may be moved. */
export interface ListPort<Owner> {
  /** The fullest first. */
  readonly blocks: readonly BlockPort<Owner>[];
  /** Bytes that no move can exceed; default: no limit. */
  readonly maxMoveBytes?: number;
  /** Bytes on which neighbours of different kinds must not meet; 1 where that does not matter. */
  readonly granularity: number;
  /** Blocks that are never given back. */
  readonly minBlockCount: number;
  /** Empty blocks that are not given back; undefined for VMA's way, which is to keep one between passes. */
  readonly keepEmpty: number | undefined;
  /** Whether VMA's BALANCED knows averages here. */
  readonly hasAverages: boolean;
  /** Lists of one heap have one budget. */
  readonly heap: number;
  /** Whether moves are made in vain now and then, so that nobody knows whether a block can be emptied. */
  readonly isDoubtful: boolean;
  /** Whether the heap would be over its budget with so many bytes given back. */
  isOverBudget(bytesFreed: number): boolean;
}

/** A block, real or tried out. */
export class Block<Owner> {
  readonly port: BlockPort<Owner>;
  /** Its place in its list when that was surveyed. */
  readonly index: number;
  /** Bytes. */
  readonly size: number;
  private readonly isCopy: boolean;
  private copy: Division | undefined;
  private byAddress: Item<Owner>[] | undefined;
  private bySize: Item<Owner>[] | undefined;

  /** @param isCopy whether what is placed in it is only tried out. */
  constructor(port: BlockPort<Owner>, index: number, isCopy: boolean) {
    this.port = port;
    this.index = index;
    this.size = port.division.size;
    this.isCopy = isCopy;
  }

  /** Its division, to ask and to change. */
  get division(): Division {
    if (!this.isCopy) return this.port.division;
    this.copy ??= this.port.division.clone();
    return this.copy;
  }

  /** Its division, to ask alone. */
  get seen(): Division {
    return this.copy ?? this.port.division;
  }

  /** Bytes allocated in it really, whatever is tried out. */
  get live(): number {
    return this.size - this.port.division.sumFreeSize;
  }

  /** Whether everything lies side by side at its start, really. */
  get isPacked(): boolean {
    const { division } = this.port;
    const last = division.lastAllocation();
    return last === NO_ALLOCATION || division.offsetOf(last) + this.port.itemAt(last).size === this.live;
  }

  /** Something has changed in the block: what lives in it is to be read anew. */
  forget(): void {
    this.byAddress = undefined;
    this.bySize = undefined;
  }

  /** What lives in it really, the one with the highest offset first. Remembered. */
  get items(): readonly Item<Owner>[] {
    this.byAddress ??= itemsOf(this.port);
    return this.byAddress;
  }

  /** The same, in the order in which it is best placed elsewhere. */
  get itemsToPlace(): readonly Item<Owner>[] {
    this.bySize ??= this.items.slice().sort(largestFirst);
    return this.bySize;
  }
}

/** What lives in a block, the one with the highest offset first. */
export function itemsOf<Owner>(port: BlockPort<Owner>): Item<Owner>[] {
  const { division } = port;
  const items: Item<Owner>[] = [];
  for (
    let slot = division.lastAllocation();
    slot !== NO_ALLOCATION;
    slot = division.previousAllocation(slot)
  ) {
    items.push(port.itemAt(slot));
  }
  return items;
}

/** Orders items for placing: large ones first, as they have the fewest places; of these the hardest to align. */
export function largestFirst<Owner>(a: Item<Owner>, b: Item<Owner>): number {
  return b.size - a.size || b.alignment - a.alignment;
}

/** The blocks of a list, each of which gets its wrapper when it is asked for. */
export class BlockRow<Owner> {
  private readonly ports: readonly BlockPort<Owner>[];
  private readonly isCopy: boolean;
  private readonly wrapped: (Block<Owner> | undefined)[] = [];

  /** @param isCopy whether what is placed in them is only tried out. */
  constructor(ports: readonly BlockPort<Owner>[], isCopy: boolean) {
    this.ports = ports;
    this.isCopy = isCopy;
  }

  get length(): number {
    return this.ports.length;
  }

  at(index: number): Block<Owner> {
    this.wrapped[index] ??= new Block(this.ports[index]!, index, this.isCopy);
    return this.wrapped[index];
  }

  /** Bytes that are free in a block. */
  freeIn(index: number): number {
    return (this.wrapped[index]?.seen ?? this.ports[index]!.division).sumFreeSize;
  }

  /** Bytes that live in a block really. */
  liveIn(index: number): number {
    const { size, sumFreeSize } = this.ports[index]!.division;
    return size - sumFreeSize;
  }

  /** All of them. */
  get all(): Block<Owner>[] {
    return this.ports.map((_, index) => this.at(index));
  }
}
