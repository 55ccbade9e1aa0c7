/** What a recorder of a heap is told, each time after it has happened. Without a recorder it costs a comparison. */

/** What is recorded of a buffer. */
export interface RecordedBuffer {
  /** Counts the buffers of a heap. */
  readonly id: number;
  /** Bytes. */
  readonly size: number;
  readonly isDedicated: boolean;
  readonly writeScope: string | undefined;
}

/** What is recorded of an allocation, apart from its buffer. */
export interface RecordedHeapAllocation {
  /** Bytes from the start of its buffer. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  readonly name: string | undefined;
}

/** Is told what happens in one heap. Its exceptions reach the caller of the heap. */
export interface HeapRecorder {
  /** A buffer was made. */
  bufferCreated(buffer: RecordedBuffer): void;
  /** A buffer is about to be destroyed. */
  bufferDestroyed(buffer: RecordedBuffer): void;
  /** An allocation was made. */
  created(allocation: RecordedHeapAllocation, buffer: RecordedBuffer): void;
  /** An allocation is about to be freed. */
  freed(allocation: RecordedHeapAllocation): void;
  /** An allocation has moved or been resized. */
  moved(allocation: RecordedHeapAllocation, buffer: RecordedBuffer): void;
  /** There was no room. */
  refused(size: number, name: string | undefined): void;
  /** The heap is about to be destroyed. */
  destroyed(): void;
}
