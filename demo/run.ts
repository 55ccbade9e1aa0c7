/** One run of the demo: the allocator, what is alive in it, and the steps. */

import { type Allocator, createAllocator, type TransferQueue } from "../src/index.ts";
import { type ActiveRecording, record } from "../src/recording/index.ts";
import { type BlockMap, readBlockMaps } from "./block-map.ts";
import type { OpenDevice } from "./device.ts";
import { Noise } from "./noise.ts";
import { step as showStep } from "./progress.ts";
import { Random } from "./random.ts";
import { formatBytes, formatCount, printBlocks, printReport } from "./report.ts";
import { createResources, type Resource } from "./resources.ts";
import { RESTING_LAYOUT, sumOfSizes, Transfers } from "./transfer.ts";

/** Smaller than usual (256 MiB), so that there are several blocks to look at. */
const BLOCK_SIZE = 32 * 1024 * 1024;

/** What defragmentation moves at once: a program that draws would do a pass in each frame. */
const BYTES_PER_PASS = 16 * 1024 * 1024;

/** The blocks at one moment. */
export interface Snapshot {
  readonly title: string;
  readonly blocks: readonly BlockMap[];
}

/** Everything from the first resource to the last. */
export class Run {
  /** The blocks at the moments that were shown. */
  readonly snapshots: Snapshot[] = [];

  readonly #queue: TransferQueue;
  readonly #allocator: Allocator;
  readonly #random: Random;
  readonly #noise: Noise;
  readonly #transfers: Transfers;
  #resources: Resource[] = [];
  #recording: ActiveRecording | undefined;
  #created = 0;
  #memoryObjects = 0;

  constructor(opened: OpenDevice, seed: number) {
    this.#queue = opened.queue;
    this.#allocator = createAllocator({
      device: opened.device,
      preferredLargeHeapBlockSize: BLOCK_SIZE,
      deviceMemoryCallbacks: { allocate: () => this.#memoryObjects++ },
    });
    this.#random = new Random(seed);
    this.#noise = new Noise(seed);
    this.#transfers = new Transfers(this.#allocator, opened.queue, this.#noise);
  }

  /** A step, which the recording is told of. */
  #step(...step: Parameters<typeof showStep>): Promise<void> {
    this.#recording?.mark(step[0]);
    return showStep(...step);
  }

  /** Records everything from now on. */
  record(path: string): void {
    this.#recording = record(this.#allocator, { to: path, stacks: true, name: "demo" });
  }

  /** Creates resources and gives them their contents. */
  async create(count: number): Promise<void> {
    await this.#step("create", count, async (progress) => {
      const fresh = createResources(this.#allocator, this.#noise, this.#random, count, this.#resources);
      this.#resources = [...this.#resources, ...fresh];
      this.#created += count;
      const [written, copied] = await this.#transfers.fill(fresh, progress);
      return (
        `${describe(fresh)}: ${formatBytes(written)} written by the host, ` +
        `${formatBytes(copied)} copied on the device`
      );
    });
  }

  /** Reads everything back and compares every byte. */
  async compare(): Promise<void> {
    await this.#step("compare", this.#resources.length, async (progress) => {
      const bytes = await this.#transfers.verify(this.#resources, progress);
      return `${formatCount(bytes)} bytes read back, every one as it was written`;
    });
  }

  /** Destroys a random half of the resources. */
  async destroyHalf(): Promise<void> {
    await this.#step("destroy", 1, () => {
      const half = Math.floor(this.#resources.length / 2);
      const doomed = new Set(this.#random.sample(this.#resources, half));
      for (const { allocation } of doomed) allocation.destroy();
      this.#resources = this.#resources.filter((resource) => !doomed.has(resource));
      return `${formatCount(half)} resources at random; ${describe(this.#resources)} stay`;
    });
  }

  /** Moves what is left together, on the device, until blocks are empty and can be given back. */
  async defragment(): Promise<void> {
    await this.#step("defragment", sumOfSizes(this.#resources), async (progress) => {
      const stats = await this.#allocator.defragment({
        queue: this.#queue,
        maxBytesPerPass: BYTES_PER_PASS,
        imageLayout: () => RESTING_LAYOUT,
        onProgress: ({ bytesMoved }) => progress(bytesMoved),
      });
      return (
        `${formatCount(stats.allocationsMoved)} resources moved (${formatBytes(stats.bytesMoved)}), ` +
        `${stats.deviceMemoryBlocksFreed} blocks given back (${formatBytes(stats.bytesFreed)})`
      );
    });
  }

  /** Shows the blocks as they are now. */
  show(title: string): void {
    const blocks = this.#snapshot(title);
    console.log(`\n${title}:`);
    printBlocks(blocks);
    console.log();
  }

  /** Shows everything that the allocator knows about its memory. */
  report(): void {
    this.#allocator.validate();
    this.#snapshot("Filled again");
    const contents = formatBytes(sumOfSizes(this.#resources));
    printReport(`${describe(this.#resources)} with ${contents} of contents:`, this.#allocator);
  }

  #snapshot(title: string): readonly BlockMap[] {
    const blocks = readBlockMaps(this.#allocator);
    this.snapshots.push({ title, blocks });
    return blocks;
  }

  /** Frees everything. Returns what there is to say in the end. */
  end(): string {
    for (const { allocation } of this.#resources) allocation.destroy();
    this.#transfers.destroy();
    this.#allocator.destroy();
    const { stagingBuffers } = this.#transfers;
    return (
      `Everything is freed: ${this.#memoryObjects} vkAllocateMemory calls served ` +
      `${formatCount(this.#created + stagingBuffers)} resources ` +
      `(${formatCount(this.#created)}, and ${stagingBuffers} staging buffers).`
    );
  }
}

function describe(resources: readonly Resource[]): string {
  const buffers = resources.filter(({ design }) => design.buffer !== undefined).length;
  return `${formatCount(buffers)} buffers and ${formatCount(resources.length - buffers)} images`;
}
