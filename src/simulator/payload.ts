/**
 * The bytes behind memory objects. A payload is what vkAllocateMemory makes and what external handles share:
 * several memory objects (an exporter and its importers) may stand on one payload.
 *
 * No byte exists before it is touched: one `ArrayBuffer` is made when a mapping's `bytes` or a copy first asks,
 * so that a block of gigabytes costs nothing until then (and little after: the system provides its pages as
 * they are written). Unmapping moves the buffer's contents into a new `ArrayBuffer`, which detaches every
 * view that was handed out: 2 to 5 µs up to 64 MiB, some 300 µs at 256 MiB where V8 counts external memory.
 * Unmapping memory of which no view was made costs nothing.
 *
 * With `cached`, host and device each have their own bytes, as if the host's writes stayed in a cache until
 * they are flushed and its reads came from one until it is invalidated.
 */

/** How many bytes of a heap are in use. */
export interface HeapUse {
  used: number;
}

/** Moves the contents of `buffer` to a new one; `buffer` and all its views are then empty. */
function detach(buffer: ArrayBuffer): ArrayBuffer {
  const modern = buffer as ArrayBuffer & { transfer?: () => ArrayBuffer };
  return modern.transfer ? modern.transfer() : structuredClone(buffer, { transfer: [buffer] });
}

function makeBuffer(size: number): ArrayBuffer {
  try {
    return new ArrayBuffer(size);
  } catch (cause) {
    throw new Error(`the simulator cannot hold the ${size} bytes of a memory object that was touched`, {
      cause,
    });
  }
}

/** Bytes of memory, shared by the memory objects and external handles that stand for it. */
export class Payload {
  /** Bytes. */
  readonly size: number;
  readonly #heap: HeapUse | undefined;
  readonly #cached: boolean;
  /** Memory of the program itself, never detached. */
  readonly #pinned: Uint8Array | undefined;
  #device: ArrayBuffer | undefined;
  #host: ArrayBuffer | undefined;
  #owners = 1;
  #mappings = 0;
  #viewed = false;

  constructor(size: number, heap?: HeapUse, cached = false, pinned?: Uint8Array) {
    this.size = size;
    this.#heap = heap;
    this.#cached = cached;
    this.#pinned = pinned;
    if (heap) heap.used += size;
  }

  /** One more memory object or external handle stands for these bytes. */
  retain(): void {
    this.#owners++;
  }

  /** One owner less; with the last one the bytes go back to their heap. */
  release(): void {
    if (--this.#owners > 0) return;
    if (this.#heap) this.#heap.used -= this.size;
    this.#device = undefined;
    this.#host = undefined;
  }

  /** A memory object on this payload is mapped. */
  map(): void {
    this.#mappings++;
  }

  /**
   * A memory object on this payload is unmapped. Views are detached with the last mapping: JavaScript has no
   * two detachable buffers over the same bytes, so an importer's views outlive the exporter's mapping.
   */
  unmap(): void {
    if (--this.#mappings > 0 || !this.#viewed) return;
    this.#viewed = false;
    if (this.#host) this.#host = detach(this.#host);
    if (this.#device && !this.#cached) this.#device = detach(this.#device);
  }

  /** The bytes as a mapping shows them. */
  hostBytes(offset: number, length: number): Uint8Array {
    this.#viewed = true;
    if (!this.#cached) return this.deviceBytes(offset, length);
    this.#host ??= makeBuffer(this.size);
    return new Uint8Array(this.#host, offset, length);
  }

  /** The bytes as the device sees them. To be used at once and not kept. */
  deviceBytes(offset: number, length: number): Uint8Array {
    if (this.#pinned) return this.#pinned.subarray(offset, offset + length);
    this.#device ??= makeBuffer(this.size);
    return new Uint8Array(this.#device, offset, length);
  }

  /** Makes the host's writes visible to the device. */
  flush(offset: number, length: number): void {
    if (this.#host) this.deviceBytes(offset, length).set(new Uint8Array(this.#host, offset, length));
  }

  /** Makes the device's writes visible to the host. */
  invalidate(offset: number, length: number): void {
    if (!this.#cached || (!this.#host && !this.#device)) return;
    this.#host ??= makeBuffer(this.size);
    new Uint8Array(this.#host, offset, length).set(this.deviceBytes(offset, length));
  }
}
