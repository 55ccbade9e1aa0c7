/** vkCreateBuffer and vkCreateImage: what Vulkan demands of the create-infos. */

import { quote } from "../foundation/check.ts";
import {
  BufferCreate,
  canBecome,
  ImageCreate,
  ImageLayout,
  ImageTiling,
  ImageType,
  ImageUsage,
  SharingMode,
} from "../vulkan/constants.ts";
import { findNext, StructureType } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";
import { checkChain } from "./chains.ts";
import { checkDrmModifiers } from "./drm-rules.ts";
import { forbid } from "./error.ts";
import { isMultiPlanar } from "./formats.ts";
import { sparseLayoutOf } from "./sparse-layout.ts";
import type { DeviceFeatures, DeviceState } from "./state.ts";

/** Throws a ValidityError for a buffer that Vulkan forbids; returns the low 32 bits of its usage. */
export function checkBufferInfo(state: DeviceState, call: string, info: BufferCreateInfo): number {
  const owner = "VkBufferCreateInfo";
  checkChain(state, call, owner, info.pNext);
  if (!Number.isSafeInteger(info.size) || info.size <= 0) {
    forbid(call, `VUID-${owner}-size-00912`, `size must be greater than 0, got ${quote(info.size)}`);
  }
  const wide = findNext(info.pNext, StructureType.BufferUsageFlags2CreateInfo);
  const usage = wide ? Number(BigInt.asUintN(32, wide.usage)) : info.usage;
  if (wide ? wide.usage === 0n : !(info.usage > 0)) {
    forbid(call, `VUID-${owner}-usage-requiredbitmask`, `usage must not be 0, got ${quote(info.usage)}`);
  }
  const flags = info.flags ?? 0;
  checkSparse(state, call, flags, {
    owner,
    feature: "flags-00915",
    aliased: "flags-00917",
    binding: "flags-00918",
  });
  if ((flags & SparseResidency) !== 0 && !state.features.sparseResidencyBuffer) {
    forbid(call, `VUID-${owner}-flags-00916`, "SparseResidency needs the feature sparseResidencyBuffer");
  }
  if ((flags & BufferCreate.Protected) !== 0 && !state.features.protectedMemory) {
    forbid(call, `VUID-${owner}-flags-01887`, "Protected needs the feature protectedMemory");
  }
  const replay = (flags & BufferCreate.DeviceAddressCaptureReplay) !== 0;
  if (replay && !state.features.bufferDeviceAddressCaptureReplay) {
    forbid(
      call,
      `VUID-${owner}-flags-03338`,
      "DeviceAddressCaptureReplay needs the feature bufferDeviceAddressCaptureReplay",
    );
  }
  const capture = findNext(info.pNext, StructureType.BufferOpaqueCaptureAddressCreateInfo);
  if (capture && capture.opaqueCaptureAddress !== 0n && !replay) {
    forbid(
      call,
      `VUID-${owner}-opaqueCaptureAddress-03337`,
      "a captured address needs the flag DeviceAddressCaptureReplay",
    );
  }
  checkSharing(call, owner, "sharingMode-00914", info);
  return usage;
}

/** Throws a ValidityError for an image that Vulkan forbids. */
export function checkImageInfo(state: DeviceState, call: string, info: ImageCreateInfo): void {
  const owner = "VkImageCreateInfo";
  checkChain(state, call, owner, info.pNext);
  if (!(info.format > 0)) {
    forbid(call, `VUID-${owner}-format-00943`, `format must not be undefined, got ${quote(info.format)}`);
  }
  if (!(info.usage > 0)) {
    forbid(call, `VUID-${owner}-usage-requiredbitmask`, `usage must not be 0, got ${quote(info.usage)}`);
  }
  checkExtent(call, owner, info);
  checkUsage(call, owner, info);
  checkImageFlags(state, call, owner, info);
  checkDrmModifiers(call, info);
  const initial = info.initialLayout ?? ImageLayout.Undefined;
  if (initial === ImageLayout.ZeroInitializedEXT && !state.features.zeroInitializeDeviceMemory) {
    forbid(
      call,
      `VUID-${owner}-initialLayout-10765`,
      "ZeroInitializedEXT needs the feature zeroInitializeDeviceMemory",
    );
  }
  if (initial !== ImageLayout.Undefined && canBecome(initial)) {
    forbid(
      call,
      `VUID-${owner}-initialLayout-00993`,
      `initialLayout must be Undefined, Preinitialized or ZeroInitializedEXT, got ${initial}`,
    );
  }
  checkSharing(call, owner, "sharingMode-00942", info);
}

function checkExtent(call: string, owner: string, info: ImageCreateInfo): void {
  const { width, height, depth = 1 } = info.extent;
  const { mipLevels = 1, arrayLayers = 1, samples = 1, imageType = ImageType.Image2D } = info;
  const positive = (value: number, what: string, rule: string): void => {
    if (Number.isSafeInteger(value) && value > 0) return;
    forbid(call, `VUID-${owner}-${rule}`, `${what} must be greater than 0, got ${quote(value)}`);
  };
  positive(width, "extent.width", "extent-00944");
  positive(height, "extent.height", "extent-00945");
  positive(depth, "extent.depth", "extent-00946");
  positive(mipLevels, "mipLevels", "mipLevels-00947");
  positive(arrayLayers, "arrayLayers", "arrayLayers-00948");
  if (imageType === ImageType.Image1D && (height !== 1 || depth !== 1)) {
    forbid(
      call,
      `VUID-${owner}-imageType-00956`,
      `a 1D image is 1 high and deep, got ${height} and ${depth}`,
    );
  }
  if (imageType === ImageType.Image2D && depth !== 1) {
    forbid(call, `VUID-${owner}-imageType-00957`, `a 2D image is 1 deep, got ${depth}`);
  }
  if (imageType === ImageType.Image3D && arrayLayers !== 1) {
    forbid(call, `VUID-${owner}-imageType-00961`, `a 3D image has one layer, got ${arrayLayers}`);
  }
  const fullChain = Math.floor(Math.log2(Math.max(width, height, depth))) + 1;
  if (mipLevels > fullChain) {
    forbid(
      call,
      `VUID-${owner}-mipLevels-00958`,
      `mipLevels must be at most ${fullChain} for this extent, got ${mipLevels}`,
    );
  }
  if (![1, 2, 4, 8, 16, 32, 64].includes(samples)) {
    forbid(call, `VUID-${owner}-samples-parameter`, `samples must be one SampleCount, got ${quote(samples)}`);
  }
}

function checkUsage(call: string, owner: string, info: ImageCreateInfo): void {
  const { usage } = info;
  if ((usage & ImageUsage.TransientAttachment) === 0) return;
  const attachments =
    ImageUsage.ColorAttachment | ImageUsage.DepthStencilAttachment | ImageUsage.InputAttachment;
  if ((usage & ~(attachments | ImageUsage.TransientAttachment)) !== 0) {
    forbid(
      call,
      `VUID-${owner}-usage-00963`,
      `a transient attachment has no other use than as attachment, got usage 0x${usage.toString(16)}`,
    );
  }
  if ((usage & attachments) === 0) {
    forbid(
      call,
      `VUID-${owner}-usage-00966`,
      "a transient attachment is a color, depth/stencil or input attachment as well",
    );
  }
}

function checkImageFlags(state: DeviceState, call: string, owner: string, info: ImageCreateInfo): void {
  const flags = info.flags ?? 0;
  checkSparse(state, call, flags, {
    owner,
    feature: "flags-00969",
    aliased: "flags-01924",
    binding: "flags-00987",
  });
  checkSparseImage(state, call, owner, info);
  if ((flags & ImageCreate.Protected) !== 0 && !state.features.protectedMemory) {
    forbid(call, `VUID-${owner}-flags-01890`, "Protected needs the feature protectedMemory");
  }
  if ((flags & ImageCreate.Disjoint) !== 0 && !isMultiPlanar(info.format)) {
    forbid(call, `VUID-${owner}-format-01577`, `Disjoint needs a multi-planar format, got ${info.format}`);
  }
  if ((flags & ImageCreate.CubeCompatible) !== 0) {
    const { width, height } = info.extent;
    if (width !== height || (info.arrayLayers ?? 1) < 6) {
      forbid(
        call,
        `VUID-${owner}-imageType-00954`,
        `a cube is square and has 6 layers, got ${width}x${height} with ${info.arrayLayers ?? 1}`,
      );
    }
  }
}

/** The three sparse bits have the same values for buffers and images. */
const { SparseBinding, SparseResidency, SparseAliased } = BufferCreate;
const sparseBits = SparseBinding | SparseResidency | SparseAliased;

function checkSparse(
  state: DeviceState,
  call: string,
  flags: number,
  rules: {
    readonly owner: string;
    readonly feature: string;
    readonly aliased: string;
    readonly binding: string;
  },
): void {
  if ((flags & sparseBits) === 0) return;
  if (!state.features.sparseBinding) {
    forbid(call, `VUID-${rules.owner}-${rules.feature}`, "sparse flags need the feature sparseBinding");
  }
  if ((flags & SparseAliased) !== 0 && !state.features.sparseResidencyAliased) {
    forbid(
      call,
      `VUID-${rules.owner}-${rules.aliased}`,
      "SparseAliased needs the feature sparseResidencyAliased",
    );
  }
  if ((flags & SparseBinding) === 0) {
    forbid(
      call,
      `VUID-${rules.owner}-${rules.binding}`,
      "SparseResidency and SparseAliased need SparseBinding",
    );
  }
}

/** The rule of each number of samples, and the feature that it asks for. */
const sampleRules: Readonly<Record<number, readonly [rule: string, feature: keyof DeviceFeatures]>> = {
  2: ["imageType-00973", "sparseResidency2Samples"],
  4: ["imageType-00974", "sparseResidency4Samples"],
  8: ["imageType-00975", "sparseResidency8Samples"],
  16: ["imageType-00976", "sparseResidency16Samples"],
};

/** Which images can be sparse. */
function checkSparseImage(state: DeviceState, call: string, owner: string, info: ImageCreateInfo): void {
  const flags = info.flags ?? 0;
  if ((flags & sparseBits) === 0) return;
  if ((info.usage & ImageUsage.TransientAttachment) !== 0) {
    forbid(call, `VUID-${owner}-None-01925`, "a transient attachment is not sparse");
  }
  if ((flags & SparseResidency) === 0) return;
  const { imageType = ImageType.Image2D, samples = 1, tiling = ImageTiling.Optimal } = info;
  if (imageType === ImageType.Image1D) {
    forbid(call, `VUID-${owner}-imageType-00970`, "a 1D image is not sparsely resident");
  }
  const needs = (rule: string, feature: keyof DeviceFeatures): void => {
    if (!state.features[feature])
      forbid(call, `VUID-${owner}-${rule}`, `SparseResidency needs the feature ${feature}`);
  };
  if (imageType === ImageType.Image3D) needs("imageType-00972", "sparseResidencyImage3D");
  else if (samples === 1) needs("imageType-00971", "sparseResidencyImage2D");
  const ofSamples = sampleRules[samples];
  if (ofSamples !== undefined) needs(...ofSamples);
  if (tiling !== ImageTiling.Optimal) {
    forbid(call, `VUID-${owner}-tiling-04121`, "a linear image is not sparsely resident");
  }
  if (sparseLayoutOf(info, state.profile.sparse) === undefined) {
    const rule = "simulator-sparse-format";
    forbid(call, rule, `images of format ${info.format} with ${samples} samples cannot be sparsely resident`);
  }
}

function checkSharing(
  call: string,
  owner: string,
  rule: string,
  info: { readonly sharingMode?: number; readonly queueFamilyIndices?: readonly number[] },
): void {
  if (info.sharingMode !== SharingMode.Concurrent) return;
  const families = info.queueFamilyIndices ?? [];
  if (new Set(families).size < 2) {
    forbid(
      call,
      `VUID-${owner}-${rule}`,
      `concurrent sharing needs at least two queue families, got ${families.length}`,
    );
  }
}
