/**
 * Sparse resources: the library's own time for a page that is committed and evicted. The queue is a stub, which takes no time; the
 * device is simulated. Asked for as one region, as a level of a texture is, and as 10,000 regions in an order that nobody would bind in.
 */

import { BufferUsage, createAllocator, type SparsePart, type SparseQueue } from "../../src/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import { type Case, type Side, SideName } from "../harness/case.ts";

const PAGE = 65536;
const PAGES = 10_000;
const features = { sparseBinding: true, sparseResidencyBuffer: true };

function side(isScattered: boolean): Side {
  const device = new SimulatedDevice(profiles["nvidia-h100"]!, { features });
  const allocator = createAllocator({ device });
  const buffer = allocator.createSparseBuffer({ size: PAGES * PAGE, usage: BufferUsage.TransferDst });
  const parts: SparsePart[] = isScattered
    ? Array.from({ length: PAGES }, (_, i) => ({
        resource: buffer,
        region: { offset: ((i * 7919) % PAGES) * PAGE, size: PAGE },
      }))
    : [{ resource: buffer }];
  let calls = 0;
  const queue: SparseQueue = {
    canBindSparse: true,
    bindSparse() {
      calls++;
      return { done: () => Promise.resolve(), isComplete: () => true };
    },
  };
  return {
    name: SideName.Ours,
    exact: false,
    note: "commit and evict, without the driver",
    round() {
      const start = performance.now();
      allocator.bindSparse(queue, { commit: parts });
      const { residentCount } = buffer;
      allocator.bindSparse(queue, { evict: parts });
      const nanoseconds = (performance.now() - start) * 1e6;
      if (residentCount !== PAGES || calls % 2 !== 0) throw new Error("a batch is one call");
      return { nanosecondsPerOperation: nanoseconds / PAGES, operations: PAGES, checksum: residentCount };
    },
  };
}

function pageCase(id: string, title: string, isScattered: boolean): Case {
  return {
    id: `sparse/${id}`,
    group: "Sparse resources",
    title,
    operation: "page committed and evicted",
    sides: () => [side(isScattered)],
  };
}

/** Every case about sparse resources. */
export const sparseCases: readonly Case[] = [
  pageCase("one-region", "10,000 pages of a buffer, as one region", false),
  pageCase("scattered", "10,000 pages of a buffer, as 10,000 scattered regions", true),
];
