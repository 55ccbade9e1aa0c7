/**
 * The work of the benches of WebGPU heaps, for Node.js and for pages: meshes come and go, in a heap, in a GPUBuffer each, or in one buffer
 * that is divided in another way.
 */

import {
  GpuBufferHeap,
  type GpuBufferLike,
  GpuBufferUsage,
  type GpuDeviceLike,
  type HeapAllocation,
} from "../../src/webgpu/index.ts";
import type { Round } from "./case.ts";
import type { OtherHeap } from "./other-heaps.ts";
import { inChunks, nextRandom, pick, SEED } from "./sequence.ts";

const MIB: number = 2 ** 20;
/** Bytes of a mesh on average; see {@link meshSize}. */
const AVERAGE = 8200;

/** Bytes of a mesh: 96 B to 64 KiB in steps of 12, small ones more often. */
function meshSize(random: number): number {
  return 12 * (8 + (pick(random, 5456) >> (random >>> 29)));
}

/** How much there is to do. */
export interface MeshChurn {
  /** In the steady state half of them are taken. */
  readonly slots: number;
  /** Bytes of the buffers: twice what is alive on average. */
  readonly size: number;
  readonly operations: number;
}

/** So many meshes alive. */
export function meshChurn(live: number, operations: number): MeshChurn {
  return { slots: 2 * live, size: Math.ceil((2 * live * AVERAGE) / MIB) * MIB, operations };
}

/** Picks a slot at random, frees it if it is taken, else allocates into it. */
function churn<Handle>(
  { slots: count, operations }: MeshChurn,
  { allocate, free, offset }: OtherHeap<Handle>,
  figures: () => Record<string, number>,
): Round {
  const slots: (Handle | undefined)[] = new Array(count).fill(undefined);
  let random = SEED;
  let sum = 0;
  let refused = 0;
  const run = (steps: number): void => {
    for (let step = 0; step < steps; step++) {
      random = nextRandom(random);
      const slot = pick(random, count);
      const held = slots[slot];
      if (held !== undefined) {
        free(held);
        slots[slot] = undefined;
      } else {
        random = nextRandom(random);
        const made = allocate(meshSize(random));
        if (made === undefined) refused++;
        else sum = (sum + offset(made)) >>> 0;
        slots[slot] = made;
      }
    }
  };
  for (let slot = 0; slot < count; slot += 2) {
    random = nextRandom(random);
    slots[slot] = allocate(meshSize(random));
  }
  inChunks(Math.min(count, operations), run);
  const start = performance.now();
  inChunks(operations, run);
  const nanosecondsPerOperation = ((performance.now() - start) * 1e6) / operations;
  // Who is out of room has less to do.
  if (refused > 0) throw new Error(`there was no room for ${refused} of ${operations} operations`);
  const round = { nanosecondsPerOperation, operations, checksum: sum, figures: figures() };
  for (const held of slots) if (held !== undefined) free(held);
  return round;
}

/** Meshes in a heap. */
export async function heapRound(churned: MeshChurn, device: GpuDeviceLike): Promise<Round> {
  // An empty block that is given back could not be had again at once.
  const heap = new GpuBufferHeap(device, { usage: GpuBufferUsage.Vertex, keepEmptyBlocks: 1000 });
  await heap.reserve(churned.size);
  const round = churn<HeapAllocation<GpuBufferLike>>(
    churned,
    {
      allocate: (size) => heap.allocate(size),
      free: (allocation) => heap.free(allocation),
      offset: (allocation) => allocation.offset,
    },
    () => {
      heap.trim();
      const { blockCount, blockBytes, allocationBytes } = heap.statistics();
      return { buffers: blockCount, "bytes of buffers": blockBytes, "bytes alive": allocationBytes };
    },
  );
  heap.destroy();
  return round;
}

/** Meshes in one buffer that is divided in another way. */
export function otherRound<Handle>(churned: MeshChurn, make: (size: number) => OtherHeap<Handle>): Round {
  const other = make(churned.size);
  return churn(
    churned,
    {
      allocate: (size) => other.allocate(size),
      free: (handle: Handle) => other.free(handle),
      offset: (handle: Handle) => other.offset(handle),
    },
    () => ({ buffers: 1, "bytes of buffers": churned.size }),
  );
}

/** A GPUBuffer for each mesh. */
export function bufferRound(churned: MeshChurn, device: GPUDevice): Round {
  let [count, bytes] = [0, 0];
  const usage = GpuBufferUsage.Vertex | GpuBufferUsage.CopyDst;
  return churn(
    churned,
    {
      allocate: (size) => {
        count++;
        bytes += size;
        return device.createBuffer({ size, usage });
      },
      free: (buffer: GPUBuffer) => {
        count--;
        bytes -= buffer.size;
        buffer.destroy();
      },
      offset: (buffer: GPUBuffer) => buffer.size,
    },
    () => ({ buffers: count, "bytes of buffers": bytes, "bytes alive": bytes }),
  );
}
