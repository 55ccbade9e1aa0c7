/** How many calls stand between the face and the division of a block: each is one that a reader has to follow. */

import { describe, expect, it } from "vitest";
import type { Allocation } from "../../src/allocator/index.ts";
import { MemoryBlock } from "../../src/allocator/memory/memory-block.ts";
import type { BlockMetadata } from "../../src/metadata/block-metadata.ts";
import { bufferOf, imageOf, KiB, MiB, world } from "./setup.ts";

/** The names of the functions on the stack, from `face` inwards, whenever the metadata is called during `work`. */
function stacksOf(
  metadata: BlockMetadata,
  method: "allocate" | "commit" | "free",
  face: string,
  work: () => void,
): string[][] {
  const stacks: string[][] = [];
  const own = metadata[method] as (...parameters: unknown[]) => unknown;
  const before = Object.getOwnPropertyDescriptor(metadata, method);
  const { stackTraceLimit } = Error;
  Object.defineProperty(metadata, method, {
    configurable: true,
    value: function (this: BlockMetadata, ...parameters: unknown[]) {
      Error.stackTraceLimit = 100;
      const frames = (new Error().stack ?? "").split("\n").flatMap((line) => {
        const name = /^ +at (?:new )?([\w.$<>]+(?: \[as \w+\])?) \(/.exec(line)?.[1];
        return name === undefined ? [] : [name];
      });
      Error.stackTraceLimit = stackTraceLimit;
      // The first frame stands for the metadata's own method.
      stacks.push(frames.slice(0, frames.indexOf(face) + 1).reverse());
      return own.apply(this, parameters);
    },
  });
  try {
    work();
  } finally {
    if (before === undefined) Reflect.deleteProperty(metadata, method);
    else Object.defineProperty(metadata, method, before);
  }
  return stacks;
}

function metadataOf({ memoryObject }: Allocation): BlockMetadata {
  expect(memoryObject).toBeInstanceOf(MemoryBlock);
  return (memoryObject as MemoryBlock).metadata;
}

describe("From the face to the metadata", () => {
  it("a free takes at most 6 calls, whichever way", () => {
    const { allocator } = world();
    const kept = allocator.createBuffer(bufferOf(KiB)).allocation;
    const metadata = metadataOf(kept);
    const make = () => allocator.createBuffer(bufferOf(KiB));
    const [a, b, c] = [make(), make(), make()];
    const image = allocator.createImage(imageOf(16));
    expect(metadataOf(image.allocation)).toBe(metadata);
    const stacks = [
      stacksOf(metadata, "free", "Allocator.destroyBuffer", () =>
        allocator.destroyBuffer(a.buffer, a.allocation),
      ),
      stacksOf(metadata, "free", "Allocation.destroy", () => b.allocation.destroy()),
      stacksOf(metadata, "free", "Allocator.freeMemory", () => allocator.freeMemory(c.allocation)),
      stacksOf(metadata, "free", "Allocator.destroyImage", () =>
        allocator.destroyImage(image.image, image.allocation),
      ),
    ].flat();
    expect(stacks).toHaveLength(4);
    for (const stack of stacks) expect(stack.length, stack.join(" > ")).toBeLessThanOrEqual(6);
    allocator.state.device.destroyBuffer(c.buffer);
    kept.destroy();
  });

  it("a createBuffer that misses what is remembered takes at most 9, into a block that is there or a new one", () => {
    const { allocator } = world({}, { rememberRequirements: false });
    const kept = allocator.createBuffer(bufferOf(KiB)).allocation;
    const metadata = metadataOf(kept);
    let made: Allocation | undefined;
    const [stack] = stacksOf(metadata, "allocate", "Allocator.createBuffer", () => {
      made = allocator.createBuffer(bufferOf(2 * KiB)).allocation;
    });
    expect(stack!.length, stack!.join(" > ")).toBeLessThanOrEqual(9);
    expect(stack).toContain("selectMemory");
    made!.destroy();
    const shared = Object.getPrototypeOf(metadata) as BlockMetadata;
    const [other] = stacksOf(shared, "commit", "Allocator.createBuffer", () => {
      made = allocator.createBuffer(bufferOf(20 * MiB)).allocation;
    });
    expect(metadataOf(made!)).not.toBe(metadata);
    expect(other!.length, other!.join(" > ")).toBeLessThanOrEqual(9);
    made!.destroy();
    kept.destroy();
  });

  it("a createBuffer of a known kind takes at most 3", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const kept = allocator.createBuffer(bufferOf(KiB)).allocation;
    let made: Allocation | undefined;
    const [stack] = stacksOf(metadataOf(kept), "allocate", "Allocator.createBuffer", () => {
      made = allocator.createBuffer(bufferOf(KiB)).allocation;
    });
    expect(stack!.length, stack!.join(" > ")).toBeLessThanOrEqual(3);
    made!.destroy();
    kept.destroy();
  });
});
