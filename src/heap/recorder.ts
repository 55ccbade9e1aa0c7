/** What a recorder of a heap is told, each time after it has happened. Without one it costs a comparison. */

/** What there is to say about a buffer. */
export interface RecordedBuffer {
  /** Counts the buffers of a heap. */
  readonly id: number;
  /** Bytes. */
  readonly size: number;
  readonly isDedicated: boolean;
  readonly writeScope: string | undefined;
}

/** What there is to say about an allocation, besides the buffer that it lies in. */
export interface RecordedHeapAllocation {
  /** Bytes from the start of its buffer. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  readonly name: string | undefined;
}

/** Is told what happens in one heap. What it throws reaches the caller of the heap. */
export interface HeapRecorder {
  /** A buffer was made. */
  bufferCreated(buffer: RecordedBuffer): void;
  /** A buffer is about to be destroyed. */
  bufferDestroyed(buffer: RecordedBuffer): void;
  /** An allocation was made. */
  created(allocation: RecordedHeapAllocation, buffer: RecordedBuffer): void;
  /** An allocation is about to be freed. */
  freed(allocation: RecordedHeapAllocation): void;
  /** An allocation lies elsewhere now, or has another size. */
  moved(allocation: RecordedHeapAllocation, buffer: RecordedBuffer): void;
  /** There was no room. */
  refused(size: number, name: string | undefined): void;
  /** The heap is about to be destroyed. */
  destroyed(): void;
}
