/** Writes the state that a segment begins with: counters, pools, blocks with their allocations, what is under way. */

import { RecordKind, SnapshotBit } from "../format/kinds.ts";
import { putSint, putUint } from "../format/varint.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { type Dictionary, NO_STACK } from "./dictionary.ts";
import {
  putBlock,
  putBudgets,
  putDefragmentation,
  putPool,
  type RecordedBudget,
  type RecordedDefragmentationInfo,
  type RecordedPoolInfo,
} from "./fields.ts";

/** How many of each there have been. */
export interface RecordedCounters {
  readonly allocations: number;
  readonly blocks: number;
  readonly pools: number;
  readonly aliases: number;
  readonly defragmentations: number;
  readonly frame: number | undefined;
}

/** Whoever has the state calls these; {@link counters} first, and each block before its allocations. */
export class SnapshotWriter {
  private readonly out: ChunkWriter;
  private readonly dictionary: Dictionary;
  // The allocation record before.
  private lastAllocation = -1;
  private lastEnd = 0;
  private lastSize = -1;
  private lastRequest = -1;

  constructor(out: ChunkWriter, dictionary: Dictionary) {
    this.out = out;
    this.dictionary = dictionary;
  }

  counters(counters: RecordedCounters): void {
    this.lastAllocation = -1;
    this.lastSize = -1;
    this.lastRequest = -1;
    const { bytes } = this.out;
    let at = this.out.startPlain(RecordKind.Counters);
    at = putUint(bytes, at, counters.allocations);
    at = putUint(bytes, at, counters.blocks);
    at = putUint(bytes, at, counters.pools);
    at = putUint(bytes, at, counters.aliases);
    at = putUint(bytes, at, counters.defragmentations);
    this.out.finishPlain(putUint(bytes, at, counters.frame === undefined ? 0 : counters.frame + 1));
  }

  pool(pool: number, info: RecordedPoolInfo): void {
    const name = this.dictionary.text(info.name);
    this.out.poolTypes(pool, info.fallbackMemoryTypes ?? []);
    const { bytes } = this.out;
    const at = putUint(bytes, this.out.startPlain(RecordKind.SnapshotPool), pool);
    this.out.finishPlain(putPool(bytes, at, info, name));
  }

  /** A block; its `count` allocations follow in the order of their offsets. */
  block(
    block: number,
    bits: number,
    memoryType: number,
    pool: number | undefined,
    size: number,
    count: number,
  ): void {
    const { bytes } = this.out;
    let at = putUint(bytes, this.out.startPlain(RecordKind.SnapshotBlock), block);
    at = putBlock(bytes, at, bits, memoryType, pool, size);
    this.out.finishPlain(putUint(bytes, at, count));
    this.lastEnd = 0;
  }

  /**
   * An allocation of the block before.
   *
   * @param request as from {@link Dictionary.requestOf}.
   * @param stack as from {@link Dictionary.stackOf}, or NO_STACK.
   * @param mapped 2 × mapMemory calls in effect + 1 if persistently mapped.
   */
  allocation(
    allocation: number,
    offset: number,
    size: number,
    request: number,
    requestedSize: number,
    name: string | undefined,
    stack: number,
    mapped: number,
  ): void {
    const { out, dictionary } = this;
    const isAsBefore = size === this.lastSize && request === this.lastRequest;
    const requestNumber = isAsBefore ? 0 : dictionary.request(request);
    const nameNumber = dictionary.text(name);
    const stackNumber = dictionary.stack(stack);
    const gap = offset - this.lastEnd;
    const { bytes } = out;
    let at = out.startPlain(
      RecordKind.SnapshotAllocation |
        (nameNumber === 0 ? 0 : SnapshotBit.Named) |
        (stack === NO_STACK ? 0 : SnapshotBit.Stack) |
        (gap === 0 ? 0 : SnapshotBit.Gap) |
        (isAsBefore ? SnapshotBit.AsBefore : 0) |
        (mapped === 0 ? 0 : SnapshotBit.Mapped) |
        (requestedSize === size ? 0 : SnapshotBit.OtherSize),
    );
    at = putSint(bytes, at, allocation - this.lastAllocation - 1);
    if (gap !== 0) at = putUint(bytes, at, gap);
    if (!isAsBefore) at = putUint(bytes, putUint(bytes, at, size), requestNumber);
    if (requestedSize !== size) at = putUint(bytes, at, requestedSize);
    if (nameNumber !== 0) at = putUint(bytes, at, nameNumber);
    if (stackNumber !== 0) at = putUint(bytes, at, stackNumber);
    if (mapped !== 0) at = putUint(bytes, at, mapped);
    out.finishPlain(at);
    this.lastAllocation = allocation;
    this.lastEnd = offset + size;
    this.lastSize = size;
    this.lastRequest = request;
  }

  alias(alias: number, allocation: number, request: number, offset: number, size: number): void {
    const requestNumber = this.dictionary.request(request);
    const { bytes } = this.out;
    let at = putUint(bytes, this.out.startPlain(RecordKind.SnapshotAlias), alias);
    at = putUint(bytes, at, allocation);
    at = putUint(bytes, at, requestNumber);
    at = putUint(bytes, at, offset);
    this.out.finishPlain(putUint(bytes, at, size));
  }

  /** A move that is under way: the range at the destination is taken. */
  move(allocation: number, block: number, offset: number): void {
    const { bytes } = this.out;
    let at = putUint(bytes, this.out.startPlain(RecordKind.SnapshotMove), allocation);
    at = putUint(bytes, at, block);
    this.out.finishPlain(putUint(bytes, at, offset));
  }

  budgets(budgets: readonly RecordedBudget[]): void {
    this.out.finishPlain(
      putBudgets(this.out.bytes, this.out.startPlain(RecordKind.SnapshotBudgets), budgets),
    );
  }

  /** A defragmentation that is under way. */
  defragmentation(
    defragmentation: number,
    info: RecordedDefragmentationInfo,
    passes: number,
    isInPass: boolean,
  ): void {
    const { bytes } = this.out;
    let at = putUint(bytes, this.out.startPlain(RecordKind.SnapshotDefragmentation), defragmentation);
    at = putDefragmentation(bytes, at, info);
    at = putUint(bytes, at, passes);
    this.out.finishPlain(putUint(bytes, at, isInPass ? 1 : 0));
  }
}
