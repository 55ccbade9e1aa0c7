/**
 * Memory in which structures are written for Vulkan and read back.
 *
 * One piece is an ArrayBuffer of JavaScript's own, whose address is taken: engines do not move its bytes, and no engine
 * refuses it, as some do a view of memory that C has allocated. Its front holds structures at fixed places (hot
 * calls write there through constant offsets); behind them lies a stack for what has no fixed size: pNext
 * chains, strings, arrays.
 *
 *   | fixed structures | stack: chain, strings, arrays …     | free                      |
 *   0                  fixed                               top                      size
 */

import { alignUp } from "../foundation/bits.ts";
import { checkInteger, checkUint64 } from "../foundation/check.ts";
import { layouts, type ScalarType } from "./layout.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { type StructName, structureTypes } from "./structs.ts";

/** What one item of a structure's field may be given as. */
type FieldItem = number | bigint | boolean | StructValues;
/** What a structure's field may be given as. */
export type FieldValue = FieldItem | readonly FieldItem[];
/** Values of a structure's fields by name; absent fields are zero. */
export interface StructValues {
  readonly [field: string]: FieldValue | undefined;
}
/** A structure as read back: numbers, bigints for pointers, strings for char arrays, nested objects. */
export type Decoded = number | bigint | string | Decoded[] | { [field: string]: Decoded };
/** A decoded structure. */
export interface DecodedStruct {
  [field: string]: Decoded;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class NativeMemory {
  readonly size: number;
  /** The address of the first byte. */
  readonly address: bigint;
  u8!: Uint8Array;
  u32!: Uint32Array;
  i32!: Int32Array;
  f32!: Float32Array;
  u64!: BigUint64Array;
  readonly #fixed: number;
  #top: number;

  /** `size` bytes, of which the first `fixed` are not part of the stack. Filled with zeros. */
  constructor(native: Pick<NativeCalls, "addressOf">, size: number, fixed = 0) {
    this.size = alignUp(size, 8);
    const buffer = new ArrayBuffer(this.size);
    this.address = native.addressOf(buffer);
    this.#see(buffer);
    this.#fixed = alignUp(fixed, 8);
    this.#top = this.#fixed;
  }

  /** Looks at a buffer through the typed arrays. */
  #see(buffer: ArrayBuffer): void {
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }

  /** Drops everything on the stack. */
  reset(): void {
    this.#top = this.#fixed;
  }

  /** Takes `bytes` zeroed bytes from the stack, aligned to 8: their offset. */
  reserve(bytes: number): number {
    const offset = this.#top;
    const end = offset + alignUp(bytes, 8);
    if (end > this.size) {
      throw new RangeError(
        `what one Vulkan call is given must fit in ${this.size} bytes when encoded, got at least ${end}`,
      );
    }
    this.#top = end;
    this.u8.fill(0, offset, end);
    return offset;
  }

  /** The address of the byte at `offset`. */
  at(offset: number): bigint {
    return this.address + BigInt(offset);
  }

  /** Copies text as a C string onto the stack: its address. */
  string(text: string): bigint {
    const bytes = encoder.encode(text);
    const offset = this.reserve(bytes.length + 1);
    this.u8.set(bytes, offset);
    return this.at(offset);
  }

  /** Copies texts as an array of C strings onto the stack: its address, or 0n for none. */
  strings(texts: readonly string[]): bigint {
    return this.pointers(texts.map((text) => this.string(text)));
  }

  /** Copies pointers onto the stack: the address of the array, or 0n for none. */
  pointers(values: readonly bigint[]): bigint {
    if (values.length === 0) return 0n;
    for (const value of values) checkUint64(value, "an address");
    const offset = this.reserve(values.length * 8);
    this.u64.set(values, offset / 8);
    return this.at(offset);
  }

  /** Copies 32-bit words onto the stack: the address of the array, or 0n for none. */
  words(values: readonly number[]): bigint {
    if (values.length === 0) return 0n;
    const offset = this.reserve(values.length * 4);
    this.u32.set(values, offset / 4);
    return this.at(offset);
  }

  /** Copies encoded bytes onto the stack: their address. */
  bytes(values: Uint8Array): bigint {
    const offset = this.reserve(values.length);
    this.u8.set(values, offset);
    return this.at(offset);
  }

  /** Puts a structure on the stack, its sType set: its offset. */
  struct(name: StructName, values: StructValues = {}): number {
    const offset = this.reserve(layouts[name].size);
    this.setType(name, offset);
    this.write(name, offset, values);
    return offset;
  }

  /** Sets the sType of the structure at `offset`, if it has one. */
  setType(name: StructName, offset: number): void {
    const type = structureTypes[name];
    if (type !== undefined) this.u32[offset / 4] = type;
  }

  /** Writes fields of a structure at `offset`; names that are no field of it are passed over. */
  write(name: StructName, offset: number, values: StructValues): void {
    for (const { name: field, offset: at, size, type, count } of layouts[name].fields) {
      const value = values[field];
      if (value === undefined) continue;
      const items = Array.isArray(value) ? (value as FieldItem[]) : [value as FieldItem];
      for (const [i, item] of items.entries()) {
        this.#writeOne(type, offset + at + (i * size) / count, item, `${field} of ${name}`);
      }
    }
  }

  /** What does not fit its field is refused: a typed array would cut it. */
  #writeOne(type: ScalarType | StructName, offset: number, value: FieldItem, what: string): void {
    switch (type) {
      case "char":
      case "uint8_t":
        this.u8[offset] = checkInteger(Number(value), what, 0, 0xff);
        break;
      case "int32_t":
      case "uint32_t":
        // Flags with bit 31 are negative when JavaScript's operators have put them together.
        this.u32[offset / 4] = checkInteger(Number(value), what, -0x80000000, 0xffffffff);
        break;
      case "float":
        this.f32[offset / 4] = Number(value);
        break;
      case "pointer":
      case "uint64_t":
      case "size_t":
        this.u64[offset / 8] =
          typeof value === "bigint" ? checkUint64(value, what) : BigInt(checkInteger(value, what));
        break;
      default:
        this.write(type, offset, value as StructValues);
    }
  }

  /** Reads a whole structure at `offset`. */
  read(name: StructName, offset: number): DecodedStruct {
    const result: DecodedStruct = {};
    for (const { name: field, offset: at, size, type, count, isArray } of layouts[name].fields) {
      if (type === "char") {
        result[field] = this.text(offset + at, count);
      } else if (isArray) {
        result[field] = Array.from({ length: count }, (_, i) =>
          this.#readOne(type, offset + at + (i * size) / count),
        );
      } else {
        result[field] = this.#readOne(type, offset + at);
      }
    }
    return result;
  }

  #readOne(type: ScalarType | StructName, offset: number): Decoded {
    switch (type) {
      case "char":
      case "uint8_t":
        return this.u8[offset]!;
      case "int32_t":
        return this.i32[offset / 4]!;
      case "uint32_t":
        return this.u32[offset / 4]!;
      case "float":
        return this.f32[offset / 4]!;
      case "pointer":
        return this.u64[offset / 8]!;
      case "uint64_t":
      case "size_t":
        return this.integer(offset);
      default:
        return this.read(type, offset);
    }
  }

  /** A 64-bit size as a number; beyond 2^53 (some limits are 2^64 - 1) the nearest. */
  integer(offset: number): number {
    return this.u32[offset / 4]! + this.u32[offset / 4 + 1]! * 4294967296;
  }

  /** The C string in the `length` bytes at `offset`. */
  text(offset: number, length: number): string {
    const bytes = this.u8.subarray(offset, offset + length);
    const end = bytes.indexOf(0);
    return decoder.decode(bytes.subarray(0, end < 0 ? length : end));
  }

  /**
   * Lets the memory go; the typed arrays are others from then on, which are empty. It is not detached, as mappings
   * are: once a buffer was detached in a process, V8 looks at every access to any typed array whether its buffer was,
   * which takes a createBuffer and destroyBuffer 10 to 15 ns.
   */
  free(): void {
    this.#see(new ArrayBuffer());
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

/** Lays structures (by C name) and runs of bytes one after another: each one's offset, and the end. */
export function place<K extends string>(
  parts: Readonly<Record<K, StructName | number>>,
): Readonly<Record<K | "end", number>> {
  const offsets: Record<string, number> = {};
  let end = 0;
  for (const [name, part] of Object.entries<StructName | number>(parts)) {
    offsets[name] = end;
    end += alignUp(typeof part === "number" ? part : layouts[part].size, 8);
  }
  offsets.end = end;
  return offsets as Record<K | "end", number>;
}
