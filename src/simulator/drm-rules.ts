/**
 * What Vulkan demands of images with DRM format modifiers (VK_EXT_image_drm_format_modifier), and their memory planes. The
 * simulator takes any modifier, and gives each as many memory planes as the format has planes.
 */

import { ImageCreate, ImageTiling } from "../vulkan/constants.ts";
import {
  findNext,
  type ImageDrmFormatModifierExplicitCreateInfo,
  type ImageDrmFormatModifierListCreateInfo,
  StructureType,
} from "../vulkan/next.ts";
import type { ImageCreateInfo } from "../vulkan/resources.ts";
import { forbid } from "./error.ts";
import { formatAspects } from "./formats.ts";

const OWNER = "VkImageCreateInfo";
/** VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT; those of the next planes are twice the one before. */
const FIRST_MEMORY_PLANE = 0x80;

/** Whether an image has a modifier. */
export function hasModifier({ tiling }: ImageCreateInfo): boolean {
  return tiling === ImageTiling.DrmFormatModifierEXT;
}

/**
 * The aspect by which memory is asked for and bound: that of the format's plane `index` itself, or for an image with a modifier
 * the memory plane.
 */
export function memoryAspect(info: ImageCreateInfo, aspect: number, index: number): number {
  return hasModifier(info) ? FIRST_MEMORY_PLANE * 2 ** index : aspect;
}

/** The format's aspect that a {@link memoryAspect} stands for; undefined where it stands for none. */
export function formatAspect(info: ImageCreateInfo, memoryPlane: number): number | undefined {
  const aspects = formatAspects(info.format) ?? [];
  return aspects.find(({ aspect }, index) => memoryAspect(info, aspect, index) === memoryPlane)?.aspect;
}

/** Refuses a modifier's structures without the tiling, the tiling without one of them, and layouts that no image has. */
export function checkDrmModifiers(call: string, info: ImageCreateInfo): void {
  const list = findNext(info.pNext, StructureType.ImageDrmFormatModifierListCreateInfoEXT);
  const explicit = findNext(info.pNext, StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT);
  const count = (list === undefined ? 0 : 1) + (explicit === undefined ? 0 : 1);
  if (!hasModifier(info)) {
    if (count === 0) return;
    forbid(
      call,
      `VUID-${OWNER}-pNext-02262`,
      `modifiers need the tiling DrmFormatModifierEXT, got ${info.tiling ?? 0}`,
    );
  }
  if (count !== 1) {
    forbid(
      call,
      `VUID-${OWNER}-tiling-02261`,
      `the tiling DrmFormatModifierEXT needs either a list of modifiers or one with its layout in pNext, got ${count} of them`,
    );
  }
  checkViews(call, info);
  if (list !== undefined) checkList(call, list);
  if (explicit !== undefined) checkExplicit(call, info, explicit);
}

function checkViews(call: string, { flags = 0, pNext }: ImageCreateInfo): void {
  if ((flags & ImageCreate.MutableFormat) === 0) return;
  if (findNext(pNext, StructureType.ImageFormatListCreateInfo)?.viewFormats.length) return;
  forbid(
    call,
    `VUID-${OWNER}-tiling-02353`,
    "MutableFormat with the tiling DrmFormatModifierEXT needs the formats of views in pNext",
  );
}

function checkList(call: string, { drmFormatModifiers }: ImageDrmFormatModifierListCreateInfo): void {
  if (drmFormatModifiers.length > 0) return;
  forbid(
    call,
    "VUID-VkImageDrmFormatModifierListCreateInfoEXT-drmFormatModifierCount-arraylength",
    "there must be at least one modifier",
  );
}

function checkExplicit(
  call: string,
  info: ImageCreateInfo,
  { planeLayouts }: ImageDrmFormatModifierExplicitCreateInfo,
): void {
  const scope = "VUID-VkImageDrmFormatModifierExplicitCreateInfoEXT";
  const planes = formatAspects(info.format)?.length ?? 1;
  if (planeLayouts.length !== planes) {
    forbid(
      call,
      `${scope}-drmFormatModifierPlaneCount-02265`,
      `the modifier has ${planes} memory planes here, got layouts of ${planeLayouts.length}`,
    );
  }
  for (const { size = 0, arrayPitch = 0, depthPitch = 0 } of planeLayouts) {
    if (size !== 0)
      forbid(call, `${scope}-size-02267`, `the size of a plane's layout must be 0, got ${size}`);
    if (arrayPitch !== 0 && (info.arrayLayers ?? 1) === 1) {
      forbid(call, `${scope}-arrayPitch-02268`, `arrayPitch must be 0 for one layer, got ${arrayPitch}`);
    }
    if (depthPitch !== 0 && (info.extent.depth ?? 1) === 1) {
      forbid(call, `${scope}-depthPitch-02269`, `depthPitch must be 0 for a depth of 1, got ${depthPitch}`);
    }
  }
}
