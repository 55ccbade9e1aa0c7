/**
 * A recording as PyTorch's memory snapshot, a pickle that its memory_viz draws: active memory over time, and the state of
 * memory at each event. Each heap becomes a device, each memory type a stream, each block a segment. Names are shown as the
 * innermost frame of a stack, as memory_viz has no names.
 *
 * Blocks get unique addresses, one after the other, that are never reused. About 90 bytes an operation.
 */

import { RecordKind } from "../format/kinds.ts";
import { describeRequest } from "../format/names.ts";
import type { RecordedRequest } from "../format/request.ts";
import type { RecordCursor } from "../reader/cursor.ts";
import type { RecordedStack } from "../reader/definitions.ts";
import type { Recording } from "../reader/recording.ts";
import { type RecordedAllocation, type RecordedBlock, RecordedState } from "../reader/state.ts";
import { visitRanges } from "../reader/statistics.ts";
import { PickleWriter } from "./pickle.ts";

/** Between the addresses of blocks. */
const ADDRESS_STEP = 0x10000;
/** Below it no address is used, so that none is 0. */
const FIRST_ADDRESS = 0x100000000;

/** Which part of a recording to export. */
export interface MemoryVizOptions {
  /** The number of operations to skip at the start; default 0. */
  readonly from?: number | undefined;
  /** The operation at which to stop; default: the end. */
  readonly to?: number | undefined;
}

/** The pickle of a recording, or of a part of it. */
export function exportMemoryViz(recording: Recording, options: MemoryVizOptions = {}): Uint8Array {
  const { from = 0, to = Number.POSITIVE_INFINITY } = options;
  const exporter = new Exporter(recording);
  return exporter.export(from, to);
}

class Exporter {
  private readonly recording: Recording;
  private readonly out: PickleWriter = new PickleWriter();
  private readonly state: RecordedState = new RecordedState();
  private readonly addresses: Map<number, number> = new Map();
  private nextAddress = FIRST_ADDRESS;
  /** Lists of frames that were written, by their contents. */
  private readonly frames: Map<RecordedStack | undefined, Map<string, number>> = new Map();
  private readonly startedAt: number;

  constructor(recording: Recording) {
    this.recording = recording;
    const { startedAt } = recording.header;
    const started = startedAt === undefined ? Number.NaN : Date.parse(startedAt);
    this.startedAt = Number.isFinite(started) ? started * 1000 : 0;
  }

  export(from: number, to: number): Uint8Array {
    const heaps = Math.max(this.recording.header.device?.memoryHeaps.length ?? 0, 1);
    this.out.dict({
      // The traces first: the segments are as they are at their end.
      device_traces: () =>
        this.out.list((endItem) => {
          for (let heap = 0; heap < heaps; heap++) {
            this.out.list((endEntry) => this.writeTrace(heap, from, to, endEntry));
            endItem();
          }
        }),
      segments: () =>
        this.out.list((endItem) => {
          for (const block of this.state.blocks.values()) {
            this.writeSegment(block);
            endItem();
          }
        }),
    });
    return this.out.finish();
  }

  /** What happened in one heap. */
  private writeTrace(heap: number, from: number, to: number, endEntry: () => void): void {
    const { state } = this;
    const cursor = this.recording.cursor();
    while (cursor.next() && cursor.operation <= to) {
      if (!cursor.isSnapshot && cursor.operation > from) this.writeRecord(cursor, heap, endEntry);
      state.apply(cursor);
    }
  }

  private writeRecord(record: RecordCursor, heap: number, endEntry: () => void): void {
    const { state } = this;
    const entry = (
      action: string,
      block: RecordedBlock,
      offset: number,
      size: number,
      frames: () => void,
    ): void => {
      if (this.heapOf(block) !== heap) return;
      this.writeEntry(
        action,
        this.addressOf(block) + offset,
        size,
        block.memoryTypeIndex,
        record.time,
        frames,
      );
      endEntry();
    };
    switch (record.kind) {
      case RecordKind.AllocationMade: {
        const block = state.blocks.get(record.block);
        const { offset, size, name, request, stack } = record;
        if (block !== undefined)
          entry("alloc", block, offset, size, () => this.writeFrames(name, request!, stack));
        break;
      }
      case RecordKind.Freed:
      case RecordKind.Moved: {
        const allocation = state.allocations.get(record.allocation);
        if (allocation === undefined) break;
        const frames = (): void => this.writeFramesOf(allocation);
        entry("free_requested", allocation.block, allocation.offset, allocation.size, frames);
        entry("free_completed", allocation.block, allocation.offset, allocation.size, frames);
        if (record.kind === RecordKind.Freed) break;
        const target = state.blocks.get(record.block);
        if (target !== undefined) entry("alloc", target, record.offset, allocation.size, frames);
        break;
      }
      case RecordKind.BlockCleared: {
        const block = state.blocks.get(record.block);
        for (const each of block?.allocations ?? []) {
          const frames = (): void => this.writeFramesOf(each);
          entry("free_requested", each.block, each.offset, each.size, frames);
          entry("free_completed", each.block, each.offset, each.size, frames);
        }
        break;
      }
      case RecordKind.BlockFreed: {
        const block = state.blocks.get(record.block);
        if (block !== undefined) entry("segment_free", block, 0, block.size, () => this.writeNoFrames());
        break;
      }
      case RecordKind.Refused:
        this.writeRefusal(record, heap, endEntry);
        break;
      case RecordKind.BlockMade:
        if (this.heapOf(record) === heap) {
          const address = this.addressOf({ id: record.block, size: record.size });
          this.writeEntry("segment_alloc", address, record.size, record.memoryTypeIndex, record.time, () =>
            this.writeNoFrames(),
          );
          endEntry();
        }
        break;
    }
  }

  private writeRefusal(record: RecordCursor, heap: number, endEntry: () => void): void {
    if ((record.heap ?? 0) !== heap) return;
    const { out } = this;
    const budget = this.state.budgets[heap];
    const { size, time, name, request, stack } = record;
    out.dict({
      action: () => out.text("oom"),
      size: () => out.integer(size),
      stream: () => out.integer(0),
      device_free: () => out.integer(budget === undefined ? 0 : Math.max(budget.budget - budget.usage, 0)),
      time_us: () => out.integer(this.microseconds(time)),
      frames: () => this.writeFrames(name, request!, stack, record.message),
    });
    endEntry();
  }

  private writeEntry(
    action: string,
    address: number,
    size: number,
    stream: number,
    time: number,
    frames: () => void,
  ): void {
    const { out } = this;
    out.dict({
      action: () => out.text(action),
      addr: () => out.integer(address),
      size: () => out.integer(size),
      stream: () => out.integer(stream),
      time_us: () => out.integer(this.microseconds(time)),
      frames,
    });
  }

  private writeSegment(block: RecordedBlock): void {
    const { out } = this;
    let used = 0;
    let requested = 0;
    for (const { size, requestedSize } of block.allocations) {
      used += size;
      requested += Math.min(requestedSize, size);
    }
    out.dict({
      device: () => out.integer(this.heapOf(block)),
      address: () => out.integer(this.addressOf(block)),
      total_size: () => out.integer(block.size),
      allocated_size: () => out.integer(used),
      active_size: () => out.integer(used),
      requested_size: () => out.integer(requested),
      stream: () => out.integer(block.memoryTypeIndex),
      segment_type: () => out.text(block.isDedicated ? "large" : "small"),
      segment_pool_id: () => out.pair(block.pool === undefined ? 0 : block.pool + 1, 0),
      is_expandable: () => out.boolean(false),
      frames: () => this.writeNoFrames(),
      blocks: () => out.list((endItem) => this.writeRanges(block, endItem)),
    });
  }

  private writeRanges(block: RecordedBlock, endItem: () => void): void {
    const { out } = this;
    const address = this.addressOf(block);
    const range = (
      offset: number,
      size: number,
      requested: number,
      state: string,
      frames: () => void,
    ): void => {
      out.dict({
        address: () => out.integer(address + offset),
        size: () => out.integer(size),
        requested_size: () => out.integer(requested),
        state: () => out.text(state),
        frames,
      });
      endItem();
    };
    visitRanges(block, this.state, {
      allocation: (offset, size, allocation) =>
        range(offset, size, Math.min(allocation.requestedSize, size), "active_allocated", () =>
          this.writeFramesOf(allocation),
        ),
      free: (offset, size) => range(offset, size, 0, "inactive", () => this.writeNoFrames()),
    });
  }

  private writeFramesOf({ name, request, stack }: RecordedAllocation): void {
    this.writeFrames(name, request, stack);
  }

  private writeNoFrames(): void {
    this.out.list(() => {});
  }

  /** The frames of a stack after one for the name; each list is written once. */
  private writeFrames(
    name: string | undefined,
    request: RecordedRequest,
    stack: RecordedStack | undefined,
    message?: string,
  ): void {
    const what = message ?? describeRequest(request);
    const key = `${name ?? ""}\n${what}`;
    let known = this.frames.get(stack);
    if (known === undefined) {
      known = new Map();
      this.frames.set(stack, known);
    }
    const number = known.get(key);
    if (number !== undefined) {
      this.out.recall(number);
      return;
    }
    this.out.list((endItem) => {
      this.writeFrame(name ?? "unnamed", what, 0);
      endItem();
      for (const frame of stack?.frames ?? []) {
        this.writeFrame(frame.function, frame.file, frame.line);
        endItem();
      }
    });
    known.set(key, this.out.remember());
  }

  private writeFrame(name: string, filename: string, line: number): void {
    const { out } = this;
    out.dict({
      name: () => out.text(name),
      filename: () => out.text(filename),
      line: () => out.integer(line),
    });
  }

  private heapOf({ memoryTypeIndex: memoryType }: { readonly memoryTypeIndex: number }): number {
    return this.recording.header.device?.memoryTypes[memoryType]?.heapIndex ?? 0;
  }

  private addressOf({ id, size }: { readonly id: number; readonly size: number }): number {
    const known = this.addresses.get(id);
    if (known !== undefined) return known;
    const address = this.nextAddress;
    this.nextAddress += Math.ceil(size / ADDRESS_STEP + 1) * ADDRESS_STEP;
    this.addresses.set(id, address);
    return address;
  }

  private microseconds(time: number): number {
    return this.startedAt + Math.floor(time / 1000);
  }
}
