/**
 * A soak: the same mix of operations over and over, with about as many things alive all the time. What must stay
 * flat is sampled at even distances: JavaScript's heap, the memory of the process, the time of an operation.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type Allocation,
  AllocationCreate,
  BufferUsage,
  createAllocator,
  Format,
  ImageUsage,
  MemoryUsage,
  PoolCreate,
  type VulkanDevice,
} from "../../../src/index.ts";
import { NO_ALLOCATION, VirtualBlock } from "../../../src/metadata/index.ts";
import { Random } from "../../helpers/random.ts";

/** One sample. */
export interface Sample {
  /** Operations so far. */
  readonly operations: number;
  /** Nanoseconds of processor time that an operation took since the sample before. */
  readonly nanoseconds: number;
  /** Bytes of JavaScript objects, after a collection. */
  readonly heapUsed: number;
  /** Bytes outside of the heap that JavaScript knows of. */
  readonly external: number;
  /** Bytes of the whole process. */
  readonly rss: number;
  /** Device memory that is in use, in bytes; the size in use of a virtual block. */
  readonly deviceBytes: number;
}

/** Something that is soaked. */
export interface Subject {
  /** Makes or frees one thing; `random` is an unsigned 32-bit integer. */
  operate(random: number): void;
  deviceBytes(): number;
  /** Frees everything and says whether all is well. */
  end(): void;
}

/** Slots for things that may be alive; half of them are, on average. */
const SLOTS = 4096;
const transfers = BufferUsage.TransferSrc | BufferUsage.TransferDst;

/** Bytes from 256 to 128 Ki, as many small as large ones. */
function sizeFrom(random: number): number {
  return 2 ** (8 + (random % 10)) + (random % 251);
}

/** An allocator on a device: buffers, images, memory by itself, pools, mapping, copies. */
export function allocatorSubject(device: VulkanDevice): Subject {
  const allocator = createAllocator({ device });
  const linear = allocator.createPool({
    memoryTypeIndex: allocator.findMemoryTypeIndex(0xffffffff, { usage: MemoryUsage.CpuOnly }),
    flags: PoolCreate.LinearAlgorithm,
    blockSize: 1 << 20,
  });
  const slots: (Allocation | undefined)[] = new Array(SLOTS);
  const ring: Allocation[] = [];
  const data = new Uint8Array(200);
  const { HostAccessSequentialWrite, Mapped } = AllocationCreate;
  const write = { usage: MemoryUsage.Auto, flags: HostAccessSequentialWrite };
  const mapped = { usage: MemoryUsage.Auto, flags: HostAccessSequentialWrite | Mapped };
  const auto = { usage: MemoryUsage.Auto };
  const make = (random: number): Allocation => {
    const kind = random >>> 28;
    if (kind < 10) {
      const settings = kind === 0 ? mapped : kind < 3 ? write : auto;
      const { allocation } = allocator.createBuffer({ size: sizeFrom(random), usage: transfers }, settings);
      // Without a persistent mapping each write maps and unmaps the block: seldom, as it takes long.
      if (kind === 0 || (kind === 1 && random % 512 === 0)) allocation.write(data);
      return allocation;
    }
    if (kind < 13) {
      const width = 1 + (random % 64);
      const extent = { width, height: width };
      return allocator.createImage({ format: Format.R8G8B8A8Unorm, extent, usage: ImageUsage.Sampled })
        .allocation;
    }
    return allocator.allocateMemory({ size: sizeFrom(random), alignment: 16, memoryTypeBits: 0xffffffff });
  };
  return {
    operate(random) {
      const slot = random % SLOTS;
      const there = slots[slot];
      if (there !== undefined) {
        there.destroy();
        slots[slot] = undefined;
      } else {
        slots[slot] = make(Math.imul(random, 0x9e3779b1) >>> 0);
      }
      if (random % 16 !== 0) return;
      ring.push(
        allocator.allocateMemory({ size: 1000, alignment: 4, memoryTypeBits: 0xffffffff }, { pool: linear }),
      );
      if (ring.length > 64) ring.shift()!.destroy();
    },
    deviceBytes: () => allocator.getHeapBudgets().reduce((sum, { blockBytes }) => sum + blockBytes, 0),
    end() {
      allocator.validate();
      for (const allocation of [...slots, ...ring]) allocation?.destroy();
      linear.destroy();
      allocator.destroy();
    },
  };
}

/** A virtual block. */
export function virtualSubject(): Subject {
  const block = new VirtualBlock({ size: 1 << 30 });
  const slots = new Array(SLOTS).fill(NO_ALLOCATION);
  return {
    operate(random) {
      const slot = random % SLOTS;
      if (slots[slot] !== NO_ALLOCATION) {
        block.free(slots[slot]);
        slots[slot] = NO_ALLOCATION;
      } else {
        slots[slot] = block.allocate(sizeFrom(Math.imul(random, 0x9e3779b1) >>> 0), 16);
      }
    },
    deviceBytes: () => block.size - block.freeBytes,
    end() {
      block.validate();
      for (const allocation of slots) block.free(allocation);
      if (!block.isEmpty) throw new Error("a block whose allocations are all freed is empty");
    },
  };
}

/** So many operations are done before the event loop turns, as it does in every program. */
const PER_TURN = 1000;

/** Runs `operations` operations and takes `count` samples; the first one follows a warm-up as long as the others. */
export async function soak(
  subject: Subject,
  operations: number,
  count: number,
  onSample: (sample: Sample) => void = () => {},
): Promise<Sample[]> {
  const samples: Sample[] = [];
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const perSample = Math.ceil(operations / count);
  const random = new Random(1);
  // The first round is the warm-up and the filling of the slots.
  for (let round = 0; round <= count; round++) {
    const start = process.cpuUsage();
    for (let index = 0; index < perSample; index++) {
      subject.operate(random.next());
      if (index % PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(start);
    const nanoseconds = ((user + system) * 1000) / perSample;
    if (round === 0) continue;
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    const sample = {
      operations: round * perSample,
      nanoseconds,
      heapUsed,
      external,
      rss,
      deviceBytes: subject.deviceBytes(),
    };
    samples.push(sample);
    onSample(sample);
  }
  return samples;
}

/**
 * How much a figure changes from the second third of the samples to the last one, as a factor: its mean, or of the
 * times the shortest, which other programs delay the least.
 */
export function drift(samples: readonly Sample[], figure: keyof Sample): number {
  const third = Math.floor(samples.length / 3);
  const of = (part: readonly Sample[]): number => {
    const values = part.map((sample) => sample[figure]);
    if (figure === "nanoseconds") return Math.min(...values);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return of(samples.slice(-third)) / of(samples.slice(-2 * third, -third));
}
