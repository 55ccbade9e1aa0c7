/** What a program forgot to free: the list of leaks. */

import { count } from "../../foundation/count.ts";
import { SuballocationType } from "../../metadata/block-metadata.ts";

/** One allocation that was not freed. */
export interface Leak {
  /** The allocation's name, if it has one. */
  readonly name: string | undefined;
  /** "BUFFER", "IMAGE_OPTIMAL" and so on, as in VMA's statistics. */
  readonly kind: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes from the start of its memory object. */
  readonly offset: number;
  /** Index of the memory type. */
  readonly memoryTypeIndex: number;
  /** Whether it has its own memory object. */
  readonly dedicated: boolean;
  /** The custom pool's name or number; undefined for the default pools. */
  readonly pool: string | undefined;
  /** Whatever was attached to it. */
  readonly userData: unknown;
  /** Whether it is waiting to be destroyed (`Allocator.destroyLater`). */
  readonly isWaiting: boolean;
  /** Where it was made, when `debug.creationStacks` is on. */
  readonly stack: string | undefined;
}

/** What is needed of an allocation to describe it as a leak. */
export interface LeakSource {
  readonly name: string | undefined;
  readonly type: number;
  readonly size: number;
  readonly offset: number;
  readonly memoryTypeIndex: number;
  readonly dedicatedMemory: boolean;
  readonly pool: { readonly label: string } | undefined;
  readonly userData: unknown;
  readonly isFreed: boolean;
}

/** The description of an allocation that is still alive. */
export function leakOf(allocation: LeakSource, stack: string | undefined, isWaiting = false): Leak {
  return {
    name: allocation.name,
    kind: kindName(allocation.type),
    size: allocation.size,
    offset: allocation.offset,
    memoryTypeIndex: allocation.memoryTypeIndex,
    dedicated: allocation.dedicatedMemory,
    pool: allocation.pool?.label,
    userData: allocation.userData,
    isWaiting,
    stack,
  };
}

/** Thrown by destroy() while allocations or pools are alive; then nothing has been destroyed. */
export class LeakError extends Error {
  /** "LeakError" */
  override readonly name = "LeakError";
  /** What was still alive. */
  readonly leaks: readonly Leak[];

  /** @internal Made by the library. */
  constructor(leaks: readonly Leak[], pools: readonly string[]) {
    const lines = [...leaks.map(describeLeak), ...pools.map((pool) => `  ${pool} was not destroyed`)];
    const kinds = [
      ...(leaks.length > 0 ? [count(leaks.length, "allocation")] : []),
      ...(pools.length > 0 ? [count(pools.length, "pool")] : []),
    ];
    const verb = leaks.length + pools.length === 1 ? "is" : "are";
    super(`${kinds.join(" and ")} ${verb} alive:\n${lines.join("\n")}`);
    this.leaks = leaks;
  }
}

const kindNames = new Map<number, string>(
  Object.entries(SuballocationType).map(([name, type]) => [
    type,
    name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase(),
  ]),
);

/** VMA's name of a {@link SuballocationType}, such as "IMAGE_OPTIMAL". */
export function kindName(type: number): string {
  return kindNames.get(type) ?? "UNKNOWN";
}

/** One line about a leak, and the stack if there is one. */
export function describeLeak(leak: Leak): string {
  const where = leak.dedicated ? "dedicated memory" : `offset ${leak.offset}`;
  const pool = leak.pool === undefined ? "" : `, ${leak.pool}`;
  const name = leak.name === undefined ? "unnamed" : JSON.stringify(leak.name);
  const line = `  ${name}: ${leak.kind}, ${leak.size} bytes, memory type ${leak.memoryTypeIndex}, ${where}${pool}${leak.isWaiting ? ", waiting to be destroyed" : ""}`;
  return leak.stack === undefined ? line : `${line}\n${leak.stack}`;
}

/** What not every runtime has; the types depend on what else is installed. */
const runtime = globalThis as {
  process?: { emitWarning?(message: string, kind: string): void };
};

/** Tells `debug.log`, or else the process, or else the console. */
export function reportLeaks(
  { debug }: { readonly debug: { readonly log: ((message: string) => void) | undefined } },
  message: string,
): void {
  if (debug.log !== undefined) debug.log(message);
  else if (runtime.process?.emitWarning !== undefined) runtime.process.emitWarning(message, "LeakWarning");
  else console.warn(message);
}
