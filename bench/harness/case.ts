/**
 * What a bench case is: one piece of work, done by several sides (this library, the reference in C++, the
 * driver alone, ...) in turns. Every side measures its own rounds, because the reference runs in another
 * process and preparing a round (filling a block, say) must not be in its time.
 */

import type { Reference, ReferenceRequest } from "./reference.ts";

/** One timed run of one side. */
export interface Round {
  /** The time of one operation, in nanoseconds. */
  readonly nanosecondsPerOperation: number;
  /** How many operations were timed. */
  readonly operations: number;
  /** What the work came to, 32 bits; equal on all sides that do exactly the same work. The live sink. */
  readonly checksum: number;
  /** Further figures of the round, by name with the unit in it. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Who does the work. */
export const SideName = {
  Ours: "vma-ts",
  Recorded: "vma-ts, recorded",
  NoLongerRecorded: "vma-ts, after a recording",
  Reference: "VMA (C++)",
  OffsetAllocator: "OffsetAllocator (C++)",
  ThingMalloc: "@thi.ng/malloc",
  PlayCanvas: "PlayCanvas BlockAllocator",
  BufferEach: "a GPUBuffer each, on dawn",
  PowerOfTwoLists: "PlayCanvas's way",
  SortedIds: "three.js's way",
  FirstFit: "first fit",
  UploadWriteBuffer: "queue.writeBuffer",
  UploadRing: "mapped ring",
  TypedArrayCalls: "koffi calls by hand, typed arrays",
  StructureCalls: "koffi calls by hand, koffi's structures",
  TunedCalls: "driver calls through vma-ts/koffi",
  PlainKoffi: "driver calls through vma-ts/koffi, without argument blocks",
  Sequences: "driver calls by hand, two sequences with argument blocks",
  BareCpp: "driver calls from C++",
  ByHand: "by hand",
  DedicatedKoffi: "one vkAllocateMemory each, through vma-ts/koffi",
  DedicatedCpp: "one vkAllocateMemory each, from C++",
} as const;
/** One of {@link SideName}. */
export type SideName = (typeof SideName)[keyof typeof SideName];

/** One side of a case. */
export interface Side {
  readonly name: SideName;
  /** Runs one round: prepares it, times it, cleans up after it. */
  readonly round: () => Round | Promise<Round>;
  /**
   * Whether the checksum has to equal that of the other sides of which this is true: they do the very same
   * operations and have to come to the very same offsets.
   */
  readonly exact: boolean;
  /** What a reader has to know to read this side's number fairly. */
  readonly note?: string;
}

/** A line of the table that shows a figure of the rounds instead of their time. */
export interface Figure {
  /** Its name in {@link Round.figures}. */
  readonly name: string;
  readonly title: string;
  /** "B" for bytes, "ns", or a word. */
  readonly unit: string;
}

/** What a case needs to build its sides. */
export interface Context {
  /** The reference, or undefined where no path to a runner is given. */
  readonly reference: Reference | undefined;
}

/** What is measured; a time unless the case says otherwise. */
export interface Case {
  /** Unique, in words with hyphens and slashes: "virtual-churn/min-offset". */
  readonly id: string;
  /** The table it belongs to. */
  readonly group: string;
  /** A line of the table. */
  readonly title: string;
  /** What one operation is, for the table: "allocate or free". */
  readonly operation: string;
  /** Rounds after warm-up; default from the command line. */
  readonly rounds?: number;
  /** Rounds before those that count; default 1. */
  readonly warmupRounds?: number;
  /** Run only when asked for with --long. */
  readonly long?: boolean;
  /** Lines of the table that show figures of the rounds, in place of the line with the time. */
  readonly figures?: readonly Figure[];
  /** For cases that differ in one number: the chart's line and the number. */
  readonly series?: { readonly name: string; readonly at: number };
  /** Builds the sides; undefined sides cannot run here (no reference, package not installed). */
  readonly sides: (
    context: Context,
  ) => Promise<readonly (Side | undefined)[]> | readonly (Side | undefined)[];
}

/** A side that the reference's runner plays, or undefined where there is no runner. */
export function referenceSide(
  context: Context,
  request: ReferenceRequest,
  options: { readonly name?: SideName; readonly exact?: boolean; readonly note?: string } = {},
): Side | undefined {
  const reference = context.reference;
  if (reference === undefined) return undefined;
  return {
    name: options.name ?? SideName.Reference,
    exact: options.exact ?? true,
    ...(options.note === undefined ? {} : { note: options.note }),
    round: () => reference.round(request),
  };
}
