/**
 * Does a defragmentation's work. One pass:
 *
 * plan -> tell the program what moves -> create the new resources, bind them -> copy on the queue -> wait, without blocking the
 * event loop -> what the host has written meanwhile -> allocations change places -> tell the program -> destroy the old
 * resources -> free their places
 *
 * While the queue copies, the program goes on allocating and freeing. What it frees then counts as freed at once, but the
 * resource and its place stay until the queue is done with them. What it writes to a buffer through the library, or into a
 * mapped view of coherent memory, is in the new place afterwards (`move/host-copy.ts`).
 *
 * Whatever fails before the places are changed leaves every allocation and its contents where they were; afterwards only the
 * program's own functions can fail, whose first error is thrown when the pass is done.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { destroyHandle } from "../allocator/resource/destroy.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { asData } from "../foundation/inspect.ts";
import { type DetailedStatistics, emptyDetailedStatistics, fragmentationOf } from "../metadata/statistics.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import type { Submission, TransferCommand } from "../vulkan/transfer.ts";
import { waitUntilDone } from "../vulkan/wait-until-done.ts";
import type { DefragmentationContext } from "./context.ts";
import { DefragmentationMoveOperation } from "./flags.ts";
import { copyByHost, type WrittenRange, writtenRanges } from "./move/host-copy.ts";
import type { DefragmentationMove } from "./move/move.ts";
import { canCopy, copyCommand, createAgain, layoutOf } from "./move/resource-copy.ts";
import type {
  DefragmentationProgress,
  DefragmentationResult,
  DefragmentationWish,
  DefragmentOptions,
} from "./options.ts";
import type { PassTimer } from "./pass-timer.ts";

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
  /** What the host has written since the pass began. */
  readonly written: WrittenRange[];
}

function transferOf(move: DefragmentationMove): Transfer {
  const allocation = move.moved;
  const { kind, resource: old } = allocation;
  return { move, allocation, kind, old, replacement: 0n, wasFreed: false, destroysOld: true, written: [] };
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
        // A queue that is done at once would never let timers and the program's own tasks run.
        if (!isDone) await nextTask();
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

  /** Whether everything wished for is met. */
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

  /** Whether an allocation is being moved by a pass. */
  isMoving(allocation: object): boolean {
    return this.transfers.has(allocation as Allocation);
  }

  /** The host has written to a range of an allocation. */
  written(allocation: object, offset: number, size: number): void {
    this.transfers.get(allocation as Allocation)?.written.push({ offset, size });
  }

  /** Whether this buffer or image was replaced, and is only waiting to be destroyed. */
  isOutgoing(handle: bigint): boolean {
    return this.outgoing.has(handle);
  }

  private async runPass(moves: readonly DefragmentationMove[]): Promise<boolean> {
    const transfers = moves.map(transferOf);
    const errors: unknown[] = [];
    for (const transfer of transfers) this.transfers.set(transfer.allocation, transfer);
    const handles = transfers.map(({ old }) => old as Buffer | Image).filter((handle) => handle !== 0n);
    try {
      await this.tellMoves(moves);
      this.options.queue?.setMoving?.(handles, true);
      await this.finishTransfers(this.submit(transfers), transfers, errors);
      this.copyWritten(transfers, errors);
    } catch (error) {
      errors.unshift(error);
      for (const { move } of transfers) ignore(move);
    } finally {
      this.options.queue?.setMoving?.(handles, false);
      for (const { allocation } of transfers) this.transfers.delete(allocation);
    }
    const isDone = await this.finishPass(transfers, errors);
    if (errors.length > 0) throw errors[0];
    return isDone;
  }

  /** Tells the program what is about to be moved, and waits for its answer. */
  private async tellMoves(moves: readonly DefragmentationMove[]): Promise<void> {
    const { onPassBegin } = this.options;
    if (onPassBegin === undefined || moves.length === 0) return;
    const { tracker } = this.state;
    this.timer.pause();
    await onPassBegin(
      moves.map(({ moved, dstTmpAllocation: { size, deviceMemory, offset } }) =>
        asData({ allocation: tracker.proxyOf(moved), size, deviceMemory, offset }),
      ),
    );
    this.timer.resume();
  }

  /**
   * Creates the new resources and hands the copies to the queue; all or nothing. When the time of the pass is up, the remaining
   * moves wait for a later one; one is always made.
   */
  private submit(transfers: readonly Transfer[]): Submission | undefined {
    const { options, timer } = this;
    const { device } = this.state;
    const commands: TransferCommand[] = [];
    const start = performance.now();
    let made = 0;
    try {
      for (const transfer of transfers) {
        const { move, allocation, wasFreed } = transfer;
        if (wasFreed) continue;
        if (made > 0 && timer.isOver) {
          move.isPostponed = true;
          ignore(move);
          continue;
        }
        made++;
        // Called once: an answer that changes in between would lose contents.
        const layout = layoutOf(allocation, options.imageLayout);
        if (options.queue === undefined || !canCopy(allocation, () => layout)) continue;
        const replacement = createAgain(device, allocation, move.dstTmpAllocation);
        transfer.replacement = replacement;
        const command = copyCommand(allocation, replacement, layout);
        if (command !== undefined) commands.push(command);
      }
      timer.learn(made, performance.now() - start);
      return commands.length > 0 ? options.queue?.submit(commands) : undefined;
    } catch (error) {
      for (const transfer of transfers) {
        destroyHandle(device, transfer.kind, transfer.replacement);
        transfer.replacement = 0n;
      }
      throw error;
    }
  }

  /**
   * Brings what the host has written during the pass to the new places, before anything else can run. A buffer for which that
   * fails stays where it is.
   */
  private copyWritten(transfers: readonly Transfer[], errors: unknown[]): void {
    for (const { move, allocation, kind, replacement, written } of transfers) {
      if (kind !== ResourceKind.Buffer || replacement === 0n || !move.isToBeSwapped) continue;
      const ranges = writtenRanges(allocation, written);
      if (ranges.length === 0) continue;
      try {
        copyByHost(allocation, move.dstTmpAllocation, ranges);
      } catch (error) {
        errors.push(error);
        ignore(move);
      }
    }
  }

  /** Waits for the queue, while the program moves what the queue cannot. */
  private async finishTransfers(
    submission: Submission | undefined,
    transfers: readonly Transfer[],
    errors: unknown[],
  ): Promise<void> {
    const others = transfers.filter(
      ({ replacement, wasFreed, move }) => replacement === 0n && !wasFreed && !move.isPostponed,
    );
    const moved = Promise.all(others.map((transfer) => this.moveOther(transfer, errors)));
    try {
      if (submission !== undefined) await waitUntilDone(submission);
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
        throw new TypeError("moveOther must return the new buffer or image of an allocation that has one");
      }
    } catch (error) {
      errors.push(error);
      ignore(move);
    }
  }

  /** Changes places or, if that or the copies failed, leaves everything where it was. */
  private async finishPass(transfers: readonly Transfer[], errors: unknown[]): Promise<boolean> {
    const { context } = this;
    // What the program means to destroy since the pass began stays where it is until then: the device may be using it.
    const { bindings } = this.state;
    for (const { move, allocation } of transfers) {
      if (bindings.isWaiting(allocation)) ignore(move);
    }
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

  private async tell({ allocation: own, kind, old, replacement }: Transfer): Promise<void> {
    const { onReplaced } = this.options;
    if (onReplaced === undefined || own.isFreed) return;
    const allocation = this.state.tracker.proxyOf(own);
    if (kind === ResourceKind.Buffer) {
      await onReplaced(
        asData({ allocation, kind: "buffer", old: old as Buffer, replacement: replacement as Buffer }),
      );
    } else {
      await onReplaced(
        asData({ allocation, kind: "image", old: old as Image, replacement: replacement as Image }),
      );
    }
  }
}

/** Resolves once the event loop has turned: timers and everything else that waits have had their turn. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

function ignore(move: DefragmentationMove): void {
  if (move.operation === DefragmentationMoveOperation.Copy) {
    move.operation = DefragmentationMoveOperation.Ignore;
  }
}
