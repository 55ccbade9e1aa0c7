/** Begins recordings of an allocator, a virtual block or a heap of buffers, to a file, a sink, or memory. */

import { RECORDER_VERSION } from "../../allocator/recorder.ts";
import type { AllocatorState } from "../../allocator/state.ts";
import { checkInteger, quote } from "../../foundation/check.ts";
import { optionsCheck } from "../../foundation/check-names.ts";
import { showAs } from "../../foundation/inspect.ts";
import type { VirtualBlock } from "../../metadata/virtual-block.ts";
import { FORMAT_VERSION } from "../format/chunk.ts";
import type { RecordingHeader } from "../format/header.ts";
import { MAX_STACK_FRAMES } from "../writer/dictionary.ts";
import { FileSink, FileStore } from "../writer/file.ts";
import { MemoryRing, MIN_RING_BYTES, RingSink } from "../writer/ring.ts";
import { MemorySink, type RecordingSink } from "../writer/sink.ts";
import type { SnapshotWriter } from "../writer/snapshot-writer.ts";
import { RecordingWriter } from "../writer/writer.ts";
import { AllocatorRecorder } from "./allocator-recorder.ts";
import { Clock } from "./clock.ts";
import { headerOf, heapHeader, virtualHeader } from "./describe.ts";
import { HeapRecorder, type RecordableHeap } from "./heap-recorder.ts";
import { type LiveStream, type ServeOptions, startServer } from "./live.ts";
import { everySecond, onExit, type Timer } from "./runtime.ts";
import { VirtualRecorder } from "./virtual-recorder.ts";

/** What to record, and where. */
export interface RecordOptions {
  /** A file's path, or a sink for chunks; default: memory, see {@link ActiveRecording.bytes}. */
  readonly to?: string | RecordingSink | undefined;
  /**
   * Whether to record the call stack of each allocation, or how many callers to keep, at most 64; default false. Costs a few
   * microseconds per allocation.
   */
  readonly stacks?: boolean | number | undefined;
  /** Whether to record frames (`setCurrentFrameIndex`) with their budgets; default true. */
  readonly frames?: boolean | undefined;
  /**
   * Bytes of a ring, at least 1 MiB: only the last ones are kept, for long-running programs. It is larger if a snapshot of
   * everything alive would not fit several times. Not with your own sink. Default: everything is kept.
   */
  readonly limit?: number | undefined;
  /** Shown in viewers. */
  readonly name?: string | undefined;
  /** Called the first time a file or a sink fails. The recording goes on. Default: a process warning. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const checkRecordNames = optionsCheck<RecordOptions>("the options of record", {
  to: true,
  stacks: true,
  frames: true,
  limit: true,
  name: true,
  onError: true,
});

/** Number of callers that are kept if `stacks` is true. */
const DEFAULT_STACK_DEPTH = 16;
/** How often a snapshot with what follows it must fit into a ring. */
const SEGMENTS_IN_RING = 3;

/** What can be recorded, whichever copy of this library created it. */
type Recordable = { readonly state: AllocatorState } | VirtualBlock | RecordableHeap;

/**
 * Records what an allocator, a virtual block or a heap of `vma-ts/webgpu` does from now on, including what already exists. Ends
 * with the allocator, with the process, or with {@link ActiveRecording.end}.
 *
 * @throws TypeError for what cannot be recorded, or is already being recorded.
 * @throws RangeError for a ring of less than 1 MiB, or more than 64 callers.
 * @throws whatever opening the file throws.
 */
export function record(target: object, options: RecordOptions = {}): ActiveRecording {
  return new ActiveRecording(checkTarget(target), options);
}

/** A recording in progress. Made by {@link record}. */
export class ActiveRecording {
  private readonly writer: RecordingWriter;
  private readonly clock: Clock = new Clock();
  private readonly recorder: AllocatorRecorder | VirtualRecorder | HeapRecorder;
  private readonly listeners: Set<(chunk: Uint8Array) => void> = new Set();
  private readonly memory: MemorySink | { readonly ring: MemoryRing; readonly sink: RingSink } | undefined;
  private readonly ring: RingSink | undefined;
  private readonly header: RecordingHeader;
  private readonly timer: Timer;
  private readonly forgetExit: () => void;
  private headerChunk: Uint8Array | undefined = undefined;
  private servers: LiveStream[] = [];
  private ended = false;
  private hasFailed = false;

  /** @internal Use {@link record}. */
  constructor(target: Recordable, options: RecordOptions) {
    checkRecordNames(options);
    const stackDepth = stackDepthOf(options.stacks);
    const limit = checkLimit(options);
    this.header = {
      ...describe(target),
      format: "vma-ts recording",
      version: FORMAT_VERSION,
      stacks: stackDepth > 0,
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(limit === undefined ? {} : { ring: limit }),
    };
    const opened = openSink(options.to, limit);
    this.memory = opened.memory;
    this.ring = opened.ring;
    this.recorder = this.recorderOf(target, stackDepth, options.frames ?? true);
    const { recorder } = this;
    this.writer = new RecordingWriter({
      header: this.header,
      sink: { write: (chunk) => this.send(chunk, opened.sink), close: () => opened.sink.close?.() },
      snapshot: (snapshot: SnapshotWriter) => recorder.snapshot(snapshot),
      segmentBytes: limit === undefined ? undefined : Math.floor(limit / 8),
      onError: (error) => this.fail(error, options.onError),
    });
    recorder.attach(this.writer);
    this.timer = everySecond(() => this.flush());
    this.forgetExit = onExit(() => this.stop("exit"));
  }

  private recorderOf(
    target: Recordable,
    stackDepth: number,
    frames: boolean,
  ): AllocatorRecorder | VirtualRecorder | HeapRecorder {
    const { clock } = this;
    const onDestroyed = (): void => this.stop("destroyed");
    if (isHeap(target)) return new HeapRecorder(target, clock, stackDepth, onDestroyed);
    if (!("state" in target)) return new VirtualRecorder(target, clock, stackDepth);
    return new AllocatorRecorder(target.state, clock, { stackDepth, frames, onDestroyed });
  }

  /** Whether it has ended. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** Number of operations recorded so far. */
  get operations(): number {
    return this.writer.out.operations;
  }

  /** Number of bytes written so far; a ring keeps fewer. */
  get bytesWritten(): number {
    return this.writer.out.bytesWritten;
  }

  /** Writes a label, such as "level loaded", which viewers show on the time axis. */
  mark(text: string): void {
    if (typeof text !== "string") throw new TypeError(`a mark must be a string, got ${quote(text)}`);
    if (this.ended) return;
    this.writer.mark(this.clock.now(), text);
    this.writer.settle();
  }

  /** Writes out the buffer of 64 KiB; happens automatically once a second and at the end. */
  flush(): void {
    if (!this.ended) this.writer.out.flush();
  }

  /**
   * The recording so far, if it is kept in memory.
   *
   * @throws TypeError if it goes elsewhere.
   */
  bytes(): Uint8Array {
    const { memory } = this;
    if (memory === undefined) throw new TypeError("this recording is not kept in memory");
    this.flush();
    return "ring" in memory ? memory.ring.slice(memory.sink.length) : memory.bytes();
  }

  /** Ends the recording. The allocator goes on. */
  end(): void {
    this.stop("detached");
  }

  /** {@link end} */
  [Symbol.dispose](): void {
    this.end();
  }

  /**
   * Opens an HTTP server on 127.0.0.1 from which viewers on this machine can follow the recording. Clients must know the token
   * that is part of the address. Closed with the recording.
   */
  async serve(options: ServeOptions = {}): Promise<LiveStream> {
    if (this.ended) throw new TypeError("the recording has ended");
    const server = await startServer(options, {
      join: (listener) => this.join(listener),
      leave: (listener) => void this.listeners.delete(listener),
    });
    this.servers.push(server);
    return server;
  }

  /** A listener gets the header, then a segment that begins now, then everything that follows. */
  private join(listener: (chunk: Uint8Array) => void): void {
    this.flush();
    listener(this.headerChunk!);
    this.listeners.add(listener);
    this.writer.restart();
  }

  private send(chunk: Uint8Array, sink: RecordingSink): void {
    this.headerChunk ??= chunk.slice();
    for (const listener of this.listeners) listener(chunk);
    this.ring?.grow(this.writer === undefined ? 0 : this.writer.out.longestSegment * SEGMENTS_IN_RING);
    sink.write(chunk);
  }

  private fail(error: unknown, onError: ((error: unknown) => void) | undefined): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    if (onError !== undefined) onError(error);
    else warn(`a recording could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }

  private stop(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.recorder.detach();
    this.timer.stop();
    this.forgetExit();
    try {
      this.writer.end(this.clock.now(), reason);
    } catch (error) {
      this.fail(error, undefined);
    }
    for (const server of this.servers) server.close();
    this.servers = [];
  }
}

showAs(
  ActiveRecording,
  ({ operations, bytesWritten, isEnded }) =>
    `ActiveRecording: ${operations} operations, ${bytesWritten} bytes${isEnded ? ", ended" : ""}`,
  ({ operations, bytesWritten, isEnded }) => ({ operations, bytesWritten, isEnded }),
);

function isHeap(target: object): target is RecordableHeap {
  return "setRecorder" in target && "visit" in target && "buffers" in target;
}

function describe(target: Recordable): ReturnType<typeof headerOf> {
  if (isHeap(target)) return heapHeader(target);
  return "state" in target ? headerOf(target.state) : virtualHeader(target);
}

const EXPECTED = "what is recorded must be an Allocator, a VirtualBlock, or a heap of buffers";

function checkTarget(target: unknown): Recordable {
  if (typeof target !== "object" || target === null) {
    throw new TypeError(`${EXPECTED}, got ${quote(target)}`);
  }
  if ("state" in target) {
    const state = target.state as Partial<AllocatorState> | undefined;
    if (typeof state === "object" && state !== null && "recorder" in state)
      return checkState(target as Recordable, state);
  }
  if (isHeap(target)) {
    if (target.isRecorded) throw new TypeError("the heap is already being recorded");
    return target;
  }
  if ("allocate" in target && "freeRanges" in target) {
    if (Object.hasOwn(target, "allocate")) throw new TypeError("the virtual block is already being recorded");
    return target as VirtualBlock;
  }
  throw new TypeError(`${EXPECTED}, got ${quote(target)}`);
}

function checkState(target: Recordable, state: Partial<AllocatorState>): Recordable {
  if (state.recorderVersion !== RECORDER_VERSION) {
    throw new TypeError(
      `the allocator comes from another version of vma-ts, which cannot be recorded by this one ` +
        `(${String(state.recorderVersion)} instead of ${RECORDER_VERSION})`,
    );
  }
  if (state.isDestroyed === true) throw new TypeError("the allocator is used after it was destroyed");
  if (state.recorder !== undefined) throw new TypeError("the allocator is already being recorded");
  return target;
}

function stackDepthOf(stacks: boolean | number | undefined): number {
  if (stacks === undefined || stacks === false) return 0;
  return stacks === true ? DEFAULT_STACK_DEPTH : checkInteger(stacks, "stacks", 0, MAX_STACK_FRAMES);
}

function checkLimit({ to, limit }: RecordOptions): number | undefined {
  if (limit === undefined) return undefined;
  if (typeof to === "object") {
    throw new TypeError("limit is for files and memory: a sink of your own keeps what it likes");
  }
  return checkInteger(limit, "limit", MIN_RING_BYTES);
}

interface OpenedSink {
  readonly sink: RecordingSink;
  readonly ring?: RingSink;
  readonly memory?: MemorySink | { readonly ring: MemoryRing; readonly sink: RingSink };
}

function openSink(to: string | RecordingSink | undefined, limit: number | undefined): OpenedSink {
  if (typeof to === "string") {
    if (limit === undefined) return { sink: new FileSink(to) };
    const sink = new RingSink(new FileStore(to), limit);
    return { sink, ring: sink };
  }
  if (to !== undefined) {
    if (typeof to !== "object" || to === null || typeof to.write !== "function") {
      throw new TypeError(`to must be a path or an object with a write method, got ${quote(to)}`);
    }
    return { sink: to };
  }
  if (limit === undefined) {
    const sink = new MemorySink();
    return { sink, memory: sink };
  }
  const ring = new MemoryRing();
  const sink = new RingSink(ring, limit);
  return { sink, ring: sink, memory: { ring, sink } };
}

function warn(message: string): void {
  const { process, console } = globalThis as {
    process?: { emitWarning?(message: string): void };
    console?: { warn(message: string): void };
  };
  if (process?.emitWarning !== undefined) process.emitWarning(message);
  else console?.warn(message);
}
