/** Defragments as a program does it by hand: new resources, copies, and now and then another decision. */

import type { DefragmentationMove } from "../../../src/index.ts";
import { DefragmentationMoveOperation, VulkanError } from "../../../src/index.ts";
import type { Machine } from "./machine.ts";
import type { Entry } from "./model.ts";
import type { Operation } from "./operations.ts";

const { Copy, Ignore, Destroy } = DefragmentationMoveOperation;

/** One move of a pass, as the program carries it out. */
interface Step {
  readonly entry: Entry;
  readonly move: DefragmentationMove;
  buffer: bigint;
  image: bigint;
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

function carryOut(machine: Machine, move: DefragmentationMove, choice: number): Step {
  const entry = machine.model.entries.find(({ allocation }) => allocation === move.srcAllocation)!;
  const step: Step = { entry, move, buffer: 0n, image: 0n };
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
    const { width, height } = entry.imageInfo!.extent;
    machine.staging.moveImage(entry.image, step.image, width, height);
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
