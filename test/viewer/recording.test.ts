/** Recordings as histories: every moment is what the program believed; damage and hostility cost what they must. */

import { describe, expect, it } from "vitest";
import { partialRequest } from "../../src/recording/format/request.ts";
import { Recording } from "../../src/recording/index.ts";
import { NO_STACK } from "../../src/recording/writer/dictionary.ts";
import { MemorySink } from "../../src/recording/writer/sink.ts";
import { RecordingWriter } from "../../src/recording/writer/writer.ts";
import { EventKind, type History, Kind, lastMoment, nameOf, timeOf } from "../../src/viewer/model/history.ts";
import { aliasesAlive, budgetAt, momentOf, totalsOf } from "../../src/viewer/model/moment.ts";
import { textAt } from "../../src/viewer/model/texts.ts";
import { readFile } from "../../src/viewer/read/read.ts";
import { RecordingReader } from "../../src/viewer/read/recording.ts";
import { Random } from "../helpers/random.ts";
import { type BelievedState, SyntheticProgram, syntheticHeader } from "../recording/synthetic.ts";

const MiB = 1024 * 1024;

/** What is alive at a moment, as the program would say it. */
function seen(history: History, at: number): { allocations: unknown[]; blocks: unknown[] } {
  const { ranges, blocks, allocations, pools, texts } = history;
  const moment = momentOf(history, at);
  return {
    allocations: [...moment.ranges].map((range) => {
      const allocation = ranges.allocation[range]!;
      return [
        blocks.id[ranges.block[range]!],
        ranges.offset[range],
        ranges.size[range],
        allocations.requested[allocation],
        allocations.usage[allocation],
        /^at (\w+)/.exec(textAt(texts, allocations.stack[allocation]!))?.[1],
      ];
    }),
    blocks: [...moment.blocks].map((block) => [
      blocks.id[block],
      blocks.size[block],
      pools[blocks.pool[block]!]!.type,
      blocks.dedicated[block] === 1,
    ]),
  };
}

function believed({ allocations, blocks }: BelievedState): ReturnType<typeof seen> {
  return {
    allocations: allocations.map(({ block, offset, size, requestedSize, usage, stack }) => [
      block,
      offset,
      size,
      requestedSize,
      usage,
      stack,
    ]),
    blocks: blocks.map(({ id, size, memoryType, isDedicated }) => [id, size, memoryType, isDedicated]),
  };
}

const inOrder = ({ allocations, blocks }: ReturnType<typeof seen>): string[][] => [
  allocations.map((one) => JSON.stringify(one)).sort(),
  blocks.map((one) => JSON.stringify(one)).sort(),
];

/** A recording, and what its program believed at some moments. */
function recorded(
  seed: number,
  operations: number,
  segmentBytes = 20_000,
): { bytes: Uint8Array; states: BelievedState[] } {
  const program = new SyntheticProgram({ operations, seed, live: 300, stacks: true, segmentBytes });
  const states = [program.believed()];
  for (let at = 97; at < operations - 10; at += 97) states.push(program.run(at).believed());
  return { bytes: program.finish(), states };
}

describe.each([1, 2, 3])("a recording (seed %i)", (seed) => {
  const { bytes, states } = recorded(seed, 5000);
  const history = readFile(bytes, "test.vmarec");

  it("is at every moment what the program believed", () => {
    expect(history.warnings).toEqual([]);
    for (const state of states) {
      expect(inOrder(seen(history, state.operation))).toEqual(inOrder(believed(state)));
      expect(timeOf(history, state.operation)).toBeCloseTo(state.time / 1e6, 9);
    }
  });

  it("has the names that allocations had in the end", () => {
    const last = states.at(-1)!;
    const { ranges } = momentOf(history, last.operation);
    const names = [...ranges].map((range) => nameOf(history, history.ranges.allocation[range]!)).sort();
    expect(names.filter((name) => name !== "").length).toBeGreaterThan(20);
    expect(names[0]).toBe("");
  });

  it("has an event for every operation", () => {
    const { kind, count } = history.events;
    expect(count).toBe(5000);
    const counts = new Map<number, number>();
    for (const one of kind) counts.set(one, (counts.get(one) ?? 0) + 1);
    const alive = momentOf(history, count).ranges.length;
    expect(counts.get(EventKind.Allocate)! - counts.get(EventKind.Free)!).toBe(alive);
    expect(counts.get(EventKind.Refuse)).toBe(history.refusals.count);
    expect(history.refusals.count).toBeGreaterThan(0);
    expect(textAt(history.texts, history.refusals.reason[0]!)).toBe("heap-size");
    expect(history.ending).toBe("detached");
  });

  it("read bit by bit is the same in the end", () => {
    const live = Recording.live();
    const random = new Random(seed);
    live.append(bytes.subarray(0, 2000));
    const reader = new RecordingReader(live, "test.vmarec");
    for (let at = 2000; at < bytes.length; ) {
      const next = Math.min(at + 1 + random.below(9000), bytes.length);
      live.append(bytes.subarray(at, next));
      reader.advance();
      if (random.below(4) === 0) reader.finish();
      at = next;
    }
    expect(reader.finish()).toEqual(history);
  });

  it("cut off anywhere says so, and shows what is there", () => {
    const { bytes, states } = recorded(seed, 20_000, 70_000);
    expect(() => readFile(bytes.subarray(0, 3000), "cut.vmarec")).toThrow(/the chunk is cut off/);
    for (let length = 66_000; length < bytes.length; length += 27_919) {
      const part = readFile(bytes.subarray(0, length), "cut.vmarec");
      expect(part.warnings.length).toBeLessThanOrEqual(1);
      for (const state of states) {
        if (state.operation > lastMoment(part)) break;
        expect(inOrder(seen(part, state.operation))).toEqual(inOrder(believed(state)));
      }
    }
  });

  it("with a hole is right again behind it", () => {
    const { bytes, states } = recorded(seed, 20_000, 70_000);
    const operations = lastMoment(readFile(bytes, "whole.vmarec"));
    const broken = bytes.slice();
    const middle = broken.length >> 1;
    broken.fill(0, middle, middle + 3000);
    const rest = readFile(broken, "broken.vmarec");
    expect(rest.warnings.length).toBeGreaterThan(0);
    const lost = rest.events.kind.indexOf(EventKind.Lost);
    expect(lost).toBeGreaterThan(0);
    const missing = rest.events.subject[lost]!;
    expect(missing).toBeGreaterThan(0);
    // An event stands for all that are missing.
    expect(lastMoment(rest)).toBe(operations - missing + 1);
    for (const state of states) {
      const at = state.operation <= lost ? state.operation : state.operation - missing + 1;
      if (state.operation > lost && at <= lost + 1) continue;
      expect(inOrder(seen(rest, at))).toEqual(inOrder(believed(state)));
    }
  });

  it("with bytes changed at random is read or refused, and never harms", () => {
    const random = new Random(seed + 10);
    for (let i = 0; i < 60; i++) {
      const changed = bytes.slice(0, 20_000);
      for (let j = 0; j < 20; j++) changed[random.below(changed.length)] = random.below(256);
      try {
        const one = readFile(changed, "changed.vmarec");
        totalsOf(momentOf(one, lastMoment(one)));
      } catch (error) {
        expect((error as Error).name).toBe("FileError");
      }
    }
  });
});

describe("what else a recording says", () => {
  const sink = new MemorySink();
  const writer = new RecordingWriter({
    header: { ...syntheticHeader, name: "main" },
    sink,
    snapshot: () => {},
  });
  const { dictionary } = writer;
  writer.begin();
  const buffer = dictionary.requestOf(
    partialRequest({ resource: 1, resourceUsage: 0x80, suballocationType: 2, alignment: 256 }),
  );
  const image = dictionary.requestOf(
    partialRequest({
      resource: 2,
      resourceUsage: 0x4,
      suballocationType: 5,
      image: {
        imageType: 1,
        format: 37,
        width: 64,
        height: 32,
        depth: 1,
        mipLevels: 5,
        arrayLayers: 1,
        samples: 1,
        tiling: 0,
      },
    }),
  );
  const pool = writer.poolMade(1e6, {
    memoryTypeIndex: 1,
    flags: 0,
    blockSize: MiB,
    minBlockCount: 0,
    maxBlockCount: 0,
    priority: 0.5,
    minAllocationAlignment: 0,
    name: "streaming",
  });
  const block = writer.blockMade(2e6, 0, 1, pool, MiB);
  const mesh = writer.allocationMade(3e6, block, 256, 1024, buffer, 1000, "mesh", NO_STACK, false);
  const texture = writer.allocationMade(4e6, block, 2048, 8192, image, 8192, "texture", NO_STACK, false);
  const alias = writer.aliasMade(5e6, texture, buffer, 512, 100);
  writer.frame(6e6, 7);
  writer.budgets(7e6, [
    { usage: 10 * MiB, budget: 8 * MiB },
    { usage: 1, budget: 2 },
  ]);
  writer.moveBegun(8e6, mesh, block, 4 * 8192);
  writer.moved(9e6, mesh, block, 4 * 8192);
  writer.moveBegun(10e6, mesh, block, 0);
  writer.moveCancelled(11e6, mesh);
  writer.aliasDestroyed(12e6, alias);
  writer.mark(13e6, "level 2");
  writer.blockCleared(14e6, block);
  writer.blockResized(15e6, block, 2 * MiB);
  writer.end(16e6, "destroyed");
  const history = readFile(sink.bytes(), "by hand.vmarec");
  const places = (at: number): number[] =>
    [...momentOf(history, at).ranges].map((r) => history.ranges.offset[r]!);

  it("pools of several memory types in each of them, under one name", () => {
    const sink = new MemorySink();
    const writer = new RecordingWriter({ header: syntheticHeader, sink, snapshot: () => {} });
    writer.begin();
    const info = {
      memoryTypeIndex: 1,
      fallbackMemoryTypes: [0],
      flags: 0,
      blockSize: MiB,
      minBlockCount: 0,
      maxBlockCount: 0,
      priority: 0.5,
      minAllocationAlignment: 0,
      name: "textures",
    };
    const spanning = writer.poolMade(1, info);
    for (const type of [1, 0, 0]) writer.blockMade(2, 0, type, spanning, MiB);
    writer.poolNamed(3, spanning, "sky");
    writer.end(4, "destroyed");
    const { pools, blocks } = readFile(sink.bytes(), "spanning.vmarec");
    expect(pools.map(({ label, type, isCustom }) => [label, type, isCustom])).toEqual([
      ["sky", 1, true],
      ["sky", 0, true],
    ]);
    expect([...blocks.pool]).toEqual([0, 1, 1]);
  });

  it("pools with their names, kinds, and what images are", () => {
    expect(history.pools[0]).toMatchObject({ label: "streaming", isCustom: true, type: 1 });
    expect([...history.allocations.kind]).toEqual([Kind.VertexBuffer, Kind.Texture]);
    expect(textAt(history.texts, history.allocations.data[1]!)).toBe("64 × 32, 5 mip levels, format 37");
    expect(history.allocations.requested[0]).toBe(1000);
    expect(history.program).toBe("main · 2025-01-01 00:00:00 UTC");
  });

  it("aliases, as long as they live", () => {
    expect(aliasesAlive(momentOf(history, 5)).get(1)).toEqual([0]);
    expect(aliasesAlive(momentOf(history, 12)).size).toBe(0);
  });

  it("budgets, at the moments after they were read", () => {
    expect(budgetAt(history, 0, 6)).toBeUndefined();
    expect(budgetAt(history, 0, 7)).toEqual({ usage: 10 * MiB, budget: 8 * MiB });
    expect(budgetAt(history, 1, 15)).toEqual({ usage: 1, budget: 2 });
  });

  it("moves: the target is taken at once, the source is free when they are done", () => {
    expect(places(7)).toEqual([256, 2048]);
    expect(places(8)).toEqual([256, 2048, 32768]);
    expect(places(9)).toEqual([2048, 32768]);
    expect(places(10)).toEqual([0, 2048, 32768]);
    expect(places(11)).toEqual([2048, 32768]);
  });

  it("marks, what was cleared, and how it ended", () => {
    expect(history.events.kind[12]).toBe(EventKind.Mark);
    expect(textAt(history.texts, history.events.subject[12]!)).toBe("level 2");
    expect(places(13)).toHaveLength(2);
    expect(places(14)).toHaveLength(0);
    expect(totalsOf(momentOf(history, 14)).all.reserved).toBe(MiB);
    expect(totalsOf(momentOf(history, 15)).all.reserved).toBe(2 * MiB);
    expect(history.ending).toBe("destroyed");
  });
});

it("a file that only begins like a recording is refused in words", () => {
  const bytes = new TextEncoder().encode("VMRC and then something else entirely, long enough to be one");
  expect(() => readFile(bytes, "no.vmarec")).toThrow(/not a recording|header|chunk/i);
});

it("a recording of which nothing can be read says why", () => {
  const { bytes } = recorded(1, 2000);
  bytes.fill(0, 1000, 2000);
  expect(() => readFile(bytes, "no.vmarec")).toThrow(
    /only the header .* can be read.* byte \d+: the chunk's checksum/i,
  );
});
