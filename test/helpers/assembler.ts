/**
 * GNU's assembler and linker as the measure of machine code: what they make of assembly text, and programs that run
 * machine code without any library, natively or in qemu.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An instruction set, and what assembles and runs it here. */
export interface Toolchain {
  /** What stands before the names of the binutils. */
  readonly prefix: string;
  /** What runs a program, before its path. */
  readonly runner: readonly string[];
}

export const X86_64: Toolchain = {
  prefix: process.arch === "x64" ? "" : "x86_64-linux-gnu-",
  runner: process.arch === "x64" ? [] : ["qemu-x86_64"],
};
export const ARM64: Toolchain = {
  prefix: process.arch === "arm64" ? "" : "aarch64-linux-gnu-",
  runner: process.arch === "arm64" ? [] : ["qemu-aarch64"],
};

/** Why a toolchain cannot be used here; undefined where it can. */
export function absenceOf({ prefix, runner }: Toolchain): string | undefined {
  if (process.platform !== "linux") return "no Linux";
  for (const [tool, ...args] of [[`${prefix}as`], [`${prefix}ld`], [`${prefix}objcopy`], [...runner]]) {
    if (tool === undefined) continue;
    try {
      execFileSync(tool, [...args, "--version"], { stdio: "ignore" });
    } catch {
      return `no ${tool}`;
    }
  }
  return undefined;
}

function inFolder<T>(work: (path: (name: string) => string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "vma-ts-assembler-"));
  try {
    return work((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bytes that the assembler makes of `source`. */
export function assembled({ prefix }: Toolchain, source: string): Uint8Array {
  return inFolder((path) => {
    writeFileSync(path("a.s"), source);
    execFileSync(`${prefix}as`, ["-o", path("a.o"), path("a.s")]);
    execFileSync(`${prefix}objcopy`, ["-O", "binary", "-j", ".text", path("a.o"), path("a.bin")]);
    return new Uint8Array(readFileSync(path("a.bin")));
  });
}

/** What a program writes to its standard output; sections lie at the addresses that are given. */
export function outputOf(
  { prefix, runner }: Toolchain,
  source: string,
  sections: Readonly<Record<string, bigint>>,
): Uint8Array {
  return inFolder((path) => {
    writeFileSync(path("a.s"), source);
    execFileSync(`${prefix}as`, ["-o", path("a.o"), path("a.s")]);
    const places = Object.entries(sections).map(
      ([name, at]) => `--section-start=${name}=0x${at.toString(16)}`,
    );
    execFileSync(`${prefix}ld`, ["-static", "-o", path("a"), ...places, path("a.o")]);
    const [program, ...args] = [...runner, path("a")];
    return new Uint8Array(execFileSync(program!, args));
  });
}

/** Bytes as assembly text. */
export function byteText(bytes: Uint8Array): string {
  return `.byte ${[...bytes].join(",")}\n`;
}
