/**
 * The indexes of one block: its listed gaps in an order, each with the room that it has for requests of one kind. They find
 * at once what a search would find gap by gap, so that the places are the same.
 *
 * Two orders: by offset, which MIN_OFFSET asks for; and the order in which all other searches look, list by list, and in each
 * list the newest first. A kind of request: its alignment, and the types of neighbours that it may not share a page with. So
 * the room in a gap is what is left of it behind its first aligned byte, without pages that belong to others.
 *
 * MIN_OFFSET always has the index of the simplest kind. All others are made on trial, when searches have looked at more gaps
 * than it takes to make one, and go when keeping them takes longer than the looks that they save: a block in which gaps that
 * are large enough mostly have room never has one.
 *
 * Costs a change to each index for each allocation and each release while it exists: 150 to 300 ns.
 */

import { assert } from "../foundation/assert.ts";
import { GapTree } from "./gap-tree.ts";
import { RecordMark } from "./records.ts";

const { NONE } = RecordMark;

/** In which order an index has the gaps. */
export const GapOrder = { Offset: 0, Search: 1 } as const;
/** One of {@link GapOrder}. */
export type GapOrder = (typeof GapOrder)[keyof typeof GapOrder];

/** Tells where free ranges lie. */
export interface GapSource {
  readonly allocationCount: number;
  /** All records are below, counted one by one. */
  readonly slotLimit: number;
  /** Where the gap behind a record begins, in bytes; always the same while the record is in use. */
  gapStart(record: number): number;
  gapBytes(record: number): number;
  /** Bytes that a request of a kind has room for in the gap behind a record; the same as long as the gap is. */
  roomIn(record: number, alignment: number, conflicts: number): number;
  /** The list that the gap behind a record belongs to. */
  listOf(record: number): number;
  /** Whether the gap behind a record is in its list. */
  isListed(record: number): boolean;
  /** The records that listed gaps lie behind, in address order. */
  listedGaps(): Iterable<number>;
  /** The same in the order in which they are looked at. */
  gapsInSearchOrder(): Iterable<number>;
}

/** What lies between the keys of two lists; within a list, the newest gap has the lowest key. */
const LIST_STEP: number = 2 ** 42;
/**
 * Looks at gaps that a change to an index takes as long as: at gaps alone, and at the pages at their ends as well, which takes
 * several times as long.
 */
const UPKEEP = 64;
const UPKEEP_OF_PAGES = 16;
/**
 * Changes after which an index is first asked whether it pays, or one for so many allocations where that is more, as it takes longer to
 * make then; later after {@link PERIOD} and one for each allocation.
 */
const TRIAL = 256;
const TRIAL_SHARE = 16;
const PERIOD = 1024;
/** The least looks that an index is made for. */
const LEAST_DEBT = 256;
const MOST_PATIENCE: number = 2 ** 20;

/** One index. */
export class GapIndex {
  readonly order: GapOrder;
  readonly alignment: number;
  /** Types, as bits, that the request may not share a page with. */
  readonly conflicts: number;
  readonly tree: GapTree = new GapTree();
  /** Looks that one answer saves, as far as known. */
  looksSaved: number;
  isOnTrial = true;
  /** Whether the room in a gap is all of it. */
  readonly isPlain: boolean;
  /** Looks that a change takes as long as. */
  readonly upkeep: number;
  // Since it was last asked whether it pays.
  answers = 0;
  changes = 0;

  constructor(order: GapOrder, alignment: number, conflicts: number, looksSaved: number) {
    this.order = order;
    this.alignment = alignment;
    this.conflicts = conflicts;
    this.looksSaved = looksSaved;
    this.isPlain = alignment === 1 && conflicts === 0;
    this.upkeep = conflicts === 0 ? UPKEEP : UPKEEP_OF_PAGES;
  }
}

/** The indexes of one block. */
export class GapIndexes {
  private readonly source: GapSource;
  private indexes: GapIndex[] = [];
  /** For each record, counted one by one, the key of its gap in the order of searches; while there is such an index. */
  private keys: Float64Array | undefined = undefined;
  /** Gaps that have entered lists since. */
  private entered = 0;

  /** Looks that no index has saved, since one was made. */
  private debt = 0;
  /** Searches that these are of. */
  private searches = 0;
  /** How many times as much debt it takes, as indexes did not pay. */
  private patience = 1;

  constructor(source: GapSource) {
    this.source = source;
  }

  /** Whether there is no index. */
  get isEmpty(): boolean {
    return this.indexes.length === 0;
  }

  /** Notes that a search has looked at so many gaps without an index. */
  noteLooks(looks: number): void {
    this.debt += looks;
    this.searches++;
  }

  /** The index of a kind, to be asked; made if there is none and searches have taken long enough. Undefined without one. */
  ask(order: GapOrder, alignment: number, conflicts: number): GapIndex | undefined {
    let index = this.find(order, alignment, conflicts);
    if (index === undefined) {
      const due = (LEAST_DEBT + this.source.allocationCount / 4) * this.patience;
      if (this.debt < due) return undefined;
      index = this.make(order, alignment, conflicts, this.debt / this.searches);
      this.debt = 0;
      this.searches = 0;
    }
    index.answers++;
    return index;
  }

  /** The index by offset of gaps as they are, to be asked. */
  askLowest(): GapIndex {
    const { Offset } = GapOrder;
    const index = this.find(Offset, 1, 0) ?? this.make(Offset, 1, 0, Number.POSITIVE_INFINITY);
    index.answers++;
    return index;
  }

  /** The index of a kind, if there is one. */
  find(order: GapOrder, alignment: number, conflicts: number): GapIndex | undefined {
    const { indexes } = this;
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i];
      if (index.order === order && index.alignment === alignment && index.conflicts === conflicts)
        return index;
    }
    return undefined;
  }

  /** The first gap with room for `bytes` bytes in the lists `from` to `to`, {@link NONE} if there is none. */
  firstInLists(index: GapIndex, from: number, to: number, bytes: number): number {
    const gap = index.tree.firstFrom(from * LIST_STEP, bytes);
    return gap === NONE || index.tree.answeredKey >= (to + 1) * LIST_STEP ? NONE : gap;
  }

  private make(order: GapOrder, alignment: number, conflicts: number, looksSaved: number): GapIndex {
    const { source } = this;
    const index = new GapIndex(order, alignment, conflicts, looksSaved);
    index.isOnTrial = Number.isFinite(looksSaved);
    if (order === GapOrder.Search && this.keys === undefined) this.makeKeys();
    const gaps = order === GapOrder.Search ? source.gapsInSearchOrder() : source.listedGaps();
    index.tree.reserve(this.gapCount);
    for (const gap of gaps) index.tree.append(this.keyOf(index, gap), this.roomFor(index, gap), gap);
    index.tree.finish();
    this.indexes.push(index);
    return index;
  }

  private get gapCount(): number {
    let count = 0;
    for (const _gap of this.source.listedGaps()) count++;
    return count;
  }

  /** Gives all listed gaps their keys in the order of searches. */
  private makeKeys(): void {
    const { source } = this;
    const gaps = [...source.gapsInSearchOrder()];
    this.keys = new Float64Array(source.slotLimit);
    this.entered = 0;
    for (let i = gaps.length - 1; i >= 0; i--) this.enterKey(gaps[i]);
  }

  /** Gives the newest of the listed gaps its key in the order of searches. */
  private enterKey(gap: number): void {
    let keys = this.keys!;
    if (gap >> 3 >= keys.length) {
      keys = new Float64Array(this.source.slotLimit);
      keys.set(this.keys!);
      this.keys = keys;
    }
    keys[gap >> 3] = (this.source.listOf(gap) + 1) * LIST_STEP - ++this.entered;
  }

  private keyOf(index: GapIndex, gap: number): number {
    return index.order === GapOrder.Search ? this.keys![gap >> 3] : this.source.gapStart(gap);
  }

  private roomFor(index: GapIndex, gap: number): number {
    const { source } = this;
    return index.isPlain ? source.gapBytes(gap) : source.roomIn(gap, index.alignment, index.conflicts);
  }

  private insertInto(index: GapIndex, gap: number): void {
    index.tree.insert(this.keyOf(index, gap), this.roomFor(index, gap), gap);
  }

  // Changes. Between them, `prune` is called.

  /** A gap has entered its list. */
  insert(gap: number): void {
    if (this.keys !== undefined) this.enterKey(gap);
    for (const index of this.indexes) this.insertInto(index, gap);
  }

  /** A gap leaves its list, or has just left it. */
  remove(gap: number): void {
    for (const index of this.indexes) index.tree.remove(this.keyOf(index, gap));
  }

  /** The record of a gap has become another one. */
  rename(gap: number, as: number): void {
    if (this.keys !== undefined) {
      const key = this.keys[gap >> 3];
      this.enterKey(as);
      this.keys[as >> 3] = key;
    }
    for (const index of this.indexes) {
      const key = this.keyOf(index, as);
      index.tree.replace(key, key, this.roomFor(index, as), as);
    }
  }

  /** `record` was put behind `owner`, whose gap was listed or was the tail; their gaps are listed as they are now. */
  divide(owner: number, record: number, wasListed: boolean): void {
    const { source } = this;
    const ownerIsListed = source.isListed(owner);
    const isListed = source.isListed(record);
    const { indexes } = this;
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i];
      const { order, tree } = index;
      if (order === GapOrder.Search) {
        if (wasListed) tree.remove(this.keyOf(index, owner));
      } else if (ownerIsListed) {
        if (wasListed) this.replaceIn(index, owner, owner);
        else this.insertInto(index, owner);
        if (isListed) this.insertInto(index, record);
      } else if (isListed) this.replaceIn(index, owner, record);
      else if (wasListed) tree.remove(source.gapStart(owner));
    }
    if (ownerIsListed) this.insertInSearchOrder(owner);
    if (isListed) this.insertInSearchOrder(record);
  }

  /** The record behind `owner` was freed; whether their gaps were listed before. */
  merge(owner: number, ownerWasListed: boolean, record: number, wasListed: boolean): void {
    const { source } = this;
    const isListed = source.isListed(owner);
    const { indexes } = this;
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i];
      const { order, tree } = index;
      if (order === GapOrder.Search) {
        if (wasListed) tree.remove(this.keyOf(index, record));
        if (ownerWasListed) tree.remove(this.keyOf(index, owner));
      } else if (ownerWasListed && wasListed) {
        tree.join(source.gapStart(owner), source.gapStart(record), this.roomFor(index, owner));
      } else if (ownerWasListed) {
        if (isListed) this.replaceIn(index, owner, owner);
        else tree.remove(source.gapStart(owner));
      } else if (wasListed) this.replaceIn(index, record, owner);
      else if (isListed) this.insertInto(index, owner);
    }
    if (isListed) this.insertInSearchOrder(owner);
  }

  /** Puts a gap by offset in the place of another one, or of itself. */
  private replaceIn(index: GapIndex, gap: number, by: number): void {
    const { source } = this;
    index.tree.replace(source.gapStart(gap), source.gapStart(by), this.roomFor(index, by), by);
  }

  private insertInSearchOrder(gap: number): void {
    if (this.keys === undefined) return;
    this.enterKey(gap);
    for (const index of this.indexes) {
      if (index.order === GapOrder.Search) this.insertInto(index, gap);
    }
  }

  /** Gives up the indexes that do not pay. Before each change. */
  prune(): void {
    let isPruned = false;
    const { indexes } = this;
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i];
      const { allocationCount } = this.source;
      const period = index.isOnTrial
        ? Math.max(TRIAL, allocationCount / TRIAL_SHARE)
        : PERIOD + allocationCount;
      if (++index.changes > period && !this.pays(index)) isPruned = true;
    }
    // The keys come to their end after 2^42 changes.
    if (isPruned || this.entered >= LIST_STEP - 4) this.keepPaying();
  }

  /** Whether an index has saved more looks than it has taken since it was asked last. */
  private pays(index: GapIndex): boolean {
    const pays = index.answers > 0 && index.answers * index.looksSaved > index.changes * index.upkeep;
    if (!pays) {
      // So that the next one has to wait longer, where this one has not even outlasted its trial.
      if (index.isOnTrial) this.patience = Math.min(this.patience * 4, MOST_PATIENCE);
      index.looksSaved = 0;
      return false;
    }
    if (index.isOnTrial) this.patience = 1;
    index.isOnTrial = false;
    index.answers = 0;
    index.changes = 0;
    // What is known of looks gets old. Where searches still take long it is made anew in the end.
    index.looksSaved /= 2;
    return true;
  }

  private keepPaying(): void {
    const isAtEnd = this.entered >= LIST_STEP - 4;
    this.indexes = this.indexes.filter(
      ({ looksSaved, order }) => looksSaved > 0 && !(isAtEnd && order === GapOrder.Search),
    );
    if (!this.indexes.some(({ order }) => order === GapOrder.Search)) {
      this.keys = undefined;
      this.entered = 0;
    }
  }

  /** Forgets all. */
  clear(): void {
    this.indexes = [];
    this.keys = undefined;
    this.entered = 0;
  }

  /** Checks every index against the gaps. */
  validate(): void {
    const { source } = this;
    for (const index of this.indexes) {
      const { order, alignment, conflicts } = index;
      assert(this.find(order, alignment, conflicts) === index, "there is one index of each kind");
      const isSearch = order === GapOrder.Search;
      const gaps = [...(isSearch ? source.gapsInSearchOrder() : source.listedGaps())];
      if (isSearch) {
        const lists = gaps.map((gap) => Math.floor(this.keys![gap >> 3] / LIST_STEP));
        assert(
          gaps.every((gap, i) => source.listOf(gap) === lists[i]),
          "the key of a gap says which list it is in",
        );
      }
      index.tree.validate(
        gaps.map((gap) => ({ key: this.keyOf(index, gap), room: this.roomFor(index, gap), gap })),
      );
    }
  }
}
