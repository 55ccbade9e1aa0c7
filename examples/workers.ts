/**
 * One device in three threads: each worker wraps its handles and has an allocator of its own, in which it makes a buffer and fills it;
 * and each fills a part of a buffer of the main thread, which was lent to it by address. The main thread alone uses the queue. What is
 * posted is handles, addresses and lengths: never allocations, and never views of mapped memory, which would be copied.
 */

import { once } from "node:events";
import { isMainThread, parentPort } from "node:worker_threads";
import { loadVulkan, viewLentRange } from "../src/ffi/index.ts";
import {
  AllocationCreate,
  type Buffer,
  BufferUsage,
  createAllocator,
  type LentRangeMessage,
  MemoryUsage,
} from "../src/index.ts";
import { expect, openDevice, startWorker } from "./support.ts";

const WORKERS = 2;
const SIZE = 2 ** 20;
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const mapped = {
  usage: MemoryUsage.Auto,
  flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped,
};

interface Task {
  readonly handles: { readonly instance: bigint; readonly physicalDevice: bigint; readonly device: bigint };
  readonly enabledExtensions: readonly string[];
  readonly range: LentRangeMessage;
  readonly value: number;
}

async function work(): Promise<void> {
  const port = parentPort!;
  const [task] = (await once(port, "message")) as [Task];
  const { handles, enabledExtensions, range, value } = task;
  using view = viewLentRange(range);
  view.bytes.fill(value);

  const device = loadVulkan().wrapDevice({ ...handles, enabledExtensions });
  const allocator = createAllocator({ device });
  const own = allocator.createBuffer({ size: SIZE, usage }, mapped);
  own.allocation.view(Uint8Array).fill(100 + value);
  allocator.flushAllocation(own.allocation);
  view.close(); // before the range is given back
  port.postMessage({ buffer: own.buffer });

  await once(port, "message"); // the main thread is done with the buffer
  allocator.destroyBuffer(own.buffer, own.allocation);
  allocator.destroy();
  device.destroy(); // the handles stay with the main thread
  port.postMessage("gone");
  port.close();
}

async function main(): Promise<void> {
  using device = openDevice();
  using allocator = createAllocator({ device });
  using source = allocator.createBuffer({ size: WORKERS * SIZE, usage }, mapped);
  using target = allocator.createBuffer({ size: 2 * WORKERS * SIZE, usage }, mapped);
  const handles = {
    instance: device.instanceHandle,
    physicalDevice: device.physicalDevice.handle,
    device: device.handle,
  };
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, async (_, i) => {
      const worker = startWorker(import.meta.url);
      const lent = source.allocation.lend({ offset: i * SIZE, size: SIZE });
      const enabledExtensions = [...device.enabledExtensions];
      worker.postMessage({ handles, enabledExtensions, range: lent.message, value: i + 1 } satisfies Task);
      const [{ buffer }] = (await once(worker, "message")) as [{ buffer: Buffer }];
      lent.giveBack();
      return { worker, buffer };
    }),
  );
  allocator.flushAllocation(source.allocation);
  await device.queue
    .submit([
      { kind: "buffer", source: source.buffer, target: target.buffer, size: WORKERS * SIZE },
      ...workers.map(({ buffer }, i) => ({
        kind: "buffer" as const,
        source: buffer,
        target: target.buffer,
        targetOffset: (WORKERS + i) * SIZE,
        size: SIZE,
      })),
    ])
    .done();
  for (const { worker } of workers) {
    worker.postMessage("done");
    await once(worker, "message");
  }
  const bytes = target.allocation.read();
  const wanted = [1, 2, 101, 102];
  for (let i = 0; i < 4 * SIZE; i++)
    expect(bytes[i] === wanted[Math.floor(i / SIZE)], `byte ${i} is ${bytes[i]}`);
  console.log(`${WORKERS} workers: lent ranges and buffers of their own hold ${wanted.join(", ")}`);
}

await (isMainThread ? main() : work());
