/**
 * Mapped ranges for other threads: address and length can be posted to a worker, which makes its own view of them
 * (`viewLentRange` of `vma-ts/koffi`, `/bun` and `/deno`), so that nothing is copied. Posting `mappedData` itself would copy
 * the whole block.
 *
 * Until the range is given back its allocation stays mapped, is not moved, and cannot be freed. When an allocator is destroyed
 * by force, its lent memory stays mapped and is reported as leaked, as a worker may still access it.
 */

import { optionsCheck } from "../../foundation/check-names.ts";
import { showAs } from "../../foundation/inspect.ts";
import type { HostLoan, LentRangeMessage } from "../../vulkan/device.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import { checkRange } from "./flush.ts";
import { mapAllocation, unmapAllocation } from "./mapping.ts";

/** Which part of an allocation to lend. */
export interface LendOptions {
  /** Bytes; default 0. */
  readonly offset?: number;
  /** Bytes; default: to the end. */
  readonly size?: number;
}

/** A mapped range that another thread may use until it is given back. Made by `Allocation.lend`. */
export class LentRange {
  private allocation: AllocationData | undefined;
  private readonly loan: HostLoan;

  /** @internal */
  constructor(allocation: AllocationData, loan: HostLoan) {
    this.allocation = allocation;
    this.loan = loan;
  }

  /** Where the first byte of the range is mapped. */
  get address(): bigint {
    return this.loan.message.address;
  }

  /** Bytes of the range. */
  get size(): number {
    return this.loan.message.size;
  }

  /** What to post to the worker: plain data, for `viewLentRange` there. */
  get message(): LentRangeMessage {
    return this.loan.message;
  }

  /** Whether it was given back. */
  get isGivenBack(): boolean {
    return this.allocation === undefined;
  }

  /**
   * Gives the range back to the program. Only after the worker has closed its view, which would otherwise access memory that
   * may be unmapped and freed from now on.
   *
   * @throws TypeError when it was already given back.
   */
  giveBack(): void {
    const { allocation } = this;
    if (allocation === undefined) throw new TypeError("a lent range was given back twice");
    this.allocation = undefined;
    this.loan.end();
    // Freed by force, with its allocator: the memory itself stays where it is.
    if (allocation.isFreed) return;
    allocation.state.bindings.endLoan(allocation);
    unmapAllocation(allocation);
  }

  /** Gives the range back unless that has been done. */
  [Symbol.dispose](): void {
    if (this.allocation !== undefined) this.giveBack();
  }
}

showAs(
  LentRange,
  ({ address, size, isGivenBack }) =>
    `LentRange: ${size} bytes at 0x${address.toString(16)}${isGivenBack ? ", given back" : ""}`,
  ({ address, size, isGivenBack }) => ({ address, size, isGivenBack }),
);

const checkLendNames = optionsCheck<LendOptions>("the options of lend", { offset: true, size: true });

/** Maps an allocation (never a proxy of one) and keeps it mapped until the range is given back. */
export function lendRange(allocation: AllocationData, options: LendOptions): LentRange {
  checkLendNames(options);
  const { offset = 0, size } = options;
  checkRange(allocation, offset, size ?? allocation.size - offset);
  const { state } = allocation;
  if (state.guard?.isMoving(allocation) === true) {
    throw new TypeError(
      `allocation${allocation.label} is being moved and cannot be lent until the pass is over`,
    );
  }
  mapAllocation(allocation);
  try {
    const mapping = allocation.memoryObject!.mapping!;
    if (mapping.lend === undefined) {
      throw new TypeError("the device cannot lend mapped memory to other threads: its mappings have no lend");
    }
    const range = new LentRange(
      allocation,
      mapping.lend(allocation.offset + offset, size ?? allocation.size - offset),
    );
    state.bindings.beginLoan(allocation);
    return range;
  } catch (error) {
    unmapAllocation(allocation);
    throw error;
  }
}
