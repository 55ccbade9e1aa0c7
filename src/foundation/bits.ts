/**
 * Arithmetic on byte sizes and bit masks.
 *
 * Byte sizes are `number`, exact up to 2^53 - 1. JavaScript's bit operators cut their operands to 32 bits
 * (`2 ** 33 >> 5` is 0), so sizes and offsets are aligned with division, which is exact for powers of two.
 */

/** Whether `value` is a power of two, for any safe integer. */
export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value)) && 2 ** Math.log2(value) === value;
}

/** The least multiple of `alignment` (a power of two) that is at least `value`. */
export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/** The greatest multiple of `alignment` (a power of two) that is at most `value`. */
export function alignDown(value: number, alignment: number): number {
  return Math.floor(value / alignment) * alignment;
}

/**
 * The same number, as V8 keeps small integers: what has come through division or a float64 array is kept as a float64 even
 * where it is none, and so is every field and every sum that it gets into.
 */
export function asInteger(value: number): number {
  const integer = value | 0;
  return integer === value ? integer : value;
}

/** How many bits of a 32-bit mask are set. */
export function popCount(mask: number): number {
  let v = mask - ((mask >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The index of the lowest set bit of a 32-bit mask that is not 0. */
export function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}
