/**
 * A ring of the last bytes of a recording: the header stays, chunks after it overwrite the oldest ones. Readers put them in
 * order by their numbers; what is in between is the rest of what was overwritten.
 *
 *     header | chunk 41 | chunk 42 | rest of 17 | chunk 18 | chunk 19 | … | chunk 40 |
 *                                  ^ the next one goes here
 */

import type { RecordingSink } from "./sink.ts";

/** The fewest bytes of a ring. */
export const MIN_RING_BYTES: number = 1024 * 1024;

/** Where a ring's bytes are: memory, or a file. */
export interface RingStore {
  write(position: number, bytes: Uint8Array): void;
  close?(): void;
}

/** Puts chunks into a store cyclically. */
export class RingSink implements RecordingSink {
  private readonly store: RingStore;
  private limit: number;
  /** Where the chunks begin, after the header. */
  private start = -1;
  private position = 0;
  /** Bytes of the store that have been written. */
  private used = 0;

  constructor(store: RingStore, limit: number) {
    this.store = store;
    this.limit = limit;
  }

  /** Bytes of the recording as it is. */
  get length(): number {
    return this.used;
  }

  /** Makes room for at least `limit` bytes: a snapshot and what follows it must fit several times. */
  grow(limit: number): void {
    this.limit = Math.max(this.limit, limit);
  }

  write(chunk: Uint8Array): void {
    if (this.start < 0) this.start = chunk.length;
    else if (this.position + chunk.length > this.limit) this.position = this.start;
    this.store.write(this.position, chunk);
    this.position += chunk.length;
    this.used = Math.max(this.used, this.position);
  }

  close(): void {
    this.store.close?.();
  }
}

/** A store in memory. */
export class MemoryRing implements RingStore {
  private bytes: Uint8Array = new Uint8Array(MIN_RING_BYTES);

  write(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(bytes, position);
  }

  /** A copy of the first `length` bytes. */
  slice(length: number): Uint8Array {
    return this.bytes.slice(0, length);
  }
}
