/** Defragments as a program does it by hand: new resources, copies, and now and then another decision. */

import { expect } from "vitest";
import type { DefragmentationMove } from "../../../src/index.ts";
import { DefragmentationMoveOperation, ImageLayout, VulkanError } from "../../../src/index.ts";
import type { Buffer, Image } from "../../../src/vulkan/index.ts";
import type { Machine } from "./machine.ts";
import type { Entry } from "./model.ts";
import type { Operation } from "./operations.ts";

const { Copy, Ignore, Destroy } = DefragmentationMoveOperation;

/** One move of a pass, as the program carries it out. */
interface Step {
  readonly entry: Entry;
  readonly move: DefragmentationMove;
  buffer: Buffer;
  image: Image;
}

/** Runs some passes. A fault may end any of them; the next one goes on. */
export function defragment(machine: Machine, operation: Extract<Operation, { kind: "defragment" }>): void {
  const { allocator, simulated } = machine.target;
  const pools = machine.model.pools.filter((pool) => !pool.blockList.options.linear);
  const pool = operation.pool === 0 ? undefined : pools[operation.pool % Math.max(1, pools.length)];
  const context = allocator.beginDefragmentation({
    flags: operation.algorithm,
    pool,
    maxBytesPerPass: operation.bytes,
    maxAllocationsPerPass: operation.moves,
  });
  try {
    for (let pass = 0; pass < operation.passes; pass++) {
      const moves = context.beginPass();
      if (moves === undefined) break;
      simulated?.faults.clear();
      expectWithinLimits(moves, operation);
      const steps = moves.map((move, index) => carryOut(machine, move, operation.choices >> (index % 12)));
      const finished = context.endPass();
      settle(machine, steps);
      machine.model.check();
      for (const { entry } of steps) if (machine.model.entries.includes(entry)) machine.compare(entry);
      if (finished) break;
    }
  } catch (error) {
    if (!(error instanceof VulkanError)) throw error;
  } finally {
    simulated?.faults.clear();
    context.end();
  }
}

function expectWithinLimits(
  moves: readonly DefragmentationMove[],
  { bytes, moves: most }: { readonly bytes: number; readonly moves: number },
): void {
  const moved = moves.reduce((sum, { srcAllocation }) => sum + srcAllocation.size, 0);
  if (most > 0) expect(moves.length).toBeLessThanOrEqual(most);
  if (bytes > 0) expect(moved).toBeLessThanOrEqual(bytes);
}

function carryOut(machine: Machine, move: DefragmentationMove, choice: number): Step {
  const entry = machine.model.entries.find(({ allocation }) => allocation === move.srcAllocation)!;
  const step: Step = { entry, move, buffer: 0n as Buffer, image: 0n as Image };
  const isAliased = entry.aliasBuffer !== 0n || entry.aliasImage !== 0n;
  if (isAliased || choice % 8 === 3) move.operation = Ignore;
  else if (choice % 8 === 5) move.operation = Destroy;
  else copy(machine, step);
  return step;
}

function copy(machine: Machine, step: Step): void {
  const { allocator, device } = machine.target;
  const { entry, move } = step;
  const { srcAllocation, dstTmpAllocation } = move;
  move.operation = Copy;
  if (entry.bufferInfo !== undefined && entry.bound) {
    step.buffer = device.createBuffer(entry.bufferInfo);
    allocator.bindBufferMemory(dstTmpAllocation, step.buffer);
  } else if (entry.imageInfo !== undefined) {
    step.image = device.createImage(entry.imageInfo);
    allocator.bindImageMemory(dstTmpAllocation, step.image);
  }
  if (entry.seed < 0) return;
  if (step.image !== 0n) {
    machine.staging.moveImage(entry.image, step.image, entry.imageInfo!);
  } else if (machine.isDeviceAccessible(entry)) {
    machine.staging.copyBuffer(entry.buffer, step.buffer, entry.size);
  } else {
    dstTmpAllocation.write(srcAllocation.read());
  }
}

/** The old resources go; what the program believes follows. */
function settle(machine: Machine, steps: readonly Step[]): void {
  const { device } = machine.target;
  for (const { entry, move, buffer, image } of steps) {
    if (move.operation === Ignore) continue;
    if (move.operation === Destroy) {
      for (const old of [entry.buffer, entry.aliasBuffer]) if (old !== 0n) device.destroyBuffer(old);
      for (const old of [entry.image, entry.aliasImage]) if (old !== 0n) device.destroyImage(old);
      machine.model.remove(entry);
      continue;
    }
    entry.moved = true;
    if (buffer !== 0n) {
      device.destroyBuffer(entry.buffer);
      entry.buffer = buffer;
    }
    if (image !== 0n) {
      device.destroyImage(entry.image);
      entry.image = image;
    }
  }
}

/** Lets the allocator defragment; buffers and images are replaced while the program goes on. */
export async function tidy(machine: Machine, operation: Extract<Operation, { kind: "tidy" }>): Promise<void> {
  const { allocator, simulated, queue } = machine.target;
  const pools = machine.model.pools.filter((pool) => !pool.blockList.options.linear);
  const entryOf = (allocation: unknown): Entry | undefined =>
    machine.model.entries.find((entry) => entry.allocation === allocation);
  await allocator.defragment({
    queue: simulated?.createTransferQueue({ completeAfter: operation.polls }) ?? queue,
    pool: operation.pool === 0 ? undefined : pools[operation.pool % Math.max(1, pools.length)],
    flags: operation.algorithm,
    maxBytesPerPass: operation.bytes,
    maxAllocationsPerPass: operation.moves,
    imageLayout: () => ImageLayout.General,
    // Of what the program has moved by itself, the allocator knows no resource; what is not bound has no contents.
    canMove: (allocation) => {
      const entry = entryOf(allocation);
      return entry !== undefined && !entry.moved && entry.bound;
    },
    moveOther: ({ allocation, target }) => {
      const entry = entryOf(allocation);
      if (entry === undefined || entry.buffer !== 0n || entry.image !== 0n) return false;
      if (entry.aliasBuffer !== 0n || entry.aliasImage !== 0n) return false;
      if (entry.seed >= 0) target.write(allocation.read());
      return true;
    },
    onReplaced: (replaced) => {
      const { allocation, kind, old } = replaced;
      const entry = entryOf(allocation);
      if (entry === undefined) return;
      if (entry[kind] !== old) throw new Error(`the ${kind} that is replaced is not the one that there is`);
      if (replaced.kind === "buffer") entry.buffer = replaced.replacement;
      else entry.image = replaced.replacement;
    },
  });
}
