/** What an allocation keeps of its resource's description, so that defragmentation can make it again: never what is the caller's. */

import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";
import { copyChain } from "./memory-chain.ts";

/** What is kept of a buffer's description: size and usage are kept apart, so that a copy is needed only where there is more. */
export function bufferInfoToKeep(info: BufferCreateInfo): BufferCreateInfo | undefined {
  const { flags, sharingMode, pNext } = info;
  return flags === undefined && sharingMode === undefined && pNext === undefined ? undefined : copyInfo(info);
}

/** What is kept of an image's description: a copy. */
export function imageInfoToKeep(info: ImageCreateInfo): ImageCreateInfo {
  return { ...copyInfo(info), extent: { ...info.extent } };
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

function copyInfo<Info extends BufferCreateInfo | ImageCreateInfo>(info: Info): Info {
  const next = copyChain(info.pNext);
  const { queueFamilyIndices } = info;
  return {
    ...info,
    ...(queueFamilyIndices === undefined ? {} : { queueFamilyIndices: [...queueFamilyIndices] }),
    ...(next === undefined ? {} : { pNext: next }),
  };
}
