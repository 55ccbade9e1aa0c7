/**
 * Statistics dumps: those of VMA 3 and D3D12MA, which share a schema; those of VMA 2; and those of virtual blocks.
 *
 * A dump is one moment. What it says of itself in its sums is compared with what it lists, and contradictions are
 * told as warnings; what is wrong in form is an error with its path in the file.
 */

import { HistoryBuilder } from "../model/builder.ts";
import { type DeviceInfo, type History, NONE } from "../model/history.ts";
import { FileError, type JsonValue } from "./json.ts";
import { d3d12Kind, kindOf } from "./kinds.ts";

const noDevice: DeviceInfo = { name: "", api: "", granularity: 1, maxMemoryObjects: 0 };

/** Reads any of the dumps. */
export function readDump(json: JsonValue, source: string): History {
  if (!json.isObject) throw new FileError("This is JSON, but not a dump: a dump is an object.");
  if (json.member("MemoryInfo").exists) return readVersion3(json, source);
  if (json.member("Total").exists && json.entries().some(([key]) => key.startsWith("Heap ")))
    return readVersion2(json, source);
  if (json.member("Details").member("Suballocations").exists) return readVirtualBlock(json, source);
  if (json.member("Stats").exists)
    throw new FileError(
      "This dump of a virtual block has sums only. Make it with the detailed map, to see what lies where.",
    );
  const keys = json
    .entries()
    .slice(0, 5)
    .map(([key]) => JSON.stringify(key.slice(0, 40)));
  throw new FileError(
    `This is JSON, but not a dump that can be read here: those of VMA, D3D12MA and vma-ts. ` +
      (keys.length === 0 ? "It is empty." : `It begins with the keys ${keys.join(", ")}.`),
  );
}

/** VMA 3 and later, vma-ts, and D3D12MA. */
function readVersion3(json: JsonValue, source: string): History {
  const general = json.member("General");
  const isD3D12 = general.member("API").text() === "Direct3D 12";
  const reader = new PoolReader(isD3D12);
  const { builder } = reader;
  for (const [label, heap] of json.member("MemoryInfo").entries()) {
    const index = builder.addHeap({
      label,
      flags: heap.member("Flags").texts(),
      size: heap.member("Size").whole(isD3D12 ? sizeOfSegment(general, label) : 0),
    });
    const budget = heap.member("Budget");
    if (budget.exists)
      builder.addBudget(index, budget.member("BudgetBytes").whole(), budget.member("UsageBytes").whole());
    for (const [type, value] of heap.member("MemoryPools").entries())
      reader.addType(type, index, value.member("Flags").texts());
  }
  if (!json.member("DefaultPools").exists)
    throw new FileError(
      "This dump has sums only. Make it with the detailed map (vmaBuildStatsString with VK_TRUE, " +
        "buildStatsString(true)), to see what lies where.",
    );
  for (const [label, value] of json.member("DefaultPools").entries()) reader.readPool(label, value, false);
  for (const [label, list] of json.member("CustomPools").entries())
    for (const value of list.elements()) reader.readPool(label, value, true);
  checkTotals(builder, json.member("Total"), reader);
  return builder.finish(source, isD3D12 ? "D3D12MA dump" : "VMA 3 dump", {
    name: general.member("GPU").text(),
    api: [general.member("API").text(), general.member("apiVersion").text()].filter(Boolean).join(" "),
    granularity: Math.max(general.member("bufferImageGranularity").whole(1), 1),
    maxMemoryObjects: general.member("maxMemoryAllocationCount").whole(0),
  });
}

/** D3D12MA gives no sizes with its segments, but knows those of the adapter's memory. */
function sizeOfSegment(general: JsonValue, label: string): number {
  const uma = general.member("UMA");
  const isShared = label === "L0" || (uma.exists && uma.text() === "true");
  return general.member(isShared ? "SharedSystemMemory" : "DedicatedVideoMemory").whole(0);
}

/** VMA 2. */
function readVersion2(json: JsonValue, source: string): History {
  const reader = new PoolReader(false);
  const { builder } = reader;
  for (const [label, heap] of json.entries()) {
    if (!label.startsWith("Heap ")) continue;
    const index = builder.addHeap({
      label,
      flags: heap.member("Flags").texts(),
      size: heap.member("Size").whole(0),
    });
    const budget = heap.member("Budget");
    if (budget.exists)
      builder.addBudget(index, budget.member("Budget").whole(), budget.member("Usage").whole());
    for (const [type, value] of heap.entries())
      if (type.startsWith("Type ")) reader.addType(type, index, value.member("Flags").texts());
  }
  const pools = ["DefaultPools", "DedicatedAllocations", "Pools"].map((key) => json.member(key));
  if (!pools.some((pool) => pool.exists) && json.member("Total").member("Blocks").whole(0) > 0)
    throw new FileError(
      "This dump has sums only. Make it with the detailed map (vmaBuildStatsString with VK_TRUE), to see what lies where.",
    );
  const [defaults, dedicated, custom] = pools as [JsonValue, JsonValue, JsonValue];
  for (const [label, value] of defaults.entries()) reader.readPool(label, value, false);
  for (const [label, list] of dedicated.entries()) reader.readDedicated(reader.defaultPool(label), list);
  for (const [id, value] of custom.entries())
    reader.readPool(`Type ${value.member("MemoryTypeIndex").whole()}`, value, true, `Pool ${id}`);
  return builder.finish(source, "VMA 2 dump", { ...noDevice, api: "Vulkan" });
}

/** `VirtualBlock`. */
function readVirtualBlock(json: JsonValue, source: string): History {
  const reader = new PoolReader(false);
  const details = json.member("Details");
  reader.addType("Virtual block", reader.builder.addHeap({ label: "Virtual", flags: [], size: 0 }), []);
  reader.readBlock(reader.defaultPool("Virtual block"), 0, details);
  return reader.builder.finish(source, "Virtual block dump", noDevice);
}

/** Reads pools with their blocks and dedicated allocations, in the form that all versions share. */
class PoolReader {
  readonly builder = new HistoryBuilder();
  readonly #isD3D12: boolean;
  readonly #types = new Map<string, number>();
  readonly #defaults = new Map<string, number>();
  #customCount = 0;
  readonly sums = { blocks: 0, blockBytes: 0, allocations: 0, allocationBytes: 0 };

  constructor(isD3D12: boolean) {
    this.#isD3D12 = isD3D12;
  }

  addType(label: string, heap: number, flags: readonly string[]): void {
    // D3D12's CUSTOM may lie in both segments; which, its pools say. The first stands for it.
    if (!this.#types.has(label)) this.#types.set(label, this.builder.addType({ label, heap, flags }));
  }

  /** The type of such a label; "UPLOAD - Buffers" is of UPLOAD. */
  #type(label: string): number {
    const known = this.#types.get(label) ?? this.#types.get(label.split(" - ")[0]!);
    if (known !== undefined) return known;
    if (this.builder.heaps.length === 0) this.builder.addHeap({ label: "Heap", flags: [], size: 0 });
    this.builder.warnings.push(`The pool ${JSON.stringify(label)} has a memory type that MemoryInfo lacks.`);
    this.addType(label, 0, []);
    return this.#types.get(label)!;
  }

  /** The default pool of a type, made when it is first asked for. */
  defaultPool(label: string, preferredBlockSize = 0): number {
    let pool = this.#defaults.get(label);
    if (pool === undefined) {
      pool = this.builder.addPool({
        label: "Default pool",
        type: this.#type(label),
        isCustom: false,
        preferredBlockSize,
      });
      this.#defaults.set(label, pool);
    }
    return pool;
  }

  readPool(typeLabel: string, json: JsonValue, isCustom: boolean, fallback?: string): void {
    const preferredBlockSize = json.member("PreferredBlockSize").whole(json.member("BlockSize").whole(0));
    const pool = isCustom
      ? this.builder.addPool({
          label: poolName(json.member("Name").text(), fallback ?? `Pool ${this.#customCount++}`),
          type: this.#type(typeLabel),
          isCustom,
          preferredBlockSize,
        })
      : this.defaultPool(typeLabel, preferredBlockSize);
    for (const [id, block] of json.member("Blocks").entries()) this.readBlock(pool, Number(id) || 0, block);
    this.readDedicated(pool, json.member("DedicatedAllocations"));
  }

  readBlock(pool: number, id: number, json: JsonValue): void {
    const size = json.member("TotalBytes").whole();
    const block = this.builder.addBlock({ pool, size, id, mapCount: json.member("MapRefCount").whole(0) });
    this.sums.blocks++;
    this.sums.blockBytes += size;
    let end = 0;
    for (const entry of json.member("Suballocations").elements()) {
      if (entry.member("Type").text() === "FREE") continue;
      const offset = entry.member("Offset").whole();
      const length = entry.member("Size").whole();
      if (offset + length > size)
        throw new FileError(
          `Block ${id} has ${size} bytes, and an allocation at ${offset} of ${length} bytes, which ends beyond it.`,
        );
      if (offset < end) this.builder.warnings.push(`Block ${id} has allocations that overlap at ${offset}.`);
      end = Math.max(end, offset + length);
      this.#place(entry, block, offset, length);
    }
  }

  readDedicated(pool: number, list: JsonValue): void {
    for (const entry of list.elements()) {
      const size = entry.member("Size").whole();
      const block = this.builder.addBlock({ pool, size, dedicated: true });
      this.sums.blocks++;
      this.sums.blockBytes += size;
      this.#place(entry, block, 0, size);
    }
  }

  #place(entry: JsonValue, block: number, offset: number, size: number): void {
    const { builder } = this;
    const type = entry.member("Type").text();
    const usage = entry.member("Usage").whole(0);
    // VMA 2 has one field for what became Name and CustomData.
    const data = entry.member("CustomData").text() || entry.member("UserData").text();
    const name = entry.member("Name").text() || (isPointer(data) ? "" : data);
    const allocation = builder.addAllocation(
      this.#isD3D12 ? d3d12Kind(type, usage) : kindOf(type, usage),
      0,
      usage,
      builder.texts.add(name),
      builder.texts.add(data === name ? "" : data),
      0,
      entry.member("CreationFrameIndex").whole(NONE),
    );
    builder.place(allocation, block, offset, size);
    this.sums.allocations++;
    this.sums.allocationBytes += size;
  }
}

/** VMA writes "0 - shadow maps" for a pool of that name, "0" for one without. */
function poolName(name: string, fallback: string): string {
  const [, number, rest] = /^(\d+)(?: - ([\s\S]*))?$/.exec(name) ?? [];
  if (number === undefined) return name || fallback;
  return rest || `Pool ${number}`;
}

function isPointer(text: string): boolean {
  return /^(0x)?[0-9a-fA-F]+$/.test(text) && (text.startsWith("0x") || text.length >= 8);
}

/** Says where the dump's own sums differ from what it lists. */
function checkTotals(builder: HistoryBuilder, total: JsonValue, { sums }: PoolReader): void {
  const claims = {
    blocks: ["BlockCount", "memory objects"],
    blockBytes: ["BlockBytes", "bytes of memory objects"],
    allocations: ["AllocationCount", "allocations"],
    allocationBytes: ["AllocationBytes", "bytes of allocations"],
  } as const;
  for (const [key, [member, what]] of Object.entries(claims)) {
    const claimed = total.member(member).whole(sums[key as keyof typeof sums]);
    const listed = sums[key as keyof typeof sums];
    if (claimed !== listed)
      builder.warnings.push(`The dump counts ${claimed} ${what} in its total, but lists ${listed}.`);
  }
}
