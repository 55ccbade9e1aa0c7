/**
 * Runs a program on a device and an allocator, step by step, beside a naive model. What may go wrong is what the
 * step itself explains (no memory, a fault that was planned); then nothing may have changed.
 */

import { expect } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type AllocationCreateInfo,
  BufferUsage,
  Format,
  ImageTiling,
  ImageUsage,
  MemoryProperty,
  MemoryUsage,
  type Pool,
  PoolCreate,
  Result,
  VulkanError,
} from "../../../src/index.ts";
import { fallibleCalls } from "../../../src/simulator/index.ts";
import type { Buffer, BufferCreateInfo, Image, ImageCreateInfo } from "../../../src/vulkan/index.ts";
import { imageBytes, partsOf, pattern, Staging } from "./contents.ts";
import { defragment, tidy } from "./defragment.ts";
import { type Entry, Model } from "./model.ts";
import type { Operation, Wishes } from "./operations.ts";
import type { Target } from "./worlds.ts";

const transfers = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const bufferUsages: readonly number[] = [
  transfers,
  transfers | BufferUsage.StorageBuffer,
  transfers | BufferUsage.VertexBuffer,
  BufferUsage.UniformBuffer,
];

/** What allocating may fail with though nothing was planned: memory is out, or there is no such memory. */
const explained: readonly number[] = [
  Result.ErrorOutOfDeviceMemory,
  Result.ErrorTooManyObjects,
  Result.ErrorFeatureNotPresent,
];

/** Steps of one call, which leave everything as it was when they fail. */
const atomic: ReadonlySet<Operation["kind"]> = new Set<Operation["kind"]>([
  "buffer",
  "image",
  "memory",
  "pages",
  "alias",
  "map",
  "pool",
]);

/** Steps that may be taken while contents are being moved; others would change contents, or the blocks themselves. */
const untroubled: ReadonlySet<Operation["kind"]> = new Set<Operation["kind"]>([
  "buffer",
  "image",
  "memory",
  "pages",
  "free",
  "map",
  "unmap",
  "frame",
  "name",
]);

/** Runs programs; one machine for one program. */
export class Machine {
  readonly target: Target;
  readonly model: Model;
  readonly staging: Staging;
  private steps = 0;
  /** The defragmentation that the allocator is doing while the program goes on. */
  private tidying: Promise<void> | undefined;
  private injected: { result: number; call: string } | undefined;

  constructor(target: Target) {
    this.target = target;
    this.staging = new Staging(target);
    this.model = new Model(target, target.simulated?.statistics());
  }

  /** Takes one step and compares everything afterwards. */
  async step(operation: Operation): Promise<void> {
    this.steps++;
    if (this.tidying !== undefined) await this.letTidyingGoOn(operation);
    const before = atomic.has(operation.kind) ? this.state() : undefined;
    this.arm(operation);
    try {
      this.take(operation);
    } catch (error) {
      this.disarm();
      this.explain(error);
      if (before !== undefined) expect(this.state()).toEqual(before);
    }
    this.disarm();
    this.model.check(this.tidying !== undefined);
    for (const pick of [this.steps * 7, this.steps * 13 + 3]) this.compare(this.model.entry(pick));
  }

  /** Ends the program: compares all contents, frees everything, and nothing may be left. */
  async finish(): Promise<void> {
    const { allocator, simulated } = this.target;
    await this.tidying;
    for (const entry of this.model.entries) this.compare(entry);
    JSON.parse(allocator.buildStatsString());
    this.checkMargins();
    let pick = this.steps;
    while (this.model.entries.length > 0) {
      pick += 31;
      this.free(this.model.entry(pick)!, pick);
    }
    for (const pool of this.model.pools.splice(0)) allocator.destroyPool(pool);
    this.model.check();
    allocator.destroy();
    this.staging.destroy();
    if (simulated === undefined) return;
    expect(simulated.leaks()).toEqual([]);
    simulated.destroy();
  }

  /** Lets go of everything after a failure, so that the device can be used for another program. */
  async abandon(): Promise<void> {
    const { device, allocator } = this.target;
    await this.tidying?.catch(() => {});
    for (const entry of this.model.entries) {
      for (const buffer of [entry.buffer, entry.aliasBuffer]) if (buffer !== 0n) device.destroyBuffer(buffer);
      for (const image of [entry.image, entry.aliasImage]) if (image !== 0n) device.destroyImage(image);
    }
    allocator.destroy(true);
    this.staging.destroy();
  }

  private checkMargins(): void {
    const { allocator } = this.target;
    if (!allocator.state.debug.detectCorruption) return;
    try {
      allocator.checkCorruption();
    } catch (error) {
      if (!(error instanceof VulkanError && error.result === Result.ErrorFeatureNotPresent)) throw error;
    }
  }

  /** Everything countable, but for what the driver says of other users of the heap, and mappings kept for later. */
  private state(): unknown {
    const { allocator, simulated } = this.target;
    const budgets = allocator
      .getHeapBudgets()
      .map(({ blockCount, blockBytes, allocationCount, allocationBytes }) => [
        blockCount,
        blockBytes,
        allocationCount,
        allocationBytes,
      ]);
    const driver = simulated?.statistics();
    return {
      budgets,
      total: allocator.calculateStatistics().total,
      driver: driver && { ...driver, mappedMemoryCount: 0 },
      names: this.steps % 4 === 0 ? namesOf(allocator.buildStatsString()) : undefined,
    };
  }

  private arm({ fault }: Operation): void {
    this.injected = undefined;
    if (fault === undefined) return;
    let count = 0;
    this.target.simulated?.faults.failWhen((call) => {
      count++;
      if (count !== fault.call) return undefined;
      // A lost device stays lost, which ends a program; tests of its own show what comes then.
      const results = fallibleCalls[call].filter((code) => code !== Result.ErrorDeviceLost);
      const result = results[fault.result % results.length]!;
      this.injected = { result, call };
      return result;
    });
  }

  private disarm(): void {
    this.target.simulated?.faults.clear();
  }

  /** Throws what neither the world nor the plan explains. */
  private explain(error: unknown): void {
    if (!(error instanceof VulkanError)) throw error;
    const { result, call } = error;
    if (this.injected?.result === result && this.injected.call === call) return;
    if (!explained.includes(result)) throw error;
  }

  private take(operation: Operation): void {
    const { allocator } = this.target;
    switch (operation.kind) {
      case "buffer":
        this.makeBuffer(operation);
        break;
      case "image":
        this.makeImage(operation);
        break;
      case "memory":
        this.makeMemory(operation);
        break;
      case "pages":
        this.makePages(operation);
        break;
      case "alias":
        this.makeAlias(operation);
        break;
      case "free":
        this.freePicked(operation.pick, operation.way);
        break;
      case "freeSome":
        this.freeSome(operation);
        break;
      case "map":
        this.map(operation.pick);
        break;
      case "unmap":
        this.unmap(operation.pick);
        break;
      case "write":
        this.rewrite(operation);
        break;
      case "poke":
        this.poke(operation);
        break;
      case "copy":
        this.copy(operation);
        break;
      case "pool":
        this.makePool(operation);
        break;
      case "destroyPool":
        this.destroyPool(operation.pick);
        break;
      case "trim":
        allocator.trim(operation.keep);
        break;
      case "frame":
        allocator.setCurrentFrameIndex(this.steps);
        break;
      case "pressure":
        this.press(operation.share);
        break;
      case "plan":
        this.plan(operation);
        break;
      case "name":
        this.rename(operation);
        break;
      case "tidy":
        this.beginTidying(operation);
        break;
      case "defragment":
        defragment(this, operation);
        break;
    }
  }

  /** Lets a defragmentation do its next part; some steps need it done before. */
  private async letTidyingGoOn({ kind }: Operation): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (untroubled.has(kind)) return;
    await this.tidying;
  }

  private beginTidying(operation: Extract<Operation, { kind: "tidy" }>): void {
    this.tidying = tidy(this, operation).then(
      () => {
        this.tidying = undefined;
      },
      (error: unknown) => {
        this.tidying = undefined;
        this.explain(error);
      },
    );
    // Its failure is heard where it is waited for.
    this.tidying.catch(() => {});
  }

  // ---- Making things ------------------------------------------------------------------------------------

  private poolFor({ pool }: Wishes): Pool | undefined {
    const { pools } = this.model;
    return pool % 2 === 0 ? undefined : pools[(pool >> 1) % Math.max(1, pools.length)];
  }

  private settings(wishes: Wishes, withoutResource = false): AllocationCreateInfo {
    const {
      Mapped,
      HostAccessRandom,
      HostAccessSequentialWrite,
      HostAccessAllowTransferInstead,
      DedicatedMemory,
      NeverAllocate,
      WithinBudget,
      UpperAddress,
    } = AllocationCreate;
    const usage = withoutResource && wishes.usage >= MemoryUsage.Auto ? MemoryUsage.Unknown : wishes.usage;
    const pool = this.poolFor(wishes);
    let flags = wishes.strategy << 16;
    if (wishes.access === "random") flags |= HostAccessRandom;
    if (wishes.access === "write") flags |= HostAccessSequentialWrite;
    if (wishes.access !== "none" && wishes.mapped) flags |= Mapped;
    if (wishes.access !== "none" && wishes.instead) flags |= HostAccessAllowTransferInstead;
    if (wishes.dedicated) flags |= DedicatedMemory;
    else if (wishes.neverAllocate) flags |= NeverAllocate;
    if (wishes.withinBudget) flags |= WithinBudget;
    if (wishes.upper && pool?.blockList.hasUpperAddress) flags |= UpperAddress;
    // Some of the allocations ask for zeros, without another choice that would make other programs of all seeds.
    const zeroInitialize = wishes.minAlignment === 1;
    return { flags, usage, pool, minAlignment: wishes.minAlignment, zeroInitialize };
  }

  private add(
    allocation: Allocation,
    wishes: Wishes,
    info: AllocationCreateInfo,
    more: Partial<Entry> & Pick<Entry, "size" | "alignment">,
  ): void {
    const properties = this.target.allocator.getAllocationMemoryProperties(allocation);
    const isHostVisible = (properties & MemoryProperty.HostVisible) !== 0;
    const entry: Entry = {
      allocation,
      pool: info.pool,
      buffer: 0n as Buffer,
      image: 0n as Image,
      bound: true,
      aliasBuffer: 0n,
      aliasImage: 0n,
      seed: -1,
      maps: 0,
      persistent: isHostVisible && wishes.access !== "none" && wishes.mapped,
      moved: false,
      ...more,
      alignment: Math.max(more.alignment, wishes.minAlignment, 1),
    };
    this.model.entries.push(entry);
    this.disarm();
    if (allocation.needsZeroFill) expect(info.zeroInitialize, "what says that zeros are missing").toBe(true);
    else if (info.zeroInitialize === true && isHostVisible && wishes.access !== "none") {
      const first = allocation.read(0, Math.min(allocation.size, 4096));
      expect(
        first.every((byte) => byte === 0),
        "memory that was asked to be zero is",
      ).toBe(true);
    }
    this.write(entry, this.steps);
  }

  private makeBuffer(operation: Extract<Operation, { kind: "buffer" }>): void {
    const { allocator } = this.target;
    const { size, wishes } = operation;
    const bufferInfo: BufferCreateInfo = { size, usage: bufferUsages[operation.usage]! };
    const settings = this.settings(wishes);
    if (operation.unbound) {
      const info = { ...settings, flags: settings.flags! | AllocationCreate.DontBind };
      const made = allocator.createBuffer(bufferInfo, info);
      const { buffer } = made;
      this.add(made.allocation, wishes, info, { size, alignment: 1, buffer, bufferInfo, bound: false });
      return;
    }
    const made = wishes.attempt
      ? allocator.tryCreateBuffer(bufferInfo, settings)
      : allocator.createBuffer(bufferInfo, settings);
    if (made === undefined) return;
    this.add(made.allocation, wishes, settings, { size, alignment: 1, buffer: made.buffer, bufferInfo });
  }

  private makeImage(operation: Extract<Operation, { kind: "image" }>): void {
    const { allocator } = this.target;
    const { width, height, wishes } = operation;
    const imageInfo: ImageCreateInfo = {
      format: Format.R8G8B8A8Unorm,
      extent: { width, height },
      usage: ImageUsage.TransferSrc | ImageUsage.TransferDst | ImageUsage.Sampled,
      tiling: operation.linear ? ImageTiling.Linear : ImageTiling.Optimal,
      // Linear images need not support more than one level and layer.
      mipLevels: operation.linear
        ? 1
        : Math.min(operation.levels, 1 + Math.floor(Math.log2(Math.max(width, height)))),
      arrayLayers: operation.linear ? 1 : operation.layers,
    };
    const settings = this.settings(wishes);
    const made = wishes.attempt
      ? allocator.tryCreateImage(imageInfo, settings)
      : allocator.createImage(imageInfo, settings);
    if (made === undefined) return;
    this.add(made.allocation, wishes, settings, { size: 1, alignment: 1, image: made.image, imageInfo });
  }

  private makeMemory(operation: Extract<Operation, { kind: "memory" }>): void {
    const { allocator } = this.target;
    const { size, alignment, wishes } = operation;
    const settings = this.settings(wishes, true);
    const requirements = { size, alignment, memoryTypeBits: this.typeBits(operation.types) };
    const allocation = wishes.attempt
      ? allocator.tryAllocateMemory(requirements, settings)
      : allocator.allocateMemory(requirements, settings);
    if (allocation !== undefined) this.add(allocation, wishes, settings, { size, alignment });
  }

  /** Any memory types, but never none at all. */
  private typeBits(bits: number): number {
    const all = 2 ** this.target.device.memoryProperties.memoryTypes.length - 1;
    return (bits & all) === 0 ? all : bits & all;
  }

  private makePages(operation: Extract<Operation, { kind: "pages" }>): void {
    const { size, count, wishes } = operation;
    const settings = this.settings(wishes, true);
    const requirements = { size, alignment: 16, memoryTypeBits: this.typeBits(0xff) };
    const pages = this.target.allocator.allocateMemoryPages(requirements, count, settings);
    expect(pages.length).toBe(count);
    for (const page of pages) this.add(page, wishes, settings, { size, alignment: 16 });
  }

  /** A buffer or image in memory that was allocated by itself. */
  private makeAlias(operation: Extract<Operation, { kind: "alias" }>): void {
    const { allocator } = this.target;
    const entry = this.model.entry(operation.pick);
    if (entry === undefined || entry.buffer !== 0n || entry.image !== 0n) return;
    if (entry.aliasBuffer !== 0n || entry.aliasImage !== 0n) return;
    const { allocation } = entry;
    const align = operation.image ? 65536 : 256;
    const first = Math.ceil(allocation.offset / align) * align - allocation.offset;
    const offset = first + align * operation.part;
    try {
      if (operation.image) {
        const usage = ImageUsage.Sampled;
        const info = { format: Format.R8G8B8A8Unorm, extent: { width: 8, height: 8 }, usage };
        entry.aliasImage = allocator.createAliasingImage(allocation, info, offset);
      } else {
        entry.aliasBuffer = allocator.createAliasingBuffer(
          allocation,
          { size: 100, usage: transfers },
          offset,
        );
      }
    } catch (error) {
      // It may not fit, or not live there.
      if (!(error instanceof RangeError)) throw error;
    }
  }

  private makePool(operation: Extract<Operation, { kind: "pool" }>): void {
    const { allocator, device } = this.target;
    if (this.model.pools.length >= 6) return;
    const pool = allocator.createPool({
      memoryTypeIndex: operation.type % device.memoryProperties.memoryTypes.length,
      flags: operation.linear ? PoolCreate.LinearAlgorithm : 0,
      blockSize: operation.blockSize,
      minBlockCount: operation.single ? Math.min(1, operation.min) : operation.min,
      maxBlockCount: operation.single ? 1 : 0,
      minAllocationAlignment: operation.alignment,
    });
    this.model.pools.push(pool);
  }

  private destroyPool(pick: number): void {
    const { pools, entries } = this.model;
    if (pools.length === 0) return;
    const pool = pools[pick % pools.length]!;
    for (const entry of entries.filter((each) => each.pool === pool)) this.free(entry, pick);
    this.target.allocator.destroyPool(pool);
    pools.splice(pools.indexOf(pool), 1);
  }

  /** What was planned is what happens, as far as the driver lets it. */
  private plan(operation: Extract<Operation, { kind: "plan" }>): void {
    const { allocator, simulated } = this.target;
    const { size, wishes } = operation;
    const bufferInfo: BufferCreateInfo = { size, usage: transfers };
    const settings = this.settings(wishes);
    const blocks = (): number =>
      allocator.getHeapBudgets().reduce((sum, { blockCount }) => sum + blockCount, 0);
    this.disarm();
    const before = this.state();
    const plan = allocator.wouldAllocate({ buffer: bufferInfo }, settings);
    expect(this.state()).toEqual(before);
    const count = blocks();
    const askedBefore = simulated?.calls.vkAllocateMemory ?? 0;
    const memoryBefore = simulated?.statistics().memoryCount;
    const made = allocator.tryCreateBuffer(bufferInfo, settings);
    if (made === undefined) {
      if (plan?.from === "block") expect.fail("what a block has room for can be allocated");
      return;
    }
    const { allocation, buffer } = made;
    const isRefused = simulated?.statistics().memoryCount === memoryBefore;
    this.add(allocation, wishes, settings, { size, alignment: 1, buffer, bufferInfo });
    if (plan === undefined) expect.fail("what cannot be planned cannot be allocated");
    if (plan.from === "block") {
      expect([allocation.memoryTypeIndex, blocks(), allocation.dedicatedMemory]).toEqual([
        plan.memoryTypeIndex,
        count,
        false,
      ]);
    } else if (simulated !== undefined) {
      // The driver may refuse what the plan counts on: then there is another way.
      const asked = simulated.calls.vkAllocateMemory - askedBefore;
      expect(asked).toBeGreaterThan(0);
      if (asked === 1) expect(blocks()).toBe(count + (isRefused ? 0 : 1));
    }
  }

  // ---- Freeing ------------------------------------------------------------------------------------------

  private freePicked(pick: number, way: number): void {
    const entry = this.model.entry(pick);
    if (entry === undefined) return;
    // Freeing never fails: not even when every driver call does.
    this.target.simulated?.faults.failWhen((call) => fallibleCalls[call][0]);
    this.free(entry, way);
  }

  private freeSome({ pick, step }: Extract<Operation, { kind: "freeSome" }>): void {
    const chosen = this.model.entries.filter((_entry, index) => index >= pick % 16 && index % step === 0);
    for (const entry of chosen.slice(0, 16)) this.free(entry, pick);
  }

  /** Frees one, in one of several ways. */
  free(entry: Entry, way: number): void {
    const { allocator, device } = this.target;
    const { allocation, buffer, image } = entry;
    if (entry.aliasBuffer !== 0n) allocator.destroyBuffer(entry.aliasBuffer);
    if (entry.aliasImage !== 0n) allocator.destroyImage(entry.aliasImage);
    this.model.remove(entry);
    // After a move the allocation itself does not know its new resource.
    const ways = entry.moved ? 2 : 4;
    // What is being copied is not the program's to destroy.
    const chosen = this.tidying !== undefined && way % ways === 1 ? 0 : way % ways;
    switch (chosen) {
      case 0:
        if (buffer !== 0n) allocator.destroyBuffer(buffer, allocation);
        else allocator.destroyImage(image, allocation);
        break;
      case 1:
        if (buffer !== 0n) device.destroyBuffer(buffer);
        if (image !== 0n) device.destroyImage(image);
        allocator.freeMemory(allocation);
        break;
      case 2:
        allocation.destroy();
        break;
      default:
        allocation[Symbol.dispose]();
    }
    expect(allocation.isFreed).toBe(true);
  }

  // ---- Bytes --------------------------------------------------------------------------------------------

  private isHostAccessible({ allocation }: Entry): boolean {
    const properties = this.target.allocator.getAllocationMemoryProperties(allocation);
    return allocation.isMappingAllowed && (properties & MemoryProperty.HostVisible) !== 0;
  }

  isDeviceAccessible(entry: Entry): boolean {
    return entry.bound && entry.buffer !== 0n && (entry.bufferInfo!.usage & transfers) === transfers;
  }

  /** Writes contents that no other allocation has, by the host or the device. */
  write(entry: Entry, seed: number): void {
    const { image, buffer, size, allocation, imageInfo } = entry;
    if (image !== 0n) {
      this.staging.toImage(image, imageInfo!, pattern(seed, 0, imageBytes(imageInfo!)));
    } else if (this.isHostAccessible(entry)) {
      for (const [offset, length] of partsOf(size)) allocation.write(pattern(seed, offset, length), offset);
    } else if (this.isDeviceAccessible(entry)) {
      for (const [offset, length] of partsOf(size)) {
        this.staging.toBuffer(buffer, offset, pattern(seed, offset, length));
      }
    } else {
      return;
    }
    entry.seed = seed;
  }

  /** Reads the contents by each way that there is, and compares. */
  compare(entry: Entry | undefined): void {
    if (entry === undefined || entry.seed < 0) return;
    const { image, buffer, size, seed, allocation, imageInfo } = entry;
    if (image !== 0n) {
      expectSame(this.staging.fromImage(image, imageInfo!), seed, 0);
      return;
    }
    for (const [offset, length] of partsOf(size)) {
      if (this.isHostAccessible(entry)) expectSame(allocation.read(offset, length), seed, offset);
      if (this.isDeviceAccessible(entry)) {
        expectSame(this.staging.fromBuffer(buffer, offset, length), seed, offset);
      }
    }
  }

  private rewrite({ pick, seed }: Extract<Operation, { kind: "write" }>): void {
    const entry = this.model.entry(pick);
    if (entry === undefined) return;
    try {
      this.write(entry, seed);
    } catch (error) {
      this.disarm();
      this.explain(error);
      this.write(entry, seed);
    }
  }

  /** Writes through the mapped view, and flushes. */
  private poke({ pick, seed }: Extract<Operation, { kind: "poke" }>): void {
    const { allocator } = this.target;
    const entry = this.model.entry(pick);
    if (entry === undefined || entry.image !== 0n || !entry.allocation.isMapped) return;
    const { allocation, size } = entry;
    const { mappedData } = allocation;
    const parts = partsOf(size);
    for (const [offset, length] of parts) mappedData!.set(pattern(seed, offset, length), offset);
    entry.seed = seed;
    const ranges = parts.map(([offset, length]) => ({ allocation, offset, size: length }));
    try {
      allocator.flushAllocations(ranges);
    } catch (error) {
      this.disarm();
      this.explain(error);
      allocator.flushAllocations(ranges);
    }
  }

  /** Copies one buffer's contents to another on the device. */
  private copy({ from, to }: Extract<Operation, { kind: "copy" }>): void {
    const source = this.model.entry(from);
    const target = this.model.entry(to);
    if (source === undefined || target === undefined || source === target || source.seed < 0) return;
    if (!this.isDeviceAccessible(source) || !this.isDeviceAccessible(target)) return;
    if (target.size !== source.size && Math.max(target.size, source.size) > 4096) return;
    if (target.size > source.size) return;
    this.disarm();
    this.staging.copyBuffer(source.buffer, target.buffer, target.size);
    target.seed = source.seed;
  }

  private map(pick: number): void {
    const entry = this.model.entry(pick);
    if (entry === undefined || !this.isHostAccessible(entry)) return;
    this.target.allocator.mapMemory(entry.allocation);
    entry.maps++;
  }

  private unmap(pick: number): void {
    const mapped = this.model.entries.filter(({ maps }) => maps > 0);
    if (mapped.length === 0) return;
    const entry = mapped[pick % mapped.length]!;
    this.target.allocator.unmapMemory(entry.allocation);
    entry.maps--;
  }

  // ---- The rest -----------------------------------------------------------------------------------------

  /** Makes the driver report that others use a share of each heap. */
  private press(share: number): void {
    const { simulated } = this.target;
    if (share === 0) simulated?.setMemoryBudget(undefined);
    else {
      simulated?.setMemoryBudget(() => ({
        heapBudget: simulated.profile.memoryHeaps.map(({ size }) => size / share),
        heapUsage: [...simulated.statistics().heapUsage],
      }));
    }
  }

  private rename({ pick, name }: Extract<Operation, { kind: "name" }>): void {
    const entry = this.model.entry(pick);
    if (entry === undefined) return;
    this.target.allocator.setAllocationName(entry.allocation, name);
    expect(entry.allocation.info().name).toBe(name);
    if (pick % 2 === 0) return;
    const priority = (pick % 9) / 8;
    this.target.allocator.setAllocationPriority(entry.allocation, priority);
    expect(entry.allocation.priority).toBe(priority);
  }
}

function expectSame(actual: Uint8Array, seed: number, offset: number): void {
  const wanted = pattern(seed, offset, actual.length);
  let first = 0;
  while (first < actual.length && actual[first] === wanted[first]) first++;
  if (first < actual.length) {
    expect.fail(
      `byte ${offset + first} of contents ${seed} is ${actual[first]} instead of ${wanted[first]} ` +
        `(${actual.length} bytes compared)`,
    );
  }
}

/** What of a stats string must not change when a call fails: all but the numbers of budgets and mappings. */
function namesOf(statsString: string): unknown {
  const report = JSON.parse(statsString) as Record<string, unknown>;
  return JSON.stringify([report.Total, report.DefaultPools, report.CustomPools]).replaceAll(
    /"MapRefCount":\d+/g,
    "",
  );
}
