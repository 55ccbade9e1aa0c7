/** Bytes that are added at the end. */

const FIRST_CAPACITY = 0x10000;
const encoder = new TextEncoder();

/** A buffer that grows. */
export class ByteBuffer {
  length = 0;
  private bytes: Uint8Array = new Uint8Array(FIRST_CAPACITY);

  /** A copy of all bytes. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** Forgets all bytes. */
  clear(): void {
    this.length = 0;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** The bytes of another buffer. */
  append(other: ByteBuffer): void {
    this.reserve(other.length);
    this.bytes.set(other.bytes.subarray(0, other.length), this.length);
    this.length += other.length;
  }

  /** The bytes of an array. */
  set(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Text as UTF-8, with nothing in front. */
  text(text: string): void {
    this.set(encoder.encode(text));
  }

  /** An integer of `count` bytes, the lowest first; up to 2^53 - 1. */
  integer(value: number, count: number): void {
    this.reserve(count);
    let rest = value;
    for (let i = 0; i < count; i++) {
      this.bytes[this.length++] = rest % 0x100;
      rest = Math.floor(rest / 0x100);
    }
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.length + count, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
