/** Counts the memory that a replay takes: at most, and on average. */

import type { ReplayResult } from "./settings.ts";

/** What is taken now, and the maximum so far. */
export class Account {
  reserved = 0;
  used = 0;
  private objects = 0;
  private objectsMade = 0;
  private peakReserved = 0;
  private peakUsed = 0;
  private peakObjects = 0;
  private usedAtPeak = 0;
  private unusedSum = 0;
  private samples = 0;

  /** A memory object was made. */
  reserve(size: number): void {
    this.reserved += size;
    this.objects++;
    this.objectsMade++;
    this.peakObjects = Math.max(this.peakObjects, this.objects);
    if (this.reserved <= this.peakReserved) return;
    this.peakReserved = this.reserved;
    this.usedAtPeak = this.used;
  }

  /** A memory object was freed. */
  release(size: number): void {
    this.reserved -= size;
    this.objects--;
  }

  /** An allocation was made. */
  add(size: number): void {
    this.used += size;
    this.peakUsed = Math.max(this.peakUsed, this.used);
    if (this.reserved === this.peakReserved) this.usedAtPeak = Math.max(this.usedAtPeak, this.used);
  }

  /** An allocation was freed. */
  remove(size: number): void {
    this.used -= size;
  }

  /** The share of reserved bytes that are not used. */
  get unused(): number {
    return this.reserved === 0 ? 0 : 1 - this.used / this.reserved;
  }

  /** An operation has ended. */
  sample(): void {
    this.unusedSum += this.unused;
    this.samples++;
  }

  get result(): Pick<
    ReplayResult,
    "peakReserved" | "peakUsed" | "peakObjects" | "unusedAtPeak" | "unusedOnAverage" | "objectsMade"
  > {
    const { peakReserved, peakUsed, peakObjects, usedAtPeak, objectsMade } = this;
    return {
      peakReserved,
      peakUsed,
      peakObjects,
      unusedAtPeak: peakReserved === 0 ? 0 : 1 - usedAtPeak / peakReserved,
      unusedOnAverage: this.samples === 0 ? 0 : this.unusedSum / this.samples,
      objectsMade,
    };
  }
}
