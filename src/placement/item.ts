/**
 * How callers describe the items to place: the public types, and their checks.
 *
 * The checks read every member once, into typed arrays. Nothing beyond this file sees the caller's objects.
 */

import {
  checkAlignment,
  checkArray,
  checkInteger,
  checkObject,
  checkSize,
  quote,
} from "../foundation/check.ts";

/**
 * A stretch of time: from `begin` up to but not including `end`. Steps, passes or ticks: integers from 0 to 2^53 - 1.
 */
export interface Span {
  /** The first step. */
  readonly begin: number;
  /** The step after the last. */
  readonly end: number;
}

/**
 * Something that needs memory while it is alive. It is alive from `begin` up to but not including `end`, or in its
 * `spans`.
 */
export interface PlacementItem extends Partial<Span> {
  /** In bytes, or any other unit: an integer from 1 to 2^53 - 1. */
  readonly size: number;
  /** Its offset is a multiple of this power of two. Default 1. */
  readonly alignment?: number | undefined;
  /**
   * Instead of `begin` and `end`: all the stretches of time in which it is alive. It keeps its offset, but others may use its
   * bytes in between.
   */
  readonly spans?: readonly Span[] | undefined;
  /** A fixed offset: a multiple of its alignment. Default: anywhere. */
  readonly offset?: number | undefined;
  /**
   * Items of the same group have the same offset, for in-place computation: together they are like one item that is as large as
   * the largest of them, and alive whenever one of them is.
   */
  readonly group?: string | number | undefined;
  /**
   * Items of different kinds that are alive at the same time share no page of {@link PlaceOptions.granularity} bytes, as
   * linear and other resources must not in Vulkan. Without a granularity kinds have no effect.
   */
  readonly kind?: string | number | undefined;
  /** A name for errors and pictures. Default: its index. */
  readonly name?: string | undefined;
}

/** Items as columns, checked, one row for each place: items of a group share a row. Sizes are bytes, times as given. */
export interface Table {
  /** The sum of all items' sizes. */
  readonly totalSize: number;
  /** How many rows there are. */
  readonly count: number;
  readonly sizes: Float64Array;
  readonly alignments: Float64Array;
  /** {@link ANYWHERE} for items without a fixed offset. */
  readonly fixedOffsets: Float64Array;
  /** Kinds by number; all 0 if they have no effect. */
  readonly kinds: Int32Array;
  /** The spans: each belongs to a row. A row may have several, in any order, which may touch or overlap. */
  readonly spanRows: Int32Array;
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  /** Row of each item; undefined where item and row are the same. */
  readonly rowOf: Int32Array | undefined;
}

/** In {@link Table.fixedOffsets}: the item may be anywhere. */
export const ANYWHERE: number = -1;

/** What errors and pictures call an item. */
export function nameOf(items: readonly PlacementItem[], index: number): string {
  const name = items[index]?.name;
  return name === undefined ? `items[${index}]` : `items[${index}] (${quote(name)})`;
}

/**
 * Checks items and makes a table of them.
 *
 * @param hasKinds Whether kinds have an effect.
 * @throws TypeError or RangeError, which names the item and quotes the value, for invalid items (see {@link PlacementItem}).
 */
export function readItems(items: readonly PlacementItem[], hasKinds: boolean): Table {
  checkArray(items, "items");
  const reader = new Reader(items, hasKinds);
  for (let index = 0; index < items.length; index++) reader.read(index);
  return reader.finish();
}

class Reader {
  readonly #items: readonly PlacementItem[];
  /** The item that is being read. */
  #index = 0;
  readonly #sizes: Float64Array;
  readonly #alignments: Float64Array;
  readonly #fixedOffsets: Float64Array;
  readonly #kinds: Int32Array;
  readonly #hasKinds: boolean;
  readonly #kindNumbers = new Map<string | number, number>();
  readonly #groupRows = new Map<string | number, number>();
  /** Which item a row was made for; for messages. */
  readonly #firstItems: Int32Array;
  #rowOf: Int32Array | undefined;
  #rows = 0;
  #totalSize = 0;
  #spanRows: Int32Array;
  #begins: Float64Array;
  #ends: Float64Array;
  #spans = 0;

  constructor(items: readonly PlacementItem[], hasKinds: boolean) {
    const count = items.length;
    this.#items = items;
    this.#sizes = new Float64Array(count);
    this.#alignments = new Float64Array(count);
    this.#fixedOffsets = new Float64Array(count);
    this.#kinds = new Int32Array(count);
    this.#firstItems = new Int32Array(count);
    this.#spanRows = new Int32Array(count);
    this.#begins = new Float64Array(count);
    this.#ends = new Float64Array(count);
    this.#hasKinds = hasKinds;
  }

  /** Reads one item; messages are made only if something is wrong, as there may be a million items. */
  read(index: number): void {
    this.#index = index;
    const item = this.#items[index]!;
    if (typeof item !== "object" || item === null) checkObject(item, `items[${index}]`);
    const { size, alignment, begin, end, spans, offset, group, kind } = item;
    if (!isPositiveInteger(size)) checkSize(size, `the size of ${this.#name()}`);
    this.#totalSize += size;
    let multipleOf = 1;
    if (alignment !== undefined && alignment !== 1) {
      multipleOf = checkAlignment(alignment, `the alignment of ${this.#name()}`);
    }
    let fixed = ANYWHERE;
    if (offset !== undefined) fixed = this.#checkOffset(offset, size, multipleOf);
    const row = this.#row(group);
    const isNew = this.#firstItems[row] === index;
    if (this.#hasKinds) this.#readKind(row, kind, isNew);
    if (isNew) {
      this.#sizes[row] = size;
      this.#alignments[row] = multipleOf;
      this.#fixedOffsets[row] = fixed;
    } else {
      this.#join(row, size, multipleOf, fixed);
    }
    if (spans !== undefined) this.#readSpans(row);
    else this.#span(row, begin, end, "");
  }

  finish(): Table {
    const rows = this.#rows;
    const spans = this.#spans;
    return {
      totalSize: this.#totalSize,
      count: rows,
      sizes: this.#sizes.subarray(0, rows),
      alignments: this.#alignments.subarray(0, rows),
      fixedOffsets: this.#fixedOffsets.subarray(0, rows),
      kinds: this.#kinds.subarray(0, rows),
      spanRows: this.#spanRows.subarray(0, spans),
      begins: this.#begins.subarray(0, spans),
      ends: this.#ends.subarray(0, spans),
      rowOf: this.#rowOf,
    };
  }

  /** The row of an item: its own, or that of its group. */
  #row(group: unknown): number {
    const index = this.#index;
    let row = this.#rows;
    if (group !== undefined) {
      const label = checkLabel(group, `the group of ${this.#name()}`);
      row = this.#groupRows.get(label) ?? row;
      this.#groupRows.set(label, row);
    }
    if (row === this.#rows) {
      this.#firstItems[row] = index;
      this.#rows++;
    }
    if (row !== index && this.#rowOf === undefined) {
      this.#rowOf = new Int32Array(this.#sizes.length);
      for (let before = 0; before < index; before++) this.#rowOf[before] = before;
    }
    if (this.#rowOf !== undefined) this.#rowOf[index] = row;
    return row;
  }

  #readKind(row: number, kind: unknown, isNew: boolean): void {
    const label = kind === undefined ? "" : checkLabel(kind, `the kind of ${this.#name()}`);
    const known = this.#kindNumbers.get(label) ?? this.#kindNumbers.size;
    this.#kindNumbers.set(label, known);
    if (isNew) this.#kinds[row] = known;
    else if (this.#kinds[row] !== known) {
      const first = nameOf(this.#items, this.#firstItems[row]!);
      throw new RangeError(
        `${this.#name()} has another kind (${quote(kind)}) than ${first}, which is of the same group`,
      );
    }
  }

  /** Makes the row of a group large enough for one more item. */
  #join(row: number, size: number, alignment: number, fixed: number): void {
    this.#sizes[row] = Math.max(this.#sizes[row]!, size);
    this.#alignments[row] = Math.max(this.#alignments[row]!, alignment);
    const held = this.#fixedOffsets[row]!;
    const where = held === ANYWHERE ? fixed : held;
    if (fixed !== ANYWHERE && fixed !== where) {
      const first = nameOf(this.#items, this.#firstItems[row]!);
      throw new RangeError(
        `${this.#name()} has the offset ${fixed}, and its group (that of ${first}) has ${where}`,
      );
    }
    if (where === ANYWHERE) return;
    if (where % this.#alignments[row]! !== 0) {
      throw new RangeError(
        `the offset of the group of ${this.#name()} must be a multiple of ${this.#alignments[row]}, got ${where}`,
      );
    }
    checkInteger(where + this.#sizes[row]!, `the end of ${this.#name()}`);
    this.#fixedOffsets[row] = where;
  }

  #readSpans(row: number): void {
    const { begin, end, spans } = this.#items[this.#index]!;
    if (begin !== undefined || end !== undefined) {
      throw new TypeError(`${this.#name()} must have either begin and end or spans, not both`);
    }
    checkArray(spans, `the spans of ${this.#name()}`);
    if (spans!.length === 0) throw new RangeError(`${this.#name()} must have at least one span`);
    for (let number = 0; number < spans!.length; number++) {
      const span = spans![number]!;
      checkObject(span, `spans[${number}] of ${this.#name()}`);
      this.#span(row, span.begin, span.end, ` of spans[${number}]`);
    }
  }

  #span(row: number, begin: unknown, end: unknown, where: string): void {
    if (!isInteger(begin)) checkInteger(begin, `begin${where} of ${this.#name()}`);
    if (!isInteger(end)) checkInteger(end, `end${where} of ${this.#name()}`);
    if (!((begin as number) < (end as number))) {
      throw new RangeError(
        `${this.#name()} must end after it begins, got begin ${begin} and end ${end}${where}`,
      );
    }
    if (this.#spans === this.#begins.length) this.#grow();
    this.#spanRows[this.#spans] = row;
    this.#begins[this.#spans] = begin as number;
    this.#ends[this.#spans] = end as number;
    this.#spans++;
  }

  #checkOffset(offset: unknown, size: number, alignment: number): number {
    const fixed = checkInteger(offset, `the offset of ${this.#name()}`);
    if (fixed % alignment !== 0) {
      throw new RangeError(
        `the offset of ${this.#name()} must be a multiple of its alignment, ${alignment}, got ${fixed}`,
      );
    }
    checkInteger(fixed + size, `the end of ${this.#name()}`);
    return fixed;
  }

  #name(): string {
    return nameOf(this.#items, this.#index);
  }

  #grow(): void {
    const length = 2 * this.#begins.length + 8;
    const [rows, begins, ends] = [this.#spanRows, this.#begins, this.#ends];
    this.#spanRows = new Int32Array(length);
    this.#begins = new Float64Array(length);
    this.#ends = new Float64Array(length);
    this.#spanRows.set(rows);
    this.#begins.set(begins);
    this.#ends.set(ends);
  }
}

function isInteger(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && Number.isSafeInteger(value);
}

function isPositiveInteger(value: unknown): boolean {
  return typeof value === "number" && value >= 1 && Number.isSafeInteger(value);
}

/** A name of a group or a kind. */
export function checkLabel(value: unknown, what: string): string | number {
  if (typeof value === "string") return value;
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new TypeError(`${what} must be a string or a number, got ${quote(value)}`);
}
