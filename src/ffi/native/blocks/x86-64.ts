/**
 * Machine code for x86-64: sequences of calls by the System V convention (Linux, macOS, the BSDs) and by Microsoft's.
 *
 *                 arguments in               the caller leaves free     changes in a call
 *   System V      rdi rsi rdx rcx r8 r9      nothing                    rax rcx rdx rsi rdi r8 to r11
 *   Windows       rcx rdx r8 r9              32 bytes above the return  rax rcx rdx r8 to r11
 *
 * At the call rsp is a multiple of 16. A function that has just been entered finds it 8 off, and saving rbp puts
 * it right. With rbp as the frame's pointer, debuggers and profilers see through to the caller.
 */

import { type Assembler, cellOffset, type Operand, type SequenceCall } from "./sequence.ts";

/** The registers' numbers in instructions; those from 8 on need a bit of the REX prefix. */
const Register = { rcx: 1, rdx: 2, rsi: 6, rdi: 7, r8: 8, r9: 9 } as const;
type RegisterName = keyof typeof Register;

/** How one kind of system calls functions. */
interface Convention {
  readonly registers: readonly RegisterName[];
  /** Bytes that the caller leaves free for the function called; a multiple of 16. */
  readonly shadow: number;
}
const SYSTEM_V: Convention = { registers: ["rdi", "rsi", "rdx", "rcx", "r8", "r9"], shadow: 0 };
const WINDOWS: Convention = { registers: ["rcx", "rdx", "r8", "r9"], shadow: 32 };

/** `value` as `count` bytes, the lowest first. */
function littleEndian(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** The instructions that are used, with their bytes. Blocks are reached through rax and rcx. */
const instructions = {
  /** Where an indirect call may arrive, on processors and systems that check it; else nothing. */
  endbr64: (): number[] => [0xf3, 0x0f, 0x1e, 0xfa],
  push_rbp: (): number[] => [0x55],
  mov_rbp_rsp: (): number[] => [0x48, 0x89, 0xe5],
  sub_rsp: (bytes: number): number[] => [0x48, 0x83, 0xec, bytes],
  /** mov rax, value */
  mov_rax_constant: (value: bigint): number[] => [0x48, 0xb8, ...littleEndian(value, 8)],
  /** mov rcx, value */
  mov_rcx_constant: (value: bigint): number[] => [0x48, 0xb9, ...littleEndian(value, 8)],
  /** mov register, value */
  mov_constant: (register: RegisterName, value: bigint): number[] => {
    const number = Register[register];
    return [0x48 | (number >> 3), 0xb8 | (number & 7), ...littleEndian(value, 8)];
  },
  /** mov register, [rax + offset] */
  mov_from_rax: (register: RegisterName, offset: number): number[] => {
    const number = Register[register];
    return [
      0x48 | ((number >> 3) << 2),
      0x8b,
      0x80 | ((number & 7) << 3),
      ...littleEndian(BigInt(offset), 4),
    ];
  },
  /** call rax */
  call_rax: (): number[] => [0xff, 0xd0],
  /** mov [rcx + offset], eax */
  mov_to_rcx_eax: (offset: number): number[] => [0x89, 0x81, ...littleEndian(BigInt(offset), 4)],
  test_eax_eax: (): number[] => [0x85, 0xc0],
  /** js: jump over `bytes` if the sign is negative */
  js: (bytes: number): number[] => [0x0f, 0x88, ...littleEndian(BigInt(bytes), 4)],
  add_rsp: (bytes: number): number[] => [0x48, 0x83, 0xc4, bytes],
  pop_rbp: (): number[] => [0x5d],
  ret: (): number[] => [0xc3],
} as const;
const I = instructions;

function load(convention: Convention, operands: readonly Operand[], block: bigint): number[] {
  const { registers } = convention;
  if (operands.length > registers.length) {
    throw new RangeError(`a call has at most ${registers.length} arguments here, got ${operands.length}`);
  }
  const code: number[] = [];
  if (operands.some((operand) => "cell" in operand)) code.push(...I.mov_rax_constant(block));
  for (const [i, operand] of operands.entries()) {
    const register = registers[i]!;
    if ("cell" in operand) code.push(...I.mov_from_rax(register, cellOffset(operand.cell, 8)));
    else code.push(...I.mov_constant(register, operand.constant));
  }
  return code;
}

/** A call up to where its result is known to be no error, and what jumps to the end otherwise. */
function callCode(convention: Convention, call: SequenceCall, block: bigint): number[] {
  const code = load(convention, call.operands, block);
  code.push(...I.mov_rax_constant(call.address), ...I.call_rax());
  if (call.result !== undefined) {
    code.push(...I.mov_rcx_constant(block), ...I.mov_to_rcx_eax(cellOffset(call.result, 4)));
  }
  if (call.endsIfNegative) code.push(...I.test_eax_eax());
  return code;
}

function assembler(convention: Convention): Assembler {
  return ({ block, calls }) => {
    const { shadow } = convention;
    // From the end to the beginning, so that each jump knows how far it is to the end.
    let body: number[] = [];
    for (const call of calls.toReversed()) {
      const jump = call.endsIfNegative ? I.js(body.length) : [];
      body = [...callCode(convention, call, block), ...jump, ...body];
    }
    return new Uint8Array([
      ...I.endbr64(),
      ...I.push_rbp(),
      ...I.mov_rbp_rsp(),
      ...(shadow > 0 ? I.sub_rsp(shadow) : []),
      ...body,
      ...(shadow > 0 ? I.add_rsp(shadow) : []),
      ...I.pop_rbp(),
      ...I.ret(),
    ]);
  };
}

/** x86-64, System V. */
export const assembleSystemV: Assembler = assembler(SYSTEM_V);
/** x86-64, Windows. */
export const assembleWindows: Assembler = assembler(WINDOWS);
