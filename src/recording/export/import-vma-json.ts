/**
 * Makes a recording of one moment from a dump in VMA's JSON format (vmaBuildStatsString with details, VMA 3), so that dumps can
 * be viewed, compared and exported like recordings. What the dump does not contain is unknown: requests except for usage,
 * stacks, times.
 */

import { HEAP_FLAG_NAMES, PROPERTY_FLAG_NAMES } from "../../vulkan/flag-names.ts";
import type { RecordedDevice } from "../format/header.ts";
import { BlockBit } from "../format/kinds.ts";
import { partialRequest } from "../format/request.ts";
import { NO_STACK } from "../writer/dictionary.ts";
import { MemorySink } from "../writer/sink.ts";
import type { SnapshotWriter } from "../writer/snapshot-writer.ts";
import { RecordingWriter } from "../writer/writer.ts";
import { SUBALLOCATION_NAMES } from "./vma-json.ts";

type Json = { readonly [key: string]: unknown };

interface DumpedAllocation {
  readonly offset: number;
  readonly size: number;
  readonly type: number;
  readonly usage: number;
  readonly name: string | undefined;
}

interface DumpedBlock {
  readonly memoryTypeIndex: number;
  readonly pool: number | undefined;
  readonly size: number;
  readonly isDedicated: boolean;
  readonly allocations: readonly DumpedAllocation[];
}

interface DumpedPool {
  readonly memoryTypeIndex: number;
  readonly name: string | undefined;
  readonly blockSize: number;
}

/**
 * A recording of what the dump contains.
 *
 * @throws TypeError, naming the missing or wrong member, for anything but such a dump.
 */
export function importVmaJson(json: unknown): Uint8Array {
  const root = object(json, "the dump");
  const device = readDevice(root);
  const pools: DumpedPool[] = [];
  const blocks: DumpedBlock[] = [];
  for (const [type, list] of entries(root.DefaultPools, "DefaultPools")) {
    readList(object(list, `DefaultPools.${type}`), numberOf(type, "Type"), undefined, blocks);
  }
  for (const [type, lists] of entries(root.CustomPools, "CustomPools")) {
    const memoryType = numberOf(type, "Type");
    for (const each of array(lists, `CustomPools.${type}`)) {
      const pool = object(each, `a pool of CustomPools.${type}`);
      pools.push({
        memoryTypeIndex: memoryType,
        name: poolName(pool),
        blockSize: count(pool.PreferredBlockSize ?? 0, "PreferredBlockSize"),
      });
      readList(pool, memoryType, pools.length - 1, blocks);
    }
  }
  return writeRecording(device, readBudgets(root), pools, blocks);
}

function writeRecording(
  device: RecordedDevice,
  budgets: readonly { usage: number; budget: number }[],
  pools: readonly DumpedPool[],
  blocks: readonly DumpedBlock[],
): Uint8Array {
  const sink = new MemorySink();
  const writer = new RecordingWriter({
    header: {
      format: "vma-ts recording",
      version: 1,
      source: "vulkan",
      writer: "a dump in VMA's JSON form",
      device,
    },
    sink,
    snapshot: (snapshot) => writeSnapshot(snapshot, writer, budgets, pools, blocks),
  });
  for (const _pool of pools) writer.adopt("pools");
  for (const block of blocks) {
    writer.adopt("blocks");
    for (const _allocation of block.allocations) writer.adopt("allocations");
  }
  writer.begin();
  writer.end(0, "dump");
  return sink.bytes();
}

function writeSnapshot(
  snapshot: SnapshotWriter,
  { dictionary }: RecordingWriter,
  budgets: readonly { usage: number; budget: number }[],
  pools: readonly DumpedPool[],
  blocks: readonly DumpedBlock[],
): void {
  const unknown = { flags: 0, minBlockCount: 0, maxBlockCount: 0, priority: 0.5, minAllocationAlignment: 0 };
  pools.forEach((pool, number) => {
    snapshot.pool(number, { ...unknown, ...pool });
  });
  let allocation = 0;
  blocks.forEach(({ memoryTypeIndex: memoryType, pool, size, isDedicated, allocations }, number) => {
    const bits = isDedicated ? BlockBit.Dedicated : 0;
    snapshot.block(number, bits, memoryType, pool, size, allocations.length);
    for (const { offset, size: bytes, type, usage, name } of allocations) {
      const resource = type === 2 ? 1 : type >= 3 ? 2 : 0;
      const request = dictionary.requestOf(
        partialRequest({
          resource,
          resourceUsage: usage,
          suballocationType: type,
          pool,
          image: resource === 2 ? NO_IMAGE : undefined,
        }),
      );
      snapshot.allocation(allocation++, offset, bytes, request, bytes, name, NO_STACK, 0);
    }
  });
  snapshot.budgets(budgets);
}

const NO_IMAGE = {
  imageType: 0,
  format: 0,
  width: 0,
  height: 0,
  depth: 0,
  mipLevels: 0,
  arrayLayers: 0,
  samples: 0,
  tiling: 0,
} as const;

function readDevice(root: Json): RecordedDevice {
  const general = object(root.General, "General");
  if (general.API !== undefined && general.API !== "Vulkan") {
    throw new TypeError(`the dump is of ${JSON.stringify(general.API)}, not of Vulkan`);
  }
  const heaps: { size: number; flags: number }[] = [];
  const types: { propertyFlags: number; heapIndex: number }[] = [];
  for (const [name, heap] of entries(root.MemoryInfo, "MemoryInfo")) {
    const heapIndex = numberOf(name, "Heap");
    const json = object(heap, `MemoryInfo.${name}`);
    heaps[heapIndex] = {
      size: count(json.Size, `${name}.Size`),
      flags: flagsOf(json.Flags, HEAP_FLAG_NAMES),
    };
    for (const [type, info] of entries(json.MemoryPools, `${name}.MemoryPools`)) {
      const propertyFlags = flagsOf(object(info, type).Flags, PROPERTY_FLAG_NAMES);
      types[numberOf(type, "Type")] = { propertyFlags, heapIndex };
    }
  }
  if (heaps.length > 16 || Object.keys(heaps).length !== heaps.length)
    throw new TypeError("MemoryInfo lacks a heap");
  if (types.length > 32 || Object.keys(types).length !== types.length)
    throw new TypeError("MemoryInfo lacks a type");
  return {
    name: typeof general.GPU === "string" ? general.GPU : "unknown",
    deviceType: count(general.deviceType ?? 0, "General.deviceType"),
    apiVersion: typeof general.apiVersion === "string" ? general.apiVersion : "1.0.0",
    limits: {
      bufferImageGranularity: count(general.bufferImageGranularity ?? 1, "General.bufferImageGranularity"),
      nonCoherentAtomSize: count(general.nonCoherentAtomSize ?? 1, "General.nonCoherentAtomSize"),
      maxMemoryAllocationCount: count(
        general.maxMemoryAllocationCount ?? 4096,
        "General.maxMemoryAllocationCount",
      ),
    },
    memoryHeaps: heaps,
    memoryTypes: types,
  };
}

function readBudgets(root: Json): { usage: number; budget: number }[] {
  return entries(root.MemoryInfo, "MemoryInfo").map(([name, heap]) => {
    const { Budget } = object(heap, name);
    const budget = Budget === undefined ? {} : object(Budget, `${name}.Budget`);
    return {
      usage: count(budget.UsageBytes ?? 0, "UsageBytes"),
      budget: count(budget.BudgetBytes ?? 0, "BudgetBytes"),
    };
  });
}

function readList(list: Json, memoryType: number, pool: number | undefined, blocks: DumpedBlock[]): void {
  for (const [name, each] of entries(list.Blocks ?? {}, "Blocks")) {
    const block = object(each, `block ${name}`);
    const size = count(block.TotalBytes, `TotalBytes of block ${name}`);
    const allocations = array(block.Suballocations ?? [], `Suballocations of block ${name}`)
      .map((range) => object(range, `a range of block ${name}`))
      .filter(({ Type }) => Type !== "FREE")
      .map((range) => readAllocation(range, count(range.Offset, "Offset")))
      .sort((a, b) => a.offset - b.offset);
    let end = 0;
    for (const { offset, size: bytes } of allocations) {
      if (offset < end || offset + bytes > size)
        throw new TypeError(`the allocations of block ${name} overlap`);
      end = offset + bytes;
    }
    blocks.push({ memoryTypeIndex: memoryType, pool, size, isDedicated: false, allocations });
  }
  for (const each of array(list.DedicatedAllocations ?? [], "DedicatedAllocations")) {
    const allocation = readAllocation(object(each, "a dedicated allocation"), 0);
    blocks.push({
      memoryTypeIndex: memoryType,
      pool,
      size: allocation.size,
      isDedicated: true,
      allocations: [allocation],
    });
  }
}

function readAllocation(range: Json, offset: number): DumpedAllocation {
  const type = SUBALLOCATION_NAMES.indexOf(range.Type as string);
  return {
    offset,
    size: count(range.Size, "Size"),
    type: Math.max(type, 1),
    usage: typeof range.Usage === "string" ? 0 : count(range.Usage ?? 0, "Usage"),
    name: typeof range.Name === "string" ? range.Name : undefined,
  };
}

/** A pool is identified by its number, and its name if it has one: "0 - staging". */
function poolName({ Name }: Json): string | undefined {
  const match = typeof Name === "string" ? /^\d+ - ([\s\S]*)$/.exec(Name) : null;
  return match?.[1];
}

/** The number of "Type 3" or "Heap 0". */
function numberOf(key: string, what: string): number {
  const match = /^(\w+) (\d{1,2})$/.exec(key);
  if (match?.[1] !== what) throw new TypeError(`there is ${JSON.stringify(key)} where a ${what} should be`);
  return Number(match[2]);
}

function flagsOf(names: unknown, known: readonly (readonly [number, string])[]): number {
  return array(names, "Flags").reduce<number>((flags, name) => {
    const bit = known.find(([, each]) => each === name)?.[0];
    const other = typeof name === "string" && /^0x[0-9a-f]{1,7}$/i.test(name) ? Number(name) : 0;
    return flags | (bit ?? other);
  }, 0);
}

function object(json: unknown, what: string): Json {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new TypeError(`${what} is not an object`);
  return json as Json;
}

function entries(json: unknown, what: string): [string, unknown][] {
  return Object.entries(object(json, what));
}

function array(json: unknown, what: string): unknown[] {
  if (!Array.isArray(json)) throw new TypeError(`${what} is not a list`);
  return json;
}

function count(json: unknown, what: string): number {
  if (!Number.isSafeInteger(json) || (json as number) < 0)
    throw new TypeError(`${what} is not a whole number`);
  return json as number;
}
