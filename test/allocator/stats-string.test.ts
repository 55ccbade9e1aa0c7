/** The state in VMA's JSON form. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { amdDiscrete } from "../../src/simulator/index.ts";
import type { MemoryHeapFlag } from "../../src/vulkan/index.ts";
import { problemsOf } from "./dump-schema.ts";
import { bufferOf, bytes, free, imageOf, KiB, MiB, only, Type, type World, world } from "./setup.ts";

const dump = ({ allocator }: World, detailed?: boolean) => {
  const json = JSON.parse(allocator.buildStatsString(detailed));
  expect(problemsOf(json)).toEqual([]);
  return json;
};

describe("The stats string", () => {
  it("of an empty allocator has the shape that VMA's tools expect", () => {
    const made = world();
    expect(dump(made)).toMatchObject({
      General: { API: "Vulkan", GPU: "two-heaps", memoryHeapCount: 2, memoryTypeCount: 5 },
      Total: { BlockCount: 0, BlockBytes: 0, AllocationCount: 0 },
      CustomPools: {},
    });
    expect(Object.keys(dump(made).DefaultPools)).toEqual([0, 1, 2, 3, 4].map((type) => `Type ${type}`));
  });

  it("names the flags of heaps and types", () => {
    const made = world(amdDiscrete, {}, { extensions: "all" });
    const { MemoryInfo } = dump(made);
    expect(MemoryInfo["Heap 0"].Flags).toEqual(["DEVICE_LOCAL"]);
    expect(MemoryInfo["Heap 1"].Flags).toEqual([]);
    expect(MemoryInfo["Heap 1"].MemoryPools["Type 7"].Flags).toEqual([
      "HOST_VISIBLE",
      "HOST_COHERENT",
      "HOST_CACHED",
      "DEVICE_COHERENT_AMD",
      "DEVICE_UNCACHED_AMD",
    ]);
    expect(MemoryInfo["Heap 0"].Budget).toEqual({
      BudgetBytes: made.device.memoryProperties.memoryHeaps[0]!.size,
      UsageBytes: 0,
    });
  });

  it("without details has no list of pools", () => {
    const made = world();
    const brief = dump(made, false);
    expect(Object.keys(brief)).toEqual(["General", "Total", "MemoryInfo"]);
  });

  it("lists every allocation and free range of every block", () => {
    const made = world();
    const { allocator } = made;
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB, name: "uploads" });
    const info = { pool, name: "upload", userData: 0xbeef, flags: AllocationCreate.Mapped };
    const buffer = allocator.createBuffer(bufferOf(KiB), info).allocation;
    const gap = allocator.allocateMemory(bytes(KiB), { pool });
    const last = allocator.allocateMemory(bytes(2 * KiB), { pool });
    free(gap);
    expect(dump(made).CustomPools).toEqual({
      "Type 1": [
        {
          Name: "0 - uploads",
          PreferredBlockSize: MiB,
          Blocks: {
            0: {
              MapRefCount: 1,
              TotalBytes: MiB,
              UnusedBytes: MiB - 3 * KiB,
              Allocations: 2,
              UnusedRanges: 2,
              Suballocations: [
                {
                  Offset: 0,
                  Type: "BUFFER",
                  Size: KiB,
                  Usage: bufferOf(1).usage,
                  CustomData: "0xbeef",
                  Name: "upload",
                },
                { Offset: KiB, Type: "FREE", Size: KiB },
                { Offset: 2 * KiB, Type: "UNKNOWN", Size: 2 * KiB, Usage: 0 },
                { Offset: 4 * KiB, Type: "FREE", Size: MiB - 4 * KiB },
              ],
            },
          },
          DedicatedAllocations: [],
        },
      ],
    });
    free(buffer, last);
  });

  it("lists dedicated allocations apart, and knows images by their kind", () => {
    const made = world();
    const { allocator } = made;
    const flags = AllocationCreate.DedicatedMemory;
    const optimal = allocator.createImage(imageOf(16), { flags }).allocation;
    const linear = allocator.createImage({ ...imageOf(16), tiling: 1 }, { flags }).allocation;
    const { DedicatedAllocations } = dump(made).DefaultPools["Type 0"];
    expect(DedicatedAllocations).toMatchObject([
      { Type: "IMAGE_OPTIMAL", Size: optimal.size, Usage: imageOf(1).usage },
      { Type: "IMAGE_LINEAR", Size: linear.size },
    ]);
    free(optimal, linear);
  });

  it("adds up: unused and used bytes fill each block without gap or overlap", () => {
    const made = world();
    const all = [5, 3, 9, 1, 7].map((size) => made.allocator.allocateMemory(bytes(size * KiB, 1)));
    free(all[1]!, all[3]!);
    const block = dump(made).DefaultPools["Type 0"].Blocks["0"];
    let end = 0;
    let unused = 0;
    for (const { Offset, Size, Type: kind } of block.Suballocations) {
      expect(Offset).toBe(end);
      end += Size;
      if (kind === "FREE") unused += Size;
    }
    expect(end).toBe(block.TotalBytes);
    expect(unused).toBe(block.UnusedBytes);
    free(all[0]!, all[2]!, all[4]!);
  });

  it("has names of any letters, quotes and line breaks", () => {
    const made = world();
    const { allocator } = made;
    const names = [
      "Grüße",
      "テクスチャ",
      "🧱🎨",
      'a "quoted" \\ name',
      "two\nlines\t\u0000",
      "\ud800 alone",
      "",
    ];
    using pool = allocator.createPool({ memoryTypeIndex: 0, name: "池" });
    const all = names.map((name) => allocator.allocateMemory(bytes(KiB), { name, pool }));
    const [{ Name, Blocks }] = dump(made).CustomPools["Type 0"];
    expect(Name).toBe("0 - 池");
    const listed = Blocks["0"].Suballocations.flatMap(({ Name: name }: { Name?: string }) => name ?? []);
    expect(listed).toEqual(names);
    // Nothing that is not Unicode is written, so that every reader of JSON reads it.
    expect(Buffer.from(allocator.buildStatsString()).toString()).toBe(allocator.buildStatsString());
    free(...all);
  });

  it("shows user data as VMA does where it is a whole number from 1 on, else not at all", () => {
    const made = world();
    const values = [255, 255n, 2n ** 63n, 0, 0n, -1, 1.5, { a: 1 }, "text", null, undefined];
    const all = values.map((userData) => made.allocator.allocateMemory(bytes(KiB, 1), { userData }));
    const { Suballocations } = dump(made).DefaultPools["Type 0"].Blocks["0"];
    expect(Suballocations.map(({ CustomData }: { CustomData?: string }) => CustomData)).toEqual([
      "0xff",
      "0xff",
      "0x8000000000000000",
      ...Array.from({ length: 9 }, () => undefined),
    ]);
    free(...all);
  });

  it("numbers the pools of one memory type", () => {
    const made = world();
    using first = made.allocator.createPool({ memoryTypeIndex: 2, name: "a" });
    using second = made.allocator.createPool({ memoryTypeIndex: 2 });
    using third = made.allocator.createPool({ memoryTypeIndex: 0 });
    const { CustomPools } = dump(made);
    expect(Object.keys(CustomPools)).toEqual(["Type 0", "Type 2"]);
    expect(CustomPools["Type 2"].map(({ Name }: { Name: string }) => Name)).toEqual(["0 - a", "1"]);
    expect([first.id, second.id, third.id]).toEqual([0, 1, 2]);
  });

  it("holds with sizes beyond 32 bits, and with whatever the driver reports as its budget", () => {
    const TiB = 2 ** 40;
    const made = world(
      {
        memoryHeaps: [
          { size: 8 * TiB, flags: 3 as MemoryHeapFlag },
          { size: 4 * TiB, flags: 0 },
        ],
      },
      { preferredLargeHeapBlockSize: TiB },
      { extensions: ["VK_EXT_memory_budget"] },
    );
    const all = [
      made.allocator.allocateMemory(bytes(400 * 2 ** 30, only(Type.Device))),
      made.allocator.allocateMemory(bytes(3 * TiB, only(Type.Device)), { usage: MemoryUsage.GpuOnly }),
    ];
    made.device.setMemoryBudget({ heapBudget: [Number.NaN, 2 ** 64], heapUsage: [0, Number.NaN] });
    made.allocator.setCurrentFrameIndex(1);
    const json = dump(made);
    expect(json.MemoryInfo["Heap 0"]).toMatchObject({
      Size: 8 * TiB,
      Flags: ["DEVICE_LOCAL", "MULTI_INSTANCE"],
    });
    expect(json.Total.AllocationBytes).toBe(3 * TiB + 400 * 2 ** 30);
    free(...all);
  });
});

describe("The check of the shape", () => {
  it("notices what VMA's schema forbids", () => {
    const made = world();
    const change = (edit: (json: Record<string, never>) => void): string[] => {
      const json = JSON.parse(made.allocator.buildStatsString());
      edit(json);
      return problemsOf(json);
    };
    expect(change((json) => delete (json as { Total?: unknown }).Total)).not.toEqual([]);
    expect(change((json) => Object.assign(json, { More: 1 }))).not.toEqual([]);
    expect(change(({ General }) => Object.assign(General, { API: "Metal" }))).not.toEqual([]);
    expect(change(({ Total }) => Object.assign(Total, { BlockBytes: 0.5 }))).not.toEqual([]);
    expect(change(({ Total }) => Object.assign(Total, { Extra: 1 }))).not.toEqual([]);
    expect(
      change(({ MemoryInfo }) => Object.assign(MemoryInfo["Heap 0"], { Budget: { UsageBytes: null } })),
    ).not.toEqual([]);
  });
});
