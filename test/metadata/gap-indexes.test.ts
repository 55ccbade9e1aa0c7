/** An index answers what a search gap by gap comes to, comes where that takes long, and goes where it does not pay. */

import { describe, expect, it } from "vitest";
import {
  type BlockMetadataOptions,
  NO_SLOT,
  type Slot,
  Strategy,
  SuballocationType,
} from "../../src/metadata/block-metadata.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import type { TlsfMetadata } from "../../src/metadata/tlsf.ts";
import { seeded } from "../helpers/random.ts";

const { Unknown, Buffer, ImageOptimal } = SuballocationType;
const TYPES = Object.values(SuballocationType).filter((type) => type !== SuballocationType.Free);
const STRATEGIES = Object.values(Strategy);

/** What a test has to see of a block. */
interface Inside {
  readonly allIndexes: { patience: number };
  readonly indexes: { readonly indexes: readonly unknown[] } | undefined;
}

function inside(metadata: TlsfMetadata): Inside {
  return metadata as unknown as Inside;
}

/** How many indexes a block has. */
function indexCount(metadata: TlsfMetadata): number {
  return inside(metadata).indexes?.indexes.length ?? 0;
}

describe("a block with indexes", () => {
  const kinds: (BlockMetadataOptions & { readonly kind: string })[] = [
    { kind: "pages of 1,024", size: 2 ** 19, granularity: 1_024 },
    { kind: "pages of 4,096, with margins", size: 2 ** 20, granularity: 4_096, margin: 48 },
    { kind: "pages of 1,024, margins as large", size: 2 ** 21, granularity: 1_024, margin: 1_024 },
    { kind: "rounded to 256", size: 2 ** 20, granularity: 256 },
    { kind: "device, large", size: 2 ** 32, granularity: 65_536 },
    { kind: "virtual", size: 2 ** 19, virtual: true },
    { kind: "virtual, large", size: 2 ** 33, virtual: true },
  ];

  it.each(kinds)("puts everything where one without does: $kind", (options) => {
    seeded(1, (random) => {
      let most = 0;
      for (let round = 0; round < 3; round++) {
        const [eager, never] = [createTlsf(options), createTlsf(options)];
        inside(eager).allIndexes.patience = 0;
        inside(never).allIndexes.patience = Number.POSITIVE_INFINITY;
        const live: [Slot, Slot][] = [];
        const target = 500 + random.below(1_500);
        for (let step = 0; step < 6_000; step++) {
          if (random.below(2 * target) < live.length) {
            const [one, other] = live.splice(random.below(live.length), 1)[0]!;
            expect([eager.free(one), never.free(other)]).toEqual([true, true]);
          } else {
            const size = random.magnitude(1, 900);
            const alignment = 2 ** random.below(random.below(3) === 0 ? 13 : 4);
            const [type, strategy] = [random.pick(TYPES), random.pick(STRATEGIES)];
            const one = eager.allocate(size, alignment, type, strategy, false);
            const other = never.allocate(size, alignment, type, strategy, false);
            const offsets = [one && eager.offsetOf(one), other && never.offsetOf(other)];
            expect(offsets[0]).toBe(offsets[1]);
            if (one !== NO_SLOT) live.push([one, other]);
          }
          if (step % 200 === 0) eager.validate();
          most = Math.max(most, indexCount(eager));
        }
      }
      expect(most).toBeGreaterThan(3);
    });
  });

  it("keeps them right when a record gets another number", () => {
    const metadata = createTlsf({ size: 2 ** 20, virtual: true });
    inside(metadata).allIndexes.patience = 0;
    const allocate = (strategy: number): Slot => metadata.allocate(300, 1_024, Unknown, strategy, false);
    const slots = Array.from({ length: 300 }, () => allocate(Strategy.Default));
    const more = Array.from({ length: 100 }, () => allocate(Strategy.MinOffset));
    expect(indexCount(metadata)).toBeGreaterThan(1);
    for (const slot of [...slots.slice(100, 200), ...more.slice(0, 50)]) metadata.renumber(slot);
    metadata.validate();
    allocate(Strategy.Default);
    metadata.validate();
  });
});

describe("an index for searches", () => {
  /** A block with a hole of 768 bytes on each page, none of which an image may be in. */
  function withHoles(holes: number): TlsfMetadata {
    const metadata = createTlsf({ size: holes * 1_024 + 2 ** 20, granularity: 1_024 });
    const all = Array.from({ length: holes }, () =>
      [256, 768].map((size) => metadata.allocate(size, 1, Buffer, 0, false)),
    );
    for (const [, hole] of all) metadata.free(hole!);
    return metadata;
  }

  const image = (metadata: TlsfMetadata): void => {
    metadata.free(metadata.allocate(300, 1, ImageOptimal, 0, false));
  };
  const buffer = (metadata: TlsfMetadata): void => {
    metadata.free(metadata.allocate(700, 1, Buffer, 0, false));
  };

  it("is made when looks have come to more than it takes to make it", () => {
    const metadata = withHoles(4_000);
    expect(indexCount(metadata)).toBe(0);
    image(metadata);
    expect(indexCount(metadata)).toBe(0);
    image(metadata);
    expect(indexCount(metadata)).toBe(1);
    metadata.validate();
  });

  it("is not made for what is found after a few looks", () => {
    const metadata = withHoles(4_000);
    for (let i = 0; i < 3_000; i++) buffer(metadata);
    expect(indexCount(metadata)).toBe(0);
  });

  it("stays while it pays, and is made anew now and then to see whether it does", () => {
    const metadata = withHoles(4_000);
    let without = 0;
    for (let i = 0; i < 30_000; i++) {
      image(metadata);
      if (indexCount(metadata) === 0) {
        expect(i < 2 || i > 10_000).toBe(true);
        without++;
      }
    }
    expect(without).toBeGreaterThan(2);
    expect(without).toBeLessThan(10);
    metadata.validate();
  });

  it("goes when it is not asked any more", () => {
    const metadata = withHoles(4_000);
    for (let i = 0; i < 3; i++) image(metadata);
    expect(indexCount(metadata)).toBe(1);
    for (let i = 0; i < 3_000; i++) buffer(metadata);
    expect(indexCount(metadata)).toBe(0);
  });

  it("is made less and less often where it does not outlast its trial", () => {
    const metadata = withHoles(1_000);
    let made = 0;
    let before = 0;
    for (let i = 0; i < 4_000; i++) {
      // One search in a hundred takes long.
      if (i % 100 === 0) image(metadata);
      else buffer(metadata);
      const now = indexCount(metadata);
      if (now > before) made++;
      before = now;
    }
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(5);
  });

  it("goes when the keys come to an end, and begins with them again", () => {
    const metadata = withHoles(4_000);
    for (let i = 0; i < 3; i++) image(metadata);
    (inside(metadata).allIndexes as unknown as { entered: number }).entered = 2 ** 42 - 20;
    let without = 0;
    for (let i = 0; i < 30; i++) {
      image(metadata);
      if (indexCount(metadata) === 0) without++;
    }
    metadata.validate();
    expect([without > 0, indexCount(metadata)]).toEqual([true, 1]);
  });

  it("goes with everything else when the block is cleared", () => {
    const metadata = withHoles(4_000);
    for (let i = 0; i < 3; i++) image(metadata);
    metadata.clear();
    expect(indexCount(metadata)).toBe(0);
    metadata.validate();
    image(metadata);
    metadata.validate();
  });
});
