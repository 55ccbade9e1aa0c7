/**
 * The state of what was recorded at one moment: pools, blocks, allocations. Apply the records of a cursor to it, one
 * after the other; about 0.1 µs each.
 *
 * A recording may contradict itself, because of damage that no checksum detects or because it was written that way. Records
 * that contradict the state are counted but not applied.
 */

import { showAs } from "../../foundation/inspect.ts";
import { BlockBit, RecordKind } from "../format/kinds.ts";
import type { RecordedRequest } from "../format/request.ts";
import type { RecordedBudget, RecordedDefragmentationInfo, RecordedPoolInfo } from "../writer/fields.ts";
import type { RecordCursor } from "./cursor.ts";
import type { RecordedStack } from "./definitions.ts";

/** An allocation that is alive. */
export interface RecordedAllocation {
  /** A number that counts the allocations of the recording. */
  readonly id: number;
  /** The block that currently contains it. */
  block: RecordedBlock;
  /** Bytes from the start of the block. */
  offset: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes requested. */
  readonly requestedSize: number;
  /** What was requested. */
  readonly request: RecordedRequest;
  /** The current name, if it has one. */
  name: string | undefined;
  /** The call stack of the request, if stacks were recorded. */
  readonly stack: RecordedStack | undefined;
  /**
   * When it was made, in nanoseconds; undefined if it is older than what is left of the recording, or than the state's
   * first snapshot.
   */
  readonly madeAt: number | undefined;
  /** Number of mapMemory calls in effect. */
  mapCount: number;
  /** Whether it was made with `AllocationCreate.Mapped`. */
  readonly isPersistentlyMapped: boolean;
  /** Where it is being moved to. */
  move:
    | {
        /** The block that it is being moved to. */
        readonly block: RecordedBlock;
        /** Bytes from the start of that block. */
        readonly offset: number;
      }
    | undefined;
}

/** A memory object: a block that is divided, or one allocation's own. */
export interface RecordedBlock {
  /** A number that counts the memory objects of the recording. */
  readonly id: number;
  /** Whether it is for one allocation. */
  readonly isDedicated: boolean;
  /** Whether its memory was imported. */
  readonly isImported: boolean;
  /** Whether the linear algorithm manages it. */
  readonly isLinear: boolean;
  /** Whether bufferImageGranularity is ignored in it. */
  readonly ignoresGranularity: boolean;
  /** Index of the memory type. */
  readonly memoryTypeIndex: number;
  /** The custom pool's number. */
  readonly pool: number | undefined;
  /** Bytes. */
  size: number;
  /** Nanoseconds since the start of the recording; undefined if it existed before. */
  readonly madeAt: number | undefined;
  /** Its allocations, in no particular order. */
  readonly allocations: Set<RecordedAllocation>;
}

/** A custom pool. */
export interface RecordedPool extends Omit<RecordedPoolInfo, "name"> {
  /** A number that no other pool of the recording has, counted from 0. */
  readonly id: number;
  /** The memory types that it has after the first one, in order of preference. */
  readonly fallbackMemoryTypes: readonly number[];
  /** The pool's current name, if it has one. */
  name: string | undefined;
}

/** Another resource in the memory of an allocation. */
export interface RecordedAlias {
  /** A number that no other alias of the recording has. */
  readonly id: number;
  /** The allocation whose memory it shares. */
  readonly allocation: RecordedAllocation;
  /** Bytes from the start of the allocation. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** What was requested. */
  readonly request: RecordedRequest;
}

/** A defragmentation that is under way. */
export interface RecordedDefragmentation extends RecordedDefragmentationInfo {
  /** A number that no other defragmentation of the recording has. */
  readonly id: number;
  /** Number of passes so far, including the one under way. */
  passes: number;
  /** Whether a pass is under way. */
  isInPass: boolean;
}

/** The state at one moment. */
export class RecordedState {
  /** Number of operations that have led to it. */
  operation = 0;
  /** Time of the last of them, in nanoseconds. */
  time = 0;
  /** By number. */
  readonly allocations: Map<number, RecordedAllocation> = new Map();
  /** By number. */
  readonly blocks: Map<number, RecordedBlock> = new Map();
  /** By number. */
  readonly pools: Map<number, RecordedPool> = new Map();
  /** By number. */
  readonly aliases: Map<number, RecordedAlias> = new Map();
  /** Those that are under way, by number. */
  readonly defragmentations: Map<number, RecordedDefragmentation> = new Map();
  /** For each heap, as last recorded; empty if never recorded. */
  budgets: readonly RecordedBudget[] = [];
  /** The current frame's index; undefined before the first. */
  frame: number | undefined = undefined;
  /** Number of records that contradicted the state and were not applied. */
  contradictions = 0;

  /** Bytes of all blocks. */
  reservedBytes = 0;
  /** Bytes of all allocations. */
  usedBytes = 0;

  /** The block that allocations of a snapshot belong to. */
  private snapshotBlock: RecordedBlock | undefined = undefined;

  /** Applies the cursor's record. */
  apply(record: RecordCursor): void {
    this.operation = record.operation;
    this.time = record.time;
    switch (record.kind) {
      case RecordKind.AllocationMade:
        this.make(record, this.blocks.get(record.block), record.time);
        break;
      case RecordKind.Freed:
      case RecordKind.Mapped:
      case RecordKind.Unmapped:
      case RecordKind.Renamed:
      case RecordKind.MoveBegun:
      case RecordKind.SnapshotMove:
      case RecordKind.Moved:
      case RecordKind.MoveCancelled:
      case RecordKind.AliasMade:
      case RecordKind.SnapshotAlias: {
        const allocation = this.allocations.get(record.allocation);
        if (allocation === undefined) this.contradictions++;
        else this.applyToAllocation(allocation, record);
        break;
      }
      case RecordKind.BlockMade:
        this.makeBlock(record, record.time);
        break;
      case RecordKind.BlockFreed:
      case RecordKind.BlockCleared:
      case RecordKind.BlockResized: {
        const block = this.blocks.get(record.block);
        if (block === undefined) this.contradictions++;
        else this.applyToBlock(block, record);
        break;
      }
      case RecordKind.Frame:
        this.frame = record.frame;
        break;
      case RecordKind.Budgets:
      case RecordKind.SnapshotBudgets:
        this.budgets = record.budgets;
        break;
      default:
        this.applyRest(record);
    }
  }

  /** The allocations of a block by offset. */
  allocationsOf(block: RecordedBlock): RecordedAllocation[] {
    return [...block.allocations].sort((a, b) => a.offset - b.offset);
  }

  private applyToAllocation(allocation: RecordedAllocation, record: RecordCursor): void {
    switch (record.kind) {
      case RecordKind.Freed:
        this.free(allocation);
        break;
      case RecordKind.Mapped:
        allocation.mapCount++;
        break;
      case RecordKind.Unmapped:
        if (allocation.mapCount > 0) allocation.mapCount--;
        else this.contradictions++;
        break;
      case RecordKind.Renamed:
        allocation.name = record.name;
        break;
      case RecordKind.MoveBegun:
      case RecordKind.SnapshotMove:
        this.beginMove(allocation, record);
        break;
      case RecordKind.Moved:
        this.move(allocation, record);
        break;
      case RecordKind.MoveCancelled:
        allocation.move = undefined;
        break;
      default:
        this.makeAlias(allocation, record);
    }
  }

  private applyToBlock(block: RecordedBlock, record: RecordCursor): void {
    if (record.kind === RecordKind.BlockFreed) this.freeBlock(block);
    else if (record.kind === RecordKind.BlockCleared) this.clear(block);
    else {
      this.reservedBytes += record.size - block.size;
      block.size = record.size;
    }
  }

  private applyRest(record: RecordCursor): void {
    switch (record.kind) {
      case RecordKind.Counters:
        this.clearAll();
        this.frame = record.frame;
        break;
      case RecordKind.SnapshotBlock:
        this.snapshotBlock = this.makeBlock(record, undefined);
        break;
      case RecordKind.SnapshotAllocation:
        this.make(record, this.snapshotBlock, undefined);
        break;
      case RecordKind.PoolMade:
      case RecordKind.SnapshotPool:
        this.pools.set(record.pool!, poolOf(record));
        break;
      case RecordKind.PoolDestroyed:
        if (!this.pools.delete(record.pool!)) this.contradictions++;
        break;
      case RecordKind.PoolNamed: {
        const pool = this.pools.get(record.pool!);
        if (pool === undefined) this.contradictions++;
        else pool.name = record.name;
        break;
      }
      case RecordKind.AliasDestroyed:
        if (!this.aliases.delete(record.alias)) this.contradictions++;
        break;
      case RecordKind.DefragmentationBegun:
      case RecordKind.SnapshotDefragmentation:
      case RecordKind.PassBegun:
      case RecordKind.PassEnded:
      case RecordKind.DefragmentationEnded:
        this.applyDefragmentation(record);
    }
  }

  private applyDefragmentation(record: RecordCursor): void {
    const { defragmentation: id, bits: flags, pool, maxBytesPerPass, maxAllocationsPerPass } = record;
    if (record.kind === RecordKind.DefragmentationBegun) {
      const info = { id, flags, pool, maxBytesPerPass, maxAllocationsPerPass };
      this.defragmentations.set(id, { ...info, passes: 0, isInPass: false });
      return;
    }
    if (record.kind === RecordKind.SnapshotDefragmentation) {
      const { passes, isInPass } = record;
      const info = { id, flags, pool, maxBytesPerPass, maxAllocationsPerPass };
      this.defragmentations.set(id, { ...info, passes, isInPass });
      return;
    }
    const running = this.defragmentations.get(id);
    if (running === undefined) this.contradictions++;
    else if (record.kind === RecordKind.DefragmentationEnded) this.defragmentations.delete(id);
    else {
      running.isInPass = record.kind === RecordKind.PassBegun;
      if (running.isInPass) running.passes++;
    }
  }

  private make(record: RecordCursor, block: RecordedBlock | undefined, madeAt: number | undefined): void {
    const { allocation: id, offset, size, requestedSize, mapCount, isPersistentlyMapped } = record;
    if (block === undefined || offset + size > block.size || this.allocations.has(id)) {
      this.contradictions++;
      return;
    }
    const { name, stack } = record;
    const request = record.request!;
    const allocation: RecordedAllocation = {
      id,
      block,
      offset,
      size,
      requestedSize,
      request,
      name,
      stack,
      madeAt,
      mapCount,
      isPersistentlyMapped,
      move: undefined,
    };
    this.allocations.set(id, allocation);
    block.allocations.add(allocation);
    this.usedBytes += size;
  }

  private free(allocation: RecordedAllocation): void {
    this.allocations.delete(allocation.id);
    allocation.block.allocations.delete(allocation);
    this.usedBytes -= allocation.size;
    if (this.aliases.size === 0) return;
    for (const alias of this.aliases.values()) {
      if (alias.allocation === allocation) this.aliases.delete(alias.id);
    }
  }

  private makeBlock(record: RecordCursor, madeAt: number | undefined): RecordedBlock | undefined {
    const { block: id, bits, memoryTypeIndex: memoryType, pool, size } = record;
    if (this.blocks.has(id)) {
      this.contradictions++;
      return undefined;
    }
    const block: RecordedBlock = {
      id,
      isDedicated: (bits & BlockBit.Dedicated) !== 0,
      isImported: (bits & BlockBit.Imported) !== 0,
      isLinear: (bits & BlockBit.Linear) !== 0,
      ignoresGranularity: (bits & BlockBit.NoGranularity) !== 0,
      memoryTypeIndex: memoryType,
      pool,
      size,
      madeAt,
      allocations: new Set(),
    };
    this.blocks.set(id, block);
    this.reservedBytes += size;
    return block;
  }

  private freeBlock(block: RecordedBlock): void {
    if (block.allocations.size > 0) {
      this.contradictions++;
      this.clear(block);
    }
    this.blocks.delete(block.id);
    this.reservedBytes -= block.size;
  }

  private clear(block: RecordedBlock): void {
    for (const allocation of [...block.allocations]) this.free(allocation);
  }

  private beginMove(allocation: RecordedAllocation, record: RecordCursor): void {
    const block = this.blocks.get(record.block);
    if (block === undefined || record.offset + allocation.size > block.size) this.contradictions++;
    else allocation.move = { block, offset: record.offset };
  }

  private move(allocation: RecordedAllocation, record: RecordCursor): void {
    const block = this.blocks.get(record.block);
    allocation.move = undefined;
    if (block === undefined || record.offset + allocation.size > block.size) {
      this.contradictions++;
      return;
    }
    allocation.block.allocations.delete(allocation);
    block.allocations.add(allocation);
    allocation.block = block;
    allocation.offset = record.offset;
  }

  private makeAlias(allocation: RecordedAllocation, record: RecordCursor): void {
    const { alias: id, offset, size } = record;
    if (offset + size > allocation.size) this.contradictions++;
    else this.aliases.set(id, { id, allocation, offset, size, request: record.request! });
  }

  private clearAll(): void {
    this.allocations.clear();
    this.blocks.clear();
    this.pools.clear();
    this.aliases.clear();
    this.defragmentations.clear();
    this.budgets = [];
    this.reservedBytes = 0;
    this.usedBytes = 0;
    this.snapshotBlock = undefined;
  }
}

showAs(
  RecordedState,
  ({ operation, allocations, blocks }) =>
    `RecordedState after ${operation} operations: ${allocations.size} allocations, ${blocks.size} blocks`,
  ({ operation, time, allocations, blocks, reservedBytes, usedBytes }) => ({
    operation,
    time,
    allocations: allocations.size,
    blocks: blocks.size,
    reservedBytes,
    usedBytes,
  }),
);

function poolOf(record: RecordCursor): RecordedPool {
  const {
    memoryTypeIndex: memoryType,
    bits,
    blockSize,
    minBlockCount,
    maxBlockCount,
    priority,
    name,
  } = record;
  const { minAllocationAlignment, fallbackMemoryTypes } = record;
  return {
    id: record.pool!,
    memoryTypeIndex: memoryType,
    fallbackMemoryTypes,
    flags: bits,
    blockSize,
    minBlockCount,
    maxBlockCount,
    priority,
    minAllocationAlignment,
    name,
  };
}
