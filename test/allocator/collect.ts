/**
 * Run by leaks.test.ts with --expose-gc: loses one allocation, holds one and frees one, and prints what the
 * allocator says about it.
 */

import { setTimeout } from "node:timers/promises";
import { createAllocator } from "../../src/face/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { bufferOf, twoHeaps } from "./recipes.ts";

const warnings: string[] = [];
const log = (message: string): void => {
  if (message.includes("garbage-collected")) warnings.push(message);
};
const device = new SimulatedDevice(twoHeaps);
const allocator = createAllocator({ device, debug: { warnOnCollect: true, log } });

const make = (name: string) => allocator.createBuffer(bufferOf(1000), { name }).allocation;
const held = (() => {
  make("lost");
  make("freed").destroy();
  return make("held");
})();

for (let round = 0; round < 20 && warnings.length === 0; round++) {
  (globalThis as unknown as { gc(): void }).gc();
  await setTimeout(5);
}
const leaks = allocator.leaks().map(({ name }) => name);
console.log(JSON.stringify({ warnings, leaks }));
if (held.isFreed) process.exit(1);
