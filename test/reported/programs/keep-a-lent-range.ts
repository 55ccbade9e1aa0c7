/** A range that is lent and never given back: its memory is there after allocator and device have ended. */

import { loadVulkan, viewLentRange } from "../../../src/ffi/index.ts";
import { AllocationCreate, createAllocator, MemoryUsage } from "../../../src/index.ts";

const device = loadVulkan().createDevice();
const allocator = createAllocator({ device });
const { buffer, allocation } = allocator.createBuffer(
  { size: 4096, usage: 2 },
  { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
);
allocation.write(Uint8Array.of(7));
const range = allocation.lend();
const { message } = range;
device.destroyBuffer(buffer);
allocator.destroy(true);
const leaks = device.leaks().length;
device.destroy();
const view = viewLentRange(message);
console.log(view.bytes[0], leaks);
view.close();
range.giveBack();
