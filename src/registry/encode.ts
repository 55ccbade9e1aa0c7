/**
 * Writes structures into memory, and reads them back.
 *
 * Memory is JavaScript's own (ArrayBuffers, whose addresses do not change), taken piece by piece from a region that grows by
 * buffers. What a call needs is encoded into a region that the next call reuses; `encode` makes one that lives as long as what
 * it returns.
 *
 * Encoding costs about 100 ns per member: what is used in every frame is better encoded once and passed as an address.
 */

import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import {
  type AnyStructure,
  type Member,
  type Next,
  type ScalarKind,
  type Structure,
  type StructureValue,
  scalarSizes,
} from "./structure.ts";

/** Something that can return a buffer's address: a device or an instance of `vma-ts/koffi`, `/bun` and `/deno`. */
export interface AddressSource {
  /** The address of a buffer's first byte. */
  addressOf(buffer: ArrayBuffer): bigint;
}

/** An address, or something that has one. */
export type Pointer = bigint | Encoded | ArrayBufferView;

/** Whatever may be passed for a member or an argument. */
type Loose = Readonly<Record<string, unknown>>;

/** A place in a region. */
export interface Place {
  readonly data: DataView;
  readonly offset: number;
  readonly address: bigint;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const MAX = 0xffff_ffff_ffff_ffffn;

/** Memory that is taken piece by piece and given back at once. */
export class Region {
  readonly #source: AddressSource;
  readonly #least: number;
  #data!: DataView;
  #address = 0n;
  #top = 0;
  /** Buffers that are full, and those of typed arrays to which structures point. */
  #held: ArrayBufferLike[] = [];

  constructor(source: AddressSource, least: number) {
    this.#source = source;
    this.#least = least;
    this.#grow(least);
  }

  #grow(size: number): void {
    const buffer = new ArrayBuffer(size);
    this.#held.push(buffer);
    this.#data = new DataView(buffer);
    this.#address = this.#source.addressOf(buffer);
    this.#top = 0;
  }

  /** Gives back everything but the last buffer. */
  reset(): void {
    if (this.#held.length > 1) this.#held = [this.#data.buffer];
    this.#top = 0;
  }

  /** Zeroed bytes, aligned to 8. */
  take(size: number): Place {
    if (this.#top + size > this.#data.byteLength) this.#grow(Math.max(this.#least, Math.ceil(size / 8) * 8));
    const offset = this.#top;
    this.#top += Math.ceil(size / 8) * 8;
    const { buffer } = this.#data;
    new Uint8Array(buffer, offset, Math.min(this.#top, buffer.byteLength) - offset).fill(0);
    return { data: this.#data, offset, address: this.#address + BigInt(offset) };
  }

  /** The address of a typed array, which is kept alive as long as the region. */
  addressOf(view: ArrayBufferView): bigint {
    if (!(view.buffer instanceof ArrayBuffer)) {
      throw new TypeError("an array must be over an ArrayBuffer, got one over a SharedArrayBuffer");
    }
    if (view.byteLength === 0) return 0n;
    this.#held.push(view.buffer);
    return this.#source.addressOf(view.buffer) + BigInt(view.byteOffset);
  }
}

/** A structure in its own memory, which stays where it is as long as this object is reachable. */
export class Encoded<T extends object = object> {
  /** Its address. */
  readonly address: bigint;
  /** Its structure. */
  readonly structure: AnyStructure;
  readonly #place: Place;
  /** Holds what the structure points to. */
  readonly #region: Region;

  /** @internal {@link encode} makes it. */
  constructor(region: Region, structure: AnyStructure, place: Place) {
    this.#region = region;
    this.structure = structure;
    this.#place = place;
    this.address = place.address;
  }

  /** The current values: members by name; for pointers, the addresses. */
  decode(): T {
    return decodeAt(this.structure, this.#place.data, this.#place.offset) as T;
  }

  /** Overwrites members. What they point to takes memory until the object is gone. */
  set(values: Partial<T>): void {
    writeMembers(this.#region, this.structure, this.#place, values as Loose);
  }
}

/**
 * Encodes a structure into its own memory, with its pNext chain and everything that it points to; its address can be passed
 * wherever a command takes the structure, as long as the object is reachable. A TypeError or RangeError names a member that
 * cannot be encoded.
 */
export function encode<T extends object>(source: AddressSource, value: StructureValue<T>): Encoded<T> {
  const region = new Region(source, 256);
  return new Encoded(region, value.structure, write(region, value.structure, value.values as Loose));
}

/** Decodes a structure from bytes of a readback or of mapped memory. Throws a RangeError if they end before it does. */
export function decode<T extends object>(structure: Structure<T>, bytes: ArrayBufferView, offset = 0): T {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodeAt(structure, data, offset) as T;
}

/** Encodes structures one after the other into bytes, for what the GPU reads from a buffer: no pointers, no pNext. */
export function encodeInto<T extends object>(
  structure: Structure<T>,
  items: readonly T[],
  bytes: ArrayBufferView,
  offset = 0,
): void {
  writeInto(structure, items, bytes, offset);
}

function writeInto(
  structure: AnyStructure,
  items: readonly object[],
  bytes: ArrayBufferView,
  offset: number,
): void {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [i, item] of items.entries()) {
    const at = offset + i * structure.layout.size;
    for (const member of structure.layout.members) {
      const value = (item as Loose)[member.name];
      if (value === undefined) continue;
      const what = `${structure.structureName}.${member.name}`;
      if (member.isPointer || member.kind === "text") throw new TypeError(`${what} is a pointer`);
      writeInside(undefined, member, { data, offset: at + member.offset, address: 0n }, value, what);
    }
  }
}

/** Encodes a structure into a region. */
export function write(region: Region, structure: AnyStructure, values: Loose): Place {
  const place = region.take(structure.layout.size);
  fill(region, structure, place, values);
  return place;
}

/** Encodes structures one after the other. */
export function writeArray(region: Region, structure: AnyStructure, items: readonly Loose[]): Place {
  const { size } = structure.layout;
  const place = region.take(size * items.length);
  for (const [i, item] of items.entries()) {
    fill(region, structure, step(place, i * size), item);
  }
  return place;
}

function step(place: Place, bytes: number): Place {
  return { data: place.data, offset: place.offset + bytes, address: place.address + BigInt(bytes) };
}

function fill(region: Region, structure: AnyStructure, place: Place, values: Loose): void {
  if (typeof values !== "object" || values === null) {
    throw new TypeError(`${structure.structureName} must be an object of its members, got ${quote(values)}`);
  }
  if (structure.sType !== undefined) {
    place.data.setUint32(place.offset, structure.sType, true);
    const next = values.pNext;
    if (next !== undefined) {
      place.data.setBigUint64(place.offset + 8, writeNext(region, next as Next), true);
    }
  }
  writeMembers(region, structure, place, values);
}

/** A chain of structures: the address of the first. */
export function writeNext(region: Region, next: Next): bigint {
  if (typeof next === "bigint") return checkUint64(next, "pNext");
  if (!Array.isArray(next)) throw new TypeError(`pNext must be an array or an address, got ${quote(next)}`);
  let address = 0n;
  for (const { structure, values } of [...(next as readonly StructureValue[])].reverse()) {
    const place = write(region, structure, values as Loose);
    place.data.setBigUint64(place.offset + 8, address, true);
    address = place.address;
  }
  return address;
}

function writeMembers(region: Region, structure: AnyStructure, place: Place, values: Loose): void {
  const { members } = structure.layout;
  for (const name in values) {
    if (name === "pNext" && structure.sType !== undefined) continue;
    if (!members.some((member) => member.name === name)) {
      throw new TypeError(`${structure.structureName} has no member ${quote(name)}`);
    }
  }
  for (const member of members) {
    const value = values[member.name];
    if (value === undefined || value === null) continue;
    const at = step(place, member.offset);
    const what = `${structure.structureName}.${member.name}`;
    if (!member.isPointer) {
      writeInside(region, member, at, value, what);
      continue;
    }
    const { address, count } = writeTarget(region, member, value, what);
    at.data.setBigUint64(at.offset, address, true);
    // The program's own count has precedence: some structures have it without an array.
    if (member.count !== undefined && count !== undefined && values[member.count.member] === undefined) {
      const counter = members.find(({ name }) => name === member.count!.member)!;
      const times = count * member.count.unit;
      writeInside(region, counter, step(place, counter.offset), times, what);
    }
  }
}

/** Writes what a member or a parameter points to, for each item. */
export function writeTarget(
  region: Region,
  { kind, struct, count }: Pick<Member, "kind" | "struct" | "count">,
  value: unknown,
  what: string,
): { address: bigint; count: number | undefined } {
  if (typeof value === "bigint" && (count === undefined || kind !== "handle")) {
    return { address: checkUint64(value, what), count: undefined };
  }
  if (value instanceof Encoded) return { address: value.address, count: 1 };
  if (ArrayBuffer.isView(value)) {
    const size = struct?.layout.size ?? scalarSizes[kind!];
    return { address: region.addressOf(value), count: value.byteLength / size };
  }
  if (struct !== undefined) {
    const items = (Array.isArray(value) ? value : [value]) as Loose[];
    if (items.length === 0) return { address: 0n, count: 0 };
    return { address: writeArray(region, struct, items).address, count: items.length };
  }
  if (kind === "char" && typeof value === "string")
    return { address: writeText(region, value), count: undefined };
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) return { address: 0n, count: 0 };
  const size = scalarSizes[kind!];
  const place = region.take(size * items.length);
  for (const [i, item] of items.entries()) writeScalar(region, kind!, step(place, i * size), item, what);
  return { address: place.address, count: items.length };
}

function writeInside(
  region: Region | undefined,
  member: Member,
  at: Place,
  value: unknown,
  what: string,
): void {
  const { kind, struct, length } = member;
  if (length === undefined) {
    writeItem(region, kind, struct, at, value, what);
    return;
  }
  const items = (typeof value === "string" ? encoder.encode(value) : value) as ArrayLike<unknown>;
  if (typeof items !== "object" || typeof items.length !== "number" || items.length > length) {
    throw new RangeError(`${what} must have at most ${length} items, got ${quote(value)}`);
  }
  const size = struct?.layout.size ?? scalarSizes[kind!];
  for (let i = 0; i < items.length; i++) {
    writeItem(region, kind, struct, step(at, i * size), items[i], what);
  }
}

function writeItem(
  region: Region | undefined,
  kind: ScalarKind | undefined,
  struct: AnyStructure | undefined,
  at: Place,
  value: unknown,
  what: string,
): void {
  if (kind !== undefined) writeScalar(region, kind, at, value, what);
  else if (region !== undefined) fill(region, struct!, at, value as Loose);
  else writeInto(struct!, [value as object], at.data, at.offset);
}

function writeText(region: Region, text: string): bigint {
  const bytes = encoder.encode(text);
  const place = region.take(bytes.length + 1);
  new Uint8Array(place.data.buffer, place.offset, bytes.length).set(bytes);
  return place.address;
}

/** 64 bits from a number or a bigint; Infinity is all bits, as in VK_WHOLE_SIZE. */
export function toUint64(value: unknown, what: string): bigint {
  if (typeof value === "bigint") return checkUint64(value, what);
  if (value === Number.POSITIVE_INFINITY) return MAX;
  return BigInt(checkInteger(value, what));
}

function writeScalar(
  region: Region | undefined,
  kind: ScalarKind,
  { data, offset }: Place,
  value: unknown,
  what: string,
): void {
  switch (kind) {
    case "u8":
    case "char":
      data.setUint8(offset, checkInteger(value, what, 0, 0xff));
      break;
    case "u16":
      data.setUint16(offset, checkInteger(value, what, 0, 0xffff), true);
      break;
    case "i32":
    case "u32":
      // Flags with bit 31 are negative when JavaScript's operators have put them together.
      data.setUint32(offset, checkInteger(value, what, -0x80000000, 0xffffffff), true);
      break;
    case "bool":
      data.setUint32(offset, value ? 1 : 0, true);
      break;
    case "f32":
    case "f64":
      if (typeof value !== "number") throw new TypeError(`${what} must be a number, got ${quote(value)}`);
      if (kind === "f32") data.setFloat32(offset, value, true);
      else data.setFloat64(offset, value, true);
      break;
    case "text":
      data.setBigUint64(offset, typeof value === "bigint" ? value : writeText(region!, String(value)), true);
      break;
    case "i64":
      data.setBigInt64(offset, BigInt(value as bigint), true);
      break;
    case "handle":
      data.setBigUint64(offset, checkUint64(value, what), true);
      break;
    case "ptr":
      data.setBigUint64(offset, pointer(region, value, what), true);
      break;
    default:
      data.setBigUint64(offset, toUint64(value, what), true);
  }
}

/** An address, or typed arrays and encoded structures that have one. */
function pointer(region: Region | undefined, value: unknown, what: string): bigint {
  if (value instanceof Encoded) return value.address;
  if (ArrayBuffer.isView(value) && region !== undefined) return region.addressOf(value);
  return checkUint64(value, what);
}

function decodeAt(structure: AnyStructure, data: DataView, offset: number): object {
  const result: Record<string, unknown> = {};
  for (const member of structure.layout.members) {
    result[member.name] = readMember(member, data, offset + member.offset);
  }
  return result;
}

function readMember({ kind, struct, isPointer, length }: Member, data: DataView, at: number): unknown {
  if (isPointer) return data.getBigUint64(at, true);
  if (length === undefined) return readItem(kind, struct, data, at);
  if (kind === "char") {
    const bytes = new Uint8Array(data.buffer, data.byteOffset + at, length);
    const end = bytes.indexOf(0);
    return decoder.decode(bytes.subarray(0, end < 0 ? length : end));
  }
  const size = struct?.layout.size ?? scalarSizes[kind!];
  return Array.from({ length }, (_, i) => readItem(kind, struct, data, at + i * size));
}

/** @internal A structure or a scalar. */
export function readItem(
  kind: ScalarKind | undefined,
  struct: AnyStructure | undefined,
  data: DataView,
  at: number,
): unknown {
  switch (kind) {
    case undefined:
      return decodeAt(struct!, data, at);
    case "u8":
    case "char":
      return data.getUint8(at);
    case "u16":
      return data.getUint16(at, true);
    case "u32":
      return data.getUint32(at, true);
    case "i32":
      return data.getInt32(at, true);
    case "bool":
      return data.getUint32(at, true) !== 0;
    case "f32":
      return data.getFloat32(at, true);
    case "f64":
      return data.getFloat64(at, true);
    case "size": {
      const value = data.getBigUint64(at, true);
      return value === MAX ? Number.POSITIVE_INFINITY : Number(value);
    }
    case "i64":
      return data.getBigInt64(at, true);
    default:
      return data.getBigUint64(at, true);
  }
}
