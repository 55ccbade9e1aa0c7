/** What the tests of transient resources share: uses in short form, random graphs, and a program that runs one on a queue. */

import { expect } from "vitest";
import { AllocationCreate, type Allocator, MemoryUsage } from "../../src/index.ts";
import { type SimulatedDevice, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import type { TransientResource, Transients, TransientUse } from "../../src/transient/index.ts";
import {
  Access,
  type Buffer,
  BufferUsage,
  Format,
  type Image,
  ImageLayout,
  ImageUsage,
  PipelineStage,
  type TransferCommand,
  type TransferQueue,
} from "../../src/vulkan/index.ts";
import type { Random } from "../helpers/random.ts";

const BUFFER = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;
const IMAGE = ImageUsage.Sampled | ImageUsage.TransferSrc | ImageUsage.TransferDst;

/** A copy writes to it in this pass. */
export function written(pass: number, more: Partial<TransientUse> = {}): TransientUse {
  const layout = ImageLayout.TransferDstOptimal;
  return { pass, stages: PipelineStage.Transfer, access: Access.TransferWrite, layout, ...more };
}

/** A copy reads it in this pass. */
export function read(pass: number): TransientUse {
  const layout = ImageLayout.TransferSrcOptimal;
  return { pass, stages: PipelineStage.Transfer, access: Access.TransferRead, layout };
}

/** A buffer that is written to in one pass and read in another. */
export function buffer(name: string, size: number, first: number, last: number): TransientResource {
  return { name, buffer: { size, usage: BUFFER }, uses: [written(first), read(last)] };
}

/** A square image that is written to in one pass and read in another. */
export function image(name: string, width: number, first: number, last: number): TransientResource {
  const info = { format: Format.R8G8B8A8Unorm, extent: { width, height: width }, usage: IMAGE };
  return { name, image: info, uses: [written(first), read(last)] };
}

/** Buffers and images with random lifetimes; some are used in two spans. */
export function randomGraph(random: Random, most: number, passes: number): TransientResource[] {
  return Array.from({ length: random.between(2, most) }, (_, index) => {
    const first = random.below(passes - 1);
    const last = random.between(first + 1, passes - 1);
    const isImage = random.below(2) === 0;
    const made = isImage
      ? image(`image ${index}`, 4 * random.between(1, 12), first, last)
      : buffer(`buffer ${index}`, 4 * random.between(1, 1500), first, last);
    if (last + 2 > passes - 1 || random.below(3) > 0) return made;
    const again = random.between(last + 1, passes - 2);
    return { ...made, uses: [...made.uses, written(again, { discards: true }), read(passes - 1)] };
  });
}

/** How many passes a graph has. */
export function passesOf(resources: readonly TransientResource[]): number {
  return 1 + Math.max(...resources.flatMap(({ uses }) => uses.map(({ pass }) => pass)));
}

/** Bytes that a resource's contents have when they are packed. */
export function packedSize({ buffer: made, image: drawn }: TransientResource): number {
  return made !== undefined ? made.size : 4 * drawn!.extent.width * drawn!.extent.height;
}

/** Buffers of the program's own, for what goes into resources and what comes out. */
export interface Staging {
  readonly source: Buffer;
  readonly target: Buffer;
  /** Fills the source. */
  write(value: number): void;
  /** The first bytes of the target. */
  read(size: number): Uint8Array;
}

/**
 * Runs a graph once, with copies in place of what passes do: in the first pass of each span the resource is filled with a byte
 * of its own, in all others it is read back. With `skip`, one barrier is left out.
 */
export function runGraph(
  resources: readonly TransientResource[],
  transients: Transients,
  queue: TransferQueue & { waitIdle(): void },
  staging: Staging,
  { skip = -1, salt = 0 }: { skip?: number; salt?: number } = {},
): void {
  const submit = (...commands: TransferCommand[]): void => {
    queue.submit(commands);
    queue.waitIdle();
  };
  let barriers = 0;
  for (let pass = 0; pass < passesOf(resources); pass++) {
    submit(...transients.takeOversBefore(pass).filter(() => barriers++ !== skip));
    for (const [index, resource] of resources.entries()) {
      const value = 1 + ((salt + index) % 255);
      const { handle, described } = transients.resources[index]!;
      for (const use of described.uses.filter((each) => each.pass === pass)) {
        if (described.spans.some(({ firstUse }) => described.uses[firstUse] === use)) {
          staging.write(value);
          submit(toResource(resource, handle, staging.source, use.layout!));
          continue;
        }
        submit(fromResource(resource, handle, staging.target));
        const bytes = staging.read(packedSize(resource));
        const wrong = bytes.findIndex((byte) => byte !== value);
        expect(wrong, `${resource.name} in pass ${pass} has another's bytes`).toBe(-1);
      }
    }
  }
}

function toResource(
  resource: TransientResource,
  target: Buffer | Image,
  source: Buffer,
  oldLayout: ImageLayout,
): TransferCommand {
  const { image: info } = resource;
  if (info === undefined)
    return { kind: "buffer", source, target: target as Buffer, size: packedSize(resource) };
  const newLayout = ImageLayout.TransferSrcOptimal;
  return {
    kind: "bufferToImage",
    source,
    target: target as Image,
    extent: info.extent,
    oldLayout,
    newLayout,
  };
}

function fromResource(resource: TransientResource, source: Buffer | Image, target: Buffer): TransferCommand {
  const { image: info } = resource;
  if (info === undefined)
    return { kind: "buffer", source: source as Buffer, target, size: packedSize(resource) };
  return { kind: "imageToBuffer", source: source as Image, target, extent: info.extent };
}

/** The source and the target of all copies, in host memory. */
export function makeStaging(allocator: Allocator): Staging & { destroy(): void } {
  const size = 256 * 1024;
  const settings = {
    usage: MemoryUsage.AutoPreferHost,
    flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped,
  };
  const source = allocator.createBuffer({ size, usage: BUFFER }, settings);
  const target = allocator.createBuffer({ size, usage: BUFFER }, settings);
  return {
    source: source.buffer,
    target: target.buffer,
    write: (value) => void source.allocation.mappedData!.fill(value),
    read: (length) => target.allocation.mappedData!.slice(0, length),
    destroy: () => {
      source.allocation.destroy();
      target.allocation.destroy();
    },
  };
}

/** Runs a graph so many times in a row on a simulated device; `skip` is meant for the last. */
export function run(
  device: SimulatedDevice,
  allocator: Allocator,
  resources: readonly TransientResource[],
  transients: Transients,
  { runs = 2, skip = -1 }: { runs?: number; skip?: number } = {},
): void {
  const staging = makeStaging(allocator);
  const queue = new SimulatedTransferQueue(device);
  try {
    for (let count = 0; count < runs; count++) {
      const isLast = count === runs - 1;
      runGraph(resources, transients, queue, staging, { salt: 7 * count, skip: isLast ? skip : -1 });
    }
  } finally {
    queue.waitIdle();
    staging.destroy();
  }
}
