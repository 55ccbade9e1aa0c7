/**
 * A heap of GPUBuffers beside other ways to have many buffers: a GPUBuffer each on dawn, and the ways in which well-known programs
 * divide a big one. Sizes are those of meshes. The heap's own buffers are made by a device that does nothing, as are the others'.
 */

import {
  GpuBufferHeap,
  type GpuBufferLike,
  GpuBufferUsage,
  type HeapAllocation,
} from "../../src/webgpu/index.ts";
import { type Case, type Round, type Side, SideName } from "../harness/case.ts";
import { BumpAndSortedIds, FirstFit, type OtherHeap, PowerOfTwoLists } from "../harness/other-heaps.ts";
import { inChunks, nextRandom, pick, SEED } from "../harness/sequence.ts";
import { hasDawn, idleDevice, requestDawn } from "../harness/webgpu.ts";

const MIB: number = 2 ** 20;

/** Bytes of a mesh: 96 B to 64 KiB in steps of 12, small ones more often. */
function meshSize(random: number): number {
  return 12 * (8 + (pick(random, 5456) >> (random >>> 29)));
}

interface Churn {
  /** In the steady state half of them are taken. */
  readonly slots: number;
  /** Bytes of the one buffer that others divide. */
  readonly size: number;
  readonly operations: number;
}

/** Picks a slot at random, frees it if it is taken, else allocates into it. */
function churn<Handle>(
  { slots: count, operations }: Churn,
  { allocate, free, offset }: OtherHeap<Handle>,
  figures: () => Record<string, number>,
  timed: number = operations,
): Round {
  const slots: (Handle | undefined)[] = new Array(count).fill(undefined);
  let random = SEED;
  let sum = 0;
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
        if (made !== undefined) sum = (sum + offset(made)) >>> 0;
        slots[slot] = made;
      }
    }
  };
  for (let slot = 0; slot < count; slot += 2) {
    random = nextRandom(random);
    slots[slot] = allocate(meshSize(random));
  }
  inChunks(Math.min(count, timed), run);
  const start = performance.now();
  inChunks(timed, run);
  const nanosecondsPerOperation = ((performance.now() - start) * 1e6) / timed;
  const round = { nanosecondsPerOperation, operations: timed, checksum: sum, figures: figures() };
  for (const held of slots) if (held !== undefined) free(held);
  return round;
}

function heapSide(settings: Churn): Side {
  return {
    name: SideName.Ours,
    exact: false,
    note: "blocks of 64 MiB; aligned to 4 bytes; handles checked",
    round: async () => {
      const heap = new GpuBufferHeap(idleDevice(), { usage: GpuBufferUsage.Vertex });
      await heap.reserve(settings.size);
      const round = churn<HeapAllocation<GpuBufferLike>>(
        settings,
        {
          allocate: (size) => heap.allocate(size),
          free: (allocation) => heap.free(allocation),
          offset: (allocation) => allocation.offset,
        },
        () => ({ buffers: heap.statistics().blockCount, "bytes of buffers": heap.statistics().blockBytes }),
      );
      heap.destroy();
      return round;
    },
  };
}

function otherSide<Handle>(
  settings: Churn,
  name: SideName,
  note: string,
  make: (size: number) => OtherHeap<Handle>,
  operations?: number,
): Side {
  return {
    name,
    exact: false,
    note,
    round: () => {
      const other = make(settings.size);
      return churn(
        settings,
        {
          allocate: (size) => other.allocate(size),
          free: (handle: Handle) => other.free(handle),
          offset: (handle: Handle) => other.offset(handle),
        },
        () => ({ buffers: 1, "bytes of buffers": settings.size }),
        operations,
      );
    },
  };
}

const MOST_BUFFERS = 5_000;
/** A buffer takes a hundred times as long, and a few thousand operations are enough. */
const BUFFER_OPERATIONS = 5_000;

function bufferSide(settings: Churn): Side {
  return {
    name: SideName.BufferEach,
    exact: false,
    note: `createBuffer and destroy; timed over ${BUFFER_OPERATIONS.toLocaleString("en")} operations`,
    round: async () => {
      const device = await requestDawn();
      if (device === undefined) throw new Error("there is no dawn");
      let [count, bytes] = [0, 0];
      const usage = GpuBufferUsage.Vertex | GpuBufferUsage.CopyDst;
      const round = churn(
        settings,
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
        () => ({ buffers: count, "bytes of buffers": bytes }),
        BUFFER_OPERATIONS,
      );
      device.destroy();
      return round;
    },
  };
}

function churnCase(live: number, operations: number, sorted: number): Case {
  // Twice the bytes that are alive on average.
  const settings: Churn = { slots: 2 * live, size: Math.ceil((live * 24_000) / MIB) * MIB, operations };
  return {
    id: `webgpu/churn-${live}`,
    group: "WebGPU: many allocations in few buffers",
    title: `${live.toLocaleString("en")} meshes live`,
    operation: "allocate or free",
    rounds: 3,
    sides: async () => [
      heapSide(settings),
      // Dawn on SwiftShader ends the process long before 50,000 buffers.
      live <= MOST_BUFFERS && (await hasDawn()) ? bufferSide(settings) : undefined,
      otherSide(
        settings,
        SideName.PowerOfTwoLists,
        "written anew after PlayCanvas's block allocator: no alignment, no checks",
        (size) => new PowerOfTwoLists(size),
      ),
      otherSide(
        settings,
        SideName.SortedIds,
        `written anew after three.js's BatchedMesh; timed over ${sorted.toLocaleString("en")} operations, without moving bytes`,
        (size) => new BumpAndSortedIds(size),
        sorted,
      ),
      otherSide(settings, SideName.FirstFit, "a free list by address", (size) => new FirstFit(size), 100_000),
    ],
  };
}

export const webGpuCases: readonly Case[] = [
  churnCase(5_000, 1_000_000, 20_000),
  churnCase(50_000, 1_000_000, 2_000),
];
