/** The smallest parts of the format: integers, checksums, headers, tables. */

import { describe, expect, it } from "vitest";
import { CHUNK_HEADER_BYTES, ChunkType, chunkAt, sealChunk } from "../../src/recording/format/chunk.ts";
import { crc32 } from "../../src/recording/format/crc32.ts";
import { readHeader } from "../../src/recording/format/header.ts";
import { fillRow, IMAGE_CELLS, partialRequest, requestOf } from "../../src/recording/format/request.ts";
import { MAX_VARINT, putSint, putUint } from "../../src/recording/format/varint.ts";
import { RecordReader } from "../../src/recording/reader/record-reader.ts";
import { RowTable } from "../../src/recording/writer/row-table.ts";
import { StackTable } from "../../src/recording/writer/stack-table.ts";
import { Random } from "../helpers/random.ts";
import { syntheticHeader } from "./synthetic.ts";

const MAX = Number.MAX_SAFE_INTEGER;

function readerOf(bytes: Uint8Array): RecordReader {
  const reader = new RecordReader();
  reader.bytes = bytes;
  reader.end = bytes.length;
  return reader;
}

describe("integers of variable length", () => {
  it.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [16383, 2],
    [16384, 3],
    [2 ** 21, 4],
    [2 ** 28, 5],
    [2 ** 31 - 1, 5],
    [2 ** 31, 5],
    [2 ** 32, 5],
    [2 ** 35, 6],
    [2 ** 49, 8],
    [MAX, MAX_VARINT],
  ])("%d takes %d bytes and comes back", (value, length) => {
    const bytes = new Uint8Array(10);
    expect(putUint(bytes, 1, value)).toBe(1 + length);
    const reader = readerOf(bytes);
    reader.at = 1;
    expect(reader.uint()).toBe(value);
    expect(reader.at).toBe(1 + length);
  });

  it("come back, whatever they are, with a sign too", () => {
    const random = new Random(7);
    const bytes = new Uint8Array(8);
    for (let i = 0; i < 20_000; i++) {
      const value = random.magnitude(1, MAX) - 1;
      putUint(bytes, 0, value);
      expect(readerOf(bytes).uint()).toBe(value);
      const signed = Math.floor(value / 2) * (random.below(2) === 0 ? -1 : 1) + 0;
      putSint(bytes, 0, signed);
      expect(readerOf(bytes).sint()).toBe(signed + 0);
    }
  });

  it("above 2^53 - 1 are damage", () => {
    expect(() => readerOf(new Uint8Array(8).fill(0xff)).uint()).toThrow("a number is longer than 2^53 - 1");
    const bytes = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
    expect(() => readerOf(bytes).uint()).toThrow("a number is longer than 2^53 - 1");
  });

  it("that are cut off are seen at the end of the record", () => {
    const reader = readerOf(Uint8Array.of(0x80, 0x80));
    reader.uint();
    expect(() => reader.checkEnd()).toThrow("a record goes beyond the end of its chunk");
  });
});

describe("the checksum", () => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

  it("is CRC-32 as zlib has it", () => {
    expect(crc32(ascii("123456789"), 0, 9)).toBe(0xcbf43926);
    expect(crc32(ascii(""), 0, 0)).toBe(0);
    const text = ascii("The quick brown fox jumps over the lazy dog");
    expect(crc32(text, 0, text.length)).toBe(0x414fa339);
  });

  it("is of the range alone", () => {
    expect(crc32(ascii("xx123456789yy"), 2, 11)).toBe(0xcbf43926);
  });
});

describe("a chunk", () => {
  const sealed = (payload: number): Uint8Array => {
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES + payload);
    const info = { type: ChunkType.Continuation, number: 7, segment: 3, time: 1.5e15, operations: 2 ** 40 };
    sealChunk(bytes, new DataView(bytes.buffer), bytes.length, info);
    return bytes;
  };
  const at = (bytes: Uint8Array, position = 0): ReturnType<typeof chunkAt> =>
    chunkAt(bytes, new DataView(bytes.buffer), position);

  it("says what it was sealed with", () => {
    expect(at(sealed(3))).toEqual({
      type: ChunkType.Continuation,
      version: 1,
      number: 7,
      segment: 3,
      time: 1.5e15,
      operations: 2 ** 40,
      position: 0,
      end: 43,
    });
  });

  it("is not one when any bit of it is wrong", () => {
    const bytes = sealed(5);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(typeof at(bytes)).toBe("string");
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(typeof at(bytes)).toBe("object");
  });

  it("is cut off when its end is missing", () => {
    expect(at(sealed(5).slice(0, 44))).toBe("the chunk is cut off");
    expect(at(sealed(5).slice(0, 20))).toBe("the chunk is cut off");
    expect(at(new Uint8Array(3))).toBe("no chunk begins here");
  });
});

describe("a header", () => {
  const read = (json: unknown): unknown =>
    readHeader(new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json)), 40);
  const { device, allocator } = syntheticHeader;

  it("comes back", () => {
    expect(read(syntheticHeader)).toEqual(syntheticHeader);
    expect(read({ ...syntheticHeader, later: 1 })).toMatchObject({ source: "vulkan" });
  });

  it.each([
    ["no JSON", "{", "the recording's header is not JSON"],
    ["another format", { ...syntheticHeader, format: "png" }, 'has the format "png"'],
    ["a list", [], "is not an object"],
    ["a newer version", { ...syntheticHeader, version: 2 }, "says version 2, which is newer"],
    ["no version", { ...syntheticHeader, version: undefined }, "has no version"],
    ["an unknown source", { ...syntheticHeader, source: "metal" }, 'has the unknown source "metal"'],
    ["no device", { ...syntheticHeader, device: undefined }, "names no device"],
    ["a name that is none", { ...syntheticHeader, name: 5 }, "has a name that is not a string"],
    ["a program that is none", { ...syntheticHeader, program: {} }, "has an invalid program"],
    ["a negative ring", { ...syntheticHeader, ring: -1 }, "has a ring"],
    [
      "a type without its heap",
      {
        ...syntheticHeader,
        device: { ...device, memoryTypes: [{ propertyFlags: 1, heapIndex: 2 }] },
      },
      "memoryTypes are not",
    ],
    [
      "a heap without size",
      { ...syntheticHeader, device: { ...device, memoryHeaps: [{ flags: 0 }] } },
      "memoryHeaps are not",
    ],
    ["no limits", { ...syntheticHeader, device: { ...device, limits: {} } }, "limits are incomplete"],
    [
      "an infinite limit",
      {
        ...syntheticHeader,
        device: { ...device, limits: { ...device!.limits, maxMemoryAllocationSize: "" } },
      },
      "maxMemoryAllocationSize",
    ],
    [
      "settings that are none",
      { ...syntheticHeader, allocator: { ...allocator, granularity: "1" } },
      "settings are not",
    ],
    [
      "heap limits that are none",
      { ...syntheticHeader, allocator: { ...allocator, heapSizeLimits: [-1] } },
      "settings are not",
    ],
    [
      "extensions that are none",
      { ...syntheticHeader, device: { ...device, extensions: [1] } },
      "extensions",
    ],
  ])("with %s is refused", (_what, json, message) => {
    expect(() => read(json)).toThrow(message);
    expect(() => read(json)).toThrow(expect.objectContaining({ name: "RecordingError", position: 40 }));
  });
});

describe("a request", () => {
  const image = {
    imageType: 1,
    format: 44,
    width: 640,
    height: 480,
    depth: 1,
    mipLevels: 10,
    arrayLayers: 2,
    samples: 4,
    tiling: 1,
  };

  it.each([
    partialRequest({}),
    partialRequest({ resource: 1, resourceUsage: 2 ** 40, pool: 0, priority: 1, alignment: 2 ** 40 }),
    partialRequest({ resource: 2, image, dedicatedFallback: false, prefersDedicated: true }),
    partialRequest({ resource: 3, requiresDedicated: true, pool: 17, priority: 0, minAlignment: 8 }),
  ])("comes back from its row (%#)", (request) => {
    const row = new Float64Array(IMAGE_CELLS);
    fillRow(row, request);
    expect({ ...requestOf(row), priority: 0 }).toEqual({ ...request, priority: 0 });
    expect(requestOf(row).priority).toBeCloseTo(request.priority, 4);
  });
});

describe("the table of rows", () => {
  it("knows a row again, and keeps only what the segment has defined", () => {
    const table = new RowTable(4);
    const intern = (...row: number[]): number => {
      table.scratch.set(row);
      return table.intern(row.length);
    };
    const rows = Array.from({ length: 1000 }, (_, i) => intern(i, 2 ** 40 + i, i % 3));
    expect(new Set(rows).size).toBe(1000);
    expect(rows.map((_, i) => intern(i, 2 ** 40 + i, i % 3))).toEqual(rows);
    expect(intern(1, 2 ** 40 + 1)).not.toBe(rows[1]);
    for (let i = 0; i < 1000; i += 2) table.define(rows[i]!, 5, i + 1);
    expect(table.definition(rows[4]!, 5)).toBe(5);
    expect(table.definition(rows[4]!, 6)).toBe(0);
    table.evict(5);
    expect(table.size).toBe(500);
    for (let i = 0; i < 1000; i += 2) expect(intern(i, 2 ** 40 + i, i % 3)).toBe(rows[i]);
    // The numbers of those that are gone are used again.
    const more = Array.from({ length: 500 }, (_, i) => intern(-i, i));
    expect(Math.max(...more)).toBeLessThanOrEqual(1001);
    expect(new Set([...more, ...rows.filter((_, i) => i % 2 === 0)]).size).toBe(1000);
  });
});

describe("the table of stacks", () => {
  it("takes a stack apart once, and forgets what no segment needs", () => {
    const table = new StackTable();
    let read = 0;
    const frames = (): [] => {
      read++;
      return [];
    };
    const first = table.intern("a", frames);
    const second = table.intern("b", frames);
    expect(table.intern("a", frames)).toBe(first);
    expect(read).toBe(2);
    table.define(second, 1, 1);
    table.evict(1);
    expect(table.size).toBe(1);
    expect(table.intern("c", frames)).toBe(first);
    expect(table.intern("b", frames)).toBe(second);
  });
});
