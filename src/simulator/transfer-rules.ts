/** What Vulkan demands of the buffers, images and regions of a copy. */

import { checkInteger, quote } from "../foundation/check.ts";
import { canBecome } from "../vulkan/constants.ts";
import type { Extent3D } from "../vulkan/resources.ts";
import { forbid } from "./error.ts";
import { type AspectFormat, formatAspects } from "./formats.ts";
import { type BufferObject, type ImageObject, nameOf, type Part, type SparsePage } from "./objects.ts";
import type { SparsePages } from "./sparse-pages.ts";
import type { Corner, Subresource } from "./texels.ts";

/** Throws unless the part is bound to memory that is still there. */
export function checkBound(call: string, part: Part, rule: string): void {
  if (part.sparse !== undefined) {
    checkPages(call, part, part.sparse, rule);
    return;
  }
  if (part.memory === undefined) {
    forbid(call, `VUID-${call}-${rule}`, `${nameOf(part.resource)} is not bound to memory`);
  }
  if (part.memory.freed) {
    forbid(call, `VUID-${call}-${rule}`, `${nameOf(part.resource)} is bound to memory that was freed`);
  }
}

/** All pages of what is not sparsely resident are bound; those that are bound are there. */
function checkPages(call: string, part: Part, pages: SparsePages<SparsePage>, rule: string): void {
  if (!pages.isResident && pages.planned.size < pages.count) {
    const missing = pages.count - pages.planned.size;
    forbid(
      call,
      `VUID-${call}-${rule}`,
      `${missing} pages of ${nameOf(part.resource)} are not bound to memory`,
    );
  }
  const metadata = pages.layout?.metadata;
  if (metadata !== undefined && !pages.planned.has(metadata.imageMipTailOffset / pages.pageSize)) {
    forbid(
      call,
      "simulator-sparse-metadata",
      `the metadata of ${nameOf(part.resource)} is not bound to memory`,
    );
  }
  for (const { memory } of pages.planned.values()) {
    if (!memory.freed) continue;
    forbid(call, `VUID-${call}-${rule}`, `${nameOf(part.resource)} is bound to memory that was freed`);
  }
}

/** Throws unless the bytes lie within the buffer. */
export function checkWithin(
  call: string,
  buffer: BufferObject,
  offset: number,
  size: number,
  offsetRule: string,
  sizeRule: string,
): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= buffer.size) {
    forbid(
      call,
      `VUID-${call}-${offsetRule}`,
      `offset ${quote(offset)} must be less than the size of ${nameOf(buffer)}`,
    );
  }
  if (offset + size > buffer.size) {
    forbid(
      call,
      `VUID-${call}-${sizeRule}`,
      `${size} bytes from ${offset} reach beyond the end of ${nameOf(buffer)}`,
    );
  }
}

/** An image cannot be put into a layout that says its contents are unknown. */
export function checkFinalLayout(layout: number, what: string): number {
  if (!canBecome(layout)) {
    throw new RangeError(`${what} must be a layout that an image can be transitioned to, got ${layout}`);
  }
  return layout;
}

/** A row length or an image height: 0, or at least what is copied, in whole blocks. */
export function checkPitch(texels: number, least: number, block: number, what: string): void {
  checkInteger(texels, what);
  if (texels === 0 || (texels >= least && texels % block === 0)) return;
  const rule = what === "rowLength" ? "bufferRowLength-00195" : "bufferImageHeight-00196";
  forbid(
    "VkBufferImageCopy",
    `VUID-VkBufferImageCopy-${rule}`,
    `${what} must be 0 or at least ${least} and a multiple of ${block}, got ${texels}`,
  );
}

/** The single bits of a mask; one 0 for none. */
export function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let bit = 1; bit <= mask; bit *= 2) if ((mask & bit) !== 0) bits.push(bit);
  return bits.length > 0 ? bits : [0];
}

/** The aspect of the image that a command names. */
export function aspectOf(call: string, image: ImageObject, aspect: number): AspectFormat {
  const aspects = formatAspects(image.info.format);
  if (!aspects) {
    forbid(call, "simulator-format", `the simulator does not know the texels of format ${image.info.format}`);
  }
  const found = aspects.find((each) => each.aspect === aspect);
  if (found) return found;
  const single = bitsOf(aspect).length === 1;
  return forbid(
    call,
    single ? `VUID-${call}-aspectMask-00211` : "VUID-VkBufferImageCopy-aspectMask-00212",
    `aspect 0x${aspect.toString(16)} is not one of ${nameOf(image)}`,
  );
}

/** Throws unless the image has these mip levels and layers. */
export function checkRange(
  call: string,
  image: ImageObject,
  mipLevel: number,
  mipLevels: number,
  layer: number,
  layers: number,
  isTarget: boolean,
): void {
  checkInteger(mipLevel, "mipLevel");
  checkInteger(mipLevels, "mipLevels", 1);
  checkInteger(layer, "baseArrayLayer");
  checkInteger(layers, "layerCount", 1);
  const rules: Record<string, readonly [string, string]> = {
    vkCmdCopyBufferToImage: ["imageSubresource-01701", "imageSubresource-01702"],
    vkCmdCopyImageToBuffer: ["imageSubresource-01703", "imageSubresource-01704"],
    vkCmdCopyImage: isTarget
      ? ["dstSubresource-01697", "dstSubresource-01699"]
      : ["srcSubresource-01696", "srcSubresource-01698"],
  };
  const [mipRule, layerRule] = rules[call]!;
  if (mipLevel + mipLevels > image.mipLevels) {
    forbid(call, `VUID-${call}-${mipRule}`, `${nameOf(image)} has ${image.mipLevels} mip levels`);
  }
  if (layer + layers > image.arrayLayers) {
    forbid(call, `VUID-${call}-${layerRule}`, `${nameOf(image)} has ${image.arrayLayers} layers`);
  }
}

/** Throws unless the box of texels lies within the subresource and ends on whole blocks. */
export function checkBox(
  call: string,
  image: ImageObject,
  { extent, aspect }: Subresource,
  corner: Corner,
  box: Required<Extent3D>,
  rule: string,
): void {
  const fits = (from: number, texels: number, most: number): boolean =>
    Number.isSafeInteger(texels) &&
    texels > 0 &&
    Number.isSafeInteger(from) &&
    from >= 0 &&
    from + texels <= most;
  if (
    !fits(corner.x, box.width, extent.width) ||
    !fits(corner.y, box.height, extent.height) ||
    !fits(corner.z, box.depth, extent.depth)
  ) {
    forbid(
      call,
      `VUID-${call}-${rule}`,
      `${box.width}x${box.height}x${box.depth} texels are not within the ${extent.width}x${extent.height}x${extent.depth} of ${nameOf(image)}`,
    );
  }
  const whole =
    corner.x % aspect.blockWidth === 0 &&
    corner.y % aspect.blockHeight === 0 &&
    (box.width % aspect.blockWidth === 0 || corner.x + box.width === extent.width) &&
    (box.height % aspect.blockHeight === 0 || corner.y + box.height === extent.height);
  if (!whole) {
    const blockRule = call === "vkCmdCopyImage" ? "srcImage-01728" : "imageExtent-00207";
    forbid(
      call,
      `VUID-${call}-${blockRule}`,
      `${box.width}x${box.height} texels do not end on a block of ${aspect.blockWidth}x${aspect.blockHeight}`,
    );
  }
}
