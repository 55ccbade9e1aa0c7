/** Uploading, beside the copy into staging memory and the device's copy by hand; recording many copies, beside one call by hand. */

import type { NativeDevice } from "../../src/ffi/index.ts";
import { BufferUsage, type BufferWithMemory, type CommandBuffer, createAllocator } from "../../src/index.ts";
import {
  bind,
  vkAllocateCommandBuffers,
  vkBeginCommandBuffer,
  vkCmdCopyBuffer,
  vkCreateCommandPool,
  vkDestroyCommandPool,
  vkEndCommandBuffer,
} from "../../src/registry/index.ts";
import { type Case, type Round, type Side, SideName } from "../harness/case.ts";
import { openDevice } from "../harness/device.ts";
import { AUTO, MAPPED } from "./device-work.ts";

const GROUP = "Transfers";
const MIB = 2 ** 20;
const UPLOADED = 256 * MIB;
const COPIES = 5_000;
/** How often they are recorded in a round. */
const RECORDINGS = 40;

/** A round that times `work`, which is done `operations` times in one. */
async function timed(operations: number, work: () => Promise<void> | void): Promise<Round> {
  const start = performance.now();
  await work();
  const nanoseconds = (performance.now() - start) * 1e6;
  return { nanosecondsPerOperation: nanoseconds / operations, operations, checksum: 0 };
}

/** Each byte differs from its neighbours, so that nothing is a page of zeros. */
const data = (): Uint8Array => new Uint8Array(UPLOADED).map((_, i) => i * 31);

/** Throws unless the last bytes of the target are those of the data. */
async function check(device: NativeDevice, target: BufferWithMemory, wanted: Uint8Array): Promise<void> {
  using allocator = createAllocator({ device });
  using readback = allocator.createReadback({ queue: device.queue });
  const bytes = await readback.buffer(target.buffer, 4096, UPLOADED - 4096);
  if (Buffer.compare(bytes, wanted.subarray(-4096)) !== 0) throw new Error("other bytes were uploaded");
}

const usage: number = BufferUsage.TransferSrc | BufferUsage.TransferDst;

function uploadSides(): Side[] | undefined[] {
  const device = openDevice();
  if (device === undefined) return [undefined];
  const { queue } = device;
  const allocator = createAllocator({ device });
  const target = allocator.createBuffer({ size: UPLOADED, usage }, AUTO);
  const source = data();
  const uploader = allocator.createUploader({ queue });
  const staging = allocator.createBuffer({ size: UPLOADED, usage }, MAPPED);
  const ours = async (): Promise<Round> => {
    const round = await timed(UPLOADED / MIB, () => uploader.buffer(target, source));
    await check(device, target, source);
    return round;
  };
  const byHand = async (): Promise<Round> => {
    const round = await timed(UPLOADED / MIB, async () => {
      staging.allocation.mappedData!.set(source);
      allocator.flushAllocation(staging.allocation);
      const copy = { kind: "buffer", source: staging.buffer, target: target.buffer, size: UPLOADED } as const;
      await queue.submit([copy]).done();
    });
    await check(device, target, source);
    return round;
  };
  return [
    { name: SideName.Ours, exact: false, round: ours, note: "an uploader with blocks of 8 MiB" },
    {
      name: SideName.ByHand,
      exact: false,
      round: byHand,
      note: "a memcpy into 256 MiB of staging memory, then one copy",
    },
  ];
}

function recordingSides(): Side[] | undefined[] {
  const device = openDevice();
  if (device === undefined) return [undefined];
  const vk = bind(device, {
    vkAllocateCommandBuffers,
    vkBeginCommandBuffer,
    vkCmdCopyBuffer,
    vkCreateCommandPool,
    vkDestroyCommandPool,
    vkEndCommandBuffer,
  });
  const allocator = createAllocator({ device });
  const make = (): BufferWithMemory => allocator.createBuffer({ size: 128 * COPIES, usage }, AUTO);
  const [source, target] = [make(), make()];
  const recording = async (record: (commands: CommandBuffer) => void): Promise<Round> => {
    const commandPool = vk.vkCreateCommandPool({ queueFamilyIndex: device.queue.familyIndex });
    const commandBufferCount = RECORDINGS;
    const buffers = vk.vkAllocateCommandBuffers({ commandPool, commandBufferCount });
    for (const commands of buffers) vk.vkBeginCommandBuffer(commands, {});
    const round = await timed(COPIES * RECORDINGS, () => {
      for (const commands of buffers) record(commands as CommandBuffer);
    });
    for (const commands of buffers) vk.vkEndCommandBuffer(commands);
    vk.vkDestroyCommandPool(commandPool);
    return round;
  };
  const ours = (): Promise<Round> =>
    recording((commands) => {
      const copies = Array.from({ length: COPIES }, (_, i) => ({
        ...{ kind: "buffer" as const, source: source.buffer, target: target.buffer },
        ...{ sourceOffset: 128 * i, targetOffset: 128 * i, size: 64 },
      }));
      device.recordTransfers(commands, copies);
    });
  const byHand = (): Promise<Round> =>
    recording((commands) => {
      const regions = new BigUint64Array(3 * COPIES);
      for (let i = 0; i < COPIES; i++) regions.set([BigInt(128 * i), BigInt(128 * i), 64n], 3 * i);
      vk.vkCmdCopyBuffer(commands, source.buffer, target.buffer, regions);
    });
  return [
    {
      name: SideName.Ours,
      exact: false,
      round: ours,
      note: "recordTransfers, its commands made in the time",
    },
    {
      name: SideName.ByHand,
      exact: false,
      round: byHand,
      note: "one vkCmdCopyBuffer, its regions written in the time",
    },
  ];
}

/** Uploads and recorded copies. */
export const transferCases: readonly Case[] = [
  {
    id: "transfers/upload",
    group: GROUP,
    title: "upload 256 MiB into a buffer",
    operation: "MiB",
    sides: uploadSides,
  },
  {
    id: "transfers/record",
    group: GROUP,
    title: "record 5,000 copies between two buffers",
    operation: "copy",
    sides: recordingSides,
  },
];
