/** One record of a recording: its members, and how to read those that several kinds have in common. */

import { PRIORITY_SCALE, type RecordedRequest } from "../format/request.ts";
import type { RecordedBudget } from "../writer/fields.ts";
import { Definitions, type RecordedStack, type SharedDefinitions } from "./definitions.ts";
import { Damage, RecordReader } from "./record-reader.ts";

/** Devices have at most this many heaps. */
const MAX_HEAPS = 16;

/** The record that was read last. Members that its kind does not use are left as they were. */
export class RecordFields {
  /** One of {@link RecordKind}; for those with bits, the first. */
  kind = 0;
  /** Nanoseconds since the start of the recording. */
  time = 0;
  /** Number of operations up to and including this record. */
  operation = 0;

  // How many have been made so far, including by this record.
  /** Allocations that have been made so far. */
  allocationsMade = 0;
  /** Blocks that have been made so far. */
  blocksMade = 0;
  /** Custom pools that have been made so far. */
  poolsMade = 0;
  /** Aliases that have been made so far. */
  aliasesMade = 0;
  /** Defragmentations that have been begun so far. */
  defragmentationsMade = 0;

  // The subject of the record, by number.
  /** The allocation's number. */
  allocation = 0;
  /** The block's number. */
  block = 0;
  /** The custom pool's number; undefined for default pools. */
  pool: number | undefined = undefined;
  /** The alias's number. */
  alias = 0;
  /** The defragmentation's number. */
  defragmentation = 0;

  /** Bytes from the start of the block; for an alias, from the start of its allocation. */
  offset = 0;
  /** Bytes of the allocation, alias, block, or of what was refused. */
  size = 0;
  /** Bytes requested. */
  requestedSize = 0;
  /** Number of mapMemory calls in effect. */
  mapCount = 0;
  /** Whether the allocation was made with `AllocationCreate.Mapped`. */
  isPersistentlyMapped = false;
  /** `BlockBit`s of a block; the flags of a pool or a defragmentation. */
  bits = 0;
  /** Index of the memory type. */
  memoryTypeIndex = 0;
  /** The further memory types of pools that have such, by the pool's number. */
  private readonly poolTypes: Map<number, readonly number[]> = new Map();
  /** Number of allocations of a block in a snapshot. */
  count = 0;

  // Of pools.
  /** Bytes of a pool's blocks; 0: as the allocator sees fit. */
  blockSize = 0;
  /** Number of blocks that a pool keeps even if empty. */
  minBlockCount = 0;
  /** Maximum number of a pool's blocks; 0: no limit. */
  maxBlockCount = 0;
  /** A pool's priority, from 0 to 1. */
  priority = 0;
  /** Bytes: all offsets in a pool are multiples of this. */
  minAllocationAlignment = 0;

  // Of defragmentations.
  /** Bytes that a pass may move; 0: no limit. */
  maxBytesPerPass = 0;
  /** Allocations that a pass may move; 0: no limit. */
  maxAllocationsPerPass = 0;
  /** Number of passes so far, including the one under way. */
  passes = 0;
  /** Whether a pass is under way. */
  isInPass = false;
  /** Number of allocations that were moved. */
  moves = 0;
  /** Bytes that were moved. */
  bytesMoved = 0;
  /** Number of blocks that were given back. */
  blocksFreed = 0;
  /** Bytes that were given back. */
  bytesFreed = 0;

  // Of refusals.
  /** VkResult */
  result = 0;
  /** Index of the heap; undefined if it is not known. */
  heap: number | undefined = undefined;
  /** 0: unknown. */
  missingBytes = 0;

  /** The frame's index; undefined before the first. */
  frame: number | undefined = undefined;
  /** For each heap. */
  budgets: readonly RecordedBudget[] = [];

  /** @internal */
  readonly reader: RecordReader = new RecordReader();
  /** @internal */
  readonly definitions: Definitions;
  /** @internal */
  nameNumber = 0;
  /** @internal */
  requestNumber = 0;
  /** @internal */
  stackNumber = 0;
  /** @internal */
  reasonNumber = 0;
  /** @internal */
  messageNumber = 0;

  /** @internal Made by the library. */
  constructor(shared: SharedDefinitions) {
    this.definitions = new Definitions(shared);
  }

  /** The name of an allocation or a pool, the text of a mark, why the recording ended. */
  get name(): string | undefined {
    return this.definitions.text(this.nameNumber);
  }

  /** Where the name's UTF-8 begins in `Recording.bytes`: for processing millions of records without making strings. */
  get nameStart(): number {
    return this.definitions.startOfText(this.nameNumber);
  }

  /** Where it ends; where it begins, if there is none. */
  get nameEnd(): number {
    return this.definitions.endOfText(this.nameNumber);
  }

  /** What was requested. */
  get request(): RecordedRequest | undefined {
    return this.definitions.request(this.requestNumber);
  }

  /** The call stack, if stacks were recorded. */
  get stack(): RecordedStack | undefined {
    return this.definitions.stack(this.stackNumber);
  }

  /** Why something was refused: one word. */
  get reason(): string | undefined {
    return this.definitions.text(this.reasonNumber);
  }

  /** Why something was refused: a sentence. */
  get message(): string | undefined {
    return this.definitions.text(this.messageNumber);
  }

  /** @internal */
  readAge(): void {
    const allocation = this.allocationsMade - 1 - this.reader.uint();
    if (allocation < 0) throw new Damage("there is no such allocation", this.reader.at);
    this.allocation = allocation;
  }

  /** @internal */
  readBlockNumber(): void {
    const block = this.reader.uint();
    if (block >= this.blocksMade) throw new Damage(`there is no block ${block}`, this.reader.at);
    this.block = block;
  }

  /** @internal */
  readNumber(made: number, what: string): number {
    const number = this.reader.uint();
    if (number >= made) throw new Damage(`there is no ${what} ${number}`, this.reader.at);
    return number;
  }

  /** @internal */
  readName(): void {
    this.nameNumber = this.definitions.checkText(this.reader.uint(), this.reader);
  }

  /** @internal */
  readRequestNumber(): void {
    this.requestNumber = this.definitions.checkRequest(this.reader.uint(), this.reader);
  }

  /** @internal */
  readStack(): void {
    this.stackNumber = this.definitions.checkStack(this.reader.uint(), this.reader);
  }

  /** @internal */
  readBlock(): void {
    const { reader } = this;
    this.bits = reader.uint();
    this.memoryTypeIndex = reader.uint();
    this.pool = reader.optional();
    this.size = reader.uint();
  }

  /** @internal */
  readPool(): void {
    const { reader } = this;
    this.memoryTypeIndex = reader.uint();
    this.bits = reader.uint();
    this.blockSize = reader.uint();
    this.minBlockCount = reader.uint();
    this.maxBlockCount = reader.uint();
    this.priority = reader.uint() / PRIORITY_SCALE;
    this.minAllocationAlignment = reader.uint();
    this.readName();
  }

  /** The memory types that the pool has after its first, in order of preference. */
  get fallbackMemoryTypes(): readonly number[] {
    return (this.pool === undefined ? undefined : this.poolTypes.get(this.pool)) ?? [];
  }

  /** @internal */
  readPoolTypes(): void {
    const { reader } = this;
    const pool = reader.uint();
    const count = reader.count("memory types");
    this.poolTypes.set(
      pool,
      Array.from({ length: count }, () => reader.uint()),
    );
  }

  /** @internal */
  readDefragmentation(): void {
    const { reader } = this;
    this.bits = reader.uint();
    this.pool = reader.optional();
    this.maxBytesPerPass = reader.uint();
    this.maxAllocationsPerPass = reader.uint();
  }

  /** @internal */
  readAlias(): void {
    this.readRequestNumber();
    this.offset = this.reader.uint();
    this.size = this.reader.uint();
  }

  /** @internal */
  readBudgets(): void {
    const { reader } = this;
    const count = reader.count("heaps");
    if (count > MAX_HEAPS) throw new Damage(`there are no devices with ${count} heaps`, reader.at);
    this.budgets = Array.from({ length: count }, () => ({ usage: reader.uint(), budget: reader.uint() }));
  }

  /** @internal Checks that the range is possible. */
  checkRange(): void {
    if (!Number.isSafeInteger(this.offset + this.size)) {
      throw new Damage("an allocation ends beyond 2^53 - 1 bytes", this.reader.at);
    }
  }
}

/** @internal The error for a kind that version 1 does not have. */
export function unknownKind(kind: number, reader: RecordReader): Damage {
  return new Damage(`there is no record of kind 0x${kind.toString(16).padStart(2, "0")}`, reader.at - 1);
}
