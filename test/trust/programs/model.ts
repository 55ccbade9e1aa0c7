/** What a program believes there is: a plain list of things, and the checks of the allocator against it. */

import { expect } from "vitest";
import type { Allocation, BufferCreateInfo, ImageCreateInfo, Pool } from "../../../src/index.ts";
import type { DeviceStatistics } from "../../../src/simulator/index.ts";
import type { Buffer, Image } from "../../../src/vulkan/index.ts";
import type { Target } from "./worlds.ts";

/** One allocation and what lives in it. */
export interface Entry {
  readonly allocation: Allocation;
  readonly pool: Pool | undefined;
  /** Bytes asked for, at least. */
  readonly size: number;
  readonly alignment: number;
  buffer: Buffer;
  image: Image;
  readonly bufferInfo?: BufferCreateInfo;
  readonly imageInfo?: ImageCreateInfo;
  readonly bound: boolean;
  /** A second buffer or image in the same memory. */
  aliasBuffer: Buffer | 0n;
  aliasImage: Image | 0n;
  /** The contents' seed; -1 while nothing was written. */
  seed: number;
  /** How often mapMemory is in effect. */
  maps: number;
  readonly persistent: boolean;
  /** Whether the resource is no longer the one that it was made with. */
  moved: boolean;
}

/** All that is believed. */
export class Model {
  readonly entries: Entry[] = [];
  readonly pools: Pool[] = [];
  private readonly target: Target;
  private readonly base: DeviceStatistics | undefined;

  /** @param base what the device had before the allocator did anything. */
  constructor(target: Target, base: DeviceStatistics | undefined) {
    this.target = target;
    this.base = base;
  }

  entry(pick: number): Entry | undefined {
    return this.entries[pick % Math.max(1, this.entries.length)];
  }

  remove(entry: Entry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
  }

  /** Compares everything that can be asked for with what is believed. */
  check(isTidying = false): void {
    this.target.allocator.validate();
    this.checkEntries();
    this.checkOverlaps();
    // Meanwhile there are allocations and resources that are nobody's.
    if (isTidying) return;
    this.checkTotals();
    this.checkDriver();
  }

  private checkEntries(): void {
    for (const entry of this.entries) {
      const { allocation } = entry;
      if (allocation.isFreed) expect.fail("an allocation is alive until it is freed");
      if (allocation.size < entry.size) expect.fail(`${allocation.size} bytes are fewer than ${entry.size}`);
      if (allocation.offset % entry.alignment !== 0) {
        expect.fail(`offset ${allocation.offset} is no multiple of ${entry.alignment}`);
      }
      if (allocation.pool !== entry.pool) expect.fail("an allocation stays in its pool");
      const isMapped = entry.maps > 0 || entry.persistent;
      if (allocation.isMapped !== isMapped) expect.fail(`mapped should be ${isMapped}`);
      const { mappedData } = allocation;
      if ((mappedData?.length ?? -1) !== (isMapped ? allocation.size : -1)) {
        expect.fail(`a view of ${mappedData?.length} bytes of an allocation of ${allocation.size}`);
      }
    }
  }

  /** No two allocations share a byte, margins included, and each lies inside its memory object. */
  private checkOverlaps(): void {
    const margin = this.target.allocator.state.debug.margin;
    const places = this.entries
      .map(({ allocation }) => allocation.info())
      .sort((a, b) => Number(a.deviceMemory - b.deviceMemory) || a.offset - b.offset);
    places.forEach((place, index) => {
      const needed = place.dedicatedMemory ? 0 : margin;
      const next = places[index + 1];
      const end = next?.deviceMemory === place.deviceMemory ? next.offset : place.blockSize;
      if (place.offset + place.size + needed > end) {
        expect.fail(`[${place.offset}, +${place.size}] and a margin of ${needed} reach beyond ${end}`);
      }
      if (place.dedicatedMemory && (place.offset !== 0 || next?.deviceMemory === place.deviceMemory)) {
        expect.fail("dedicated memory is one allocation's alone");
      }
    });
  }

  private checkTotals(): void {
    const { allocator } = this.target;
    const { memoryTypes, memoryHeaps } = allocator.getMemoryProperties();
    const own = memoryHeaps.map(() => ({ count: 0, bytes: 0 }));
    for (const { allocation } of this.entries) {
      const heap = own[memoryTypes[allocation.memoryTypeIndex]!.heapIndex]!;
      heap.count++;
      heap.bytes += allocation.size;
    }
    const statistics = allocator.calculateStatistics();
    allocator.getHeapBudgets().forEach((budget, index) => {
      const { count, bytes } = own[index]!;
      const { allocationCount, allocationBytes, blockCount, blockBytes } = statistics.memoryHeap[index]!;
      expect([budget.allocationCount, budget.allocationBytes]).toEqual([count, bytes]);
      expect([allocationCount, allocationBytes]).toEqual([count, bytes]);
      expect([budget.blockCount, budget.blockBytes]).toEqual([blockCount, blockBytes]);
    });
    for (const pool of this.pools) {
      const inPool = this.entries.filter((entry) => entry.pool === pool).length;
      expect(allocator.getPoolStatistics(pool).allocationCount).toBe(inPool);
    }
  }

  /** The driver has what the allocator says, and the resources that are believed. */
  private checkDriver(): void {
    const { simulated, allocator } = this.target;
    const { base } = this;
    if (simulated === undefined || base === undefined) return;
    const now = simulated.statistics();
    const budgets = allocator.getHeapBudgets();
    const blocks = budgets.reduce((sum, { blockCount }) => sum + blockCount, 0);
    const has = (handle: bigint): number => (handle === 0n ? 0 : 1);
    const sum = (count: (entry: Entry) => number): number =>
      this.entries.reduce((total, entry) => total + count(entry), 0);
    expect(now.memoryCount - base.memoryCount).toBe(blocks);
    expect(now.heapUsage.map((bytes, heap) => bytes - base.heapUsage[heap]!)).toEqual(
      budgets.map(({ blockBytes }) => blockBytes),
    );
    expect(now.bufferCount - base.bufferCount).toBe(sum((e) => has(e.buffer) + has(e.aliasBuffer)));
    expect(now.imageCount - base.imageCount).toBe(sum((e) => has(e.image) + has(e.aliasImage)));
  }
}
