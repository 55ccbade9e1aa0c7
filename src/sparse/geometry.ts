/**
 * How the pages of a sparse resource are numbered, which of them a region contains, and how runs of them are bound.
 *
 * Buffers, and images without residency, are one run of pages. Sparsely resident images are divided into blocks of texels, a
 * page each, mip level after mip level in each layer, with mip tails after them:
 *
 *     | aspect 0: layer 0: level 0, level 1 … | layer 1 … | aspect 1 … | tails | metadata |
 */

import { checkInteger, checkObject, quote } from "../foundation/check.ts";
import { ImageAspect } from "../vulkan/constants.ts";
import type { Extent3D, ImageCreateInfo, Offset3D } from "../vulkan/resources.ts";
import {
  SparseImageFormat,
  type SparseImageMemoryRequirements,
  SparseMemoryBindFlag,
} from "../vulkan/sparse.ts";

/**
 * Part of a sparse buffer, in bytes. Committing affects every page that it touches, evicting only the pages that it
 * covers.
 */
export interface SparseBufferRegion {
  /** Default 0. */
  readonly offset?: number;
  /** Default: to the end. */
  readonly size?: number;
}

/**
 * Part of a sparse image: a box of texels of one mip level of some layers. Committing affects every block that it touches,
 * evicting only the blocks that it covers. A level in the mip tail means the whole tail.
 */
export interface SparseImageRegion {
  /** {@link ImageAspect} flags; default: every aspect. */
  readonly aspect?: ImageAspect;
  /** Default 0. */
  readonly mipLevel?: number;
  /** Default 0. */
  readonly baseArrayLayer?: number;
  /** Default 1. */
  readonly layerCount?: number;
  /** Texels; default 0, 0, 0. */
  readonly offset?: Offset3D;
  /** Texels; default: up to the edges of the mip level. */
  readonly extent?: Extent3D;
}

/** A box of blocks of one mip level of one layer. */
export interface BlockBox {
  readonly aspectMask: number;
  readonly mipLevel: number;
  readonly arrayLayer: number;
  /** Blocks. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

/** Pages that are bound by their bytes. */
export interface OpaqueRun {
  /** Where they begin in the resource, for binding. Bytes. */
  readonly offset: number;
  /** Bytes, less than whole pages only at the end of the resource. */
  readonly size: number;
  /** {@link SparseMemoryBindFlag} flags. */
  readonly flags: number;
}

/** Receives runs of pages: the number of the first one, and how many. */
export type RunVisitor = (firstPage: number, count: number) => void;

/** The numbering of pages. */
export interface Geometry {
  readonly pageCount: number;
  /** The first page that is bound opaquely; so are all after it. */
  readonly firstOpaquePage: number;
  /** Pages that must be resident before anything else is used: metadata. */
  readonly always: readonly { readonly first: number; readonly count: number }[];
  /** Visits the pages of a region: those that it touches, or with `isWithin` those that it covers. */
  visit(region: unknown, isWithin: boolean, visit: RunVisitor): void;
  /** Whether two opaque pages, one after the other, can be bound as one run. */
  isRun(page: number): boolean;
  /** How a run of opaque pages is bound. */
  opaqueRun(firstPage: number, count: number): OpaqueRun;
  /** Where the block of a page is, and how many blocks its row has from there. */
  blockAt(page: number): BlockPlace;
  /** The box in texels. */
  texelsOf(box: BlockBox): { readonly offset: Required<Offset3D>; readonly extent: Required<Extent3D> };
}

/** Where the block of a page is; overwritten by each query. */
export interface BlockPlace {
  aspectMask: number;
  mipLevel: number;
  arrayLayer: number;
  x: number;
  y: number;
  z: number;
  inRow: number;
}

/** The pages of a buffer or of an image without residency. */
export class LinearGeometry implements Geometry {
  readonly pageCount: number;
  readonly firstOpaquePage = 0;
  readonly always: Geometry["always"] = [];
  readonly #size: number;
  readonly #required: number;
  readonly #pageSize: number;
  readonly #isImage: boolean;

  /** `size`: the limit of regions; `required`: what the driver says the resource needs. Bytes. */
  constructor(size: number, required: number, pageSize: number, isImage: boolean) {
    this.#size = size;
    this.#required = required;
    this.#pageSize = pageSize;
    this.#isImage = isImage;
    this.pageCount = Math.ceil(required / pageSize);
  }

  visit(given: unknown, isWithin: boolean, visit: RunVisitor): void {
    if (given === undefined) {
      visit(0, this.pageCount);
      return;
    }
    if (this.#isImage) {
      throw new TypeError(
        "an image without residency is committed and evicted whole: omit the region, got one",
      );
    }
    checkObject(given, "a region");
    const region = given as SparseBufferRegion;
    const offset = checkInteger(region.offset ?? 0, "a region's offset", 0, this.#size);
    const size = checkInteger(region.size ?? this.#size - offset, "a region's size", 0, this.#size - offset);
    if (size === 0) return;
    const page = this.#pageSize;
    const end = offset + size;
    const first = isWithin ? Math.ceil(offset / page) : Math.floor(offset / page);
    const toEnd = end === this.#size ? this.pageCount : Math.floor(end / page);
    const after = isWithin ? toEnd : Math.ceil(end / page);
    if (after > first) visit(first, after - first);
  }

  isRun(): boolean {
    return true;
  }

  opaqueRun(firstPage: number, count: number): OpaqueRun {
    const offset = firstPage * this.#pageSize;
    return { offset, size: Math.min(count * this.#pageSize, this.#required - offset), flags: 0 };
  }

  blockAt(): never {
    throw new Error("a resource without residency has no blocks");
  }

  texelsOf(): never {
    return this.blockAt();
  }
}

/** One aspect of an image: its blocks. */
interface AspectBlocks {
  readonly aspectMask: number;
  readonly block: Required<Extent3D>;
  readonly levels: readonly LevelBlocks[];
  readonly firstPage: number;
  readonly pagesOfLayer: number;
  readonly tails: readonly Tail[];
}

interface LevelBlocks {
  /** Texels. */
  readonly extent: Required<Extent3D>;
  /** Blocks. */
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** Counted from the layer's first page. */
  readonly firstPage: number;
}

/** A mip tail, or metadata. */
interface Tail {
  readonly firstPage: number;
  readonly pageCount: number;
  readonly offset: number;
  readonly size: number;
  readonly flags: number;
}

/** The pages of a sparsely resident image. */
export class ImageGeometry implements Geometry {
  readonly pageCount: number;
  readonly firstOpaquePage: number;
  readonly always: Geometry["always"];
  readonly #aspects: readonly AspectBlocks[];
  readonly #tails: readonly Tail[];
  readonly #mipLevels: number;
  readonly #arrayLayers: number;
  readonly #place: BlockPlace = { aspectMask: 0, mipLevel: 0, arrayLayer: 0, x: 0, y: 0, z: 0, inRow: 0 };

  constructor(
    info: ImageCreateInfo,
    requirements: readonly SparseImageMemoryRequirements[],
    pageSize: number,
  ) {
    this.#mipLevels = info.mipLevels ?? 1;
    this.#arrayLayers = info.arrayLayers ?? 1;
    const isMetadata = (each: SparseImageMemoryRequirements): boolean =>
      (each.aspectMask & ImageAspect.Metadata) !== 0;
    const own = requirements.filter((each) => !isMetadata(each));
    let page = 0;
    const grids = own.map((each) => {
      const levels = levelsOf(info, each, this.#mipLevels);
      const last = levels.at(-1);
      const pagesOfLayer = last === undefined ? 0 : last.firstPage + last.width * last.height * last.depth;
      const firstPage = page;
      page += pagesOfLayer * this.#arrayLayers;
      return { each, levels, firstPage, pagesOfLayer };
    });
    this.firstOpaquePage = page;
    const all: Tail[] = [];
    const add = (offset: number, size: number, flags: number): Tail => {
      const pageCount = Math.ceil(size / pageSize);
      const tail = { firstPage: page, pageCount, offset, size, flags };
      page += pageCount;
      all.push(tail);
      return tail;
    };
    this.#aspects = grids.map(({ each, levels, firstPage, pagesOfLayer }) => {
      const isSingle = (each.flags & SparseImageFormat.SingleMipTail) !== 0;
      const hasTail = each.imageMipTailSize > 0 && each.imageMipTailFirstLod < this.#mipLevels;
      const count = hasTail ? (isSingle ? 1 : this.#arrayLayers) : 0;
      const tails = Array.from({ length: count }, (_, layer) =>
        add(each.imageMipTailOffset + layer * each.imageMipTailStride, each.imageMipTailSize, 0),
      );
      return {
        aspectMask: each.aspectMask,
        block: each.imageGranularity,
        levels,
        firstPage,
        pagesOfLayer,
        tails,
      };
    });
    this.always = requirements.filter(isMetadata).flatMap((each) => {
      const isSingle = (each.flags & SparseImageFormat.SingleMipTail) !== 0;
      return Array.from({ length: isSingle ? 1 : this.#arrayLayers }, (_, layer) => {
        const offset = each.imageMipTailOffset + layer * each.imageMipTailStride;
        const tail = add(offset, each.imageMipTailSize, SparseMemoryBindFlag.Metadata);
        return { first: tail.firstPage, count: tail.pageCount };
      });
    });
    this.#tails = all;
    this.pageCount = page;
  }

  /** The texels of a block of the first aspect. */
  get block(): Required<Extent3D> {
    return this.#aspects[0]!.block;
  }

  /** How many mip levels are outside the tail. */
  get levelCount(): number {
    return this.#aspects[0]!.levels.length;
  }

  visit(given: unknown, isWithin: boolean, visit: RunVisitor): void {
    if (given === undefined) {
      const metadata = this.always[0]?.first ?? this.pageCount;
      visit(0, metadata);
      return;
    }
    checkObject(given, "a region");
    const region = given as SparseImageRegion;
    const mipLevel = checkInteger(region.mipLevel ?? 0, "mipLevel", 0, this.#mipLevels - 1);
    const base = checkInteger(region.baseArrayLayer ?? 0, "baseArrayLayer", 0, this.#arrayLayers - 1);
    const layers = checkInteger(region.layerCount ?? 1, "layerCount", 1, this.#arrayLayers - base);
    const chosen = this.#aspectsOf(region.aspect);
    for (const aspect of chosen) {
      const level = aspect.levels[mipLevel];
      // A tail that all layers share is visited once.
      const count = level === undefined && aspect.tails.length === 1 ? 1 : layers;
      for (let layer = base; layer < base + count; layer++) {
        if (level === undefined) visitTail(aspect, layer, visit);
        else visitBox(aspect, level, layer, region, isWithin, visit);
      }
    }
  }

  #aspectsOf(mask: number | undefined): readonly AspectBlocks[] {
    if (mask === undefined) return this.#aspects;
    const chosen = this.#aspects.filter(({ aspectMask }) => (aspectMask & mask) !== 0);
    if (chosen.length > 0) return chosen;
    throw new RangeError(
      `aspect must be some of 0x${this.#aspects.reduce((all, { aspectMask }) => all | aspectMask, 0).toString(16)}, got ${quote(mask)}`,
    );
  }

  isRun(page: number): boolean {
    return this.#tailAt(page) === this.#tailAt(page + 1);
  }

  opaqueRun(firstPage: number, count: number): OpaqueRun {
    const tail = this.#tailAt(firstPage)!;
    const pageSize = Math.ceil(tail.size / tail.pageCount);
    const within = (firstPage - tail.firstPage) * pageSize;
    return {
      offset: tail.offset + within,
      size: Math.min(count * pageSize, tail.size - within),
      flags: tail.flags,
    };
  }

  #tailAt(page: number): Tail | undefined {
    return this.#tails.find(({ firstPage, pageCount }) => page >= firstPage && page < firstPage + pageCount);
  }

  blockAt(page: number): BlockPlace {
    const place = this.#place;
    let aspect = this.#aspects[0]!;
    for (const each of this.#aspects) if (each.firstPage <= page && each.pagesOfLayer > 0) aspect = each;
    const within = page - aspect.firstPage;
    place.aspectMask = aspect.aspectMask;
    place.arrayLayer = Math.floor(within / aspect.pagesOfLayer);
    const inLayer = within - place.arrayLayer * aspect.pagesOfLayer;
    let mip = aspect.levels.length - 1;
    while (aspect.levels[mip]!.firstPage > inLayer) mip--;
    const level = aspect.levels[mip]!;
    const block = inLayer - level.firstPage;
    const row = Math.floor(block / level.width);
    place.mipLevel = mip;
    place.x = block - row * level.width;
    place.inRow = level.width - place.x;
    place.z = Math.floor(row / level.height);
    place.y = row - place.z * level.height;
    return place;
  }

  texelsOf(box: BlockBox): { offset: Required<Offset3D>; extent: Required<Extent3D> } {
    const aspect = this.#aspects.find(({ aspectMask }) => aspectMask === box.aspectMask)!;
    const { block } = aspect;
    const { extent } = aspect.levels[box.mipLevel]!;
    const offset = { x: box.x * block.width, y: box.y * block.height, z: box.z * block.depth };
    return {
      offset,
      extent: {
        width: Math.min(box.width * block.width, extent.width - offset.x),
        height: Math.min(box.height * block.height, extent.height - offset.y),
        depth: Math.min(box.depth * block.depth, extent.depth - offset.z),
      },
    };
  }
}

function levelsOf(
  { extent }: ImageCreateInfo,
  { imageGranularity: block, imageMipTailFirstLod }: SparseImageMemoryRequirements,
  mipLevels: number,
): LevelBlocks[] {
  let firstPage = 0;
  return Array.from({ length: Math.min(imageMipTailFirstLod, mipLevels) }, (_, mip) => {
    const at = (texels: number): number => Math.max(1, Math.floor(texels / 2 ** mip));
    const own = { width: at(extent.width), height: at(extent.height), depth: at(extent.depth ?? 1) };
    const level = {
      extent: own,
      width: Math.ceil(own.width / block.width),
      height: Math.ceil(own.height / block.height),
      depth: Math.ceil(own.depth / block.depth),
      firstPage,
    };
    firstPage += level.width * level.height * level.depth;
    return level;
  });
}

function visitTail({ tails }: AspectBlocks, layer: number, visit: RunVisitor): void {
  const tail = tails.length === 1 ? tails[0] : tails[layer];
  if (tail !== undefined) visit(tail.firstPage, tail.pageCount);
}

/** The given extent, or else the maximum. */
function texels(value: number | undefined, what: string, most: number): number {
  return value === undefined ? most : checkInteger(value, what, 1, most);
}

/** The first block and the number of blocks in one direction. */
function blocksOf(
  from: number,
  texels: number,
  block: number,
  whole: number,
  isWithin: boolean,
): readonly [number, number] {
  const end = from + texels;
  const first = isWithin ? Math.ceil(from / block) : Math.floor(from / block);
  const after = isWithin && end < whole ? Math.floor(end / block) : Math.ceil(end / block);
  return [first, after - first];
}

function visitBox(
  aspect: AspectBlocks,
  level: LevelBlocks,
  layer: number,
  region: SparseImageRegion,
  isWithin: boolean,
  visit: RunVisitor,
): void {
  const { block } = aspect;
  const { extent: whole } = level;
  const { x: left = 0, y: top = 0, z: front = 0 } = region.offset ?? {};
  checkInteger(left, "a region's offset.x", 0, whole.width - 1);
  checkInteger(top, "a region's offset.y", 0, whole.height - 1);
  checkInteger(front, "a region's offset.z", 0, whole.depth - 1);
  const { extent } = region;
  const wide = texels(extent?.width, "a region's extent.width", whole.width - left);
  const high = texels(extent?.height, "a region's extent.height", whole.height - top);
  const deep = texels(
    extent === undefined ? undefined : (extent.depth ?? 1),
    "a region's extent.depth",
    whole.depth - front,
  );
  const [x, width] = blocksOf(left, wide, block.width, whole.width, isWithin);
  const [y, height] = blocksOf(top, high, block.height, whole.height, isWithin);
  const [z, depth] = blocksOf(front, deep, block.depth, whole.depth, isWithin);
  if (width <= 0 || height <= 0 || depth <= 0) return;
  const base = aspect.firstPage + layer * aspect.pagesOfLayer + level.firstPage;
  const isWhole = width === level.width && height === level.height && depth === level.depth;
  if (isWhole) {
    visit(base, width * height * depth);
    return;
  }
  for (let slice = z; slice < z + depth; slice++) {
    for (let row = y; row < y + height; row++) {
      visit(base + (slice * level.height + row) * level.width + x, width);
    }
  }
}
