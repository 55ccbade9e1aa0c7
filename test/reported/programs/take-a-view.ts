/**
 * Reads into one allocation's mapped bytes with a BYOB reader, which takes the buffer that all allocations of the block
 * share, and touches that buffer after everything is destroyed. The argument says on what: "driver" or "simulator".
 */

import { loadVulkan } from "../../../src/ffi/index.ts";
import {
  type Allocation,
  AllocationCreate,
  BufferUsage,
  createAllocator,
  MemoryUsage,
} from "../../../src/index.ts";
import { armMobile, SimulatedDevice } from "../../../src/simulator/index.ts";

const device = process.argv[2] === "driver" ? loadVulkan().createDevice() : new SimulatedDevice(armMobile);
const allocator = createAllocator({ device });
const make = (): Allocation =>
  allocator.createBuffer(
    { size: 4096, usage: BufferUsage.TransferDst },
    { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped },
  ).allocation;
const [x, y] = [make(), make()];
x.write(new Uint8Array([1, 2, 3]));
y.write(new Uint8Array([4, 5, 6]));

// A stream that answers at once with two bytes.
const reader = new ReadableStream({
  type: "bytes",
  pull(controller) {
    const { buffer, byteOffset } = controller.byobRequest!.view!;
    new Uint8Array(buffer, byteOffset, 1)[0] = 77;
    controller.byobRequest!.respond(1);
  },
}).getReader({ mode: "byob" });
let taken: Uint8Array | undefined;
try {
  taken = (await reader.read(x.mappedData!)).value;
} catch {
  // The engine does not let it be taken.
}

const mapping = y.map();
const seen = [y.mappedData![0], y.read(0, 2)[1], mapping.bytes[2], y.info().mappedData!.length];
mapping.unmap();
y.write(new Uint8Array([9]), 3);
console.log(
  JSON.stringify({ isTaken: taken !== undefined, x: [...x.read(0, 3)], seen, written: y.read(3, 1)[0] }),
);

x.destroy();
y.destroy();
allocator.trim();
allocator.destroy();
if ("leaks" in device) console.log(device.leaks().length);
device.destroy();
const buffer = taken?.buffer;
if (buffer !== undefined) new Uint8Array(buffer).fill(1);
console.log("alive");
