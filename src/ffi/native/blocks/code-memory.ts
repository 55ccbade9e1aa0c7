/**
 * Memory for machine code. It is never writable and executable at once: pages are taken writable, the code is written,
 * and only then are they made executable, which they stay until they are given back.
 */

import { alignUp } from "../../../foundation/bits.ts";
import type { NativeCalls, NativeFunction } from "../native-calls.ts";

/** Executable pages. */
export interface CodeMemory {
  /** The address of the first byte. */
  readonly address: bigint;
  /** Gives the pages back. Only when nobody calls into them any more. */
  free(): void;
}

/** Takes pages, writes code and makes it executable; throws an Error that says what the system refused. */
export type CodeMemoryMaker = (code: Uint8Array) => CodeMemory;

/** The largest page of any system, in bytes: what is given back must be whole pages. */
const PAGE = 65536;

/** A function of a library by name. */
function find(native: NativeCalls, library: string | null, name: string, signature: string): NativeFunction {
  const address = native.load(library).find(name);
  if (address === 0n) throw new Error(`there is no ${name}`);
  return native.declare(address, signature, name);
}

/** mmap's and mprotect's constants that all systems share. */
const Protection = { ReadWrite: 0x3, ReadExecute: 0x5 } as const;
const MAP_PRIVATE = 0x2;
/** MAP_ANONYMOUS, which systems number differently. */
const MAP_ANONYMOUS: Readonly<Record<string, number>> = {
  linux: 0x20,
  android: 0x20,
  darwin: 0x1000,
  freebsd: 0x1000,
};
/** MAP_FAILED, and -1 for a file that there is none. */
const MINUS_ONE = 0xffff_ffff_ffff_ffffn;

/** Pages through mmap, mprotect and munmap. */
export function posixCodeMemory(native: NativeCalls, platform: string): CodeMemoryMaker {
  const anonymous = MAP_ANONYMOUS[platform];
  if (anonymous === undefined) throw new Error(`mmap's constants are not known for ${platform}`);
  const mmap = find(native, null, "mmap", "nnnnnn>a");
  const mprotect = find(native, null, "mprotect", "pnn>r");
  const munmap = find(native, null, "munmap", "pn>r");
  return (code) => {
    const size = alignUp(code.length, PAGE);
    const address = BigInt(mmap(0, size, Protection.ReadWrite, MAP_PRIVATE | anonymous, MINUS_ONE, 0));
    if (address === MINUS_ONE) throw new Error("mmap gave no memory");
    native.write(address, code);
    const free = (): void => void munmap(address, size);
    if (mprotect(address, size, Protection.ReadExecute) !== 0) {
      free();
      throw new Error("mprotect does not make memory executable here");
    }
    return { address, free };
  };
}

/** As {@link posixCodeMemory}, for processors that have to be told when memory has become code. */
export function posixFlushedCodeMemory(native: NativeCalls, platform: string): CodeMemoryMaker {
  const make = posixCodeMemory(native, platform);
  const clear =
    platform === "darwin"
      ? find(native, null, "sys_icache_invalidate", "pn>v")
      : find(native, "libgcc_s.so.1", "__clear_cache", "pp>v");
  return (code) => {
    const memory = make(code);
    const { address } = memory;
    clear(address, platform === "darwin" ? code.length : address + BigInt(code.length));
    return memory;
  };
}

/** Constants of VirtualAlloc and its kin. */
const MEM_COMMIT_RESERVE = 0x3000;
const MEM_RELEASE = 0x8000;
const PageProtection = { ReadWrite: 0x04, ExecuteRead: 0x20 } as const;

/** Pages through VirtualAlloc, VirtualProtect and VirtualFree. */
export function windowsCodeMemory(native: NativeCalls): CodeMemoryMaker {
  const kernel = (name: string, signature: string): NativeFunction =>
    find(native, "kernel32.dll", name, signature);
  const virtualAlloc = kernel("VirtualAlloc", "pnnn>a");
  const virtualProtect = kernel("VirtualProtect", "pnnp>r");
  const virtualFree = kernel("VirtualFree", "pnn>r");
  const flush = kernel("FlushInstructionCache", "ppn>r");
  const process = kernel("GetCurrentProcess", ">a");
  return (code) => {
    const size = alignUp(code.length, PAGE);
    const address = BigInt(virtualAlloc(0n, size, MEM_COMMIT_RESERVE, PageProtection.ReadWrite));
    if (address === 0n) throw new Error("VirtualAlloc gave no memory");
    native.write(address, code);
    const free = (): void => void virtualFree(address, 0, MEM_RELEASE);
    const old = new ArrayBuffer(8);
    if (virtualProtect(address, size, PageProtection.ExecuteRead, native.addressOf(old)) === 0) {
      free();
      throw new Error("VirtualProtect does not make memory executable here");
    }
    flush(BigInt(process()), address, size);
    return { address, free };
  };
}
