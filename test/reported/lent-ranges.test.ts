/**
 * Posting a view of mapped memory to a worker copies its whole block. A range that is lent travels as address and length: a
 * worker makes a view of its own of it, and until it is given back the memory stays mapped and in its place.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../bench/harness/compile.ts";
import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  createAllocator,
  DefragmentationMoveOperation,
  type LentRange,
  MemoryUsage,
} from "../../src/index.ts";
import { armMobile, lavapipe, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import type { BufferUsage } from "../../src/vulkan/index.ts";
import { runProgram } from "../helpers/child.ts";
import { runtime } from "../helpers/native.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { openWorld } from "../helpers/world.ts";

const host = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom };
const bytes = (values: number[]): Uint8Array => Uint8Array.from(values);

/** A worker that adds 1 to every byte of the ranges that it is sent, and says how long they are. */
function adder(): { add(range: LentRange): Promise<unknown>; terminate(): Promise<unknown> } {
  const folder = compile(["src/ffi", "src/vulkan", "src/foundation"]);
  const face = join(folder, "src", "ffi", `${runtime === "node" ? "index" : runtime}.js`);
  const script = `
    const { parentPort } = require("node:worker_threads");
    const face = import(${JSON.stringify(pathToFileURL(face).href)});
    parentPort.on("message", async (message) => {
      try {
        const view = (await face).viewLentRange(message);
        const { bytes } = view;
        for (let i = 0; i < bytes.length; i++) bytes[i]++;
        const { length } = bytes;
        view.close();
        parentPort.postMessage([length, bytes.length === 0 || message.shared !== undefined, view.bytes.length]);
      } catch (error) {
        parentPort.postMessage(String(error));
      }
    });`;
  const worker = new Worker(script, { eval: true, execArgv: [] });
  return {
    add: (range) =>
      new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
        worker.postMessage(range.message);
      }),
    terminate: () => worker.terminate(),
  };
}

async function letAWorkerWrite(allocator: Allocator, worker: ReturnType<typeof adder>): Promise<void> {
  const { allocation } = allocator.createBuffer({ size: 65536, usage: 2 }, host);
  const { allocation: neighbour } = allocator.createBuffer({ size: 65536, usage: 2 }, host);
  allocation.write(bytes([1, 2, 3, 4, 5, 6]));
  neighbour.write(bytes([9]));
  const range = allocation.lend({ offset: 1, size: 4 });
  expect(range.size).toBe(4);
  expect(range.address).toBe(allocation.mappedAddress! + 1n);
  expect(await worker.add(range)).toEqual([4, true, 0]);
  range.giveBack();
  expect([...allocation.read(0, 6)]).toEqual([1, 3, 4, 5, 6, 6]);
  const whole = allocation.lend();
  expect(await worker.add(whole)).toEqual([allocation.size, true, 0]);
  whole.giveBack();
  expect([...allocation.read(0, 6)]).toEqual([2, 4, 5, 6, 7, 7]);
  expect(neighbour.read(0, 1)[0]).toBe(9);
  expect(allocation.isMapped).toBe(false);
  allocation.destroy();
  neighbour.destroy();
}

describe("a lent range", () => {
  let worker: ReturnType<typeof adder>;
  beforeAll(() => {
    worker = adder();
  });
  afterAll(() => worker.terminate());

  describeWithVulkan("on a driver", (ctx) => {
    it("is written by a worker thread through a view of its own", async () => {
      const allocator = createAllocator({ device: ctx.device });
      await letAWorkerWrite(allocator, worker);
      allocator.destroy();
    });

    it("that is not given back stays where it is when its allocator and device are ended by force", () => {
      const { status, signal, output, errors } = runProgram(
        join(import.meta.dirname, "programs", "keep-a-lent-range.ts"),
      );
      expect({ status, signal, output }).toEqual({ status: 0, signal: null, output: "7 1" });
      expect(errors).toMatch(/is leaked, neither unmapped nor freed: a range of it was lent to a worker/);
    });
  });

  it.each([
    ["lavapipe", lavapipe],
    ["armMobile", armMobile],
  ])("is a copy on the simulator, whose bytes arrive when it is given back: %s", async (_, profile) => {
    const { allocator } = openWorld({ profile });
    await letAWorkerWrite(allocator, worker);
    allocator.destroy();
  });

  it("cannot be freed, whichever way, and nothing has changed then", () => {
    const { device, allocator } = openWorld({ profile: lavapipe });
    const { buffer, allocation } = allocator.createBuffer(
      { size: 4096, usage: 2 },
      { ...host, name: "vertices" },
    );
    const first = allocation.lend();
    const second = allocation.lend({ offset: 4096 });
    for (const free of [
      () => allocator.destroyBuffer(buffer, allocation),
      () => allocator.freeMemory(allocation),
      () => allocator.freeMemoryPages([allocation]),
      () => allocation.destroy(),
    ]) {
      expect(free).toThrow(
        /allocation "vertices" can be neither freed nor moved while 2 ranges of it are lent/,
      );
    }
    expect(device.statistics().bufferCount).toBe(1);
    first.giveBack();
    expect(() => first.giveBack()).toThrow("given back twice");
    expect(() => allocation.destroy()).toThrow("while a range of it is lent");
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(second.isGivenBack).toBe(true);
    allocation.destroy();
    allocator.destroy();
  });

  it("stays mapped, and is not moved by any defragmentation", async () => {
    const { device, allocator } = openWorld({
      profile: lavapipe,
      allocator: { unmapWhenUnused: true, preferredLargeHeapBlockSize: 65536 },
    });
    const made = Array.from({ length: 16 }, () =>
      allocator.createBuffer({ size: 16384, usage: 3 as BufferUsage }, host),
    );
    const kept = made.filter((_, index) => index % 4 === 3).map(({ allocation }) => allocation);
    const range = kept[3]!.lend();
    for (const [index, { allocation }] of made.entries()) if (index % 4 !== 3) allocation.destroy();
    const before = kept[3]!.mappedAddress;
    const plan = allocator.planDefragmentation({ canMove: () => true });
    expect(plan.pinned.map(({ allocation, reason }) => [allocation, reason])).toEqual([[kept[3], "lent"]]);
    await allocator.defragment({ queue: new SimulatedTransferQueue(device), canMove: () => true });
    expect(kept[3]!.mappedAddress).toBe(before);
    expect(range.address).toBe(before);
    range.giveBack();
    expect(kept[3]!.isMapped).toBe(false);
    for (const allocation of kept) allocation.destroy();
    allocator.destroy();
  });

  it("keeps a pass that the program runs from changing its place", () => {
    const { allocator } = openWorld({
      profile: lavapipe,
      allocator: { preferredLargeHeapBlockSize: 65536 },
    });
    const made = Array.from({ length: 8 }, () =>
      allocator.allocateMemory(
        { size: 16384, alignment: 64, memoryTypeBits: 1 },
        { flags: AllocationCreate.HostAccessRandom },
      ),
    );
    const [kept] = made.splice(7, 1) as [Allocation];
    const [other] = made.splice(0, 1) as [Allocation];
    allocator.freeMemoryPages(made);
    const context = allocator.beginDefragmentation();
    const moves = context.beginPass()!;
    const [move] = moves;
    const range = move!.srcAllocation.lend();
    expect(() => context.endPass()).toThrow("neither freed nor moved");
    move!.operation = DefragmentationMoveOperation.Ignore;
    context.endPass();
    expect(range.address).toBe(move!.srcAllocation.mappedAddress);
    range.giveBack();
    context.end();
    allocator.freeMemoryPages([kept, other]);
    allocator.destroy();
  });

  it("is refused where it makes no sense", () => {
    const { allocator } = openWorld({ profile: armMobile });
    const { allocation } = allocator.createBuffer({ size: 4096, usage: 2 }, host);
    expect(() => allocation.lend({ offset: 4097 })).toThrow(
      "offset must be an integer from 0 to 4096, got 4097",
    );
    expect(() => allocation.lend({ offset: 1, size: 4096 })).toThrow(
      "4096 bytes from offset 1 on end at 4097, beyond the 4096 bytes of allocation",
    );
    expect(allocation.isMapped).toBe(false);
    const { allocation: device_ } = allocator.createBuffer(
      { size: 4096, usage: 2 },
      { usage: MemoryUsage.AutoPreferDevice },
    );
    expect(() => device_.lend()).toThrow(TypeError);
    device_.destroy();
    allocation.destroy();
    expect(() => allocation.lend()).toThrow("used after it was freed");
    allocator.destroy();
  });

  it("is refused by a device that cannot lend, and nothing stays mapped", () => {
    const { device, allocator } = openWorld({ profile: armMobile });
    const mapMemory = device.mapMemory.bind(device);
    device.mapMemory = (...args) => Object.defineProperty(mapMemory(...args), "lend", { value: undefined });
    const { allocation } = allocator.createBuffer({ size: 4096, usage: 2 }, host);
    expect(() => allocation.lend()).toThrow(/the device cannot lend mapped memory to other threads/);
    expect(allocation.isMapped).toBe(false);
    allocation.destroy();
  });

  it("must be a message where it is viewed", async () => {
    const { viewLentRange } =
      runtime === "node"
        ? await import("../../src/ffi/index.ts")
        : await import(`../../src/ffi/${runtime}.ts`);
    expect(() => viewLentRange(undefined as never)).toThrow(
      "must be the message of a LentRange, got undefined",
    );
    expect(() => viewLentRange({ address: 0n, size: 5 })).toThrow("address must not be 0n");
    expect(() => viewLentRange({ address: 2n ** 64n, size: 5 })).toThrow(RangeError);
    expect(() => viewLentRange({ address: 4096n, size: -1 })).toThrow(RangeError);
  });
});
