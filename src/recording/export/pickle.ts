/**
 * The parts of Python's pickle, protocol 4, that data needs: numbers, texts, lists, dictionaries, tuples. What is written more
 * than once, such as keys and stacks, may be remembered by name and referred to.
 *
 * Lists are built item by item: some readers take a list's items as arguments of one call, and there may be more than a call
 * can have.
 */

import { ByteBuffer } from "./byte-buffer.ts";

const Opcode = {
  Proto: 0x80,
  Stop: 0x2e,
  Mark: 0x28,
  EmptyDict: 0x7d,
  SetItems: 0x75,
  EmptyList: 0x5d,
  Append: 0x61,
  Tuple2: 0x86,
  BinInt1: 0x4b,
  BinInt2: 0x4d,
  BinInt: 0x4a,
  Long1: 0x8a,
  ShortBinUnicode: 0x8c,
  BinUnicode: 0x58,
  Memoize: 0x94,
  BinGet: 0x68,
  LongBinGet: 0x6a,
  NewTrue: 0x88,
  NewFalse: 0x89,
} as const;

const PROTOCOL = 4;
const encoder = new TextEncoder();

/** Writes one pickle. */
export class PickleWriter {
  private readonly out: ByteBuffer = new ByteBuffer();
  /** Numbers of what is remembered. */
  private readonly texts: Map<string, number> = new Map();
  private remembered = 0;

  constructor() {
    this.out.byte(Opcode.Proto);
    this.out.byte(PROTOCOL);
  }

  /** Ends the pickle. */
  finish(): Uint8Array {
    this.out.byte(Opcode.Stop);
    return this.out.toBytes();
  }

  /** An integer of a magnitude up to 2^53 - 1. */
  integer(value: number): void {
    const { out } = this;
    if (value >= 0 && value < 0x100) {
      out.byte(Opcode.BinInt1);
      out.byte(value);
    } else if (value >= 0 && value < 0x10000) {
      out.byte(Opcode.BinInt2);
      out.integer(value, 2);
    } else if (value >= -0x80000000 && value < 0x80000000) {
      out.byte(Opcode.BinInt);
      out.integer(value < 0 ? value + 0x100000000 : value, 4);
    } else {
      // Two's complement in eight bytes.
      out.byte(Opcode.Long1);
      out.byte(8);
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
      out.set(bytes);
    }
  }

  boolean(value: boolean): void {
    this.out.byte(value ? Opcode.NewTrue : Opcode.NewFalse);
  }

  /** A text; the same text is written once. */
  text(text: string): void {
    const known = this.texts.get(text);
    if (known !== undefined) {
      this.recall(known);
      return;
    }
    const { out } = this;
    const bytes = encoder.encode(text);
    if (bytes.length < 0x100) {
      out.byte(Opcode.ShortBinUnicode);
      out.byte(bytes.length);
    } else {
      out.byte(Opcode.BinUnicode);
      out.integer(bytes.length, 4);
    }
    out.set(bytes);
    this.texts.set(text, this.remember());
  }

  /** A dictionary with these members, each of which writes its value. */
  dict(members: { readonly [key: string]: () => void }): void {
    this.out.byte(Opcode.EmptyDict);
    this.out.byte(Opcode.Mark);
    for (const [key, write] of Object.entries(members)) {
      this.text(key);
      write();
    }
    this.out.byte(Opcode.SetItems);
  }

  /** A list: `write` calls what it is given after each item. */
  list(write: (endItem: () => void) => void): void {
    this.out.byte(Opcode.EmptyList);
    write(() => this.out.byte(Opcode.Append));
  }

  /** A tuple of two integers. */
  pair(first: number, second: number): void {
    this.integer(first);
    this.integer(second);
    this.out.byte(Opcode.Tuple2);
  }

  /** Remembers what was written last; returns its number. */
  remember(): number {
    this.out.byte(Opcode.Memoize);
    return this.remembered++;
  }

  /** Writes a reference to what was remembered. */
  recall(number: number): void {
    if (number < 0x100) {
      this.out.byte(Opcode.BinGet);
      this.out.byte(number);
    } else {
      this.out.byte(Opcode.LongBinGet);
      this.out.integer(number, 4);
    }
  }
}
