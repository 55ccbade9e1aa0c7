/** How many allocations a block can have, which takes half a gigabyte of records to see. */

import { describe, expect, it } from "vitest";
import { NO_ALLOCATION, VirtualBlock, VirtualBlockCreate } from "../../src/metadata/index.ts";

describe("a block with as many allocations as it can have", () => {
  it.each([
    [0, 16_776_846],
    [VirtualBlockCreate.LinearAlgorithm, 16_777_213],
  ])("says so, flags %d: %d", (flags, most) => {
    const block = new VirtualBlock({ size: 2 ** 25, flags });
    expect(block.maxAllocationCount).toBe(most);
    let last = NO_ALLOCATION;
    for (let i = 0; i < most; i++) last = block.allocate(1);
    expect(last).not.toBe(NO_ALLOCATION);
    // Half of it is free, and there is no room: the count tells why.
    expect(block.allocate(1)).toBe(NO_ALLOCATION);
    expect([block.allocationCount, block.freeBytes]).toEqual([block.maxAllocationCount, 2 ** 25 - most]);
    // What is given back can be used, and nothing has been lost.
    block.free(last);
    expect(block.allocate(1)).not.toBe(NO_ALLOCATION);
    expect(block.allocate(1)).toBe(NO_ALLOCATION);
    block.clear();
    expect(block.allocate(2 ** 25)).not.toBe(NO_ALLOCATION);
  });
});
