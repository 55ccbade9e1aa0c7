/**
 * What the allocator asks a defragmentation before it frees anything: memory that is being copied must not be used
 * again before the device has finished with it.
 */

import type { Allocation } from "./allocation.ts";
import type { Pool } from "./pool.ts";

/** Set in the allocator's state while defragmentations are under way, and only then. */
export interface AllocatorGuard {
  /**
   * The program frees an allocation, and with `destroysResource` what was created with it. Returns true where it is
   * being moved: then it counts as freed, and the guard does the rest when the device has finished.
   */
  free(allocation: Allocation, destroysResource: boolean): boolean;
  /** The handle to destroy for one that the program names: another one where its resource was replaced. */
  currentHandle(allocation: Allocation, handle: bigint): bigint;
  /** Throws a TypeError where the pool must not be destroyed now. */
  checkPool(pool: Pool): void;
  /** Throws a TypeError where the allocator must not be destroyed now; with `force` ends what can be ended. */
  checkDestroy(force: boolean): void;
}
