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
  Access, AllocationCreate, type Allocator, AllocatorCreate, type Buffer, BufferUsage, type CommandBuffer,
  type DefragmentationContext, DefragmentationFlag, type DeviceMemory, Format, type Image, ImageAspect, ImageLayout, ImageUsage,
  MemoryProperty, MemoryUsage, PipelineStage, type Pool, PoolCreate, type Queue, type Readback, type Semaphore, type SparseBuffer,
  type SparseImage, type SparseQueue, StructureType, type Transients, type Uploader, type VulkanDevice,
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
declare const uploader: Uploader;
declare const readback: Readback;
declare const sparseQueue: SparseQueue;
declare const sparseBuffer: SparseBuffer;
declare const sparseImage: SparseImage;
declare const transients: Transients;
declare const commandBuffer: CommandBuffer;
const picture = { format: Format.R8Unorm, extent: { width: 4, height: 4 }, usage: ImageUsage.Sampled };
const part = { format: Format.R8Unorm, extent: picture.extent };
const bytes = new Uint8Array(16);
const info = { size: 64, usage: BufferUsage.StorageBuffer };
`;

/** What a program should be able to say. */
export const right: readonly TypedProgram[] = [
  {
    sentence: "memory is mapped at an address, or in whatever is like a WebAssembly.Memory",
    code: `declare const shared: { readonly buffer: SharedArrayBuffer; grow(pages: number): number };
allocator.createBuffer(info, { placedAt: 4096n });
allocator.createBuffer(info, { placedAt: { memory: shared, offset: 65536 } });`,
  },
  {
    sentence: "an image has DRM format modifiers",
    code: `const { ImageDrmFormatModifierListCreateInfoEXT: list, ImageDrmFormatModifierExplicitCreateInfoEXT: one } = StructureType;
allocator.createImage({ ...picture, pNext: [{ sType: list, drmFormatModifiers: [0n] }] });
const planeLayouts = [{ offset: 0, rowPitch: 256 }];
allocator.createImage({ ...picture, pNext: [{ sType: one, drmFormatModifier: 0n, planeLayouts }] });`,
  },
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
  {
    sentence: "uploads say where, what and in which layout",
    code: `void uploader.buffer(allocator.createBuffer(info), bytes, 16);
void uploader.image(image, bytes, { ...part, layout: ImageLayout.ShaderReadOnlyOptimal, aspect: ImageAspect.Color });
void readback.buffer(buffer, 16);`,
  },
  {
    sentence: "sparse resources say which pages get memory",
    code: `sparseBuffer.commit(sparseQueue, { offset: 0, size: 65536 });
sparseImage.evict(sparseQueue, { mipLevel: 1 });
allocator.createSparseBuffer(info, { requiredFlags: MemoryProperty.DeviceLocal | MemoryProperty.HostVisible });
const done: boolean | undefined = allocator.tryBindSparse(sparseQueue, { commit: [{ resource: sparseBuffer }] })?.isComplete();`,
  },
  {
    sentence: "transients say which passes use what, and how",
    code: `const made: Transients | undefined = allocator.tryCreateTransients([
  { image: picture, uses: [{ pass: 0, stages: PipelineStage.FragmentShader | PipelineStage.ComputeShader, access: Access.ShaderRead,
    layout: ImageLayout.ShaderReadOnlyOptimal }] },
]);
made?.recordBarriers(commandBuffer, 0);`,
  },
  {
    sentence: "what is destroyed later says until when",
    code: `allocator.destroyLater(allocator.createBuffer(info), { semaphore, value: 5 });
allocator.destroyLater(() => device.destroyBuffer(buffer), { framesInFlight: 2 });`,
  },
  {
    sentence: "defragment is told the layouts of images",
    code: "void allocator.defragment({ imageLayout: () => ImageLayout.General });",
  },
  {
    sentence: "memory of its own may have a chain",
    code: `const chain = [{ sType: StructureType.MemoryAllocateFlagsInfo, flags: 2, deviceMask: 0 }] as const;
allocator.createDedicatedBuffer(info, { usage: MemoryUsage.Auto, memoryAllocateNext: chain });`,
  },
];

/** What should not compile. */
export const wrong: readonly TypedProgram[] = [
  {
    sentence: "a place is no number",
    code: "allocator.createBuffer(info, { placedAt: 4096 });",
    refusal: "TS2322",
  },
  {
    sentence: "a buffer is no memory to map into",
    code: "allocator.createBuffer(info, { placedAt: { memory: new SharedArrayBuffer(65536) } });",
    refusal: "TS2739",
  },
  {
    sentence: "modifiers are bigints",
    code: `const { ImageDrmFormatModifierListCreateInfoEXT: list } = StructureType;
allocator.createImage({ ...picture, pNext: [{ sType: list, drmFormatModifiers: [0] }] });`,
    refusal: "TS2322",
  },
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
    sentence: "an uploader writes no image as a buffer",
    code: "void uploader.buffer(image, bytes);",
    refusal: "TS2345",
  },
  {
    sentence: "an uploader writes no buffer as an image",
    code: "void uploader.image(buffer, bytes, part);",
    refusal: "TS2345",
  },
  {
    sentence: "a usage is no layout",
    code: "void uploader.image(image, bytes, { ...part, layout: ImageUsage.TransferSrc });",
    refusal: "TS2322",
  },
  {
    sentence: "an uploader is made by an allocator alone",
    code: "new vma.Uploader();",
    refusal: "TS2339",
  },
  {
    sentence: "a usage of buffers is no memory property of pages",
    code: "allocator.createSparseBuffer(info, { requiredFlags: BufferUsage.TransferSrc });",
    refusal: "TS2322",
  },
  {
    sentence: "a queue by its handle binds no sparse resources",
    code: "sparseBuffer.commit(queue);",
    refusal: "TS2345",
  },
  {
    sentence: "a region of a buffer is none of an image",
    code: "sparseImage.commit(sparseQueue, { size: 65536 });",
    refusal: "TS2353",
  },
  {
    sentence: "whether something is destroyed is not the program's to say",
    code: "sparseBuffer.isDestroyed = true;",
    refusal: "TS2540",
  },
  {
    sentence: "a stage is no access",
    code: "allocator.createTransients([{ buffer: info, uses: [{ pass: 0, stages: PipelineStage.Transfer, access: PipelineStage.Transfer }] }]);",
    refusal: "TS2322",
  },
  {
    sentence: "a transient is a buffer or an image",
    code: "allocator.createTransients([{ buffer: info, image: picture, uses: [] }]);",
    refusal: "TS2322",
  },
  {
    sentence: "barriers are recorded into a command buffer",
    code: "transients.recordBarriers(queue, 0);",
    refusal: "TS2345",
  },
  {
    sentence: "what is destroyed later is no bare handle",
    code: "allocator.destroyLater(buffer);",
    refusal: "TS2345",
  },
  {
    sentence: "a queue is no semaphore to wait for",
    code: "allocator.destroyLater(() => {}, { semaphore: queue, value: 1 });",
    refusal: "TS2322",
  },
  {
    sentence: "the layout of an image that defragment moves is no usage",
    code: "void allocator.defragment({ imageLayout: () => ImageUsage.Storage });",
    refusal: "TS2322",
  },
  {
    sentence: "memory that is not its own has no chain",
    code: "allocator.createBuffer(info, { memoryAllocateNext: [] });",
    refusal: "TS2353",
  },
  {
    sentence: "a usage of images is none of a heap of buffers",
    code: "new vma.VulkanBufferHeap(allocator, { usage: ImageUsage.Sampled });",
    refusal: "TS2322",
  },
  {
    sentence: "what is private in a class is not shown",
    code: 'const seen: keyof DefragmentationContext = "grant";',
    refusal: "TS2322",
  },
  {
    sentence: "a pool adds up no statistics of its own",
    code: "pool.addStatistics;",
    refusal: "TS2339",
  },
  {
    sentence: "a size is a number",
    code: 'new virtual.VirtualBlock({ size: "1" });',
    refusal: "TS2322",
  },
];
