/**
 * A recording as a trace for Perfetto (TrackEvent packets): for each heap counters of reserved and used bytes, of the
 * driver's usage and the budget; tracks of frames, of defragmentation with its passes, of refusals, marks, and of
 * allocations as they come and go. About 100 bytes an operation.
 */

import { MemoryHeapFlag } from "../../vulkan/constants.ts";
import { RecordKind } from "../format/kinds.ts";
import { describeRequest } from "../format/names.ts";
import type { RecordCursor } from "../reader/cursor.ts";
import type { Recording } from "../reader/recording.ts";
import { RecordedState } from "../reader/state.ts";
import { ProtobufWriter } from "./protobuf.ts";

// Field numbers of Perfetto's messages.
const Trace = { packet: 1 } as const;
const TracePacket = { timestamp: 8, sequenceId: 10, trackEvent: 11, trackDescriptor: 60 } as const;
const TrackDescriptor = { uuid: 1, name: 2, process: 3, parentUuid: 5, counter: 8 } as const;
const ProcessDescriptor = { pid: 1, processName: 6 } as const;
const CounterDescriptor = { unit: 3 } as const;
const TrackEvent = { debugAnnotations: 4, type: 9, trackUuid: 11, name: 23, counterValue: 30 } as const;
const DebugAnnotation = { integer: 4, text: 6, name: 10 } as const;
const EventType = { SliceBegin: 1, SliceEnd: 2, Instant: 3, Counter: 4 } as const;
const Unit = { Count: 2, SizeBytes: 3 } as const;

/** Any number except 0: one writer writes all packets. */
const SEQUENCE = 1;
const PROCESS_TRACK = 1;
const Track = { Frames: 2, Defragmentation: 3, Refusals: 4, Marks: 5, Allocations: 6, Count: 7 } as const;
/** The first of four tracks of each heap. */
const HEAP_TRACKS = 16;
const HEAP_COUNTERS = ["reserved", "used", "usage of the process", "budget"] as const;

/** What to export. */
export interface PerfettoOptions {
  /** Whether each allocation and free becomes its own event; default true. */
  readonly allocations?: boolean | undefined;
}

/** The trace of a recording. */
export function exportPerfetto(recording: Recording, options: PerfettoOptions = {}): Uint8Array {
  const exporter = new Exporter(recording, options.allocations ?? true);
  return exporter.export();
}

type Arguments = { readonly [name: string]: string | number | undefined };

class Exporter {
  private readonly recording: Recording;
  private readonly withAllocations: boolean;
  private readonly out: ProtobufWriter = new ProtobufWriter();
  private readonly state: RecordedState = new RecordedState();
  /** For each heap, bytes reserved and used. */
  private readonly reserved: number[];
  private readonly used: number[];
  /** The last values of the counters, by track. */
  private readonly told: Map<number, number> = new Map();
  private isInFrame = false;
  private time = 0;

  constructor(recording: Recording, withAllocations: boolean) {
    this.recording = recording;
    this.withAllocations = withAllocations;
    const heaps = Math.max(recording.header.device?.memoryHeaps.length ?? 0, 1);
    this.reserved = new Array<number>(heaps).fill(0);
    this.used = new Array<number>(heaps).fill(0);
  }

  export(): Uint8Array {
    this.describeTracks();
    const cursor = this.recording.cursor();
    while (cursor.next()) {
      this.time = cursor.time;
      if (cursor.isSnapshot) {
        this.state.apply(cursor);
        if (cursor.kind === RecordKind.SnapshotEnd) this.sumUp();
      } else {
        this.tell(cursor);
        this.state.apply(cursor);
      }
    }
    if (this.isInFrame) this.event(Track.Frames, EventType.SliceEnd);
    for (const running of this.state.defragmentations.values()) {
      if (running.isInPass) this.event(Track.Defragmentation, EventType.SliceEnd);
      this.event(Track.Defragmentation, EventType.SliceEnd);
    }
    return this.out.finish();
  }

  // ---- Tracks -------------------------------------------------------------------------------------------

  private describeTracks(): void {
    const { header } = this.recording;
    const { program, device } = header;
    const title = [program?.name ?? "vma-ts", header.name, device?.name].filter((each) => each !== undefined);
    this.packet(undefined, () =>
      this.out.message(TracePacket.trackDescriptor, () => {
        this.out.integer(TrackDescriptor.uuid, PROCESS_TRACK);
        this.out.message(TrackDescriptor.process, () => {
          this.out.integer(ProcessDescriptor.pid, program?.pid ?? 1);
          this.out.text(ProcessDescriptor.processName, title.join(", "));
        });
      }),
    );
    this.describeTrack(Track.Frames, "Frames");
    this.describeTrack(Track.Defragmentation, "Defragmentation");
    this.describeTrack(Track.Refusals, "Refusals");
    this.describeTrack(Track.Marks, "Marks");
    if (this.withAllocations) this.describeTrack(Track.Allocations, "Allocations");
    this.describeTrack(Track.Count, "Allocations alive", Unit.Count);
    this.reserved.forEach((_bytes, heap) => {
      const flags = device?.memoryHeaps[heap]?.flags ?? 0;
      const kind = (flags & MemoryHeapFlag.DeviceLocal) === 0 ? "" : " (device-local)";
      HEAP_COUNTERS.forEach((name, index) => {
        this.describeTrack(heapTrack(heap, index), `Heap ${heap}${kind}: ${name}`, Unit.SizeBytes);
      });
    });
  }

  private describeTrack(track: number, name: string, unit?: number): void {
    this.packet(undefined, () =>
      this.out.message(TracePacket.trackDescriptor, () => {
        this.out.integer(TrackDescriptor.uuid, track);
        this.out.integer(TrackDescriptor.parentUuid, PROCESS_TRACK);
        this.out.text(TrackDescriptor.name, name);
        if (unit === undefined) return;
        this.out.message(TrackDescriptor.counter, () => this.out.integer(CounterDescriptor.unit, unit));
      }),
    );
  }

  // ---- Records ------------------------------------------------------------------------------------------

  /** Counters after a snapshot. */
  private sumUp(): void {
    const { state } = this;
    this.reserved.fill(0);
    this.used.fill(0);
    for (const block of state.blocks.values()) {
      this.reserved[this.heapOf(block.memoryTypeIndex)]! += block.size;
      for (const { size } of block.allocations) this.used[this.heapOf(block.memoryTypeIndex)]! += size;
    }
    for (const heap of this.reserved.keys()) this.tellHeap(heap);
    this.tellBudgets(state.budgets);
    this.counter(Track.Count, state.allocations.size);
  }

  private tell(record: RecordCursor): void {
    const { state } = this;
    switch (record.kind) {
      case RecordKind.AllocationMade: {
        const block = state.blocks.get(record.block);
        if (block === undefined) break;
        this.use(block.memoryTypeIndex, record.size);
        this.counter(Track.Count, state.allocations.size + 1);
        const what = record.name ?? describeRequest(record.request!);
        this.tellAllocation(what, { size: record.size, block: block.id, offset: record.offset });
        break;
      }
      case RecordKind.Freed: {
        const allocation = state.allocations.get(record.allocation);
        if (allocation === undefined) break;
        const { block, size, name, request, madeAt } = allocation;
        this.use(block.memoryTypeIndex, -size);
        this.counter(Track.Count, state.allocations.size - 1);
        const age = madeAt === undefined ? undefined : record.time - madeAt;
        this.tellAllocation(`free ${name ?? describeRequest(request)}`, { size, nanoseconds: age });
        break;
      }
      case RecordKind.Moved: {
        const allocation = state.allocations.get(record.allocation);
        const target = state.blocks.get(record.block);
        if (allocation === undefined || target === undefined) break;
        this.use(allocation.block.memoryTypeIndex, -allocation.size);
        this.use(target.memoryTypeIndex, allocation.size);
        break;
      }
      case RecordKind.BlockMade:
        this.reserve(record.memoryTypeIndex, record.size);
        break;
      case RecordKind.BlockFreed:
      case RecordKind.BlockResized:
      case RecordKind.BlockCleared: {
        const block = state.blocks.get(record.block);
        if (block === undefined) break;
        if (record.kind !== RecordKind.BlockResized) {
          for (const { size } of block.allocations) this.use(block.memoryTypeIndex, -size);
        }
        if (record.kind === RecordKind.BlockFreed) this.reserve(block.memoryTypeIndex, -block.size);
        if (record.kind === RecordKind.BlockResized)
          this.reserve(block.memoryTypeIndex, record.size - block.size);
        break;
      }
      case RecordKind.Budgets:
        this.tellBudgets(record.budgets);
        break;
      default:
        this.tellRest(record);
    }
  }

  private tellRest(record: RecordCursor): void {
    switch (record.kind) {
      case RecordKind.Frame:
        if (this.isInFrame) this.event(Track.Frames, EventType.SliceEnd);
        this.isInFrame = true;
        this.event(Track.Frames, EventType.SliceBegin, `Frame ${record.frame}`);
        break;
      case RecordKind.Mark:
        this.event(Track.Marks, EventType.Instant, record.name ?? "");
        break;
      case RecordKind.Refused: {
        const { name, request, size, result, reason, message, heap, missingBytes } = record;
        const what = name ?? describeRequest(request!);
        const missing = missingBytes === 0 ? undefined : missingBytes;
        this.event(Track.Refusals, EventType.Instant, what, { size, result, reason, heap, missing, message });
        break;
      }
      case RecordKind.DefragmentationBegun:
        this.event(Track.Defragmentation, EventType.SliceBegin, `Defragmentation ${record.defragmentation}`, {
          flags: record.bits,
          pool: record.pool,
        });
        break;
      case RecordKind.PassBegun:
        this.event(Track.Defragmentation, EventType.SliceBegin, "Pass", {
          moves: record.moves,
          bytes: record.bytesMoved,
        });
        break;
      case RecordKind.PassEnded:
      case RecordKind.DefragmentationEnded:
        if (this.state.defragmentations.has(record.defragmentation)) {
          this.event(Track.Defragmentation, EventType.SliceEnd);
        }
        break;
    }
  }

  private tellAllocation(name: string, args: Arguments): void {
    if (this.withAllocations) this.event(Track.Allocations, EventType.Instant, name, args);
  }

  private tellBudgets(budgets: RecordCursor["budgets"]): void {
    budgets.slice(0, this.reserved.length).forEach(({ usage, budget }, heap) => {
      this.counter(heapTrack(heap, 2), usage);
      this.counter(heapTrack(heap, 3), budget);
    });
  }

  private use(memoryType: number, size: number): void {
    const heap = this.heapOf(memoryType);
    this.used[heap]! += size;
    this.tellHeap(heap);
  }

  private reserve(memoryType: number, size: number): void {
    const heap = this.heapOf(memoryType);
    this.reserved[heap]! += size;
    this.tellHeap(heap);
  }

  private tellHeap(heap: number): void {
    this.counter(heapTrack(heap, 0), this.reserved[heap]!);
    this.counter(heapTrack(heap, 1), this.used[heap]!);
  }

  private heapOf(memoryType: number): number {
    return this.recording.header.device?.memoryTypes[memoryType]?.heapIndex ?? 0;
  }

  // ---- Packets ------------------------------------------------------------------------------------------

  private packet(time: number | undefined, write: () => void): void {
    this.out.message(Trace.packet, () => {
      if (time !== undefined) this.out.integer(TracePacket.timestamp, time);
      this.out.integer(TracePacket.sequenceId, SEQUENCE);
      write();
    });
  }

  private event(track: number, type: number, name?: string, args: Arguments = {}): void {
    this.packet(this.time, () =>
      this.out.message(TracePacket.trackEvent, () => {
        for (const [key, value] of Object.entries(args)) {
          if (value !== undefined) this.argument(key, value);
        }
        this.out.integer(TrackEvent.type, type);
        this.out.integer(TrackEvent.trackUuid, track);
        if (name !== undefined) this.out.text(TrackEvent.name, name);
      }),
    );
  }

  private argument(name: string, value: string | number): void {
    this.out.message(TrackEvent.debugAnnotations, () => {
      this.out.text(DebugAnnotation.name, name);
      if (typeof value === "number") this.out.integer(DebugAnnotation.integer, value);
      else this.out.text(DebugAnnotation.text, value);
    });
  }

  /** Writes a counter if it has changed. */
  private counter(track: number, value: number): void {
    if (this.told.get(track) === value) return;
    this.told.set(track, value);
    this.packet(this.time, () =>
      this.out.message(TracePacket.trackEvent, () => {
        this.out.integer(TrackEvent.type, EventType.Counter);
        this.out.integer(TrackEvent.trackUuid, track);
        this.out.integer(TrackEvent.counterValue, value);
      }),
    );
  }
}

function heapTrack(heap: number, counter: number): number {
  return HEAP_TRACKS + heap * HEAP_COUNTERS.length + counter;
}
