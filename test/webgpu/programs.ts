/**
 * Random programs on a heap, with a model that only knows what each allocation holds: after each of them no two allocations
 * overlap, everything has its contents, and sums are right. Runs in browsers, too.
 */

import {
  type BufferOf,
  GpuBufferHeap,
  type GpuBufferHeapOptions,
  GpuBufferUsage,
  type GpuDeviceLike,
  type HeapAllocation,
  HeapError,
} from "../../src/webgpu/index.ts";
import { Random, SEED } from "../helpers/random.ts";

/** What a program runs on. */
export interface ProgramOptions<Device extends GpuDeviceLike> {
  readonly device: Device;
  readonly salt: number;
  readonly steps: number;
  /** Whether the device refuses now and then. */
  readonly setRefusing?: ((isRefusing: boolean) => void) | undefined;
}

type Allocation<Device extends GpuDeviceLike> = HeapAllocation<BufferOf<Device>>;

/** Runs one program; returns what it did, for whoever wants to know that it did something. */
export async function runProgram<Device extends GpuDeviceLike>({
  device,
  salt,
  steps,
  setRefusing,
}: ProgramOptions<Device>): Promise<Record<string, number>> {
  const random = new Random(SEED, salt);
  const { Vertex, Storage } = GpuBufferUsage;
  const options: GpuBufferHeapOptions = {
    usage: Vertex | Storage,
    blockSize: random.pick([16_384, 65_536, 262_144]),
    uploads: random.pick(["writeBuffer", "ring"]),
    stagingSize: 8192,
    elementSize: random.pick([4, 4, 12, 36]),
    keepEmptyBlocks: random.pick([undefined, 0, 2]),
    maxBlocks: random.pick([undefined, 6]),
  };
  const heap = new GpuBufferHeap(device, options);
  const model = new Map<Allocation<Device>, Uint8Array<ArrayBuffer>>();
  const counts: Record<string, number> = {};
  const count = (what: string, by = 1): void => {
    counts[what] = (counts[what] ?? 0) + by;
  };
  const any = (): Allocation<Device> => random.pick([...model.keys()]);

  const write = (allocation: Allocation<Device>, expected: Uint8Array): void => {
    const offset = 4 * random.between(0, Math.floor((allocation.size - 1) / 4));
    const length = random.between(1, allocation.size - offset);
    const data = new Uint8Array(length).fill(random.between(1, 255));
    heap.write(allocation, data, offset);
    expected.set(data, offset);
    // Zeros up to a multiple of 4.
    expected.fill(0, offset + length, Math.min(expected.length, Math.ceil((offset + length) / 4) * 4));
    count("writes");
  };
  const begin = (allocation: Allocation<Device>): void => {
    const expected = new Uint8Array(allocation.size);
    heap.write(allocation, expected);
    model.set(allocation, expected);
    write(allocation, expected);
  };

  const operations: readonly (readonly [weight: number, run: () => Promise<void>])[] = [
    [
      8,
      async () => {
        const size = random.magnitude(1, random.chance(0.02) ? 400_000 : 8000);
        const settings = {
          writeScope: random.pick([undefined, undefined, "a", "b"]),
          usage: random.pick([undefined, Vertex]),
          alignment: random.pick([undefined, undefined, 16, 512]),
        };
        const allocation = random.chance(0.5)
          ? heap.allocate(size, settings)
          : await heap.allocateAsync(size, settings);
        if (allocation === undefined) return count("no room");
        const least = Math.max(settings.alignment ?? 1, settings.usage === undefined ? 256 : 4);
        check(allocation.offset % least === 0, "an allocation is aligned");
        check(allocation.offset % heap.elementSize === 0, "an allocation begins with an element");
        begin(allocation);
        count("allocated");
      },
    ],
    [
      6,
      async () => {
        for (let left = random.between(1, 3); left > 0 && model.size > 0; left--) {
          const allocation = any();
          heap.free(allocation);
          model.delete(allocation);
          count("freed");
        }
      },
    ],
    [6, async () => void (model.size > 0 && write(...random.pick([...model])))],
    [1, async () => void heap.flush()],
    [1, async () => void heap.trim(random.between(0, 2))],
    [1, async () => void (await heap.reserve(random.magnitude(1, 30_000)))],
    [
      2,
      async () => {
        if (model.size === 0) return;
        const allocation = any();
        const size = random.magnitude(1, 12_000);
        await heap.resize(allocation, size);
        const before = model.get(allocation)!;
        const kept = before.subarray(0, Math.min(size, before.length));
        // What lies behind is not known.
        const expected = new Uint8Array(size);
        expected.set(kept);
        heap.write(allocation, expected);
        model.set(allocation, expected);
        count("resized");
      },
    ],
    [
      2,
      async () => {
        const maxBytes = random.pick([undefined, random.magnitude(1, 20_000)]);
        const canMove = random.pick([undefined, ({ size }: Allocation<Device>) => size % 3 !== 0]);
        const { bytesMoved, moves } = heap.defragment({ maxBytes, canMove });
        check(bytesMoved <= (maxBytes ?? bytesMoved), "no more is moved than allowed");
        const isAllowed = moves.every(({ allocation }) => canMove?.(allocation) ?? true);
        check(isAllowed, "nothing is moved that must stay");
        count("moved", moves.length);
      },
    ],
    [
      1,
      async () => {
        const encoder = device.createCommandEncoder();
        const { moves, release } = heap.defragment({ encoder, maxBytes: 40_000 });
        const gone = moves.find(({ allocation }) => random.chance(0.1) && model.has(allocation));
        if (gone !== undefined) {
          heap.free(gone.allocation);
          model.delete(gone.allocation);
        }
        device.queue.submit([encoder.finish() as never]);
        release();
        count("moved by an encoder", moves.length);
      },
    ],
    [
      1,
      async () => {
        setRefusing?.(random.chance(0.5));
      },
    ],
  ];

  for (let step = 0; step < steps; step++) {
    try {
      await random.weighted(operations)();
    } catch (error) {
      if (!(error instanceof HeapError)) throw error;
      count(error.reason);
    }
    heap.validate();
    check(heap.statistics().allocationCount === model.size, "every allocation is counted");
    if (random.chance(0.1) && model.size > 0) {
      await compare(heap, [random.pick([...model])]).catch((error) => {
        if (!(error instanceof HeapError)) throw error;
      });
    }
  }
  setRefusing?.(false);
  expectApart([...model.keys()]);
  await compare(heap, [...model]);
  for (const allocation of model.keys()) heap.free(allocation);
  heap.trim();
  const { blockCount, allocationCount, blockBytes } = heap.statistics();
  check(blockCount + allocationCount + blockBytes === 0, "nothing is left in the end");
  heap.destroy();
  return counts;
}

async function compare<Device extends GpuDeviceLike>(
  heap: GpuBufferHeap<Device>,
  entries: readonly (readonly [Allocation<Device>, Uint8Array])[],
): Promise<void> {
  for (const [allocation, expected] of entries) {
    const bytes = await heap.read(allocation);
    const isSame = bytes.length === expected.length && bytes.every((byte, index) => byte === expected[index]);
    check(isSame, "an allocation holds what was written to it");
  }
}

function expectApart(allocations: readonly { buffer: object; offset: number; size: number }[]): void {
  const sorted = allocations.toSorted((a, b) => a.offset - b.offset);
  const ends = new Map<object, number>();
  for (const { buffer, offset, size } of sorted) {
    check(offset >= (ends.get(buffer) ?? 0), "allocations do not overlap");
    ends.set(buffer, offset + size);
  }
}

function check(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(`it does not hold that ${sentence}`);
}
