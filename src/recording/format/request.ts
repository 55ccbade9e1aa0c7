/**
 * Requests to an allocator, without size and name, which differ more often. They are compared and written as rows of numbers,
 * and read as objects.
 */

import { DedicatedBit, RequestedResource } from "./kinds.ts";

/** An image's description, as in VkImageCreateInfo. */
export interface RecordedImage {
  /** VkImageType. */
  readonly imageType: number;
  /** VkFormat. */
  readonly format: number;
  /** Texels. */
  readonly width: number;
  /** Texels. */
  readonly height: number;
  /** Texels. */
  readonly depth: number;
  /** How many. */
  readonly mipLevels: number;
  /** How many. */
  readonly arrayLayers: number;
  /** VkSampleCountFlagBits: how many samples. */
  readonly samples: number;
  /** VkImageTiling: 0 optimal, 1 linear. */
  readonly tiling: number;
}

/** What was requested, without size and name. What the recorder did not know is 0. */
export interface RecordedRequest {
  /** One of {@link RequestedResource}. */
  readonly resource: RequestedResource;
  /** VkBufferCreateFlags or VkImageCreateFlags. */
  readonly resourceFlags: number;
  /** VkBufferUsageFlags or VkImageUsageFlags. */
  readonly resourceUsage: number;
  /** `AllocationCreate` flags; for virtual allocations `VirtualAllocationCreate` flags. */
  readonly flags: number;
  /** `MemoryUsage` */
  readonly usage: number;
  /** VkMemoryPropertyFlags that the memory type must have. */
  readonly requiredFlags: number;
  /** VkMemoryPropertyFlags that the memory type should have. */
  readonly preferredFlags: number;
  /** Memory types that the caller accepts, one bit each; 0: all. */
  readonly memoryTypeBits: number;
  /** The custom pool's number. */
  readonly pool: number | undefined;
  /** From 0 to 1. */
  readonly priority: number;
  /** Bytes: the alignment that the caller requested. */
  readonly minAlignment: number;
  /** Bytes: the alignment in effect. */
  readonly alignment: number;
  /** Memory types that the resource can use, one bit each; 0: unknown. */
  readonly requiredTypeBits: number;
  /** Whether the driver preferred dedicated memory for the resource. */
  readonly prefersDedicated: boolean;
  /** Whether the driver required dedicated memory for the resource. */
  readonly requiresDedicated: boolean;
  /** Whether dedicated memory was to be tried when no block was available. */
  readonly dedicatedFallback: boolean;
  /** VmaSuballocationType */
  readonly suballocationType: number;
  /** Only for images. */
  readonly image: RecordedImage | undefined;
}

/** The index of each number in a row. */
export const RequestCell = {
  Resource: 0,
  ResourceFlags: 1,
  ResourceUsage: 2,
  Flags: 3,
  Usage: 4,
  RequiredFlags: 5,
  PreferredFlags: 6,
  MemoryTypeBits: 7,
  Pool: 8,
  Priority: 9,
  MinAlignment: 10,
  AlignmentExponent: 11,
  RequiredTypeBits: 12,
  Dedicated: 13,
  SuballocationType: 14,
  ImageType: 15,
  Format: 16,
  Width: 17,
  Height: 18,
  Depth: 19,
  MipLevels: 20,
  ArrayLayers: 21,
  Samples: 22,
  Tiling: 23,
} as const;

/** Numbers in the row of an image. */
export const IMAGE_CELLS = 24;
/** Numbers in any other row. */
export const PLAIN_CELLS = 15;
/** The factor that priorities from 0 to 1 are multiplied by. */
export const PRIORITY_SCALE = 0xffff;

/** How many numbers a row has. */
export function cellsOf(resource: number): number {
  return resource === RequestedResource.Image ? IMAGE_CELLS : PLAIN_CELLS;
}

/** The object that a row represents. */
export function requestOf(row: ArrayLike<number>): RecordedRequest {
  const at = (cell: number): number => row[cell] as number;
  const dedicated = at(RequestCell.Dedicated);
  return {
    resource: at(RequestCell.Resource),
    resourceFlags: at(RequestCell.ResourceFlags),
    resourceUsage: at(RequestCell.ResourceUsage),
    flags: at(RequestCell.Flags),
    usage: at(RequestCell.Usage),
    requiredFlags: at(RequestCell.RequiredFlags),
    preferredFlags: at(RequestCell.PreferredFlags),
    memoryTypeBits: at(RequestCell.MemoryTypeBits),
    pool: at(RequestCell.Pool) === 0 ? undefined : at(RequestCell.Pool) - 1,
    priority: at(RequestCell.Priority) / PRIORITY_SCALE,
    minAlignment: at(RequestCell.MinAlignment),
    alignment: 2 ** at(RequestCell.AlignmentExponent),
    requiredTypeBits: at(RequestCell.RequiredTypeBits),
    prefersDedicated: (dedicated & DedicatedBit.Preferred) !== 0,
    requiresDedicated: (dedicated & DedicatedBit.Required) !== 0,
    dedicatedFallback: (dedicated & DedicatedBit.NoFallback) === 0,
    suballocationType: at(RequestCell.SuballocationType),
    image: at(RequestCell.Resource) === RequestedResource.Image ? imageOf(row) : undefined,
  };
}

function imageOf(row: ArrayLike<number>): RecordedImage {
  const at = (cell: number): number => row[cell] as number;
  return {
    imageType: at(RequestCell.ImageType),
    format: at(RequestCell.Format),
    width: at(RequestCell.Width),
    height: at(RequestCell.Height),
    depth: at(RequestCell.Depth),
    mipLevels: at(RequestCell.MipLevels),
    arrayLayers: at(RequestCell.ArrayLayers),
    samples: at(RequestCell.Samples),
    tiling: at(RequestCell.Tiling),
  };
}

/** Writes the row of a request into `row`, which has room for {@link IMAGE_CELLS} numbers. */
export function fillRow(row: Float64Array, request: RecordedRequest): void {
  row[RequestCell.Resource] = request.resource;
  row[RequestCell.ResourceFlags] = request.resourceFlags;
  row[RequestCell.ResourceUsage] = request.resourceUsage;
  row[RequestCell.Flags] = request.flags;
  row[RequestCell.Usage] = request.usage;
  row[RequestCell.RequiredFlags] = request.requiredFlags;
  row[RequestCell.PreferredFlags] = request.preferredFlags;
  row[RequestCell.MemoryTypeBits] = request.memoryTypeBits;
  row[RequestCell.Pool] = request.pool === undefined ? 0 : request.pool + 1;
  row[RequestCell.Priority] = Math.round(request.priority * PRIORITY_SCALE);
  row[RequestCell.MinAlignment] = request.minAlignment;
  row[RequestCell.AlignmentExponent] = Math.log2(request.alignment);
  row[RequestCell.RequiredTypeBits] = request.requiredTypeBits;
  row[RequestCell.Dedicated] =
    (request.prefersDedicated ? DedicatedBit.Preferred : 0) |
    (request.requiresDedicated ? DedicatedBit.Required : 0) |
    (request.dedicatedFallback ? 0 : DedicatedBit.NoFallback);
  row[RequestCell.SuballocationType] = request.suballocationType;
  if (request.image !== undefined) fillImage(row, request.image);
}

function fillImage(row: Float64Array, image: RecordedImage): void {
  row[RequestCell.ImageType] = image.imageType;
  row[RequestCell.Format] = image.format;
  row[RequestCell.Width] = image.width;
  row[RequestCell.Height] = image.height;
  row[RequestCell.Depth] = image.depth;
  row[RequestCell.MipLevels] = image.mipLevels;
  row[RequestCell.ArrayLayers] = image.arrayLayers;
  row[RequestCell.Samples] = image.samples;
  row[RequestCell.Tiling] = image.tiling;
}

/** A request of which only `known` is known. */
export function partialRequest(known: Partial<RecordedRequest>): RecordedRequest {
  return {
    resource: RequestedResource.Memory,
    resourceFlags: 0,
    resourceUsage: 0,
    flags: 0,
    usage: 0,
    requiredFlags: 0,
    preferredFlags: 0,
    memoryTypeBits: 0,
    pool: undefined,
    priority: 0.5,
    minAlignment: 0,
    alignment: 1,
    requiredTypeBits: 0,
    prefersDedicated: false,
    requiresDedicated: false,
    dedicatedFallback: true,
    suballocationType: 1,
    image: undefined,
    ...known,
  };
}
