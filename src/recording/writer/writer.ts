/**
 * Writes a recording: a method for each operation of docs/recording-format.md. A record takes 10 to 40 ns and creates no
 * garbage except for new names.
 *
 * The writer has no state except its counters. Its owner supplies the snapshot that a segment begins with, and calls `settle`
 * after each operation, when the state is what the records say.
 */

import type { RecordingHeader } from "../format/header.ts";
import { MadeBit, RecordKind } from "../format/kinds.ts";
import { putSint, putUint } from "../format/varint.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { Dictionary, NO_STACK } from "./dictionary.ts";
import {
  putBlock,
  putBudgets,
  putDefragmentation,
  putOptional,
  putPool,
  type RecordedBudget,
  type RecordedDefragmentationInfo,
  type RecordedPoolInfo,
} from "./fields.ts";
import type { RecordingSink } from "./sink.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";

/** What an allocator refused, and why. */
export interface RefusalFields {
  /** From {@link Dictionary.requestOf}. */
  readonly request: number;
  /** Bytes asked for. */
  readonly size: number;
  readonly name: string | undefined;
  /** From {@link Dictionary.stackOf}, or NO_STACK. */
  readonly stack: number;
  /** VkResult */
  readonly result: number;
  /** One word, such as "budget". */
  readonly reason: string;
  readonly heap: number | undefined;
  /** 0: unknown. */
  readonly missingBytes: number;
  readonly message: string;
}

/** The settings of a {@link RecordingWriter}. */
export interface RecordingWriterOptions {
  readonly header: RecordingHeader;
  readonly sink: RecordingSink;
  /** Writes pools, blocks with allocations, and what is under way. */
  readonly snapshot: (snapshot: SnapshotWriter) => void;
  /** Bytes of operations after which a segment ends; default 960 KiB. */
  readonly segmentBytes?: number | undefined;
  /** Called when the sink fails. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Writes one recording. Times are nanoseconds since its start; one before the last counts as the last. */
export class RecordingWriter {
  readonly dictionary: Dictionary;
  readonly out: ChunkWriter;
  private readonly snapshotWriter: SnapshotWriter;
  private readonly takeSnapshot: (snapshot: SnapshotWriter) => void;
  private readonly sink: RecordingSink;
  private allocations = 0;
  private blocks = 0;
  private pools = 0;
  private aliases = 0;
  private defragmentations = 0;
  private currentFrame: number | undefined = undefined;

  /** Writes the header. The first segment begins with {@link begin}. */
  constructor(options: RecordingWriterOptions) {
    const { header, sink, snapshot, segmentBytes, onError } = options;
    this.sink = sink;
    this.takeSnapshot = snapshot;
    this.out = new ChunkWriter({ sink, segmentBytes, onError, onSegment: () => this.writeSnapshot() });
    this.dictionary = new Dictionary(this.out);
    this.snapshotWriter = new SnapshotWriter(this.out, this.dictionary);
    this.out.writeHeader(header);
  }

  /** Numbers for what existed before the recording, which appears only in the first snapshot. */
  adopt(kind: "allocations" | "blocks" | "pools" | "aliases"): number {
    return this[kind]++;
  }

  /** Begins the first segment, with a snapshot of what already exists. Later ones begin automatically. */
  begin(): void {
    this.out.beginSegment();
  }

  /**
   * To be called when an operation is written and the state is as the records say: begins a segment if one is due, with a
   * snapshot of that state.
   */
  settle(): void {
    this.out.settle();
  }

  /** Flushes, and goes on with a new segment: a reader begins here. */
  restart(): void {
    this.out.beginSegment();
    this.out.flush();
  }

  /** Ends the recording. */
  end(time: number, reason: string): void {
    this.write1(RecordKind.End, time, this.dictionary.text(reason));
    this.out.flush();
    this.sink.close?.();
  }

  // ---- Blocks and pools ---------------------------------------------------------------------------------

  /** Returns the block's number. */
  blockMade(time: number, bits: number, memoryType: number, pool: number | undefined, size: number): number {
    const at = this.out.start(RecordKind.BlockMade, time);
    this.out.finish(putBlock(this.out.bytes, at, bits, memoryType, pool, size));
    return this.blocks++;
  }

  blockFreed(time: number, block: number): void {
    this.write1(RecordKind.BlockFreed, time, block);
  }

  blockResized(time: number, block: number, size: number): void {
    this.write2(RecordKind.BlockResized, time, block, size);
  }

  /** All allocations of the block are freed. */
  blockCleared(time: number, block: number): void {
    this.write1(RecordKind.BlockCleared, time, block);
  }

  /** Returns the pool's number. */
  poolMade(time: number, info: RecordedPoolInfo): number {
    const name = this.dictionary.text(info.name);
    this.out.poolTypes(this.pools, info.fallbackMemoryTypes ?? []);
    const at = this.out.start(RecordKind.PoolMade, time);
    this.out.finish(putPool(this.out.bytes, at, info, name));
    return this.pools++;
  }

  poolDestroyed(time: number, pool: number): void {
    this.write1(RecordKind.PoolDestroyed, time, pool);
  }

  poolNamed(time: number, pool: number, name: string | undefined): void {
    this.write2(RecordKind.PoolNamed, time, pool, this.dictionary.text(name));
  }

  // ---- Allocations --------------------------------------------------------------------------------------

  /**
   * Returns the allocation's number.
   *
   * @param offset bytes, a multiple of the request's alignment.
   * @param request as from {@link Dictionary.requestOf}.
   * @param stack as from {@link Dictionary.stackOf}, or NO_STACK.
   */
  allocationMade(
    time: number,
    block: number,
    offset: number,
    size: number,
    request: number,
    requestedSize: number,
    name: string | undefined,
    stack: number,
    isPersistent: boolean,
  ): number {
    const { out, dictionary } = this;
    const requestNumber = dictionary.request(request);
    const nameNumber = name === undefined ? 0 : dictionary.text(name);
    const stackNumber = dictionary.stack(stack);
    const { bytes } = out;
    let at = out.start(
      RecordKind.AllocationMade |
        (nameNumber === 0 ? 0 : MadeBit.Named) |
        (stack === NO_STACK ? 0 : MadeBit.Stack) |
        (requestedSize === size ? 0 : MadeBit.OtherSize) |
        (isPersistent ? MadeBit.Persistent : 0),
      time,
    );
    at = putUint(bytes, at, block);
    at = putUint(bytes, at, offset / dictionary.alignmentOf(request));
    at = putUint(bytes, at, size);
    at = putUint(bytes, at, requestNumber);
    if (nameNumber !== 0) at = putUint(bytes, at, nameNumber);
    if (stackNumber !== 0) at = putUint(bytes, at, stackNumber);
    if (requestedSize !== size) at = putUint(bytes, at, requestedSize);
    out.finish(at);
    return this.allocations++;
  }

  freed(time: number, allocation: number): void {
    this.write1(RecordKind.Freed, time, this.ageOf(allocation));
  }

  mapped(time: number, allocation: number): void {
    this.write1(RecordKind.Mapped, time, this.ageOf(allocation));
  }

  unmapped(time: number, allocation: number): void {
    this.write1(RecordKind.Unmapped, time, this.ageOf(allocation));
  }

  renamed(time: number, allocation: number, name: string | undefined): void {
    this.write2(RecordKind.Renamed, time, this.ageOf(allocation), this.dictionary.text(name));
  }

  /** Returns the alias's number. */
  aliasMade(time: number, allocation: number, request: number, offset: number, size: number): number {
    const requestNumber = this.dictionary.request(request);
    const { bytes } = this.out;
    let at = putUint(bytes, this.out.start(RecordKind.AliasMade, time), this.ageOf(allocation));
    at = putUint(bytes, at, requestNumber);
    at = putUint(bytes, at, offset);
    this.out.finish(putUint(bytes, at, size));
    return this.aliases++;
  }

  aliasDestroyed(time: number, alias: number): void {
    this.write1(RecordKind.AliasDestroyed, time, alias);
  }

  refused(time: number, refusal: RefusalFields): void {
    const { dictionary, out } = this;
    const request = dictionary.request(refusal.request);
    const name = dictionary.text(refusal.name);
    const stack = dictionary.stack(refusal.stack);
    const reason = dictionary.text(refusal.reason);
    const message = dictionary.text(refusal.message);
    const { bytes } = out;
    let at = putUint(bytes, out.start(RecordKind.Refused, time), request);
    at = putUint(bytes, at, refusal.size);
    at = putUint(bytes, at, name);
    at = putUint(bytes, at, stack);
    at = putSint(bytes, at, refusal.result);
    at = putUint(bytes, at, reason);
    at = putOptional(bytes, at, refusal.heap);
    at = putUint(bytes, at, refusal.missingBytes);
    out.finish(putUint(bytes, at, message));
  }

  // ---- Defragmentation ----------------------------------------------------------------------------------

  /** Returns the defragmentation's number. */
  defragmentationBegun(time: number, info: RecordedDefragmentationInfo): number {
    const at = this.out.start(RecordKind.DefragmentationBegun, time);
    this.out.finish(putDefragmentation(this.out.bytes, at, info));
    return this.defragmentations++;
  }

  passBegun(time: number, defragmentation: number, moves: number, bytes: number): void {
    this.write3(RecordKind.PassBegun, time, defragmentation, moves, bytes);
  }

  moveBegun(time: number, allocation: number, block: number, offset: number): void {
    this.write3(RecordKind.MoveBegun, time, this.ageOf(allocation), block, offset);
  }

  moved(time: number, allocation: number, block: number, offset: number): void {
    this.write3(RecordKind.Moved, time, this.ageOf(allocation), block, offset);
  }

  moveCancelled(time: number, allocation: number): void {
    this.write1(RecordKind.MoveCancelled, time, this.ageOf(allocation));
  }

  passEnded(time: number, defragmentation: number, moves: number, bytes: number): void {
    this.write3(RecordKind.PassEnded, time, defragmentation, moves, bytes);
  }

  defragmentationEnded(
    time: number,
    defragmentation: number,
    moves: number,
    bytesMoved: number,
    blocksFreed: number,
    bytesFreed: number,
  ): void {
    const { bytes } = this.out;
    let at = putUint(bytes, this.out.start(RecordKind.DefragmentationEnded, time), defragmentation);
    at = putUint(bytes, at, moves);
    at = putUint(bytes, at, bytesMoved);
    at = putUint(bytes, at, blocksFreed);
    this.out.finish(putUint(bytes, at, bytesFreed));
  }

  // ---- Time and budgets ---------------------------------------------------------------------------------

  frame(time: number, frame: number): void {
    this.currentFrame = frame;
    this.write1(RecordKind.Frame, time, frame);
  }

  budgets(time: number, budgets: readonly RecordedBudget[]): void {
    this.out.finish(putBudgets(this.out.bytes, this.out.start(RecordKind.Budgets, time), budgets));
  }

  mark(time: number, text: string): void {
    this.write1(RecordKind.Mark, time, this.dictionary.text(text));
  }

  // ---- Inside -------------------------------------------------------------------------------------------

  private writeSnapshot(): void {
    const { allocations, blocks, pools, aliases, defragmentations } = this;
    this.dictionary.beginSegment();
    this.snapshotWriter.counters({
      allocations,
      blocks,
      pools,
      aliases,
      defragmentations,
      frame: this.currentFrame,
    });
    this.takeSnapshot(this.snapshotWriter);
    this.dictionary.endSnapshot();
  }

  private ageOf(allocation: number): number {
    return this.allocations - 1 - allocation;
  }

  private write1(kind: number, time: number, first: number): void {
    this.out.finish(putUint(this.out.bytes, this.out.start(kind, time), first));
  }

  private write2(kind: number, time: number, first: number, second: number): void {
    const { bytes } = this.out;
    const at = putUint(bytes, this.out.start(kind, time), first);
    this.out.finish(putUint(bytes, at, second));
  }

  private write3(kind: number, time: number, first: number, second: number, third: number): void {
    const { bytes } = this.out;
    let at = putUint(bytes, this.out.start(kind, time), first);
    at = putUint(bytes, at, second);
    this.out.finish(putUint(bytes, at, third));
  }
}
