/** What a program holds of its allocations, and what it has left to do for them, is what defragmentation goes by. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, type AllocatorCreateInfo } from "../../src/allocator/index.ts";
import { bufferOf, MiB, Type, world } from "./setup.ts";

/** Sixteen buffers in two blocks of a pool, of which only the first and the last are left: one move frees a block. */
function twoLeft(info: Omit<AllocatorCreateInfo, "device"> = {}, flags = 0) {
  const { allocator, device } = world({}, info);
  const queue = device.createTransferQueue({ completeAfter: 1 });
  const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
  const made = Array.from({ length: 16 }, () => allocator.createBuffer(bufferOf(MiB / 8), { pool, flags }));
  for (const { buffer, allocation } of made.slice(1, -1)) allocator.destroyBuffer(buffer, allocation);
  const left = [made[0]!, made.at(-1)!];
  const finish = (): void => {
    for (const { allocation } of left) allocation.destroy();
    allocator.destroyPool(pool);
  };
  return { allocator, queue, pool, left, allocations: left.map(({ allocation }) => allocation), finish };
}

describe("while allocations are watched for being lost", () => {
  const info = { debug: { warnOnCollect: true } };

  it("functions are told of what the program holds", async () => {
    const { allocator, queue, pool, allocations, finish } = twoLeft(info);
    const asked: Allocation[] = [];
    const replaced: Allocation[] = [];
    const result = await allocator.defragment({
      pool,
      queue,
      canMove: (allocation) => asked.push(allocation) > 0,
      onReplaced: ({ allocation }) => void replaced.push(allocation),
    });
    expect(result.allocationsMoved).toBe(1);
    expect(asked.length).toBeGreaterThan(0);
    for (const allocation of asked) expect(allocations.some((each) => each === allocation)).toBe(true);
    expect(allocations.some((each) => each === replaced[0])).toBe(true);
    finish();
  });

  it("so are the program's own passes, and its own way of moving", async () => {
    const { allocator, pool, allocations, finish } = twoLeft(info);
    const context = allocator.beginDefragmentation({ pool });
    const moves = context.beginPass();
    expect(moves).toHaveLength(1);
    expect(allocations.some((each) => each === moves![0]!.srcAllocation)).toBe(true);
    moves![0]!.operation = 1;
    context.endPass();
    context.end();
    const offered: Allocation[] = [];
    await allocator.defragment({
      pool,
      moveOther: ({ allocation }) => {
        offered.push(allocation);
        return false;
      },
    });
    expect(new Set(offered).size, "each of them once").toBe(offered.length);
    expect(offered.length).toBeGreaterThan(0);
    for (const each of offered) expect(allocations).toContain(each);
    finish();
  });
});

describe("a buffer that was made with DontBind", () => {
  it("stays where it is while nothing is bound, as there is nothing to copy from", async () => {
    const { allocator, queue, pool, left, finish } = twoLeft({}, AllocationCreate.DontBind);
    expect(await allocator.defragment({ pool, queue })).toMatchObject({ allocationsMoved: 0 });
    for (const { buffer, allocation } of left) expect(allocation.buffer).toBe(buffer);
    finish();
  });

  it("is moved once it is bound to its allocation", async () => {
    const { allocator, queue, pool, left, finish } = twoLeft({}, AllocationCreate.DontBind);
    for (const { buffer, allocation } of left) allocator.bindBufferMemory(allocation, buffer);
    expect(await allocator.defragment({ pool, queue })).toMatchObject({
      allocationsMoved: 1,
      deviceMemoryBlocksFreed: 1,
    });
    finish();
  });
});
