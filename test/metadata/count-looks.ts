/** Situations in which a search meets many holes. Run by itself, it prints how many looks an allocation takes: ./looks.test.ts. */

import { fileURLToPath } from "node:url";
import {
  type BlockMetadata,
  NO_SLOT,
  type Slot,
  Strategy,
  SuballocationType,
} from "../../src/metadata/block-metadata.ts";
import { createLinear } from "../../src/metadata/create-linear.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import { countLooks } from "../helpers/looks.ts";

const { Unknown, Buffer, ImageOptimal } = SuballocationType;
const { MinMemory, MinTime, MinOffset, Default } = Strategy;
const PAGE = 1024;

/** What is to be counted: allocations that look for a place among so many holes, or make them. */
type Situation = (holes: number) => { readonly allocations: number; readonly work: () => void };

function allocate(
  metadata: BlockMetadata,
  size: number,
  alignment: number,
  type: SuballocationType,
  strategy = 0,
  upper = false,
): Slot {
  const slot = metadata.allocate(size, alignment, type, strategy, upper);
  if (slot === NO_SLOT) throw new Error("there is no room");
  return slot;
}

/** A block in which every page begins with a buffer of 256 bytes, and has a hole of 768 behind it. */
function withHoles(holes: number, size: number): BlockMetadata {
  const metadata = createTlsf({ size, granularity: PAGE });
  const gone: Slot[] = [];
  for (let hole = 0; hole < holes; hole++) {
    allocate(metadata, 256, 1, Buffer);
    gone.push(allocate(metadata, 768, 1, Buffer));
  }
  for (const slot of gone) metadata.free(slot);
  return metadata;
}

/** Allocations of `size` bytes, one after the other, in a new block. */
function growing(
  options: { readonly granularity?: number; readonly virtual?: boolean; readonly size: number },
  size: number,
  alignment: number,
  type: SuballocationType,
  strategy: number = Default,
): Situation {
  return (holes) => {
    const metadata = createTlsf(options);
    const fill = (): void => {
      for (let i = 0; i < holes; i++) allocate(metadata, size, alignment, type, strategy);
    };
    return { allocations: holes, work: fill };
  };
}

/** Images that come and go in a block full of holes that they may not be in. */
function amongHoles(size: number, strategy: number, isFull = false): Situation {
  return (holes) => {
    const metadata = withHoles(holes, holes * PAGE + (isFull ? 0 : 2 ** 20));
    const comeAndGo = (): void => {
      for (let i = 0; i < holes; i++) {
        metadata.free(metadata.allocate(size, 1, ImageOptimal, strategy, false));
      }
    };
    return { allocations: holes, work: comeAndGo };
  };
}

/** Small buffers side by side in a linear block, on one large page. */
function onOnePage(upper: boolean): Situation {
  return (holes) => {
    const metadata = createLinear({ size: 2 ** 20, granularity: 2 ** 16 });
    const fill = (): void => {
      for (let i = 0; i < holes; i++) allocate(metadata, 2, 1, Buffer, 0, upper);
    };
    return { allocations: holes, work: fill };
  };
}

const LARGE: number = 2 ** 26;
/** Numbers of holes. */
export const FEW = 2_000;
export const MANY = 32_000;

export const SITUATIONS: Readonly<Record<string, Situation>> = {
  "memory by itself, 256 bytes each, at granularity 1,024": growing(
    { size: LARGE, granularity: PAGE },
    256,
    1,
    Unknown,
  ),
  "the same in a block of 8 GiB": growing({ size: 2 ** 33, granularity: PAGE }, 256, 1, Unknown),
  "the same for least memory": growing({ size: LARGE, granularity: PAGE }, 256, 1, Unknown, MinMemory),
  "the same for least time": growing({ size: LARGE, granularity: PAGE }, 256, 1, Unknown, MinTime),
  "the same at the lowest offset": growing({ size: LARGE, granularity: PAGE }, 256, 1, Unknown, MinOffset),
  "images beside buffers": amongHoles(300, Default),
  "images beside buffers, at the lowest offset": amongHoles(300, MinOffset),
  "images beside buffers, least memory": amongHoles(300, MinMemory),
  "images beside buffers, where there is no room": amongHoles(300, Default, true),
  "alignment alone": growing({ size: LARGE }, 256, PAGE, Buffer),
  "alignment alone, at the lowest offset": growing({ size: LARGE }, 256, PAGE, Buffer, MinOffset),
  "alignment alone, in a virtual block": growing({ size: LARGE, virtual: true }, 256, PAGE, Unknown),
  "alignment alone, in a large virtual block": growing({ size: 2 ** 40, virtual: true }, 256, PAGE, Unknown),
  "linear, small buffers on one page": onOnePage(false),
  "linear, small buffers on one page, from the upper end": onOnePage(true),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = Object.entries(SITUATIONS).map(([situation, prepare]) => {
    const [few, many] = [FEW, MANY].map((holes) => {
      const { allocations, work } = prepare(holes);
      return countLooks(work) / allocations;
    });
    return [situation, { few, many }];
  });
  console.log(JSON.stringify(Object.fromEntries(results)));
}
