/** Allocates and frees until it is killed, recorded into the file that is named; says now and then how far it is. */

import { writeSync } from "node:fs";
import { createAllocator } from "../../../src/index.ts";
import { record } from "../../../src/recording/index.ts";
import { profiles, SimulatedDevice } from "../../../src/simulator/index.ts";
import type { BufferUsage } from "../../../src/vulkan/index.ts";

const allocator = createAllocator({ device: new SimulatedDevice(profiles["nvidia-h100"]!) });
const recording = record(allocator, { to: process.argv[2] });
for (let i = 0; ; i++) {
  const { allocation } = allocator.createBuffer(
    { size: 100 + (i % 1000), usage: 0x22 as BufferUsage },
    { name: `buffer ${i % 10}` },
  );
  allocation.destroy();
  if (i % 10_000 === 0) writeSync(1, `${recording.operations}\n`);
}
