/**
 * Records a heap of big buffers (`vma-ts/webgpu`): its hook reports what happens, and the recorder writes it down, with its own
 * register of what is alive according to what it has written. WebGPU reveals nothing about heaps and memory types, so
 * everything is of type 0.
 */

import type { BufferHeap } from "../../heap/heap.ts";
import type { HeapRecorder as Hook, RecordedBuffer, RecordedHeapAllocation } from "../../heap/recorder.ts";
import { BlockBit, RequestedResource } from "../format/kinds.ts";
import { PRIORITY_SCALE, RequestCell } from "../format/request.ts";
import { NO_STACK } from "../writer/dictionary.ts";
import type { SnapshotWriter } from "../writer/snapshot-writer.ts";
import type { RecordingWriter } from "../writer/writer.ts";
import type { Clock } from "./clock.ts";
import { stackOfCaller } from "./stacks.ts";

/** Heaps of any kind of buffers. */
export type RecordableHeap = BufferHeap<unknown>;

/** What is recorded of an allocation. */
interface Entry {
  readonly id: number;
  readonly stack: number;
  name: string | undefined;
  holder: HolderEntry;
  offset: number;
  readonly size: number;
}

/** What is recorded of a buffer. */
interface HolderEntry {
  readonly id: number;
  readonly bits: number;
  readonly size: number;
  readonly live: Set<Entry>;
}

/** Offsets and sizes of ranges in heaps are multiples of this many bytes. */
const GRAIN = 4;
const GRAIN_EXPONENT = 2;
/** SuballocationType.Buffer */
const BUFFER = 2;
/** VK_ERROR_OUT_OF_DEVICE_MEMORY */
const OUT_OF_MEMORY = -2;

/** Writes down what its heap does. */
export class HeapRecorder implements Hook {
  private readonly heap: RecordableHeap;
  private readonly clock: Clock;
  private readonly stackDepth: number;
  private readonly onDestroyed: () => void;
  private readonly holders: Map<RecordedBuffer, HolderEntry> = new Map();
  private readonly entries: Map<RecordedHeapAllocation, Entry> = new Map();
  private writer!: RecordingWriter;

  constructor(heap: RecordableHeap, clock: Clock, stackDepth: number, onDestroyed: () => void) {
    this.heap = heap;
    this.clock = clock;
    this.stackDepth = stackDepth;
    this.onDestroyed = onDestroyed;
  }

  /** Registers what already exists, and begins to write. */
  attach(writer: RecordingWriter): void {
    this.writer = writer;
    for (const buffer of this.heap.buffers())
      this.holders.set(buffer, holderOf(buffer, writer.adopt("blocks")));
    this.heap.visit((buffer, offset, size, allocation) => {
      if (allocation === undefined || this.entries.has(allocation)) return;
      const holder = this.holders.get(buffer)!;
      const { name } = allocation;
      const bytes = buffer.isDedicated ? roundUp(allocation.size) : size;
      this.enter(allocation, {
        id: writer.adopt("allocations"),
        stack: NO_STACK,
        name,
        holder,
        offset,
        size: bytes,
      });
    });
    writer.begin();
    this.heap.setRecorder(this);
  }

  /** Detaches the hook. */
  detach(): void {
    this.heap.setRecorder(undefined);
  }

  private enter(allocation: RecordedHeapAllocation, entry: Entry): void {
    this.entries.set(allocation, entry);
    entry.holder.live.add(entry);
  }

  bufferCreated(buffer: RecordedBuffer): void {
    const { writer } = this;
    const id = writer.blockMade(this.clock.now(), bitsOf(buffer), 0, undefined, buffer.size);
    this.holders.set(buffer, holderOf(buffer, id));
    writer.settle();
  }

  bufferDestroyed(buffer: RecordedBuffer): void {
    const holder = this.holders.get(buffer);
    if (holder === undefined) return;
    this.holders.delete(buffer);
    this.writer.blockFreed(this.clock.now(), holder.id);
    this.writer.settle();
  }

  created(allocation: RecordedHeapAllocation, buffer: RecordedBuffer): void {
    const holder = this.holders.get(buffer);
    if (holder === undefined) return;
    this.make(allocation, holder, allocation.name, stackOfCaller(this.writer.dictionary, this.stackDepth));
    this.writer.settle();
  }

  private make(
    allocation: RecordedHeapAllocation,
    holder: HolderEntry,
    name: string | undefined,
    stack: number,
  ): void {
    const { offset, size: requested } = allocation;
    const size = roundUp(requested);
    const request = this.requestOf();
    const time = this.clock.now();
    const { writer } = this;
    const id = writer.allocationMade(time, holder.id, offset, size, request, requested, name, stack, false);
    this.enter(allocation, { id, stack, name, holder, offset, size });
  }

  freed(allocation: RecordedHeapAllocation): void {
    const entry = this.entries.get(allocation);
    if (entry === undefined) return;
    const time = this.clock.now();
    if (allocation.name !== entry.name) this.writer.renamed(time, entry.id, allocation.name);
    this.writer.freed(time, entry.id);
    this.forget(allocation, entry);
    this.writer.settle();
  }

  private forget(allocation: RecordedHeapAllocation, entry: Entry): void {
    this.entries.delete(allocation);
    entry.holder.live.delete(entry);
  }

  moved(allocation: RecordedHeapAllocation, buffer: RecordedBuffer): void {
    const entry = this.entries.get(allocation);
    const holder = this.holders.get(buffer);
    if (entry === undefined || holder === undefined) return;
    const { offset, size, name } = allocation;
    if (roundUp(size) !== entry.size) {
      // Resized: for the recording it is another allocation.
      this.writer.freed(this.clock.now(), entry.id);
      this.forget(allocation, entry);
      this.make(allocation, holder, name, entry.stack);
    } else if (holder !== entry.holder || offset !== entry.offset) {
      this.writer.moved(this.clock.now(), entry.id, holder.id, offset);
      entry.holder.live.delete(entry);
      holder.live.add(entry);
      entry.holder = holder;
      entry.offset = offset;
    }
    this.writer.settle();
  }

  refused(size: number, name: string | undefined): void {
    this.writer.refused(this.clock.now(), {
      request: this.requestOf(),
      size,
      name,
      stack: stackOfCaller(this.writer.dictionary, this.stackDepth),
      result: OUT_OF_MEMORY,
      reason: "blockSize",
      heap: undefined,
      missingBytes: 0,
      message: `no buffer of the heap has room for ${size} bytes`,
    });
    this.writer.settle();
  }

  destroyed(): void {
    this.onDestroyed();
  }

  private requestOf(): number {
    const row = this.writer.dictionary.requestRow;
    row.fill(0);
    row[RequestCell.Resource] = RequestedResource.Buffer;
    row[RequestCell.Priority] = Math.round(0.5 * PRIORITY_SCALE);
    row[RequestCell.AlignmentExponent] = GRAIN_EXPONENT;
    row[RequestCell.SuballocationType] = BUFFER;
    return this.writer.dictionary.requestOfRow();
  }

  /** Writes everything that is alive. */
  snapshot(snapshot: SnapshotWriter): void {
    for (const { id, bits, size, live } of this.holders.values()) {
      snapshot.block(id, bits, 0, undefined, size, live.size);
      const inOrder = [...live].sort((a, b) => a.offset - b.offset);
      for (const each of inOrder) {
        const request = this.requestOf();
        snapshot.allocation(each.id, each.offset, each.size, request, each.size, each.name, each.stack, 0);
      }
    }
  }
}

function holderOf(buffer: RecordedBuffer, id: number): HolderEntry {
  return { id, bits: bitsOf(buffer), size: buffer.size, live: new Set() };
}

function bitsOf({ isDedicated }: RecordedBuffer): number {
  return isDedicated ? BlockBit.Dedicated : 0;
}

function roundUp(size: number): number {
  return Math.ceil(size / GRAIN) * GRAIN;
}
