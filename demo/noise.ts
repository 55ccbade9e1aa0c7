/**
 * The known data: every resource holds a piece of one long strip of noise, named by where the piece begins.
 * So the expected bytes of thousands of resources take no memory of their own.
 */

import { Random } from "./random.ts";

/** Bytes of the largest piece. */
export const LARGEST_PIECE: number = 4 * 1024 * 1024;
/** Starts that there are for a piece, 4 bytes apart: more than there are resources. */
const STARTS = 1 << 20;

/** The strip of noise. */
export class Noise {
  readonly #strip: Uint8Array;

  constructor(seed: number) {
    const random = new Random(seed);
    const words = new Uint32Array(LARGEST_PIECE / 4 + STARTS);
    for (let i = 0; i < words.length; i++) words[i] = random.next();
    this.#strip = new Uint8Array(words.buffer);
  }

  /** A start for a new piece. */
  start(random: Random): number {
    return random.below(STARTS) * 4;
  }

  /** The `size` bytes of the piece that begins at `start`. */
  piece(start: number, size: number): Uint8Array {
    return this.#strip.subarray(start, start + size);
  }
}

/** Where two pieces of the same length first differ; -1 if nowhere. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return -1;
  return a.findIndex((byte, index) => byte !== b[index]);
}
