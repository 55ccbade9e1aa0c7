// A program that knows nothing but the installed package: every face imports, and its types are there.
import { AllocationCreate, BufferUsage, createAllocator, MemoryUsage } from "vma-ts";
import { loadVulkan } from "vma-ts/koffi";
import { placeSync } from "vma-ts/placement";
import { profiles, SimulatedDevice } from "vma-ts/simulator";
import { NO_ALLOCATION, type VirtualAllocation, VirtualBlock } from "vma-ts/virtual";
import { GpuBufferHeap } from "vma-ts/webgpu";

const block = new VirtualBlock({ size: 1 << 20 });
const range: VirtualAllocation = block.allocate(1000, 16);
if (range === NO_ALLOCATION) throw new Error("an empty block has room");
block.free(range);

const { height } = placeSync([
  { size: 64, begin: 0, end: 2 },
  { size: 32, begin: 2, end: 3 },
]);
if (height !== 64) throw new Error("what is never alive together shares its bytes");

const device = new SimulatedDevice(profiles["arm-mobile"]!);
const allocator = createAllocator({ device });
const { buffer, allocation } = allocator.createBuffer(
  { size: 65536, usage: BufferUsage.StorageBuffer | BufferUsage.TransferDst },
  { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite | AllocationCreate.Mapped },
);
const bytes: number | undefined = allocation.mappedData?.length;
allocator.destroyBuffer(buffer, allocation);
allocator.destroy();

console.log(
  `six faces imported; ${bytes} bytes mapped on ${device.properties.deviceName}; ${typeof loadVulkan} ${typeof GpuBufferHeap}`,
);
