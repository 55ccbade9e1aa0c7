/**
 * Makes as few binds as possible from pages and the memory they get: runs of bytes, and boxes of blocks whose memory is
 * consecutive in the order of the blocks (x first, then y, then z). One pass over the pages, in ascending order.
 */

import type { DeviceMemory } from "../vulkan/handles.ts";
import type { SparseImageMemoryBind, SparseMemoryBind } from "../vulkan/sparse.ts";
import type { BlockBox, Geometry } from "./geometry.ts";
import { NO_PAGE, type PageId, type PagePool } from "./page-pool.ts";

/** The binds of one resource. */
export interface Binds {
  readonly opaque: SparseMemoryBind[];
  readonly blocks: SparseImageMemoryBind[];
}

type Box = { -readonly [K in keyof BlockBox]: BlockBox[K] } & { id: PageId; count: number };

/** Whether memory goes on: from a page that was bound to `id` and the `count` after it, to `next`. */
function goesOn(id: PageId, count: number, next: PageId): boolean {
  return id === NO_PAGE ? next === NO_PAGE : next === id + count;
}

/**
 * Adds the binds that give `pages` (ascending) the memory `ids` (NO_PAGE: none).
 */
export function addBinds(
  binds: Binds,
  geometry: Geometry,
  pool: PagePool,
  pages: ArrayLike<number>,
  ids: ArrayLike<PageId>,
): void {
  let at = addBoxes(binds, geometry, pool, pages, ids);
  while (at < pages.length) {
    const first = pages[at]!;
    const id = ids[at]!;
    let count = 1;
    while (
      at + count < pages.length &&
      pages[at + count] === first + count &&
      goesOn(id, count, ids[at + count]!) &&
      geometry.isRun(first + count - 1)
    ) {
      count++;
    }
    const { offset, size, flags } = geometry.opaqueRun(first, count);
    binds.opaque.push({ resourceOffset: offset, size, ...memoryOf(pool, id), flags });
    at += count;
  }
}

/** Binds the pages that are blocks; how many there were. */
function addBoxes(
  binds: Binds,
  geometry: Geometry,
  pool: PagePool,
  pages: ArrayLike<number>,
  ids: ArrayLike<PageId>,
): number {
  /** A box of rows that are still being joined, and before it one of slices. */
  let slab: Box | undefined;
  let block: Box | undefined;
  const flushBlock = (): void => {
    if (block !== undefined) binds.blocks.push(toBind(geometry, pool, block));
    block = undefined;
  };
  const flushSlab = (): void => {
    if (slab === undefined) return;
    if (block !== undefined && canStack(block, slab)) {
      block.depth += slab.depth;
      block.count += slab.count;
    } else {
      flushBlock();
      block = slab;
    }
    slab = undefined;
  };
  let at = 0;
  while (at < pages.length && pages[at]! < geometry.firstOpaquePage) {
    const first = pages[at]!;
    const id = ids[at]!;
    const { aspectMask, mipLevel, arrayLayer, x, y, z, inRow } = geometry.blockAt(first);
    let width = 1;
    while (width < inRow && pages[at + width] === first + width && goesOn(id, width, ids[at + width]!)) {
      width++;
    }
    const row: Box = {
      aspectMask,
      mipLevel,
      arrayLayer,
      x,
      y,
      z,
      width,
      height: 1,
      depth: 1,
      id,
      count: width,
    };
    if (slab !== undefined && canExtend(slab, row)) {
      slab.height++;
      slab.count += width;
    } else {
      flushSlab();
      slab = row;
    }
    at += width;
  }
  flushSlab();
  flushBlock();
  return at;
}

function isSameLevel(a: Box, b: Box): boolean {
  return (
    a.mipLevel === b.mipLevel &&
    a.arrayLayer === b.arrayLayer &&
    a.aspectMask === b.aspectMask &&
    a.x === b.x &&
    a.width === b.width
  );
}

function canExtend(slab: Box, row: Box): boolean {
  return (
    isSameLevel(slab, row) &&
    row.z === slab.z &&
    row.y === slab.y + slab.height &&
    goesOn(slab.id, slab.count, row.id)
  );
}

function canStack(block: Box, slab: Box): boolean {
  return (
    isSameLevel(block, slab) &&
    slab.y === block.y &&
    slab.height === block.height &&
    slab.z === block.z + block.depth &&
    goesOn(block.id, block.count, slab.id)
  );
}

function memoryOf(
  pool: PagePool,
  id: PageId,
): { readonly memory: DeviceMemory | 0n; readonly memoryOffset: number } {
  if (id === NO_PAGE) return { memory: 0n, memoryOffset: 0 };
  return { memory: pool.chunkOf(id).memory, memoryOffset: pool.pageOf(id) * pool.pageSize };
}

function toBind(geometry: Geometry, pool: PagePool, box: Box): SparseImageMemoryBind {
  const { aspectMask, mipLevel, arrayLayer } = box;
  return { aspectMask, mipLevel, arrayLayer, ...geometry.texelsOf(box), ...memoryOf(pool, box.id) };
}
