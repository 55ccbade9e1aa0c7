/** Recordings of heaps of GPUBuffers: at any time what is read is what the heap holds. */

import { describe, expect, it } from "vitest";
import { type ActiveRecording, RecordedState, readRecording, record } from "../../src/recording/index.ts";
import { GpuBufferHeap, GpuBufferUsage, type HeapAllocation } from "../../src/webgpu/index.ts";
import { Random } from "../helpers/random.ts";
import { FakeDevice } from "../webgpu/fake-device.ts";
import { validateState } from "./compare.ts";

const KIB = 1024;

type Heap = GpuBufferHeap<FakeDevice>;

function makeHeap(): Heap {
  return new GpuBufferHeap(new FakeDevice(), {
    usage: GpuBufferUsage.Vertex,
    blockSize: 64 * KIB,
    label: "meshes",
  });
}

/** Where everything lies, by name. */
function placesIn(heap: Heap): string[] {
  return heap
    .allocations()
    .map(
      ({ name, offset, size, isDedicated }) => `${name} ${offset} ${Math.ceil(size / 4) * 4} ${isDedicated}`,
    )
    .sort();
}

function placesRead(state: RecordedState): string[] {
  return [...state.allocations.values()]
    .map(({ name, offset, size, block }) => `${name} ${offset} ${size} ${block.isDedicated}`)
    .sort();
}

function stateOf(recording: ActiveRecording): RecordedState {
  const read = readRecording(recording.bytes());
  expect(read.problems).toEqual([]);
  const state = new RecordedState();
  const cursor = read.cursor();
  while (cursor.next()) state.apply(cursor);
  expect(state.contradictions).toBe(0);
  validateState(state);
  return state;
}

function expectSame(heap: Heap, recording: ActiveRecording): void {
  const state = stateOf(recording);
  expect(placesRead(state)).toEqual(placesIn(heap));
  expect(state.reservedBytes).toBe(heap.statistics().blockBytes);
}

describe("a recording of a heap of GPUBuffers", () => {
  it("begins with what is there, and follows allocations, frees, moves and sizes", async () => {
    const heap = makeHeap();
    const random = new Random(9);
    const live: HeapAllocation<ReturnType<FakeDevice["createBuffer"]>>[] = [];
    const allocate = async (i: number): Promise<void> => {
      const size = i % 40 === 7 ? 80 * KIB : random.magnitude(1, 8 * KIB);
      live.push(await heap.allocateAsync(size, { name: `mesh ${i}` }));
    };
    for (let i = 0; i < 60; i++) await allocate(i);
    const recording = record(heap);
    expectSame(heap, recording);
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 60; i++) {
        await allocate(100 * (round + 1) + i);
        while (live.length > 80) heap.free(live.splice(random.below(live.length), 1)[0]!);
      }
      expectSame(heap, recording);
      for (let i = 0; i < 50; i++) heap.free(live.splice(random.below(live.length), 1)[0]!);
      const { moves } = heap.defragment();
      expect(moves.length).toBeGreaterThanOrEqual(0);
      await heap.resize(live[0]!, random.magnitude(1, 16 * KIB));
      expectSame(heap, recording);
    }
    heap.destroy();
    const read = readRecording(recording.bytes());
    expect(read.header).toMatchObject({ source: "webgpu", name: "meshes" });
    expect(read.end.reason).toBe("destroyed");
    expect(recording.isEnded).toBe(true);
  });

  it("tells what there was no room for, and who asked", async () => {
    const heap = makeHeap();
    const recording = record(heap, { stacks: true });
    expect(heap.allocate(100, { name: "early" })).toBeUndefined();
    const read = readRecording(recording.bytes());
    const cursor = read.cursor();
    let refused: object | undefined;
    while (cursor.next()) {
      if (cursor.name === "early")
        refused = {
          size: cursor.size,
          reason: cursor.reason,
          // The library's own frames are none of the program's.
          isAsked: cursor.stack!.frames[0]!.file.includes("heap.test"),
        };
    }
    expect(refused).toEqual({ size: 100, reason: "blockSize", isAsked: true });
    recording.end();
    await heap.reserve(1000);
    expect(recording.operations).toBe(2);
    heap.destroy();
  });

  it("is one at a time", () => {
    const heap = makeHeap();
    const recording = record(heap);
    expect(() => record(heap)).toThrow("the heap is already being recorded");
    recording.end();
    record(heap).end();
    heap.destroy();
  });
});
