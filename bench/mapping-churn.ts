/**
 * `npx tsx bench/mapping-churn.ts`: a thousand frames of an engine-like program on a device with one memory type for all
 * (lavapipe, integrated GPUs), where textures and short-lived staging share blocks. Counts vkMapMemory and garbage
 * collections, and times the frames: with blocks that stay mapped, as VMA unmaps them, and with one allocation in each
 * block mapped for ever. docs/performance.md has what it said.
 */

import { PerformanceObserver } from "node:perf_hooks";
import { loadVulkan } from "../src/ffi/index.ts";
import {
  type Allocation,
  AllocationCreate,
  type AllocatorCreateInfo,
  BufferUsage,
  createAllocator,
  Format,
  ImageUsage,
  MemoryUsage,
  type VulkanDevice,
} from "../src/index.ts";

const FRAMES = 1000;
const { HostAccessSequentialWrite, Mapped } = AllocationCreate;

interface Row {
  readonly maps: number;
  readonly blocks: number;
  readonly collections: number;
  readonly p50: number;
  readonly p99: number;
}

async function run(info: Omit<AllocatorCreateInfo, "device">, keepsMapped: boolean): Promise<Row> {
  using device = loadVulkan().createDevice();
  let maps = 0;
  let blocks = 0;
  const counted = new Proxy<VulkanDevice>(device, {
    get(target, name: keyof VulkanDevice) {
      if (name === "mapMemory") maps++;
      const member = target[name];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const allocator = createAllocator({
    device: counted,
    deviceMemoryCallbacks: { allocate: () => blocks++ },
    ...info,
  });
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ["gc"] });
  const held: Allocation[] = [];
  const textures: Allocation[] = [];
  const uploads: Allocation[][] = [];
  const times: number[] = [];
  for (let frame = 0; frame < FRAMES; frame++) {
    const start = performance.now();
    for (let index = 0; index < 8; index++) {
      const width = 128 << ((frame + index) % 3);
      const usage = ImageUsage.Sampled | ImageUsage.TransferDst;
      const info = { format: Format.R8G8B8A8Unorm, extent: { width, height: width }, usage };
      textures.push(allocator.createImage(info).allocation);
    }
    while (textures.length > 160) textures.shift()!.destroy();
    const made = Array.from({ length: 12 }, (_, index) => {
      const size = 16384 * (1 + ((frame + index) % 5));
      const { allocation } = allocator.createBuffer(
        { size, usage: BufferUsage.TransferSrc },
        { usage: MemoryUsage.Auto, flags: HostAccessSequentialWrite },
      );
      using mapping = allocation.map();
      mapping.bytes.fill(frame);
      return allocation;
    });
    uploads.push(made);
    if (uploads.length > 2) for (const allocation of uploads.shift()!) allocation.destroy();
    if (keepsMapped && held.length < blocks) {
      const flags = HostAccessSequentialWrite | Mapped;
      held.push(
        allocator.createBuffer(
          { size: 64, usage: BufferUsage.TransferSrc },
          { usage: MemoryUsage.Auto, flags },
        ).allocation,
      );
    }
    times.push(performance.now() - start);
    await new Promise((resolve) => setImmediate(resolve));
  }
  observer.disconnect();
  for (const allocation of [...held, ...textures, ...uploads.flat()]) allocation.destroy();
  allocator.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => Number(times[Math.floor(share * (times.length - 1))]!.toFixed(2));
  return { maps, blocks, collections, p50: at(0.5), p99: at(0.99) };
}

const rows: Record<string, Row> = {};
for (const round of [1, 2, 3]) {
  rows[`stay mapped, ${round}`] = await run({}, false);
  rows[`unmapWhenUnused, ${round}`] = await run({ unmapWhenUnused: true }, false);
  rows[`mapped for ever, ${round}`] = await run({}, true);
}
console.table(rows);
