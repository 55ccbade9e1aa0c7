/**
 * What dividing a block costs in memory: bytes of bookkeeping for an allocation and for a range, and how often
 * the young generation is collected while a block is churned.
 */

import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { NO_ALLOCATION, VirtualBlock } from "../../src/metadata/index.ts";
import { type Case, type Round, referenceSide, SideName } from "../harness/case.ts";
import { Mixes } from "../harness/sequence.ts";
import { ChurnState } from "./virtual.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes that the process holds for JavaScript, after a full collection. */
function heldBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Fills a block with allocations side by side, then frees every second one: the same number of ranges, half of
 * them free. The handles are held outside of what is counted, as they are on the reference's side.
 */
function memoryRound(live: number): Round {
  const handles = new Float64Array(live);
  const before = heldBytes();
  const block = new VirtualBlock({ size: live * 256 });
  let sum = 0;
  const start = performance.now();
  for (let i = 0; i < live; i++) {
    const made = block.allocate(256, 1, 0);
    if (made === NO_ALLOCATION) throw new Error(`no room for allocation ${i} of ${live}`);
    handles[i] = made;
    sum = (sum + block.offset(made)) >>> 0;
  }
  const nanoseconds = (performance.now() - start) * 1e6;
  const full = heldBytes() - before;
  for (let i = 0; i < live; i += 2) block.free(handles[i]! as ReturnType<VirtualBlock["allocate"]>);
  const half = heldBytes() - before;
  // Also keeps the block and the handles alive until here.
  if (block.allocationCount !== handles.length / 2) throw new Error("half of the allocations should be left");
  return {
    nanosecondsPerOperation: nanoseconds / live,
    operations: live,
    checksum: sum,
    figures: { bytesPerAllocation: full / live, bytesPerRange: half / live },
  };
}

/** Collections that have been reported by the time they are asked for. */
class Collections {
  #scavenges = 0;
  #others = 0;
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const kind = (entry as unknown as { detail?: { kind?: number } }).detail?.kind;
        if (kind === constants.NODE_PERFORMANCE_GC_MINOR) this.#scavenges++;
        else this.#others++;
      }
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** Entries are delivered by the event loop, so it has to turn before they are counted. */
  async count(): Promise<{ scavenges: number; others: number }> {
    await sleep(20);
    return { scavenges: this.#scavenges, others: this.#others };
  }

  stop(): void {
    this.#observer.disconnect();
  }
}

/** Counts the collections during `operations` operations in the steady state. */
async function garbageRound(operations: number): Promise<Round> {
  const state = new ChurnState(1024 ** 3, 10_000);
  state.run(1_000_000, Mixes.Mixed, 0);
  const collections = new Collections();
  const before = await collections.count();
  const start = performance.now();
  state.run(operations, Mixes.Mixed, 0);
  const nanoseconds = (performance.now() - start) * 1e6;
  const after = await collections.count();
  collections.stop();
  const millions = operations / 1e6;
  return {
    nanosecondsPerOperation: nanoseconds / operations,
    operations,
    checksum: state.sum,
    figures: {
      scavengesPerMillion: (after.scavenges - before.scavenges) / millions,
      otherCollectionsPerMillion: (after.others - before.others) / millions,
    },
  };
}

const LIVE = 1_000_000;

export const virtualMemoryCases: readonly Case[] = [
  {
    id: "virtual-memory/bytes",
    group: "Virtual block: memory",
    title: "bookkeeping",
    operation: "allocate",
    rounds: 1,
    warmupRounds: 0,
    figures: [
      { name: "bytesPerAllocation", title: "for an allocation, 1,000,000 side by side", unit: "B" },
      { name: "bytesPerRange", title: "for a range, every second of them freed", unit: "B" },
    ],
    sides: (context) => [
      { name: SideName.Ours, exact: true, round: () => memoryRound(LIVE) },
      referenceSide(context, { case: "virtual-memory", live: LIVE }),
    ],
  },
  {
    id: "virtual-memory/garbage",
    group: "Virtual block: memory",
    title: "garbage",
    operation: "allocate or free",
    rounds: 3,
    warmupRounds: 0,
    figures: [
      { name: "scavengesPerMillion", title: "in a million operations of the churn", unit: "scavenges" },
      { name: "otherCollectionsPerMillion", title: "in the same", unit: "other collections" },
    ],
    sides: () => [{ name: SideName.Ours, exact: false, round: () => garbageRound(4_000_000) }],
  },
];
