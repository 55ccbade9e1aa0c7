/** Dumps for tests: of this library, and by hand in the forms of VMA 2 and D3D12MA. */

import { BufferUsage, createAllocator, Format, ImageUsage, MemoryUsage } from "../../src/index.ts";
import { amdDiscrete, SimulatedDevice } from "../../src/simulator/index.ts";

/** Names that would do harm if they were taken for markup, or that cannot be seen. */
export const hostileNames: readonly string[] = [
  "<img src=x onerror=\"globalThis.harmed = 'img'\">",
  "<script>globalThis.harmed = 'script'</script>",
  "\"><svg onload=globalThis.harmed='svg'>",
  "javascript:globalThis.harmed='url'",
  "‮gnp.exe\u0000\n\r\t​",
  "{{constructor.constructor('globalThis.harmed=1')()}}",
  "__proto__",
  "x".repeat(5000),
];

/** The detailed dump of an allocator with some buffers and images, two pools and dedicated memory. */
export function dumpOfAllocator(names: readonly string[] = ["vertices", "shadow map", "texture"]): string {
  const device = new SimulatedDevice(amdDiscrete);
  const allocator = createAllocator({ device });
  const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 1024 * 1024, name: names[0]! });
  const made = names.flatMap((name, index) => [
    allocator.createBuffer(
      { size: 4096 * (index + 1), usage: BufferUsage.VertexBuffer },
      { usage: MemoryUsage.Auto, name },
    ),
    allocator.createBuffer({ size: 1024, usage: BufferUsage.StorageBuffer }, { pool, name }),
  ]);
  const images = names.map((name) =>
    allocator.createImage(
      { format: Format.R8G8B8A8Unorm, extent: { width: 64, height: 64 }, usage: ImageUsage.Sampled },
      { usage: MemoryUsage.Auto, name, flags: 1 },
    ),
  );
  const text = allocator.buildStatsString(true);
  for (const { buffer, allocation } of made) allocator.destroyBuffer(buffer, allocation);
  for (const { image, allocation } of images) allocator.destroyImage(image, allocation);
  pool.destroy();
  allocator.destroy();
  device.destroy();
  return text;
}

/** As VMA 2.3 writes it. */
export const vma2Dump: string = JSON.stringify({
  Total: { Blocks: 3, Allocations: 4, UnusedRanges: 2, UsedBytes: 4608, UnusedBytes: 11776 },
  "Heap 0": {
    Size: 8304721920,
    Flags: ["DEVICE_LOCAL"],
    Budget: { BlockBytes: 8192, AllocationBytes: 3072, Usage: 9000, Budget: 6643777536 },
    Stats: { Blocks: 2, Allocations: 3, UnusedRanges: 1, UsedBytes: 3072, UnusedBytes: 5120 },
    "Type 0": { Flags: ["DEVICE_LOCAL"], Stats: { Blocks: 2, Allocations: 3, UnusedRanges: 1 } },
  },
  "Heap 1": { Size: 8285323264, Flags: [], "Type 1": { Flags: ["HOST_VISIBLE", "HOST_COHERENT"] } },
  DedicatedAllocations: {
    "Type 0": [
      {
        Type: "IMAGE_OPTIMAL",
        Size: 1024,
        UserData: "backdrop",
        CreationFrameIndex: 3,
        LastUseFrameIndex: 9,
        Usage: 4,
      },
    ],
  },
  DefaultPools: {
    "Type 0": {
      PreferredBlockSize: 268435456,
      Blocks: {
        "7": {
          TotalBytes: 8192,
          UnusedBytes: 6144,
          Allocations: 2,
          UnusedRanges: 1,
          Suballocations: [
            {
              Offset: 0,
              Type: "BUFFER",
              Size: 1024,
              CreationFrameIndex: 1,
              LastUseFrameIndex: 1,
              Usage: 128,
            },
            { Offset: 1024, Type: "IMAGE_OPTIMAL", Size: 1024, UserData: "0000000000F5D987", Usage: 32 },
            { Offset: 2048, Type: "FREE", Size: 6144 },
          ],
        },
      },
    },
  },
  Pools: {
    "5": {
      Name: "staging",
      MemoryTypeIndex: 1,
      BlockSize: 8192,
      BlockCount: { Cur: 1 },
      Blocks: {
        "0": {
          TotalBytes: 8192,
          UnusedBytes: 6656,
          Allocations: 1,
          UnusedRanges: 1,
          Suballocations: [
            { Offset: 0, Type: "BUFFER", Size: 1536, Usage: 1 },
            { Offset: 1536, Type: "FREE", Size: 6656 },
          ],
        },
      },
    },
  },
});

const d3d12Pool = { Flags: [], PreferredBlockSize: 67108864, Blocks: {}, DedicatedAllocations: [] };

/** As D3D12MA 3 writes it, on an adapter with resource heap tier 1, which divides pools in three. */
export const d3d12maDump: string = JSON.stringify({
  General: {
    API: "Direct3D 12",
    GPU: "Some adapter",
    DedicatedVideoMemory: 8589934592,
    DedicatedSystemMemory: 0,
    SharedSystemMemory: 17179869184,
    UMA: false,
  },
  Total: {
    BlockCount: 2,
    BlockBytes: 1114112,
    AllocationCount: 3,
    AllocationBytes: 262144,
    UnusedRangeCount: 1,
  },
  MemoryInfo: {
    L0: {
      Budget: { BudgetBytes: 8000000000, UsageBytes: 4096 },
      Stats: {},
      MemoryPools: { UPLOAD: { Stats: {} }, READBACK: { Stats: {} }, CUSTOM: { Stats: {} } },
    },
    L1: {
      Budget: { BudgetBytes: 7000000000, UsageBytes: 2000000 },
      Stats: {},
      MemoryPools: { DEFAULT: { Stats: {} }, CUSTOM: { Stats: {} } },
    },
  },
  DefaultPools: {
    "DEFAULT - Buffers": {
      ...d3d12Pool,
      Blocks: {
        "0": {
          TotalBytes: 1048576,
          UnusedBytes: 851968,
          Allocations: 2,
          UnusedRanges: 1,
          Suballocations: [
            { Offset: 0, Type: "BUFFER", Size: 65536, Usage: 4, Name: "particles" },
            { Offset: 65536, Type: "BUFFER", Size: 131072, Usage: 0 },
            { Offset: 196608, Type: "FREE", Size: 851968 },
          ],
        },
      },
    },
    "DEFAULT - Textures RT/DS": {
      ...d3d12Pool,
      DedicatedAllocations: [{ Type: "TEXTURE2D", Size: 65536, Usage: 2, Name: "depth", Layout: 0 }],
    },
    "UPLOAD - Buffers": d3d12Pool,
  },
  CustomPools: { CUSTOM: [{ Name: "0 - streaming", ...d3d12Pool, Flags: ["MEMORY_POOL_L0"] }] },
});

/** As D3D12MA's strings are often saved: UTF-16 with a byte order mark. */
export function utf16(text: string): Uint8Array {
  return Buffer.from(`﻿${text}`, "utf16le");
}
