/**
 * The plain way, tried out on models, comes to exactly what the reference did on the recorded workloads; and no algorithm
 * does less or moves more than that.
 */

import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import type { Allocation, Pool } from "../../src/allocator/index.ts";
import { sourcesOf } from "../../src/allocator/memory/default-pools.ts";
import type { MemoryBlock } from "../../src/allocator/memory/memory-object.ts";
import { type Baseline, plainWay } from "../../src/defrag/baseline.ts";
import { effortOf, Packs } from "../../src/defrag/effort.ts";
import { DefragmentationFlag } from "../../src/defrag/index.ts";
import { packsIn } from "../../src/defrag/sweep.ts";
import type { Allocator } from "../../src/face/index.ts";
import { parseHeader, parseOperation } from "../../src/trace/format.ts";
import { readTraceLines } from "../../src/trace/read.ts";
import { Replay } from "../../src/trace/replay.ts";
import { tracePaths } from "../helpers/traces.ts";
import {
  allocate,
  blocksWith,
  bytes,
  Chance,
  fragmented,
  KiB,
  MiB,
  memoryCount,
  runAll,
  seed,
  Type,
  world,
} from "./setup.ts";

interface Reference {
  readonly bytesMoved: number;
  readonly bytesFreed: number;
  readonly deviceMemoryBlocksFreed: number;
}

/** Replays a trace up to its defragmentation. */
function upToDefragmentation(path: string) {
  const [header, ...lines] = readTraceLines(path).filter((line) => line !== "");
  const replay = new Replay(parseHeader(header!));
  for (const [index, line] of lines.entries()) {
    const operation = parseOperation(line, index + 2);
    if (operation.op === "defragment") {
      const { allocator } = (replay as unknown as { onDevice: { allocator: Allocator } }).onDevice;
      return { replay, allocator, operation, expected: JSON.parse(line).expect as Reference };
    }
    replay.replay(operation);
  }
  return expect.fail(`${path} has no defragmentation`);
}

const traces = tracePaths("defrag-").map((path) => ({ name: basename(path), path }));

describe("on recorded workloads", () => {
  it.each(traces.filter(({ name }) => !name.includes("extensive")))(
    "the plain way moves and frees what the reference did: $name",
    ({ path }) => {
      const { allocator, operation, expected } = upToDefragmentation(path);
      const { flags, maxBytesPerPass, maxAllocationsPerPass } = operation;
      const lists = [...sourcesOf(allocator.state)]
        .map(({ blockList }) => blockList)
        .filter((list) => (list.options.pool !== undefined) === (operation.pool !== 0));
      const limits = { maxBytesPerPass, maxAllocationsPerPass };
      const total = { bytes: 0, blocksFreed: 0 };
      for (const { bytes, blocksFreed } of plainWay(lists, effortOf(flags).plainPacks, limits)) {
        total.bytes += bytes;
        total.blocksFreed += blocksFreed;
      }
      expect(total).toEqual({ bytes: expected.bytesMoved, blocksFreed: expected.deviceMemoryBlocksFreed });
      allocator.validate();
    },
  );

  it.each(traces)("more is freed for each byte moved than by the reference: $name", ({ path }) => {
    const { replay, operation, expected } = upToDefragmentation(path);
    const got = replay.replay(operation) as unknown as Reference;
    expect(got.bytesFreed).toBeGreaterThanOrEqual(expected.bytesFreed);
    const ratio = expected.bytesMoved === 0 ? 0 : expected.bytesFreed / expected.bytesMoved;
    expect(got.bytesFreed / got.bytesMoved).toBeGreaterThan(ratio);
  });
});

describe("the plain way", () => {
  /** Allocations of so many KiB, in order, of which the negative ones are freed again. */
  function layout(allocator: Allocator, pool: Pool, sizes: readonly number[]): Allocation[] {
    const all = sizes.map((size) => allocator.allocateMemory(bytes(Math.abs(size) * KiB), { pool }));
    return all.filter((allocation, index) => {
      if (sizes[index]! < 0) allocator.freeMemory(allocation);
      return !allocation.isFreed;
    });
  }

  it("packs, in BALANCED, what lies below a large gap, also where what lies above that is moved away", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    // The first block has a hole for the highest allocation of the second, above whose second one a gap lies.
    const live = layout(allocator, pool, [
      ...[126, 126, 126, 126, 126, 126, 126, 126, -16],
      ...[-300, 100, 250, -358, 16],
    ]);
    const [{ bytes: moved, moves }] = plainWay([pool.blockList], Packs.WhereWorthwhile, {}) as [Baseline];
    expect(moves.map(({ item }) => item.size / KiB)).toEqual([16, 250]);
    expect(moved).toBe(266 * KiB);
    for (const allocation of live) allocator.freeMemory(allocation);
    allocator.destroyPool(pool);
  });

  it("packs, in BALANCED, whatever it can of the default pools' other memory types, as VMA has no averages there", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Window, blockSize: MiB });
    const live = [0, Type.Window].map((type) => allocate(allocator, KiB, type));
    const [first, other] = live.map(({ home }) => (home as MemoryBlock).list);
    const { Never, WhereWorthwhile, Always } = Packs;
    expect([first!, other!, pool.blockList].map((list) => packsIn(list, WhereWorthwhile))).toEqual([
      WhereWorthwhile,
      Always,
      WhereWorthwhile,
    ]);
    expect([first!, other!].map((list) => packsIn(list, Never))).toEqual([Never, Never]);
    allocator.freeMemoryPages(live);
    allocator.destroyPool(pool);
  });

  it("ends a pass for all lists where one has too much that is too large for it", () => {
    const { allocator } = world();
    const [large, small] = [0, 1].map(() =>
      allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB }),
    ) as [Pool, Pool];
    const live = [
      ...blocksWith(
        allocator,
        [20, 16].map((length) => Array.from({ length }, (_, at) => at)),
        {
          pool: large,
          pieces: 32,
        },
      ),
      ...blocksWith(allocator, [[0, 1, 2], [1]], { pool: small, pieces: 64 }),
    ].flat();
    const moves = (pools: readonly Pool[]): number[] => {
      const lists = pools.map(({ blockList }) => blockList);
      return plainWay(lists, Packs.Never, { maxBytesPerPass: 20 * KiB }).map((each) => each.moves.length);
    };
    expect(moves([small])).toEqual([1]);
    expect(moves([small, large]), "in their order").toEqual([1, 0]);
    expect(moves([large, small])).toEqual([0, 0]);
    for (const allocation of live) allocator.freeMemory(allocation);
    for (const pool of [large, small]) allocator.destroyPool(pool);
  });

  it("is tried out no longer than it matters", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const live = blocksWith(allocator, [[0, 1, 2, 3, 4], [1], [3]], { pool }).flat();
    const moves = (looks: number, bytes: number): number =>
      plainWay([pool.blockList], Packs.Never, {}, { looks, bytes })[0]!.moves.length;
    expect(moves(1000, MiB)).toBe(2);
    expect(moves(1, MiB)).toBe(1);
    expect(moves(1000, 1)).toBe(1);
    for (const allocation of live) allocator.freeMemory(allocation);
    allocator.destroyPool(pool);
  });

  it("is gone where no block can be emptied but by it", () => {
    const made = world();
    const { allocator } = made;
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const eighths = [
      [3, -1, -1, 2, -1],
      [3, 3, 1, 1],
      [3, -1, 3, -1],
      [-1, 3, -1, -1, 1, -1],
    ];
    const live = layout(
      allocator,
      pool,
      eighths.flat().map((size) => size * 128),
    );
    const info = { pool, flags: DefragmentationFlag.AlgorithmFull };
    const [expected] = plainWay([pool.blockList], Packs.Always, {}) as [Baseline];
    expect(expected.blocksFreed).toBe(1);
    const plan = allocator.planDefragmentation(info);
    const { passes, ...stats } = runAll(allocator, info);
    expect(stats).toMatchObject({ deviceMemoryBlocksFreed: 1, bytesMoved: expected.bytes });
    expect(passes, "a move makes the room for another one").toBe(2);
    const { moves, ...planned } = plan;
    expect(planned).toEqual(stats);
    expect(moves.map(({ allocation }) => allocation)).toEqual(
      expected.moves.map(({ item }) => item.allocation),
    );
    expect(memoryCount(made)).toBe(3);
    for (const allocation of live) allocator.freeMemory(allocation);
    allocator.destroyPool(pool);
  });
});

describe("a plan", () => {
  it("can be made again group by group, each beside the victims that there were then", () => {
    // Beside more victims, other targets are tried before alignment has ruled out too many: not everything fits then.
    const { allocator, pool, live } = fragmented(new Chance(22_831_000, 19_898_584));
    const stats = runAll(allocator, { pool, flags: DefragmentationFlag.AlgorithmFull });
    expect(stats.deviceMemoryBlocksFreed).toBeGreaterThan(0);
    for (const allocation of live) allocator.freeMemory(allocation);
    if (pool !== undefined) allocator.destroyPool(pool);
  });
});

describe(`no algorithm does less than the plain way, or moves more (seed ${seed})`, () => {
  it.each(Object.entries(DefragmentationFlag))("%s", (_name, flags) => {
    for (let run = 0; run < 40; run++) {
      const chance = new Chance(seed + run * 104_729 + flags);
      const { allocator, pool, live } = fragmented(chance);
      const limits = {
        maxBytesPerPass: chance.oneOf([0, 0, 300 * KiB]),
        maxAllocationsPerPass: chance.oneOf([0, 0, 5]),
      };
      const { plainPacks, isFrugal } = effortOf(flags);
      const lists = [...sourcesOf(allocator.state)]
        .map(({ blockList }) => blockList)
        .filter((list) => list.options.pool === pool);
      const plain = { bytes: 0, blocksFreed: 0, bytesFreed: 0 };
      for (const { bytes, blocksFreed, bytesFreed } of plainWay(lists, plainPacks, limits)) {
        plain.bytes += bytes;
        plain.blocksFreed += blocksFreed;
        plain.bytesFreed += bytesFreed;
      }
      const stats = runAll(allocator, { pool, flags, ...limits });
      expect(stats.deviceMemoryBlocksFreed, `run ${run}: freed`).toBeGreaterThanOrEqual(plain.blocksFreed);
      if (isFrugal) {
        expect(stats.bytesFreed, `run ${run}: bytes freed`).toBeGreaterThanOrEqual(plain.bytesFreed);
        expect(stats.bytesMoved, `run ${run}: bytes moved`).toBeLessThanOrEqual(plain.bytes);
      }
      for (const allocation of live) allocator.freeMemory(allocation);
      if (pool !== undefined) allocator.destroyPool(pool);
    }
  });
});
