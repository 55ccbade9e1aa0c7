/**
 * What the viewer knows of a file: one history, whether it is a dump of a single moment or a recording of millions.
 *
 * Everything that comes and goes is an interval. A *range* is an allocation at one place: it has a block, an offset, a
 * size, and the moments of its birth and its death; a move ends one range and begins another. Moments are counted in
 * events: moment m is the state after the first m events, so that a dump, which has no events, has moment 0 alone.
 *
 *   moment        0     1     2     3     4
 *   range 7             [-----------)              alive at m if  birth <= m < death
 *   range 9       [-------------------------       death === NEVER
 *
 * Ranges are sorted by block and offset. So the state of any moment is one pass over two columns, and comes out in
 * the order in which it is drawn: 1 ms for half a million ranges, with no snapshot to keep.
 */

import { type Texts, textAt } from "./texts.ts";

/** The death of what is still alive when the file ends. */
export const NEVER = 0xffffffff;

/** Stands for "none" in columns of indices. */
export const NONE = 0xffffffff;

/** A memory heap of the device. */
export interface Heap {
  /** As people know it: "Heap 0", "L1". */
  readonly label: string;
  readonly flags: readonly string[];
  /** Bytes; 0 if the file does not say. */
  readonly size: number;
}

/** A memory type. */
export interface MemoryType {
  /** "Type 3", "UPLOAD". */
  readonly label: string;
  /** Index of its heap. */
  readonly heap: number;
  readonly flags: readonly string[];
}

/** A pool: the default one of a memory type, or a custom one. */
export interface Pool {
  readonly label: string;
  readonly type: number;
  readonly isCustom: boolean;
  /** Bytes of a block as the allocator likes them; 0 if the file does not say. */
  readonly preferredBlockSize: number;
}

/** Memory objects: blocks, and the memory of dedicated allocations. */
export interface BlockColumns {
  readonly count: number;
  readonly pool: Uint32Array;
  /** Bytes. */
  readonly size: Float64Array;
  /** 1: the memory of a single allocation. */
  readonly dedicated: Uint8Array;
  /** The number that the allocator gave it. */
  readonly id: Uint32Array;
  /** Times mapped at the end of the file. */
  readonly mapCount: Uint32Array;
  readonly birth: Uint32Array;
  readonly death: Uint32Array;
}

/** Where allocations were, and when; sorted by block, offset, birth. */
export interface RangeColumns {
  readonly count: number;
  readonly block: Uint32Array;
  /** Bytes from the block's beginning. */
  readonly offset: Float64Array;
  /** Bytes. */
  readonly size: Float64Array;
  readonly allocation: Uint32Array;
  readonly birth: Uint32Array;
  readonly death: Uint32Array;
}

/** What allocations are. */
export interface AllocationColumns {
  readonly count: number;
  /** A {@link Kind}. */
  readonly kind: Uint8Array;
  /** Bytes that were asked for; the range may have more. */
  readonly requested: Float64Array;
  /** The usage flags of the resource, as the file has them. */
  readonly usage: Float64Array;
  /** A text's number; 0 is no name. */
  readonly name: Uint32Array;
  /** What else the file says of it, such as its user data or an image's extent; a text's number. */
  readonly data: Uint32Array;
  /** Where it was created; a text's number. */
  readonly stack: Uint32Array;
  /** The frame of its creation; NONE if the file does not say. */
  readonly frame: Uint32Array;
}

/** A second resource in the memory of an allocation: it shares the bytes instead of having its own. */
export interface AliasColumns {
  readonly count: number;
  /** The allocation whose memory it shares. */
  readonly allocation: Uint32Array;
  /** Bytes from the allocation's beginning. */
  readonly offset: Float64Array;
  readonly size: Float64Array;
  readonly kind: Uint8Array;
  readonly name: Uint32Array;
  readonly birth: Uint32Array;
  readonly death: Uint32Array;
}

/** What happened, in order. */
export interface EventColumns {
  readonly count: number;
  /** Milliseconds since the beginning. */
  readonly time: Float64Array;
  /** An {@link EventKind}. */
  readonly kind: Uint8Array;
  /** What it happened to: a range, a block, a pool, a frame's number, a string, by its kind. */
  readonly subject: Uint32Array;
}

/** Requests that were refused. */
export interface RefusalColumns {
  readonly count: number;
  readonly moment: Uint32Array;
  /** Bytes asked for. */
  readonly size: Float64Array;
  /** Texts' numbers. */
  readonly name: Uint32Array;
  /** One word, such as "budget". */
  readonly reason: Uint32Array;
  /** A sentence. */
  readonly message: Uint32Array;
  readonly stack: Uint32Array;
}

/** Readings of the driver's budget. */
export interface BudgetColumns {
  readonly count: number;
  readonly moment: Uint32Array;
  readonly heap: Uint8Array;
  /** Bytes that the process may use. */
  readonly budget: Float64Array;
  /** Bytes that the process uses, this allocator or not. */
  readonly usage: Float64Array;
}

/** The device that the memory is of. */
export interface DeviceInfo {
  /** "" if the file does not say. */
  readonly name: string;
  /** "Vulkan 1.3.203", "Direct3D 12". */
  readonly api: string;
  /** Bytes; 1 if nothing has to be kept apart. */
  readonly granularity: number;
  /** Memory objects that the device allows; 0 if the file does not say. */
  readonly maxMemoryObjects: number;
}

/** Everything that a file says. */
export interface History {
  /** The file's name. */
  readonly source: string;
  /** What it is: "VMA 3 dump", "recording". */
  readonly format: string;
  readonly device: DeviceInfo;
  /** Names, stacks and what else is a text, by number. */
  readonly texts: Texts;
  readonly heaps: readonly Heap[];
  readonly types: readonly MemoryType[];
  readonly pools: readonly Pool[];
  readonly blocks: BlockColumns;
  readonly ranges: RangeColumns;
  readonly allocations: AllocationColumns;
  readonly aliases: AliasColumns;
  readonly events: EventColumns;
  readonly budgets: BudgetColumns;
  readonly refusals: RefusalColumns;
  /** Why a recording ended, such as "destroyed"; "" if it was cut off, goes on, or is a dump. */
  readonly ending: string;
  /** What was recorded, and when; "" where the file does not say. */
  readonly program: string;
  /** What is odd about the file, one sentence each; it was read all the same. */
  readonly warnings: readonly string[];
}

/** What kind of resource an allocation is for. Buffers come first, then images. */
export const Kind = {
  Unknown: 0,
  VertexBuffer: 1,
  UniformBuffer: 2,
  StorageBuffer: 3,
  OtherBuffer: 4,
  Texture: 5,
  RenderTarget: 6,
  DepthStencil: 7,
  OtherImage: 8,
  LinearImage: 9,
} as const;
/** What kind of resource an allocation is for. */
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The kinds' names, in their order. */
export const kindLabels: readonly string[] = [
  "Unknown",
  "Vertex and index buffer",
  "Uniform buffer",
  "Storage buffer",
  "Other buffer",
  "Texture",
  "Render target",
  "Depth and stencil",
  "Other image",
  "Linear image",
];

/** What an event tells; `subject` is given behind it. */
export const EventKind = {
  /** A range begins: an allocation was made. */
  Allocate: 0,
  /** A range ends: an allocation was freed. */
  Free: 1,
  /** A range begins where a move put its allocation; the old range ends. */
  Move: 2,
  /** A block, or dedicated memory, was taken from the device. */
  TakeBlock: 3,
  /** A block was given back. */
  ReturnBlock: 4,
  /** A pool was made. */
  CreatePool: 5,
  DestroyPool: 6,
  /** A frame begins; its number. */
  Frame: 7,
  /** A pass of defragmentation begins; its number. */
  BeginPass: 8,
  EndPass: 9,
  /** A request was refused; the refusal. */
  Refuse: 10,
  /** The driver was asked for its budget; the reading. */
  Budget: 11,
  /** A range was mapped. */
  Map: 12,
  Unmap: 13,
  /** A marker of the program; its text. */
  Mark: 14,
  /** A defragmentation begins, which has one or several passes; its number. */
  BeginDefragmentation: 15,
  EndDefragmentation: 16,
  /** A range was taken for an allocation that is to move there. */
  BeginMove: 17,
  CancelMove: 18,
  Rename: 19,
  /** Another resource in the memory of an allocation; the alias. */
  MakeAlias: 20,
  DestroyAlias: 21,
  /** All ranges of a block end at once; the block. */
  ClearBlock: 22,
  /** Operations are missing here; the number of them. */
  Lost: 23,
  /** The recording ends; the text that says why. */
  End: 24,
} as const;
/** What an event tells. */
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** The events' names, in their order. */
export const eventLabels: readonly string[] = [
  "Allocate",
  "Free",
  "Move",
  "Take block",
  "Return block",
  "Create pool",
  "Destroy pool",
  "Frame",
  "Begin defragmentation pass",
  "End defragmentation pass",
  "Refuse",
  "Budget reading",
  "Map",
  "Unmap",
  "Mark",
  "Begin defragmentation",
  "End defragmentation",
  "Begin move",
  "Cancel move",
  "Rename",
  "Make alias",
  "Destroy alias",
  "Clear block",
  "Operations missing",
  "End of the recording",
];

/** The last moment: the state when the file ends. */
export function lastMoment(history: History): number {
  return history.events.count;
}

/** Whether the file tells of more than one moment. */
export function hasTime(history: History): boolean {
  return history.events.count > 0;
}

/** Milliseconds from the beginning to a moment. */
export function timeOf({ events }: History, moment: number): number {
  return moment === 0 || events.count === 0 ? 0 : events.time[Math.min(moment, events.count) - 1]!;
}

/** The moment that a time falls into: after the last event that is not later. */
export function momentAt({ events }: History, milliseconds: number): number {
  let low = 0;
  let high = events.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events.time[middle]! <= milliseconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The name of an allocation; "" if it has none. */
export function nameOf({ texts, allocations }: History, allocation: number): string {
  return textAt(texts, allocations.name[allocation]!);
}

/** The name of the allocation that a range is of. */
export function nameOfRange(history: History, range: number): string {
  return nameOf(history, history.ranges.allocation[range]!);
}
