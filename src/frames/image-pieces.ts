/**
 * The order of an image's texels, and how they are divided: mip level by mip level, in each all layers, in each all slices, as
 * in KTX2 files. A piece is as many rows of blocks, slices or layers as fit.
 */

import { checkInteger, quote } from "../foundation/check.ts";
import { type Format, ImageAspect } from "../vulkan/constants.ts";
import type { Extent3D } from "../vulkan/resources.ts";
import { type TexelBlock, texelBlock } from "../vulkan/texel-blocks.ts";
import type { ImageRegion } from "../vulkan/transfer.ts";

/** Which part of an image is copied. */
export interface ImagePartInfo {
  /** {@link Format} */
  readonly format: Format;
  /** The extent of mip level 0. */
  readonly extent: Extent3D;
  /** One {@link ImageAspect}; default Color. */
  readonly aspect?: ImageAspect;
  /** The first mip level; default 0. */
  readonly mipLevel?: number;
  /** How many mip levels; default 1. */
  readonly mipLevels?: number;
  /** Default 0. */
  readonly baseArrayLayer?: number;
  /** Default 1. */
  readonly layerCount?: number;
}

/** A run of texels: its place in the data, and in the image. */
export interface ImagePiece {
  /** Bytes from the start of the data. */
  readonly offset: number;
  readonly bytes: number;
  readonly region: ImageRegion;
}

/** The block of the part's format; a TypeError if it is not known. */
export function blockOf({ format, aspect }: ImagePartInfo): TexelBlock {
  const block = texelBlock(format, aspect ?? ImageAspect.Color);
  if (block === undefined) {
    throw new TypeError(
      `how many bytes a texel of format ${quote(format)} has is not known here: use submit()`,
    );
  }
  return block;
}

interface Level {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly rows: number;
  readonly rowBytes: number;
}

function levelOf({ extent }: ImagePartInfo, block: TexelBlock, mip: number): Level {
  const at = (texels: number): number => Math.max(1, Math.floor(texels / 2 ** mip));
  const [width, height, depth] = [at(extent.width), at(extent.height), at(extent.depth ?? 1)];
  const rowBytes = Math.ceil(width / block.width) * block.bytes;
  return { width, height, depth, rows: Math.ceil(height / block.height), rowBytes };
}

/** Bytes of the part, packed. */
export function bytesOfPart(part: ImagePartInfo): number {
  const block = blockOf(part);
  let sum = 0;
  for (const mip of mipsOf(part)) {
    const { depth, rows, rowBytes } = levelOf(part, block, mip);
    sum += rowBytes * rows * depth * layersOf(part);
  }
  return sum;
}

function mipsOf({ mipLevel = 0, mipLevels = 1 }: ImagePartInfo): number[] {
  checkInteger(mipLevel, "mipLevel", 0, 31);
  return Array.from({ length: checkInteger(mipLevels, "mipLevels", 1, 32) }, (_, i) => mipLevel + i);
}

function layersOf({ layerCount = 1 }: ImagePartInfo): number {
  return checkInteger(layerCount, "layerCount", 1);
}

/** The pieces of a part, each of at most `most` bytes. A RangeError if one row of blocks is more than that. */
export function* imagePieces(part: ImagePartInfo, most: number): Generator<ImagePiece> {
  const block = blockOf(part);
  const aspect = part.aspect ?? ImageAspect.Color;
  const base = part.baseArrayLayer ?? 0;
  let offset = 0;
  for (const mipLevel of mipsOf(part)) {
    const level = levelOf(part, block, mipLevel);
    const { width, height, depth, rows, rowBytes } = level;
    if (rowBytes > most) {
      throw new RangeError(`one row of texels has ${rowBytes} bytes, more than a staging block of ${most}`);
    }
    const layerBytes = rowBytes * rows * depth;
    const layers = layersOf(part);
    if (layerBytes <= most) {
      const atOnce = Math.floor(most / layerBytes);
      for (let layer = 0; layer < layers; layer += atOnce) {
        const layerCount = Math.min(atOnce, layers - layer);
        const extent = { width, height, depth };
        const region = { extent, aspect, mipLevel, baseArrayLayer: base + layer, layerCount };
        yield { offset, bytes: layerBytes * layerCount, region };
        offset += layerBytes * layerCount;
      }
      continue;
    }
    for (let layer = 0; layer < layers; layer++) {
      for (let z = 0; z < depth; z++) {
        const atOnce = Math.floor(most / rowBytes);
        for (let row = 0; row < rows; row += atOnce) {
          const count = Math.min(atOnce, rows - row);
          const y = row * block.height;
          const extent = { width, height: Math.min(count * block.height, height - y), depth: 1 };
          const region = { extent, offset: { x: 0, y, z }, aspect, mipLevel, baseArrayLayer: base + layer };
          yield { offset, bytes: rowBytes * count, region };
          offset += rowBytes * count;
        }
      }
    }
  }
}
