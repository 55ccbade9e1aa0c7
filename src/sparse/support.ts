/**
 * Checks what a device supports of sparse resources, before anything is made; errors say what is missing and what to do
 * instead.
 */

import { BufferCreate, ImageTiling, ImageType } from "../vulkan/constants.ts";
import type { VulkanDevice } from "../vulkan/device.ts";
import type { ImageCreateInfo } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";

/** The sparse bits have the same values for buffers and images. */
const { SparseBinding, SparseResidency, SparseAliased } = BufferCreate;

/** What a sparse resource must be able to do. */
export interface SparseWishes {
  /** Whether it can be used while pages are missing. */
  readonly residency: boolean;
  /** Whether pages may share memory. */
  readonly aliased: boolean;
}

/** The flags of a resource with these wishes. */
export function sparseFlags(flags: number, { residency, aliased }: SparseWishes): number {
  return flags | SparseBinding | (residency ? SparseResidency : 0) | (aliased ? SparseAliased : 0);
}

/** Throws a VulkanError that names the feature and the fallback unless the device has what a buffer needs. */
export function requireSparseBuffers(device: VulkanDevice, wishes: SparseWishes): void {
  const call = "createSparseBuffer";
  requireBinding(device, call, "createBuffer, which binds all of it at once");
  if (wishes.residency) {
    require(device, call, "sparseResidencyBuffer", "make it with { residency: false } and commit all of it before use");
  }
  requireAliasing(device, call, wishes);
}

/** The same for an image. */
export function requireSparseImages(device: VulkanDevice, info: ImageCreateInfo, wishes: SparseWishes): void {
  const call = "createSparseImage";
  requireBinding(device, call, "createImage, which binds all of it at once");
  if (device.getImageSparseMemoryRequirements === undefined)
    lack(call, "vkGetImageSparseMemoryRequirements", "use another binding");
  requireAliasing(device, call, wishes);
  if (!wishes.residency) return;
  const whole = "make it with { residency: false } and commit all of it before use";
  const { imageType = ImageType.Image2D, samples = 1, tiling = ImageTiling.Optimal, format, usage } = info;
  if (imageType === ImageType.Image1D) refuse(call, "a 1D image cannot be sparsely resident", whole);
  if (imageType === ImageType.Image3D) require(device, call, "sparseResidencyImage3D", whole);
  else if (samples === 1) require(device, call, "sparseResidencyImage2D", whole);
  else require(device, call, `sparseResidency${samples}Samples`, whole);
  const formats = device.getSparseImageFormatProperties?.({ format, imageType, samples, usage, tiling });
  if (formats?.length === 0) {
    const what = `images of format ${format}, type ${imageType}, ${samples} samples, tiling ${tiling} and usage 0x${usage.toString(16)}`;
    refuse(call, `${what} cannot be sparsely resident on this device`, `${whole}, or choose another format`);
  }
}

function requireBinding(device: VulkanDevice, call: string, instead: string): void {
  const isEnabled = device.enabledFeatures?.has("sparseBinding") ?? device.sparseProperties !== undefined;
  if (!isEnabled) lack(call, "sparseBinding", `use ${instead}`);
}

function requireAliasing(device: VulkanDevice, call: string, { aliased }: SparseWishes): void {
  if (aliased)
    require(device, call, "sparseResidencyAliased", "make it without { aliased: true } and copy instead of sharing");
}

function require(device: VulkanDevice, call: string, feature: string, instead: string): void {
  if (device.enabledFeatures?.has(feature) !== false) return;
  lack(call, feature, instead);
}

function lack(call: string, feature: string, instead: string): never {
  throw new VulkanError(
    Result.ErrorFeatureNotPresent,
    call,
    `${feature} is not enabled, or the device does not have it; ${instead}`,
  );
}

function refuse(call: string, what: string, instead: string): never {
  throw new VulkanError(Result.ErrorFormatNotSupported, call, `${what}; ${instead}`);
}
