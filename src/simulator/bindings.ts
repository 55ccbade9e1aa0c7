/**
 * Which parts of one memory object are bound to resources. Bindings that overlap nothing are kept sorted by
 * offset in chunks of at most {@link CHUNK} entries, so that each lookup is two binary searches and each
 * insertion moves a bounded number of entries:
 *
 *     chunks   [ 0..4K  4K..8K  16K..20K ] [ 64K..96K  96K..97K ] …
 *
 * Bindings that were allowed to overlap others are kept separately in a plain list: they are few.
 *
 * The resources on one page of bufferImageGranularity bytes are either all linear or all non-linear, so a new binding only has
 * to be compared with its two neighbours.
 */

import { alignDown } from "../foundation/bits.ts";

/** A range of memory [offset, end) that a resource is bound to. */
export interface Binding {
  offset: number;
  end: number;
  /** Whether the resource is a buffer or a linear image, as bufferImageGranularity sees it. */
  readonly linear: boolean;
}

const CHUNK = 512;

/** The bindings of one memory object. */
export class BindingList<T extends Binding> {
  #chunks: T[][] = [];
  #overlapping: T[] = [];

  /** Whether nothing is bound. */
  get isEmpty(): boolean {
    return this.#chunks.length === 0 && this.#overlapping.length === 0;
  }

  /** Every binding: first those that overlap nothing, by offset. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const chunk of this.#chunks) yield* chunk;
    yield* this.#overlapping;
  }

  /** A binding that shares bytes with [offset, end), if any. */
  findOverlap(offset: number, end: number): T | undefined {
    const before = this.#lastFrom(end - 1);
    if (before && before.end > offset) return before;
    return this.#overlapping.find((other) => other.offset < end && other.end > offset);
  }

  /** A binding of the other linearity on the first or the last page of [offset, end), without overlap. */
  findGranularityConflict(offset: number, end: number, linear: boolean, granularity: number): T | undefined {
    if (granularity <= 1) return undefined;
    const firstPage = alignDown(offset, granularity);
    const afterLastPage = alignDown(end - 1, granularity) + granularity;
    const before = offset > 0 ? this.#lastFrom(offset - 1) : undefined;
    if (before && before.end > firstPage && before.linear !== linear) return before;
    const after = this.#lastFrom(afterLastPage - 1);
    // The last one on the page is not always the neighbour, but all on one page are of one linearity.
    if (after && after.offset >= end && after.linear !== linear) return after;
    return undefined;
  }

  /** Adds a binding; `overlaps`: whether it shares bytes with another. */
  add(binding: T, overlaps: boolean): void {
    if (overlaps) {
      this.#overlapping.push(binding);
      return;
    }
    const at = Math.max(0, this.#chunkOf(binding.offset));
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([binding]);
      return;
    }
    chunk.splice(lastAtMost(chunk, binding.offset) + 1, 0, binding);
    if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2));
  }

  /** Removes a binding that {@link add} added. */
  remove(binding: T): void {
    const at = this.#chunkOf(binding.offset);
    const chunk = this.#chunks[at];
    const index = chunk ? lastAtMost(chunk, binding.offset) : -1;
    if (chunk && chunk[index] === binding) {
      chunk.splice(index, 1);
      if (chunk.length === 0) this.#chunks.splice(at, 1);
    } else {
      const place = this.#overlapping.indexOf(binding);
      if (place >= 0) this.#overlapping.splice(place, 1);
    }
  }

  /** The binding with the greatest offset that is at most `offset`. */
  #lastFrom(offset: number): T | undefined {
    const chunk = this.#chunks[this.#chunkOf(offset)];
    return chunk?.[lastAtMost(chunk, offset)];
  }

  /** The index of the last chunk that starts at or before `offset`; -1 when there is none. */
  #chunkOf(offset: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]![0]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The index of the last entry whose offset is at most `offset`; -1 when there is none. */
function lastAtMost(chunk: readonly Binding[], offset: number): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chunk[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
