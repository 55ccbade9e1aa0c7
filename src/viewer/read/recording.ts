/**
 * Recordings of vma-ts: goes through all operations once, and tells the builder what began and what ended with each.
 * 0.3 µs an operation. It can go on when more of a recording has come.
 */

import {
  BlockBit,
  type RecordCursor,
  type RecordedRequest,
  type RecordedStack,
  type Recording,
  type RecordingHeader,
  RecordKind,
} from "../../recording/index.ts";
import { HistoryBuilder } from "../model/builder.ts";
import { WordColumn } from "../model/columns.ts";
import { type DeviceInfo, EventKind, type History, NONE } from "../model/history.ts";
import { addDevice } from "./device.ts";
import { FileError } from "./json.ts";
import { LiveNumbers } from "./live-numbers.ts";
import { kindOfRequest, requestText } from "./requests.ts";

/** A block that is alive. */
interface LiveBlock {
  index: number;
  readonly pool: number;
  readonly dedicated: boolean;
  snapshot: number;
}

/** Numbers beyond this are written as this. */
const LARGEST_WORD = 0xfffffffe;

/** Reads recordings, and goes on reading. */
export class RecordingReader {
  readonly #recording: Recording;
  readonly #name: string;
  readonly #builder = new HistoryBuilder();
  readonly #header: RecordingHeader;
  readonly #device: DeviceInfo;
  readonly #cursor: RecordCursor;
  /** Allocations that are alive, by their numbers in the recording. */
  readonly #allocations = new LiveNumbers();
  /** By allocation: where it is, the range taken for it to move to, and the snapshot that spoke of it last. */
  readonly #range = new WordColumn();
  readonly #target = new WordColumn();
  readonly #snapshotOf = new WordColumn();
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #blocks = new Map<number, LiveBlock>();
  readonly #pools = new Map<number, number>();
  /** What the blocks of a pool with several memory types are in, by the pool's place here and the type. */
  readonly #otherTypes = new Map<string, number>();
  readonly #defaults = new Map<number, number>();
  readonly #aliases = new Map<number, number>();
  readonly #kinds = new Map<RecordedRequest, { kind: ReturnType<typeof kindOfRequest>; data: number }>();
  readonly #stacks = new Map<RecordedStack, number>();
  #snapshots = 0;
  #frame = NONE;
  /** Operations of the recording that have been told as events, lost ones included. */
  #operations = 0;
  #ending = "";

  constructor(recording: Recording, name: string) {
    this.#recording = recording;
    this.#name = name;
    this.#header = recording.header;
    this.#device = addDevice(this.#builder, this.#header);
    this.#cursor = recording.cursor();
  }

  /** Operations read so far. */
  get operations(): number {
    return this.#builder.moment;
  }

  /** Reads what has come. */
  advance(): void {
    const cursor = this.#cursor;
    this.#bytes = this.#recording.bytes;
    while (cursor.next()) {
      if (cursor.isSnapshot) this.#snapshot(cursor);
      else this.#operation(cursor);
    }
  }

  /** The history so far. */
  finish(): History {
    const { program, startedAt, name } = this.#header;
    const builder = this.#builder;
    builder.warnings.length = 0;
    const { problems } = this.#recording;
    for (const { position, resumedAt, message } of problems.slice(0, 100))
      builder.warnings.push(
        `The recording is damaged at byte ${position}: ${message}. Reading went on at byte ${resumedAt}.`,
      );
    const facts = [program?.name, name, startedAt?.replace("T", " ").replace(/\.\d+Z$/, " UTC")];
    return builder.finish(this.#name, "Recording", this.#device, {
      ending: this.#ending,
      program: facts.filter(Boolean).join(" · "),
    });
  }

  #snapshot(cursor: RecordCursor): void {
    const builder = this.#builder;
    switch (cursor.kind) {
      case RecordKind.Counters:
        this.#beginSnapshot(cursor);
        break;
      case RecordKind.SnapshotPool:
        this.#addPool(cursor);
        break;
      case RecordKind.SnapshotBlock:
        this.#snapshotBlock(cursor);
        break;
      case RecordKind.SnapshotAllocation:
        this.#snapshotAllocation(cursor);
        break;
      case RecordKind.SnapshotAlias:
        if (!this.#aliases.has(cursor.alias)) this.#addAlias(cursor);
        break;
      case RecordKind.SnapshotMove: {
        const allocation = this.#allocations.get(cursor.allocation);
        const block = this.#blocks.get(cursor.block);
        if (allocation === undefined || block === undefined) break;
        if (this.#target.cells[allocation] !== NONE) break;
        const { size } = builder.rangePlace(this.#range.cells[allocation]!);
        this.#target.cells[allocation] = builder.place(allocation, block.index, cursor.offset, size);
        break;
      }
      case RecordKind.SnapshotBudgets:
        this.#addBudgets(cursor);
        break;
      case RecordKind.SnapshotEnd:
        this.#endSnapshot();
        break;
    }
  }

  /** A snapshot that is told is the first one, or the first behind damage: what it does not speak of is gone. */
  #beginSnapshot(cursor: RecordCursor): void {
    this.#frame = cursor.frame ?? NONE;
    this.#allocations.expect(cursor.allocationsMade);
    if (this.#snapshots++ > 0) {
      const lost = cursor.operation - this.#operations;
      if (lost > 0) this.#builder.event(EventKind.Lost, cursor.time / 1e6, Math.min(lost, LARGEST_WORD));
    }
    this.#operations = cursor.operation;
  }

  #snapshotBlock(cursor: RecordCursor): void {
    const live = this.#blocks.get(cursor.block);
    if (live === undefined) this.#addBlock(cursor);
    else live.snapshot = this.#snapshots;
  }

  #snapshotAllocation(cursor: RecordCursor): void {
    const allocation = this.#allocations.get(cursor.allocation);
    // The block is the last one that was told.
    const block = this.#blocks.get(cursor.block)!;
    if (allocation === undefined) {
      this.#allocations.set(cursor.allocation, this.#addAllocation(cursor, block));
      return;
    }
    this.#snapshotOf.cells[allocation] = this.#snapshots;
    const range = this.#range.cells[allocation]!;
    if (this.#isAt(range, block.index, cursor.offset)) return;
    this.#builder.endRange(range);
    this.#range.cells[allocation] = this.#builder.place(allocation, block.index, cursor.offset, cursor.size);
  }

  #endSnapshot(): void {
    for (const [number, allocation] of this.#allocations.entries())
      if (this.#snapshotOf.cells[allocation] !== this.#snapshots) this.#endAllocation(number, allocation);
    for (const [number, live] of this.#blocks) {
      if (live.snapshot === this.#snapshots) continue;
      this.#builder.endBlock(live.index);
      this.#blocks.delete(number);
    }
  }

  #operation(cursor: RecordCursor): void {
    const builder = this.#builder;
    const time = cursor.time / 1e6;
    this.#operations = cursor.operation;
    switch (cursor.kind) {
      case RecordKind.AllocationMade: {
        builder.event(EventKind.Allocate, time, NONE);
        const block = this.#blocks.get(cursor.block);
        const allocation = builder.allocationCount;
        this.#allocations.add(allocation);
        // In a block that was freed before: only a damaged or hostile recording says so.
        if (block === undefined) this.#allocations.delete(cursor.allocation);
        else this.#addAllocation(cursor, block);
        if (block !== undefined) builder.setSubject(this.#range.cells[allocation]!);
        break;
      }
      case RecordKind.Freed: {
        const allocation = this.#allocations.get(cursor.allocation);
        builder.event(EventKind.Free, time, this.#rangeOf(allocation));
        if (allocation !== undefined) this.#endAllocation(cursor.allocation, allocation);
        break;
      }
      case RecordKind.Mapped:
      case RecordKind.Unmapped:
        builder.event(
          cursor.kind === RecordKind.Mapped ? EventKind.Map : EventKind.Unmap,
          time,
          this.#rangeOf(this.#allocations.get(cursor.allocation)),
        );
        break;
      case RecordKind.BlockMade:
        builder.event(EventKind.TakeBlock, time);
        builder.setSubject(this.#addBlock(cursor));
        break;
      case RecordKind.BlockFreed: {
        const live = this.#blocks.get(cursor.block);
        builder.event(EventKind.ReturnBlock, time, live?.index ?? NONE);
        if (live !== undefined) builder.endBlock(live.index);
        this.#blocks.delete(cursor.block);
        break;
      }
      case RecordKind.Frame:
        this.#frame = Math.min(cursor.frame!, LARGEST_WORD);
        builder.event(EventKind.Frame, time, this.#frame);
        break;
      case RecordKind.Budgets:
        builder.event(EventKind.Budget, time);
        this.#addBudgets(cursor);
        break;
      case RecordKind.Refused:
        this.#refuse(cursor, time);
        break;
      default:
        this.#rareOperation(cursor, time);
    }
  }

  #rareOperation(cursor: RecordCursor, time: number): void {
    const builder = this.#builder;
    switch (cursor.kind) {
      case RecordKind.MoveBegun:
      case RecordKind.Moved:
      case RecordKind.MoveCancelled:
        this.#move(cursor, time);
        break;
      case RecordKind.Renamed: {
        const allocation = this.#allocations.get(cursor.allocation);
        builder.event(EventKind.Rename, time, this.#rangeOf(allocation));
        if (allocation !== undefined) builder.rename(allocation, this.#nameOf(cursor));
        break;
      }
      case RecordKind.BlockResized:
        this.#resize(cursor, time);
        break;
      case RecordKind.BlockCleared: {
        const block = this.#blocks.get(cursor.block);
        builder.event(EventKind.ClearBlock, time, block?.index ?? NONE);
        for (const [number, allocation] of this.#allocations.entries())
          if (builder.rangePlace(this.#range.cells[allocation]!).block === block?.index)
            this.#endAllocation(number, allocation);
        break;
      }
      case RecordKind.PoolMade:
        builder.event(EventKind.CreatePool, time);
        builder.setSubject(this.#addPool(cursor));
        break;
      case RecordKind.PoolDestroyed:
        builder.event(EventKind.DestroyPool, time, this.#pools.get(cursor.pool!) ?? NONE);
        break;
      case RecordKind.PoolNamed: {
        const index = this.#pools.get(cursor.pool!);
        builder.event(EventKind.Rename, time, NONE);
        const label = cursor.name || `Pool ${cursor.pool}`;
        for (const one of index === undefined ? [] : this.#shownFor(index)) {
          builder.pools[one] = { ...builder.pools[one]!, label };
        }
        break;
      }
      case RecordKind.DefragmentationBegun:
        builder.event(EventKind.BeginDefragmentation, time, Math.min(cursor.defragmentation, LARGEST_WORD));
        break;
      case RecordKind.DefragmentationEnded:
        builder.event(EventKind.EndDefragmentation, time, Math.min(cursor.defragmentation, LARGEST_WORD));
        break;
      case RecordKind.PassBegun:
        builder.event(EventKind.BeginPass, time, Math.min(cursor.moves, LARGEST_WORD));
        break;
      case RecordKind.PassEnded:
        builder.event(EventKind.EndPass, time, Math.min(cursor.moves, LARGEST_WORD));
        break;
      case RecordKind.AliasMade:
        builder.event(EventKind.MakeAlias, time);
        builder.setSubject(this.#addAlias(cursor));
        break;
      case RecordKind.AliasDestroyed: {
        const alias = this.#aliases.get(cursor.alias);
        builder.event(EventKind.DestroyAlias, time, alias ?? NONE);
        if (alias !== undefined) builder.endAlias(alias);
        break;
      }
      case RecordKind.Mark:
        builder.event(EventKind.Mark, time, builder.texts.add(cursor.name ?? ""));
        break;
      case RecordKind.End:
        this.#ending = cursor.name ?? "";
        builder.event(EventKind.End, time, builder.texts.add(this.#ending));
        break;
    }
  }

  /** A move takes its target at once, and leaves its source when it is done. */
  #move(cursor: RecordCursor, time: number): void {
    const builder = this.#builder;
    const allocation = this.#allocations.get(cursor.allocation);
    let target = allocation === undefined ? NONE : this.#target.cells[allocation]!;
    if (cursor.kind === RecordKind.MoveCancelled) {
      builder.event(EventKind.CancelMove, time, target);
      if (target !== NONE) builder.endRange(target);
      if (allocation !== undefined) this.#target.cells[allocation] = NONE;
      return;
    }
    const block = this.#blocks.get(cursor.block);
    const isDone = cursor.kind === RecordKind.Moved;
    builder.event(isDone ? EventKind.Move : EventKind.BeginMove, time, NONE);
    if (allocation === undefined || block === undefined) return;
    const source = this.#range.cells[allocation]!;
    if (target !== NONE && !this.#isAt(target, block.index, cursor.offset)) {
      builder.endRange(target);
      target = NONE;
    }
    if (target === NONE)
      target = builder.place(allocation, block.index, cursor.offset, builder.rangePlace(source).size);
    builder.setSubject(target);
    this.#target.cells[allocation] = isDone ? NONE : target;
    if (!isDone) return;
    builder.endRange(source);
    this.#range.cells[allocation] = target;
  }

  #rangeOf(allocation: number | undefined): number {
    return allocation === undefined ? NONE : this.#range.cells[allocation]!;
  }

  #isAt(range: number, block: number, offset: number): boolean {
    const place = this.#builder.rangePlace(range);
    return place.block === block && place.offset === offset;
  }

  /** A block of another size is another block with the same number, into which everything goes over. */
  #resize(cursor: RecordCursor, time: number): void {
    const builder = this.#builder;
    const live = this.#blocks.get(cursor.block);
    builder.event(EventKind.TakeBlock, time, NONE);
    if (live === undefined) return;
    const old = live.index;
    builder.endBlock(old);
    live.index = builder.addBlock({
      pool: live.pool,
      size: cursor.size,
      dedicated: live.dedicated,
      id: Math.min(cursor.block, LARGEST_WORD),
    });
    builder.setSubject(live.index);
    for (const [, allocation] of this.#allocations.entries()) {
      const range = this.#range.cells[allocation]!;
      const { block, offset, size } = builder.rangePlace(range);
      if (block !== old) continue;
      builder.endRange(range);
      this.#range.cells[allocation] = builder.place(allocation, live.index, offset, size);
    }
  }

  #refuse(cursor: RecordCursor, time: number): void {
    const builder = this.#builder;
    builder.event(EventKind.Refuse, time);
    builder.setSubject(
      builder.addRefusal({
        size: cursor.size,
        name: builder.texts.add(cursor.name ?? ""),
        reason: builder.texts.add(cursor.reason ?? ""),
        message: builder.texts.add(cursor.message ?? ""),
        stack: this.#stackOf(cursor.stack),
      }),
    );
  }

  /** Adds an allocation; returns its index. */
  #addAllocation(cursor: RecordCursor, block: LiveBlock): number {
    const request = cursor.request!;
    const { kind, data } = this.#kindOf(request);
    const allocation = this.#builder.addAllocation(
      kind,
      cursor.requestedSize,
      request.resourceUsage,
      this.#nameOf(cursor),
      data,
      this.#stackOf(cursor.stack),
      this.#frame,
    );
    this.#range.push(this.#builder.place(allocation, block.index, cursor.offset, cursor.size));
    this.#target.push(NONE);
    this.#snapshotOf.push(this.#snapshots);
    return allocation;
  }

  /** The name's bytes are looked up as they are: a string of each would take longer than all the rest. */
  #nameOf(cursor: RecordCursor): number {
    return this.#builder.texts.addBytes(this.#bytes, cursor.nameStart, cursor.nameEnd);
  }

  #endAllocation(number: number, allocation: number): void {
    this.#builder.endRange(this.#range.cells[allocation]!);
    const target = this.#target.cells[allocation]!;
    if (target !== NONE) this.#builder.endRange(target);
    this.#allocations.delete(number);
  }

  #kindOf(request: RecordedRequest): { kind: ReturnType<typeof kindOfRequest>; data: number } {
    let known = this.#kinds.get(request);
    if (known === undefined) {
      known = {
        kind: kindOfRequest(request, this.#header.source),
        data: this.#builder.texts.add(requestText(request)),
      };
      this.#kinds.set(request, known);
    }
    return known;
  }

  #stackOf(stack: RecordedStack | undefined): number {
    if (stack === undefined) return 0;
    let index = this.#stacks.get(stack);
    if (index === undefined) {
      const lines = stack.frames.map(
        ({ function: name, file, line, column }) => `at ${name || "(anonymous)"} (${file}:${line}:${column})`,
      );
      index = this.#builder.texts.add(lines.join("\n"));
      this.#stacks.set(stack, index);
    }
    return index;
  }

  #addBlock(cursor: RecordCursor): number {
    const dedicated = (cursor.bits & BlockBit.Dedicated) !== 0;
    const pool =
      cursor.pool === undefined || !this.#pools.has(cursor.pool)
        ? this.#defaultPool(cursor)
        : this.#poolFor(this.#pools.get(cursor.pool)!, cursor);
    const index = this.#builder.addBlock({
      pool,
      size: cursor.size,
      dedicated,
      id: Math.min(cursor.block, LARGEST_WORD),
    });
    this.#blocks.set(cursor.block, { index, pool, dedicated, snapshot: this.#snapshots });
    return index;
  }

  #typeOf({ memoryTypeIndex: memoryType }: RecordCursor): number {
    const builder = this.#builder;
    if (memoryType >= 32)
      throw new FileError(`The recording has a memory type ${memoryType}; there are at most 32.`);
    while (builder.types.length <= memoryType)
      builder.addType({ label: `Type ${builder.types.length}`, heap: 0, flags: [] });
    return memoryType;
  }

  /** A pool of several memory types is shown in each of them, as in a dump. */
  #poolFor(pool: number, cursor: RecordCursor): number {
    const { pools } = this.#builder;
    const type = this.#typeOf(cursor);
    if (pools[pool]!.type === type) return pool;
    const key = `${pool} ${type}`;
    let other = this.#otherTypes.get(key);
    if (other === undefined) {
      other = this.#builder.addPool({ ...pools[pool]!, type });
      this.#otherTypes.set(key, other);
    }
    return other;
  }

  /** The places of a pool: that of its first type, and those of the others. */
  #shownFor(pool: number): number[] {
    const others = [...this.#otherTypes].filter(([key]) => key.startsWith(`${pool} `));
    return [pool, ...others.map(([, other]) => other)];
  }

  #defaultPool(cursor: RecordCursor): number {
    const type = this.#typeOf(cursor);
    let pool = this.#defaults.get(type);
    if (pool === undefined) {
      pool = this.#builder.addPool({ label: "Default pool", type, isCustom: false, preferredBlockSize: 0 });
      this.#defaults.set(type, pool);
    }
    return pool;
  }

  #addPool(cursor: RecordCursor): number {
    const known = this.#pools.get(cursor.pool!);
    if (known !== undefined) return known;
    const pool = this.#builder.addPool({
      label: cursor.name || `Pool ${cursor.pool}`,
      type: this.#typeOf(cursor),
      isCustom: true,
      preferredBlockSize: cursor.blockSize,
    });
    this.#pools.set(cursor.pool!, pool);
    return pool;
  }

  #addAlias(cursor: RecordCursor): number {
    const allocation = this.#allocations.get(cursor.allocation);
    if (allocation === undefined) return NONE;
    const { kind, data } = this.#kindOf(cursor.request!);
    const { offset, size } = cursor;
    const alias = this.#builder.addAlias({ allocation, offset, size, kind, name: data });
    this.#aliases.set(cursor.alias, alias);
    return alias;
  }

  #addBudgets({ budgets }: RecordCursor): void {
    for (const [heap, { budget, usage }] of budgets.entries())
      if (heap < this.#builder.heaps.length) this.#builder.addBudget(heap, budget, usage);
  }
}

/** The history in a recording. */
export function readRecordingFile(recording: Recording, name: string): History {
  const [problem] = recording.problems;
  if (recording.segments.length === 0 && problem !== undefined)
    throw new FileError(
      `Only the header of this recording can be read. It is damaged at byte ${problem.position}: ${problem.message}.`,
    );
  const reader = new RecordingReader(recording, name);
  reader.advance();
  return reader.finish();
}
