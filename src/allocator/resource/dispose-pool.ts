/** The end of a pool by `using`: as ./disposal.ts, for what is left in it. */

import type { GuardedPool } from "../guard.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import type { MemoryState } from "../memory/memory-state.ts";
import { type Leak, LeakError, reportLeaks } from "../report/leaks.ts";
import { destroyResource } from "./destroy.ts";

/** What is needed of a pool to end it. */
interface EndingPool extends GuardedPool {
  readonly state: MemoryState;
  leaks(): Leak[];
  allocations(): Iterable<AllocationData & { readonly kind: number }>;
  destroy(): void;
}

/** Frees everything of a pool, including resources that were created with their memory. */
export function disposePool(pool: EndingPool): void {
  const { state } = pool;
  try {
    state.guard?.checkPool(pool);
  } catch (error) {
    reportLeaks(state, `a pool was not freed at the end of its scope: ${(error as Error).message}`);
    return;
  }
  const leaks = pool.leaks();
  if (leaks.length > 0) {
    reportLeaks(state, `freed at the end of the scope of ${pool.label}: ${new LeakError(leaks, []).message}`);
    for (const allocation of pool.allocations()) {
      destroyResource(state, allocation.kind, allocation.resource, allocation);
    }
  }
  pool.destroy();
}
