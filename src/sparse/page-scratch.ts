/**
 * What a page pool's defragmentation copies through: one buffer for all buffers, and an alias of each image, in which blocks
 * are at the same texels. How it is made, bound and filled.
 */

import { BufferCreate, BufferUsage, ImageAspect, type ImageLayout } from "../vulkan/constants.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import { emptyMemoryRequirements } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { BindSparseInfo } from "../vulkan/sparse.ts";
import type { TransferCommand } from "../vulkan/transfer.ts";
import { addBinds, type Binds } from "./bind-runs.ts";
import { type Geometry, LinearGeometry } from "./geometry.ts";
import { NO_PAGE, type PageId, type PagePool } from "./page-pool.ts";
import { type SparseBuffer, SparseImage, type SparseResource } from "./resource.ts";
import type { SparseState } from "./sparse-state.ts";

/** A page of a resource. */
export interface Place {
  readonly resource: SparseResource;
  readonly page: number;
}

/** A page of the pool that moves, with everything that is bound to it. */
export interface Move {
  readonly from: PageId;
  readonly to: PageId;
  readonly places: readonly Place[];
}

/** One of the library's own resources, which new pages are bound to while they are written. */
export interface Scratch {
  readonly kind: "buffer" | "image";
  readonly handle: Buffer | Image;
  readonly geometry: Geometry;
  /** The image that it is an alias of; undefined for the buffer, which serves all buffers. */
  readonly original: SparseImage | undefined;
  /** In the order of its pages. */
  readonly moves: readonly Move[];
  /** The scratch page of each move. */
  readonly pages: readonly number[];
}

/** Makes what the moves need, and adds it to the list. */
export function createScratch(
  state: SparseState,
  pool: PagePool,
  all: readonly Move[],
  list: Scratch[],
): void {
  const { device } = state.allocator;
  const buffers: Move[] = [];
  const images = new Map<SparseImage, Move[]>();
  for (const move of all) {
    const { resource } = move.places[0]!;
    if (resource instanceof SparseImage) {
      const moves = images.get(resource) ?? [];
      images.set(resource, moves);
      moves.push(move);
    } else {
      buffers.push(move);
    }
  }
  if (buffers.length > 0) list.push(createBuffer(state, pool, buffers));
  for (const [original, moves] of images) {
    const handle = device.createImage(original.info);
    state.scratch.set(handle, "image");
    const pages = moves.map(({ places }) => places[0]!.page);
    list.push({ kind: "image", handle, geometry: original.geometry, original, moves, pages });
  }
}

function createBuffer(state: SparseState, pool: PagePool, moves: readonly Move[]): Scratch {
  const { device } = state.allocator;
  const { pageSize, memoryTypeIndex } = pool;
  const size = moves.length * pageSize;
  const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
  const handle = device.createBuffer({ size, usage, flags: BufferCreate.SparseBinding });
  const requirements = emptyMemoryRequirements();
  device.getBufferMemoryRequirements(handle, requirements, false);
  const { alignment, memoryTypeBits } = requirements;
  const isAllowed = (memoryTypeBits & (1 << memoryTypeIndex)) !== 0;
  if (isAllowed && alignment === pageSize && requirements.size === size) {
    state.scratch.set(handle, "buffer");
    const geometry = new LinearGeometry(size, size, pageSize, false);
    return {
      kind: "buffer",
      handle,
      geometry,
      original: undefined,
      moves,
      pages: moves.map((_, page) => page),
    };
  }
  device.destroyBuffer(handle);
  throw new VulkanError(
    Result.ErrorFeatureNotPresent,
    "defragment",
    `${pool.label} has pages of ${pageSize} bytes in memory type ${memoryTypeIndex}, and a buffer to copy through would have pages of ${alignment} bytes in the types 0b${(memoryTypeBits >>> 0).toString(2)}; evict pages and commit them again`,
  );
}

/** Binds the new pages to scratch, or takes them from there and binds some of them to resources. */
export function scratchBinds(
  pool: PagePool,
  scratch: readonly Scratch[],
  isWriting: boolean,
  moves: readonly Move[] = [],
): BindSparseInfo {
  const buffers: { buffer: Buffer; binds: Binds["opaque"] }[] = [];
  const images: { image: Image; binds: Binds["blocks"] }[] = [];
  const add = (
    handle: Buffer | Image,
    geometry: Geometry,
    pages: readonly number[],
    ids: readonly PageId[],
  ): void => {
    const binds: Binds = { opaque: [], blocks: [] };
    addBinds(binds, geometry, pool, pages, ids);
    if (binds.opaque.length > 0) buffers.push({ buffer: handle as Buffer, binds: binds.opaque });
    if (binds.blocks.length > 0) images.push({ image: handle as Image, binds: binds.blocks });
  };
  for (const { handle, geometry, pages, moves: own } of scratch) {
    add(
      handle,
      geometry,
      pages,
      own.map(({ to }) => (isWriting ? to : NO_PAGE)),
    );
  }
  const changes = new Map<SparseResource, { page: number; to: PageId }[]>();
  for (const { to, places } of moves) {
    for (const { resource, page } of places) {
      const list = changes.get(resource) ?? [];
      changes.set(resource, list);
      list.push({ page, to });
    }
  }
  for (const [{ handle, geometry }, list] of changes) {
    list.sort((a, b) => a.page - b.page);
    add(
      handle,
      geometry,
      list.map(({ page }) => page),
      list.map(({ to }) => to),
    );
  }
  return { bufferBinds: buffers, imageBinds: images };
}

/** The copies of some of the moves. */
export function scratchCopies(
  pool: PagePool,
  scratch: readonly Scratch[],
  moves: readonly Move[],
  layouts: ReadonlyMap<SparseResource, ImageLayout>,
): TransferCommand[] {
  const copied = new Set(moves);
  return scratch.flatMap((each) => {
    if (!each.moves.some((move) => copied.has(move))) return [];
    return each.original === undefined
      ? bufferCopies(pool, each, copied)
      : [imageCopy(each, each.original, layouts.get(each.original)!)];
  });
}

/** Page by page into the buffer, in few copies. */
function bufferCopies(
  pool: PagePool,
  { handle, moves }: Scratch,
  copied: ReadonlySet<Move>,
): TransferCommand[] {
  const { pageSize } = pool;
  const copies: TransferCommand[] = [];
  for (let at = 0; at < moves.length; ) {
    const { resource, page } = moves[at]!.places[0]!;
    let count = 0;
    while (at + count < moves.length && copied.has(moves[at + count]!)) {
      const next = moves[at + count]!.places[0]!;
      if (next.resource !== resource || next.page !== page + count) break;
      count++;
    }
    if (count > 0) {
      const sourceOffset = page * pageSize;
      copies.push({
        kind: "buffer",
        source: resource.handle as Buffer,
        sourceOffset,
        target: handle as Buffer,
        targetOffset: at * pageSize,
        size: Math.min(count * pageSize, (resource as SparseBuffer).size - sourceOffset),
      });
    }
    at += Math.max(count, 1);
  }
  return copies;
}

/** All levels outside the mip tail at once: where an alias has no pages, nothing is written. */
function imageCopy({ handle }: Scratch, original: SparseImage, layout: ImageLayout): TransferCommand {
  const { info } = original;
  return {
    kind: "image",
    source: original.handle as Image,
    target: handle as Image,
    layout,
    aspect: ImageAspect.Color,
    extent: info.extent,
    mipLevels: Math.min(info.mipLevels ?? 1, original.mipTailFirstLevel!),
    arrayLayers: info.arrayLayers ?? 1,
  };
}
