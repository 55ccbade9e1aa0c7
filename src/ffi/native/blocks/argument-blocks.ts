/**
 * Native calls with argument blocks: a few dozen bytes of machine code read arguments from a block of memory that
 * JavaScript fills, call one function of C or several, and leave the results there. What a call through an FFI
 * costs is mostly its arguments: koffi takes 12 to 20 ns for a call that has none, and 36 to 56 for one with two to four.
 *
 * Everything else goes on through the native calls below. Whether machine code can be used here is found out once, by
 * using it (`self-check.ts`); if not, the native calls below are used alone.
 */

import { alignUp } from "../../../foundation/bits.ts";
import type { CompiledSequences, NativeCalls } from "../native-calls.ts";
import { assembleArm64 } from "./arm64.ts";
import {
  type CodeMemory,
  type CodeMemoryMaker,
  posixCodeMemory,
  posixFlushedCodeMemory,
  windowsCodeMemory,
} from "./code-memory.ts";
import { selfCheck } from "./self-check.ts";
import type { Assembler, Sequence } from "./sequence.ts";
import { assembleSystemV, assembleWindows } from "./x86-64.ts";

/** What machine code takes on one kind of machine. */
interface Machine {
  readonly assemble: Assembler;
  readonly codeMemory: (native: NativeCalls, platform: string) => CodeMemoryMaker;
  /** Whether it has been run on such a machine; if not, it is used only when it is asked for. */
  readonly isProven: boolean;
}

/** By platform and processor, as Node.js names them. */
const machines: Readonly<Record<string, Machine>> = {
  "linux x64": { assemble: assembleSystemV, codeMemory: posixCodeMemory, isProven: true },
  "freebsd x64": { assemble: assembleSystemV, codeMemory: posixCodeMemory, isProven: false },
  "darwin x64": { assemble: assembleSystemV, codeMemory: posixCodeMemory, isProven: false },
  "win32 x64": { assemble: assembleWindows, codeMemory: windowsCodeMemory, isProven: false },
  "linux arm64": { assemble: assembleArm64, codeMemory: posixFlushedCodeMemory, isProven: false },
  "darwin arm64": { assemble: assembleArm64, codeMemory: posixFlushedCodeMemory, isProven: false },
};

/** Sequences start at multiples of this, as functions of compilers do. */
const ENTRY = 16;

/** Lays out code for all sequences one after another: the bytes, and where each begins. */
function link(assemble: Assembler, sequences: readonly Sequence[]): { code: Uint8Array; entries: number[] } {
  const parts = sequences.map(assemble);
  const entries: number[] = [];
  let end = 0;
  for (const part of parts) {
    entries.push(end);
    end = alignUp(end + part.length, ENTRY);
  }
  const code = new Uint8Array(end);
  for (const [i, part] of parts.entries()) code.set(part, entries[i]!);
  return { code, entries };
}

/** Pages, and how many functions in them somebody can still call. */
interface UsedMemory {
  readonly memory: CodeMemory;
  functions: number;
}

/** Gives pages back when nobody can call any function in them, though nobody has freed them. */
const forgotten = new FinalizationRegistry<UsedMemory>((used) => {
  used.functions--;
  if (used.functions === 0) used.memory.free();
});

function compiler(
  native: NativeCalls,
  assemble: Assembler,
  makeMemory: CodeMemoryMaker,
): (sequences: readonly Sequence[]) => CompiledSequences {
  return (sequences) => {
    const { code, entries } = link(assemble, sequences);
    const memory = makeMemory(code);
    const calls = entries.map((entry) => native.declare(memory.address + BigInt(entry), ">v") as () => void);
    const used = { memory, functions: calls.length };
    for (const call of calls) forgotten.register(call, used, memory);
    const free = (): void => {
      forgotten.unregister(memory);
      memory.free();
    };
    return { calls, free };
  };
}

/**
 * The native calls with argument blocks.
 *
 * @param isAskedFor whether they are to be tried where nobody has run them yet.
 * @throws Error that says why they cannot be used here.
 */
export function withArgumentBlocks(native: NativeCalls, isAskedFor = false): NativeCalls {
  const name = `${process.platform} ${process.arch}`;
  const machine = machines[name];
  if (machine === undefined) throw new Error(`there is no machine code for ${name}`);
  if (!machine.isProven && !isAskedFor)
    throw new Error(`the machine code for ${name} has not been tried yet`);
  const compile = compiler(native, machine.assemble, machine.codeMemory(native, process.platform));
  selfCheck(native, compile);
  return { ...native, name: `argument blocks over ${native.name}`, compile };
}
