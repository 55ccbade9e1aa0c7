/**
 * Machine code, byte by byte as GNU's assembler makes it, and run: natively, in qemu, and by Microsoft's convention too,
 * in programs without a library. The functions that the code calls there write down every register that arguments
 * come in, and where the stack is; they spoil all that a function may spoil.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assembleArm64 } from "../../src/ffi/native/blocks/arm64.ts";
import type { Assembler, Sequence, SequenceCall } from "../../src/ffi/native/blocks/sequence.ts";
import { assembleSystemV, assembleWindows } from "../../src/ffi/native/blocks/x86-64.ts";
import {
  ARM64,
  absenceOf,
  assembled,
  byteText,
  outputOf,
  type Toolchain,
  X86_64,
} from "../helpers/assembler.ts";

const isRequired = process.env.VMA_TS_REQUIRE_ASSEMBLER === "1";

/** One kind of machine code. */
interface Kind {
  readonly name: string;
  readonly toolchain: Toolchain;
  readonly assemble: Assembler;
  readonly registers: readonly string[];
  /** The same sequence as assembly text. */
  readonly text: (sequence: Sequence) => string;
  /** A program that calls the code, and a function that the code calls. */
  readonly program: (code: Uint8Array, results: readonly number[]) => string;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

function x86Text(registers: readonly string[], shadow: number): (sequence: Sequence) => string {
  return ({ block, calls }) => {
    const lines = ["endbr64", "push rbp", "mov rbp, rsp"];
    if (shadow > 0) lines.push(`sub rsp, ${shadow}`);
    for (const { address, operands, result, endsIfNegative } of calls) {
      if (operands.some((operand) => "cell" in operand)) lines.push(`movabs rax, ${hex(block)}`);
      for (const [i, operand] of operands.entries()) {
        if ("cell" in operand) lines.push(`{disp32} mov ${registers[i]}, [rax + ${operand.cell}]`);
        else lines.push(`movabs ${registers[i]}, ${hex(operand.constant)}`);
      }
      lines.push(`movabs rax, ${hex(address)}`, "call rax");
      if (result !== undefined) {
        lines.push(`movabs rcx, ${hex(block)}`, `{disp32} mov [rcx + ${result}], eax`);
      }
      if (endsIfNegative) lines.push("test eax, eax", "{disp32} js 1f");
    }
    lines.push("1:");
    if (shadow > 0) lines.push(`add rsp, ${shadow}`);
    return `${[...lines, "pop rbp", "ret"].join("\n")}\n`;
  };
}

function arm64Text({ block, calls }: Sequence): string {
  const lines = ["bti c", "stp x29, x30, [sp, #-16]!", "mov x29, sp"];
  const constant = (register: string, value: bigint): void => {
    for (const part of [0, 1, 2, 3]) {
      const bits = hex((value >> BigInt(16 * part)) & 0xffffn);
      lines.push(`${part === 0 ? "movz" : "movk"} ${register}, ${bits}, lsl #${16 * part}`);
    }
  };
  for (const { address, operands, result, endsIfNegative } of calls) {
    if (operands.some((operand) => "cell" in operand)) constant("x16", block);
    for (const [i, operand] of operands.entries()) {
      if ("cell" in operand) lines.push(`ldr x${i}, [x16, #${operand.cell}]`);
      else constant(`x${i}`, operand.constant);
    }
    constant("x16", address);
    lines.push("blr x16");
    if (result !== undefined) {
      constant("x16", block);
      lines.push(`str w0, [x16, #${result}]`);
    }
    if (endsIfNegative) lines.push("tbnz w0, #31, 1f");
  }
  return `${[...lines, "1:", "ldp x29, x30, [sp], #16", "ret"].join("\n")}\n`;
}

/** Where things lie in the programs. */
const CODE = 0x6543_1000_0000n;
const CALLEE = 0x6543_3000_0000n;
const BLOCK = 0x6543_2000_0000n;
const SECTIONS = { ".text": CODE, ".callee": CALLEE, ".block": BLOCK };
const BLOCK_BYTES = 64;
/** What one call writes down: eight 64-bit words for arguments, and the stack's pointer. */
const ENTRY_WORDS = 9;
const MAX_CALLS = 4;
const CELLS = [0, 8, 16, 24] as const;
const RESULTS = [32, 36, 40] as const;
/** What lies in the cells; all of bits 63, 32, 31 and 0 occur. */
const VALUES = [0x8000_0000_0000_0001n, 0xfedc_ba98_7654_3210n, 0x7fff_ffff_8000_0000n, 0x1_0000_0000n];

/** The data of a program: the block, what the calls write down, and what they return. */
function data(results: readonly number[]): string {
  return `.section .block,"aw"
block: .quad ${VALUES.map(hex).join(",")}
.quad ${new Array(BLOCK_BYTES / 8 - VALUES.length).fill(hex(0xaaaa_aaaa_aaaa_aaaan)).join(",")}
log: .fill ${MAX_CALLS * ENTRY_WORDS},8,0
next: .quad log
results: .long ${[...results, 0, 0, 0, 0].join(",")}
`;
}
const OUTPUT_BYTES = BLOCK_BYTES + MAX_CALLS * ENTRY_WORDS * 8;

function x86Program(registers: readonly string[], shadow: number): Kind["program"] {
  const spoiled = ["rcx", "rdx", "r8", "r9", "r10", "r11", ...(shadow > 0 ? [] : ["rsi", "rdi"])];
  return (code, results) => `.intel_syntax noprefix
.section .callee,"ax"
callee:
  movabs r11, offset log
  movabs r11, offset next
  mov r10, [r11]
  ${registers.map((register, i) => `mov [r10 + ${8 * i}], ${register}`).join("\n  ")}
  mov [r10 + 64], rsp
  add r10, ${8 * ENTRY_WORDS}
  mov [r11], r10
  movabs r11, offset results
  mov eax, [r11]
  # The next result moves up.
  mov rdx, [r11 + 4]
  mov [r11], rdx
  mov edx, [r11 + 12]
  mov [r11 + 8], edx
  ${spoiled.map((register) => `movabs ${register}, 0xdeaddeaddeaddead`).join("\n  ")}
  ${Array.from({ length: shadow / 8 }, (_, i) => `mov qword ptr [rsp + ${8 * (i + 1)}], 0x5a5a5a5a`).join("\n  ")}
  ret
${data(results)}
.text
.globl _start
code: ${byteText(code)}
_start:
  # What a function must keep: a change shows in the exit status.
  mov rbx, 11
  mov rbp, 12
  mov r12, 13
  mov r15, rsp
  sub rsp, ${shadow}
  call code
  add rsp, ${shadow}
  mov rdi, 1
  cmp rbx, 11
  jne exit
  cmp rbp, 12
  jne exit
  cmp r12, 13
  jne exit
  cmp r15, rsp
  jne exit
  mov rax, 1
  movabs rsi, offset block
  mov rdx, ${OUTPUT_BYTES}
  syscall
  mov rdi, 0
exit:
  mov rax, 60
  syscall
`;
}

const arm64Program: Kind["program"] = (code, results) => `
.section .callee,"ax"
callee:
  ldr x9, =next
  ldr x10, [x9]
  stp x0, x1, [x10]
  stp x2, x3, [x10, #16]
  stp x4, x5, [x10, #32]
  stp x6, x7, [x10, #48]
  mov x11, sp
  str x11, [x10, #64]
  add x10, x10, #${8 * ENTRY_WORDS}
  str x10, [x9]
  ldr x9, =results
  ldr w0, [x9]
  ldr x11, [x9, #4]
  str x11, [x9]
  ldr w11, [x9, #12]
  str w11, [x9, #8]
  ${[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17].map((i) => `mov x${i}, #0xdead`).join("\n  ")}
  ret
.ltorg
${data(results)}
.text
.globl _start
code: ${byteText(code)}
_start:
  mov x29, #12
  mov x19, #13
  mov x28, #14
  mov x20, sp
  bl code
  mov x0, #1
  cmp x29, #12
  b.ne exit
  cmp x19, #13
  b.ne exit
  cmp x28, #14
  b.ne exit
  mov x9, sp
  cmp x20, x9
  b.ne exit
  ldr x1, =block
  mov x2, #${OUTPUT_BYTES}
  mov x8, #64
  svc #0
  mov x0, #0
exit:
  mov x8, #93
  svc #0
`;

const systemV = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];
const windows = ["rcx", "rdx", "r8", "r9"];
const kinds: readonly Kind[] = [
  {
    name: "x86-64, System V",
    toolchain: X86_64,
    assemble: assembleSystemV,
    registers: systemV,
    text: (sequence) => `.intel_syntax noprefix\n${x86Text(systemV, 0)(sequence)}`,
    program: x86Program(systemV, 0),
  },
  {
    name: "x86-64, Windows",
    toolchain: X86_64,
    assemble: assembleWindows,
    registers: windows,
    text: (sequence) => `.intel_syntax noprefix\n${x86Text(windows, 32)(sequence)}`,
    program: x86Program(windows, 32),
  },
  {
    name: "64-bit Arm",
    toolchain: ARM64,
    assemble: assembleArm64,
    registers: ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"],
    // Where an indirect call may arrive is younger than the assembler's oldest processor.
    text: (sequence) => `.arch armv8.5-a\n${arm64Text(sequence)}`,
    program: arm64Program,
  },
];

/** Sequences of up to so many calls with up to so many arguments. */
function sequences(
  maxCalls: number,
  maxOperands: number,
  cells: fc.Arbitrary<number>,
): fc.Arbitrary<Sequence> {
  const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const operand = fc.oneof(
    word.map((constant) => ({ constant })),
    cells.map((cell) => ({ cell })),
  );
  const call: fc.Arbitrary<SequenceCall> = fc
    .record({
      address: word,
      operands: fc.array(operand, { maxLength: maxOperands }),
      result: fc.option(cells, { nil: -1 }),
      endsIfNegative: fc.boolean(),
    })
    .map(({ result, ...others }) => (result < 0 ? others : { ...others, result }));
  return fc.record({ block: word, calls: fc.array(call, { minLength: 1, maxLength: maxCalls }) });
}

const anyCell = fc.integer({ min: 0, max: 0x3ff8 / 8 }).map((i) => 8 * i);

describe.each(kinds)("machine code for $name", ({ toolchain, assemble, registers, text, program }) => {
  const absence = absenceOf(toolchain);
  if (absence !== undefined) {
    it.runIf(isRequired)("can be compared", () => expect.fail(`${absence}, and VMA_TS_REQUIRE_ASSEMBLER=1`));
    it.skip(`is what the assembler makes (skipped: ${absence})`, () => {});
  }
  const isHere = absence === undefined;

  it.runIf(isHere)("is what the assembler makes, for every register and many sequences", () => {
    const full: SequenceCall = {
      address: 0x1234_5678_9abc_def0n,
      operands: registers.map((_, i) => (i % 2 === 0 ? { cell: 8 * i } : { constant: BigInt(i) << 60n })),
      result: 0x3ff8,
      endsIfNegative: true,
    };
    const swapped: SequenceCall = {
      address: 1n,
      operands: registers.map((_, i) => (i % 2 === 1 ? { cell: 0x3ff8 } : { constant: 2n ** 64n - 1n })),
    };
    const cases = [
      { block: 0xfeed_0000_0000_0008n, calls: [full, swapped, full] },
      ...fc.sample(sequences(5, registers.length, anyCell), { numRuns: 200, seed: 17 }),
    ];
    const code = cases.map(assemble);
    const truth = assembled(toolchain, cases.map(text).join(""));
    let at = 0;
    for (const [i, own] of code.entries()) {
      const theirs = truth.subarray(at, at + own.length);
      expect(Buffer.from(own).toString("hex"), text(cases[i]!)).toBe(Buffer.from(theirs).toString("hex"));
      at += own.length;
    }
    expect(at).toBe(truth.length);
  });

  it.runIf(isHere)("passes arguments, keeps results, and ends where it should", () => {
    const cell = fc.constantFrom(...CELLS);
    const result = fc.constantFrom(0, 1, -1, -2, 1000, -(2 ** 31), 2 ** 31 - 1);
    const runs = fc.sample(
      fc.record({
        sequence: sequences(MAX_CALLS, registers.length, cell),
        results: fc.array(result, { minLength: MAX_CALLS, maxLength: MAX_CALLS }),
      }),
      { numRuns: 12, seed: 19 },
    );
    for (const { sequence, results } of runs) {
      const calls = sequence.calls.map(({ result: cell, ...call }, i) => ({
        ...call,
        address: CALLEE,
        ...(cell === undefined ? {} : { result: RESULTS[i % RESULTS.length]! }),
      }));
      const code = assemble({ block: BLOCK, calls });
      const output = outputOf(toolchain, program(code, results), SECTIONS);
      const view = new DataView(output.buffer, output.byteOffset);

      const block = new DataView(new ArrayBuffer(BLOCK_BYTES));
      for (let i = 0; i < BLOCK_BYTES / 8; i++) {
        block.setBigUint64(8 * i, VALUES[i] ?? 0xaaaa_aaaa_aaaa_aaaan, true);
      }
      let made = 0;
      for (const call of calls) {
        const entry = BLOCK_BYTES + made * ENTRY_WORDS * 8;
        for (const [i, operand] of call.operands.entries()) {
          const expected = "cell" in operand ? VALUES[operand.cell / 8]! : operand.constant;
          expect(view.getBigUint64(entry + 8 * i, true), `call ${made}, argument ${i}`).toBe(expected);
        }
        // x86-64 pushes the return address at the call.
        const stack = view.getBigUint64(entry + 64, true);
        expect((toolchain === X86_64 ? stack + 8n : stack) % 16n).toBe(0n);
        const got = results[made]!;
        made++;
        if (call.result !== undefined) block.setInt32(call.result, got, true);
        if (call.endsIfNegative && got < 0) break;
      }
      for (let rest = made; rest < MAX_CALLS; rest++) {
        expect(view.getBigUint64(BLOCK_BYTES + (rest * ENTRY_WORDS + 8) * 8, true), "calls made").toBe(0n);
      }
      expect(Buffer.from(output.subarray(0, BLOCK_BYTES)).toString("hex")).toBe(
        Buffer.from(block.buffer).toString("hex"),
      );
    }
  });

  it("refuses what it has no instruction for", () => {
    const call = (operands: SequenceCall["operands"], result?: number): (() => Uint8Array) => {
      const made = { address: 1n, operands, ...(result === undefined ? {} : { result }) };
      return () => assemble({ block: 8n, calls: [made] });
    };
    const many = new Array(registers.length + 1).fill({ constant: 0n });
    expect(call(many)).toThrow(`at most ${registers.length} arguments here, got ${registers.length + 1}`);
    expect(call([{ cell: 4 }])).toThrow(
      "a cell of 8 bytes must lie at a multiple of that below 16 KiB, got 4",
    );
    expect(call([{ cell: 16384 }])).toThrow(RangeError);
    expect(call([{ cell: -8 }])).toThrow(RangeError);
    expect(call([], 2)).toThrow("a cell of 4 bytes");
  });
});
