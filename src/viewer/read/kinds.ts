/** What kind of resource an allocation is for, from the words and flags that dumps and recordings have for it. */

import { Kind } from "../model/history.ts";

// VkBufferUsageFlagBits
const BUFFER_VERTEX_INDEX_INDIRECT = 0x40 | 0x80 | 0x100;
const BUFFER_STORAGE = 0x8 | 0x20;
const BUFFER_UNIFORM = 0x4 | 0x10;
// VkImageUsageFlagBits
const IMAGE_DEPTH_STENCIL = 0x20;
const IMAGE_ATTACHMENT = 0x10 | 0x40 | 0x80;
const IMAGE_SAMPLED = 0x4;
// D3D12_RESOURCE_FLAGS
const D3D12_RENDER_TARGET = 0x1;
const D3D12_DEPTH_STENCIL = 0x2;
const D3D12_UNORDERED_ACCESS = 0x4;

/** Bits of usage flags, which may be wider than 32 bits; those asked for are always among the lowest. */
function has(usage: number, bits: number): boolean {
  return ((usage % 2 ** 32) & bits) !== 0;
}

/** The kind of a Vulkan buffer. */
export function bufferKind(usage: number): Kind {
  if (has(usage, BUFFER_VERTEX_INDEX_INDIRECT)) return Kind.VertexBuffer;
  if (has(usage, BUFFER_STORAGE)) return Kind.StorageBuffer;
  if (has(usage, BUFFER_UNIFORM)) return Kind.UniformBuffer;
  return Kind.OtherBuffer;
}

/** The kind of a Vulkan image with optimal tiling. */
export function imageKind(usage: number): Kind {
  if (has(usage, IMAGE_DEPTH_STENCIL)) return Kind.DepthStencil;
  if (has(usage, IMAGE_ATTACHMENT)) return Kind.RenderTarget;
  if (has(usage, IMAGE_SAMPLED)) return Kind.Texture;
  return Kind.OtherImage;
}

/** The kind of what VMA's and D3D12MA's dumps call by these types. */
export function kindOf(type: string, usage: number): Kind {
  switch (type) {
    case "BUFFER":
      return bufferKind(usage);
    case "IMAGE_OPTIMAL":
      return imageKind(usage);
    case "IMAGE_LINEAR":
      return Kind.LinearImage;
    case "IMAGE_UNKNOWN":
      return usage === 0 ? Kind.OtherImage : imageKind(usage);
    default:
      return Kind.Unknown;
  }
}

/** The kind of a Direct3D 12 resource. */
export function d3d12Kind(type: string, flags: number): Kind {
  if (type === "BUFFER") return has(flags, D3D12_UNORDERED_ACCESS) ? Kind.StorageBuffer : Kind.OtherBuffer;
  if (!type.startsWith("TEXTURE")) return Kind.Unknown;
  if (has(flags, D3D12_DEPTH_STENCIL)) return Kind.DepthStencil;
  if (has(flags, D3D12_RENDER_TARGET)) return Kind.RenderTarget;
  return has(flags, D3D12_UNORDERED_ACCESS) ? Kind.OtherImage : Kind.Texture;
}
