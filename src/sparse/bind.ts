/**
 * One batch of sparse binding: the changes are collected page by page, pages are taken for them, one vkQueueBindSparse submits
 * them, and only when the queue has accepted the batch do tables change. A failure before that leaves everything as it was.
 *
 * Cost: some steps per named page; the longer the spans of memory, the fewer binds (`./bind-runs.ts`).
 */

import { checkUsable } from "../allocator/usable.ts";
import { checkArray, checkObject, quote } from "../foundation/check.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { BindSparseInfo, SparseQueue } from "../vulkan/sparse.ts";
import type { Submission } from "../vulkan/transfer.ts";
import { addBinds, type Binds } from "./bind-runs.ts";
import { NO_PAGE, type PageId, type PagePool, type Span } from "./page-pool.ts";
import {
  type SparseBindRequest,
  SparseBuffer,
  SparseImage,
  type SparsePart,
  type SparseResource,
  type SparseShare,
} from "./resource.ts";
import type { SparseState } from "./sparse-state.ts";

/** What the batch does with a page. */
const Mark = { Nothing: 0, Evict: 1, Commit: 2, Share: 3 } as const;

/** The pages of one resource that change, and how. */
interface Change {
  readonly resource: SparseResource;
  /** Pages that are named for eviction. */
  readonly evict: number[];
  readonly commit: number[];
  readonly share: number[];
  readonly sharedIds: PageId[];
  /** The pages of {@link commit}, in order. */
  committed: ArrayLike<number>;
  /** What each of them gets. */
  ids: Float64Array;
  /** The pages of {@link evict} that were not also committed. */
  evicted: ArrayLike<number>;
}

const NO_IDS = new Float64Array(0);

/** Runs one batch. */
export function bindSparse(state: SparseState, queue: SparseQueue, request: SparseBindRequest): Submission {
  checkUsable(state.allocator);
  checkQueue(queue);
  checkObject(request, "what is to be bound");
  state.collect();
  const changes = new Map<SparseResource, Change>();
  const taken: { pool: PagePool; spans: Span[] }[] = [];
  let submission: Submission;
  try {
    collectParts(state, changes, request);
    takePages(changes, taken);
    submission = submit(queue, request, bindsOf(changes, taken));
  } catch (error) {
    for (const { pool, spans } of taken) pool.giveSpans(spans);
    throw error;
  } finally {
    for (const { resource, evict, commit, share } of changes.values()) {
      for (const list of [evict, commit, share]) for (const page of list) resource.marks[page] = Mark.Nothing;
    }
  }
  apply(state, changes, submission);
  return submission;
}

/** Checks that a queue can bind. */
export function checkQueue(queue: SparseQueue, call = "bindSparse"): void {
  checkObject(queue, "the queue");
  if (typeof queue.bindSparse !== "function") {
    throw new TypeError(`the queue must be one that can bind sparse resources, got ${quote(queue)}`);
  }
  if (queue.canBindSparse) return;
  throw new VulkanError(
    Result.ErrorFeatureNotPresent,
    call,
    "the queue's family cannot bind sparse resources: use a queue of a family that has QueueFlag.SparseBinding",
  );
}

// ---- What changes ----------------------------------------------------------------------------------------

function collectParts(
  state: SparseState,
  changes: Map<SparseResource, Change>,
  { evict = [], commit = [], share = [] }: SparseBindRequest,
): void {
  checkArray(evict, "evict");
  checkArray(commit, "commit");
  checkArray(share, "share");
  for (const part of evict) {
    const change = changeOf(state, changes, part);
    const { marks, pages, geometry, isMoving, label } = change.resource;
    if (isMoving) {
      throw new TypeError(
        `pages of ${label} are being moved: wait for the defragmentation of its pool before any is evicted`,
      );
    }
    geometry.visit(part.region, true, (first, count) => {
      for (let page = first; page < first + count; page++) {
        if (pages[page] === NO_PAGE || marks[page] !== Mark.Nothing) continue;
        marks[page] = Mark.Evict;
        change.evict.push(page);
      }
    });
  }
  for (const part of commit) {
    const change = changeOf(state, changes, part);
    const { geometry } = change.resource;
    const add = (first: number, count: number): void => commitRun(change, first, count);
    geometry.visit(part.region, false, add);
    for (const { first, count } of geometry.always) add(first, count);
  }
  for (const each of share) collectShare(state, changes, each);
}

function commitRun({ resource: { marks, pages }, commit }: Change, first: number, count: number): void {
  for (let page = first; page < first + count; page++) {
    const mark = marks[page];
    if (mark === Mark.Commit || mark === Mark.Share) continue;
    if (pages[page] === NO_PAGE) {
      marks[page] = Mark.Commit;
      commit.push(page);
    } else if (mark === Mark.Evict) {
      // It stays as it is; the list of evictions is read with the marks.
      marks[page] = Mark.Nothing;
    }
  }
}

function collectShare(
  state: SparseState,
  changes: Map<SparseResource, Change>,
  { target, source }: SparseShare,
): void {
  const to = changeOf(state, changes, target);
  const from = checkPart(state, source);
  if (!to.resource.isAliased || !from.isAliased) {
    const which = to.resource.isAliased ? from : to.resource;
    throw new TypeError(
      `only resources that were made with { aliased: true } share memory: ${which.label} was not`,
    );
  }
  if (to.resource.pool !== from.pool) {
    throw new TypeError(`${to.resource.label} and ${from.label} have pages of different pools`);
  }
  for (const { first, count } of to.resource.geometry.always) commitRun(to, first, count);
  const targets: number[] = [];
  const sources: number[] = [];
  to.resource.geometry.visit(target.region, false, (first, count) => {
    for (let page = first; page < first + count; page++) targets.push(page);
  });
  from.geometry.visit(source.region, false, (first, count) => {
    for (let page = first; page < first + count; page++) sources.push(page);
  });
  if (targets.length !== sources.length) {
    throw new RangeError(
      `what shares memory must have as many pages as what it is shared with, got ${targets.length} and ${sources.length}`,
    );
  }
  for (const [i, page] of targets.entries()) {
    const id = from.pages[sources[i]!]!;
    if (id === NO_PAGE || from.marks[sources[i]!] === Mark.Evict) {
      throw new RangeError(
        `page ${sources[i]} of ${from.label} is not resident, so that its memory cannot be shared`,
      );
    }
    if (to.resource.pages[page] !== NO_PAGE || to.resource.marks[page] !== Mark.Nothing) {
      throw new RangeError(`page ${page} of ${to.resource.label} has memory, or gets some in the same batch`);
    }
    to.resource.marks[page] = Mark.Share;
    to.share.push(page);
    to.sharedIds.push(id);
  }
}

function changeOf(state: SparseState, changes: Map<SparseResource, Change>, part: SparsePart): Change {
  const resource = checkPart(state, part);
  let change = changes.get(resource);
  if (change === undefined) {
    change = {
      resource,
      evict: [],
      commit: [],
      share: [],
      sharedIds: [],
      committed: [],
      ids: NO_IDS,
      evicted: [],
    };
    changes.set(resource, change);
  }
  return change;
}

function checkPart(state: SparseState, part: SparsePart): SparseResource {
  checkObject(part, "a part of a sparse resource ({ resource, region })");
  const { resource } = part;
  if (!(resource instanceof SparseBuffer) && !(resource instanceof SparseImage)) {
    throw new TypeError(`resource must be a SparseBuffer or a SparseImage, got ${quote(resource)}`);
  }
  resource.ensureAlive();
  if (resource.owner.allocator !== state.allocator) {
    throw new TypeError(`${resource.label} belongs to another allocator`);
  }
  return resource;
}

// ---- Pages and binds -------------------------------------------------------------------------------------

/** Takes pages for what is committed, pool by pool. */
function takePages(changes: Map<SparseResource, Change>, taken: { pool: PagePool; spans: Span[] }[]): void {
  const counts = new Map<PagePool, number>();
  for (const { resource, commit } of changes.values()) {
    if (commit.length === 0) continue;
    counts.set(resource.pool, (counts.get(resource.pool) ?? 0) + commit.length);
  }
  for (const [pool, count] of counts) taken.push({ pool, spans: pool.takeSpans(count) });
}

/** Hands out the pages of spans one after another. */
class PageSource {
  readonly #pool: PagePool;
  readonly #spans: readonly Span[];
  #span = 0;
  #next = 0;

  constructor(pool: PagePool, spans: readonly Span[]) {
    this.#pool = pool;
    this.#spans = spans;
  }

  /** Fills `ids`. */
  fill(ids: Float64Array): void {
    for (let at = 0; at < ids.length; ) {
      const { chunk, first, count } = this.#spans[this.#span]!;
      const base = this.#pool.idOf(chunk, first);
      while (at < ids.length && this.#next < count) ids[at++] = base + this.#next++;
      if (this.#next < count) return;
      this.#span++;
      this.#next = 0;
    }
  }
}

/** The pages in ascending order: typed arrays are sorted without calling a function for every pair. */
function ascending(pages: readonly number[]): ArrayLike<number> {
  for (let i = 1; i < pages.length; i++)
    if (pages[i]! < pages[i - 1]!) return Float64Array.from(pages).sort();
  return pages;
}

/** Gives every page its memory, and makes the binds of each resource. */
function bindsOf(
  changes: Map<SparseResource, Change>,
  taken: readonly { readonly pool: PagePool; readonly spans: readonly Span[] }[],
): Map<SparseResource, Binds> {
  const sources = new Map(taken.map(({ pool, spans }) => [pool, new PageSource(pool, spans)]));
  const all = new Map<SparseResource, Binds>();
  for (const [resource, change] of changes) {
    const { geometry, pool, marks } = resource;
    const binds: Binds = { opaque: [], blocks: [] };
    change.committed = ascending(change.commit);
    const ids = new Float64Array(change.commit.length);
    if (ids.length > 0) sources.get(pool)!.fill(ids);
    change.ids = ids;
    addBinds(binds, geometry, pool, change.committed, ids);
    addBinds(binds, geometry, pool, change.share, change.sharedIds);
    const evicted = ascending(change.evict.filter((page) => marks[page] === Mark.Evict));
    change.evicted = evicted;
    addBinds(binds, geometry, pool, evicted, new Float64Array(evicted.length).fill(NO_PAGE));
    if (binds.opaque.length + binds.blocks.length > 0) all.set(resource, binds);
  }
  return all;
}

const NOTHING_TO_DO: Submission = { isComplete: () => true, done: () => Promise.resolve() };

function submit(queue: SparseQueue, request: SparseBindRequest, all: Map<SparseResource, Binds>): Submission {
  const { waitSemaphores = [], signalSemaphores = [] } = request;
  if (all.size === 0 && waitSemaphores.length + signalSemaphores.length === 0) return NOTHING_TO_DO;
  const buffers: { buffer: Buffer; binds: Binds["opaque"] }[] = [];
  const opaques: { image: Image; binds: Binds["opaque"] }[] = [];
  const images: { image: Image; binds: Binds["blocks"] }[] = [];
  for (const [{ kind, handle }, { opaque, blocks }] of all) {
    if (kind === "buffer") buffers.push({ buffer: handle as Buffer, binds: opaque });
    else if (opaque.length > 0) opaques.push({ image: handle as Image, binds: opaque });
    if (blocks.length > 0) images.push({ image: handle as Image, binds: blocks });
  }
  const info: BindSparseInfo = {
    waitSemaphores,
    signalSemaphores,
    bufferBinds: buffers,
    imageOpaqueBinds: opaques,
    imageBinds: images,
  };
  return queue.bindSparse(info);
}

// ---- What has changed ------------------------------------------------------------------------------------

function apply(state: SparseState, changes: Map<SparseResource, Change>, submission: Submission): void {
  const retiring = new Map<PagePool, PageId[]>();
  const resources: SparseResource[] = [];
  for (const [resource, change] of changes) {
    const { pool, pages } = resource;
    const { ids, evicted } = change;
    if (ids.length + evicted.length + change.share.length > 0) resources.push(resource);
    for (let i = 0; i < ids.length; i++) {
      const page = change.committed[i]!;
      pages[page] = ids[i]!;
      pool.refer(ids[i]!, resource.id, page);
    }
    change.share.forEach((page, i) => {
      pages[page] = change.sharedIds[i]!;
      pool.refer(change.sharedIds[i]!, resource.id, page);
    });
    resource.resident += ids.length + change.share.length - evicted.length;
    if (evicted.length === 0) continue;
    const list = retiring.get(pool) ?? [];
    retiring.set(pool, list);
    for (let i = 0; i < evicted.length; i++) {
      const page = evicted[i]!;
      if (pool.unrefer(pages[page]!)) list.push(pages[page]!);
      pages[page] = NO_PAGE;
    }
  }
  if (submission === NOTHING_TO_DO) return;
  state.add({
    submission,
    resources,
    retiring: [...retiring].map(([pool, ids]) => ({ pool, ids })),
  });
}
