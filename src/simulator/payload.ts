/**
 * The bytes behind memory objects. A payload is what vkAllocateMemory makes and what external handles share:
 * several memory objects (an exporter and its importers) may stand on one payload.
 *
 * No byte exists before it is touched (see lazy-bytes.ts), so that a block of gigabytes costs nothing until then and
 * little after. Unmapping detaches every view that was handed out; of memory of which no view was made it costs nothing.
 *
 * With `cached`, host and device each have their own bytes, as if the host's writes stayed in a cache until
 * they are flushed and its reads came from one until it is invalidated.
 */

import type { OwnView } from "../vulkan/device.ts";
import { type GrowingMemory, LazyBytes, makeMemory, type PieceUser } from "./lazy-bytes.ts";

/** The bytes of an own view. */
interface OwnCopy {
  readonly offset: number;
  readonly length: number;
  /** Its own memory, or the bytes at a place of the program's. */
  readonly memory: GrowingMemory | Uint8Array;
}

function bytesOfCopy({ memory, length }: OwnCopy): Uint8Array {
  return memory instanceof Uint8Array ? memory : new Uint8Array(memory.buffer, 0, length);
}

/** How many bytes of a heap are in use. */
export interface HeapUse {
  used: number;
}

/** Bytes of memory, shared by the memory objects and external handles that stand for it. */
export class Payload {
  /** Bytes. */
  readonly size: number;
  readonly #heap: HeapUse | undefined;
  readonly #cached: boolean;
  /** Memory of the program itself, never detached. */
  readonly #pinned: Uint8Array | undefined;
  /** What its bytes are before they are written. */
  readonly #fresh: number;
  #device: LazyBytes | undefined;
  #host: LazyBytes | undefined;
  readonly #own = new Set<OwnCopy>();
  #owners = 1;
  #mappings = 0;

  constructor(size: number, heap?: HeapUse, cached = false, pinned?: Uint8Array, fresh = 0) {
    this.size = size;
    this.#heap = heap;
    this.#cached = cached;
    this.#pinned = pinned;
    this.#fresh = fresh;
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
    if (--this.#mappings > 0) return;
    for (const own of this.#own) this.#end(own);
    this.#own.clear();
    this.#host?.detach();
    this.#device?.detach();
  }

  /** The bytes as a mapping shows them, valid until it ends: a range within one {@link PIECE}. */
  hostBytes(offset: number, length: number): Uint8Array {
    if (this.#pinned) return this.#pinned.subarray(offset, offset + length);
    return this.#hostBytes().view(offset, length, true);
  }

  /**
   * A view with an ArrayBuffer of its own: a copy, as JavaScript has no two buffers over the same bytes. What the host writes
   * there is stored before the device looks, and what the device writes is loaded afterwards.
   */
  ownView(offset: number, length: number): OwnView {
    if (this.#pinned) return { bytes: this.#pinned.subarray(offset, offset + length), close() {} };
    const own: OwnCopy = { offset, memory: makeMemory(length), length };
    const bytes = bytesOfCopy(own);
    this.#own.add(own);
    this.#load(own);
    return {
      bytes,
      close: () => {
        if (this.#own.delete(own)) this.#end(own);
      },
    };
  }

  /** Shows all bytes at a place of the program's, until the function that it returns is called: then zeros are there. */
  showAt(place: Uint8Array): () => void {
    const own: OwnCopy = { offset: 0, length: this.size, memory: place };
    this.#own.add(own);
    this.#load(own);
    return () => {
      if (this.#own.delete(own)) this.#end(own);
    };
  }

  /** Calls `use` for the bytes as the host sees them, piece by piece. To be used at once and not kept. */
  eachHostPiece(offset: number, length: number, use: PieceUser): void {
    if (this.#pinned) {
      use(this.#pinned.subarray(offset, offset + length), 0);
      return;
    }
    const own = this.#ownIn(offset, length);
    for (const each of own) this.#store(each);
    this.#hostBytes().forEachPiece(offset, length, use);
    for (const each of own) this.#load(each);
  }

  /** What the host sees: its own side, where it has one. */
  #hostBytes(): LazyBytes {
    return this.#cached ? this.#hostSide() : this.#deviceSide();
  }

  #load(own: OwnCopy): void {
    this.#hostBytes().forEachPiece(own.offset, own.length, (bytes, at) => bytesOfCopy(own).set(bytes, at));
  }

  #store(own: OwnCopy): void {
    const copy = bytesOfCopy(own);
    this.#hostBytes().forEachPiece(own.offset, own.length, (bytes, at) => {
      bytes.set(copy.subarray(at, at + bytes.length));
    });
  }

  #end(own: OwnCopy): void {
    this.#store(own);
    if (own.memory instanceof Uint8Array) own.memory.fill(0);
    else own.memory.grow(0);
  }

  #ownIn(offset: number, length: number): OwnCopy[] {
    if (this.#own.size === 0) return [];
    return [...this.#own].filter((own) => own.offset < offset + length && offset < own.offset + own.length);
  }

  /** Calls `use` for the bytes as the device sees them, piece by piece. To be used at once and not kept. */
  eachDevicePiece(offset: number, length: number, use: PieceUser): void {
    if (this.#pinned) {
      use(this.#pinned.subarray(offset, offset + length), 0);
      return;
    }
    const own = this.#cached ? [] : this.#ownIn(offset, length);
    for (const each of own) this.#store(each);
    this.#deviceSide().forEachPiece(offset, length, use);
    for (const each of own) this.#load(each);
  }

  /** Makes the host's writes visible to the device. */
  flush(offset: number, length: number): void {
    for (const own of this.#ownIn(offset, length)) this.#store(own);
    if (this.#host?.isTouched(offset, length)) exchange(this.#host, this.#deviceSide(), offset, length);
  }

  /** Makes the device's writes visible to the host. */
  invalidate(offset: number, length: number): void {
    if (!this.#cached) return;
    const isTouched = this.#host?.isTouched(offset, length) || this.#device?.isTouched(offset, length);
    if (!isTouched) return;
    const own = this.#ownIn(offset, length);
    for (const each of own) this.#store(each);
    exchange(this.#deviceSide(), this.#hostSide(), offset, length);
    for (const each of own) this.#load(each);
  }

  #deviceSide(): LazyBytes {
    this.#device ??= new LazyBytes(this.size, this.#fresh);
    return this.#device;
  }

  #hostSide(): LazyBytes {
    this.#host ??= new LazyBytes(this.size, this.#fresh);
    return this.#host;
  }
}

/** Copies a range of one side's bytes to the other's. Both have their pieces in the same places. */
function exchange(from: LazyBytes, to: LazyBytes, offset: number, length: number): void {
  from.forEachPiece(offset, length, (bytes, at) => to.view(offset + at, bytes.length, false).set(bytes));
}
