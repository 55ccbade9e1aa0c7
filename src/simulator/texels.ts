/** Where the texels of an image lie in its memory, and copies of boxes of them. */

import type { Extent3D } from "../vulkan/resources.ts";
import { type AspectFormat, formatAspects, mipExtent, packedBytes, planeBytes } from "./formats.ts";
import type { ImageObject, Part } from "./objects.ts";

/** One mip level of one layer of one aspect of an image. */
export interface Subresource {
  readonly part: Part;
  readonly aspect: AspectFormat;
  /** Texels. */
  readonly extent: Required<Extent3D>;
  /** Bytes from the start of the part. */
  readonly offset: number;
}

/** Finds a subresource. The aspect must be one of the image's, mip level and layer within it. */
export function subresourceOf(
  image: ImageObject,
  aspect: AspectFormat,
  mipLevel: number,
  layer: number,
): Subresource {
  const { info } = image;
  const own = image.parts.find((part) => part.aspect === aspect.aspect);
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
  return { part: own ?? image.parts[0]!, aspect, extent, offset };
}

/** Copies bytes of one part of a resource to another, as the device sees them, now. */
export function copyBytes(
  target: Part,
  targetOffset: number,
  source: Part,
  sourceOffset: number,
  length: number,
): void {
  const { payload } = target.memory!;
  source.memory!.payload.eachDevicePiece(source.offset + sourceOffset, length, (from, done) => {
    payload.eachDevicePiece(target.offset + targetOffset + done, from.length, (to, at) => {
      to.set(from.subarray(at, at + to.length));
    });
  });
}

/** Calls `run` for each run of bytes of the box at the subresource's origin: its offset in the whole, and in the box. */
function forEachRun(
  { aspect, extent }: Subresource,
  box: Required<Extent3D>,
  run: (inWhole: number, inBox: number, length: number) => void,
): void {
  const columns = (texels: number): number => Math.ceil(texels / aspect.blockWidth) * aspect.blockBytes;
  const rows = (texels: number): number => Math.ceil(texels / aspect.blockHeight);
  const rowBytes = columns(box.width);
  const wholeRowBytes = columns(extent.width);
  for (let z = 0; z < box.depth; z++) {
    for (let y = 0; y < rows(box.height); y++) {
      const inWhole = (z * rows(extent.height) + y) * wholeRowBytes;
      run(inWhole, (z * rows(box.height) + y) * rowBytes, rowBytes);
    }
  }
}

/** Copies a box of packed texels at `offset` of a buffer to the origin of a subresource, or back. */
export function copyPacked(
  buffer: Part,
  offset: number,
  image: Subresource,
  box: Required<Extent3D>,
  toImage: boolean,
): void {
  forEachRun(image, box, (inWhole, inBox, length) => {
    if (toImage) copyBytes(image.part, image.offset + inWhole, buffer, offset + inBox, length);
    else copyBytes(buffer, offset + inBox, image.part, image.offset + inWhole, length);
  });
}

/** Copies a box at the origin of one subresource to the origin of another of the same block size. */
export function copyBox(
  source: Subresource,
  target: Subresource,
  box: Required<Extent3D>,
  samples: number,
): void {
  if (samples > 1) {
    // Multisampled images are only ever copied whole.
    const length = packedBytes(source.aspect, source.extent) * samples;
    copyBytes(target.part, target.offset, source.part, source.offset, length);
    return;
  }
  const places: number[] = [];
  forEachRun(target, box, (inWhole) => places.push(inWhole));
  let next = 0;
  forEachRun(source, box, (inWhole, _inBox, length) => {
    copyBytes(target.part, target.offset + places[next++]!, source.part, source.offset + inWhole, length);
  });
}
