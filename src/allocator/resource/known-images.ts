/**
 * The memory requirements of images, by their whole description. Vulkan guarantees that two images of the same description,
 * without a chain, have the same size and memory types, and with maintenance4 the same alignment. So the second one needs no
 * query, and can be created and bound at once, in a place that was taken before.
 *
 * The descriptions are in a table, indexed by their extent, where a new one replaces another: one look-up, no growing list.
 *
 *   place   0     1     2          63
 *         [ a ] [ - ] [ b ]  ...  [ - ]     a: 64 x 64, b: 128 x 128, 7 levels
 */

import type { ImageCreateInfo } from "../../vulkan/resources.ts";

/** As many places as numbers with this many bits. */
const PLACE_BITS = 6;
const PLACES = 2 ** PLACE_BITS;

/** An image's description, and what such images need. */
export interface KnownImage {
  /** A copy. */
  readonly info: ImageCreateInfo;
  /** Bytes. */
  readonly size: number;
  /** The alignment of the place: the maximum of the image's, the settings' and the blocks'. */
  readonly alignment: number;
  /** Packed facts of the allocation. */
  readonly facts: number;
}

/** The descriptions of one kind of images that are known. */
export class KnownImages {
  private readonly places: (KnownImage | undefined)[] = [];

  /** What is known about images with this description, which is not checked yet. */
  find(info: ImageCreateInfo): KnownImage | undefined {
    const { extent, mipLevels = 1 } = info;
    if (typeof extent !== "object" || extent === null) return undefined;
    const { width, height } = extent;
    if (typeof width !== "number" || typeof height !== "number" || typeof mipLevels !== "number")
      return undefined;
    const known = this.places[placeOf(width, height, mipLevels)];
    return known !== undefined && isSameImage(known.info, info) ? known : undefined;
  }

  /** Remembers a description that has neither a chain nor queue families. */
  add(known: KnownImage): void {
    const { places } = this;
    while (places.length < PLACES) places.push(undefined);
    const { extent, mipLevels = 1 } = known.info;
    places[placeOf(extent.width, extent.height, mipLevels)] = known;
  }
}

/** Mixed by odd factors, which spread powers of two; the high bits are the mixed ones. */
function placeOf(width: number, height: number, mipLevels: number): number {
  const mixed =
    Math.imul(width, 0x9e3779b1) ^ Math.imul(height, 0x85ebca6b) ^ Math.imul(mipLevels, 0xc2b2ae35);
  return mixed >>> (32 - PLACE_BITS);
}

/** Whether a copy of an image's description says the same as one without a chain. */
export function isSameImage(kept: ImageCreateInfo, info: ImageCreateInfo): boolean {
  return (
    kept.extent.width === info.extent?.width &&
    kept.extent.height === info.extent?.height &&
    kept.extent.depth === info.extent?.depth &&
    kept.format === info.format &&
    kept.usage === info.usage &&
    kept.flags === info.flags &&
    kept.imageType === info.imageType &&
    kept.tiling === info.tiling &&
    kept.mipLevels === info.mipLevels &&
    kept.arrayLayers === info.arrayLayers &&
    kept.samples === info.samples &&
    kept.sharingMode === info.sharingMode &&
    kept.initialLayout === info.initialLayout &&
    kept.queueFamilyIndices === undefined &&
    info.queueFamilyIndices === undefined &&
    kept.pNext === undefined
  );
}
