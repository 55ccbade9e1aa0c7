/**
 * Why memory was refused, kept apart from exceptions: what is tried next may still succeed.
 *
 * A request may be refused in several places before it is given up. What is reported in the end is the refusal that says most:
 * the driver's before the allocator's own limits, these before a lack of room in blocks, that before a request that no block is
 * large enough for. Of two that say as much, the first one wins, as the most suitable memory type is tried first; of two of the
 * same heap, the one that lacks less.
 */

import { Result, VulkanError } from "../../vulkan/result.ts";

/** What refused an allocation. */
export type RefusalKind =
  /** The driver itself. */
  | "driver"
  /** The heap has fewer bytes than were requested. */
  | "heapSize"
  /** The limit that `heapSizeLimits` sets for the heap. */
  | "heapSizeLimit"
  /** The heap's budget, which AllocationCreate.WithinBudget enforces, or which a new block must respect. */
  | "budget"
  /** maxMemoryAllocationSize of the device: no memory object may be that large. */
  | "maxMemoryAllocationSize"
  /** maxMemoryAllocationCount of the device: no further memory object may be made. */
  | "maxMemoryAllocationCount"
  /** The pool has as many blocks as it may have, and none has room. */
  | "maxBlockCount"
  /**
   * The blocks that have room have as many allocations as a block can have (a few hundred fewer than 2^24), and no block may be
   * added: freeing anything there helps.
   */
  | "maxAllocationCount"
  /** No block has room, and AllocationCreate.NeverAllocate forbids a new one. */
  | "neverAllocate"
  /** No block of the pool could be large enough. */
  | "blockSize"
  /** No memory type matches the request, or what was requested is not supported there at all. */
  | "unsupported";

/** Why an allocation was refused, as data. */
export interface Refusal {
  /** Which limit or failure it was. */
  readonly kind: RefusalKind;
  /** The corresponding VkResult. */
  readonly result: Result;
  /** Index of the heap; undefined if no heap is involved, or the driver does not say which. */
  readonly heap: number | undefined;
  /**
   * Bytes that would have to be given back for the request to be granted: exact for budgets, limits and heaps; the size of the
   * request if blocks are full or the driver refused; undefined if giving back does not help.
   */
  readonly missingBytes: number | undefined;
  /** The reason in words, with its figures; of the driver's refusals with the call and the result, as in a `VulkanError`. */
  readonly message: string;
}

/** What a refusal is about, apart from its result and its message. */
export interface RefusalFacts {
  readonly kind: RefusalKind;
  readonly heap?: number;
  readonly missingBytes?: number;
}

const RANKS: Readonly<Record<RefusalKind, number>> = {
  driver: 4,
  heapSize: 3,
  heapSizeLimit: 3,
  budget: 3,
  maxMemoryAllocationSize: 3,
  maxMemoryAllocationCount: 3,
  maxBlockCount: 2,
  maxAllocationCount: 2,
  neverAllocate: 2,
  blockSize: 1,
  unsupported: 1,
};
const UNSUPPORTED: RefusalFacts = { kind: "unsupported" };

/** Why the last attempt to allocate failed. */
export class Failure {
  result: Result = Result.Success;
  private call = "";
  private detail = "";
  private facts: RefusalFacts = UNSUPPORTED;

  /** Forgets earlier failures: a new attempt begins. */
  reset(): void {
    this.result = Result.Success;
  }

  /** A refusal by the allocator itself, in the function named by `call`. */
  refuse(result: Result, call: string, detail: string, facts: RefusalFacts = UNSUPPORTED): void {
    if (this.result === Result.Success || says(facts, this.facts)) this.set(result, call, detail, facts);
  }

  /** A failed call to the driver. */
  fromCall(error: VulkanError, detail: string, facts: Omit<RefusalFacts, "kind"> = {}): void {
    this.set(error.result, error.call, detail, { ...facts, kind: "driver" });
  }

  private set(result: Result, call: string, detail: string, facts: RefusalFacts): void {
    this.result = result;
    this.call = call;
    this.detail = detail;
    this.facts = facts;
  }

  /** Undefined if nothing failed. */
  toRefusal(): Refusal | undefined {
    const { result, detail, facts } = this;
    if (result === Result.Success) return undefined;
    const message = facts.kind === "driver" ? this.toError().message : detail;
    return { kind: facts.kind, result, heap: facts.heap, missingBytes: facts.missingBytes, message };
  }

  toError(): VulkanError {
    return new VulkanError(this.result, this.call, this.detail);
  }
}

/** The refusal that an error of the driver amounts to. */
export function refusalOf({ result, message }: VulkanError): Refusal {
  return { kind: "driver", result, heap: undefined, missingBytes: undefined, message };
}

/** Whether a refusal says more than the previous one. */
function says(facts: RefusalFacts, before: RefusalFacts): boolean {
  if (RANKS[facts.kind] !== RANKS[before.kind]) return RANKS[facts.kind] > RANKS[before.kind];
  if (facts.kind !== before.kind || facts.heap !== before.heap) return false;
  return (facts.missingBytes ?? 0) < (before.missingBytes ?? 0);
}

/** The error, if it says that memory is out; throws it again otherwise. */
export function outOfMemory(error: unknown): VulkanError {
  if (!(error instanceof VulkanError && isOutOfMemory(error.result))) throw error;
  return error;
}

/** Whether a VkResult means a lack of memory, in one form or another. */
export function isOutOfMemory(result: Result): boolean {
  return (
    result === Result.ErrorOutOfDeviceMemory ||
    result === Result.ErrorOutOfHostMemory ||
    result === Result.ErrorTooManyObjects
  );
}
