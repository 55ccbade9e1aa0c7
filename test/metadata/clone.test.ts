/** A copy of a block's division answers as the original would, and the two no longer affect each other. */

import { describe, expect, it } from "vitest";
import { type Slot, Strategy, SuballocationType } from "../../src/metadata/block-metadata.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import type { TlsfMetadata } from "../../src/metadata/tlsf.ts";
import { Random } from "../helpers/random.ts";

const STRATEGIES = Object.values(Strategy);
const TYPES = [SuballocationType.Buffer, SuballocationType.ImageOptimal, SuballocationType.Unknown];

/** Allocates and frees at random; answers where everything went. */
function churn(metadata: TlsfMetadata, slots: Slot[], random: Random, steps: number): string {
  const trail: number[] = [];
  for (let step = 0; step < steps; step++) {
    if (slots.length > 0 && random.below(5) < 2) {
      const [slot] = slots.splice(random.below(slots.length), 1);
      metadata.free(slot!);
      continue;
    }
    const type = TYPES[random.below(TYPES.length)]!;
    const strategy = STRATEGIES[random.below(STRATEGIES.length)]!;
    if (!metadata.find(1 + random.below(3000), 2 ** random.below(9), type, strategy, false)) continue;
    const slot = metadata.commit();
    slots.push(slot);
    trail.push(metadata.offsetOf(slot), slot);
  }
  return trail.join();
}

describe("a copy of a block's division", () => {
  for (const granularity of [1, 64, 1024]) {
    for (const margin of [0, 16]) {
      it(`behaves as the original does (granularity ${granularity}, margin ${margin})`, () => {
        for (let seed = 1; seed <= 20; seed++) {
          const original = createTlsf({ size: 300_000, granularity, margin });
          const slots: Slot[] = [];
          churn(original, slots, new Random(seed), 200);
          const copy = original.clone();
          copy.validate();
          const ofCopy = churn(copy, slots.slice(), new Random(seed + 1000), 200);
          const ofOriginal = churn(original, slots, new Random(seed + 1000), 200);
          expect(ofCopy, `seed ${seed}`).toBe(ofOriginal);
          copy.validate();
          original.validate();
        }
      });
    }
  }

  it("leaves the original alone", () => {
    const original = createTlsf({ size: 4096 });
    original.find(100, 1, SuballocationType.Buffer, Strategy.Default, false);
    const slot = original.commit();
    const copy = original.clone();
    copy.free(slot);
    expect(copy.isEmpty).toBe(true);
    expect(original.allocationCount).toBe(1);
    expect(original.sizeOf(slot)).toBe(100);
    original.validate();
  });
});
