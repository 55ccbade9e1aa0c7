import { describe, expect, it } from "vitest";
import {
  type BlockMetadata,
  NO_SLOT,
  type Slot,
  Strategy,
  SuballocationType,
} from "../../src/metadata/block-metadata.ts";
import { createLinear } from "../../src/metadata/create-linear.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";

const sizes = [{ size: 4096 }, { size: 2 ** 32 }];
const kinds = sizes.flatMap((base) => [
  base,
  { ...base, virtual: true },
  { ...base, margin: 16 },
  { ...base, granularity: 64 },
  { ...base, granularity: 1024 },
]);

function allocate(metadata: BlockMetadata, strategy: number = Strategy.Default): Slot {
  return metadata.allocate(100, 4, SuballocationType.Buffer, strategy, false);
}

describe.each([
  ["two-level segregated fit", createTlsf],
  ["the linear algorithm", createLinear],
])("freeing in %s", (_name, create) => {
  it.each(kinds)(
    "says whether there was an allocation, and changes nothing where there was none, %o",
    (options) => {
      const metadata = create(options);
      const slots = [1, 2, 3, 4, 5].map(() => allocate(metadata));
      const gone = [slots.splice(3, 1)[0]!, slots.splice(1, 1)[0]!];
      for (const slot of gone) expect(metadata.free(slot)).toBe(true);
      // With this strategy, free ranges are known by their offset, too.
      slots.push(allocate(metadata, Strategy.MinOffset));
      const before: unknown[] = [];
      metadata.visit((...range) => before.push(range));
      const notTaken = gone.filter((slot) => !slots.includes(slot));
      expect(notTaken.length).toBeGreaterThan(0);
      for (const slot of [NO_SLOT, ...notTaken]) expect(metadata.free(slot), `slot ${slot}`).toBe(false);
      const after: unknown[] = [];
      metadata.visit((...range) => after.push(range));
      expect(after).toEqual(before);
      metadata.validate();
      for (const slot of slots) expect(metadata.free(slot)).toBe(true);
      metadata.validate();
      expect(metadata.isEmpty).toBe(true);
    },
  );
});
