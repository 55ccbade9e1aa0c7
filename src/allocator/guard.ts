/**
 * What the allocator asks a defragmentation before it frees anything: memory that is being copied must not be used
 * again before the device has finished with it. Set in the allocator's state while defragmentations are under way.
 */

/** An allocation, as far as the question goes. */
export interface GuardedAllocation {
  /** The buffer or image that was created with it, 0n if none. */
  readonly resource: bigint;
}

/** A pool, as far as the question goes. */
export interface GuardedPool {
  readonly label: string;
  readonly sources: readonly { readonly blockList: object }[];
}

/** Asked before allocations are freed, and pools and the allocator destroyed. */
export interface AllocatorGuard {
  /**
   * The program frees an allocation, and with `destroysResource` what was created with it. Returns true where it is
   * being moved: then it counts as freed, and the guard does the rest when the device has finished.
   */
  free(allocation: GuardedAllocation, destroysResource: boolean): boolean;
  /** Whether the contents of the allocation are being moved. */
  isMoving(allocation: GuardedAllocation): boolean;
  /** The host has written to a range of an allocation, or flushed it; in bytes from its start. */
  written(allocation: GuardedAllocation, offset: number, size: number): void;
  /** The handle to destroy for one that the program names: another one where its resource was replaced. */
  currentHandle(allocation: GuardedAllocation, handle: bigint): bigint;
  /** Throws a TypeError where the pool must not be destroyed now. */
  checkPool(pool: GuardedPool): void;
  /** Throws a TypeError where the allocator must not be destroyed now; with `force` ends what can be ended. */
  checkDestroy(force: boolean): void;
}
