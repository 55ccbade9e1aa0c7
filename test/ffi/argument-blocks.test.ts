/** Argument blocks of native calls: that their memory and code come and go, and how they are checked. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { withArgumentBlocks } from "../../src/ffi/native/blocks/argument-blocks.ts";
import { selfCheck } from "../../src/ffi/native/blocks/self-check.ts";
import type { Sequence, SequenceCall } from "../../src/ffi/native/blocks/sequence.ts";
import type { CompiledSequences, NativeCalls } from "../../src/ffi/native/native-calls.ts";
import { native, runtime } from "../helpers/native.ts";
import { codeBytes, gc } from "./code-bytes.ts";

const areProven = runtime === "node" && process.platform === "linux" && process.arch === "x64";
const BIT_63 = 0x8000_0000_0000_0000n;

/** Bytes of code of one compilation: whole pages of the largest kind. */
const PAGES = 65536;

/** Ranges that can be written and executed; V8's own code is the only such thing. */
function writableCode(): string[] {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => / rwx/.test(line));
}

describe.runIf(areProven)("argument blocks", () => {
  const blocks = areProven ? withArgumentBlocks(native) : native;
  const assembleAll = blocks.compile!;

  it("are native calls like those below, with sequences besides", () => {
    expect(blocks.name).toBe(`argument blocks over ${native.name}`);
    expect(blocks.declare).toBe(native.declare);
  });

  it("lie in memory that is never writable and executable at once, and give it back", () => {
    const [before, writable] = [codeBytes(), writableCode().length];
    const ffsll = native.load(null).find("ffsll");
    const block = new BigUint64Array(2);
    const call = { address: ffsll, operands: [{ cell: 0 }], result: 8 };
    const { calls, free } = assembleAll([{ block: native.addressOf(block.buffer), calls: [call] }]);
    expect(codeBytes()).toBe(before + PAGES);
    expect(writableCode().length).toBe(writable);
    block[0] = BIT_63;
    calls[0]!();
    expect(block[1]).toBe(64n);
    free();
    expect(codeBytes()).toBe(before);
  });

  it("give back what nobody can call any more", async () => {
    const before = codeBytes();
    assembleAll([8n, 16n].map((block) => ({ block, calls: [] })));
    expect(codeBytes()).toBe(before + PAGES);
    for (let i = 0; i < 20 && codeBytes() > before; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(codeBytes()).toBe(before);
  });

  it("throw where the system gives no such memory, and take nothing", () => {
    const before = codeBytes();
    const refusing = (name: string, result: bigint): NativeCalls => ({
      ...native,
      declare: (address, signature, found) =>
        found === name ? () => Number(result) : native.declare(address, signature, found),
    });
    expect(() => withArgumentBlocks(refusing("mprotect", -1n))).toThrow(
      "mprotect does not make memory executable",
    );
    const { declare } = native;
    const full: NativeCalls = {
      ...native,
      declare: (address, signature, found) =>
        found === "mmap"
          ? ((() => 0xffff_ffff_ffff_ffffn) as unknown as ReturnType<typeof declare>)
          : declare(address, signature, found),
    };
    expect(() => withArgumentBlocks(full)).toThrow("mmap gave no memory");
    expect(codeBytes()).toBe(before);
  });
});

describe.runIf(areProven)("the check of argument blocks", () => {
  const assembleAll = areProven ? withArgumentBlocks(native).compile! : () => expect.fail();
  /** A compiler that gets calls wrong in one way. */
  const wrong =
    (change: (call: SequenceCall, index: number) => SequenceCall | undefined) =>
    (sequences: readonly Sequence[]): CompiledSequences =>
      assembleAll(
        sequences.map(({ block, calls }) => ({
          block,
          calls: calls.map(change).filter((call) => call !== undefined),
        })),
      );
  const mask =
    (bits: bigint) =>
    (call: SequenceCall): SequenceCall => ({
      ...call,
      operands: call.operands.map((operand) =>
        "constant" in operand ? { constant: operand.constant & bits } : operand,
      ),
    });

  it("passes what is right", () => {
    expect(() => selfCheck(native, assembleAll)).not.toThrow();
  });

  const mistakes: [string, (call: SequenceCall, index: number) => SequenceCall | undefined, string][] = [
    ["a result dropped", ({ result: _, ...call }) => call, "after a result of 0"],
    [
      "a result elsewhere",
      (call) => (call.result === undefined ? call : { ...call, result: 24 }),
      "after a result of 0",
    ],
    ["no second call", (call, i) => (i === 1 ? undefined : call), "after a result of 0"],
    ["an error that ends nothing", ({ endsIfNegative: _, ...call }) => call, "takes an error for none"],
    ["bit 63 of a constant lost", mask(BIT_63 - 1n), "loses bits of a handle"],
  ];

  it.each(mistakes)("sees %s", (_, change, message) => {
    expect(() => selfCheck(native, wrong(change))).toThrow(message);
  });

  it("sees calls that do nothing", () => {
    const nothing = (sequences: readonly Sequence[]): CompiledSequences => ({
      calls: sequences.map(() => () => {}),
      free: () => {},
    });
    expect(() => selfCheck(native, nothing)).toThrow("does not pass arguments as it should");
  });
});
