/** Memory that is imported, on an allocator whose memory can be exported: VMA#508, and its kin. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, type AllocatorCreateInfo, createAllocator, MemoryUsage } from "../../src/index.ts";
import { type ProfileDescription, SimulatedDevice, SimulatedHost } from "../../src/simulator/index.ts";
import {
  BufferUsage,
  ExternalMemoryHandleType,
  type MemoryAllocateInfo,
  MemoryProperty,
  type NextChain,
  type NextStructure,
  StructureType,
} from "../../src/vulkan/index.ts";

const { OpaqueFd, OpaqueWin32, OpaqueWin32Kmt, HostAllocationEXT, DmaBufEXT } = ExternalMemoryHandleType;
const { ExportMemoryAllocateInfo, ImportMemoryFdInfoKHR, ImportMemoryHostPointerInfoEXT } = StructureType;
const MiB = 1024 * 1024;
const profile: ProfileDescription = {
  name: "host memory",
  memoryHeaps: [{ size: 1024 * MiB, flags: 0 }],
  memoryTypes: [{ propertyFlags: MemoryProperty.HostVisible | MemoryProperty.HostCoherent, heapIndex: 0 }],
};
const mapped = { flags: AllocationCreate.HostAccessRandom };

/** A device, an allocator on it, and the structures that its memory objects were made with. */
function world(info: Omit<AllocatorCreateInfo, "device"> = {}) {
  const host = new SimulatedHost();
  const device = new SimulatedDevice(profile, { extensions: "all", host });
  const chains: number[][] = [];
  const allocate = device.allocateMemory.bind(device);
  device.allocateMemory = (given: MemoryAllocateInfo) => {
    const chain = (given.pNext ?? []) as readonly (NextStructure | bigint | Uint8Array)[];
    chains.push(chain.map((item) => (typeof item === "object" && "sType" in item ? item.sType : 0)));
    return allocate(given);
  };
  const allocator = createAllocator({ device, typeExternalMemoryHandleTypes: [OpaqueFd], ...info });
  const close = (): void => {
    allocator.destroy();
    device.destroy();
  };
  return { host, device, allocator, chains, close };
}

/** A buffer for memory from outside. */
const external = (handleTypes: number) => ({
  size: 65536,
  usage: BufferUsage.TransferDst,
  pNext: [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes }] as const,
});

describe("an import on an allocator that exports", () => {
  it("of a host pointer carries no export, and a buffer can be bound to it", () => {
    const { host, device, allocator, chains, close } = world();
    const hostPointer = host.registerHostMemory(new Uint8Array(65536));
    const allocation = allocator.importMemory(
      { hostPointer },
      { size: 65536, alignment: 1, memoryTypeBits: 1 },
    );
    expect(chains[0]).not.toContain(ExportMemoryAllocateInfo);
    const buffer = device.createBuffer(external(HostAllocationEXT));
    allocator.bindBufferMemory(allocation, buffer);
    allocator.destroyBuffer(buffer, allocation);
    close();
  });

  it("of a DMA-BUF carries no export", () => {
    const { host, device, allocator, chains, close } = world();
    const fd = host.createDmaBuf(65536);
    const requirements = { size: 65536, alignment: 1, memoryTypeBits: 1 };
    const allocation = allocator.importMemory({ fd, handleType: DmaBufEXT }, requirements);
    expect(chains[0]).not.toContain(ExportMemoryAllocateInfo);
    const buffer = device.createBuffer(external(DmaBufEXT));
    allocator.bindBufferMemory(allocation, buffer);
    allocator.destroyBuffer(buffer, allocation);
    close();
  });

  it("by createDedicatedBuffer's chain carries no export", () => {
    const { host, allocator, chains, close } = world();
    const fd = host.createDmaBuf(65536);
    const chain: NextChain = [{ sType: ImportMemoryFdInfoKHR, handleType: DmaBufEXT, fd }];
    const { buffer, allocation } = allocator.createDedicatedBuffer(external(DmaBufEXT), {
      ...mapped,
      memoryAllocateNext: chain,
    });
    expect(chains[0]).not.toContain(ExportMemoryAllocateInfo);
    allocator.destroyBuffer(buffer, allocation);
    close();
  });

  it("by a pool's chain carries no export", () => {
    const { host, allocator, chains, close } = world();
    const fd = host.createDmaBuf(65536);
    const memoryAllocateNext: NextChain = [{ sType: ImportMemoryFdInfoKHR, handleType: DmaBufEXT, fd }];
    const pool = allocator.createPool({
      memoryTypeIndex: 0,
      blockSize: 65536,
      maxBlockCount: 1,
      memoryAllocateNext,
    });
    const { buffer, allocation } = allocator.createBuffer(external(DmaBufEXT), { pool });
    expect(chains[0]).not.toContain(ExportMemoryAllocateInfo);
    allocator.destroyBuffer(buffer, allocation);
    pool.destroy();
    close();
  });

  it("exports where its own chain says so, and what is not imported exports as before", () => {
    const { host, allocator, chains, close } = world();
    const fd = host.createDmaBuf(65536);
    const chain: NextChain = [
      { sType: ImportMemoryFdInfoKHR, handleType: DmaBufEXT, fd },
      { sType: ExportMemoryAllocateInfo, handleTypes: DmaBufEXT },
    ];
    const imported = allocator.createDedicatedBuffer(external(DmaBufEXT), {
      ...mapped,
      memoryAllocateNext: chain,
    });
    expect(chains[0]!.filter((type) => type === ExportMemoryAllocateInfo)).toHaveLength(1);
    const priority: NextChain = [{ sType: StructureType.MemoryPriorityAllocateInfoEXT, priority: 1 }];
    const dedicated = allocator.createDedicatedBuffer(external(OpaqueFd), {
      ...mapped,
      memoryAllocateNext: priority,
    });
    const plain = allocator.createBuffer(external(OpaqueFd), mapped);
    expect(chains[1]).toContain(ExportMemoryAllocateInfo);
    expect(chains[2]).toContain(ExportMemoryAllocateInfo);
    for (const { buffer, allocation } of [imported, dedicated, plain])
      allocator.destroyBuffer(buffer, allocation);
    close();
  });

  it("is told from an encoded structure by its type; of an address nothing is known", () => {
    const { device, allocator, chains, close } = world();
    const encoded = new Uint8Array(24);
    const view = new DataView(encoded.buffer);
    // The simulator reads no encoded structures: what it is given is what counts.
    const attempt = (chain: NextChain): number[] => {
      expect(() =>
        allocator.createDedicatedBuffer(external(OpaqueFd), { ...mapped, memoryAllocateNext: chain }),
      ).toThrow(/pNext/);
      return chains.at(-1)!;
    };
    view.setUint32(0, StructureType.MemoryPriorityAllocateInfoEXT, true);
    expect(attempt(encoded)).toContain(ExportMemoryAllocateInfo);
    view.setUint32(0, ImportMemoryFdInfoKHR, true);
    expect(attempt([encoded])).not.toContain(ExportMemoryAllocateInfo);
    view.setUint32(0, StructureType.MemoryPriorityAllocateInfoEXT, true);
    view.setBigUint64(8, 0x1000n, true);
    expect(attempt(encoded)).not.toContain(ExportMemoryAllocateInfo);
    expect(attempt(0x1000n)).not.toContain(ExportMemoryAllocateInfo);
    expect(device.leaks()).toEqual([]);
    close();
  });
});

describe("a host pointer", () => {
  it("that the driver would refuse for its alignment or its size is refused before, with the figures", () => {
    const { host, device, allocator, close } = world();
    const hostPointer = host.registerHostMemory(new Uint8Array(65536));
    const of = (size: number) => ({ size, alignment: 1, memoryTypeBits: 1 });
    expect(() => allocator.importMemory({ hostPointer: hostPointer + 64n }, of(4096))).toThrow(
      /hostPointer must be a multiple of minImportedHostPointerAlignment 4096, got 0x/,
    );
    expect(() => allocator.importMemory({ hostPointer }, of(1000))).toThrow(
      /the size of memory at a host pointer must be a multiple of minImportedHostPointerAlignment 4096, got 1000/,
    );
    const chain: NextChain = [
      {
        sType: ImportMemoryHostPointerInfoEXT,
        handleType: HostAllocationEXT,
        hostPointer: hostPointer + 64n,
      },
    ];
    expect(() =>
      allocator.createDedicatedBuffer(external(HostAllocationEXT), { ...mapped, memoryAllocateNext: chain }),
    ).toThrow(RangeError);
    expect(device.calls.vkAllocateMemory).toBe(0);
    expect(device.leaks()).toEqual([]);
    close();
  });
});

describe("exporting memory on Windows", () => {
  const exporting = { typeExternalMemoryHandleTypes: [OpaqueWin32 | OpaqueWin32Kmt] };

  it("asks Vulkan once for each memory object and type, and duplicates", () => {
    const { host, device, allocator, close } = world(exporting);
    const info = { size: 4096, usage: BufferUsage.TransferDst, pNext: external(OpaqueWin32).pNext };
    const usage = { usage: MemoryUsage.Auto };
    const [a, b] = [allocator.createBuffer(info, usage), allocator.createBuffer(info, usage)];
    expect(a.allocation.deviceMemory).toBe(b.allocation.deviceMemory);
    const otherHost = new SimulatedHost();
    const handles = [
      allocator.getMemoryWin32Handle(a.allocation, OpaqueWin32),
      allocator.getMemoryWin32Handle(a.allocation, OpaqueWin32),
      allocator.getMemoryWin32Handle(b.allocation, OpaqueWin32),
    ];
    const there = allocator.getMemoryWin32Handle(a.allocation, OpaqueWin32, host.openProcess(otherHost));
    expect(new Set(handles).size).toBe(3);
    expect(otherHost.openWin32Handles).toEqual([there]);
    expect(device.calls.vkGetMemoryWin32HandleKHR).toBe(1);
    for (const handle of handles) host.closeWin32Handle(handle);
    otherHost.closeWin32Handle(there);
    // The one that is kept goes with the memory.
    expect(host.openWin32Handles).toHaveLength(1);
    allocator.destroyBuffer(a.buffer, a.allocation);
    allocator.destroyBuffer(b.buffer, b.allocation);
    allocator.trim();
    expect(host.openWin32Handles).toEqual([]);
    close();
  });

  it("hands global share handles on as they are", () => {
    const { device, allocator, close } = world(exporting);
    const allocation = allocator.allocateDedicatedMemory({ size: 4096, alignment: 1, memoryTypeBits: 1 });
    allocator.getMemoryWin32Handle(allocation, OpaqueWin32Kmt);
    allocator.getMemoryWin32Handle(allocation, OpaqueWin32Kmt);
    expect(device.calls).toMatchObject({ vkGetMemoryWin32HandleKHR: 2, DuplicateHandle: 0, CloseHandle: 0 });
    allocation.destroy();
    close();
  });
});
