/**
 * How the simulator divides sparsely resident images: standard block shapes (each block of texels one page), level after
 * level in each layer, what is too small for a block in mip tails behind them all.
 *
 *     | aspect: layer 0: mip 0 blocks, mip 1 blocks … | layer 1 … | next aspect … | mip tails | metadata |
 *
 * The offset of a page here is what opaque binding calls its resourceOffset; only tails and metadata are bound that way.
 */

import { alignUp } from "../foundation/bits.ts";
import { ImageAspect, ImageType } from "../vulkan/constants.ts";
import type { Extent3D, ImageCreateInfo } from "../vulkan/resources.ts";
import { SparseImageFormat, type SparseImageMemoryRequirements } from "../vulkan/sparse.ts";
import { type AspectFormat, formatAspects, isMultiPlanar, mipExtent, packedBytes } from "./formats.ts";
import type { SparseFigures } from "./profile.ts";

/** log2 of a block's extents, by log2 of the bytes of a texel (or of a compressed block). */
const shapes2D: readonly (readonly [number, number])[] = [
  [8, 8],
  [8, 7],
  [7, 7],
  [7, 6],
  [6, 6],
];
const shapes3D: readonly (readonly [number, number, number])[] = [
  [6, 5, 5],
  [5, 5, 5],
  [5, 5, 4],
  [5, 4, 4],
  [4, 4, 4],
];
/** By how much (log2) a multisampled block is narrower and lower, by log2 of the number of samples. */
const shapesOfSamples: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [2, 1],
  [2, 2],
];

/** Bytes of a standard block. */
const STANDARD_BLOCK = 65536;

/** The texels of one block that fills a page; undefined where the image cannot be sparsely resident. */
export function blockExtent(
  aspect: AspectFormat,
  imageType: number,
  samples: number,
  pageSize: number,
): Required<Extent3D> | undefined {
  const size = Math.log2(aspect.blockBytes);
  if (!Number.isInteger(size) || size > 4 || imageType === ImageType.Image1D) return undefined;
  let [x, y, z] = [...shapes2D[size]!, 0] as [number, number, number];
  if (imageType === ImageType.Image3D) [x, y, z] = shapes3D[size]!;
  else {
    const narrower = shapesOfSamples[Math.log2(samples)];
    if (narrower === undefined) return undefined;
    x -= narrower[0];
    y -= narrower[1];
  }
  // A device with other pages has blocks that are wider or narrower by as much.
  const width = (2 ** x * pageSize) / STANDARD_BLOCK;
  return { width: width * aspect.blockWidth, height: 2 ** y * aspect.blockHeight, depth: 2 ** z };
}

/** One aspect of a sparsely resident image. */
export interface SparseAspect {
  readonly format: AspectFormat;
  readonly requirements: SparseImageMemoryRequirements;
  /** For each mip level outside the tail how many blocks it has in each direction. */
  readonly grids: readonly Required<Extent3D>[];
  /** Blocks of one layer. */
  readonly blocksOfLayer: number;
  /** The number of the aspect's first page. */
  readonly firstPage: number;
}

/** A sparsely resident image. */
export interface SparseLayout {
  readonly pageSize: number;
  readonly aspects: readonly SparseAspect[];
  readonly metadata: SparseImageMemoryRequirements | undefined;
  /** The number of the first page that opaque binding reaches. */
  readonly firstOpaquePage: number;
  /** Bytes of all pages. */
  readonly size: number;
}

/** Whether the level lies in the mip tail. */
function isInTail(extent: Required<Extent3D>, block: Required<Extent3D>, aligned: boolean): boolean {
  const tooSmall = (texels: number, of: number): boolean => texels < of || (aligned && texels % of !== 0);
  return (
    tooSmall(extent.width, block.width) ||
    tooSmall(extent.height, block.height) ||
    tooSmall(extent.depth, block.depth)
  );
}

/** Bytes of the levels of one layer's tail, packed. */
function tailBytes(info: ImageCreateInfo, format: AspectFormat, firstLod: number): number {
  let sum = 0;
  for (let mip = firstLod; mip < (info.mipLevels ?? 1); mip++) {
    sum += packedBytes(format, mipExtent(format, info.extent, mip));
  }
  return sum * (info.samples ?? 1);
}

/** Divides an image; undefined where it cannot be sparsely resident. */
export function sparseLayoutOf(info: ImageCreateInfo, figures: SparseFigures): SparseLayout | undefined {
  const formats = formatAspects(info.format);
  if (formats === undefined || isMultiPlanar(info.format)) return undefined;
  const { pageSize } = figures;
  const { mipLevels = 1, arrayLayers = 1, samples = 1, imageType = ImageType.Image2D } = info;
  let page = 0;
  const blocks: Omit<SparseAspect, "requirements">[] = [];
  const parts: { format: AspectFormat; block: Required<Extent3D>; firstLod: number }[] = [];
  for (const format of formats) {
    const block = blockExtent(format, imageType, samples, pageSize);
    if (block === undefined) return undefined;
    const grids: Required<Extent3D>[] = [];
    let blocksOfLayer = 0;
    let firstLod = 0;
    for (; firstLod < mipLevels; firstLod++) {
      const extent = mipExtent(format, info.extent, firstLod);
      if (isInTail(extent, block, figures.properties.residencyAlignedMipSize)) break;
      const grid = {
        width: Math.ceil(extent.width / block.width),
        height: Math.ceil(extent.height / block.height),
        depth: Math.ceil(extent.depth / block.depth),
      };
      grids.push(grid);
      blocksOfLayer += grid.width * grid.height * grid.depth;
    }
    blocks.push({ format, grids, blocksOfLayer, firstPage: page });
    parts.push({ format, block, firstLod });
    page += blocksOfLayer * arrayLayers;
  }
  const firstOpaquePage = page;
  const flags =
    (figures.singleMipTail ? SparseImageFormat.SingleMipTail : 0) |
    (figures.properties.residencyAlignedMipSize ? SparseImageFormat.AlignedMipSize : 0) |
    (pageSize === STANDARD_BLOCK ? 0 : SparseImageFormat.NonstandardBlockSize);
  const aspects = parts.map(({ format, block, firstLod }, i): SparseAspect => {
    const one = tailBytes(info, format, firstLod);
    const tail = alignUp(figures.singleMipTail ? one * arrayLayers : one, pageSize);
    const requirements = {
      aspectMask: format.aspect,
      imageGranularity: block,
      flags,
      imageMipTailFirstLod: firstLod,
      imageMipTailSize: tail,
      imageMipTailOffset: page * pageSize,
      imageMipTailStride: figures.singleMipTail ? 0 : tail,
    };
    page += (tail / pageSize) * (figures.singleMipTail ? 1 : arrayLayers);
    return { ...blocks[i]!, requirements };
  });
  let metadata: SparseImageMemoryRequirements | undefined;
  if (figures.metadata) {
    metadata = {
      aspectMask: ImageAspect.Metadata,
      imageGranularity: { width: 0, height: 0, depth: 0 },
      flags: SparseImageFormat.SingleMipTail,
      imageMipTailFirstLod: 0,
      imageMipTailSize: pageSize,
      imageMipTailOffset: page * pageSize,
      imageMipTailStride: 0,
    };
    page++;
  }
  return { pageSize, aspects, metadata, firstOpaquePage, size: page * pageSize };
}

/** The number of the page of a block. */
export function blockPage(
  aspect: SparseAspect,
  layer: number,
  mip: number,
  x: number,
  y: number,
  z: number,
): number {
  let page = aspect.firstPage + aspect.blocksOfLayer * layer;
  for (let each = 0; each < mip; each++) {
    const { width, height, depth } = aspect.grids[each]!;
    page += width * height * depth;
  }
  const { width, height } = aspect.grids[mip]!;
  return page + (z * height + y) * width + x;
}
