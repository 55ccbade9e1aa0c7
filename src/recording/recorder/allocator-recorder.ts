/**
 * Records an allocator: its hook reports what happens, and the recorder writes it down. It keeps its own register of what is
 * alive according to what it has written; so a snapshot always agrees with the records before it, whatever the allocator is in
 * the middle of. Places and names are read from the allocator.
 *
 * Cost: 60 to 100 ns an operation, of which the clock takes 40.
 */

import type { Allocation } from "../../allocator/allocation.ts";
import { sourcesOf } from "../../allocator/memory/all-memory.ts";
import type { Refusal } from "../../allocator/memory/failure.ts";
import type { MemoryBlock } from "../../allocator/memory/memory-block.ts";
import type { DedicatedMemory } from "../../allocator/memory/memory-object.ts";
import type { AllocationCreateInfo } from "../../allocator/options.ts";
import type { Pool } from "../../allocator/pool.ts";
import type {
  AllocatedFor,
  AllocatorRecorder as Hook,
  RecordedDefragmentation,
  RecordedMove,
  RecordedResult,
} from "../../allocator/recorder.ts";
import type { AllocatorState } from "../../allocator/state.ts";
import type { VulkanError } from "../../vulkan/result.ts";
import { BlockBit } from "../format/kinds.ts";
import { NO_STACK } from "../writer/dictionary.ts";
import type { RecordedBudget, RecordedDefragmentationInfo, RecordedPoolInfo } from "../writer/fields.ts";
import type { SnapshotWriter } from "../writer/snapshot-writer.ts";
import type { RecordingWriter } from "../writer/writer.ts";
import { BlockRecord, NOT_RECORDED } from "./block-table.ts";
import type { Clock } from "./clock.ts";
import { fillBuffer, fillImage, fillKnown, fillRefused, fillRequirements, fillSettings } from "./requests.ts";
import { stackOfCaller } from "./stacks.ts";

/** A block or dedicated memory. */
type MemoryObject = MemoryBlock | DedicatedMemory;

/** A move, whose allocations are the allocator's own. */
interface Move extends RecordedMove {
  readonly moved: Allocation;
  readonly dstTmpAllocation: Allocation;
}

/** A pool, and how many of its blocks are recorded. */
interface PoolRecord {
  readonly id: number;
  blocks: number;
}

/** A buffer or image in the memory of an allocation. */
interface AliasRecord {
  readonly id: number;
  readonly allocation: Allocation;
  readonly request: number;
  readonly offset: number;
  readonly size: number;
}

/** A defragmentation that is under way. */
interface DefragmentationRecord {
  readonly id: number;
  readonly info: RecordedDefragmentationInfo;
  passes: number;
  /** The moves of the pass that is under way. */
  moves: readonly Move[] | undefined;
}

/** What is optionally recorded. */
export interface RecorderSettings {
  /** Frames of a stack; 0 for no stacks. */
  readonly stackDepth: number;
  /** Whether frames are recorded. */
  readonly frames: boolean;
  /** Called when the allocator is destroyed. */
  readonly onDestroyed: () => void;
}

/** Writes down what its allocator does. */
export class AllocatorRecorder implements Hook {
  private readonly state: AllocatorState;
  private readonly clock: Clock;
  private readonly settings: RecorderSettings;
  private writer!: RecordingWriter;
  private readonly blocks: Map<MemoryObject, BlockRecord> = new Map();
  private readonly pools: Map<Pool, PoolRecord> = new Map();
  private readonly aliases: Map<string, AliasRecord> = new Map();
  private readonly defragmentations: Map<object, DefragmentationRecord> = new Map();
  private budgets: RecordedBudget[] = [];
  /** The block that was looked up last. */
  private lastMemoryObject: MemoryObject | undefined = undefined;
  private lastRecord: BlockRecord | undefined = undefined;

  constructor(state: AllocatorState, clock: Clock, settings: RecorderSettings) {
    this.state = state;
    this.clock = clock;
    this.settings = settings;
  }

  /** Registers what already exists, and begins to write. */
  attach(writer: RecordingWriter): void {
    this.writer = writer;
    const { state } = this;
    for (const pool of state.pools) this.pools.set(pool, { id: writer.adopt("pools"), blocks: 0 });
    for (const source of sourcesOf(state)) {
      for (const block of source.blockList.blocks) this.adopt(block, block.allocations);
      for (const allocation of source.dedicated.allocations)
        this.adopt(allocation.memoryObject!, [allocation]);
    }
    this.budgets = this.readBudgets();
    writer.begin();
    state.recorder = this;
  }

  /** Detaches the hook. */
  detach(): void {
    this.state.recorder = undefined;
  }

  private adopt(memoryObject: MemoryObject, allocations: readonly (Allocation | undefined)[]): void {
    const pool = poolOf(memoryObject);
    const poolRecord = pool === undefined ? undefined : this.pools.get(pool)!;
    if (poolRecord !== undefined) poolRecord.blocks++;
    const record = new BlockRecord(this.writer.adopt("blocks"), bitsOf(memoryObject), poolRecord?.id);
    this.blocks.set(memoryObject, record);
    const { dictionary } = this.writer;
    for (const allocation of allocations) {
      if (allocation === undefined) continue;
      if (memoryObject.isDedicated) record.sole = allocation;
      fillKnown(dictionary.requestRow, allocation, record.pool === undefined ? 0 : record.pool + 1);
      const id = this.writer.adopt("allocations");
      record.add(allocation.slot, id, dictionary.requestOfRow(), NO_STACK, allocation.name);
    }
  }

  // ---- Allocations --------------------------------------------------------------------------------------

  created(handedOut: Allocation, what: AllocatedFor, info: AllocationCreateInfo | undefined): void {
    const time = this.clock.now();
    const { writer } = this;
    const { slot, name } = handedOut;
    const memoryObject = handedOut.memoryObject!;
    const record = memoryObject.isDedicated ? this.addBlock(time, memoryObject) : this.recordOf(memoryObject);
    if (record === undefined) return;
    const { dictionary } = writer;
    const row = dictionary.requestRow;
    fillSettings(row, info, handedOut, record.pool === undefined ? 0 : record.pool + 1);
    let requested = -1;
    if ("buffer" in what) {
      fillBuffer(row, what.buffer);
      requested = what.buffer.size;
    } else if ("image" in what) fillImage(row, what.image);
    else fillRequirements(row, what.requirements);
    const request = dictionary.requestOfRow();
    const size = memoryObject.sizeOf(slot);
    const stack = stackOfCaller(this.writer.dictionary, this.settings.stackDepth);
    const id = writer.allocationMade(
      time,
      record.id,
      memoryObject.offsetOf(slot),
      size,
      request,
      requested < 0 ? size : requested,
      name,
      stack,
      handedOut.isPersistentlyMapped,
    );
    record.add(slot, id, request, stack, name);
    if (memoryObject.isDedicated) record.sole = handedOut;
    writer.settle();
  }

  freed(allocation: Allocation): void {
    const memoryObject = allocation.memoryObject!;
    const record = this.recordOf(memoryObject);
    if (record === undefined) return;
    const { slot } = allocation;
    const id = record.idOf(slot);
    // What took the place of an allocation that was freed while it was moved was never recorded.
    if (id === NOT_RECORDED) return;
    const { writer } = this;
    const time = this.clock.now();
    const { name } = allocation;
    if (name !== record.nameOf(slot)) writer.renamed(time, id, name);
    if (this.aliases.size > 0) this.dropAliases(time, allocation);
    writer.freed(time, id);
    record.remove(slot);
    if (memoryObject.isDedicated) this.removeBlock(time, memoryObject, record);
    writer.settle();
  }

  mapped(allocation: Allocation): void {
    const id = this.idOf(allocation);
    if (id === NOT_RECORDED) return;
    this.writer.mapped(this.clock.now(), id);
    this.writer.settle();
  }

  unmapped(allocation: Allocation): void {
    const id = this.idOf(allocation);
    if (id === NOT_RECORDED) return;
    this.writer.unmapped(this.clock.now(), id);
    this.writer.settle();
  }

  renamed(allocation: Allocation): void {
    const record = this.recordOf(allocation.memoryObject!);
    const { slot, name } = allocation;
    if (record === undefined || record.idOf(slot) === NOT_RECORDED) return;
    this.writer.renamed(this.clock.now(), record.idOf(slot), name);
    record.setName(slot, name);
    this.writer.settle();
  }

  refused(error: VulkanError, refusal: Refusal | undefined, isPool: boolean): void {
    if (isPool) return;
    const { writer, state } = this;
    const { dictionary } = writer;
    const { request } = state;
    const pool = request.pool === undefined ? undefined : this.pools.get(request.pool);
    fillRefused(dictionary.requestRow, request, pool === undefined ? 0 : pool.id + 1);
    const number = dictionary.requestOfRow();
    writer.refused(this.clock.now(), {
      request: number,
      size: request.requirements.size,
      name: request.name,
      stack: stackOfCaller(this.writer.dictionary, this.settings.stackDepth),
      result: error.result,
      reason: refusal?.kind ?? "driver",
      heap: refusal?.heap,
      missingBytes: refusal?.missingBytes ?? 0,
      message: refusal?.message ?? error.message,
    });
    writer.settle();
  }

  // ---- Aliases ------------------------------------------------------------------------------------------

  aliasCreated(
    allocation: Allocation,
    handle: bigint,
    what: Exclude<AllocatedFor, { readonly requirements: unknown }>,
    offset: number,
  ): void {
    const id = this.idOf(allocation);
    if (id === NOT_RECORDED) return;
    const { writer } = this;
    const { dictionary } = writer;
    const row = dictionary.requestRow;
    fillSettings(row, undefined, allocation, 0);
    const isImage = "image" in what;
    if (isImage) fillImage(row, what.image);
    else fillBuffer(row, what.buffer);
    const request = dictionary.requestOfRow();
    // Only the driver knows how much memory an image takes; at most the rest of it.
    const rest = allocation.size - offset;
    const size = isImage ? rest : Math.min(what.buffer.size, rest);
    const alias = writer.aliasMade(this.clock.now(), id, request, offset, size);
    this.aliases.set(aliasKey(handle, isImage), { id: alias, allocation, request, offset, size });
    writer.settle();
  }

  resourceDestroyed(handle: bigint, isImage: boolean): void {
    const key = aliasKey(handle, isImage);
    const alias = this.aliases.get(key);
    if (alias === undefined) return;
    this.aliases.delete(key);
    this.writer.aliasDestroyed(this.clock.now(), alias.id);
    this.writer.settle();
  }

  private dropAliases(time: number, allocation: Allocation): void {
    for (const [key, alias] of this.aliases) {
      if (alias.allocation !== allocation) continue;
      this.writer.aliasDestroyed(time, alias.id);
      this.aliases.delete(key);
    }
  }

  // ---- Blocks and pools ---------------------------------------------------------------------------------

  blockCreated(block: MemoryBlock): void {
    const time = this.clock.now();
    this.addBlock(time, block);
    this.tellBudgets(time);
    this.writer.settle();
  }

  blockFreed(block: MemoryBlock): void {
    const record = this.blocks.get(block);
    if (record === undefined) return;
    const time = this.clock.now();
    this.removeBlock(time, block, record);
    this.writer.settle();
  }

  private addBlock(time: number, memoryObject: MemoryObject): BlockRecord {
    const pool = poolOf(memoryObject);
    const poolRecord = pool === undefined ? undefined : this.poolRecord(time, pool);
    if (poolRecord !== undefined) poolRecord.blocks++;
    const bits = bitsOf(memoryObject);
    const id = this.writer.blockMade(
      time,
      bits,
      memoryObject.memoryTypeIndex,
      poolRecord?.id,
      memoryObject.size,
    );
    const record = new BlockRecord(id, bits, poolRecord?.id);
    this.blocks.set(memoryObject, record);
    return record;
  }

  private removeBlock(time: number, memoryObject: MemoryObject, record: BlockRecord): void {
    if (record.live > 0) this.writer.blockCleared(time, record.id);
    this.writer.blockFreed(time, record.id);
    this.blocks.delete(memoryObject);
    this.lastMemoryObject = undefined;
    const pool = poolOf(memoryObject);
    const poolRecord = pool === undefined ? undefined : this.pools.get(pool);
    if (poolRecord === undefined) return;
    poolRecord.blocks--;
    // Blocks of a pool whose creation failed.
    if (poolRecord.blocks === 0 && !this.state.pools.has(pool!)) this.dropPool(time, pool!, poolRecord);
  }

  poolCreated(pool: Pool): void {
    this.poolRecord(this.clock.now(), pool);
    this.writer.settle();
  }

  poolDestroyed(pool: Pool): void {
    const record = this.pools.get(pool);
    if (record === undefined) return;
    const time = this.clock.now();
    // They are freed with it, but reported later.
    for (const block of pool.sources.flatMap(({ blockList }) => blockList.blocks)) {
      const blockRecord = this.blocks.get(block);
      if (blockRecord !== undefined) this.removeBlock(time, block, blockRecord);
    }
    if (this.pools.has(pool)) this.dropPool(time, pool, record);
    this.writer.settle();
  }

  poolRenamed(pool: Pool): void {
    const record = this.pools.get(pool);
    if (record === undefined) return;
    this.writer.poolNamed(this.clock.now(), record.id, pool.name);
    this.writer.settle();
  }

  private dropPool(time: number, pool: Pool, record: PoolRecord): void {
    this.writer.poolDestroyed(time, record.id);
    this.pools.delete(pool);
  }

  /** The pool's record; a pool's first blocks are reported before it is. */
  private poolRecord(time: number, pool: Pool): PoolRecord {
    const known = this.pools.get(pool);
    if (known !== undefined) return known;
    const record = { id: this.writer.poolMade(time, poolInfo(pool)), blocks: 0 };
    this.pools.set(pool, record);
    return record;
  }

  // ---- Defragmentation ----------------------------------------------------------------------------------

  defragmentationBegun(key: object, given: RecordedDefragmentation & { readonly pool?: Pool }): void {
    const pool = given.pool === undefined ? undefined : this.pools.get(given.pool)?.id;
    const info = {
      flags: given.flags ?? 0,
      pool,
      maxBytesPerPass: finite(given.maxBytesPerPass),
      maxAllocationsPerPass: finite(given.maxAllocationsPerPass),
    };
    const id = this.writer.defragmentationBegun(this.clock.now(), info);
    this.defragmentations.set(key, { id, info, passes: 0, moves: undefined });
    this.writer.settle();
  }

  passBegun(key: object, moves: readonly Move[]): void {
    const record = this.defragmentations.get(key);
    if (record === undefined) return;
    const time = this.clock.now();
    const bytes = moves.reduce((sum, { dstTmpAllocation }) => sum + dstTmpAllocation.size, 0);
    this.writer.passBegun(time, record.id, moves.length, bytes);
    for (const { moved, dstTmpAllocation } of moves) {
      const id = this.idOf(moved);
      const target = this.recordOf(dstTmpAllocation.memoryObject!);
      if (id === NOT_RECORDED || target === undefined) continue;
      this.writer.moveBegun(time, id, target.id, dstTmpAllocation.offset);
    }
    record.passes++;
    record.moves = moves;
    this.writer.settle();
  }

  moved(allocation: Allocation, from: MemoryBlock, fromSlot: number): void {
    const source = this.recordOf(from);
    const memoryObject = allocation.memoryObject!;
    const target = this.recordOf(memoryObject);
    if (source === undefined || target === undefined) return;
    if (source.idOf(fromSlot) === NOT_RECORDED) return;
    target.takeOver(allocation.slot, source, fromSlot);
    const id = target.idOf(allocation.slot);
    this.writer.moved(this.clock.now(), id, target.id, memoryObject.offsetOf(allocation.slot));
    this.writer.settle();
  }

  passEnded(key: object, moves: readonly Move[]): void {
    const record = this.defragmentations.get(key);
    if (record === undefined) return;
    const time = this.clock.now();
    let count = 0;
    let bytes = 0;
    for (const { moved, isSwapped } of moves) {
      const id = moved.memoryObject === null ? NOT_RECORDED : this.idOf(moved);
      if (id === NOT_RECORDED) continue;
      // Those that changed places were reported; the others stay where they are.
      if (isSwapped) {
        count++;
        bytes += moved.size;
      } else this.writer.moveCancelled(time, id);
    }
    record.moves = undefined;
    this.writer.passEnded(time, record.id, count, bytes);
    this.writer.settle();
  }

  defragmentationEnded(key: object, result: RecordedResult): void {
    const record = this.defragmentations.get(key);
    if (record === undefined) return;
    const { allocationsMoved, bytesMoved, deviceMemoryBlocksFreed, bytesFreed } = result;
    this.writer.defragmentationEnded(
      this.clock.now(),
      record.id,
      allocationsMoved,
      bytesMoved,
      deviceMemoryBlocksFreed,
      Math.max(bytesFreed, 0),
    );
    this.defragmentations.delete(key);
    this.writer.settle();
  }

  // ---- Time ---------------------------------------------------------------------------------------------

  frameBegun(frameIndex: number): void {
    if (!this.settings.frames) return;
    const time = this.clock.now();
    this.writer.frame(time, frameIndex);
    this.tellBudgets(time);
    this.writer.settle();
  }

  destroyed(): void {
    this.settings.onDestroyed();
  }

  private tellBudgets(time: number): void {
    const budgets = this.readBudgets();
    const isSame = budgets.every(
      ({ usage, budget }, heap) =>
        usage === this.budgets[heap]!.usage && budget === this.budgets[heap]!.budget,
    );
    if (isSame) return;
    this.budgets = budgets;
    this.writer.budgets(time, budgets);
  }

  /** What is known without querying the driver: recording must not change what is recorded. */
  private readBudgets(): RecordedBudget[] {
    const { budgets, memoryTypes } = this.state;
    return memoryTypes.heaps.map((_heap, index) => budgets.lastKnown(index));
  }

  // ---- Internals ----------------------------------------------------------------------------------------

  private recordOf(memoryObject: MemoryObject): BlockRecord | undefined {
    if (memoryObject === this.lastMemoryObject) return this.lastRecord;
    const record = this.blocks.get(memoryObject);
    this.lastMemoryObject = memoryObject;
    this.lastRecord = record;
    return record;
  }

  private idOf(allocation: Allocation): number {
    return this.recordOf(allocation.memoryObject!)?.idOf(allocation.slot) ?? NOT_RECORDED;
  }

  /** Writes everything that is alive. */
  snapshot(snapshot: SnapshotWriter): void {
    for (const [pool, { id }] of this.pools) snapshot.pool(id, poolInfo(pool));
    for (const [memoryObject, record] of this.blocks) {
      snapshot.block(
        record.id,
        record.bits,
        memoryObject.memoryTypeIndex,
        record.pool,
        memoryObject.size,
        record.live,
      );
      if (record.live > 0) this.snapshotBlock(snapshot, memoryObject, record);
    }
    for (const { id, allocation, request, offset, size } of this.aliases.values()) {
      snapshot.alias(id, this.idOf(allocation), request, offset, size);
    }
    for (const { id, info, passes, moves } of this.defragmentations.values()) {
      snapshot.defragmentation(id, info, passes, moves !== undefined);
      for (const { moved, dstTmpAllocation } of moves ?? [])
        this.snapshotMove(snapshot, moved, dstTmpAllocation);
    }
    snapshot.budgets(this.budgets);
  }

  private snapshotBlock(snapshot: SnapshotWriter, memoryObject: MemoryObject, record: BlockRecord): void {
    if (memoryObject.isDedicated) {
      if (record.sole !== undefined)
        this.snapshotAllocation(snapshot, record, record.sole, 0, memoryObject.size);
      return;
    }
    const block = memoryObject as MemoryBlock;
    block.metadata.visit((offset, size, slot) => {
      const allocation = block.allocations[slot];
      if (allocation !== undefined) this.snapshotAllocation(snapshot, record, allocation, offset, size);
    });
  }

  private snapshotAllocation(
    snapshot: SnapshotWriter,
    record: BlockRecord,
    allocation: Allocation,
    offset: number,
    size: number,
  ): void {
    const { slot } = allocation;
    const id = record.idOf(slot);
    // One that is being made has its place already, but no record yet.
    if (id === NOT_RECORDED) return;
    const requested = allocation.buffer === undefined ? size : allocation.resourceSize;
    const mapped = allocation.mapCount * 2 + (allocation.isPersistentlyMapped ? 1 : 0);
    const request = record.requestOf(slot);
    snapshot.allocation(id, offset, size, request, requested, allocation.name, record.stackOf(slot), mapped);
  }

  private snapshotMove(snapshot: SnapshotWriter, moved: Allocation, target: Allocation): void {
    if (moved.memoryObject === null || target.memoryObject === null) return;
    const id = this.idOf(moved);
    const block = this.recordOf(target.memoryObject);
    if (id !== NOT_RECORDED && block !== undefined) snapshot.move(id, block.id, target.offset);
  }
}

/** The pool of a memory object, which itself knows it only by identity. */
function poolOf(memoryObject: MemoryObject): Pool | undefined {
  return memoryObject.pool as Pool | undefined;
}

function bitsOf(memoryObject: MemoryObject): number {
  if (memoryObject.isDedicated) {
    return BlockBit.Dedicated | ((memoryObject as DedicatedMemory).isImported ? BlockBit.Imported : 0);
  }
  const { options } = (memoryObject as MemoryBlock).list;
  const ignoresGranularity = options.granularity === 1 && memoryObject.state.granularity > 1;
  return (options.linear ? BlockBit.Linear : 0) | (ignoresGranularity ? BlockBit.NoGranularity : 0);
}

function poolInfo(pool: Pool): RecordedPoolInfo {
  const { options } = pool.blockList;
  const ignoresGranularity = options.granularity === 1 && pool.state.granularity > 1;
  return {
    memoryTypeIndex: pool.memoryTypeIndex,
    fallbackMemoryTypes: pool.memoryTypes.slice(1),
    flags: (ignoresGranularity ? 0x2 : 0) | (options.linear ? 0x4 : 0),
    blockSize: options.explicitBlockSize ? options.preferredBlockSize : 0,
    minBlockCount: options.minBlockCount,
    maxBlockCount: finite(options.maxBlockCount),
    priority: options.priority,
    minAllocationAlignment: options.minAllocationAlignment,
    name: pool.name,
  };
}

/** 0 means no limit. */
function finite(limit: number | undefined): number {
  return limit === undefined || !Number.isFinite(limit) ? 0 : limit;
}

function aliasKey(handle: bigint, isImage: boolean): string {
  return `${isImage ? "image" : "buffer"} ${handle}`;
}
