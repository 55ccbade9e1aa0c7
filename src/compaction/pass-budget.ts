/** How much one pass may still move. */

/** The limits of a pass. */
export interface PassLimits {
  /** Bytes that one pass may move; default 0: no limit. */
  readonly maxBytesPerPass?: number | undefined;
  /** Allocations that one pass may move; default 0: no limit. */
  readonly maxAllocationsPerPass?: number | undefined;
  /** Bytes that all passes together may move; default 0: no limit. */
  readonly maxBytesMoved?: number | undefined;
  /** Asked before each move, with those that the pass has already; true ends the pass there. */
  readonly breakCallback?: ((moves: number) => boolean) | undefined;
}

/** What {@link PassBudget.admit} answers. */
export const Admission = { Take: 0, Skip: 1, End: 2 } as const;
/** One of {@link Admission}. */
export type Admission = (typeof Admission)[keyof typeof Admission];

/** After this many moves in a row that are too large for what is left, a pass ends, as in VMA. */
const MAX_SKIPPED = 16;

/** The limits of a pass and what it has used of them. */
export class PassBudget {
  /** Bytes that no move can exceed, in any pass. */
  readonly maxMoveBytes: number;
  private readonly maxAllocations: number;
  private readonly breakCallback: ((moves: number) => boolean) | undefined;
  private bytes = 0;
  private allocations = 0;
  private skipped = 0;
  private ended = false;

  constructor(info: PassLimits) {
    this.maxMoveBytes = info.maxBytesPerPass || Number.POSITIVE_INFINITY;
    this.maxAllocations = info.maxAllocationsPerPass || Number.POSITIVE_INFINITY;
    this.breakCallback = info.breakCallback;
  }

  /** Begins a new pass. */
  reset(): void {
    this.bytes = 0;
    this.allocations = 0;
    this.ended = false;
  }

  /** Whether nothing more is to be planned in this pass. */
  get isSpent(): boolean {
    return this.ended || this.allocations >= this.maxAllocations || this.bytes >= this.maxMoveBytes;
  }

  /** Whether a move of so many bytes may be planned now. */
  admit(bytes: number): Admission {
    if (this.isSpent || this.breakCallback?.(this.allocations) === true) return this.end();
    if (this.bytes + bytes <= this.maxMoveBytes) {
      this.skipped = 0;
      return Admission.Take;
    }
    return ++this.skipped < MAX_SKIPPED ? Admission.Skip : this.end();
  }

  /** Whether a move of so many bytes would be admitted, as far as limits go. */
  hasRoomFor(bytes: number): boolean {
    return !this.isSpent && this.bytes + bytes <= this.maxMoveBytes;
  }

  /** Some allocations, all of which there was room for, were looked at and not moved. */
  passOver(): void {
    this.skipped = 0;
  }

  /** Counts a move that was planned. */
  use(bytes: number): void {
    this.bytes += bytes;
    this.allocations++;
  }

  private end(): Admission {
    this.ended = true;
    return Admission.End;
  }
}
