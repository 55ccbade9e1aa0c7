/**
 * Programs with a fault each, on simulated devices, recorded: one that leaks, one that fragments its memory, one that
 * goes over its budget. They draw frames, load and unload, like programs without a fault do.
 */

import {
  type Allocation,
  type Allocator,
  BufferUsage,
  createAllocator,
  Format,
  ImageUsage,
  MemoryUsage,
} from "../../src/index.ts";
import { record } from "../../src/recording/index.ts";
import { amdDiscrete, SimulatedDevice } from "../../src/simulator/index.ts";
import { Random } from "../helpers/random.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

class Renderer {
  readonly allocator: Allocator;
  readonly device: SimulatedDevice;
  readonly random: Random = new Random(11);
  readonly #recording: ReturnType<typeof record>;
  readonly #live = new Map<Allocation, () => void>();
  readonly #budget: number | undefined;
  #frame = 0;

  constructor(budget?: number) {
    const options = { extensions: "all" } as const;
    this.device = new SimulatedDevice(amdDiscrete, options);
    this.allocator = createAllocator({ device: this.device, preferredLargeHeapBlockSize: 16 * MiB });
    this.#budget = budget;
    this.#recording = record(this.allocator, { stacks: true, name: "renderer" });
  }

  buffer(name: string, size: number): Allocation {
    const { buffer, allocation } = this.allocator.createBuffer(
      { size, usage: BufferUsage.StorageBuffer | BufferUsage.TransferDst },
      { usage: MemoryUsage.AutoPreferDevice, name },
    );
    this.#live.set(allocation, () => this.allocator.destroyBuffer(buffer, allocation));
    return allocation;
  }

  texture(name: string, side: number): Allocation {
    const { image, allocation } = this.allocator.createImage(
      {
        format: Format.R8G8B8A8Unorm,
        extent: { width: side, height: side },
        usage: ImageUsage.Sampled | ImageUsage.TransferDst,
      },
      { usage: MemoryUsage.AutoPreferDevice, name },
    );
    this.#live.set(allocation, () => this.allocator.destroyImage(image, allocation));
    return allocation;
  }

  destroy(allocation: Allocation): void {
    this.#live.get(allocation)!();
    this.#live.delete(allocation);
  }

  /** A frame: what it needs comes and goes. */
  frame(draw: (frame: number) => void): void {
    this.#reportBudget();
    this.allocator.setCurrentFrameIndex(this.#frame++);
    const transient = [0, 1, 2].map((i) => this.buffer(`transient ${i}`, 64 * KiB));
    draw(this.#frame);
    for (const one of transient) this.destroy(one);
  }

  /** The driver's answer when it is asked for the budget next. */
  #reportBudget(): void {
    if (this.#budget === undefined) return;
    const heaps = this.allocator.calculateStatistics().memoryHeap;
    this.device.setMemoryBudget({
      heapBudget: heaps.map(() => this.#budget!),
      heapUsage: heaps.map(({ blockBytes }) => blockBytes),
    });
  }

  mark(text: string): void {
    this.#recording.mark(text);
  }

  /** The recording; the program goes down without destroying anything. */
  finish(): Uint8Array {
    this.#recording.end();
    return this.#recording.bytes();
  }
}

/** Loads a world, then draws 300 frames, in each of which a particle system forgets a buffer. */
export function leakingProgram(): Uint8Array {
  const renderer = new Renderer();
  renderer.mark("load");
  for (let i = 0; i < 60; i++) renderer.texture(`world texture ${i}`, 128 + renderer.random.below(128));
  renderer.mark("play");
  for (let i = 0; i < 300; i++) {
    renderer.frame((frame) => {
      renderer.buffer(`particle emitter ${frame}`, 48 * KiB + renderer.random.below(32 * KiB));
    });
  }
  return renderer.finish();
}

/** Streams a thousand pieces of terrain in and out, and keeps a few decals of each while. */
export function fragmentingProgram(): Uint8Array {
  const renderer = new Renderer();
  const terrain: Allocation[] = [];
  for (let i = 0; i < 400; i++) {
    renderer.frame(() => {
      terrain.push(renderer.buffer(`terrain ${i}`, 256 * KiB + renderer.random.below(256 * KiB)));
      if (i % 25 === 0) renderer.buffer(`decal ${i}`, 4 * KiB);
    });
  }
  renderer.mark("next level");
  for (const piece of terrain.slice(0, -20)) renderer.destroy(piece);
  for (let i = 0; i < 50; i++) renderer.frame(() => {});
  return renderer.finish();
}

/** Loads textures beyond what the driver grants, then throws most of them out again. */
export function overBudgetProgram(): Uint8Array {
  const renderer = new Renderer(96 * MiB);
  const cinema: Allocation[] = [];
  for (let i = 0; i < 40; i++) renderer.frame(() => renderer.texture(`level texture ${i}`, 256));
  renderer.mark("cutscene");
  for (let i = 0; i < 60; i++)
    renderer.frame(() => cinema.push(renderer.texture(`cutscene texture ${i}`, 768)));
  renderer.mark("play");
  for (const texture of cinema) renderer.destroy(texture);
  for (let i = 0; i < 40; i++) renderer.frame(() => {});
  return renderer.finish();
}
