/**
 * A handle and an allocation that do not belong together, a handle that defragmentation has replaced, and an alias of
 * memory that defragmentation would move: each reached the driver, and the process ended with a signal.
 */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type BufferWithMemory,
  MemoryUsage,
  type Pool,
} from "../../src/allocator/index.ts";
import { DefragmentationMoveOperation } from "../../src/defrag/index.ts";
import { armMobile } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferCreate,
  BufferUsage,
  type Image,
  Result,
  StructureType,
} from "../../src/vulkan/index.ts";
import { runProgram } from "../helpers/child.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { openWorld, type World } from "../helpers/world.ts";

const program = join(import.meta.dirname, "programs", "stale-handles.ts");
const KiB = 1024;
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;

function expectSound(where: string): void {
  const { status, signal, output } = runProgram(program, [where]);
  expect(
    output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    ["alias"],
    true,
    true,
    "the handle that was replaced: TypeError",
    "a bind with it: TypeError",
    "another one's handle: TypeError",
    "a buffer as an image: TypeError",
    "the alias: done",
    "the current handle: done",
    "alive",
  ]);
  expect({ status, signal }).toEqual({ status: 0, signal: null });
}

it("stale handles and aliases on the simulator are errors, not accidents", () => expectSound("simulator"));

describeWithVulkan("stale handles and aliases on a driver", () => {
  it("are errors, not accidents", () => expectSound("driver"));
});

/** A pool of two blocks of 100 KiB on a simulated device: the second is nearly empty, so that it is worth emptying. */
function world(features: object = {}): World & { readonly pool: Pool } {
  const device = { extensions: "all", features, permit: { overlap: true } } as const;
  const made = openWorld({ profile: armMobile, device });
  return { ...made, pool: made.allocator.createPool({ memoryTypeIndex: 0, blockSize: 100 * KiB }) };
}

describe("A handle that is not the allocation's", () => {
  it("is refused with both handles, and nothing is freed", () => {
    const it = world();
    const { allocator } = it;
    const x = allocator.createBuffer({ size: KiB, usage }, { pool: it.pool, name: "x" });
    const y = allocator.createBuffer({ size: KiB, usage }, { pool: it.pool, name: "y" });
    const [hx, hy] = [x.buffer, y.buffer].map((handle) => `0x${handle.toString(16)}`);
    expect(() => allocator.destroyBuffer(x.buffer, y.allocation)).toThrow(
      new TypeError(`destroyBuffer was given buffer ${hx}, but allocation "y" has buffer ${hy}`),
    );
    expect(() => allocator.destroyImage(y.buffer as bigint as Image, y.allocation)).toThrow(
      new TypeError(`destroyImage was given image ${hy}, but allocation "y" has buffer ${hy}`),
    );
    expect(allocator.leaks()).toHaveLength(2);
    expect(it.device.statistics().bufferCount).toBe(2);
    for (const { buffer, allocation } of [x, y]) allocator.destroyBuffer(buffer, allocation);
    it.pool.destroy();
  });

  it("is the one that was bound last, where the memory was allocated by itself", () => {
    const it = world();
    const { allocator, device } = it;
    const memory = allocator.allocateMemory(
      { size: 8 * KiB, alignment: 256, memoryTypeBits: 1 },
      { pool: it.pool },
    );
    const [first, second] = [0, 1].map(() => device.createBuffer({ size: KiB, usage }));
    allocator.bindBufferMemory(memory, first!);
    allocator.bindBufferMemory(memory, second!, 4 * KiB);
    expect(() => allocator.destroyBuffer(first, memory)).toThrow(/has buffer/);
    allocator.destroyBuffer(first);
    allocator.destroyBuffer(second, memory);
    it.pool.destroy();
  });

  it("may be any where nothing is known of what lives in the memory, as in VMA", () => {
    const it = world();
    const { allocator, device } = it;
    const memory = allocator.allocateMemory(
      { size: KiB, alignment: 256, memoryTypeBits: 1 },
      { pool: it.pool },
    );
    const buffer = device.createBuffer({ size: KiB, usage });
    device.bindBufferMemory(buffer, memory.deviceMemory, memory.offset);
    allocator.destroyBuffer(buffer, memory);
    it.pool.destroy();
  });

  it("is the new one after a pass that the program has run itself", () => {
    const it = world();
    const { allocator, device, pool } = it;
    const made = Array.from({ length: 4 }, () => allocator.createBuffer({ size: 40 * KiB, usage }, { pool }));
    for (const index of [0, 3]) made[index]!.allocation.destroy();
    const context = allocator.beginDefragmentation({ pool });
    const moves = context.beginPass()!;
    expect(moves).toHaveLength(1);
    const [{ srcAllocation, dstTmpAllocation }] = moves as [(typeof moves)[number]];
    const old = srcAllocation.buffer!;
    const fresh = device.createBuffer({ size: 40 * KiB, usage });
    allocator.bindBufferMemory(dstTmpAllocation, fresh);
    context.endPass();
    context.end();
    expect(srcAllocation.buffer).toBe(fresh);
    device.destroyBuffer(old);
    expect(() => allocator.destroyBuffer(old, srcAllocation)).toThrow(
      /defragmentation has replaced that one/,
    );
    allocator.destroyBuffer(fresh, srcAllocation);
    for (const { allocation } of made) allocation[Symbol.dispose]();
    it.pool.destroy();
  });

  it("is not known after a pass in which the program has bound by other means", async () => {
    const it = world();
    const { allocator, device, pool } = it;
    const made = Array.from({ length: 4 }, () => allocator.createBuffer({ size: 40 * KiB, usage }, { pool }));
    for (const index of [0, 3]) made[index]!.allocation.destroy();
    const context = allocator.beginDefragmentation({ pool });
    const [{ srcAllocation, dstTmpAllocation }] = context.beginPass() as never as [
      { srcAllocation: (typeof made)[0]["allocation"]; dstTmpAllocation: (typeof made)[0]["allocation"] },
    ];
    const old = srcAllocation.buffer!;
    const fresh = device.createBuffer({ size: 40 * KiB, usage });
    device.bindBufferMemory(fresh, dstTmpAllocation.deviceMemory, dstTmpAllocation.offset);
    context.endPass();
    context.end();
    device.destroyBuffer(old);
    expect(srcAllocation.buffer).toBeUndefined();
    // It is not moved either, as nobody could say what to copy.
    await allocator.defragment({ pool, queue: device.createTransferQueue() });
    allocator.destroyBuffer(fresh, srcAllocation);
    for (const { allocation } of made) allocation[Symbol.dispose]();
    it.pool.destroy();
  });
});

describe("Memory that has an alias", () => {
  /** Two blocks; the second one holds a single buffer, which a defragmentation would move to the first. */
  function lonely(it: ReturnType<typeof world>, flags = 0, info: object = {}) {
    const make = () =>
      it.allocator.createBuffer({ size: 40 * KiB, usage, ...info }, { pool: it.pool, flags });
    const [first, hole, last] = [make(), make(), make()];
    hole.allocation.destroy();
    return { first, last };
  }

  it("is not moved while the alias is there, and planDefragmentation says so", async () => {
    const it = world();
    const { allocator, pool } = it;
    const { first, last } = lonely(it, AllocationCreate.CanAlias);
    const queue = it.device.createTransferQueue();
    const aliases = [first, last].map(({ allocation }) =>
      allocator.createAliasingBuffer(allocation, { size: KiB, usage }),
    );
    expect(last.allocation.hasAliases).toBe(true);
    const plan = allocator.planDefragmentation({ pool });
    expect(plan.pinned).toEqual([
      { allocation: first.allocation, reason: "alias" },
      { allocation: last.allocation, reason: "alias" },
    ]);
    expect(plan.allocationsMoved).toBe(0);
    expect((await allocator.defragment({ pool, queue })).allocationsMoved).toBe(0);
    for (const alias of aliases) allocator.destroyBuffer(alias);
    expect(last.allocation.hasAliases).toBe(false);
    expect((await allocator.defragment({ pool, queue })).allocationsMoved).toBe(1);
    for (const { allocation } of [first, last]) allocation.destroy();
    it.pool.destroy();
  });

  it("is moved where canMove takes it upon itself, or the program says that the aliases are gone", async () => {
    const it = world();
    const { allocator, device, pool } = it;
    const { first, last } = lonely(it, AllocationCreate.CanAlias);
    const alias = allocator.createAliasingBuffer(last.allocation, { size: KiB, usage });
    const asked: unknown[] = [];
    const canMove = (_allocation: unknown, pinned: unknown): boolean => asked.push(pinned) > 0;
    expect(allocator.planDefragmentation({ pool, canMove })).toMatchObject({
      allocationsMoved: 1,
      pinned: [],
    });
    expect(new Set(asked)).toEqual(new Set(["alias", undefined]));
    device.destroyBuffer(alias);
    last.allocation.forgetAliases();
    expect(allocator.planDefragmentation({ pool })).toMatchObject({ allocationsMoved: 1, pinned: [] });
    for (const { allocation } of [first, last]) allocation.destroy();
    it.pool.destroy();
  });

  it("is forgotten with an allocation that is freed while it is moved, or by a move", async () => {
    const isForgotten = (it: ReturnType<typeof world>, alias: bigint, other: BufferWithMemory): boolean => {
      let text = "";
      try {
        it.allocator.destroyBuffer(alias as Buffer, other.allocation);
      } catch (error) {
        text = (error as Error).message;
      }
      expect(text).toContain("destroyBuffer was given buffer");
      return !text.includes("that one is an alias");
    };
    for (const free of [
      ({ allocator }: ReturnType<typeof world>, { buffer, allocation }: BufferWithMemory) =>
        allocator.destroyBuffer(buffer, allocation),
      ({ allocator }: ReturnType<typeof world>, { buffer, allocation }: BufferWithMemory) => {
        allocator.freeMemoryPages([allocation]);
        allocator.destroyBuffer(buffer);
      },
    ]) {
      const it = world();
      const { allocator, pool } = it;
      const { first, last } = lonely(it, AllocationCreate.CanAlias);
      const alias = allocator.createAliasingBuffer(last.allocation, { size: KiB, usage });
      expect(isForgotten(it, alias, first)).toBe(false);
      let passes = 0;
      await allocator.defragment({
        pool,
        queue: it.device.createTransferQueue(),
        canMove: (allocation) => allocation === last.allocation,
        onPassBegin: () => {
          expect(last.allocation.isMoving).toBe(true);
          if (passes++ === 0) free(it, last);
        },
      });
      expect(passes).toBe(1);
      expect(isForgotten(it, alias, first)).toBe(true);
      it.device.destroyBuffer(alias);
      first.allocation.destroy();
      it.pool.destroy();
    }
    const it = world();
    const { allocator, device, pool } = it;
    const { first, last } = lonely(it, AllocationCreate.CanAlias);
    const alias = allocator.createAliasingBuffer(last.allocation, { size: KiB, usage });
    const context = allocator.beginDefragmentation({
      pool,
      canMove: (allocation) => allocation === last.allocation,
    });
    const [move] = context.beginPass()!;
    move!.operation = DefragmentationMoveOperation.Destroy;
    context.endPass();
    context.end();
    expect(isForgotten(it, alias, first)).toBe(true);
    device.destroyBuffer(alias);
    device.destroyBuffer(last.buffer);
    first.allocation.destroy();
    it.pool.destroy();
  });

  it("is also what a second resource was bound to, beside the allocation's own", () => {
    const it = world();
    const { allocator, device } = it;
    const { buffer, allocation } = allocator.createBuffer(
      { size: 4 * KiB, usage },
      { pool: it.pool, flags: 0x200 },
    );
    const second = device.createBuffer({ size: KiB, usage });
    allocator.bindBufferMemory(allocation, second);
    expect(allocation.hasAliases).toBe(true);
    expect(() => allocator.destroyBuffer((allocation.buffer! + 1000n) as Buffer, allocation)).toThrow(
      TypeError,
    );
    allocator.destroyBuffer(second);
    allocator.destroyBuffer(buffer, allocation);
    it.pool.destroy();
  });
});

describe("A buffer with a captured address", () => {
  const features = { bufferDeviceAddressCaptureReplay: true };
  const captured = (address: bigint) => ({
    size: 40 * KiB,
    usage: usage | BufferUsage.ShaderDeviceAddress,
    flags: BufferCreate.DeviceAddressCaptureReplay,
    pNext: [
      { sType: StructureType.BufferOpaqueCaptureAddressCreateInfo, opaqueCaptureAddress: address } as const,
    ],
  });

  it("stays where it is, as a second one cannot be made while it lives", async () => {
    const it = world(features);
    const { allocator, pool } = it;
    const hole = allocator.createBuffer({ size: 80 * KiB, usage }, { pool });
    const made = allocator.createBuffer(captured(0x10000n), { pool, usage: MemoryUsage.Unknown });
    hole.allocation.destroy();
    const keeper = allocator.createBuffer({ size: 20 * KiB, usage }, { pool });
    expect(allocator.planDefragmentation({ pool }).pinned).toEqual([
      { allocation: made.allocation, reason: "capturedAddress" },
    ]);
    await allocator.defragment({ pool, queue: it.device.createTransferQueue() });
    expect(made.allocation.buffer).toBe(made.buffer);
    for (const { allocation } of [made, keeper]) allocation.destroy();
    it.pool.destroy();
  });

  it("has it alone: the simulator refuses a second one, until the first is gone", () => {
    const { device, pool } = world(features);
    const first = device.createBuffer(captured(0x10000n));
    expect(() => device.createBuffer(captured(0x10000n))).toThrow(
      expect.objectContaining({ result: Result.ErrorInvalidOpaqueCaptureAddress }),
    );
    const other = device.createBuffer(captured(0x20000n));
    device.destroyBuffer(first);
    device.destroyBuffer(device.createBuffer(captured(0x10000n)));
    device.destroyBuffer(other);
    pool.destroy();
  });
});
