/** The parts of protocol buffers needed for writing: integers, texts, nested messages. */

import { ByteBuffer } from "./byte-buffer.ts";

const VARINT = 0;
const LENGTH = 2;
const encoder = new TextEncoder();

/** Writes one message, and those inside it. */
export class ProtobufWriter {
  /** Messages that are open, the outermost first. */
  private readonly buffers: ByteBuffer[] = [new ByteBuffer()];
  private depth = 0;

  /** The outermost message. */
  finish(): Uint8Array {
    return this.buffers[0]!.toBytes();
  }

  /** A field of any integer type but sint and fixed: from -(2^53 - 1) to 2^53 - 1. */
  integer(field: number, value: number): void {
    this.key(field, VARINT);
    if (value >= 0) this.varint(value);
    else this.negative(BigInt(value));
  }

  text(field: number, text: string): void {
    const bytes = encoder.encode(text);
    this.key(field, LENGTH);
    this.varint(bytes.length);
    this.top.set(bytes);
  }

  /** A message in a field of this one. */
  message(field: number, write: () => void): void {
    this.depth++;
    const inner = this.buffers[this.depth] ?? new ByteBuffer();
    this.buffers[this.depth] = inner;
    inner.clear();
    write();
    this.depth--;
    this.key(field, LENGTH);
    this.varint(inner.length);
    this.top.append(inner);
  }

  private get top(): ByteBuffer {
    return this.buffers[this.depth]!;
  }

  private key(field: number, type: number): void {
    this.varint(field * 8 + type);
  }

  private varint(value: number): void {
    const { top } = this;
    let rest = value;
    while (rest >= 0x80) {
      top.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    top.byte(rest);
  }

  /** Two's complement in 64 bits. */
  private negative(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.top.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.top.byte(Number(rest));
  }
}
