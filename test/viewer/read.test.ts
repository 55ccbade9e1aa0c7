/** Files of all kinds, read into histories: what they say is all there, and what is wrong with them is said. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { VirtualBlock } from "../../src/metadata/index.ts";
import { type History, Kind, nameOf } from "../../src/viewer/model/history.ts";
import { budgetAt, momentOf, totalsOf, visitFree } from "../../src/viewer/model/moment.ts";
import { textAt } from "../../src/viewer/model/texts.ts";
import { FileError } from "../../src/viewer/read/json.ts";
import { readFile } from "../../src/viewer/read/read.ts";
import { d3d12maDump, dumpOfAllocator, hostileNames, utf16, vma2Dump } from "./dumps.ts";

const read = (text: string | Uint8Array, name = "test.json"): History =>
  readFile(typeof text === "string" ? new TextEncoder().encode(text) : text, name);

/** What is alive, in words. */
function listing(history: History): string[] {
  const { ranges, blocks, pools, types, allocations } = history;
  return [...momentOf(history, 0).ranges].map((range) => {
    const block = ranges.block[range]!;
    const pool = pools[blocks.pool[block]!]!;
    const allocation = ranges.allocation[range]!;
    const place =
      blocks.dedicated[block] === 1 ? "dedicated" : `#${blocks.id[block]}+${ranges.offset[range]}`;
    const name = nameOf(history, allocation);
    return `${types[pool.type]!.label}/${pool.label} ${place} ${ranges.size[range]} ${allocations.kind[allocation]} ${name}`;
  });
}

const SAMPLE = join(import.meta.dirname, "../../../shared/dumps/vma-3.0-rx6600xt.json");

describe("reading dumps", () => {
  it("of this library: everything that the allocator counts is there", () => {
    const text = dumpOfAllocator();
    const { Total } = JSON.parse(text) as { Total: Record<string, number> };
    const history = read(text);
    const { all } = totalsOf(momentOf(history, 0));
    expect(history.warnings).toEqual([]);
    expect(all.reserved).toBe(Total.BlockBytes);
    expect(all.used).toBe(Total.AllocationBytes);
    expect(all.allocations).toBe(Total.AllocationCount);
    expect(all.blocks + all.dedicated).toBe(Total.BlockCount);
    expect(all.freeRanges).toBe(Total.UnusedRangeCount);
    expect(history.device.name).toBe("amd-discrete");
    expect(listing(history).filter((line) => line.includes("Type 0/vertices"))).toHaveLength(3);
    expect(listing(history).filter((line) => line.endsWith(`${Kind.Texture} shadow map`))).toHaveLength(1);
  });

  it("of VMA 2: default pools, dedicated allocations and custom pools", () => {
    const history = read(vma2Dump);
    expect(history.format).toBe("VMA 2 dump");
    expect(listing(history).sort()).toEqual([
      `Type 0/Default pool #7+0 1024 ${Kind.VertexBuffer} `,
      `Type 0/Default pool #7+1024 1024 ${Kind.DepthStencil} `,
      `Type 0/Default pool dedicated 1024 ${Kind.Texture} backdrop`,
      `Type 1/staging #0+0 1536 ${Kind.OtherBuffer} `,
    ]);
    expect(history.allocations.frame[0]).toBe(1);
    expect(textAt(history.texts, history.allocations.data[1]!)).toBe("0000000000F5D987");
    expect(budgetAt(history, 0, 0)).toEqual({ budget: 6643777536, usage: 9000 });
    expect(history.heaps.map(({ size }) => size)).toEqual([8304721920, 8285323264]);
  });

  it.each([
    ["UTF-8", d3d12maDump],
    ["UTF-16", utf16(d3d12maDump)],
  ])("of D3D12MA, in %s", (_, text) => {
    const history = read(text);
    expect(history.format).toBe("D3D12MA dump");
    expect(listing(history).sort()).toEqual([
      `DEFAULT/Default pool #0+0 65536 ${Kind.StorageBuffer} particles`,
      `DEFAULT/Default pool #0+65536 131072 ${Kind.OtherBuffer} `,
      `DEFAULT/Default pool dedicated 65536 ${Kind.DepthStencil} depth`,
    ]);
    expect(history.heaps.map(({ label, size }) => [label, size])).toEqual([
      ["L0", 17179869184],
      ["L1", 8589934592],
    ]);
    expect(history.pools.some(({ label, isCustom }) => isCustom && label === "streaming")).toBe(true);
    expect(history.warnings).toEqual([]);
  });

  it("of virtual blocks", () => {
    const block = new VirtualBlock({ size: 4096 });
    block.allocate(1000, 16);
    block.allocate(2000, 16);
    const history = read(block.buildStatsString(true));
    const moment = momentOf(history, 0);
    const free: number[] = [];
    visitFree(moment, moment.blocks[0]!, (_, size) => free.push(size));
    expect(moment.ranges).toHaveLength(2);
    expect(free.reduce((sum, size) => sum + size)).toBe(4096 - 3000);
    expect(() => read(block.buildStatsString(false))).toThrow(/sums only/);
  });

  it.skipIf(!existsSync(SAMPLE))("of VMA 3 from a desktop GPU", () => {
    const text = readFileSync(SAMPLE, "utf8");
    const { Total, MemoryInfo } = JSON.parse(text) as {
      Total: Record<string, number>;
      MemoryInfo: Record<string, { Stats: Record<string, number> }>;
    };
    const history = read(text);
    const { all, heaps } = totalsOf(momentOf(history, 0));
    expect(history.warnings).toEqual([]);
    expect(all.used).toBe(Total.AllocationBytes);
    expect(all.freeRanges).toBe(Total.UnusedRangeCount);
    for (const [index, { Stats }] of Object.values(MemoryInfo).entries()) {
      expect(heaps[index]!.reserved).toBe(Stats.BlockBytes);
      expect(heaps[index]!.used).toBe(Stats.AllocationBytes);
    }
  });

  it("keeps names as they are, however strange", () => {
    const history = read(dumpOfAllocator(hostileNames));
    const names = Array.from({ length: history.texts.count }, (_, number) => textAt(history.texts, number));
    for (const name of hostileNames) expect(names).toContain(name);
  });
});

describe("what is wrong with a file", () => {
  const messageOf = (text: string | Uint8Array): string => {
    try {
      read(text);
    } catch (error) {
      expect(error).toBeInstanceOf(FileError);
      return (error as Error).message;
    }
    throw new Error("it was read");
  };
  const whole = dumpOfAllocator();

  it("is said of files that are something else", () => {
    expect(messageOf("")).toMatch(/empty/);
    expect(messageOf("hello")).toMatch(/cannot be read here/);
    expect(messageOf(new Uint8Array([0x89, 0x50, 0x4e, 0x47]))).toMatch(/cannot be read here/);
    expect(messageOf("[1, 2]")).toMatch(/a dump is an object/);
    expect(messageOf("{}")).toMatch(/not a dump that can be read here.* It is empty/);
    expect(messageOf('{"name": "package", "version": 1}')).toMatch(/keys "name", "version"/);
    expect(messageOf('{"a": 1,, }')).toMatch(/not valid JSON/);
  });

  it("is said of a dump that was cut off, wherever that was", () => {
    for (let length = 1; length < whole.length - 1; length += 97)
      expect(messageOf(whole.slice(0, length))).toMatch(/ends in the middle|not valid JSON/);
  });

  it("is said of a dump without the detailed map", () => {
    const { DefaultPools: _, CustomPools: __, ...sums } = JSON.parse(whole) as Record<string, unknown>;
    expect(messageOf(JSON.stringify(sums))).toMatch(/sums only.*buildStatsString\(true\)/);
  });

  it.each([
    ['"Size": 4096', '"Size": "much"', /Suballocations\[\d+\]\.Size is "much"/],
    ['"Size": 4096', '"Size": -1', /Size is -1/],
    ['"Size": 4096', '"Size": 1e300', /Size is 1e\+300/],
    ['"Size": 4096', '"Size": 0.5', /Size is 0.5/],
    ['"Size": 4096', '"Size": 40960000000', /ends beyond it/],
    ['"TotalBytes": 1048576', '"TotalBytes": null', /TotalBytes is null/],
    ['"DefaultPools": {', '"DefaultPools": 7, "Other": {', /DefaultPools is 7; it must be an object/],
  ])("is said of %s that became %s, with its place", (from, to, message) => {
    expect(whole).toContain(from);
    expect(messageOf(whole.replace(from, to))).toMatch(message);
  });

  it("is told as a warning where the file can be read all the same", () => {
    const overlap = whole.replace(/"Offset": 1024,/, '"Offset": 512,');
    expect(overlap).not.toBe(whole);
    expect(read(overlap).warnings).toEqual([expect.stringMatching(/overlap at 512/)]);
    const miscounted = whole.replace(/"AllocationCount": 9/, '"AllocationCount": 8');
    expect(read(miscounted).warnings).toEqual([expect.stringMatching(/counts 8 allocations .* lists 9/)]);
  });
});
