/**
 * Does a defragmentation's work. One pass:
 *
 *     plan -> create the new resources, bind them -> copy on the queue -> wait, without holding the event loop
 *          -> allocations change places -> tell the program -> destroy the old resources -> free their places
 *
 * While the queue copies, the program goes on allocating and freeing. What it frees then is freed for it at once, but
 * its resource and its place stay until the queue is done with them.
 *
 * Whatever fails before the places are changed leaves every allocation and its contents where they were; nothing can
 * fail afterwards but the program's own functions, whose first error is thrown when the pass is done.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { destroyHandle } from "../allocator/resource/destroy.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { type DetailedStatistics, emptyDetailedStatistics, fragmentationOf } from "../metadata/statistics.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { Submission, TransferCommand } from "../vulkan/transfer.ts";
import type { DefragmentationContext } from "./context.ts";
import { DefragmentationMoveOperation } from "./flags.ts";
import type { DefragmentationMove } from "./move/move.ts";
import { canCopy, copyCommand, createAgain } from "./move/resource-copy.ts";
import type {
  DefragmentationProgress,
  DefragmentationResult,
  DefragmentationWish,
  DefragmentOptions,
} from "./options.ts";
import type { PassTimer } from "./pass-timer.ts";

/** How often a fence is asked again that could not be asked. */
const MAX_FENCE_ERRORS = 100;

/** An allocation whose contents are being moved. */
interface Transfer {
  readonly move: DefragmentationMove;
  readonly allocation: Allocation;
  readonly kind: number;
  readonly old: bigint;
  /** 0n while there is none. */
  replacement: bigint;
  /** Whether the program has freed the allocation meanwhile, and wants its resource destroyed. */
  wasFreed: boolean;
  destroysOld: boolean;
}

/** Runs one defragmentation. */
export class DefragmentationRun {
  private readonly state: AllocatorState;
  private readonly context: DefragmentationContext;
  private readonly options: DefragmentOptions;
  private readonly timer: PassTimer;
  /** What is being copied or moved by the program. */
  private readonly transfers: Map<Allocation, Transfer> = new Map();
  /** Replaced buffers and images that are not destroyed yet. */
  private readonly outgoing: Set<bigint> = new Set();
  private passes = 0;

  constructor(
    state: AllocatorState,
    context: DefragmentationContext,
    options: DefragmentOptions,
    timer: PassTimer,
  ) {
    this.state = state;
    this.context = context;
    this.options = options;
    this.timer = timer;
  }

  /** Runs all passes. */
  async run(): Promise<DefragmentationResult> {
    const { context, options } = this;
    const fragmentationBefore = this.fragmentation();
    const progress = (): DefragmentationProgress => ({
      ...context.stats,
      passes: this.passes,
      fragmentationBefore,
    });
    try {
      for (let isDone = false; !isDone; ) {
        options.signal?.throwIfAborted();
        if (options.wish !== undefined && this.isMet(options.wish)) break;
        this.timer.begin();
        const moves = context.beginPass();
        if (moves === undefined) break;
        isDone = await this.runPass(moves);
        if (moves.length === 0) {
          // It has only planned, so nothing has waited for the device: let the program have its turn.
          await new Promise((resolve) => setTimeout(resolve));
          continue;
        }
        this.passes++;
        options.onProgress?.(progress());
      }
    } finally {
      context.end();
    }
    return { ...progress(), fragmentationAfter: this.fragmentation() };
  }

  private fragmentation(): number {
    return fragmentationOf(this.statistics());
  }

  private statistics(): DetailedStatistics {
    const total = emptyDetailedStatistics();
    for (const list of this.context.blockLists) list.addDetailedStatistics(total);
    return total;
  }

  /** Whether all that is wished for is so. */
  private isMet({ bytesFreed = 0, fragmentation, largestFreeRange }: DefragmentationWish): boolean {
    if (this.context.stats.bytesFreed < bytesFreed) return false;
    if (fragmentation === undefined && largestFreeRange === undefined) return true;
    const statistics = this.statistics();
    return (
      fragmentationOf(statistics) <= (fragmentation ?? 1) &&
      statistics.unusedRangeSizeMax >= (largestFreeRange ?? 0)
    );
  }

  /**
   * The program frees an allocation. Returns whether it is being moved: then it counts as freed, and the rest follows.
   */
  freeDuringMove(allocation: Allocation, destroysResource: boolean): boolean {
    const transfer = this.transfers.get(allocation);
    if (transfer === undefined) return false;
    this.transfers.delete(allocation);
    transfer.move.leavePlaceholder();
    transfer.wasFreed = true;
    transfer.destroysOld = destroysResource;
    return true;
  }

  /** Whether this buffer or image was replaced, and is only waiting to be destroyed. */
  isOutgoing(handle: bigint): boolean {
    return this.outgoing.has(handle);
  }

  private async runPass(moves: readonly DefragmentationMove[]): Promise<boolean> {
    const start = performance.now();
    const transfers: Transfer[] = [];
    const submission = this.submit(moves, transfers);
    this.timer.learn(moves.length, performance.now() - start);
    for (const transfer of transfers) this.transfers.set(transfer.allocation, transfer);
    const errors: unknown[] = [];
    try {
      await this.finishTransfers(submission, transfers, errors);
    } finally {
      for (const { allocation } of transfers) this.transfers.delete(allocation);
    }
    const isDone = await this.finishPass(transfers, errors);
    if (errors.length > 0) throw errors[0];
    return isDone;
  }

  /** Creates the new resources and hands the copies to the queue; all or nothing. */
  private submit(moves: readonly DefragmentationMove[], transfers: Transfer[]): Submission | undefined {
    const { options } = this;
    const { device } = this.state;
    const commands: TransferCommand[] = [];
    try {
      for (const move of moves) {
        const allocation = move.moved;
        const { kind, resource: old } = allocation;
        const transfer = {
          move,
          allocation,
          kind,
          old,
          replacement: 0n,
          wasFreed: false,
          destroysOld: true,
        };
        transfers.push(transfer);
        if (options.queue === undefined || !canCopy(allocation, options.imageLayout)) continue;
        transfer.replacement = createAgain(device, allocation, move.dstTmpAllocation);
        const command = copyCommand(allocation, transfer.replacement, options.imageLayout);
        if (command !== undefined) commands.push(command);
      }
      return commands.length > 0 ? options.queue?.submit(commands) : undefined;
    } catch (error) {
      for (const { kind, replacement } of transfers.reverse()) destroyHandle(device, kind, replacement);
      throw error;
    }
  }

  /** Waits for the queue, while the program moves what the queue cannot. */
  private async finishTransfers(
    submission: Submission | undefined,
    transfers: readonly Transfer[],
    errors: unknown[],
  ): Promise<void> {
    const others = transfers.filter(({ replacement }) => replacement === 0n);
    const moved = Promise.all(others.map((transfer) => this.moveOther(transfer, errors)));
    try {
      if (submission !== undefined) await waitFor(submission);
    } catch (error) {
      errors.unshift(error);
      for (const { move } of transfers) if (!others.some((other) => other.move === move)) ignore(move);
    }
    await moved;
  }

  private async moveOther(transfer: Transfer, errors: unknown[]): Promise<void> {
    const { move, allocation, kind } = transfer;
    try {
      const target = move.dstTmpAllocation;
      const answer = await this.options.moveOther?.({
        allocation: this.state.tracker.proxyOf(allocation),
        target,
      });
      if (typeof answer === "bigint") transfer.replacement = answer;
      if (answer === undefined || answer === false) {
        ignore(move);
        this.context.pin(move);
      } else if (answer === true && kind !== ResourceKind.None) {
        throw new TypeError("moveOther has to answer the new buffer or image of an allocation that has one");
      }
    } catch (error) {
      errors.push(error);
      ignore(move);
    }
  }

  /** Changes places, or, where that fails or the copies have, leaves everything where it was. */
  private async finishPass(transfers: readonly Transfer[], errors: unknown[]): Promise<boolean> {
    const { context } = this;
    try {
      context.swap();
    } catch (error) {
      errors.unshift(error);
      for (const { move } of transfers) ignore(move);
    }
    await this.replace(
      transfers.filter(({ move }) => move.isSwapped),
      errors,
    );
    const { device } = this.state;
    for (const { move, kind, old, replacement, wasFreed, destroysOld } of transfers) {
      if (move.isSwapped) continue;
      destroyHandle(device, kind, replacement);
      if (wasFreed && destroysOld) destroyHandle(device, kind, old);
    }
    try {
      return context.endPass();
    } catch (error) {
      errors.push(error);
      return true;
    }
  }

  /** Gives the allocations their new resources and tells the program, before the old ones are destroyed. */
  private async replace(transfers: readonly Transfer[], errors: unknown[]): Promise<void> {
    const replaced = transfers.filter(({ replacement }) => replacement !== 0n);
    const { bindings } = this.state;
    for (const { allocation, move, replacement } of transfers) {
      if (replacement === 0n) bindings.takeOver(allocation, move.dstTmpAllocation);
    }
    for (const { allocation, replacement, old } of replaced) {
      allocation.resource = replacement;
      allocation.isUnbound = false;
      bindings.replace(allocation, old);
      this.outgoing.add(old);
    }
    const told = await Promise.allSettled(replaced.map((transfer) => this.tell(transfer)));
    for (const outcome of told) if (outcome.status === "rejected") errors.push(outcome.reason);
    for (const { kind, old } of replaced) {
      this.outgoing.delete(old);
      destroyHandle(this.state.device, kind, old);
    }
  }

  private async tell({ allocation, kind, old, replacement }: Transfer): Promise<void> {
    const { onReplaced } = this.options;
    if (onReplaced === undefined || allocation.isFreed) return;
    await onReplaced({
      allocation: this.state.tracker.proxyOf(allocation),
      kind: kind === ResourceKind.Buffer ? "buffer" : "image",
      old,
      replacement,
    });
  }
}

function ignore(move: DefragmentationMove): void {
  if (move.operation === DefragmentationMoveOperation.Copy) {
    move.operation = DefragmentationMoveOperation.Ignore;
  }
}

/**
 * Waits until the device is done. A fence that could not be asked is asked again, as nothing may be destroyed that the
 * device may still use; then the error is thrown after all.
 */
async function waitFor(submission: Submission): Promise<void> {
  let first: unknown;
  for (let attempt = 0; attempt < MAX_FENCE_ERRORS; attempt++) {
    try {
      await submission.done();
      break;
    } catch (error) {
      first ??= error;
      if (error instanceof VulkanError && error.result === Result.ErrorDeviceLost) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  if (first !== undefined) throw first;
}
