/**
 * A program that goes on while `defragment` moves its buffers: what it writes during a pass was lost, as nothing said what
 * was being moved, and a queue that is done at once never let the event loop go around.
 */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage, type Pool } from "../../src/allocator/index.ts";
import { type Allocator, createAllocator } from "../../src/face/index.ts";
import { armMobile, makeProfile, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferUsage,
  MemoryProperty,
  type TransferQueue,
  type VulkanDevice,
} from "../../src/vulkan/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const SIZE = 10_000;
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const { DeviceLocal, HostVisible, HostCoherent, HostCached } = MemoryProperty;

/** A device with one memory type of those properties. */
function simulated(propertyFlags: number): SimulatedDevice {
  const memory = {
    memoryHeaps: [{ size: 2 ** 30, flags: 1 }],
    memoryTypes: [{ propertyFlags, heapIndex: 0 }],
  };
  const isCoherent = (propertyFlags & HostCoherent) !== 0;
  return new SimulatedDevice(makeProfile({ ...armMobile, ...memory }), { simulateCaches: !isCoherent });
}

interface Program {
  readonly allocator: Allocator;
  readonly pool: Pool;
  readonly live: Allocation[];
}

/** Two blocks of which each is half empty, in memory that the host sees. */
function program(device: VulkanDevice, flags = 0): Program {
  const allocator = createAllocator({ device });
  const info = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom | flags };
  const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo({ size: SIZE, usage }, info);
  const pool = allocator.createPool({ memoryTypeIndex, blockSize: 32 * SIZE });
  const all = Array.from({ length: 48 }, () =>
    allocator.createBuffer({ size: SIZE, usage }, { ...info, pool }),
  );
  const live = all.filter((_, index) => index % 3 === 1).map(({ allocation }) => allocation);
  for (const { allocation } of all) if (!live.includes(allocation)) allocation.destroy();
  for (const [index, allocation] of live.entries()) allocation.fill(index + 1);
  return { allocator, pool, live };
}

function end({ allocator, pool, live }: Program): void {
  for (const allocation of live) allocation.destroy();
  pool.destroy();
  allocator.validate();
  allocator.destroy();
}

/** What every buffer begins and ends with. */
function contents(live: readonly Allocation[]): number[][] {
  return live.map((allocation) => [...allocation.read(0, 3), ...allocation.read(SIZE - 1, 1)]);
}

/** Defragments while `write` is called for each allocation that is being moved; how many there were. */
async function moveAndWrite(
  { allocator, pool, live }: Program,
  queue: TransferQueue,
  write: (allocation: Allocation, index: number) => void,
): Promise<number> {
  const told = new Set<Allocation>();
  const defragmenting = allocator.defragment({
    pool,
    queue,
    onPassBegin(moves) {
      for (const { allocation, size } of moves) {
        expect(allocation.isMoving).toBe(true);
        expect(size).toBeGreaterThanOrEqual(SIZE);
        told.add(allocation);
      }
    },
  });
  let isDone = false;
  const written = new Set<Allocation>();
  const writing = async (): Promise<void> => {
    while (!isDone) {
      for (const [index, allocation] of live.entries()) {
        if (!allocation.isMoving || written.has(allocation)) continue;
        written.add(allocation);
        write(allocation, index);
      }
      await Promise.resolve();
      if (written.size === told.size) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  const running = writing();
  const { allocationsMoved } = await defragmenting.finally(() => {
    isDone = true;
  });
  await running;
  expect(allocationsMoved).toBeGreaterThan(0);
  expect(written).toEqual(told);
  expect(live.some(({ isMoving }) => isMoving)).toBe(false);
  return written.size;
}

/** Writes during a pass, and what the buffers hold afterwards. */
async function expectWritesKept(
  device: VulkanDevice,
  queue: TransferQueue,
  flags: number,
  write: (allocation: Allocation, index: number) => void,
): Promise<void> {
  const running = program(device, flags);
  const written = new Set<number>();
  await moveAndWrite(running, queue, (allocation, index) => {
    written.add(index);
    write(allocation, index);
  });
  const expected = running.live.map((_, index) =>
    written.has(index) ? [index + 1, 200, index + 1, 201] : [index + 1, index + 1, index + 1, index + 1],
  );
  expect(contents(running.live)).toEqual(expected);
  end(running);
}

const byWrite = (allocation: Allocation): void => {
  allocation.write(new Uint8Array([200]), 1);
  allocation.write(new Uint8Array([201]), SIZE - 1);
};
const byView = (allocation: Allocation): void => {
  const bytes = allocation.mappedData!;
  bytes[1] = 200;
  bytes[SIZE - 1] = 201;
};

describe("What the host writes while a buffer is moved", () => {
  it.each([0, 3])(
    "through the library is in the new place (a queue that takes %d looks)",
    async (completeAfter) => {
      const device = simulated(HostVisible | HostCoherent | DeviceLocal);
      await expectWritesKept(device, device.createTransferQueue({ completeAfter }), 0, byWrite);
      expect(device.leaks()).toEqual([]);
    },
  );

  it("into a mapped view of coherent memory is in the new place", async () => {
    const device = simulated(HostVisible | HostCoherent | DeviceLocal);
    const queue = device.createTransferQueue({ completeAfter: 3 });
    await expectWritesKept(device, queue, AllocationCreate.Mapped, byView);
    expect(device.leaks()).toEqual([]);
  });

  it("and flushes, in memory that is not coherent, is in the new place", async () => {
    const device = simulated(HostVisible | HostCached | DeviceLocal);
    const queue = device.createTransferQueue({ completeAfter: 3 });
    await expectWritesKept(device, queue, 0, byWrite);
    const allocators: Allocator[] = [];
    const running = program(device, AllocationCreate.Mapped);
    allocators.push(running.allocator);
    await moveAndWrite(running, device.createTransferQueue({ completeAfter: 3 }), (allocation) => {
      byView(allocation);
      running.allocator.flushAllocations([
        { allocation, offset: 1, size: 1 },
        { allocation, offset: SIZE - 1 },
      ]);
    });
    const kept = contents(running.live).filter(([, second, , last]) => second === 200 && last === 201);
    expect(kept.length).toBeGreaterThan(0);
    end(running);
  });
});

describeWithVulkan("What the host writes while a driver moves a buffer", (ctx) => {
  it("is in the new place", async () => {
    const { device } = ctx;
    await expectWritesKept(device, device.queue, 0, byWrite);
    await expectWritesKept(device, device.queue, AllocationCreate.Mapped, byView);
  });
});

describe("The simulator", () => {
  it("refuses that the device writes to what is being moved, until the pass is over", async () => {
    const device = simulated(HostVisible | HostCoherent | DeviceLocal);
    const queue = device.createTransferQueue({ completeAfter: 2 });
    const other = device.createTransferQueue();
    const running = program(device);
    const { allocator, pool, live } = running;
    const fillOf = (target: Buffer) => [{ kind: "fill", target, size: 4, value: 1 } as const];
    let refused = 0;
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => {
      const submission = submit(commands);
      for (const { isMoving, buffer } of live) {
        if (!isMoving) continue;
        expect(() => other.submit(fillOf(buffer!))).toThrow(/is being moved, and must not be written to/);
        refused++;
      }
      return submission;
    };
    const { allocationsMoved } = await allocator.defragment({ pool, queue });
    expect(refused).toBe(allocationsMoved);
    expect(refused).toBeGreaterThan(0);
    for (const { buffer } of live) other.submit(fillOf(buffer!));
    other.waitIdle();
    end(running);
  });
});

describe("The event loop", () => {
  it("goes around between passes, so that a timer can abort a defragmentation whose queue is done at once", async () => {
    const device = simulated(HostVisible | HostCoherent | DeviceLocal);
    const running = program(device);
    const abort = new AbortController();
    let passes = 0;
    setTimeout(() => abort.abort(new Error("enough")), 0);
    const { allocator, pool } = running;
    const defragmenting = allocator.defragment({
      pool,
      queue: device.createTransferQueue(),
      maxAllocationsPerPass: 1,
      signal: abort.signal,
      onProgress: () => {
        passes++;
        const until = performance.now() + 2;
        while (performance.now() < until);
      },
    });
    await expect(defragmenting).rejects.toThrow("enough");
    expect(passes).toBeLessThan(8);
    end(running);
  });

  it("is held by one move more than the time that a pass may take, at most", async () => {
    const device = simulated(HostVisible | HostCoherent | DeviceLocal);
    const running = program(device);
    const create = device.createBuffer.bind(device);
    let isSlow = true;
    device.createBuffer = (info) => {
      const until = performance.now() + 3;
      while (isSlow && performance.now() < until);
      return create(info);
    };
    const moved: number[] = [];
    const { allocator, pool } = running;
    const result = await allocator.defragment({
      pool,
      queue: device.createTransferQueue(),
      maxMillisecondsPerPass: 1,
      onProgress: ({ allocationsMoved }) => void moved.push(allocationsMoved),
    });
    isSlow = false;
    expect(result.allocationsMoved).toBeGreaterThan(3);
    const steps = moved.map((count, index) => count - (moved[index - 1] ?? 0));
    expect(Math.max(...steps)).toBe(1);
    end(running);
  });

  it("an error of onPassBegin ends the defragmentation, with nothing of the pass moved", async () => {
    const device = simulated(HostVisible | HostCoherent | DeviceLocal);
    const running = program(device);
    const { allocator, pool, live } = running;
    const before = live.map(({ buffer, offset, deviceMemory }) => ({ buffer, offset, deviceMemory }));
    const onPassBegin = async (): Promise<void> => {
      live.pop()!.destroy();
      throw new Error("not now");
    };
    await expect(
      allocator.defragment({ pool, queue: device.createTransferQueue(), onPassBegin }),
    ).rejects.toThrow("not now");
    const after = live.map(({ buffer, offset, deviceMemory }) => ({ buffer, offset, deviceMemory }));
    expect(after).toEqual(before.slice(0, -1));
    end(running);
    expect(device.leaks()).toEqual([]);
  });
});
