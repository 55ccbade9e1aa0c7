/** What a recorded request was for. */

import { type RecordedRequest, type RecordingSource, RequestedResource } from "../../recording/index.ts";
import { Kind } from "../model/history.ts";
import { bufferKind, imageKind } from "./kinds.ts";

// GPUBufferUsage
const WEBGPU_VERTEX_INDEX_INDIRECT = 0x10 | 0x20 | 0x100;
const WEBGPU_STORAGE = 0x80;
const WEBGPU_UNIFORM = 0x40;
// VmaSuballocationType
const BUFFER = 2;
const IMAGE = 3;
const LINEAR_IMAGE = 4;
const OPTIMAL_IMAGE = 5;

/** The kind of resource. */
export function kindOfRequest(request: RecordedRequest, source: RecordingSource): Kind {
  const { resource, resourceUsage, suballocationType } = request;
  if (source === "webgpu") return webgpuKind(resourceUsage);
  if (resource === RequestedResource.Buffer) return bufferKind(resourceUsage);
  if (suballocationType === LINEAR_IMAGE) return Kind.LinearImage;
  if (resource === RequestedResource.Image) return imageKind(resourceUsage);
  if (suballocationType === BUFFER) return Kind.OtherBuffer;
  return suballocationType === IMAGE || suballocationType === OPTIMAL_IMAGE ? Kind.OtherImage : Kind.Unknown;
}

function webgpuKind(usage: number): Kind {
  if ((usage & WEBGPU_VERTEX_INDEX_INDIRECT) !== 0) return Kind.VertexBuffer;
  if ((usage & WEBGPU_STORAGE) !== 0) return Kind.StorageBuffer;
  return (usage & WEBGPU_UNIFORM) === 0 ? Kind.OtherBuffer : Kind.UniformBuffer;
}

/** An image's extent in words; "" for what is no image. */
export function requestText({ image }: RecordedRequest): string {
  if (image === undefined) return "";
  const { width, height, depth, mipLevels, arrayLayers, samples, format } = image;
  return [
    `${width} × ${height}${depth > 1 ? ` × ${depth}` : ""}`,
    mipLevels > 1 && `${mipLevels} mip levels`,
    arrayLayers > 1 && `${arrayLayers} layers`,
    samples > 1 && `${samples} samples`,
    `format ${format}`,
  ]
    .filter(Boolean)
    .join(", ");
}
