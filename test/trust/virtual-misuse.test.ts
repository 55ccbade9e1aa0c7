/** Wrong calls to a virtual block: each gets its own error, and the block stays as it was. */

import { describe, expect, it } from "vitest";
import {
  NO_ALLOCATION,
  type VirtualAllocation,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
} from "../../src/metadata/index.ts";

type ErrorClass = new (...args: never[]) => Error;

/** Any value, where the types would refuse it. */
// biome-ignore lint/suspicious/noExplicitAny: wrong types are what is tested.
const wrong = (value: unknown): any => value;

const badNumbers: readonly (readonly [unknown, ErrorClass, string | RegExp])[] = [
  [0, RangeError, "got 0"],
  [-1, RangeError, "got -1"],
  [Number.NaN, RangeError, "got NaN"],
  [0.5, RangeError, "got 0.5"],
  [2 ** 53, RangeError, "got 9007199254740992"],
  [Number.POSITIVE_INFINITY, RangeError, "got Infinity"],
  ["64", TypeError, 'got "64"'],
  // In places JavaScript itself refuses to take these for numbers.
  [64n, TypeError, /64n|BigInt/],
  [null, TypeError, "got null"],
  [undefined, TypeError, "got undefined"],
];

function stage(flags: number) {
  const block = new VirtualBlock({ size: 1000, flags });
  const kept = block.allocate(100);
  const freed = block.allocate(100);
  const behind = block.allocate(100);
  block.free(freed);
  const other = new VirtualBlock({ size: 1000, flags });
  const foreign = other.allocate(100);
  return { block, kept, freed, behind, other, foreign };
}

function expectRefused(
  block: VirtualBlock,
  call: () => unknown,
  kind: ErrorClass,
  message: string | RegExp,
): void {
  const before = block.buildStatsString();
  let error: unknown = "nothing was thrown";
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(kind);
  expect((error as Error).message).toMatch(message);
  expect(block.buildStatsString()).toBe(before);
  block.validate();
}

const { LinearAlgorithm } = VirtualBlockCreate;

describe.each([
  ["A virtual block", 0],
  ["A linear virtual block", LinearAlgorithm],
] as const)("%s", (_name, flags) => {
  it.each(badNumbers)("cannot be made with %s bytes", (size, kind, message) => {
    expect(() => new VirtualBlock({ size: wrong(size), flags })).toThrow(kind);
    expect(() => new VirtualBlock({ size: wrong(size), flags })).toThrow(message);
  });

  it.each(badNumbers)("refuses an allocation of %s bytes", (size, kind, message) => {
    const { block } = stage(flags);
    expectRefused(block, () => block.allocate(wrong(size)), kind, message);
  });

  it.each([
    [3, RangeError, "power of two, got 3"],
    [2 ** 40 + 1, RangeError, "power of two, got 1099511627777"],
    ...badNumbers.filter(([value]) => value !== 0 && value !== undefined),
  ] as typeof badNumbers)("refuses an alignment of %s", (alignment, kind, message) => {
    const { block } = stage(flags);
    expectRefused(block, () => block.allocate(10, wrong(alignment)), kind, message);
  });

  it("refuses flags that it does not know", () => {
    const { block } = stage(flags);
    expectRefused(
      block,
      () => block.allocate(10, 1, 0x1 as VirtualAllocationCreate),
      RangeError,
      /flags .*(unknown bits 0x1|got 1)/,
    );
    expectRefused(block, () => block.allocate(10, 1, -1 as VirtualAllocationCreate), RangeError, "got -1");
    expectRefused(block, () => block.allocate(10, 1, wrong("fast")), TypeError, 'got "fast"');
    expect(() => new VirtualBlock({ size: 10, flags: 2 as VirtualBlockCreate })).toThrow(
      /flags .*(unknown bits 0x2|got 2)/,
    );
    expect(() => new VirtualBlock(wrong(undefined))).toThrow(TypeError);
  });

  it.each([
    ["was freed", (s: ReturnType<typeof stage>) => s.freed, RangeError, "was already freed"],
    ["belongs to another block", (s: ReturnType<typeof stage>) => s.foreign, RangeError, "another block"],
    ["is a made-up number", () => 12345, RangeError, "12345"],
    ["is negative", () => -1, RangeError, "-1"],
    ["is infinite", () => Number.POSITIVE_INFINITY, RangeError, "Infinity"],
    ["is NaN", () => Number.NaN, Error, "allocation"],
    ["is undefined", () => undefined, TypeError, "an allocation must be a number"],
    ["is an object", () => ({}), TypeError, "an allocation must be a number"],
    ["is a bigint", (s: ReturnType<typeof stage>) => BigInt(s.kept), TypeError, /BigInt|number/],
  ] as const)("refuses an allocation that %s", (_what, value, kind, message) => {
    const s = stage(flags);
    const { block } = s;
    const allocation = wrong(value(s)) as VirtualAllocation;
    for (const call of [
      () => block.free(allocation),
      () => block.offset(allocation),
      () => block.sizeOf(allocation),
      () => block.info(allocation),
      () => block.userData(allocation),
      () => block.setUserData(allocation, 1),
    ]) {
      expectRefused(block, call, kind, message);
    }
  });

  it("refuses what was freed by clear, and frees nothing for NO_ALLOCATION", () => {
    const { block, kept, behind } = stage(flags);
    block.free(NO_ALLOCATION);
    expect(block.allocationCount).toBe(2);
    block.clear();
    expectRefused(block, () => block.free(kept), RangeError, "was already freed");
    expectRefused(block, () => block.offset(behind), RangeError, "was already freed");
    expectRefused(block, () => block.offset(NO_ALLOCATION), RangeError, "allocation 0");
    expect(block.allocate(1000)).not.toBe(NO_ALLOCATION);
  });

  it("refuses to grow to less, and to what is no size", () => {
    const { block } = stage(flags);
    expectRefused(block, () => block.grow(999), RangeError, "got 999");
    expectRefused(block, () => block.grow(1000.5), RangeError, "got 1000.5");
    expectRefused(block, () => block.grow(wrong("2000")), TypeError, 'got "2000"');
  });

  it("answers a request for more than there is without an error", () => {
    const { block } = stage(flags);
    const before = block.buildStatsString();
    expect(block.allocate(1001)).toBe(NO_ALLOCATION);
    expect(block.allocate(Number.MAX_SAFE_INTEGER)).toBe(NO_ALLOCATION);
    expect(block.allocate(1, 2 ** 40)).not.toBe(before);
  });
});

describe("UpperAddress", () => {
  it("is refused by a block without the linear algorithm", () => {
    const { block } = stage(0);
    const flags = VirtualAllocationCreate.UpperAddress;
    expectRefused(block, () => block.allocate(10, 1, flags), RangeError, "LinearAlgorithm");
  });
});
