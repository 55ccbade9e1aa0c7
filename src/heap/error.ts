/** Why a heap cannot serve a request, as a message and as data. */

/**
 * The reason: the device refused every suitable size (`refused`), the heap may have no more blocks (`maxBlocks`) or bytes
 * (`budget`), the device is lost (`lost`), the heap was destroyed (`destroyed`), the allocation is being moved (`moving`), or
 * no other buffer has room to move to (`noRoom`).
 */
export type HeapErrorReason = "refused" | "maxBlocks" | "budget" | "lost" | "destroyed" | "moving" | "noRoom";

/** A buffer that the device has refused. */
export interface HeapRefusal {
  /** Bytes. */
  readonly size: number;
  /** What the device said. */
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/** A heap cannot do what was requested. Everything is as it was before. */
export class HeapError extends Error {
  /** "HeapError" */
  override readonly name = "HeapError";
  /** Why. */
  readonly reason: HeapErrorReason;
  /** What the device has refused meanwhile, in order. */
  readonly refusals: readonly HeapRefusal[];

  /** @internal Made by the library. */
  constructor(reason: HeapErrorReason, message: string, refusals: readonly HeapRefusal[] = []) {
    super(message, refusals.length === 0 ? undefined : { cause: refusals[refusals.length - 1]!.cause });
    this.reason = reason;
    this.refusals = refusals;
  }
}

/** The message of what was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
