/**
 * Records a VirtualBlock. Its methods are so small that a hook in them would be noticeable; instead the recorded block gets its
 * own methods, which do the same and write it down. They are removed at the end.
 */

import type { VirtualAllocation, VirtualBlock } from "../../metadata/virtual-block.ts";
import { RequestedResource } from "../format/kinds.ts";
import { PRIORITY_SCALE, RequestCell } from "../format/request.ts";
import { NO_STACK } from "../writer/dictionary.ts";
import type { SnapshotWriter } from "../writer/snapshot-writer.ts";
import type { RecordingWriter } from "../writer/writer.ts";
import type { Clock } from "./clock.ts";
import { exponentOf } from "./requests.ts";
import { stackOfCaller } from "./stacks.ts";

/** What is recorded of an allocation. */
interface Entry {
  readonly id: number;
  readonly request: number;
  readonly stack: number;
  readonly name: string | undefined;
}

/** The methods that a recorded block gets. */
type Methods = Pick<VirtualBlock, "allocate" | "free" | "clear" | "grow" | "shrink">;
const METHODS = ["allocate", "free", "clear", "grow", "shrink"] as const;

/** Writes down what happens in a virtual block. Names are user data that is a string. */
export class VirtualRecorder {
  private readonly block: VirtualBlock;
  private readonly clock: Clock;
  private readonly stackDepth: number;
  private readonly entries: Map<VirtualAllocation, Entry> = new Map();
  private writer!: RecordingWriter;
  private number = 0;

  constructor(block: VirtualBlock, clock: Clock, stackDepth: number) {
    this.block = block;
    this.clock = clock;
    this.stackDepth = stackDepth;
  }

  /** Registers what already exists, and begins to write. */
  attach(writer: RecordingWriter): void {
    this.writer = writer;
    this.number = writer.adopt("blocks");
    for (const { allocation, userData } of this.block.allocations()) {
      this.entries.set(allocation, {
        id: writer.adopt("allocations"),
        request: this.requestOf(1, 0),
        stack: NO_STACK,
        name: nameOf(userData),
      });
    }
    writer.begin();
    Object.assign(this.block, this.methods());
  }

  /** Removes the methods. */
  detach(): void {
    for (const name of METHODS) Reflect.deleteProperty(this.block, name);
  }

  private methods(): Methods {
    const { block, clock, writer, entries } = this;
    const { allocate, free, clear, grow, shrink } = Object.getPrototypeOf(block) as VirtualBlock;
    return {
      allocate: (size, alignment, flags, userData) => {
        const allocation = allocate.call(block, size, alignment, flags, userData);
        if (allocation === 0) this.refuse(size, alignment ?? 1, flags ?? 0, nameOf(userData));
        else this.add(allocation, size, alignment ?? 1, flags ?? 0, nameOf(userData));
        return allocation;
      },
      free: (allocation) => {
        free.call(block, allocation);
        const entry = entries.get(allocation);
        if (entry === undefined) return;
        entries.delete(allocation);
        writer.freed(clock.now(), entry.id);
        writer.settle();
      },
      clear: () => {
        clear.call(block);
        entries.clear();
        writer.blockCleared(clock.now(), this.number);
        writer.settle();
      },
      grow: (size) => {
        grow.call(block, size);
        this.resized();
      },
      shrink: () => {
        const size = shrink.call(block);
        this.resized();
        return size;
      },
    };
  }

  private add(
    allocation: VirtualAllocation,
    size: number,
    alignment: number,
    flags: number,
    name: string | undefined,
  ): void {
    const { writer, block } = this;
    const time = this.clock.now();
    const request = this.requestOf(alignment, flags);
    const stack = stackOfCaller(this.writer.dictionary, this.stackDepth);
    const offset = block.offset(allocation);
    const id = writer.allocationMade(time, this.number, offset, size, request, size, name, stack, false);
    this.entries.set(allocation, { id, request, stack, name });
    writer.settle();
  }

  private refuse(size: number, alignment: number, flags: number, name: string | undefined): void {
    const { writer, block } = this;
    writer.refused(this.clock.now(), {
      request: this.requestOf(alignment, flags),
      size,
      name,
      stack: stackOfCaller(this.writer.dictionary, this.stackDepth),
      result: -2,
      reason: "blockSize",
      heap: undefined,
      missingBytes: 0,
      message: `no room for ${size} bytes: ${block.freeBytes} of ${block.size} are free, in pieces`,
    });
    writer.settle();
  }

  private resized(): void {
    this.writer.blockResized(this.clock.now(), this.number, this.block.size);
    this.writer.settle();
  }

  private requestOf(alignment: number, flags: number): number {
    const row = this.writer.dictionary.requestRow;
    row.fill(0);
    row[RequestCell.Resource] = RequestedResource.Virtual;
    row[RequestCell.Flags] = flags;
    row[RequestCell.Priority] = Math.round(0.5 * PRIORITY_SCALE);
    row[RequestCell.AlignmentExponent] = exponentOf(alignment);
    row[RequestCell.SuballocationType] = 1;
    return this.writer.dictionary.requestOfRow();
  }

  /** Writes everything that is alive. */
  snapshot(snapshot: SnapshotWriter): void {
    const { block, entries } = this;
    snapshot.block(this.number, 0, 0, undefined, block.size, entries.size);
    for (const { allocation, offset, size } of block.allocations()) {
      const entry = entries.get(allocation);
      if (entry === undefined) continue;
      snapshot.allocation(entry.id, offset, size, entry.request, size, entry.name, entry.stack, 0);
    }
  }
}

function nameOf(userData: unknown): string | undefined {
  return typeof userData === "string" ? userData : undefined;
}
