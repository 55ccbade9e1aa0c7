/**
 * How the simulator lays out an image: plane after plane, in it mip level after mip level, in it layer after
 * layer, each packed without gaps. A real driver tiles and compresses, which is invisible from outside.
 */

import { ImageAspect } from "../vulkan/constants.ts";
import type { Extent3D, ImageCreateInfo } from "../vulkan/resources.ts";
import { texelBlock } from "../vulkan/texel-blocks.ts";

/** One aspect or plane of a format: blocks of texels. */
export interface AspectFormat {
  /** One {@link ImageAspect} bit. */
  readonly aspect: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
  /** Texels of one block. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** How many texels of the image one texel of this plane stands for. */
  readonly divideX: number;
  readonly divideY: number;
}

const { Color, Depth, Stencil, Plane0, Plane1, Plane2 } = ImageAspect;

function part(aspect: number, blockBytes: number, divideX = 1, divideY = 1): AspectFormat {
  return { aspect, blockBytes, blockWidth: 1, blockHeight: 1, divideX, divideY };
}

/** Formats with several aspects. */
const composed: ReadonlyMap<number, readonly AspectFormat[]> = new Map([
  [124, [part(Depth, 2)]],
  [125, [part(Depth, 4)]],
  [126, [part(Depth, 4)]],
  [127, [part(Stencil, 1)]],
  [128, [part(Depth, 2), part(Stencil, 1)]],
  [129, [part(Depth, 4), part(Stencil, 1)]],
  [130, [part(Depth, 4), part(Stencil, 1)]],
  [1000156002, [part(Plane0, 1), part(Plane1, 1, 2, 2), part(Plane2, 1, 2, 2)]],
  [1000156003, [part(Plane0, 1), part(Plane1, 2, 2, 2)]],
  [1000156004, [part(Plane0, 1), part(Plane1, 1, 2, 1), part(Plane2, 1, 2, 1)]],
  [1000156005, [part(Plane0, 1), part(Plane1, 2, 2, 1)]],
  [1000156006, [part(Plane0, 1), part(Plane1, 1), part(Plane2, 1)]],
]);

/** The aspects of a format, or undefined for a VkFormat that the simulator does not know. */
export function formatAspects(format: number): readonly AspectFormat[] | undefined {
  const aspects = composed.get(format);
  const block = aspects === undefined ? texelBlock(format) : undefined;
  if (block === undefined) return aspects;
  return [{ ...part(Color, block.bytes), blockWidth: block.width, blockHeight: block.height }];
}

/** Whether the format has several planes. */
export function isMultiPlanar(format: number): boolean {
  return (formatAspects(format)?.[0]?.aspect ?? 0) === Plane0;
}

/** Texels of one mip level of one plane. */
export function mipExtent(aspect: AspectFormat, extent: Extent3D, mipLevel: number): Required<Extent3D> {
  const divide = (texels: number, by: number): number =>
    Math.max(1, Math.floor(Math.ceil(texels / by) / 2 ** mipLevel));
  return {
    width: divide(extent.width, aspect.divideX),
    height: divide(extent.height, aspect.divideY),
    depth: divide(extent.depth ?? 1, 1),
  };
}

/** Bytes of a box of texels, tightly packed. */
export function packedBytes(aspect: AspectFormat, extent: Extent3D): number {
  const columns = Math.ceil(extent.width / aspect.blockWidth);
  const rows = Math.ceil(extent.height / aspect.blockHeight);
  return columns * rows * (extent.depth ?? 1) * aspect.blockBytes;
}

/** Bytes of one plane of an image: all mip levels, layers and samples. */
export function planeBytes(info: ImageCreateInfo, aspect: AspectFormat): number {
  let sum = 0;
  for (let mip = 0; mip < (info.mipLevels ?? 1); mip++) {
    sum += packedBytes(aspect, mipExtent(aspect, info.extent, mip));
  }
  return sum * (info.arrayLayers ?? 1) * (info.samples ?? 1);
}

/** An unknown format counts as 16 bytes a texel, the most that a texel of a core format commonly has. */
const unknownFormat: readonly AspectFormat[] = [part(Color, 16)];

/** Bytes of an image, or of one plane of it. */
export function imageBytes(info: ImageCreateInfo, planeAspect?: number): number {
  let sum = 0;
  for (const aspect of formatAspects(info.format) ?? unknownFormat) {
    if (planeAspect === undefined || planeAspect === aspect.aspect) sum += planeBytes(info, aspect);
  }
  return sum;
}
