/** What is written is read: any moment, from any snapshot, whole or bit by bit. */

import { describe, expect, it } from "vitest";
import { RecordedState, Recording, RecordKind, readRecording } from "../../src/recording/index.ts";
import { CHUNK_BYTES } from "../../src/recording/writer/chunk-writer.ts";
import { Random } from "../helpers/random.ts";
import { asBelieved, expectState, placesOf } from "./compare.ts";
import { type BelievedState, type SyntheticOptions, SyntheticProgram, synthetic } from "./synthetic.ts";

/** A recording, and what was believed at some moments of it. */
function recorded(
  options: SyntheticOptions,
  moments: number,
): { bytes: Uint8Array; known: BelievedState[]; operations: number } {
  const program = new SyntheticProgram(options);
  const known: BelievedState[] = [program.believed()];
  for (let i = 1; i <= moments; i++) {
    program.run(Math.floor((options.operations * i) / (moments + 1)));
    known.push(program.believed());
  }
  const bytes = program.finish();
  return { bytes, known, operations: program.operations };
}

const kinds: [string, SyntheticOptions][] = [
  ["of a program with names that repeat", { operations: 12_000, live: 400 }],
  ["with stacks", { operations: 12_000, live: 400, stacks: true, seed: 2 }],
  ["with a name for each", { operations: 12_000, live: 300, names: "unique", seed: 3 }],
  ["in one wave", { operations: 12_000, isOneWave: true, names: "none", seed: 4 }],
  ["with short segments", { operations: 12_000, live: 500, segmentBytes: 4096, seed: 5 }],
];

describe.each(kinds)("a recording %s", (_what, options) => {
  const { bytes, known, operations } = recorded(options, 8);
  const recording = readRecording(bytes);

  it("tells what the program believed, at each moment", () => {
    for (const moment of known) expectState(recording.stateAt(moment.operation), moment);
  });

  it("tells the same by time", () => {
    for (const moment of known) {
      const state = recording.stateAtTime(moment.time);
      // Several operations may have the same time.
      if (state.operation === moment.operation) expectState(state, moment);
      else expect(state.operation).toBeGreaterThan(moment.operation);
      expect(recording.stateAtTime(moment.time - 1).time).toBeLessThan(Math.max(moment.time, 1));
    }
  });

  it("tells the same from the beginning to the end, passing over the snapshots in between", () => {
    const state = new RecordedState();
    const cursor = recording.cursor();
    let next = 0;
    while (cursor.next()) {
      if (!cursor.isSnapshot && state.operation === known[next]?.operation) {
        expectState(state, known[next]!);
        next++;
      }
      state.apply(cursor);
    }
    expect(next).toBe(known.length);
    expect(recording.end).toEqual({ operations, duration: state.time, reason: "detached" });
    expect(recording.problems).toEqual([]);
  });

  it("tells the same while it comes bit by bit", () => {
    const random = new Random(11);
    const live = Recording.live();
    const state = new RecordedState();
    const cursor = live.cursor();
    let given = 0;
    let next = 0;
    while (given < bytes.length) {
      const more = Math.min(random.magnitude(1, 100_000), bytes.length - given);
      live.append(bytes.subarray(given, given + more));
      given += more;
      while (cursor.next()) {
        if (!cursor.isSnapshot && state.operation === known[next]?.operation) {
          expect(asBelieved(state)).toEqual(known[next]);
          next++;
        }
        state.apply(cursor);
      }
    }
    expect(next).toBe(known.length);
    expect(live.end).toEqual(recording.end);
    expect(live.problems).toEqual([]);
  });
});

it("goes on with another stream of the same program where one broke off in the middle of a chunk", () => {
  const bytes = new SyntheticProgram({ operations: 30_000, live: 300, segmentBytes: 70_000 }).finish();
  const whole = readRecording(bytes);
  const live = Recording.live();
  const { segments } = placesOf(bytes);
  live.append(bytes.subarray(0, segments[1]! + 50));
  live.forgetUnfinished();
  live.append(bytes.subarray(segments[2]!));
  expect(live.end).toEqual(whole.end);
  expect(live.stateAt(30_000).allocations).toEqual(whole.stateAt(30_000).allocations);
  expect(live.problems.map(({ message }) => message)).toEqual([expect.stringMatching(/missing/)]);
});

describe("a recording of 200,000 operations", () => {
  const options = { operations: 200_000, live: 10_000, stacks: false };
  const program = new SyntheticProgram(options);
  const bytes = program.finish();
  const recording = readRecording(bytes);

  it("has at most 24 bytes an operation", () => {
    expect(bytes.length / program.operations).toBeLessThan(24);
    expect(program.memory.bytes().length).toBe(program.writer.out.bytesWritten);
  });

  it("is written in chunks of at most 64 KiB, with at most 1 MiB of operations behind a snapshot", () => {
    const positions: number[] = [];
    const cursor = recording.cursor();
    // The positions of records are known from the reader that the cursor has inside.
    let lastSnapshotEnd = 0;
    let furthest = 0;
    for (let segment = 0; segment < recording.segments.length; segment++) {
      const each = recording.cursor(segment);
      let isFirst = true;
      while (each.next()) {
        if (each.kind === RecordKind.SnapshotEnd) lastSnapshotEnd = each.reader.at;
        if (each.kind === RecordKind.Counters && !isFirst) break;
        if (!each.isSnapshot) {
          const next = recording.segments[segment + 1];
          if (next !== undefined && each.operation > next.operations) break;
          furthest = Math.max(furthest, each.reader.at - lastSnapshotEnd);
        }
        isFirst = false;
      }
      positions.push(lastSnapshotEnd);
    }
    expect(cursor.next()).toBe(true);
    expect(recording.segments.length).toBeGreaterThan(1);
    expect(furthest).toBeGreaterThan(0x80000);
    expect(furthest).toBeLessThanOrEqual(0x100000);
    expect(positions.length).toBe(recording.segments.length);
  });

  it("loses at most 64 KiB when the program is killed", () => {
    const written: number[] = [];
    let total = 0;
    let worst = 0;
    const killed = new SyntheticProgram({
      ...options,
      operations: 50_000,
      sink: {
        write(chunk) {
          written.push(chunk.length);
          total += chunk.length;
        },
      },
    });
    for (let i = 1; i <= 50_000; i++) {
      killed.run(i);
      worst = Math.max(worst, killed.writer.out.position);
    }
    expect(total).toBeGreaterThan(0);
    expect(Math.max(...written)).toBeLessThanOrEqual(CHUNK_BYTES);
    expect(worst).toBeLessThanOrEqual(CHUNK_BYTES);
  });
});

describe("requests and stacks", () => {
  it("of the same content are the same objects, in all segments", () => {
    const bytes = synthetic({ operations: 20_000, live: 200, stacks: true, segmentBytes: 4096 });
    const cursor = readRecording(bytes).cursor();
    const requests = new Map<string, unknown>();
    const stacks = new Map<string, unknown>();
    while (cursor.next()) {
      if (cursor.kind !== RecordKind.AllocationMade) continue;
      const request = JSON.stringify(cursor.request);
      expect(requests.get(request) ?? cursor.request).toBe(cursor.request);
      requests.set(request, cursor.request);
      const stack = JSON.stringify(cursor.stack);
      expect(stacks.get(stack) ?? cursor.stack).toBe(cursor.stack);
      stacks.set(stack, cursor.stack);
    }
    expect(stacks.size).toBe(50);
    expect(requests.size).toBeGreaterThan(20);
  });
});

describe("texts", () => {
  it.each([
    ["", ""],
    ["plain", "plain"],
    ["Grüße, 世界 🎮", "Grüße, 世界 🎮"],
    ["x".repeat(48), "x".repeat(48)],
    ["x".repeat(200), "x".repeat(200)],
    ["x".repeat(10_000), "x".repeat(4096)],
    ["é".repeat(3000), "é".repeat(2048)],
    ["\u0000<script>\n", "\u0000<script>\n"],
  ])("come back, as far as they fit (%#)", (given, expected) => {
    const program = new SyntheticProgram({ operations: 10 });
    program.writer.mark(5, given);
    const cursor = readRecording(program.finish()).cursor();
    while (cursor.next() && cursor.kind !== RecordKind.Mark);
    expect(cursor.name).toBe(expected);
  });
});

describe("the rest of the kinds", () => {
  it("come back with all their fields", () => {
    const program = new SyntheticProgram({ operations: 100 });
    const { writer } = program;
    const info = { flags: 3, pool: undefined, maxBytesPerPass: 2 ** 35, maxAllocationsPerPass: 17 };
    const pool = {
      memoryTypeIndex: 2,
      fallbackMemoryTypes: [0, 5],
      flags: 4,
      blockSize: 2 ** 33,
      minBlockCount: 1,
      maxBlockCount: 9,
      priority: 1,
      minAllocationAlignment: 512,
      name: "ring",
    };
    writer.poolMade(1, pool);
    writer.poolNamed(2, 0, "other ring");
    writer.defragmentationBegun(3, info);
    writer.passBegun(4, 0, 5, 6);
    writer.passEnded(5, 0, 4, 5);
    writer.defragmentationEnded(6, 0, 4, 5, 1, 2 ** 34);
    writer.poolDestroyed(7, 0);
    const block = writer.blockMade(8, 0, 1, 0, 1000);
    writer.blockResized(9, block, 2000);
    writer.blockCleared(10, block);
    writer.blockFreed(11, block);
    const recording = readRecording(program.finish());
    const cursor = recording.cursor();
    const seen: unknown[] = [];
    while (cursor.next() && cursor.time <= 11) {
      if (!cursor.isSnapshot) seen.push([cursor.kind, cursor.time]);
      if (cursor.kind === RecordKind.PoolMade) {
        const { name, flags: bits, ...rest } = pool;
        expect(cursor).toMatchObject({ ...rest, bits, pool: 0 });
        expect(cursor.name).toBe(name);
      }
      if (cursor.kind === RecordKind.PoolNamed) expect(cursor.name).toBe("other ring");
      if (cursor.kind === RecordKind.DefragmentationBegun) {
        expect(cursor).toMatchObject({ defragmentation: 0, bits: 3, maxBytesPerPass: 2 ** 35 });
        expect(cursor.maxAllocationsPerPass).toBe(17);
      }
      if (cursor.kind === RecordKind.PassBegun) expect(cursor).toMatchObject({ moves: 5, bytesMoved: 6 });
      if (cursor.kind === RecordKind.PassEnded) expect(cursor).toMatchObject({ moves: 4, bytesMoved: 5 });
      if (cursor.kind === RecordKind.DefragmentationEnded) {
        expect(cursor).toMatchObject({ moves: 4, bytesMoved: 5, blocksFreed: 1, bytesFreed: 2 ** 34 });
      }
      if (cursor.kind === RecordKind.BlockMade) expect(cursor).toMatchObject({ pool: 0, size: 1000 });
      if (cursor.kind === RecordKind.BlockResized) expect(cursor.size).toBe(2000);
    }
    expect(seen).toEqual([
      [RecordKind.PoolMade, 1],
      [RecordKind.PoolNamed, 2],
      [RecordKind.DefragmentationBegun, 3],
      [RecordKind.PassBegun, 4],
      [RecordKind.PassEnded, 5],
      [RecordKind.DefragmentationEnded, 6],
      [RecordKind.PoolDestroyed, 7],
      [RecordKind.BlockMade, 8],
      [RecordKind.BlockResized, 9],
      [RecordKind.BlockCleared, 10],
      [RecordKind.BlockFreed, 11],
    ]);
  });

  it("of a refusal come back", () => {
    const cursor = readRecording(synthetic({ operations: 5000 })).cursor();
    let refusals = 0;
    while (cursor.next()) {
      if (cursor.kind !== RecordKind.Refused) continue;
      refusals++;
      expect(cursor).toMatchObject({ result: -2, heap: 0, missingBytes: 2 ** 39, size: 2 ** 40 });
      expect([cursor.reason, cursor.name]).toEqual(["heap-size", "far too large"]);
      expect(cursor.message).toMatch(/1099511627776 bytes/);
    }
    expect(refusals).toBeGreaterThan(0);
  });
});
