/** Where the texels of an image lie in its memory, and copies of boxes of them. */

import type { Extent3D, Offset3D } from "../vulkan/resources.ts";
import { memoryAspect } from "./drm-rules.ts";
import { type AspectFormat, formatAspects, mipExtent, packedBytes, planeBytes } from "./formats.ts";
import type { PieceUser } from "./lazy-bytes.ts";
import type { ImageObject, Part } from "./objects.ts";
import { blockPage, type SparseAspect, type SparseLayout } from "./sparse-layout.ts";

/** One mip level of one layer of one aspect of an image. */
export interface Subresource {
  readonly part: Part;
  readonly aspect: AspectFormat;
  /** Texels. */
  readonly extent: Required<Extent3D>;
  /** Bytes from the start of the part; 0 where it is divided into blocks. */
  readonly offset: number;
  /** The blocks of a sparsely resident image, outside the mip tail. */
  readonly blocks: Blocks | undefined;
}

/** How a subresource is divided into blocks. */
export interface Blocks {
  readonly aspect: SparseAspect;
  readonly layer: number;
  readonly mip: number;
  /** Texels. */
  readonly block: Required<Extent3D>;
  readonly pageSize: number;
}

/** Finds a subresource. The aspect must be one of the image's, mip level and layer within it. */
export function subresourceOf(
  image: ImageObject,
  aspect: AspectFormat,
  mipLevel: number,
  layer: number,
): Subresource {
  const { info } = image;
  const layout = image.parts[0]!.sparse?.layout;
  if (layout !== undefined) return sparseSubresource(image, layout, aspect, mipLevel, layer);
  const index = formatAspects(info.format)!.findIndex((each) => each.aspect === aspect.aspect);
  const own = image.parts.find((part) => part.aspect === memoryAspect(info, aspect.aspect, index));
  let offset = 0;
  if (!own) {
    for (const earlier of formatAspects(info.format)!) {
      if (earlier.aspect === aspect.aspect) break;
      offset += planeBytes(info, earlier);
    }
  }
  const samples = info.samples ?? 1;
  for (let mip = 0; mip < mipLevel; mip++) {
    offset += packedBytes(aspect, mipExtent(aspect, info.extent, mip)) * image.arrayLayers * samples;
  }
  const extent = mipExtent(aspect, info.extent, mipLevel);
  offset += packedBytes(aspect, extent) * layer * samples;
  return { part: own ?? image.parts[0]!, aspect, extent, offset, blocks: undefined };
}

function sparseSubresource(
  image: ImageObject,
  layout: SparseLayout,
  aspect: AspectFormat,
  mip: number,
  layer: number,
): Subresource {
  const { info } = image;
  const sparse = layout.aspects.find(({ format }) => format.aspect === aspect.aspect)!;
  const {
    imageGranularity: block,
    imageMipTailOffset,
    imageMipTailStride,
    imageMipTailFirstLod,
  } = sparse.requirements;
  const extent = mipExtent(aspect, info.extent, mip);
  const part = image.parts[0]!;
  if (mip < imageMipTailFirstLod) {
    const blocks = { aspect: sparse, layer, mip, block, pageSize: layout.pageSize };
    return { part, aspect, extent, offset: 0, blocks };
  }
  // Of one tail for all layers, each level has its layers together.
  const layers = imageMipTailStride === 0 ? image.arrayLayers : 1;
  let offset = imageMipTailOffset + imageMipTailStride * layer;
  const samples = info.samples ?? 1;
  for (let each = imageMipTailFirstLod; each < mip; each++) {
    offset += packedBytes(aspect, mipExtent(aspect, info.extent, each)) * layers * samples;
  }
  if (imageMipTailStride === 0) offset += packedBytes(aspect, extent) * layer * samples;
  return { part, aspect, extent, offset, blocks: undefined };
}

/** Calls `use` for bytes of a part as the device sees them, piece by piece. To be used at once and not kept. */
export function eachBytes(part: Part, offset: number, length: number, use: PieceUser): void {
  if (part.sparse !== undefined) part.sparse.eachPiece(offset, length, use);
  else part.memory!.payload.eachDevicePiece(part.offset + offset, length, use);
}

/** Copies bytes of one part of a resource to another, as the device sees them, now. */
export function copyBytes(
  target: Part,
  targetOffset: number,
  source: Part,
  sourceOffset: number,
  length: number,
): void {
  eachBytes(source, sourceOffset, length, (from, done) => {
    eachBytes(target, targetOffset + done, from.length, (to, at) => {
      to.set(from.subarray(at, at + to.length));
    });
  });
}

/** Where a box lies in a subresource. */
export type Corner = Required<Offset3D>;

/** The corner at the origin. */
export const ORIGIN: Corner = { x: 0, y: 0, z: 0 };

/**
 * Calls `run` for each run of bytes of the box: its offset from the start of the part, and in the packed box. Rows of images
 * that are divided into blocks are several runs.
 */
function forEachRun(
  { aspect, extent, offset, blocks }: Subresource,
  corner: Corner,
  box: Required<Extent3D>,
  run: (inPart: number, inBox: number, length: number) => void,
): void {
  const columns = (texels: number): number => Math.ceil(texels / aspect.blockWidth);
  const rows = (texels: number): number => Math.ceil(texels / aspect.blockHeight);
  const bytes = aspect.blockBytes;
  const boxColumns = columns(box.width);
  const firstColumn = corner.x / aspect.blockWidth;
  const firstRow = corner.y / aspect.blockHeight;
  for (let z = 0; z < box.depth; z++) {
    for (let y = 0; y < rows(box.height); y++) {
      const inBox = (z * rows(box.height) + y) * boxColumns * bytes;
      if (blocks === undefined) {
        const row = ((z + corner.z) * rows(extent.height) + y + firstRow) * columns(extent.width);
        run(offset + (row + firstColumn) * bytes, inBox, boxColumns * bytes);
        continue;
      }
      const width = columns(blocks.block.width);
      for (let x = 0; x < boxColumns; ) {
        const column = firstColumn + x;
        const length = Math.min(boxColumns - x, width - (column % width));
        run(
          placeInBlocks(blocks, aspect, column, y + firstRow, z + corner.z),
          inBox + x * bytes,
          length * bytes,
        );
        x += length;
      }
    }
  }
}

/** The offset of a texel (or compressed block) of an image that is divided into blocks. */
function placeInBlocks(
  { aspect: sparse, layer, mip, block, pageSize }: Blocks,
  { blockWidth, blockHeight, blockBytes }: AspectFormat,
  column: number,
  row: number,
  slice: number,
): number {
  const width = block.width / blockWidth;
  const height = block.height / blockHeight;
  const [x, y, z] = [Math.floor(column / width), Math.floor(row / height), Math.floor(slice / block.depth)];
  const page = blockPage(sparse, layer, mip, x, y, z);
  const within = ((slice % block.depth) * height + (row % height)) * width + (column % width);
  return page * pageSize + within * blockBytes;
}

/** How a box of texels lies in a buffer, in bytes and rows of blocks. */
export interface BoxLayout {
  /** Bytes of one row of the box. */
  readonly rowBytes: number;
  /** Rows of the box. */
  readonly rows: number;
  /** Bytes from one row to the next. */
  readonly rowPitch: number;
  /** Bytes from one slice or layer to the next. */
  readonly slicePitch: number;
}

/** The layout of a box in a buffer, whose rows and slices may stand apart (`rowLength` and `imageHeight` in texels, 0 for packed). */
export function boxLayout(
  { blockWidth, blockHeight, blockBytes }: AspectFormat,
  box: Required<Extent3D>,
  rowLength: number,
  imageHeight: number,
): BoxLayout {
  const columns = Math.ceil(box.width / blockWidth);
  const rows = Math.ceil(box.height / blockHeight);
  const rowPitch = Math.max(columns, Math.ceil(rowLength / blockWidth)) * blockBytes;
  const slicePitch = Math.max(rows, Math.ceil(imageHeight / blockHeight)) * rowPitch;
  return { rowBytes: columns * blockBytes, rows, rowPitch, slicePitch };
}

/** Copies a box of texels at `offset` of a buffer to a place in a subresource, or back. */
export function copyPacked(
  buffer: Part,
  offset: number,
  image: Subresource,
  corner: Corner,
  box: Required<Extent3D>,
  { rowBytes, rows, rowPitch, slicePitch }: BoxLayout,
  toImage: boolean,
): void {
  forEachRun(image, corner, box, (inPart, inBox, length) => {
    // A run may be of many rows, which stand apart in the buffer.
    for (let done = 0; done < length; ) {
      const row = Math.floor((inBox + done) / rowBytes);
      const inRow = (inBox + done) % rowBytes;
      const some = Math.min(length - done, rowBytes - inRow);
      const at = offset + Math.floor(row / rows) * slicePitch + (row % rows) * rowPitch + inRow;
      if (toImage) copyBytes(image.part, inPart + done, buffer, at, some);
      else copyBytes(buffer, at, image.part, inPart + done, some);
      done += some;
    }
  });
}

/** Copies a box at a place in one subresource to the same place in another of the same block size. */
export function copyBox(
  source: Subresource,
  target: Subresource,
  corner: Corner,
  box: Required<Extent3D>,
  samples: number,
): void {
  if (samples > 1) {
    copySamples(source, target, samples);
    return;
  }
  const packed = new Uint8Array(packedBytes(source.aspect, box));
  forEachRun(source, corner, box, (inPart, inBox, length) =>
    eachBytes(source.part, inPart, length, (bytes, at) => packed.set(bytes, inBox + at)),
  );
  forEachRun(target, corner, box, (inPart, inBox, length) =>
    eachBytes(target.part, inPart, length, (bytes, at) =>
      bytes.set(packed.subarray(inBox + at, inBox + at + bytes.length)),
    ),
  );
}

/** Multisampled images are only ever copied whole: block by block where they have such. */
function copySamples(source: Subresource, target: Subresource, samples: number): void {
  const { blocks } = source;
  if (blocks === undefined || target.blocks === undefined) {
    const length = packedBytes(source.aspect, source.extent) * samples;
    copyBytes(target.part, target.offset, source.part, source.offset, length);
    return;
  }
  const { width, height, depth } = blocks.aspect.grids[blocks.mip]!;
  const from = blockPage(blocks.aspect, blocks.layer, blocks.mip, 0, 0, 0) * blocks.pageSize;
  const to =
    blockPage(target.blocks.aspect, target.blocks.layer, target.blocks.mip, 0, 0, 0) * blocks.pageSize;
  copyBytes(target.part, to, source.part, from, width * height * depth * blocks.pageSize);
}
