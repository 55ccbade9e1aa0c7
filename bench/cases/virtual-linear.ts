/** The linear algorithm's ways to use a block: ring buffer, stack, double stack, free-at-once. */

import {
  NO_ALLOCATION,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
} from "../../src/metadata/index.ts";
import { type Case, referenceSide, SideName } from "../harness/case.ts";
import { inChunks, type Mix, Mixes, SEED } from "../harness/sequence.ts";
import { timeRound } from "./virtual.ts";

/** Work on a linear block. */
interface Linear {
  readonly blockSize: number;
  /** Allocations at most at once (of one end, for the double stack). */
  readonly live: number;
  readonly operations: number;
}

const LINEAR: Linear = { blockSize: 128 * 1024 ** 2, live: 1_000, operations: 2_000_000 };
const NONE = NO_ALLOCATION;
const { UpperAddress: UPPER_ADDRESS } = VirtualAllocationCreate;
const LINEAR_WARMUP = 2_000;

function linearBlock(linear: Linear): VirtualBlock {
  return new VirtualBlock({ size: linear.blockSize, flags: VirtualBlockCreate.LinearAlgorithm });
}

/** A ring buffer: allocate at the head, freeing the oldest when `live` are there. */
class RingState {
  readonly #block: VirtualBlock;
  readonly #ring: Float64Array;
  #head = 0;
  #count = 0;
  #random: number = SEED;
  sum = 0;

  constructor(linear: Linear) {
    this.#block = linearBlock(linear);
    this.#ring = new Float64Array(linear.live);
  }

  run(steps: number, mix: Mix): void {
    const { unit, least, alignmentShift } = mix;
    const span = mix.span >>> 0;
    const alignmentSpan = mix.alignmentSpan >>> 0;
    const block = this.#block;
    const ring = this.#ring;
    const length = ring.length;
    let head = this.#head;
    let count = this.#count;
    let random = this.#random | 0;
    let sum = this.sum | 0;
    for (let i = 0; i < steps; i++) {
      if (count === length) {
        block.free(ring[head]! as ReturnType<VirtualBlock["allocate"]>);
        head = head + 1 === length ? 0 : head + 1;
        count--;
      }
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      let at = head + count;
      if (at >= length) at -= length;
      const size = Math.imul(unit, least + (((random >>> 0) % span) >>> 0));
      const alignment = 1 << (alignmentShift + (((random >>> 0) % alignmentSpan) >>> 0));
      const made = block.allocate(size, alignment, 0);
      if (made !== NONE) {
        sum = (sum + block.offset(made)) | 0;
        ring[at] = made;
        count++;
      }
    }
    this.#head = head;
    this.#count = count;
    this.#random = random;
    this.sum = sum >>> 0;
  }
}

/** A stack whose depth walks at random between 0 and `live`. */
class StackState {
  readonly #block: VirtualBlock;
  readonly #stack: Float64Array;
  #depth = 0;
  #random: number = SEED;
  sum = 0;

  constructor(linear: Linear) {
    this.#block = linearBlock(linear);
    this.#stack = new Float64Array(linear.live);
  }

  run(count: number, mix: Mix): void {
    const { unit, least, alignmentShift } = mix;
    const span = mix.span >>> 0;
    const alignmentSpan = mix.alignmentSpan >>> 0;
    const block = this.#block;
    const stack = this.#stack;
    const length = stack.length;
    let depth = this.#depth;
    let random = this.#random | 0;
    let sum = this.sum | 0;
    for (let i = 0; i < count; i++) {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      const push = depth === 0 || (depth !== length && random < 0);
      if (push) {
        const size = Math.imul(unit, least + (((random >>> 0) % span) >>> 0));
        const alignment = 1 << (alignmentShift + (((random >>> 0) % alignmentSpan) >>> 0));
        const made = block.allocate(size, alignment, 0);
        sum = (sum + block.offset(made)) | 0;
        stack[depth++] = made;
      } else {
        block.free(stack[--depth]! as ReturnType<VirtualBlock["allocate"]>);
      }
    }
    this.#depth = depth;
    this.#random = random;
    this.sum = sum >>> 0;
  }
}

/** Two stacks, one from each end of the block. */
class DoubleStackState {
  readonly #block: VirtualBlock;
  readonly #stacks: readonly [Float64Array, Float64Array];
  readonly #depths = new Int32Array(2);
  #random: number = SEED;
  sum = 0;

  constructor(linear: Linear) {
    this.#block = linearBlock(linear);
    this.#stacks = [new Float64Array(linear.live), new Float64Array(linear.live)];
  }

  run(count: number, mix: Mix): void {
    const { unit, least, alignmentShift } = mix;
    const span = mix.span >>> 0;
    const alignmentSpan = mix.alignmentSpan >>> 0;
    const block = this.#block;
    const depths = this.#depths;
    const [lower, upper] = this.#stacks;
    let random = this.#random | 0;
    let sum = this.sum | 0;
    for (let i = 0; i < count; i++) {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      const side = (random >>> 30) & 1;
      const stack = side === 0 ? lower : upper;
      const depth = depths[side]!;
      const push = depth === 0 || (depth !== stack.length && random < 0);
      if (push) {
        const flags = side === 0 ? 0 : UPPER_ADDRESS;
        const size = Math.imul(unit, least + (((random >>> 0) % span) >>> 0));
        const alignment = 1 << (alignmentShift + (((random >>> 0) % alignmentSpan) >>> 0));
        const made = block.allocate(size, alignment, flags);
        sum = (sum + block.offset(made)) | 0;
        stack[depth] = made;
        depths[side] = depth + 1;
      } else {
        block.free(stack[depth - 1]! as ReturnType<VirtualBlock["allocate"]>);
        depths[side] = depth - 1;
      }
    }
    this.#random = random;
    this.sum = sum >>> 0;
  }
}

/** `live` allocations, then everything is freed at once. */
class OnceState {
  readonly #block: VirtualBlock;
  readonly #live: number;
  #random: number = SEED;
  sum = 0;

  constructor(linear: Linear) {
    this.#block = linearBlock(linear);
    this.#live = linear.live;
  }

  run(count: number, mix: Mix): void {
    const { unit, least, alignmentShift } = mix;
    const span = mix.span >>> 0;
    const alignmentSpan = mix.alignmentSpan >>> 0;
    const block = this.#block;
    let random = this.#random | 0;
    let sum = this.sum | 0;
    for (let done = 0; done < count; done += this.#live) {
      for (let i = 0; i < this.#live; i++) {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        const size = Math.imul(unit, least + (((random >>> 0) % span) >>> 0));
        const alignment = 1 << (alignmentShift + (((random >>> 0) % alignmentSpan) >>> 0));
        const made = block.allocate(size, alignment, 0);
        sum = (sum + block.offset(made)) | 0;
      }
      block.clear();
    }
    this.#random = random;
    this.sum = sum >>> 0;
  }
}

interface LinearState {
  sum: number;
  run(count: number, mix: Mix): void;
}

function linearCase(
  id: string,
  title: string,
  operation: string,
  linear: Linear,
  start: (linear: Linear) => LinearState,
  /** Operations in one step of run(). */
  perStep = 1,
): Case {
  return {
    id: `virtual-linear/${id}`,
    group: "Virtual block: linear algorithm",
    title,
    operation,
    sides: (context) => [
      {
        name: SideName.Ours,
        exact: true,
        round: () => {
          const state = start(linear);
          inChunks(LINEAR_WARMUP, (chunk) => state.run(chunk, Mixes.Mixed));
          return timeRound(
            linear.operations,
            () => inChunks(linear.operations / perStep, (chunk) => state.run(chunk, Mixes.Mixed)),
            () => state.sum,
          );
        },
      },
      referenceSide(context, {
        case: `virtual-${id}`,
        mix: "mixed",
        blockSize: linear.blockSize,
        live: linear.live,
        warmup: LINEAR_WARMUP,
        operations: linear.operations,
        seed: SEED,
      }),
    ],
  };
}

export const linearCases: readonly Case[] = [
  linearCase("ring", "ring buffer, 1,000 live", "allocate or free", LINEAR, (l) => new RingState(l), 2),
  linearCase("stack", "stack, up to 1,000 deep", "push or pop", LINEAR, (l) => new StackState(l)),
  linearCase(
    "double-stack",
    "double stack, up to 1,000 deep at each end",
    "push or pop",
    { ...LINEAR, blockSize: 2 * LINEAR.blockSize },
    (l) => new DoubleStackState(l),
  ),
  linearCase("once", "1,000 allocations, then clear", "allocate", LINEAR, (l) => new OnceState(l)),
];
