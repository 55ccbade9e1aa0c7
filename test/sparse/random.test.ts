/**
 * Random programs of sparse resources against a naive model: which pages are resident, what their bytes are. And a program that
 * makes every call that can fail, of which each fails once.
 */

import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  Format,
  ImageUsage,
  MemoryUsage,
  type PagePool,
  type SparseBuffer,
  type SparseImage,
  VulkanError,
} from "../../src/index.ts";
import type { SimulatedDevice, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import type { Submission } from "../../src/vulkan/index.ts";
import { Random } from "../helpers/random.ts";
import { sparseWorld } from "./devices.ts";

const PAGE = 65536;
const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const copyImage = ImageUsage.TransferSrc | ImageUsage.TransferDst;
const STEPS = Number(process.env.VMA_TS_STEPS ?? 300);

interface ModelBuffer {
  readonly kind: "buffer";
  readonly sparse: SparseBuffer;
  readonly pages: number;
  /** What resident pages are filled with; undefined: not known. */
  readonly resident: Map<number, number | undefined>;
}

interface ModelImage {
  readonly kind: "image";
  readonly sparse: SparseImage;
  readonly width: number;
  readonly height: number;
  readonly mipLevels: number;
  readonly layers: number;
  /** "layer mip x y" of resident blocks of 128 by 128 texels, and "tail layer". */
  readonly resident: Set<string>;
}

/** The blocks of a region by looking at every one. */
function blocksOf(
  image: ModelImage,
  region: { mipLevel: number; layer: number; x: number; y: number; width: number; height: number },
  isWithin: boolean,
): string[] {
  const wide = Math.max(1, image.width >> region.mipLevel);
  const high = Math.max(1, image.height >> region.mipLevel);
  if (wide < 128 || high < 128) return [`tail ${region.layer}`];
  const found: string[] = [];
  for (let y = 0; y * 128 < high; y++) {
    for (let x = 0; x * 128 < wide; x++) {
      const box = [x * 128, y * 128, Math.min(wide, x * 128 + 128), Math.min(high, y * 128 + 128)] as const;
      const end = [region.x + region.width, region.y + region.height] as const;
      const touches = box[0] < end[0] && box[2] > region.x && box[1] < end[1] && box[3] > region.y;
      const covers = box[0] >= region.x && box[2] <= end[0] && box[1] >= region.y && box[3] <= end[1];
      if (isWithin ? covers : touches) found.push(`${region.layer} ${region.mipLevel} ${x} ${y}`);
    }
  }
  return found;
}

/** One random program. */
class Program {
  readonly #random: Random;
  readonly #device: SimulatedDevice;
  readonly #allocator: Allocator;
  readonly #queue: SimulatedTransferQueue;
  readonly #pools: PagePool[];
  readonly #buffers: ModelBuffer[] = [];
  readonly #images: ModelImage[] = [];
  #waiting: Submission[] = [];
  outOfMemory = 0;
  bound = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    const { device, allocator } = sparseWorld({
      sparse: { singleMipTail: false, metadata: this.#random.chance(0.3) },
    });
    this.#device = device;
    this.#allocator = allocator;
    this.#queue = this.#device.createTransferQueue();
    this.#pools = [
      this.#allocator.createPagePool({ maxSize: 40 * PAGE, chunkSize: 16 * PAGE }),
      this.#allocator.createPagePool({ chunkSize: 64 * PAGE }),
    ];
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.below(list.length)];
  }

  run(steps: number): void {
    const ways = [
      () => this.#create(),
      () => this.#bindBuffers(),
      () => this.#bindBuffers(),
      () => this.#bindImage(),
      () => this.#bindImage(),
      () => this.#fill(),
      () => this.#wait(),
      () => this.#destroy(),
      () => this.#allocator.trim(),
    ];
    for (let step = 0; step < steps; step++) {
      this.#queue.completeAfter = this.#random.below(3);
      this.#pick(ways)!();
      this.#allocator.validate();
      this.#check();
    }
    this.#wait();
    this.#checkBytes();
    for (const { sparse } of [...this.#buffers, ...this.#images]) sparse.destroy();
    this.#allocator.validate();
    for (const pool of this.#pools) this.#allocator.destroyPagePool(pool);
  }

  #create(): void {
    if (this.#buffers.length + this.#images.length > 8) return;
    const pages = this.#random.chance(0.3) ? undefined : this.#pick(this.#pools)!;
    const options = pages === undefined ? {} : { pages };
    if (this.#random.chance(0.5)) {
      const count = 1 + this.#random.below(50);
      const sparse = this.#allocator.createSparseBuffer(
        { size: count * PAGE - this.#random.below(PAGE), usage: COPY },
        options,
      );
      this.#buffers.push({ kind: "buffer", sparse, pages: count, resident: new Map() });
      return;
    }
    const width = 100 + this.#random.below(900);
    const height = 100 + this.#random.below(900);
    const layers = 1 + this.#random.below(3);
    const mipLevels = 1 + this.#random.below(Math.floor(Math.log2(Math.max(width, height))) + 1);
    const sparse = this.#allocator.createSparseImage(
      {
        format: Format.R8G8B8A8Unorm,
        extent: { width, height },
        mipLevels,
        arrayLayers: layers,
        usage: copyImage,
      },
      options,
    );
    this.#images.push({ kind: "image", sparse, width, height, mipLevels, layers, resident: new Set() });
  }

  /** Commits and evicts parts of a few buffers in one batch. */
  #bindBuffers(): void {
    if (this.#buffers.length === 0) return;
    const parts = (): { model: ModelBuffer; offset: number; size: number }[] =>
      Array.from({ length: this.#random.below(3) }, () => {
        const model = this.#pick(this.#buffers)!;
        const offset = this.#random.below(model.sparse.size);
        return { model, offset, size: 1 + this.#random.below(model.sparse.size - offset) };
      });
    const commit = parts();
    const evict = parts();
    const asked = ({ model, offset, size }: ReturnType<typeof parts>[number]) => ({
      resource: model.sparse,
      region: { offset, size },
    });
    if (
      !this.#bind(() =>
        this.#allocator.bindSparse(this.#queue, { commit: commit.map(asked), evict: evict.map(asked) }),
      )
    )
      return;
    const committed = new Map<ModelBuffer, Set<number>>();
    for (const { model, offset, size } of commit) {
      const set = committed.get(model) ?? new Set();
      committed.set(model, set);
      for (let page = 0; page < model.pages; page++) {
        if (page * PAGE < offset + size && (page + 1) * PAGE > offset) set.add(page);
      }
    }
    for (const { model, offset, size } of evict) {
      for (let page = 0; page < model.pages; page++) {
        const end = Math.min((page + 1) * PAGE, model.sparse.size);
        const isCovered = page * PAGE >= offset && end <= offset + size;
        if (isCovered && committed.get(model)?.has(page) !== true) model.resident.delete(page);
      }
    }
    for (const [model, set] of committed) {
      for (const page of set) if (!model.resident.has(page)) model.resident.set(page, undefined);
    }
  }

  #bindImage(): void {
    const model = this.#pick(this.#images);
    if (model === undefined) return;
    const mipLevel = this.#random.below(model.mipLevels);
    const wide = Math.max(1, model.width >> mipLevel);
    const high = Math.max(1, model.height >> mipLevel);
    const [x, y] = [this.#random.below(wide), this.#random.below(high)];
    const width = 1 + this.#random.below(wide - x);
    const height = 1 + this.#random.below(high - y);
    const layer = this.#random.below(model.layers);
    const region = { mipLevel, baseArrayLayer: layer, offset: { x, y }, extent: { width, height } };
    const isEviction = this.#random.chance(0.4);
    const bind = (): Submission =>
      isEviction ? model.sparse.evict(this.#queue, region) : model.sparse.commit(this.#queue, region);
    if (!this.#bind(bind)) return;
    for (const block of blocksOf(model, { mipLevel, layer, x, y, width, height }, isEviction)) {
      if (isEviction) model.resident.delete(block);
      else model.resident.add(block);
    }
  }

  /** Whether it was done; false where memory is out. */
  #bind(bind: () => Submission): boolean {
    this.#wait();
    try {
      this.#waiting.push(bind());
      this.bound++;
      return true;
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.outOfMemory++;
      return false;
    }
  }

  #fill(): void {
    const model = this.#pick(this.#buffers);
    const page = this.#pick([...(model?.resident.keys() ?? [])]);
    if (model === undefined || page === undefined) return;
    this.#wait();
    const value = this.#random.below(256);
    const size = Math.min(PAGE, model.sparse.size - page * PAGE) & ~3;
    if (size === 0) return;
    this.#waiting.push(
      this.#queue.submit([
        {
          kind: "fill",
          target: model.sparse.buffer,
          targetOffset: page * PAGE,
          size,
          value: value * 0x01010101,
        },
      ]),
    );
    model.resident.set(page, value);
  }

  #wait(): void {
    for (const submission of this.#waiting) while (!submission.isComplete());
    this.#waiting = [];
  }

  #destroy(): void {
    if (this.#random.chance(0.7)) return;
    const list = this.#random.chance(0.5) ? this.#buffers : this.#images;
    if (list.length === 0) return;
    // Bindings may be under way; copies may not.
    this.#wait();
    const [model] = list.splice(this.#random.below(list.length), 1);
    model!.sparse.destroy();
  }

  #check(): void {
    for (const { sparse, resident, pages } of this.#buffers) {
      expect(sparse.residentCount).toBe(resident.size);
      const page = this.#random.below(pages);
      expect(sparse.residencyOf({ offset: page * PAGE, size: 1 }).isResident).toBe(resident.has(page));
    }
    for (const model of this.#images) {
      const mipLevel = this.#random.below(model.mipLevels);
      const layer = this.#random.below(model.layers);
      const all = { mipLevel, layer, x: 0, y: 0, width: model.width, height: model.height };
      const blocks = blocksOf(model, all, false);
      const residency = model.sparse.residencyOf({ mipLevel, baseArrayLayer: layer });
      if (blocks[0]!.startsWith("tail")) {
        expect(residency.isResident).toBe(model.resident.has(blocks[0]!));
      } else {
        expect(residency.pageCount).toBe(blocks.length);
        expect(residency.residentCount).toBe(blocks.filter((block) => model.resident.has(block)).length);
      }
    }
  }

  #checkBytes(): void {
    const { buffer, allocation } = this.#allocator.createBuffer(
      { size: PAGE, usage: COPY },
      { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
    );
    for (const { sparse, resident } of this.#buffers) {
      for (const [page, value] of resident) {
        if (value === undefined) continue;
        const size = Math.min(PAGE, sparse.size - page * PAGE) & ~3;
        this.#queue
          .submit([
            { kind: "buffer", source: sparse.buffer, sourceOffset: page * PAGE, target: buffer, size },
          ])
          .isComplete();
        this.#queue.waitIdle();
        const bytes = allocation.read(0, size);
        expect(bytes.every((byte) => byte === value)).toBe(true);
      }
    }
    allocation.destroy();
  }
}

describe("random programs of sparse resources", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`agree with the naive model, seed ${seed}`, () => {
      const program = new Program(seed);
      program.run(STEPS);
      expect(program.bound).toBeGreaterThan(STEPS / 10);
      console.info(`seed ${seed}: ${program.bound} batches, memory out ${program.outOfMemory} times`);
    });
  }
});

/** A program that makes every call that the sparse side makes, and cleans up also when one fails. */
function program(device: SimulatedDevice, allocator: Allocator): void {
  const undo: (() => void)[] = [];
  try {
    const { queue } = device;
    const pages = allocator.createPagePool({ chunkSize: 8 * PAGE });
    undo.push(() => allocator.destroyPagePool(pages));
    const buffer = allocator.createSparseBuffer({ size: 20 * PAGE, usage: COPY }, { pages, aliased: true });
    undo.push(() => buffer.destroy());
    const other = allocator.createSparseBuffer({ size: 20 * PAGE, usage: COPY }, { pages, aliased: true });
    undo.push(() => other.destroy());
    const image = allocator.createSparseImage({
      format: Format.R8G8B8A8Unorm,
      extent: { width: 512, height: 512 },
      mipLevels: 10,
      usage: copyImage,
    });
    undo.push(() => image.destroy());
    buffer.commit(queue, { size: 4 * PAGE });
    allocator.bindSparse(queue, {
      commit: [{ resource: buffer }, { resource: image }],
      evict: [{ resource: buffer, region: { size: 6 * PAGE } }],
    });
    allocator.bindSparse(queue, {
      evict: [{ resource: image, region: {} }],
      share: [
        {
          target: { resource: other, region: { size: PAGE } },
          source: { resource: buffer, region: { offset: 7 * PAGE, size: PAGE } },
        },
      ],
    });
    buffer.evict(queue);
    allocator.calculateSparseStatistics();
  } finally {
    for (const step of undo.reverse()) {
      device.faults.clear();
      device.queue.waitIdle();
      step();
    }
  }
}

describe("failing the n-th call of a sparse program", () => {
  it("loses nothing, whichever it is", () => {
    const failed = new Set<string>();
    let n = 1;
    for (; n < 200; n++) {
      const { device, allocator } = sparseWorld({ sparse: { metadata: true } });
      const fault = device.faults.failCall(n);
      try {
        program(device, allocator);
        if (fault.fired === 0) break;
      } catch (error) {
        expect(error).toBeInstanceOf(VulkanError);
        failed.add((error as VulkanError).call);
      }
      allocator.validate();
    }
    expect(n).toBeLessThan(200);
    for (const call of ["vkCreateBuffer", "vkCreateImage", "vkQueueBindSparse"])
      expect(failed).toContain(call);
  });

  it("leaves residency as it was where the binding is refused", () => {
    const { device, allocator } = sparseWorld();
    const buffer = allocator.createSparseBuffer({ size: 20 * PAGE, usage: COPY });
    buffer.commit(device.queue, { size: 5 * PAGE });
    const before = allocator.buildStatsString();
    for (const call of ["vkQueueBindSparse", "vkAllocateMemory"] as const) {
      const fault = device.faults.failNext(call, -1, { times: 100 });
      const large = allocator.createSparseBuffer({ size: 5000 * PAGE, usage: COPY });
      expect(() =>
        allocator.bindSparse(device.queue, { commit: [{ resource: large }], evict: [{ resource: buffer }] }),
      ).toThrow(VulkanError);
      expect(fault.fired).toBeGreaterThan(0);
      device.faults.clear();
      large.destroy();
      allocator.trim();
      allocator.validate();
      expect(buffer.residentCount).toBe(5);
    }
    expect(allocator.buildStatsString()).toBe(before);
    buffer.destroy();
  });
});
