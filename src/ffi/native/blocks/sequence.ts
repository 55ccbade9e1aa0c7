/**
 * What a sequence of native calls is, before it becomes machine code: functions of C, where their arguments come from,
 * and where their results go. Arguments that change and results lie in the argument block, a piece of memory
 * that JavaScript reads and writes through typed arrays:
 *
 *   block  | handle made | memory | offset | result | …        vkCreateBuffer(device, info, callbacks, &handle)
 *            cells, at fixed offsets in bytes                   unless it failed: vkBindBufferMemory(device, handle, memory, offset)
 *
 * So a call from JavaScript has no arguments and no result, and 64-bit handles pass unharmed.
 */

/** Where an argument of 64 bits comes from: it never changes, or it lies in a cell of the block. */
export type Operand = { readonly constant: bigint } | { readonly cell: number };

/** One call of a C function. */
export interface SequenceCall {
  /** The function's address. */
  readonly address: bigint;
  /** Integers, enumerations, pointers and handles; each fills one register. */
  readonly operands: readonly Operand[];
  /** The cell that takes the 32-bit result; without it, the result is dropped. */
  readonly result?: number;
  /** Whether a negative result (a VkResult that is an error) ends the sequence. */
  readonly endsIfNegative?: boolean;
}

/** Calls made one after the other. */
export interface Sequence {
  /** The address of the block. */
  readonly block: bigint;
  readonly calls: readonly SequenceCall[];
}

/** Makes machine code of a sequence: a C function without arguments and result, which may lie anywhere. */
export type Assembler = (sequence: Sequence) => Uint8Array<ArrayBuffer>;

/** The offset of a cell of `bytes` bytes, checked. */
export function cellOffset(offset: number, bytes: number): number {
  if (!Number.isInteger(offset) || offset < 0 || offset > 0x3ff8 || offset % bytes !== 0) {
    throw new RangeError(
      `a cell of ${bytes} bytes must lie at a multiple of that below 16 KiB, got ${offset}`,
    );
  }
  return offset;
}
