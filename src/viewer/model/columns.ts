/**
 * Columns of numbers that grow: typed arrays, doubled when they are full, trimmed at the end.
 *
 * A million operations as objects are hundreds of megabytes and seconds of garbage collection; as columns they are
 * tens of megabytes, and a scan of one is a millisecond.
 */

/** The typed arrays that columns are made of. */
export type NumberArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** A column under construction. */
export class Column<T extends NumberArray> {
  length = 0;
  #cells: T;
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T, capacity = 1024) {
    this.#make = make;
    this.#cells = make(capacity);
  }

  /** Appends a value; returns its index. */
  push(value: number): number {
    if (this.length === this.#cells.length) {
      const wider = this.#make(this.length * 2);
      wider.set(this.#cells);
      this.#cells = wider;
    }
    this.#cells[this.length] = value;
    return this.length++;
  }

  get(index: number): number {
    return this.#cells[index]!;
  }

  set(index: number, value: number): void {
    this.#cells[index] = value;
  }

  /** The values, in an array of exactly their number. */
  finish(): T {
    return this.#cells.slice(0, this.length) as T;
  }
}

/** A column of unsigned bytes. */
export const bytesColumn = (): Column<Uint8Array> => new Column((length) => new Uint8Array(length));
/** A column of unsigned 32-bit integers. */
export const wordsColumn = (): Column<Uint32Array> => new Column((length) => new Uint32Array(length));
/** A column of doubles: byte sizes, offsets, times. */
export const doublesColumn = (): Column<Float64Array> => new Column((length) => new Float64Array(length));

/** `source` in the order of `order`. */
export function permuted<T extends NumberArray>(source: T, order: Uint32Array): T {
  const result = source.slice() as T;
  for (let i = 0; i < order.length; i++) result[i] = source[order[i]!]!;
  return result;
}
