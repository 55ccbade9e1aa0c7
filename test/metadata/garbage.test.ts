/**
 * What a virtual block leaves to the garbage collector, and what it keeps: a process of its own runs a steady state and
 * counts the collections.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildVirtual } from "./build.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vma-ts-garbage-"));
  buildVirtual(folder);
  writeFileSync(join(folder, "steady.mjs"), STEADY);
  writeFileSync(join(folder, "memory.mjs"), MEMORY);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Compiling beside the program, V8 finishes sooner or later as the machine is busy or not, and then decides differently
 * what to inline; where it does not inline `allocate`, names are boxed. Compiling in turn makes every run alike.
 */
const ALIKE = "--no-concurrent-recompilation";

function runScript(script: string, ...args: (string | number)[]): unknown {
  const command = ["--expose-gc", ALIKE, join(folder, script), ...args.map(String)];
  return JSON.parse(execFileSync(process.execPath, command, { encoding: "utf8" }));
}

/**
 * Warms up, then counts the collections during a million operations. That is what a steady state is: no collection.
 * Where compiling took longer than the warming up, a second and a third million show it; a garbage that stays is in
 * every one of them, some hundred collections.
 */
const STEADY = `
import { PerformanceObserver } from "node:perf_hooks";
import { VirtualBlock, NO_ALLOCATION } from "./metadata/index.js";
const [flags, blockFlags, kind] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const block = new VirtualBlock({ size: kind === "large" ? 2 ** 40 : 2 ** 30, flags: blockFlags });
const names = new Float64Array(10_000);
let keptX = 0x12345678, keptAt = 0;
function churn(operations) {
  let x = keptX;
  for (let i = 0; i < operations; i++) {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    const slot = ((x >>> 0) % 10_000) | 0;
    const name = names[slot];
    if (name !== NO_ALLOCATION) { block.free(name); names[slot] = NO_ALLOCATION; }
    else {
      x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
      const r = x >>> 0;
      const made = block.allocate(64 + (r % 65_536), 1 << (r % 9), flags);
      if (made !== NO_ALLOCATION && block.offset(made) % (1 << (r % 9)) !== 0) throw new Error("misaligned");
      names[slot] = made;
    }
  }
  keptX = x;
}
function ring(operations) {
  let x = keptX, at = keptAt;
  for (let i = 0; i < operations; i += 2) {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    const r = x >>> 0;
    if (names[at] !== NO_ALLOCATION) block.free(names[at]);
    names[at] = block.allocate(64 + (r % 65_536), 1 << (r % 9), flags);
    at = at + 1 === 10_000 ? 0 : at + 1;
  }
  keptX = x;
  keptAt = at;
}
const work = kind === "ring" ? ring : churn;
for (let i = 0; i < 20; i++) work(100_000);
await new Promise((resolve) => setTimeout(resolve, 50));
let collections = 0;
const observer = new PerformanceObserver((list) => { collections += list.getEntries().length; });
observer.observe({ entryTypes: ["gc"] });
globalThis.gc();
await new Promise((resolve) => setTimeout(resolve, 50));
const before = collections;
let during = 1;
for (let million = 0; million < 3 && during > 0; million++) {
  const start = collections;
  work(1_000_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  during = collections - start;
}
console.log(JSON.stringify({ before, during }));
`;

/** Fills a block with a hundred thousand allocations, or with as many free ranges besides. */
const MEMORY = `
import { VirtualBlock } from "./metadata/index.js";
const [blockFlags, holes, count] = [Number(process.argv[2]), process.argv[3] === "holes", 100_000];
const names = new Float64Array(2 * count);
const used = () => { globalThis.gc(); globalThis.gc(); const m = process.memoryUsage(); return m.heapUsed + m.arrayBuffers; };
const empty = used();
const block = new VirtualBlock({ size: 2 ** 40, flags: blockFlags });
const ranges = holes ? 2 * count : count;
for (let i = 0; i < ranges; i++) names[i] = block.allocate(1_000);
if (holes) for (let i = 0; i < ranges; i += 2) block.free(names[i]);
const bytes = used() - empty;
console.log(JSON.stringify({ bytes: bytes / ranges, ranges, live: block.allocationCount, free: block.freeRanges().length }));
`;

describe("a million operations in the steady state", () => {
  it.each([
    ["the default strategy", 0, 0, "churn"],
    ["MIN_MEMORY", 0x10000, 0, "churn"],
    ["MIN_TIME", 0x20000, 0, "churn"],
    ["MIN_OFFSET", 0x40000, 0, "churn"],
    ["a block of 1 TiB", 0, 0, "large"],
    ["a linear block as a ring buffer", 0, 1, "ring"],
  ])("%s: no collection", (_, flags, blockFlags, kind) => {
    const { before, during } = runScript("steady.mjs", flags, blockFlags, kind) as Record<string, number>;
    expect(before).toBeGreaterThan(0); // the observer sees collections
    expect(during).toBe(0);
  });
});

describe("memory", () => {
  it.each([
    ["an allocation", 0, ""],
    ["an allocation or free range", 0, "holes"],
    ["an allocation of a linear block", 1, ""],
  ])("%s takes at most 64 bytes", (_, blockFlags, kind) => {
    const { bytes } = runScript("memory.mjs", blockFlags, kind) as Record<string, number>;
    expect(bytes).toBeGreaterThan(16);
    expect(bytes).toBeLessThanOrEqual(64);
  });
});
