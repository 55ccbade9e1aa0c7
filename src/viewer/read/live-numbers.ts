/**
 * What is alive, by the number that a recording gave it. Numbers that operations give are dense, one after the other
 * from a base on, and stand in a column; those from snapshots may be any, and stand in a map, so that a hostile
 * recording cannot make the column long.
 */

import { WordColumn } from "../model/columns.ts";

const GONE = 0;

/** Indices by number. */
export class LiveNumbers {
  #base = 0;
  readonly #old = new Map<number, number>();
  /** Indices + 1 of the numbers from the base on. */
  readonly #recent = new WordColumn();

  /** The next number that an operation gives is `number`: it follows the last one, but behind damage. */
  expect(number: number): void {
    if (number === this.#base + this.#recent.length) return;
    for (const [key, index] of this.entries()) this.#old.set(key, index);
    this.#recent.length = 0;
    this.#base = number;
  }

  /** Something is made, and has the next number. */
  add(index: number): void {
    this.#recent.push(index + 1);
  }

  /** Something is there with any number, as a snapshot says. */
  set(number: number, index: number): void {
    const place = number - this.#base;
    if (place >= 0 && place < this.#recent.length) this.#recent.cells[place] = index + 1;
    else this.#old.set(number, index);
  }

  /** The index; undefined if there is no such thing. */
  get(number: number): number | undefined {
    const place = number - this.#base;
    if (place < 0 || place >= this.#recent.length) return this.#old.get(number);
    const entry = this.#recent.cells[place]!;
    return entry === GONE ? undefined : entry - 1;
  }

  delete(number: number): void {
    const place = number - this.#base;
    if (place >= 0 && place < this.#recent.length) this.#recent.cells[place] = GONE;
    this.#old.delete(number);
  }

  /** Everything that is alive; costs as much as there ever was. */
  *entries(): Generator<[number: number, index: number]> {
    yield* [...this.#old];
    for (let place = 0; place < this.#recent.length; place++) {
      const entry = this.#recent.cells[place]!;
      if (entry !== GONE) yield [this.#base + place, entry - 1];
    }
  }
}
