/** How long it takes to write to a heap, for Node.js and for pages: by queue.writeBuffer, or gathered in mapped buffers. */

import { GpuBufferHeap, GpuBufferUsage, type Uploads } from "../../src/webgpu/index.ts";
import type { Round } from "./case.ts";

/** Bytes of a write. */
export const UPLOAD_SIZES: readonly number[] = [64, 1024, 16_384, 262_144, 1_048_576];
/** Bytes of a frame's writes, and how many writes at most. */
const BATCH = 8 * 2 ** 20;
const MOST_WRITES = 2000;
const FRAMES = 12;

/**
 * Frames that write: the time of a write in this thread, `flush` and a submission included, and, as a figure, until the device is done.
 */
export async function uploadRound(device: GPUDevice, uploads: Uploads, size: number): Promise<Round> {
  const writes = Math.min(MOST_WRITES, Math.floor(BATCH / size));
  const heap = new GpuBufferHeap(device, { usage: GpuBufferUsage.Vertex, blockSize: 2 * BATCH, uploads });
  const targets = [];
  for (let count = 0; count < writes; count++) targets.push(await heap.allocateAsync(size));
  const data = new Uint8Array(size).fill(7);
  let [inThread, untilDone] = [0, 0];
  // The first frame makes the staging buffers.
  for (let frame = 0; frame <= FRAMES; frame++) {
    const start = performance.now();
    // Backwards, so that neighbours are no single copy.
    for (let index = writes - 1; index >= 0; index--) heap.write(targets[index]!, data);
    heap.flush();
    device.queue.submit([]);
    const written = performance.now();
    await device.queue.onSubmittedWorkDone();
    if (frame > 0) {
      inThread += written - start;
      untilDone += performance.now() - start;
    }
    // Chunks are mapped again in a turn of their own.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const bytes = await heap.read(targets[writes - 1]!);
  const operations = FRAMES * writes;
  const figures = { "until the device is done": (untilDone * 1e6) / operations };
  const checksum = bytes.reduce((sum, byte) => (sum + byte) >>> 0, 0);
  heap.destroy();
  return { nanosecondsPerOperation: (inThread * 1e6) / operations, operations, checksum, figures };
}
