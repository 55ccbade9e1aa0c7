/** What a block says of its free ranges together, as defragmentation asks it: the largest, and how many there are. */

import { describe, expect, it } from "vitest";
import { NO_SLOT, type Slot, Strategy, SuballocationType } from "../../src/metadata/block-metadata.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import { type Random, seeded } from "../helpers/random.ts";

const NEVER_BY_OFFSET = [Strategy.Default, Strategy.MinMemory, Strategy.MinTime] as const;

interface Run {
  readonly name: string;
  readonly size: number;
  readonly largest: number;
  readonly strategies: readonly number[];
  /** Bytes kept free behind every allocation; default 0. */
  readonly margin?: number;
}

const RUNS: readonly Run[] = [
  { name: "small", size: 10_000, largest: 900, strategies: NEVER_BY_OFFSET },
  { name: "of 2^20 bytes", size: 2 ** 20, largest: 60_000, strategies: NEVER_BY_OFFSET },
  { name: "of 2^40 bytes", size: 2 ** 40, largest: 2 ** 36, strategies: NEVER_BY_OFFSET },
  { name: "of 2^20 bytes, by offset", size: 2 ** 20, largest: 60_000, strategies: [Strategy.MinOffset] },
  { name: "of 2^40 bytes, by offset", size: 2 ** 40, largest: 2 ** 36, strategies: [Strategy.MinOffset] },
  { name: "with margins", size: 10_000, largest: 900, strategies: NEVER_BY_OFFSET, margin: 60 },
  { name: "with large margins", size: 10_000, largest: 90, strategies: NEVER_BY_OFFSET, margin: 600 },
  {
    name: "with margins, by offset",
    size: 10_000,
    largest: 900,
    strategies: [Strategy.MinOffset],
    margin: 60,
  },
];

function runBeside({ size, largest, strategies, margin = 0 }: Run, random: Random): number {
  const block = createTlsf({ size, margin });
  const live: Slot[] = [];
  let full = 0;
  for (let step = 0; step < 3_000; step++) {
    // Full most of the time, so that the largest range is rarely the one at the end.
    if (live.length > 0 && random.below(100) < 30) {
      block.free(live.splice(random.below(live.length), 1)[0]!);
    } else {
      const bytes = random.magnitude(1, largest);
      if (block.find(bytes, 1, SuballocationType.Buffer, random.pick(strategies), false)) {
        live.push(block.commit());
      } else full++;
    }
    const free: number[] = [];
    let used = 0;
    block.visit((offset, bytes, slot) => {
      if (slot === NO_SLOT) free.push(bytes);
      else used = offset + bytes + margin;
    });
    expect(block.largestFreeRange).toBe(Math.max(0, ...free));
    // The end of the block counts as a range, also when it has no bytes.
    expect(block.freeRangeCount).toBe(free.length + (used === size ? 1 : 0));
  }
  return full;
}

describe("a block knows its largest free range, and how many there are", () => {
  it.each(RUNS)("$name", (run) => {
    seeded(1, (random) => {
      expect(runBeside(run, random)).toBeGreaterThan(20);
    });
  });
});
