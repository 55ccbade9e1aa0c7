/**
 * Where resources end up: one row for each device of the simulator, one column for each way to ask. Written into
 * docs/guide/choosing-memory.md by `npx tsx tools/guide/memory-table.ts`; a test compares.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import {
  AllocationCreate,
  type AllocationCreateInfo,
  BufferUsage,
  createAllocator,
  MemoryProperty,
  MemoryUsage,
} from "../../src/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";

export const PAGE = "docs/guide/choosing-memory.md";
const [BEGIN, END] = ["<!-- memory-table:start -->", "<!-- memory-table:end -->"];

const ways: readonly {
  readonly title: string;
  readonly usage: number;
  readonly how: AllocationCreateInfo;
}[] = [
  {
    title: "GPU only",
    usage: BufferUsage.StorageBuffer | BufferUsage.TransferDst,
    how: { usage: MemoryUsage.Auto },
  },
  {
    title: "staging",
    usage: BufferUsage.TransferSrc,
    how: { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite },
  },
  {
    title: "readback",
    usage: BufferUsage.TransferDst,
    how: { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
  },
  {
    title: "written each frame",
    usage: BufferUsage.UniformBuffer,
    how: { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite },
  },
  {
    title: "upload, mapped where it can be",
    usage: BufferUsage.UniformBuffer | BufferUsage.TransferDst,
    how: {
      usage: MemoryUsage.Auto,
      flags: AllocationCreate.HostAccessSequentialWrite | AllocationCreate.HostAccessAllowTransferInstead,
    },
  },
];

/** The table, with what each memory type is. */
export function memoryTable(): string {
  const rows = Object.entries(profiles).map(([name, profile]) => {
    const device = new SimulatedDevice(profile);
    const allocator = createAllocator({ device });
    const types = ways.map(({ usage, how }) => {
      const index = allocator.findMemoryTypeIndexForBufferInfo({ size: 65536, usage }, how);
      return describe(allocator.getMemoryTypeProperties(index));
    });
    allocator.destroy();
    device.destroy();
    return `| \`${name}\` | ${types.join(" | ")} |`;
  });
  return [
    `| device | ${ways.map(({ title }) => title).join(" | ")} |`,
    `| --- |${" --- |".repeat(ways.length)}`,
    ...rows,
  ].join("\n");
}

/** A memory type in words: where it lies, and how the host reaches it. */
function describe(flags: number): string {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const place = has(MemoryProperty.DeviceLocal) ? "device" : "host";
  if (!has(MemoryProperty.HostVisible)) return `${place}, not mapped`;
  const ways = has(MemoryProperty.HostCached) ? "mapped, cached" : "mapped";
  return `${place}, ${ways}${has(MemoryProperty.HostCoherent) ? "" : ", flush"}`;
}

/** The page with the table in its place. */
export function pageWithTable(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${memoryTable()}\n\n${page.slice(end)}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(PAGE, pageWithTable(readFileSync(PAGE, "utf8")));
