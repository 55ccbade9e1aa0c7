/**
 * What a program forgot to free: the list of leaks, and the optional records of where each allocation was made
 * and whether the program has lost it.
 */

import { SuballocationType } from "../../metadata/block-metadata.ts";
import type { Allocation } from "../allocation.ts";
import type { DebugOptions } from "../options.ts";

/** One allocation that was not freed. */
export interface Leak {
  readonly name: string | undefined;
  /** "BUFFER", "IMAGE_OPTIMAL" and so on, as in VMA's statistics. */
  readonly kind: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes from the start of its memory object. */
  readonly offset: number;
  readonly memoryType: number;
  readonly dedicated: boolean;
  /** The custom pool's name or number; undefined for the default pools. */
  readonly pool: string | undefined;
  readonly userData: unknown;
  /** Where it was made, when `debug.creationStacks` is on. */
  readonly stack: string | undefined;
}

/** Thrown by destroy() while allocations or pools are alive; nothing has been destroyed then. */
export class LeakError extends Error {
  override readonly name = "LeakError";
  readonly leaks: readonly Leak[];

  constructor(leaks: readonly Leak[], pools: readonly string[]) {
    const lines = [...leaks.map(describeLeak), ...pools.map((pool) => `  ${pool} was not destroyed`)];
    super(`${leaks.length} allocations and ${pools.length} pools are alive:\n${lines.join("\n")}`);
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

/** One line about a leak, and the stack where there is one. */
export function describeLeak(leak: Leak): string {
  const where = leak.dedicated ? "dedicated memory" : `offset ${leak.offset}`;
  const pool = leak.pool === undefined ? "" : `, ${leak.pool}`;
  const name = leak.name === undefined ? "unnamed" : JSON.stringify(leak.name);
  const line = `  ${name}: ${leak.kind}, ${leak.size} bytes, memory type ${leak.memoryType}, ${where}${pool}`;
  return leak.stack === undefined ? line : `${line}\n${leak.stack}`;
}

/** Remembers what the debug options ask for. Does nothing, and costs nothing, when they ask for nothing. */
export class AllocationTracker {
  /** Whether there is anything to do for an allocation. */
  readonly isActive: boolean;
  private readonly options: DebugOptions;
  private readonly stacks = new WeakMap<Allocation, string>();
  private readonly targets = new WeakMap<Allocation, Allocation>();
  private readonly proxies = new WeakMap<Allocation, WeakRef<Allocation>>();
  private readonly registry: FinalizationRegistry<Allocation> | undefined;

  constructor(options: DebugOptions) {
    this.options = options;
    this.isActive = options.creationStacks || options.warnOnCollect;
    this.registry = options.warnOnCollect ? new FinalizationRegistry((lost) => this.warn(lost)) : undefined;
  }

  /** Records a new allocation and returns what the user is to hold of it. */
  track(allocation: Allocation): Allocation {
    if (this.options.creationStacks) this.stacks.set(allocation, creationStack());
    if (this.registry === undefined) return allocation;
    // The allocator itself holds the allocation, so the user holds a proxy, whose end can be observed.
    const proxy = new Proxy(allocation, {});
    this.targets.set(proxy, allocation);
    this.proxies.set(allocation, new WeakRef(proxy));
    this.registry.register(proxy, allocation);
    return proxy;
  }

  /** What the user holds of an allocation. */
  handOut(allocation: Allocation): Allocation {
    return this.proxies.get(allocation)?.deref() ?? allocation;
  }

  /** The allocation itself behind what the user holds. */
  unwrap(allocation: Allocation): Allocation {
    return this.targets.get(allocation) ?? allocation;
  }

  /** What there is to say about an allocation that is still alive. */
  describe(allocation: Allocation): Leak {
    return {
      name: allocation.name,
      kind: kindName(allocation.type),
      size: allocation.size,
      offset: allocation.offset,
      memoryType: allocation.memoryType,
      dedicated: allocation.dedicatedMemory,
      pool: allocation.pool?.label,
      userData: allocation.userData,
      stack: this.stacks.get(allocation),
    };
  }

  private warn(lost: Allocation): void {
    if (lost.isFreed) return;
    this.options.log?.(
      `an allocation was garbage-collected before it was freed:\n${describeLeak(this.describe(lost))}`,
    );
  }
}

/** The callers of the allocator, without its own frames. */
function creationStack(): string {
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  const own = /[\\/](src|dist)[\\/](allocator|face)[\\/]/;
  const foreign = lines.findIndex((line) => !own.test(line));
  return lines.slice(Math.max(foreign, 0)).join("\n");
}
