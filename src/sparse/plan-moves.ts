/**
 * Which pages to move, so that chunks become free: the library's one planner (../compaction/draining.ts), applied to models of
 * the chunks. A model counts in pages, each of which is a separate item: a page fits wherever one is free. Chunks are emptied
 * one after the other, the one with the fewest pages first, as long as the others have room.
 *
 * Cost: some steps for each page of the pool.
 */

import { Draining } from "../compaction/draining.ts";
import { Meter } from "../compaction/meter.ts";
import { type BlockPort, DEFAULT_STRATEGY, type Item, type ListPort } from "../compaction/model.ts";
import { assert } from "../foundation/assert.ts";
import { NO_SLOT, type Slot, SuballocationType } from "../metadata/block-metadata.ts";
import { createTlsf } from "../metadata/create-tlsf.ts";
import type { TlsfMetadata } from "../metadata/tlsf.ts";
import type { PageChunk } from "./page-chunk.ts";

const { Unknown } = SuballocationType;

/** A page to be moved to another chunk. */
export interface PlannedPage {
  readonly from: PageChunk;
  /** The page in its chunk. */
  readonly page: number;
  readonly to: PageChunk;
}

/** Plans to move at most that many pages. Changes nothing. */
export function planPages(
  chunks: readonly PageChunk[],
  isMovable: (chunk: PageChunk, page: number) => boolean,
  maxPages: number,
): PlannedPage[] {
  const planned: PlannedPage[] = [];
  if (chunks.length < 2 || maxPages <= 0) return planned;
  const draining = new Draining(new ModelOfPool(chunks, isMovable), false, new Meter());
  for (let plan = draining.next(); plan !== undefined; plan = draining.next()) {
    for (const { item, to } of plan.moves) {
      if (planned.length >= maxPages) return planned;
      const { port } = to;
      assert(port instanceof ModelOfChunk, "a pool plans with its own chunks");
      const slot = port.division.allocate(1, 1, Unknown, DEFAULT_STRATEGY, false);
      assert(slot !== NO_SLOT, "what was tried out fits");
      planned.push({ ...item.owner, to: port.chunk });
    }
  }
  return planned;
}

type Page = Omit<PlannedPage, "to">;

/** A chunk as the planner sees it. */
class ModelOfChunk implements BlockPort<Page> {
  readonly chunk: PageChunk;
  readonly division: TlsfMetadata;
  readonly isArrivedAt = false;
  readonly #isAllMovable: boolean;
  readonly #pages: Map<Slot, number> = new Map();
  readonly #isMovable: (chunk: PageChunk, page: number) => boolean;

  constructor(chunk: PageChunk, isMovable: (chunk: PageChunk, page: number) => boolean) {
    this.chunk = chunk;
    this.#isMovable = isMovable;
    const { pageCount } = chunk;
    this.division = createTlsf({ size: pageCount, virtual: true });
    const gaps: Slot[] = [];
    let isAllMovable = true;
    // In an empty block places are taken one after the other.
    for (let page = 0; page < pageCount; ) {
      let end = page + 1;
      const isFree = chunk.isFree(page);
      if (isFree) while (end < pageCount && chunk.isFree(end)) end++;
      const slot = this.division.allocate(end - page, 1, Unknown, DEFAULT_STRATEGY, false);
      assert(slot !== NO_SLOT && this.division.offsetOf(slot) === page, "a model is filled in order");
      if (isFree) gaps.push(slot);
      else {
        this.#pages.set(slot, page);
        isAllMovable &&= isMovable(chunk, page);
      }
      page = end;
    }
    for (const slot of gaps) this.division.free(slot);
    this.#isAllMovable = isAllMovable;
  }

  /** A chunk that something was planned to move to is not emptied in the same plan. */
  get isMovable(): boolean {
    return this.#isAllMovable && this.division.allocationCount === this.#pages.size;
  }

  itemAt(slot: Slot): Item<Page> {
    const { chunk } = this;
    const page = this.#pages.get(slot);
    assert(page !== undefined, "every slot is a page");
    const owner = { from: chunk, page };
    const isMovable = this.#isMovable(chunk, page);
    return { owner, slot, size: 1, alignment: 1, type: Unknown, isMovable, isDoubtful: false };
  }
}

/** The chunks of a pool, the fullest first. */
class ModelOfPool implements ListPort<Page> {
  readonly blocks: readonly ModelOfChunk[];
  readonly granularity = 1;
  readonly minBlockCount = 0;
  readonly keepEmpty = 0;
  readonly hasAverages = true;
  readonly heap = 0;
  readonly isDoubtful = false;

  constructor(chunks: readonly PageChunk[], isMovable: (chunk: PageChunk, page: number) => boolean) {
    this.blocks = chunks
      .toSorted((a, b) => a.freeCount - b.freeCount)
      .map((chunk) => new ModelOfChunk(chunk, isMovable));
  }

  isOverBudget(): boolean {
    return false;
  }
}
