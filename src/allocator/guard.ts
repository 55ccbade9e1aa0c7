/**
 * What the allocator asks a defragmentation before it frees anything: memory that is being copied must not be used
 * again before the device has finished with it. Set in the allocator's state while defragmentations are under way.
 */

/** What the guard needs to know of an allocation. */
export interface GuardedAllocation {
  /** The buffer or image that was created with it, 0n if none. */
  readonly resource: bigint;
}

/** What the guard needs to know of a pool. */
export interface GuardedPool {
  readonly label: string;
  readonly sources: readonly { readonly blockList: object }[];
}

/** Asked before allocations are freed, and pools and the allocator destroyed. */
export interface AllocatorGuard {
  /**
   * The program frees an allocation, and with `destroysResource` what was created with it. Returns true if it is being moved:
   * then it counts as freed, and the guard does the rest when the device has finished.
   */
  free(allocation: GuardedAllocation, destroysResource: boolean): boolean;
  /** Whether the contents of the allocation are being moved. */
  isMoving(allocation: GuardedAllocation): boolean;
  /** The host has written to a range of an allocation, or flushed it; in bytes from its start. */
  written(allocation: GuardedAllocation, offset: number, size: number): void;
  /** The handle to destroy for the one that the program names: another one if its resource was replaced. */
  currentHandle(allocation: GuardedAllocation, handle: bigint): bigint;
  /** Throws a TypeError if the pool must not be destroyed now. */
  checkPool(pool: GuardedPool): void;
  /** Throws a TypeError if the allocator must not be destroyed now; with `force`, ends what can be ended. */
  checkDestroy(force: boolean): void;
}
