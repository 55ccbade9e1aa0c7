/** Testing one's own streamer on the simulator: what never happens on the developer's GPU happens here on demand. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Allocator, createAllocator, Result, type Uploader } from "../src/index.ts";
import { armMobile, SimulatedDevice, SimulatedTransferQueue } from "../src/simulator/index.ts";
import { Streamer } from "./streamer.ts";

const MIB = 2 ** 20;
const mesh = (value: number) => () => new Uint8Array(MIB).fill(value);

describe("the streamer", () => {
  let device: SimulatedDevice;
  let allocator: Allocator;
  let uploader: Uploader;
  let streamer: Streamer;
  let queue: SimulatedTransferQueue;

  beforeEach(() => {
    device = new SimulatedDevice(armMobile);
    // 12 MiB in every heap: room for the staging memory and eight meshes.
    const heapSizeLimits = device.memoryProperties.memoryHeaps.map(() => 12 * MIB);
    allocator = createAllocator({ device, heapSizeLimits, preferredLargeHeapBlockSize: MIB });
    queue = new SimulatedTransferQueue(device, { completeAfter: 2 });
    uploader = allocator.createUploader({ queue, blockSize: MIB, maxSize: 2 * MIB });
    streamer = new Streamer(allocator, uploader);
  });

  afterEach(async () => {
    streamer.destroy();
    if (!device.faults.isDeviceLost) await uploader.finish();
    uploader.destroy();
    allocator.destroy(); // throws where anything leaked
    device.destroy();
  });

  it("brings meshes into memory once", async () => {
    const first = await streamer.mesh("a", mesh(7));
    expect(await streamer.mesh("a", () => expect.fail("loaded twice"))).toBe(first);
    using readback = allocator.createReadback({ queue, blockSize: MIB, maxSize: 2 * MIB });
    expect(Buffer.compare(await readback.buffer(first, MIB), mesh(7)())).toBe(0);
  });

  it("evicts what was used longest ago when memory is out", async () => {
    for (let i = 0; i < 30; i++) {
      await streamer.mesh(`${i}`, mesh(i));
      await streamer.mesh("0", mesh(0)); // used again and again, so that it stays
    }
    expect(streamer.names).toContain("0");
    expect(streamer.names).not.toContain("1");
    expect(streamer.names.length).toBeGreaterThan(4);
  });

  it("leaves nothing of a mesh whose copy fails", async () => {
    device.faults.failNext("vkQueueSubmit", Result.ErrorOutOfDeviceMemory);
    await expect(streamer.mesh("a", mesh(1))).rejects.toThrow(/vkQueueSubmit/);
    expect(allocator.leaks().filter(({ name }) => name === "a")).toEqual([]);
    await streamer.mesh("a", mesh(1));
  });

  it("says so when the driver has no memory for anything", async () => {
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: Infinity });
    await expect(streamer.mesh("a", mesh(1))).rejects.toThrow(/VK_ERROR_OUT_OF_DEVICE_MEMORY/);
    device.faults.clear();
    await streamer.mesh("a", mesh(1));
  });

  it("ends with a lost device, and everything can be destroyed", async () => {
    device.faults.failNext("vkGetFenceStatus", Result.ErrorDeviceLost);
    await expect(streamer.mesh("a", mesh(1))).rejects.toThrow(/VK_ERROR_DEVICE_LOST/);
    await expect(streamer.mesh("b", mesh(1))).rejects.toThrow(/VK_ERROR_DEVICE_LOST/);
  });
});
