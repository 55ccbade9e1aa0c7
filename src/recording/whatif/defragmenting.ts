/** Defragments a replay's memory in one go, and counts what that moves. */

import type { Pool } from "../../allocator/pool.ts";
import type { DefragmentationInfo } from "../../defrag/flags.ts";
import type { Allocator } from "../../face/allocator.ts";
import type { SimulatedDevice } from "../../simulator/index.ts";
import type { Account } from "./account.ts";
import type { DefragmentationPolicy } from "./settings.ts";

/** Decides when a replay is defragmented, and does it. */
export class ReplayDefragmenter {
  runs = 0;
  bytesMoved = 0;
  allocationsMoved = 0;
  private readonly allocator: Allocator;
  private readonly device: SimulatedDevice;
  private lastOperation = 0;

  constructor(allocator: Allocator, device: SimulatedDevice) {
    this.allocator = allocator;
    this.device = device;
  }

  /** Defragments all memory, if the policy says that it is time. */
  offer(policy: DefragmentationPolicy, account: Account, operation: number, pools: Iterable<Pool>): void {
    if (operation - this.lastOperation < policy.interval || account.unused < policy.unused) return;
    this.lastOperation = operation;
    this.run({ flags: policy.flags });
    for (const pool of pools) this.runPool(pool, policy.flags);
  }

  /** Defragments a pool, if its algorithm allows it. */
  runPool(pool: Pool, flags: number): void {
    if (!pool.blockList.options.linear) this.run({ flags, pool });
  }

  /**
   * Defragments the default pools, or one pool. Planning has no time limit, so that the result is the same everywhere.
   */
  run(info: DefragmentationInfo): void {
    const context = this.allocator.beginDefragmentation({ ...info, maxPlanningMilliseconds: 0 });
    for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
      const outgoing = moves.map(({ srcAllocation: { buffer, image } }) => ({ buffer, image }));
      const isFinished = context.endPass();
      // Nothing is copied: what was moved no longer has a resource.
      for (const { buffer, image } of outgoing) {
        if (buffer !== undefined) this.device.destroyBuffer(buffer);
        if (image !== undefined) this.device.destroyImage(image);
      }
      if (isFinished) break;
    }
    const { bytesMoved, allocationsMoved } = context.end();
    if (allocationsMoved > 0) this.runs++;
    this.bytesMoved += bytesMoved;
    this.allocationsMoved += allocationsMoved;
  }
}
