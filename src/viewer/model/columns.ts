/**
 * Columns of numbers that grow: typed arrays, doubled when they are full, trimmed at the end.
 *
 * A million operations as objects are hundreds of megabytes and seconds of garbage collection; as columns they are
 * tens of megabytes, and a scan of one is a millisecond. There is a class for each kind of array, so that each has
 * code of its own, which knows its array: one class for all took three times as long to fill.
 */

/** The typed arrays that columns are made of. */
export type NumberArray = Uint8Array | Uint32Array | Float64Array;

const FIRST_CAPACITY = 1024;

/** A column of unsigned bytes under construction. */
export class ByteColumn {
  length = 0;
  cells: Uint8Array = new Uint8Array(FIRST_CAPACITY);

  /** Appends a value; returns its index. */
  push(value: number): number {
    if (this.length === this.cells.length) this.cells = widened(this.cells, new Uint8Array(this.length * 2));
    this.cells[this.length] = value;
    return this.length++;
  }

  /** The values, in an array of exactly their number. */
  finish(): Uint8Array {
    return this.cells.slice(0, this.length);
  }
}

/** A column of unsigned 32-bit integers under construction. */
export class WordColumn {
  length = 0;
  cells: Uint32Array = new Uint32Array(FIRST_CAPACITY);

  push(value: number): number {
    if (this.length === this.cells.length) this.cells = widened(this.cells, new Uint32Array(this.length * 2));
    this.cells[this.length] = value;
    return this.length++;
  }

  finish(): Uint32Array {
    return this.cells.slice(0, this.length);
  }
}

/** A column of doubles under construction: byte sizes, offsets, times. */
export class DoubleColumn {
  length = 0;
  cells: Float64Array = new Float64Array(FIRST_CAPACITY);

  push(value: number): number {
    if (this.length === this.cells.length)
      this.cells = widened(this.cells, new Float64Array(this.length * 2));
    this.cells[this.length] = value;
    return this.length++;
  }

  finish(): Float64Array {
    return this.cells.slice(0, this.length);
  }
}

function widened<T extends NumberArray>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** `source` in the order of `order`. */
export function permuted<T extends NumberArray>(source: T, order: Uint32Array): T {
  const result = source.slice() as T;
  for (let i = 0; i < order.length; i++) result[i] = source[order[i]!]!;
  return result;
}
