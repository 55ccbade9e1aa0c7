/**
 * Names for allocations that are never used twice, so that whoever holds the name of a freed allocation is told.
 *
 * A name is a number below 2^53: `tag * 2^24 + slot`. Each slot has a tag, which goes on by one whenever the
 * slot's allocation is freed; when a slot has used all 2^29 of its tags, it is not used any more. Every block
 * starts at another tag, the starts being spread evenly (multiples of 2^29 divided by the golden ratio), so that
 * the names of one block mean nothing to another: for two blocks to give out the same name, one of them has to use a
 * slot some 2^29 divided by the number of blocks times more often than the other, and both to be using it then.
 */

import type { Slot } from "./block-metadata.ts";

/** Slots that a name can tell apart. */
const SLOTS = 2 ** 24;
const SLOT_MASK: number = SLOTS - 1;
const TAG_MASK: number = 2 ** 29 - 1;
/** 2^32 divided by the golden ratio, for starts that are spread evenly. */
const GOLDEN = 0x9e3779b1;
/** Instead of a tag: there is no further one for this slot. */
const EXHAUSTED = -(2 ** 31);

let blocksMade = 0;

/** The names of one block's allocations. */
export class Handles {
  /**
   * The name that the next call is about. A name is larger than what V8 passes without a box, and a typed array hands
   * it over without one, inlined or not.
   */
  readonly asked: Float64Array = new Float64Array(1);
  /** The tag that every slot begins with. */
  private readonly firstTag: number = Math.imul(++blocksMade, GOLDEN) & TAG_MASK;
  /**
   * For each slot with an allocation its tag; for the others `~` of the next tag, or {@link EXHAUSTED}. For slot 0,
   * which is no allocation's, 0: its name is 0.
   */
  private tags: Int32Array = new Int32Array(1);

  /** All slots that there is room for are below. */
  get limit(): number {
    return this.tags.length;
  }

  /** Makes room for slots below `limit`. */
  reserve(limit: number): void {
    if (limit <= this.tags.length) return;
    const tags = new Int32Array(limit).fill(~this.firstTag);
    tags.set(this.tags);
    tags[0] = 0;
    this.tags = tags;
  }

  /** Gives the allocation in a slot a name. Whether there is one left. */
  issue(slot: Slot): boolean {
    const next = this.tags[slot];
    if (next === EXHAUSTED) return false;
    this.tags[slot] = ~next;
    return true;
  }

  /** The name of the allocation in a slot; 0 for no slot. */
  nameOf(slot: Slot): number {
    return this.tags[slot] * SLOTS + slot;
  }

  /**
   * The slot of the allocation whose name lies in {@link asked}.
   *
   * @throws RangeError if there is none, TypeError if the name is no number.
   */
  askedSlot(): Slot {
    const name = this.asked[0];
    const slot = name & SLOT_MASK;
    if (this.tags[slot] * SLOTS + slot !== name || name <= 0) this.refuse(name);
    return slot as Slot;
  }

  /** Ends the name of the allocation in a slot. */
  revoke(slot: Slot): void {
    const next = (this.tags[slot] + 1) & TAG_MASK;
    this.tags[slot] = next === this.firstTag ? EXHAUSTED : ~next;
  }

  /** Ends all names. */
  revokeAll(): void {
    for (let slot = 1; slot < this.tags.length; slot++) {
      if (this.tags[slot] >= 0) this.revoke(slot as Slot);
    }
  }

  private refuse(name: number): never {
    if (Number.isNaN(name)) throw new TypeError("an allocation must be a number");
    const what = this.wasIssued(name)
      ? "was freed already"
      : "is none of this block's: it belongs to another block, or to none";
    throw new RangeError(`allocation ${name} ${what}`);
  }

  /** Whether this name was given out before, so that whoever uses it does so too late. */
  private wasIssued(name: number): boolean {
    const slot = name & SLOT_MASK;
    if (!Number.isSafeInteger(name) || name <= 0 || slot === 0 || slot >= this.tags.length) return false;
    const tag = Math.floor(name / SLOTS);
    const current = this.tags[slot];
    if (current === EXHAUSTED) return true;
    const used = ((current < 0 ? ~current : current) - this.firstTag) & TAG_MASK;
    return ((tag - this.firstTag) & TAG_MASK) < used;
  }
}
