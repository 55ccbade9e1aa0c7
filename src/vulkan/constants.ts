/**
 * Those of Vulkan's flags and enumerations that memory and resources need.
 * Names are Vulkan's without prefix and `_BIT`; values are Vulkan's.
 */

import type { EnumObject } from "../foundation/enum-object.ts";
import type * as enums from "./enums.ts";

/** VkMemoryPropertyFlagBits */
export const MemoryProperty: EnumObject<typeof enums.MemoryProperty> = {
  DeviceLocal: 0x1,
  HostVisible: 0x2,
  HostCoherent: 0x4,
  HostCached: 0x8,
  LazilyAllocated: 0x10,
  Protected: 0x20,
  DeviceCoherentAMD: 0x40,
  DeviceUncachedAMD: 0x80,
  RdmaCapableNV: 0x100,
};
export type MemoryProperty = enums.MemoryProperty;

/** Every bit of {@link MemoryProperty}. */
export const ALL_MEMORY_PROPERTIES: number = Object.values(MemoryProperty).reduce((all, bit) => all | bit, 0);

/** VkMemoryHeapFlagBits */
export const MemoryHeapFlag: EnumObject<typeof enums.MemoryHeapFlag> = {
  DeviceLocal: 0x1,
  MultiInstance: 0x2,
};
export type MemoryHeapFlag = enums.MemoryHeapFlag;

/** VkMemoryAllocateFlagBits */
export const MemoryAllocate: EnumObject<typeof enums.MemoryAllocate> = {
  DeviceMask: 0x1,
  DeviceAddress: 0x2,
  DeviceAddressCaptureReplay: 0x4,
  ZeroInitializeEXT: 0x8,
};
export type MemoryAllocate = enums.MemoryAllocate;

/** VkPhysicalDeviceType */
export const PhysicalDeviceType: EnumObject<typeof enums.PhysicalDeviceType> = {
  Other: 0,
  IntegratedGpu: 1,
  DiscreteGpu: 2,
  VirtualGpu: 3,
  Cpu: 4,
};
export type PhysicalDeviceType = enums.PhysicalDeviceType;

/** VkBufferCreateFlagBits */
export const BufferCreate: EnumObject<typeof enums.BufferCreate> = {
  SparseBinding: 0x1,
  SparseResidency: 0x2,
  SparseAliased: 0x4,
  Protected: 0x8,
  DeviceAddressCaptureReplay: 0x10,
};
export type BufferCreate = enums.BufferCreate;

/** VkBufferUsageFlagBits */
export const BufferUsage: EnumObject<typeof enums.BufferUsage> = {
  TransferSrc: 0x1,
  TransferDst: 0x2,
  UniformTexelBuffer: 0x4,
  StorageTexelBuffer: 0x8,
  UniformBuffer: 0x10,
  StorageBuffer: 0x20,
  IndexBuffer: 0x40,
  VertexBuffer: 0x80,
  IndirectBuffer: 0x100,
  ConditionalRenderingEXT: 0x200,
  ShaderBindingTableKHR: 0x400,
  TransformFeedbackBufferEXT: 0x800,
  TransformFeedbackCounterBufferEXT: 0x1000,
  VideoDecodeSrcKHR: 0x2000,
  VideoDecodeDstKHR: 0x4000,
  VideoEncodeDstKHR: 0x8000,
  VideoEncodeSrcKHR: 0x10000,
  ShaderDeviceAddress: 0x20000,
  AccelerationStructureBuildInputReadOnlyKHR: 0x80000,
  AccelerationStructureStorageKHR: 0x100000,
};
export type BufferUsage = enums.BufferUsage;

/** VkImageCreateFlagBits */
export const ImageCreate: EnumObject<typeof enums.ImageCreate> = {
  SparseBinding: 0x1,
  SparseResidency: 0x2,
  SparseAliased: 0x4,
  MutableFormat: 0x8,
  CubeCompatible: 0x10,
  Array2DCompatible: 0x20,
  SplitInstanceBindRegions: 0x40,
  BlockTexelViewCompatible: 0x80,
  ExtendedUsage: 0x100,
  Disjoint: 0x200,
  Alias: 0x400,
  Protected: 0x800,
};
export type ImageCreate = enums.ImageCreate;

/** VkImageUsageFlagBits */
export const ImageUsage: EnumObject<typeof enums.ImageUsage> = {
  TransferSrc: 0x1,
  TransferDst: 0x2,
  Sampled: 0x4,
  Storage: 0x8,
  ColorAttachment: 0x10,
  DepthStencilAttachment: 0x20,
  TransientAttachment: 0x40,
  InputAttachment: 0x80,
  FragmentShadingRateAttachmentKHR: 0x100,
  FragmentDensityMapEXT: 0x200,
  HostTransfer: 0x400000,
};
export type ImageUsage = enums.ImageUsage;

/** VkImageType */
export const ImageType: EnumObject<typeof enums.ImageType> = { Image1D: 0, Image2D: 1, Image3D: 2 };
export type ImageType = enums.ImageType;

/** VkImageTiling */
export const ImageTiling: EnumObject<typeof enums.ImageTiling> = {
  Optimal: 0,
  Linear: 1,
  DrmFormatModifierEXT: 1000158000,
};
export type ImageTiling = enums.ImageTiling;

/** VkImageLayout */
export const ImageLayout: EnumObject<typeof enums.ImageLayout> = {
  Undefined: 0,
  General: 1,
  ColorAttachmentOptimal: 2,
  DepthStencilAttachmentOptimal: 3,
  DepthStencilReadOnlyOptimal: 4,
  ShaderReadOnlyOptimal: 5,
  TransferSrcOptimal: 6,
  TransferDstOptimal: 7,
  Preinitialized: 8,
  ReadOnlyOptimal: 1000314000,
  AttachmentOptimal: 1000314001,
  PresentSrcKHR: 1000001002,
  ZeroInitializedEXT: 1000620000,
};
export type ImageLayout = enums.ImageLayout;

/** Whether an image can be transitioned to a layout: not to those that describe its contents before its first use. */
export function canBecome(layout: number): boolean {
  return (
    layout !== ImageLayout.Undefined &&
    layout !== ImageLayout.Preinitialized &&
    layout !== ImageLayout.ZeroInitializedEXT
  );
}

/** VkImageAspectFlagBits */
export const ImageAspect: EnumObject<typeof enums.ImageAspect> = {
  Color: 0x1,
  Depth: 0x2,
  Stencil: 0x4,
  Metadata: 0x8,
  Plane0: 0x10,
  Plane1: 0x20,
  Plane2: 0x40,
  MemoryPlane0EXT: 0x80,
  MemoryPlane1EXT: 0x100,
  MemoryPlane2EXT: 0x200,
  MemoryPlane3EXT: 0x400,
};
export type ImageAspect = enums.ImageAspect;

/** VkPipelineStageFlagBits of core commands; any other bit is passed on unchanged. */
export const PipelineStage: EnumObject<typeof enums.PipelineStage> = {
  TopOfPipe: 0x1,
  DrawIndirect: 0x2,
  VertexInput: 0x4,
  VertexShader: 0x8,
  TessellationControlShader: 0x10,
  TessellationEvaluationShader: 0x20,
  GeometryShader: 0x40,
  FragmentShader: 0x80,
  EarlyFragmentTests: 0x100,
  LateFragmentTests: 0x200,
  ColorAttachmentOutput: 0x400,
  ComputeShader: 0x800,
  Transfer: 0x1000,
  BottomOfPipe: 0x2000,
  Host: 0x4000,
  AllGraphics: 0x8000,
  AllCommands: 0x10000,
};
export type PipelineStage = enums.PipelineStage;

/** VkAccessFlagBits of core commands; any other bit is passed on unchanged. */
export const Access: EnumObject<typeof enums.Access> = {
  IndirectCommandRead: 0x1,
  IndexRead: 0x2,
  VertexAttributeRead: 0x4,
  UniformRead: 0x8,
  InputAttachmentRead: 0x10,
  ShaderRead: 0x20,
  ShaderWrite: 0x40,
  ColorAttachmentRead: 0x80,
  ColorAttachmentWrite: 0x100,
  DepthStencilAttachmentRead: 0x200,
  DepthStencilAttachmentWrite: 0x400,
  TransferRead: 0x800,
  TransferWrite: 0x1000,
  HostRead: 0x2000,
  HostWrite: 0x4000,
  MemoryRead: 0x8000,
  MemoryWrite: 0x10000,
};
export type Access = enums.Access;

/** VkSampleCountFlagBits */
export const SampleCount: EnumObject<typeof enums.SampleCount> = {
  Count1: 1,
  Count2: 2,
  Count4: 4,
  Count8: 8,
  Count16: 16,
  Count32: 32,
  Count64: 64,
};
export type SampleCount = enums.SampleCount;

/** VkSharingMode */
export const SharingMode: EnumObject<typeof enums.SharingMode> = { Exclusive: 0, Concurrent: 1 };
export type SharingMode = enums.SharingMode;

/** VkFormat: the formats that tests, the demo and most programs use. Any other number is passed on unchanged. */
export const Format: EnumObject<typeof enums.Format> = {
  Undefined: 0,
  R8Unorm: 9,
  R8G8Unorm: 16,
  R8G8B8A8Unorm: 37,
  R8G8B8A8Srgb: 43,
  R8G8B8A8Uint: 41,
  B8G8R8A8Unorm: 44,
  B8G8R8A8Srgb: 50,
  A2B10G10R10UnormPack32: 64,
  R16Unorm: 70,
  R16Sfloat: 76,
  R16G16Sfloat: 83,
  R16G16B16A16Sfloat: 97,
  R32Uint: 98,
  R32Sfloat: 100,
  R32G32Sfloat: 103,
  R32G32B32A32Sfloat: 109,
  D16Unorm: 124,
  D32Sfloat: 126,
  D24UnormS8Uint: 129,
  D32SfloatS8Uint: 130,
  Bc1RgbaUnormBlock: 133,
  Bc3UnormBlock: 137,
  Bc7UnormBlock: 145,
  G8B8R8_2Plane420Unorm: 1000156003,
  G8B8R8_3Plane420Unorm: 1000156002,
};
export type Format = enums.Format;

/** VkExternalMemoryHandleTypeFlagBits */
export const ExternalMemoryHandleType: EnumObject<typeof enums.ExternalMemoryHandleType> = {
  OpaqueFd: 0x1,
  OpaqueWin32: 0x2,
  OpaqueWin32Kmt: 0x4,
  D3D11Texture: 0x8,
  D3D11TextureKmt: 0x10,
  D3D12Heap: 0x20,
  D3D12Resource: 0x40,
  HostAllocationEXT: 0x80,
  HostMappedForeignMemoryEXT: 0x100,
  DmaBufEXT: 0x200,
};
export type ExternalMemoryHandleType = enums.ExternalMemoryHandleType;

const ntHandles =
  ExternalMemoryHandleType.OpaqueWin32 |
  ExternalMemoryHandleType.D3D11Texture |
  ExternalMemoryHandleType.D3D12Heap |
  ExternalMemoryHandleType.D3D12Resource;

/**
 * Whether a handle type means NT handles, which the program owns and closes, rather than global share handles (KMT).
 */
export function isNtHandle(handleType: ExternalMemoryHandleType): boolean {
  return (handleType & ntHandles) !== 0;
}

/** This library's VK_WHOLE_SIZE: "to the end". */
export const WHOLE_SIZE: number = Number.POSITIVE_INFINITY;

/** VK_MAKE_API_VERSION(0, major, minor, patch) */
export function makeApiVersion(major: number, minor: number, patch = 0): number {
  return ((major << 22) | (minor << 12) | patch) >>> 0;
}

/** VK_API_VERSION_1_0 to VK_API_VERSION_1_4 */
export const ApiVersion: EnumObject<typeof enums.ApiVersion> = {
  V1_0: 0x400000,
  V1_1: 0x401000,
  V1_2: 0x402000,
  V1_3: 0x403000,
  V1_4: 0x404000,
};
export type ApiVersion = enums.ApiVersion;

/** Writes an API version as "1.3.239". */
export function apiVersionString(version: number): string {
  return `${(version >>> 22) & 0x7f}.${(version >>> 12) & 0x3ff}.${version & 0xfff}`;
}
