/** Defragmentation on a queue of another family: each copy finds its resources owned by that family, and the program has them back. */

import { describe, expect, it } from "vitest";
import {
  BufferUsage,
  createAllocator,
  MemoryUsage,
  type TransferCommand,
  type TransferQueue,
} from "../../src/index.ts";
import { nvidiaDiscrete, SimulatedDevice, SimulatedTransferQueue } from "../../src/simulator/index.ts";

const GRAPHICS = 0;
const TRANSFER = 2;
const KIB = 1024;
const toTransfer = { sourceFamily: GRAPHICS, targetFamily: TRANSFER };
const toGraphics = { sourceFamily: TRANSFER, targetFamily: GRAPHICS };

describe("defragmentation on a transfer queue", () => {
  it("copies what the queue's family owns, and leaves everything to the program's", async () => {
    const device = new SimulatedDevice(nvidiaDiscrete);
    const allocator = createAllocator({ device, preferredLargeHeapBlockSize: 256 * KIB });
    const usage = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;
    const auto = { usage: MemoryUsage.AutoPreferDevice };

    // Who owns a buffer, and who has released one that nobody has acquired yet. A new one belongs to whoever uses it first.
    const owners = new Map<bigint, number>();
    const released = new Map<bigint, number>();
    const owns = (family: number, buffer: bigint): void => {
      if (!owners.has(buffer)) owners.set(buffer, family);
      expect(owners.get(buffer)).toBe(family);
    };
    const queueOf = (family: number): TransferQueue => {
      const queue = new SimulatedTransferQueue(device, { completeAfter: 1 });
      const watch = (command: TransferCommand): void => {
        if (command.kind === "ownership") {
          const { buffer, sourceFamily, targetFamily } = command;
          if (family === sourceFamily) {
            owns(family, buffer!);
            released.set(buffer!, targetFamily);
          } else {
            expect(released.get(buffer!)).toBe(family);
            released.delete(buffer!);
            owners.set(buffer!, family);
          }
        } else if (command.kind === "buffer") {
          owns(family, command.source);
          owns(family, command.target);
        }
      };
      return {
        submit: (commands) => {
          commands.forEach(watch);
          return queue.submit(commands);
        },
      };
    };
    const [graphics, transfer] = [queueOf(GRAPHICS), queueOf(TRANSFER)];

    const buffers = Array.from({ length: 64 }, () => allocator.createBuffer({ size: 16 * KIB, usage }, auto));
    for (const { buffer } of buffers) owners.set(buffer, GRAPHICS);
    const kept = buffers.filter((_, i) => i % 3 === 0);
    for (const each of buffers) if (!kept.includes(each)) each.allocation.destroy();

    const { allocationsMoved } = await allocator.defragment({
      queue: transfer,
      maxBytesPerPass: 64 * KIB,
      onPassBegin: async (moves) => {
        for (const { allocation } of moves) {
          const command = { kind: "ownership", buffer: allocation.buffer!, ...toTransfer } as const;
          await graphics.submit([command]).done();
          await transfer.submit([command]).done();
        }
      },
      onReplaced: async (replaced) => {
        if (replaced.kind !== "buffer") return;
        const command = { kind: "ownership", buffer: replaced.replacement, ...toGraphics } as const;
        await transfer.submit([command]).done();
        await graphics.submit([command]).done();
      },
    });
    expect(allocationsMoved).toBeGreaterThan(10);
    for (const { allocation } of kept) expect(owners.get(allocation.buffer!)).toBe(GRAPHICS);
    expect(released.size).toBe(0);
    for (const { allocation } of kept) allocation.destroy();
    allocator.destroy();
    device.destroy();
  });
});
