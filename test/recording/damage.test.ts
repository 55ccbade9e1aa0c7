/**
 * Recordings that are cut off, damaged, or made on purpose to do harm: what is good is read, what is not is told with its
 * position, and nothing else happens.
 */

import { describe, expect, it } from "vitest";
import { CHUNK_HEADER_BYTES, ChunkType, chunkAt, sealChunk } from "../../src/recording/format/chunk.ts";
import { RecordKind } from "../../src/recording/format/kinds.ts";
import { putUint } from "../../src/recording/format/varint.ts";
import { RecordedState, type Recording, RecordingError, readRecording } from "../../src/recording/index.ts";
import { MemoryRing, RingSink } from "../../src/recording/writer/ring.ts";
import { Random } from "../helpers/random.ts";
import { expectState, validateState } from "./compare.ts";
import { type BelievedState, SyntheticProgram, synthetic, syntheticHeader } from "./synthetic.ts";

interface Chunk {
  readonly position: number;
  readonly end: number;
  readonly type: number;
  readonly operations: number;
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer);
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length; at = chunks.at(-1)!.end) {
    const found = chunkAt(bytes, view, at);
    if (typeof found === "string") throw new Error(found);
    chunks.push(found);
  }
  return chunks;
}

/** Goes through all of it. */
function readAll(bytes: Uint8Array): { state: RecordedState; recording: Recording; records: number } {
  const recording = readRecording(bytes);
  const state = new RecordedState();
  const cursor = recording.cursor();
  let records = 0;
  while (cursor.next()) {
    state.apply(cursor);
    records++;
  }
  return { state, recording, records };
}

describe("a recording that is cut off", () => {
  const program = new SyntheticProgram({ operations: 30_000, live: 300, segmentBytes: 0x18000 });
  const known = new Map<number, BelievedState>([[0, program.believed()]]);
  while (program.operations < 30_000) {
    program.run(program.operations + 1);
    if (program.operations % 16 === 0) known.set(program.operations, program.believed());
  }
  program.writer.out.flush();
  const bytes = program.memory.bytes();
  const chunks = chunksOf(bytes);

  it("is good up to the last chunk that is whole, wherever it is cut", () => {
    const random = new Random(3);
    const cuts = chunks.flatMap(({ position, end }) => [position, position + 1, end - 1]);
    for (let i = 0; i < 40; i++) cuts.push(random.below(bytes.length));
    for (const cut of cuts) {
      const whole = chunks.filter(({ end }) => end <= cut);
      if (whole.length < 2) continue;
      const { state, recording } = readAll(bytes.slice(0, cut));
      const next = chunks[whole.length];
      expect(state.operation).toBe(next === undefined ? program.operations : next.operations);
      expect(state.contradictions).toBe(0);
      const good = whole.at(-1)!.end;
      expect(recording.goodUpTo).toBe(good);
      const isCut = good < cut;
      const problem = {
        position: good,
        resumedAt: cut,
        message: expect.stringMatching(/cut off|begins here/),
      };
      expect(recording.problems).toEqual(isCut ? [problem] : []);
      expect(recording.end.reason).toBeUndefined();
    }
  });

  it("tells the right state before the cut", () => {
    const { recording } = readAll(bytes.slice(0, bytes.length - 100));
    for (const moment of known.values()) {
      if (moment.operation <= recording.end.operations && moment.operation % 1600 === 0) {
        expectState(recording.stateAt(moment.operation), moment);
      }
    }
  });

  it("with nothing but a header, or nothing, is said to be so", () => {
    const { recording, records } = readAll(bytes.slice(0, chunks[0]!.end));
    expect(records).toBe(0);
    expect(recording.end).toEqual({ operations: 0, duration: 0, reason: undefined });
    expect(recording.stateAt(5).allocations.size).toBe(0);
    expect(() => readRecording(new Uint8Array(0))).toThrow(new RecordingError("the recording is empty", 0));
    expect(() => readRecording(bytes.slice(0, 30))).toThrow("this is not a recording of vma-ts");
  });
});

describe("a damaged recording", () => {
  const bytes = synthetic({ operations: 60_000, live: 300, segmentBytes: 0x8000, seed: 9 });
  const chunks = chunksOf(bytes);
  const whole = readAll(bytes);

  it("is read up to the damage and from the next snapshot on, and says where", () => {
    for (const [index, chunk] of chunks.entries()) {
      if (index === 0) continue;
      const damaged = bytes.slice();
      damaged[chunk.position + 44]! ^= 0x10;
      const { state, recording } = readAll(damaged);
      const next = chunks[index + 1]?.position ?? bytes.length;
      const problem = {
        position: chunk.position,
        resumedAt: next,
        message: "the chunk's checksum is wrong",
      };
      expect(recording.problems).toEqual([problem]);
      const segments = chunks.slice(index + 1).filter(({ type }) => type === ChunkType.Segment);
      if (segments.length === 0) continue;
      // Behind the next snapshot everything is as it was.
      expect(state.operation).toBe(whole.state.operation);
      expect(state.allocations.size).toBe(whole.state.allocations.size);
      expect(state.contradictions).toBe(0);
      expect(recording.end).toEqual(whole.recording.end);
    }
  });

  it("of which chunks are missing tells which", () => {
    const missing = [4, 5, 6];
    const parts = chunks
      .filter((_, index) => !missing.includes(index))
      .map((c) => bytes.subarray(c.position, c.end));
    const { state, recording } = readAll(Buffer.concat(parts));
    expect(recording.problems).toEqual([
      {
        position: chunks[4]!.position,
        resumedAt: chunks[4]!.position,
        message: "chunks 4 to 6 are missing",
      },
    ]);
    expect(state.allocations.size).toBe(whole.state.allocations.size);
  });

  it("of which a chunk comes twice is read once", () => {
    const twice = Buffer.concat([bytes, bytes.subarray(chunks[3]!.position, chunks[3]!.end)]);
    const { state, recording } = readAll(twice);
    expect(recording.problems[0]!.message).toBe("chunk 3 comes twice");
    expect(state.allocations.size).toBe(whole.state.allocations.size);
  });

  it("whose header is damaged is read without it", () => {
    const damaged = bytes.slice();
    damaged[50]! ^= 1;
    const { state, recording } = readAll(damaged);
    expect(recording.header.name).toBe("a recording whose header is damaged");
    expect(recording.problems).toEqual([
      { position: 0, resumedAt: chunks[1]!.position, message: "the chunk's checksum is wrong" },
    ]);
    expect(state.operation).toBe(whole.state.operation);
    expect(state.allocations.size).toBe(whole.state.allocations.size);
  });

  it("with rubbish in front, in between and behind is read", () => {
    const rubbish = new TextEncoder().encode("VMRC is what a chunk begins with: VMRC");
    const parts: Uint8Array[] = [];
    for (const { position, end } of chunks) parts.push(rubbish, bytes.subarray(position, end));
    const { state, recording } = readAll(Buffer.concat([...parts, rubbish]));
    expect(recording.problems).toHaveLength(chunks.length + 1);
    expect(state.allocations.size).toBe(whole.state.allocations.size);
  });

  it("of a newer version is refused", () => {
    const newer = bytes.slice(0, chunks[0]!.end);
    const view = new DataView(newer.buffer);
    const info = { type: 1, number: 0, segment: 0, time: 0, operations: 0 };
    sealChunk(newer, view, newer.length, info);
    newer[13] = 2;
    const resealed = reseal(newer);
    expect(() => readRecording(resealed)).toThrow("version 2, which is newer than this reader's 1");
  });
});

/** Corrects the checksum of a chunk. */
function reseal(chunk: Uint8Array): Uint8Array {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const version = chunk[13]!;
  sealChunk(chunk, view, chunk.length, {
    type: chunk[12]!,
    number: view.getUint32(16, true),
    segment: view.getUint32(20, true),
    time: view.getFloat64(24, true),
    operations: view.getFloat64(32, true),
  });
  if (version === chunk[13]) return chunk;
  // Another version: sum up by hand what sealChunk would not write.
  chunk[13] = version;
  view.setUint32(8, crcOf(chunk.subarray(12)), true);
  return chunk;
}

function crcOf(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("a hostile recording", () => {
  const header = new TextEncoder().encode(JSON.stringify(syntheticHeader));

  /** A recording of these payloads, with checksums that hold. */
  function forge(...payloads: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
    const parts = [chunk(ChunkType.Header, 0, header)];
    payloads.forEach((payload, index) => {
      const type = index === 0 ? ChunkType.Segment : ChunkType.Continuation;
      parts.push(chunk(type, index + 1, payload));
    });
    return Buffer.concat(parts);
  }

  function chunk(type: number, number: number, payload: ArrayLike<number>): Uint8Array {
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES + payload.length);
    bytes.set(payload, CHUNK_HEADER_BYTES);
    sealChunk(bytes, new DataView(bytes.buffer), bytes.length, {
      type,
      number,
      segment: 0,
      time: 0,
      operations: 0,
    });
    return bytes;
  }

  const uint = (value: number): number[] => {
    const bytes = new Uint8Array(8);
    return [...bytes.subarray(0, putUint(bytes, 0, value))];
  };
  const counters = [RecordKind.Counters, 0, 0, 0, 0, 0, 0, RecordKind.SnapshotEnd];
  const huge = [RecordKind.Counters, ...Array.from({ length: 5 }, () => uint(2 ** 52)).flat(), 0];

  it.each([
    ["an unknown kind", [...counters, 0x77], "there is no record of kind 0x77"],
    ["an unknown definition", [...counters, 0x00], "there is no record of kind 0x00"],
    ["an operation in its snapshot", [RecordKind.Frame, 0, 0], "an operation is inside a snapshot"],
    ["a snapshot among operations", [...counters, RecordKind.SnapshotEnd], "is among operations"],
    ["a text longer than its chunk", [RecordKind.String, ...uint(2 ** 50)], "bytes in a text"],
    [
      "a stack longer than its chunk",
      [RecordKind.Stack, ...uint(1e6)],
      "there cannot be 1000000 frames in a stack",
    ],
    [
      "a stack of too many frames",
      [RecordKind.Stack, 65, ...new Array<number>(80).fill(1)],
      "a stack has 65 frames",
    ],
    ["a stack without its frame", [RecordKind.Stack, 1, 1], "a frame that does not exist"],
    ["a name that is not there", [...counters, RecordKind.Mark, 0, 9], "there is no text 9"],
    ["an allocation that is not there", [...counters, RecordKind.Freed, 0, 0], "there is no such allocation"],
    ["a block that is not there", [...counters, RecordKind.BlockFreed, 0, 3], "there is no block 3"],
    ["a pool that is not there", [...counters, RecordKind.PoolDestroyed, 0, 3], "there is no pool 3"],
    [
      "more heaps than there can be",
      [RecordKind.SnapshotBudgets, 17, ...new Array<number>(40).fill(0)],
      "17 heaps",
    ],
    [
      "a request with an alignment that cannot be",
      [RecordKind.Request, ...new Array<number>(11).fill(0), 60, 0, 0, 0],
      "there is no alignment of 2^60",
    ],
    [
      "an allocation without a request",
      [...counters, RecordKind.BlockMade, 0, 0, 0, 0, 9, RecordKind.AllocationMade, 0, 0, 0, 1, 0],
      "there is no request 0",
    ],
    ["an allocation without its block", [...huge, 0x80, 0, 1, 1], "without its block"],
    ["a record that goes on in the next chunk", [...counters, RecordKind.Frame, 0], "beyond the end"],
    ["something skipped beyond its chunk", [...counters, 0x50, 100], "bytes in a record"],
  ])("with %s says so and goes no further", (_what, payload, message) => {
    const { recording } = readAll(forge(payload));
    expect(recording.problems).toHaveLength(1);
    expect(recording.problems[0]!.message).toContain(message);
    expect(recording.problems[0]!.position).toBeGreaterThanOrEqual(header.length + 80);
  });

  it("with counters beyond all bounds takes no memory for them", () => {
    const { state, recording } = readAll(forge([...huge, RecordKind.SnapshotEnd, RecordKind.Freed, 0, 5]));
    expect(recording.problems).toEqual([]);
    expect(state.contradictions).toBe(1);
  });

  it("skips what is for later", () => {
    const { recording, records } = readAll(forge([...counters, 0x5f, 3, 1, 2, 3, RecordKind.Frame, 0, 7]));
    expect(recording.problems).toEqual([]);
    expect(records).toBe(3);
  });

  it("with contradictions applies what it can, and counts the rest", () => {
    const request = [RecordKind.Request, ...new Array<number>(15).fill(0)];
    const block = [RecordKind.BlockMade, 0, 0, 0, 0, ...uint(100)];
    const make = (offset: number, size: number): number[] => [
      RecordKind.AllocationMade,
      0,
      0,
      ...uint(offset),
      ...uint(size),
      1,
    ];
    const free = [RecordKind.Freed, 0, 0];
    const payload = [...counters, ...request, ...block, ...make(0, 50), ...make(60, 50), ...free, ...free];
    const { state } = readAll(forge([...payload, RecordKind.Unmapped, 0, 1, RecordKind.BlockFreed, 0, 0]));
    expect(state.contradictions).toBe(5);
    expect([state.allocations.size, state.blocks.size, state.usedBytes]).toEqual([0, 0, 0]);
    validateState(state);
  });

  it("made of one that is good by changing any bytes does no harm", () => {
    const random = new Random(21);
    const good = synthetic({ operations: 1500, live: 60, stacks: true, segmentBytes: 2048, seed: 4 });
    const chunks = chunksOf(good);
    for (let run = 0; run < 400; run++) {
      const bytes = good.slice();
      const target = chunks[1 + random.below(chunks.length - 1)]!;
      const part = bytes.subarray(target.position, target.end);
      for (let i = 0; i < 3; i++) {
        part[CHUNK_HEADER_BYTES + random.below(part.length - CHUNK_HEADER_BYTES)] = random.below(256);
      }
      reseal(part);
      const { state, recording } = readAll(bytes);
      let bytesInUse = 0;
      for (const { size } of state.allocations.values()) bytesInUse += size;
      expect(state.usedBytes).toBe(bytesInUse);
      for (let i = 0; i < 3; i++) recording.stateAt(random.below(1500));
      for (const { position, resumedAt } of recording.problems) {
        expect(position).toBeLessThanOrEqual(resumedAt);
        expect(resumedAt).toBeLessThanOrEqual(bytes.length);
      }
    }
  });

  it("that claims a chunk at every byte is given up before long", () => {
    const bytes = new Uint8Array(1 << 22);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      view.setUint32(at, 0x43524d56, true);
      view.setUint32(at + 4, 0xfff00, true);
    }
    const began = process.cpuUsage().user;
    expect(() => readRecording(bytes)).toThrow("this is not a recording of vma-ts");
    // Without a limit it would be half a million times a megabyte.
    expect(process.cpuUsage().user - began).toBeLessThan(10e6);
  });
});

describe("a ring", () => {
  const ring = 200_000;
  const memory = new MemoryRing();
  const sink = new RingSink(memory, ring);
  const program = new SyntheticProgram({
    operations: 100_000,
    live: 200,
    sink,
    ring,
    segmentBytes: 20_000,
  });
  const states: BelievedState[] = [];
  for (let i = 1; i <= 50; i++) {
    program.run(i * 2000);
    states.push(program.believed());
  }
  program.writer.out.flush();
  const bytes = memory.slice(sink.length);
  const recording = readRecording(bytes);

  it("keeps to its size", () => {
    expect(program.writer.out.bytesWritten).toBeGreaterThan(3 * ring);
    expect(bytes.length).toBeLessThanOrEqual(ring);
  });

  it("tells the last moments as they were", () => {
    expect(recording.problems).toEqual([]);
    const first = recording.segments[0]!.operations;
    expect(first).toBeGreaterThan(50_000);
    const known = states.filter(({ operation }) => operation >= first);
    expect(known.length).toBeGreaterThan(3);
    for (const moment of known) expectState(recording.stateAt(moment.operation), moment);
    expect(recording.end.operations).toBe(program.operations);
  });

  it("can be read while it is written, at any time", () => {
    const other = new MemoryRing();
    const otherSink = new RingSink(other, ring);
    const running = new SyntheticProgram({
      operations: 1e9,
      live: 100,
      sink: otherSink,
      ring,
      segmentBytes: 8192,
    });
    for (let i = 1; i <= 60; i++) {
      running.run(i * 700);
      running.writer.out.flush();
      const now = readRecording(other.slice(otherSink.length));
      expect(now.problems).toEqual([]);
      expectState(now.stateAt(running.operations), running.believed());
    }
  });
});
