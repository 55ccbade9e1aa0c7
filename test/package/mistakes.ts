/** Programs that the published types have to accept, and others that they have to refuse. */

/** A sentence, the lines of a program, and for a wrong one how the compiler's message begins. */
export interface TypedProgram {
  readonly sentence: string;
  readonly code: string;
  readonly refusal?: string;
}

/** What every program begins with. */
export const PROLOGUE = `
import {
  AllocationCreate, type Allocator, AllocatorCreate, type Buffer, BufferUsage, type DefragmentationContext,
  DefragmentationFlag, type DeviceMemory, Format, type Image, ImageUsage, MemoryProperty, MemoryUsage, type Pool, PoolCreate,
  type Queue, type Semaphore, StructureType, type VulkanDevice,
} from "vma-ts";
import * as vma from "vma-ts";
import * as virtual from "vma-ts/virtual";
declare const allocator: Allocator;
declare const device: VulkanDevice;
declare const buffer: Buffer;
declare const image: Image;
declare const memory: DeviceMemory;
declare const queue: Queue;
declare const semaphore: Semaphore;
declare const pool: Pool;
const info = { size: 64, usage: BufferUsage.StorageBuffer };
`;

/** What a program should be able to say. */
export const right: readonly TypedProgram[] = [
  {
    sentence: "flags are put together with |, and 0 is none",
    code: `allocator.createBuffer(info, { flags: AllocationCreate.Mapped | AllocationCreate.HostAccessRandom });
allocator.createBuffer(info, { flags: 0, requiredFlags: 0 });`,
  },
  {
    sentence: "flags are put together in variables, and taken apart",
    code: `let flags = 0;
flags |= AllocationCreate.Mapped;
allocator.createBuffer(info, { flags });
const isVisible: boolean = (allocator.getMemoryTypeProperties(0) & MemoryProperty.HostVisible) !== 0;`,
  },
  {
    sentence: "a flag has a type of its name",
    code: `const usage: MemoryUsage = MemoryUsage.Auto;
function make(flags: AllocationCreate): void { allocator.createBuffer(info, { usage, flags }); }
make(AllocationCreate.Mapped | AllocationCreate.DedicatedMemory);`,
  },
  {
    sentence: "a handle of the program's own passes by one cast",
    code: `const mine: bigint = 0x1234n;
allocator.destroyBuffer(mine as Buffer);
allocator.bindImageMemory(allocator.createBuffer(info).allocation, mine as Image);`,
  },
  {
    sentence: "a handle is a bigint",
    code: `const text: string = buffer.toString(16);
const handles = new Set<bigint>([buffer, image, memory]);
const isNull: boolean = buffer === 0n;`,
  },
  {
    sentence: "a format that has no name here passes by one cast",
    code: "allocator.createImage({ format: 1000066000 as Format, extent: { width: 4, height: 4 }, usage: ImageUsage.Sampled });",
  },
  {
    sentence: "a chain is written where it is passed, and apart",
    code: `const external = { sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes: 1 } as const;
allocator.createBuffer({ ...info, pNext: [external] });
allocator.createBuffer({ ...info, pNext: [{ sType: StructureType.BufferUsageFlags2CreateInfo, usage: 1n }] });`,
  },
  {
    sentence: "what a move replaced is of the kind that it says",
    code: `void allocator.defragment({
  onReplaced: (replaced) => {
    if (replaced.kind === "buffer") allocator.destroyBuffer(replaced.replacement);
    else allocator.destroyImage(replaced.replacement);
  },
});`,
  },
];

/** What should not compile. */
export const wrong: readonly TypedProgram[] = [
  {
    sentence: "a usage is no flag of allocations, though the values are the same",
    code: "allocator.createBuffer(info, { usage: AllocationCreate.Mapped });",
    refusal: "TS2322",
  },
  {
    sentence: "a flag of allocators is none of allocations",
    code: "allocator.createBuffer(info, { flags: AllocatorCreate.KhrBindMemory2 });",
    refusal: "TS2322",
  },
  {
    sentence: "a flag of pools is none of allocations",
    code: "allocator.createPool({ memoryTypeIndex: 0, flags: AllocationCreate.Mapped });",
    refusal: "TS2322",
  },
  {
    sentence: "a memory property is no usage of buffers",
    code: "allocator.createBuffer({ size: 64, usage: MemoryProperty.HostVisible });",
    refusal: "TS2322",
  },
  {
    sentence: "an image's usage is no buffer's",
    code: "allocator.createBuffer({ size: 64, usage: ImageUsage.Sampled });",
    refusal: "TS2322",
  },
  {
    sentence: "a buffer's usage is no image's",
    code: "allocator.createImage({ format: Format.R8Unorm, extent: { width: 4, height: 4 }, usage: BufferUsage.IndexBuffer });",
    refusal: "TS2322",
  },
  {
    sentence: "a flag of defragmentation is none of pools",
    code: "allocator.createPool({ memoryTypeIndex: 0, flags: DefragmentationFlag.AlgorithmFull });",
    refusal: "TS2322",
  },
  {
    sentence: "a virtual block's flag is none of its allocations",
    code: `new virtual.VirtualBlock({ size: 10 }).allocate(1, 1, virtual.VirtualBlockCreate.LinearAlgorithm);`,
    refusal: "TS2345",
  },
  {
    sentence: "a number that no flag has is none",
    code: "allocator.createPool({ memoryTypeIndex: 0, flags: 1 });",
    refusal: "TS2322",
  },
  {
    sentence: "a flag that does not exist is not undefined",
    code: "allocator.createBuffer(info, { flags: AllocationCreate.Maped });",
    refusal: "TS2551",
  },
  {
    sentence: "an image is not destroyed as a buffer",
    code: "allocator.destroyBuffer(image);",
    refusal: "TS2345",
  },
  {
    sentence: "a buffer is not destroyed as an image",
    code: "allocator.destroyImage(buffer);",
    refusal: "TS2345",
  },
  {
    sentence: "a memory object is no buffer",
    code: "device.bindBufferMemory(memory, memory, 0);",
    refusal: "TS2345",
  },
  {
    sentence: "a queue is no semaphore",
    code: "const signal: Semaphore = queue;",
    refusal: "TS2322",
  },
  {
    sentence: "a plain bigint is no handle",
    code: "allocator.destroyBuffer(0x1234n);",
    refusal: "TS2345",
  },
  {
    sentence: "an allocation is no pool",
    code: "allocator.destroyPool(allocator.createBuffer(info).allocation);",
    refusal: "TS2345",
  },
  {
    sentence: "an allocator is made by createAllocator alone",
    code: "new vma.Allocator({ device });",
    refusal: "TS2339",
  },
  {
    sentence: "a pool is made by an allocator alone",
    code: "new vma.Pool();",
    refusal: "TS2339",
  },
  {
    sentence: "an allocation is made by an allocator alone",
    code: "new vma.Allocation();",
    refusal: "TS2339",
  },
  {
    sentence: "what is inside an allocation is not shown",
    code: "allocator.createBuffer(info).allocation.slot;",
    refusal: "TS2339",
  },
  {
    sentence: "what is inside an allocator is not shown",
    code: "allocator.state;",
    refusal: "TS2339",
  },
  {
    sentence: "a misspelt option is refused",
    code: "allocator.createBuffer(info, { minAlignement: 256 });",
    refusal: "TS2561",
  },
  {
    sentence: "a size is a number",
    code: 'new virtual.VirtualBlock({ size: "1" });',
    refusal: "TS2322",
  },
];
