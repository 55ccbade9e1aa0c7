/**
 * Dividing one block, with no device: churn by strategy, size mix and number of live allocations. The reference
 * does the same sequences; the checksums (sums of the offsets) have to agree.
 */

import { NO_ALLOCATION, VirtualAllocationCreate, VirtualBlock } from "../../src/metadata/index.ts";
import { type Case, type Round, referenceSide, SideName } from "../harness/case.ts";
import { inChunks, type Mix, Mixes, mixAlignment, mixSize, nextRandom, SEED } from "../harness/sequence.ts";
import { offsetAllocatorSide, playCanvasSide, thingMallocSide } from "./other-packages.ts";

const NONE = NO_ALLOCATION;
const GIB: number = 1024 ** 3;

/** A churn of `slots` slots: pick one at random, free it if taken, else allocate into it. */
export interface Churn {
  readonly strategy: "default" | "min-memory" | "min-time" | "min-offset";
  readonly mix: Mix;
  readonly blockSize: number;
  readonly slots: number;
  /** How many slots, every second one from the first on, are filled before the warm-up; default 0. */
  readonly prefill?: number;
  /** Operations before the timed ones, to reach the steady state. */
  readonly warmup: number;
  readonly operations: number;
}

const STRATEGY_FLAGS: Readonly<Record<Churn["strategy"], number>> = {
  default: 0,
  "min-memory": VirtualAllocationCreate.StrategyMinMemory,
  "min-time": VirtualAllocationCreate.StrategyMinTime,
  "min-offset": VirtualAllocationCreate.StrategyMinOffset,
};

/** A churn as one goes on with it: the block, its slots, and where the random numbers and the sum stand. */
export class ChurnState {
  readonly block: VirtualBlock;
  readonly slots: Float64Array;
  #random: number = SEED;
  #sum = 0;

  constructor(blockSize: number, slots: number) {
    this.block = new VirtualBlock({ size: blockSize });
    this.slots = new Float64Array(slots);
  }

  get sum(): number {
    return this.#sum;
  }

  /** Fills `count` slots: the first, the third and so on. */
  prefill(count: number, mix: Mix, flags: number): void {
    for (let i = 0; i < count; i++) {
      this.#random = nextRandom(this.#random);
      const made = this.block.allocate(mixSize(mix, this.#random), mixAlignment(mix, this.#random), flags);
      if (made !== NONE) this.#sum = (this.#sum + this.block.offset(made)) >>> 0;
      this.slots[i * 2] = made;
    }
  }

  /** Runs `count` operations. */
  run(count: number, mix: Mix, flags: number): void {
    inChunks(count, (chunk) => this.#run(chunk, mix, flags));
  }

  /**
   * The random numbers are drawn in the loop itself, not by functions, here and in the loops below: what V8
   * inlines of the bench is taken from what it is ready to inline of the library, 30 ns for an operation. The
   * state is a signed integer, and only what is divided unsigned: unsigned it becomes a floating-point number now and
   * then, with which the same loop took 89 ns instead of 50. `>>> 0` behind a remainder says that it is an integer, too;
   * see `pick`. So do `Math.imul` and `| 0`; and a constant is one of this module, as V8 looks up imported ones every time.
   */
  #run(count: number, mix: Mix, flags: number): void {
    const { block, slots } = this;
    const { unit, least, alignmentShift } = mix;
    const span = mix.span >>> 0;
    const alignmentSpan = mix.alignmentSpan >>> 0;
    const slotCount = slots.length >>> 0;
    let random = this.#random | 0;
    let sum = this.#sum | 0;
    for (let i = 0; i < count; i++) {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      const slot = ((random >>> 0) % slotCount) >>> 0;
      const allocation = slots[slot]! as ReturnType<VirtualBlock["allocate"]>;
      if (allocation !== NONE) {
        block.free(allocation);
        slots[slot] = NONE;
      } else {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        const size = Math.imul(unit, least + (((random >>> 0) % span) >>> 0));
        const alignment = 1 << (alignmentShift + (((random >>> 0) % alignmentSpan) >>> 0));
        const made = block.allocate(size, alignment, flags);
        if (made !== NONE) sum = (sum + block.offset(made)) | 0;
        slots[slot] = made;
      }
    }
    this.#random = random;
    this.#sum = sum >>> 0;
  }
}

/** Times `work`, which does `operations` operations. */
export function timeRound(operations: number, work: () => void, checksum: () => number): Round {
  const start = performance.now();
  work();
  const nanoseconds = (performance.now() - start) * 1e6;
  return { nanosecondsPerOperation: nanoseconds / operations, operations, checksum: checksum() };
}

function churnRound(churn: Churn): Round {
  const flags = STRATEGY_FLAGS[churn.strategy];
  const state = new ChurnState(churn.blockSize, churn.slots);
  state.prefill(churn.prefill ?? 0, churn.mix, flags);
  state.run(churn.warmup, churn.mix, flags);
  return timeRound(
    churn.operations,
    () => state.run(churn.operations, churn.mix, flags),
    () => state.sum,
  );
}

/** The request that makes the reference do the same. */
function churnRequest(churn: Churn): Parameters<typeof referenceSide>[1] {
  const { strategy, mix, blockSize, slots, prefill = 0, warmup, operations } = churn;
  return {
    case: "virtual-churn",
    strategy,
    mix: mix.name,
    blockSize,
    slots,
    prefill,
    warmup,
    operations,
    seed: SEED,
  };
}

interface ChurnCaseOptions extends Partial<Pick<Case, "rounds" | "warmupRounds" | "long" | "series">> {
  /** Put OffsetAllocator and the JavaScript packages beside. */
  readonly otherPackages?: boolean;
}

function churnCase(id: string, title: string, churn: Churn, options: ChurnCaseOptions = {}): Case {
  const { otherPackages, ...rest } = options;
  return {
    id: `virtual-churn/${id}`,
    group: "Virtual block: churn",
    title,
    operation: "allocate or free",
    ...rest,
    sides: async (context) => [
      { name: SideName.Ours, exact: true, round: () => churnRound(churn) },
      referenceSide(context, churnRequest(churn)),
      ...(otherPackages
        ? [offsetAllocatorSide(context, churn), await thingMallocSide(churn), await playCanvasSide(churn)]
        : []),
    ],
  };
}

const HEADLINE: Churn = {
  strategy: "default",
  mix: Mixes.Mixed,
  blockSize: GIB,
  slots: 10_000,
  warmup: 20_000,
  operations: 4_000_000,
};

/** The headline churn is four million operations; beside it, half as many are enough. */
const OTHER_MIX: Churn = { ...HEADLINE, operations: 2_000_000 };

/** As dense as the headline churn, with `live` allocations in the steady state: half the slots. */
function grown(live: number): Churn {
  const slots = live * 2;
  return {
    ...HEADLINE,
    slots,
    blockSize: Math.floor((GIB / 10_000) * slots),
    prefill: live,
    warmup: live,
    operations: 1_000_000,
  };
}

/** The reference takes 30 µs for one. */
const MIN_OFFSET_OPERATIONS = 40_000;

export const churnCases: readonly Case[] = [
  churnCase("default", "default strategy, 5,000 live", HEADLINE),
  churnCase("min-memory", "MIN_MEMORY, 5,000 live", { ...HEADLINE, strategy: "min-memory" }),
  churnCase("min-time", "MIN_TIME, 5,000 live", { ...HEADLINE, strategy: "min-time" }),
  churnCase(
    "min-offset",
    "MIN_OFFSET, 5,000 live",
    { ...HEADLINE, strategy: "min-offset", operations: MIN_OFFSET_OPERATIONS },
    { rounds: 3 },
  ),
  churnCase("small", "16 to 512 bytes", { ...OTHER_MIX, mix: Mixes.Small, blockSize: 4 * 1024 ** 2 }),
  churnCase("large", "64 KiB to 16 MiB", {
    ...OTHER_MIX,
    mix: Mixes.Large,
    blockSize: 128 * GIB,
  }),
  churnCase("fixed", "256 bytes always", { ...OTHER_MIX, mix: Mixes.Fixed, blockSize: 4 * 1024 ** 2 }),
  churnCase(
    "unaligned",
    "no alignment, beside other packages",
    { ...OTHER_MIX, mix: Mixes.Unaligned },
    { otherPackages: true },
  ),
  ...[1_000, 10_000, 100_000, 1_000_000].map((live) =>
    churnCase(`live-${live}`, `${live.toLocaleString("en")} live`, grown(live), {
      rounds: 3,
      series: { name: "live allocations", at: live },
    }),
  ),
];
