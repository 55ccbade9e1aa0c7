/**
 * A frame-like mix: transient uniform and staging buffers, meshes and textures that are replaced now and then. How long
 * it takes, and how much memory it holds.
 */

import type { NativeDevice } from "../../src/ffi/index.ts";
import { type Allocator, BufferUsage, type BufferWithMemory, type ImageWithMemory } from "../../src/index.ts";
import type { Buffer, Image } from "../../src/vulkan/handles.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { type Case, type Context, type Round, referenceSide, type Side, SideName } from "../harness/case.ts";
import { openAllocator, openDevice } from "../harness/device.ts";
import { nextRandom, pick, SEED } from "../harness/sequence.ts";
import { GROUP, imageInfo } from "./device.ts";
import { AUTO, deviceRequest, GRAIN, MAPPED } from "./device-work.ts";

/**
 * VMA unmaps blocks and prefers mapped ones for what is mapped, so it puts resources elsewhere than an allocator whose blocks stay
 * mapped, which is the default here. Compared is the same work.
 */
const AS_VMA = { unmapWhenUnused: true };

/** What is alive at some point of the frame-like mix. */
interface FrameFigures extends Record<string, number> {
  peakReserved: number;
  peakUsed: number;
  endReserved: number;
  endUsed: number;
  peakObjects: number;
}

/** Makes and destroys what the frames need; the allocator, or something that takes its place. */
interface FrameMaker<BufferHandle, ImageHandle> {
  beginFrame(frame: number): void;
  mappedBuffer(size: number, usage: number, value: number): BufferHandle;
  buffer(size: number, usage: number): BufferHandle;
  image(side: number): ImageHandle;
  destroyBuffer(buffer: BufferHandle): void;
  destroyImage(image: ImageHandle): void;
  /** Where it is, for the checksum. */
  bufferOffset(buffer: BufferHandle): number;
  imageOffset(image: ImageHandle): number;
  /** Updates the figures at the end of a frame. */
  endFrame(figures: FrameFigures): void;
}

/** The frame-like mix of `bench/reference/README.md`. */
class Frames<BufferHandle, ImageHandle> {
  readonly figures: FrameFigures = {
    peakReserved: 0,
    peakUsed: 0,
    endReserved: 0,
    endUsed: 0,
    peakObjects: 0,
  };
  operations = 0;
  sum = 0;
  readonly #maker: FrameMaker<BufferHandle, ImageHandle>;
  readonly #inFlight: BufferHandle[][] = [[], [], []];
  readonly #meshes: (BufferHandle | undefined)[] = new Array(2_000).fill(undefined);
  readonly #textures: (ImageHandle | undefined)[] = new Array(256).fill(undefined);
  #random = SEED;
  #frame = 0;

  constructor(maker: FrameMaker<BufferHandle, ImageHandle>) {
    this.#maker = maker;
  }

  #draw(count: number): number {
    this.#random = nextRandom(this.#random);
    return pick(this.#random, count);
  }

  run(frames: number): void {
    for (let i = 0; i < frames; i++) this.#run(this.#frame++);
  }

  #run(frame: number): void {
    const maker = this.#maker;
    maker.beginFrame(frame);
    const transient = this.#inFlight[frame % 3]!;
    for (const buffer of transient) maker.destroyBuffer(buffer);
    this.operations += transient.length;
    transient.length = 0;
    for (let i = 0; i < 32; i++) {
      transient.push(
        this.#count(maker.mappedBuffer(GRAIN * (1 + this.#draw(16)), BufferUsage.UniformBuffer, frame)),
      );
    }
    for (let i = 0; i < 4; i++) {
      transient.push(
        this.#count(maker.mappedBuffer(GRAIN * (64 + this.#draw(960)), BufferUsage.TransferSrc, frame)),
      );
    }
    for (let i = 0; i < 8; i++) this.#replaceMesh();
    for (let i = 0; i < 2; i++) this.#replaceTexture();
    maker.endFrame(this.figures);
  }

  #count(buffer: BufferHandle): BufferHandle {
    this.operations++;
    this.sum = (this.sum + this.#maker.bufferOffset(buffer)) >>> 0;
    return buffer;
  }

  #replaceMesh(): void {
    const slot = this.#draw(this.#meshes.length);
    const held = this.#meshes[slot];
    if (held !== undefined) {
      this.#maker.destroyBuffer(held);
      this.operations++;
    }
    const usage = BufferUsage.VertexBuffer | BufferUsage.TransferDst;
    this.#meshes[slot] = this.#count(this.#maker.buffer(GRAIN * (16 + this.#draw(1008)), usage));
  }

  #replaceTexture(): void {
    const slot = this.#draw(this.#textures.length);
    const held = this.#textures[slot];
    if (held !== undefined) {
      this.#maker.destroyImage(held);
      this.operations++;
    }
    const image = this.#maker.image(64 << this.#draw(4));
    this.operations++;
    this.sum = (this.sum + this.#maker.imageOffset(image)) >>> 0;
    this.#textures[slot] = image;
  }

  finish(): void {
    for (const buffer of this.#inFlight.flat()) this.#maker.destroyBuffer(buffer);
    for (const buffer of this.#meshes) if (buffer !== undefined) this.#maker.destroyBuffer(buffer);
    for (const image of this.#textures) if (image !== undefined) this.#maker.destroyImage(image);
  }
}

function recordFigures(figures: FrameFigures, reserved: number, used: number, objects: number): void {
  figures.endReserved = reserved;
  figures.endUsed = used;
  figures.peakReserved = Math.max(figures.peakReserved, reserved);
  figures.peakUsed = Math.max(figures.peakUsed, used);
  figures.peakObjects = Math.max(figures.peakObjects, objects);
}

function allocatorMaker(allocator: Allocator): FrameMaker<BufferWithMemory, ImageWithMemory> {
  return {
    beginFrame: (frame) => allocator.setCurrentFrameIndex(frame),
    mappedBuffer: (size, usage, value) => {
      const made = allocator.createBuffer({ size, usage }, MAPPED);
      made.allocation.mappedData![0] = value;
      return made;
    },
    buffer: (size, usage) => allocator.createBuffer({ size, usage }, AUTO),
    image: (side) => allocator.createImage(imageInfo(side), AUTO),
    destroyBuffer: ({ buffer, allocation }) => allocator.destroyBuffer(buffer, allocation),
    destroyImage: ({ image, allocation }) => allocator.destroyImage(image, allocation),
    bufferOffset: ({ allocation }) => allocation.offset,
    imageOffset: ({ allocation }) => allocation.offset,
    endFrame: (figures) => {
      let [reserved, used, objects] = [0, 0, 0];
      for (const { blockBytes, allocationBytes, blockCount } of allocator.getHeapBudgets()) {
        reserved += blockBytes;
        used += allocationBytes;
        objects += blockCount;
      }
      recordFigures(figures, reserved, used, objects);
    },
  };
}

interface Sized {
  readonly handle: bigint;
  readonly size: number;
}

/**
 * One memory object for each resource, counted instead of made: each would have just the bytes that the
 * resource needs, and on a real GPU making them would take minutes.
 */
function countingMaker(device: NativeDevice): FrameMaker<Sized, Sized> {
  const requirements = emptyMemoryRequirements();
  let [bytes, objects] = [0, 0];
  const count = (handle: bigint): Sized => {
    bytes += requirements.size;
    objects++;
    return { handle, size: requirements.size };
  };
  const forget = ({ size }: Sized): void => {
    bytes -= size;
    objects--;
  };
  const makeBuffer = (size: number, usage: number): Sized => {
    const buffer = device.createBuffer({ size, usage });
    device.getBufferMemoryRequirements(buffer, requirements, false);
    return count(buffer);
  };
  return {
    beginFrame: () => {},
    mappedBuffer: makeBuffer,
    buffer: makeBuffer,
    image: (side) => {
      const image = device.createImage(imageInfo(side));
      device.getImageMemoryRequirements(image, requirements, false);
      return count(image);
    },
    destroyBuffer: (buffer) => {
      device.destroyBuffer(buffer.handle as Buffer);
      forget(buffer);
    },
    destroyImage: (image) => {
      device.destroyImage(image.handle as Image);
      forget(image);
    },
    bufferOffset: () => 0,
    imageOffset: () => 0,
    endFrame: (figures) => recordFigures(figures, bytes, bytes, objects),
  };
}

function framesRound<B, I>(maker: FrameMaker<B, I>, warmup: number, count: number): Round {
  const frames = new Frames(maker);
  frames.run(warmup);
  frames.operations = 0;
  const start = performance.now();
  frames.run(count);
  const nanoseconds = (performance.now() - start) * 1e6;
  const { operations, sum, figures } = frames;
  frames.finish();
  return {
    nanosecondsPerOperation: nanoseconds / operations,
    operations,
    checksum: sum,
    figures: { ...figures },
  };
}

function frameSides(
  context: Context,
  warmup: number,
  count: number,
  withCounting: boolean,
): (Side | undefined)[] {
  const device = openDevice();
  if (device === undefined) return [];
  return [
    {
      name: SideName.Ours,
      exact: true,
      round: () => {
        const allocator = openAllocator(device, AS_VMA);
        const round = framesRound(allocatorMaker(allocator), warmup, count);
        allocator.destroy();
        return round;
      },
    },
    referenceSide(context, { ...deviceRequest(device, "device-frame"), warmup, operations: count }),
    withCounting
      ? {
          name: SideName.DedicatedKoffi,
          exact: false,
          note: "counted, not made: as many memory objects as resources, of just the bytes needed",
          round: () => framesRound(countingMaker(device), warmup, count),
        }
      : undefined,
  ];
}

export const frameCases: readonly Case[] = [
  {
    id: "device-frame/time",
    group: GROUP,
    title: "frame-like mix",
    operation: "create or destroy",
    sides: (context) => frameSides(context, 300, 1_000, false),
  },
  {
    id: "device-frame/memory",
    group: "Device: memory over 5,000 frames",
    title: "memory",
    operation: "create or destroy",
    rounds: 1,
    warmupRounds: 0,
    figures: [
      { name: "peakReserved", title: "most bytes taken from the driver", unit: "B" },
      { name: "peakUsed", title: "most bytes in use", unit: "B" },
      { name: "endReserved", title: "taken at the end", unit: "B" },
      { name: "endUsed", title: "in use at the end", unit: "B" },
      { name: "peakObjects", title: "most memory objects", unit: "objects" },
    ],
    sides: (context) => frameSides(context, 0, 5_000, true),
  },
];
