/**
 * Texts by number: their bytes in UTF-8, one behind the other, and where each ends. Strings are made of those that are
 * shown. Half a million names as strings are 40 MB that the garbage collector walks, and half a second to hand from the
 * worker to the page; like this they are handed over as they are.
 */

import { ByteColumn, WordColumn } from "./columns.ts";

/** Texts by number; number 0 is "". */
export interface Texts {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Where each ends in the bytes; it begins where the one before ends. */
  readonly end: Uint32Array;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const known = new WeakMap<Texts, (string | undefined)[]>();

/** The text of a number; made once. */
export function textAt(texts: Texts, number: number): string {
  let strings = known.get(texts);
  if (strings === undefined) {
    strings = [""];
    known.set(texts, strings);
  }
  let string = strings[number];
  if (string === undefined) {
    string = decoder.decode(texts.bytes.subarray(startOf(texts, number), texts.end[number]!));
    strings[number] = string;
  }
  return string;
}

/** Where a text begins in the bytes. */
export function startOf({ end }: Texts, number: number): number {
  return number === 0 ? 0 : end[number - 1]!;
}

/** Texts under construction; equal ones have one number. */
export class TextBuilder {
  readonly #bytes = new ByteColumn();
  readonly #end = new WordColumn();
  /** Numbers + 1 by the hashes of their texts, with open addressing; 0 is empty. */
  #table = new Uint32Array(1024);

  constructor() {
    this.#end.push(0);
  }

  get count(): number {
    return this.#end.length;
  }

  /** The number of a text. */
  add(text: string): number {
    if (text === "") return 0;
    const bytes = encoder.encode(text);
    return this.addBytes(bytes, 0, bytes.length);
  }

  /** The number of the text in a part of some bytes. */
  addBytes(bytes: Uint8Array, from: number, to: number): number {
    if (from === to) return 0;
    if (this.#end.length * 2 > this.#table.length) this.#grow();
    const mask = this.#table.length - 1;
    let slot = hash(bytes, from, to) & mask;
    for (;;) {
      const entry = this.#table[slot]!;
      if (entry === 0) break;
      if (this.#equals(entry - 1, bytes, from, to)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    for (let i = from; i < to; i++) this.#bytes.push(bytes[i]!);
    const number = this.#end.push(this.#bytes.length);
    this.#table[slot] = number + 1;
    return number;
  }

  /** The texts so far. */
  finish(): Texts {
    return { count: this.#end.length, bytes: this.#bytes.finish(), end: this.#end.finish() };
  }

  #equals(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#end.cells[number - 1]!;
    if (this.#end.cells[number]! - start !== to - from) return false;
    const { cells } = this.#bytes;
    for (let i = from; i < to; i++) if (cells[start + i - from] !== bytes[i]) return false;
    return true;
  }

  #grow(): void {
    const table = new Uint32Array(this.#table.length * 4);
    const mask = table.length - 1;
    for (let number = 1; number < this.#end.length; number++) {
      let slot = hash(this.#bytes.cells, this.#end.cells[number - 1]!, this.#end.cells[number]!) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = number + 1;
    }
    this.#table = table;
  }
}

/** FNV-1a, with its bits spread in the end. */
function hash(bytes: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let i = from; i < to; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

/** Whether a byte ends what resources of a kind have in common in their names: a digit, or one of / : # ( [ { <. */
const ENDS_PREFIX = new Uint8Array(256);
for (const letter of "0123456789/:#([{<") ENDS_PREFIX[letter.charCodeAt(0)] = 1;
/** Whether a byte is left out at the end of a prefix: space . _ - */
const ENDS_WORD = new Uint8Array(256);
for (const letter of " \t\n._-") ENDS_WORD[letter.charCodeAt(0)] = 1;

/**
 * Where the common part of a name ends: before the first digit, slash, colon or bracket. "shadow map 12" and
 * "shadow map 13" are both "shadow map"; "mesh/tree#7" is "mesh". A name that begins with one of them is its own.
 */
export function prefixEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = from;
  while (end < to && ENDS_PREFIX[bytes[end]!] === 0) end++;
  while (end > from && ENDS_WORD[bytes[end - 1]!] === 1) end--;
  return end === from ? to : end;
}
