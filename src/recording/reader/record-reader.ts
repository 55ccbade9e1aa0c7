/**
 * Reads the fields of records. Reading past the end is noticed once, when a record is complete: until then it yields
 * zeros, and no field makes anything grow before it is checked.
 */

import { fromZigzag } from "../format/varint.ts";

/** Something in a chunk that cannot be. */
export class Damage extends Error {
  override readonly name = "Damage";
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

const decoder = new TextDecoder();
/** Texts up to this length are read letter by letter, which is quicker than the decoder. */
const SHORT_TEXT = 32;

/** A place in the bytes, and what stands there. */
export class RecordReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  /** An unsigned integer. */
  uint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    byte = bytes[this.at++]!;
    if (byte < 0x80) return value | (byte << 7);
    value |= (byte & 0x7f) << 7;
    byte = bytes[this.at++]!;
    if (byte < 0x80) return value | (byte << 14);
    value |= (byte & 0x7f) << 14;
    return this.longUint(value);
  }

  private longUint(low: number): number {
    let value = low;
    let scale = 2 ** 21;
    for (let i = 3; i < 8; i++) {
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new Damage("a number is longer than 2^53 - 1", this.at);
  }

  /** A signed integer. */
  sint(): number {
    return fromZigzag(this.uint());
  }

  /** A number that may not be there. */
  optional(): number | undefined {
    const value = this.uint();
    return value === 0 ? undefined : value - 1;
  }

  /** A count of things that take at least a byte each. */
  count(what: string): number {
    const count = this.uint();
    if (count > this.end - this.at) throw new Damage(`there cannot be ${count} ${what}`, this.at);
    return count;
  }

  /** Goes on by `length` bytes, and returns where they begin. */
  skip(length: number): number {
    const start = this.at;
    this.at += length;
    return start;
  }

  /** Throws where a record has gone beyond the end of its chunk. */
  checkEnd(): void {
    if (this.at > this.end) throw new Damage("a record goes beyond the end of its chunk", this.end);
  }
}

/** The text in these bytes. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) {
    const letter = bytes[i]!;
    if (letter > 0x7f) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(letter);
  }
  return text;
}
