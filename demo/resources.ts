/** What the demo creates: kinds of buffers and images, as a small renderer has them, and one of them alive. */

import {
  type Allocation,
  AllocationCreate,
  type AllocationCreateInfo,
  type Allocator,
  type BufferCreateInfo,
  BufferUsage,
  Format,
  type ImageCreateInfo,
  ImageUsage,
  MemoryUsage,
} from "../src/index.ts";
import type { Buffer, Image } from "../src/vulkan/handles.ts";
import type { Noise } from "./noise.ts";
import type { Random } from "./random.ts";

const KiB = 1024;
const BUFFER_TRANSFERS = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const IMAGE_TRANSFERS = ImageUsage.TransferSrc | ImageUsage.TransferDst;

/** Formats that every device samples, with the bytes of one texel. */
const texelBytes = new Map<number, number>([
  [Format.R8Unorm, 1],
  [Format.R8G8B8A8Unorm, 4],
  [Format.R16G16B16A16Sfloat, 8],
]);

/** How to make a resource: exactly one of the two is there. */
export interface Design {
  readonly kind: Kind;
  readonly buffer?: BufferCreateInfo;
  readonly image?: ImageCreateInfo;
  /** Bytes of its contents. */
  readonly size: number;
}

/** A kind of resource. */
export interface Kind {
  readonly name: string;
  /** How many of 1000 resources are of this kind. */
  readonly share: number;
  readonly allocation: AllocationCreateInfo;
  /** Whether the host writes its contents itself, through a mapping, rather than the device. */
  readonly hostWritten: boolean;
  design(random: Random): Omit<Design, "kind">;
}

function bufferKind(
  name: string,
  share: number,
  usage: number,
  sizes: readonly [least: number, most: number],
  flags = 0,
): Kind {
  const hostAccess = AllocationCreate.HostAccessSequentialWrite | AllocationCreate.HostAccessRandom;
  return {
    name,
    share,
    allocation: { usage: MemoryUsage.Auto, flags, name },
    hostWritten: (flags & hostAccess) !== 0,
    design(random) {
      const size = Math.ceil(random.logarithmic(...sizes) / 4) * 4;
      return { buffer: { size, usage: usage | BUFFER_TRANSFERS }, size };
    },
  };
}

function imageKind(
  name: string,
  share: number,
  usage: number,
  sides: readonly [least: number, most: number],
  flags = 0,
): Kind {
  return {
    name,
    share,
    allocation: { usage: MemoryUsage.Auto, flags, name },
    hostWritten: false,
    design(random) {
      const [format, bytes] = random.pick([...texelBytes]);
      const width = Math.ceil(random.logarithmic(...sides) / 4) * 4;
      const height = Math.ceil(random.logarithmic(...sides) / 4) * 4;
      const arrayLayers = random.pick([1, 1, 1, 2, 6]);
      return {
        image: { format, extent: { width, height }, arrayLayers, usage: usage | IMAGE_TRANSFERS },
        size: width * height * arrayLayers * bytes,
      };
    },
  };
}

const mapped = AllocationCreate.Mapped;

/** Every kind; the shares add up to 1000. */
export const kinds: readonly Kind[] = [
  bufferKind("vertex buffer", 330, BufferUsage.VertexBuffer, [1 * KiB, 192 * KiB]),
  bufferKind("index buffer", 150, BufferUsage.IndexBuffer, [256, 64 * KiB]),
  bufferKind("storage buffer", 80, BufferUsage.StorageBuffer, [4 * KiB, 512 * KiB]),
  bufferKind(
    "uniform buffer",
    180,
    BufferUsage.UniformBuffer,
    [256, 16 * KiB],
    mapped | AllocationCreate.HostAccessSequentialWrite,
  ),
  bufferKind(
    "readback buffer",
    30,
    BufferUsage.StorageBuffer,
    [1 * KiB, 64 * KiB],
    mapped | AllocationCreate.HostAccessRandom,
  ),
  imageKind("texture", 227, ImageUsage.Sampled, [16, 192]),
  imageKind("large image", 3, ImageUsage.Sampled, [256, 288], AllocationCreate.DedicatedMemory),
];

/** Draws a design. */
export function drawDesign(random: Random): Design {
  let place = random.below(1000);
  const kind = kinds.find(({ share }) => {
    place -= share;
    return place < 0;
  })!;
  return { kind, ...kind.design(random) };
}

/** One resource that is alive. */
export interface Resource {
  readonly design: Design;
  readonly allocation: Allocation;
  /** Where its contents begin in the noise. */
  readonly start: number;
  /** The resource from which the device copies the contents; without one they come from the host. */
  readonly original: Resource | undefined;
}

/** Creates a resource; its contents are still to be written. */
export function createResource(
  allocator: Allocator,
  design: Design,
  start: number,
  original?: Resource,
): Resource {
  const { buffer, image, kind } = design;
  const { allocation } =
    buffer !== undefined
      ? allocator.createBuffer(buffer, kind.allocation)
      : allocator.createImage(image!, kind.allocation);
  return { design, allocation, start, original };
}

/** The VkBuffer or VkImage. Asked anew each time: defragmentation puts others in their places. */
export function handleOf({ allocation }: Resource): Buffer | Image {
  return (allocation.buffer ?? allocation.image)!;
}

/**
 * Creates `count` resources. One in four is to get its contents from one of the same make: a new one, or one of
 * `existing`.
 */
export function createResources(
  allocator: Allocator,
  noise: Noise,
  random: Random,
  count: number,
  existing: readonly Resource[],
): Resource[] {
  const originals = existing.filter(({ design }) => !design.kind.hostWritten);
  const created: Resource[] = [];
  while (created.length < count) {
    const isCopy = originals.length > 0 && random.below(4) === 0;
    const original = isCopy ? random.pick(originals) : undefined;
    const resource =
      original === undefined
        ? createResource(allocator, drawDesign(random), noise.start(random))
        : createResource(allocator, original.design, original.start, original);
    created.push(resource);
    if (original === undefined && !resource.design.kind.hostWritten) originals.push(resource);
  }
  return created;
}
