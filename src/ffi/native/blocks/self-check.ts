/**
 * Whether machine code works here, found out by using it: sequences of calls of C's memcpy and memcmp, whose
 * arguments and results are known. It looks at what a driver's calls rely on:
 *
 * - constants and cells arrive whole, in the order of the parameters, bit 63 included;
 * - a result is stored in its cell, and nothing else of the block changes;
 * - a negative result ends a sequence, any other does not;
 * - what one call of a sequence leaves in a cell is there for the next one.
 */

import type { CompiledSequences, NativeCalls } from "../native-calls.ts";
import type { Sequence } from "./sequence.ts";

const SIZE = 256;
/** Where things lie in the block, in bytes. */
const At = { pointer: 0, count: 8, result: 16, source: 64, target: 128, mark: 192 } as const;
/** Sixteen known bytes. */
const KNOWN: readonly number[] = [0x08, 1, 2, 3, 4, 5, 6, 0x80, 0xff, 9, 10, 11, 12, 13, 14, 0x7f];

/** A function that shows bit 63 of its one argument of 64 bits in its result. */
const top =
  process.platform === "win32"
    ? { library: "msvcrt.dll", name: "_byteswap_uint64", result: 0x80 }
    : { library: null, name: "ffsll", result: 64 };
const BIT_63 = 0x8000_0000_0000_0000n;

/** Throws an Error that says what is wrong, unless everything is as it should be. */
export function selfCheck(
  native: NativeCalls,
  compile: (sequences: readonly Sequence[]) => CompiledSequences,
): void {
  const library = native.load(top.library);
  const memcpy = library.find("memcpy");
  const memcmp = library.find("memcmp");
  const highest = library.find(top.name);
  if (memcpy === 0n || memcmp === 0n || highest === 0n) {
    throw new Error(`there is no memcpy, memcmp or ${top.name} to try machine code on`);
  }

  const bytes = new Uint8Array(new ArrayBuffer(SIZE));
  const words = new DataView(bytes.buffer);
  const block = native.addressOf(bytes.buffer);
  const at = (offset: number): { constant: bigint } => ({ constant: block + BigInt(offset) });
  const copy = (offset: number, count: number): Sequence["calls"][number] => ({
    address: memcpy,
    operands: [at(offset), { cell: At.pointer }, { constant: BigInt(count) }],
  });
  const compare = { address: memcmp, operands: [at(At.source), at(At.target), { cell: At.count }] };
  const compiled = compile([
    // The source, whose address lies in a cell, to the target.
    { block, calls: [copy(At.target, KNOWN.length)] },
    // Compares so many bytes as a cell says, then copies eight bytes to the mark, unless less came out.
    { block, calls: [{ ...compare, result: At.result, endsIfNegative: true }, copy(At.mark, 8)] },
    // A pointer is fetched into the cell that the next call takes its source from.
    {
      block,
      calls: [
        { address: memcpy, operands: [at(At.pointer), at(At.count), { constant: 8n }] },
        copy(At.mark, 8),
      ],
    },
    // All 64 bits of a cell, and of a constant.
    { block, calls: [{ address: highest, operands: [{ cell: At.count }], result: At.result }] },
    { block, calls: [{ address: highest, operands: [{ constant: BIT_63 }], result: At.result }] },
  ]);
  try {
    const [copyToTarget, compareAndMark, follow, ...highestBits] = compiled.calls as [
      () => void,
      () => void,
      () => void,
      ...(() => void)[],
    ];
    const reset = (): void => {
      bytes.fill(0xaa);
      bytes.set(KNOWN, At.source);
      bytes.set(KNOWN, At.target);
      words.setBigUint64(At.pointer, block + BigInt(At.source), true);
      words.setBigUint64(At.count, BigInt(KNOWN.length), true);
    };
    /** What lies in the block at `offset`, apart from which it must be as `reset` and `expected` leave it. */
    const expect = (what: string, expected: () => void): void => {
      const got = bytes.slice();
      reset();
      expected();
      if (got.some((byte, i) => byte !== bytes[i])) throw new Error(`the machine code ${what}`);
    };
    const mark = (): void => bytes.set(KNOWN.slice(0, 8), At.mark);

    reset();
    bytes.fill(0, At.target, At.target + KNOWN.length);
    copyToTarget();
    expect("does not pass arguments as it should", () => {});

    reset();
    compareAndMark();
    expect("does not go on after a result of 0", () => {
      words.setInt32(At.result, 0, true);
      mark();
    });

    for (const [byte, isNegative] of [
      [0xff, true],
      [0, false],
    ] as const) {
      reset();
      bytes[At.target] = byte;
      compareAndMark();
      const sign = Math.sign(words.getInt32(At.result, true));
      words.setInt32(At.result, sign, true);
      expect(`takes ${isNegative ? "an error for none" : "a success for an error"}`, () => {
        bytes[At.target] = byte;
        words.setInt32(At.result, isNegative ? -1 : 1, true);
        if (!isNegative) mark();
      });
    }

    reset();
    words.setBigUint64(At.pointer, 0n, true);
    words.setBigUint64(At.count, block + BigInt(At.source), true);
    follow();
    expect("does not see what it made itself", () => {
      words.setBigUint64(At.count, block + BigInt(At.source), true);
      mark();
    });

    for (const highestBit of highestBits) {
      reset();
      words.setBigUint64(At.count, BIT_63, true);
      highestBit();
      expect("loses bits of a handle", () => {
        words.setBigUint64(At.count, BIT_63, true);
        words.setInt32(At.result, top.result, true);
      });
    }
  } finally {
    compiled.free();
  }
}
