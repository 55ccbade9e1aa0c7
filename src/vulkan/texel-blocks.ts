/**
 * How many bytes the texels of each VkFormat take: in blocks, which are single texels except for compressed formats.
 */

import { ImageAspect } from "./constants.ts";

/** The smallest piece of an image that has its own bytes. */
export interface TexelBlock {
  readonly bytes: number;
  /** Texels. */
  readonly width: number;
  readonly height: number;
}

/** The last format of each run of VkFormats whose texels have the same bytes. */
const RUNS: readonly (readonly [last: number, bytes: number])[] = [
  [1, 1],
  [8, 2],
  [15, 1],
  [22, 2],
  [36, 3],
  [69, 4],
  [76, 2],
  [83, 4],
  [90, 6],
  [97, 8],
  [100, 4],
  [103, 8],
  [106, 12],
  [109, 16],
  [112, 8],
  [115, 16],
  [118, 24],
  [121, 32],
  [123, 4],
  [124, 2],
  [126, 4],
  [127, 1],
];
/** The last format of each run of those whose blocks are 4 by 4: BC, ETC2, EAC. */
const COMPRESSED: readonly (readonly [last: number, bytes: number])[] = [
  [134, 8],
  [138, 16],
  [140, 8],
  [146, 16],
  [150, 8],
  [152, 16],
  [154, 8],
  [156, 16],
];
const FIRST_COMPRESSED = 131;
const FIRST_ASTC = 157;
/** Two formats for each. */
const ASTC: readonly (readonly [width: number, height: number])[] = [
  [4, 4],
  [5, 4],
  [5, 5],
  [6, 5],
  [6, 6],
  [8, 5],
  [8, 6],
  [8, 8],
  [10, 5],
  [10, 6],
  [10, 8],
  [10, 10],
  [12, 10],
  [12, 12],
];
/** D16_UNORM_S8_UINT, D24_UNORM_S8_UINT, D32_SFLOAT_S8_UINT: bytes of a depth as it is copied. */
const COMBINED = new Map([
  [128, 2],
  [129, 4],
  [130, 4],
]);

/**
 * The block of a format, or of one aspect of a depth-stencil format. Undefined for formats with several planes, and for those
 * outside core Vulkan.
 */
export function texelBlock(format: number, aspect: number = ImageAspect.Color): TexelBlock | undefined {
  const depth = COMBINED.get(format);
  if (depth !== undefined) {
    return { bytes: aspect === ImageAspect.Stencil ? 1 : depth, width: 1, height: 1 };
  }
  if (format >= FIRST_ASTC) {
    const astc = ASTC[Math.floor((format - FIRST_ASTC) / 2)];
    return astc === undefined ? undefined : { bytes: 16, width: astc[0], height: astc[1] };
  }
  const isCompressed = format >= FIRST_COMPRESSED;
  const run = (isCompressed ? COMPRESSED : RUNS).find(([last]) => format <= last);
  if (run === undefined || !(format > 0)) return undefined;
  return isCompressed ? { bytes: run[1], width: 4, height: 4 } : { bytes: run[1], width: 1, height: 1 };
}
