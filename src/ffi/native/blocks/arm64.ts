/**
 * Machine code for 64-bit Arm: sequences of calls by AAPCS64 (Linux, macOS and Windows alike, as long as all arguments
 * are in registers).
 *
 * Arguments are in x0 to x7, a result in w0. A call may change x0 to x18; x29 is the frame's pointer and x30 the
 * return address, which are saved. x16 is free between calls: it holds the block's address, then the function's.
 */

import { type Assembler, cellOffset, type Operand, type SequenceCall } from "./sequence.ts";

/** The register that is free between calls. */
const X16 = 16;
const MAX_OPERANDS = 8;

/** The instructions that are used; each has 32 bits. */
const instructions = {
  /** Where an indirect call may arrive, on processors that check it; else nothing. */
  bti_c: (): number => 0xd503245f,
  /** stp x29, x30, [sp, #-16]! */
  save_frame: (): number => 0xa9bf7bfd,
  /** mov x29, sp */
  mov_x29_sp: (): number => 0x910003fd,
  /** movz register, #value */
  movz: (register: number, value: number): number => 0xd2800000 | (value << 5) | register,
  /** movk register, #value, lsl #(16 * part) */
  movk: (register: number, value: number, part: number): number =>
    0xf2800000 | (part << 21) | (value << 5) | register,
  /** ldr register, [x16, #offset] */
  ldr: (register: number, offset: number): number =>
    0xf9400000 | ((offset / 8) << 10) | (X16 << 5) | register,
  /** blr x16 */
  blr_x16: (): number => 0xd63f0000 | (X16 << 5),
  /** str w0, [x16, #offset] */
  str_w0: (offset: number): number => 0xb9000000 | ((offset / 4) << 10) | (X16 << 5),
  /** tbnz w0, #31: jump over `instructions` if the sign is negative */
  tbnz_w0_31: (instructions: number): number => 0x37f80000 | ((instructions + 1) << 5),
  /** ldp x29, x30, [sp], #16 */
  restore_frame: (): number => 0xa8c17bfd,
  ret: (): number => 0xd65f03c0,
} as const;
const I = instructions;

/** 16 bits of a constant; `part` 0 is the lowest. */
function bits(value: bigint, part: number): number {
  return Number((value >> BigInt(16 * part)) & 0xffffn);
}

/** Puts a constant of 64 bits into a register. */
function constant(register: number, value: bigint): number[] {
  return [
    I.movz(register, bits(value, 0)),
    ...[1, 2, 3].map((part) => I.movk(register, bits(value, part), part)),
  ];
}

function load(operands: readonly Operand[], block: bigint): number[] {
  if (operands.length > MAX_OPERANDS) {
    throw new RangeError(`a call has at most ${MAX_OPERANDS} arguments here, got ${operands.length}`);
  }
  const code: number[] = [];
  if (operands.some((operand) => "cell" in operand)) code.push(...constant(X16, block));
  for (const [register, operand] of operands.entries()) {
    if ("cell" in operand) code.push(I.ldr(register, cellOffset(operand.cell, 8)));
    else code.push(...constant(register, operand.constant));
  }
  return code;
}

function callCode({ address, operands, result }: SequenceCall, block: bigint): number[] {
  const code = [...load(operands, block), ...constant(X16, address), I.blr_x16()];
  if (result !== undefined) code.push(...constant(X16, block), I.str_w0(cellOffset(result, 4)));
  return code;
}

/** 64-bit Arm. */
export const assembleArm64: Assembler = ({ block, calls }) => {
  // From the end to the beginning, so that each jump knows how far it is to the end.
  let body: number[] = [];
  for (const call of calls.toReversed()) {
    const jump = call.endsIfNegative ? [I.tbnz_w0_31(body.length)] : [];
    body = [...callCode(call, block), ...jump, ...body];
  }
  const words = [I.bti_c(), I.save_frame(), I.mov_x29_sp(), ...body, I.restore_frame(), I.ret()];
  const code = new Uint8Array(4 * words.length);
  const view = new DataView(code.buffer);
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
  return code;
};
