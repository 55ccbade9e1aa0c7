/**
 * Optional records of where each allocation was made and whether the program has lost it. Does nothing, and costs nothing,
 * unless the debug options ask for one of them.
 */

import type { DebugOptions } from "../settings.ts";
import { describeLeak, type Leak, type LeakSource, leakOf } from "./leaks.ts";

/** What one allocator remembers of its allocations for debugging. */
export class AllocationTracker {
  /** Whether there is anything to do for an allocation. */
  readonly isActive: boolean;
  private readonly options: DebugOptions;
  private readonly stacks = new WeakMap<object, string>();
  private readonly targets = new WeakMap<object, object>();
  private readonly proxies = new WeakMap<object, WeakRef<object>>();
  private readonly registry: FinalizationRegistry<LeakSource> | undefined;

  constructor(options: DebugOptions) {
    this.options = options;
    this.isActive = options.creationStacks || options.warnOnCollect;
    this.registry = options.warnOnCollect ? new FinalizationRegistry((lost) => this.warn(lost)) : undefined;
  }

  /** Records a new allocation and returns what the user gets. */
  track<Tracked extends LeakSource>(allocation: Tracked): Tracked {
    if (this.options.creationStacks) this.stacks.set(allocation, creationStack());
    if (this.registry === undefined) return allocation;
    // The allocator itself holds the allocation, so the user holds a proxy, whose end can be observed.
    const proxy = new Proxy(allocation, {});
    this.targets.set(proxy, allocation);
    this.proxies.set(allocation, new WeakRef(proxy));
    this.registry.register(proxy, allocation);
    return proxy;
  }

  /** What the user holds for an allocation. */
  proxyOf<Tracked extends object>(allocation: Tracked): Tracked {
    return (this.proxies.get(allocation)?.deref() as Tracked | undefined) ?? allocation;
  }

  /** The allocation behind what the user holds. */
  unwrap<Tracked extends object>(allocation: Tracked): Tracked {
    return (this.targets.get(allocation) as Tracked | undefined) ?? allocation;
  }

  /** The description of an allocation that is still alive. */
  describe(allocation: LeakSource, isWaiting = false): Leak {
    return leakOf(allocation, this.stacks.get(allocation), isWaiting);
  }

  private warn(lost: LeakSource): void {
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
