/** Memory that is exported to, or imported from, elsewhere. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { SimulatedHost } from "../../src/simulator/index.ts";
import { ExternalMemoryHandleType, Result, StructureType } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, KiB, only, resultOf, Type, world } from "./setup.ts";

const { OpaqueFd, OpaqueWin32, HostAllocationEXT, DmaBufEXT } = ExternalMemoryHandleType;
const all = { extensions: "all" } as const;
const hostInfo = { usage: MemoryUsage.CpuOnly, memoryTypeBits: only(Type.Host) };

/** Export structures for every memory type. */
const exportAll = (handleType: number) => ({
  typeExternalMemoryHandleTypes: Array.from({ length: 5 }, () => handleType),
});

/** A buffer that may live in external memory. */
const external = (size: number, handleTypes: number) => ({
  ...bufferOf(size),
  pNext: [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes }] as const,
});

describe("Export handle types of a memory type", () => {
  it("are on its blocks and its dedicated memory, and on no other type's", () => {
    const { allocator, device } = world({}, { typeExternalMemoryHandleTypes: [0, OpaqueFd] }, all);
    const block = allocator.createBuffer(external(KiB, OpaqueFd), { memoryTypeBits: only(Type.Host) });
    const dedicated = allocator.createBuffer(external(KiB, OpaqueFd), {
      memoryTypeBits: only(Type.Host),
      flags: AllocationCreate.DedicatedMemory,
    });
    const other = allocator.allocateMemory(bytes(KiB, only(Type.Device)));
    for (const { allocation } of [block, dedicated]) {
      device.host.closeDescriptor(allocator.getMemoryFd(allocation, OpaqueFd));
    }
    expect(() => allocator.getMemoryFd(other, OpaqueFd)).toThrow(/was not allocated for export/);
    free(block.allocation, dedicated.allocation, other);
  });

  it("are checked", () => {
    expect(() =>
      world(
        {},
        {
          typeExternalMemoryHandleTypes: [
            1,
            2,
            3 as ExternalMemoryHandleType,
            4,
            5 as ExternalMemoryHandleType,
            6 as ExternalMemoryHandleType,
          ],
        },
      ),
    ).toThrow(/6 entries for 5 memory types/);
    expect(() => world({}, { typeExternalMemoryHandleTypes: [-1 as ExternalMemoryHandleType] })).toThrow(
      RangeError,
    );
  });
});

describe("A file descriptor", () => {
  it("carries one device's memory to another", () => {
    const host = new SimulatedHost();
    const from = world({}, exportAll(OpaqueFd), { ...all, host });
    const to = world({}, {}, { ...all, host });
    const info = { ...hostInfo, flags: AllocationCreate.DedicatedMemory };
    const exported = from.allocator.createBuffer(external(KiB, OpaqueFd), info);
    const fd = from.allocator.getMemoryFd(exported.allocation, OpaqueFd);
    const imported = to.allocator.createDedicatedBuffer(external(KiB, OpaqueFd), {
      ...hostInfo,
      memoryAllocateNext: [{ sType: StructureType.ImportMemoryFdInfoKHR, handleType: OpaqueFd, fd }],
    });
    expect(host.openDescriptors).toEqual([]);
    exported.allocation.write(new Uint8Array([1, 2, 3]), 100);
    expect([...imported.allocation.read(100, 3)]).toEqual([1, 2, 3]);
    imported.allocation.write(new Uint8Array([9]), 100);
    expect([...exported.allocation.read(100, 1)]).toEqual([9]);
    free(exported.allocation);
    expect([...imported.allocation.read(100, 3)]).toEqual([9, 2, 3]);
    free(imported.allocation);
  });

  it("stays the caller's when the import fails, and nothing is left behind", () => {
    const host = new SimulatedHost();
    const from = world({}, exportAll(OpaqueFd), { ...all, host });
    const to = world({}, {}, { ...all, host });
    const memory = from.allocator.allocateDedicatedMemory(bytes(KiB, only(Type.Host)));
    const fd = from.allocator.getMemoryFd(memory, OpaqueFd);
    const chain = [{ sType: StructureType.ImportMemoryFdInfoKHR, handleType: OpaqueFd, fd }] as const;
    to.device.faults.failNext("vkAllocateMemory", Result.ErrorInvalidExternalHandle);
    expect(
      resultOf(() =>
        to.allocator.allocateDedicatedMemory(bytes(KiB, only(Type.Host)), {
          ...hostInfo,
          memoryAllocateNext: chain,
        }),
      ),
    ).toBe(Result.ErrorInvalidExternalHandle);
    expect(host.openDescriptors).toEqual([fd]);
    const imported = to.allocator.allocateDedicatedMemory(bytes(KiB, only(Type.Host)), {
      ...hostInfo,
      memoryAllocateNext: chain,
    });
    memory.write(new Uint8Array([5]));
    expect([...imported.read(0, 1)]).toEqual([5]);
    free(memory, imported);
  });

  it("of a DMA-BUF made elsewhere is imported likewise", () => {
    const { allocator, device } = world({}, {}, all);
    const fd = device.host.createDmaBuf(64 * KiB);
    const bits = device.getMemoryFdProperties(DmaBufEXT, fd);
    const allocation = allocator.allocateDedicatedMemory(bytes(64 * KiB, bits), {
      usage: MemoryUsage.CpuOnly,
      memoryAllocateNext: [{ sType: StructureType.ImportMemoryFdInfoKHR, handleType: DmaBufEXT, fd }],
    });
    allocation.write(new Uint8Array([1]));
    expect(device.host.openDescriptors).toEqual([]);
    free(allocation);
  });

  it("can fail to be made", () => {
    const { allocator, device } = world({}, exportAll(OpaqueFd), all);
    const allocation = allocator.allocateMemory(bytes(KiB));
    device.faults.failNext("vkGetMemoryFdKHR", Result.ErrorTooManyObjects);
    expect(resultOf(() => allocator.getMemoryFd(allocation, OpaqueFd))).toBe(Result.ErrorTooManyObjects);
    free(allocation);
  });
});

describe("A Win32 handle", () => {
  it("carries memory likewise, and stays the caller's", () => {
    const host = new SimulatedHost();
    const from = world({}, exportAll(OpaqueWin32), { ...all, host });
    const to = world({}, {}, { ...all, host });
    const exported = from.allocator.allocateDedicatedMemory(bytes(KiB, only(Type.Host)), hostInfo);
    const handle = from.allocator.getMemoryWin32Handle(exported, OpaqueWin32);
    const imported = to.allocator.allocateDedicatedMemory(bytes(KiB, only(Type.Host)), {
      ...hostInfo,
      memoryAllocateNext: [
        { sType: StructureType.ImportMemoryWin32HandleInfoKHR, handleType: OpaqueWin32, handle },
      ],
    });
    exported.write(new Uint8Array([4, 5, 6]));
    expect([...imported.read(0, 3)]).toEqual([4, 5, 6]);
    host.closeWin32Handle(handle);
    free(exported, imported);
    expect(host.openWin32Handles).toEqual([]);
  });
});

describe("A host pointer", () => {
  it("makes the program's own memory an allocation", () => {
    const { allocator, device } = world({}, {}, all);
    const own = new Uint8Array(64 * KiB);
    const hostPointer = device.host.registerHostMemory(own);
    const bits = device.getMemoryHostPointerProperties(HostAllocationEXT, hostPointer);
    const chain = [
      { sType: StructureType.ImportMemoryHostPointerInfoEXT, handleType: HostAllocationEXT, hostPointer },
    ] as const;
    const allocation = allocator.allocateDedicatedMemory(bytes(64 * KiB, bits), {
      ...hostInfo,
      memoryAllocateNext: chain,
    });
    allocation.write(new Uint8Array([1, 2, 3]), 1000);
    expect([...own.subarray(1000, 1003)]).toEqual([1, 2, 3]);
    own[5] = 55;
    expect([...allocation.read(5, 1)]).toEqual([55]);
    free(allocation);
    expect(own[1000]).toBe(1);
  });

  it("says where the memory is, so that it cannot be mapped at another place", () => {
    const { allocator, device } = world({}, {}, all);
    const hostPointer = device.host.registerHostMemory(new Uint8Array(64 * KiB));
    const placedAt = device.host.registerHostMemory(new Uint8Array(64 * KiB));
    const importAt = () =>
      allocator.importMemory({ hostPointer }, bytes(64 * KiB, only(Type.Host)), { ...hostInfo, placedAt });
    expect(importAt).toThrow(/memory at a host pointer is where it is: placedAt cannot be given for it/);
    expect(device.statistics().memoryCount).toBe(0);
  });

  it("can hold a buffer, which does not own the memory alone", () => {
    const { allocator, device } = world({}, {}, all);
    const own = new Uint8Array(64 * KiB);
    const hostPointer = device.host.registerHostMemory(own);
    const { allocation } = allocator.createDedicatedBuffer(external(64 * KiB, HostAllocationEXT), {
      ...hostInfo,
      flags: AllocationCreate.CanAlias,
      memoryAllocateNext: [
        { sType: StructureType.ImportMemoryHostPointerInfoEXT, handleType: HostAllocationEXT, hostPointer },
      ],
    });
    allocation.write(new Uint8Array([8]));
    expect(own[0]).toBe(8);
    free(allocation);
  });
});

describe("A pool's chain", () => {
  it("exports every block of it", () => {
    const { allocator, device } = world({}, {}, all);
    using pool = allocator.createPool({
      memoryTypeIndex: Type.Host,
      memoryAllocateNext: [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: OpaqueFd }],
    });
    const { allocation } = allocator.createBuffer(external(KiB, OpaqueFd), { pool });
    device.host.closeDescriptor(allocator.getMemoryFd(allocation, OpaqueFd));
    free(allocation);
  });

  it("that names a structure of the allocator's own replaces it", () => {
    // A structure type may stand in a chain only once.
    const { allocator, device } = world({}, exportAll(DmaBufEXT), all);
    using pool = allocator.createPool({
      memoryTypeIndex: Type.Host,
      memoryAllocateNext: [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: OpaqueFd }],
    });
    const allocation = allocator.allocateMemory(bytes(KiB), { pool });
    device.host.closeDescriptor(allocator.getMemoryFd(allocation, OpaqueFd));
    expect(() => allocator.getMemoryFd(allocation, DmaBufEXT)).toThrow(/was not allocated for export/);
    free(allocation);
  });
});

describe("importMemory", () => {
  it("imports from descriptors, Win32 handles and host pointers alike", () => {
    const host = new SimulatedHost();
    const from = world({}, exportAll(OpaqueFd | OpaqueWin32), { ...all, host });
    const to = world({}, {}, { ...all, host });
    const requirements = bytes(64 * KiB, only(Type.Host));
    const exported = from.allocator.allocateDedicatedMemory(requirements, hostInfo);
    const own = new Uint8Array(64 * KiB).fill(3);
    const win32Handle = from.allocator.getMemoryWin32Handle(exported, OpaqueWin32);
    const sources = [
      { fd: from.allocator.getMemoryFd(exported, OpaqueFd), handleType: OpaqueFd },
      { win32Handle, handleType: OpaqueWin32 },
      { hostPointer: host.registerHostMemory(own) },
      { fd: host.createDmaBuf(64 * KiB), handleType: DmaBufEXT },
    ];
    exported.write(new Uint8Array(64 * KiB).fill(3));
    const imported = sources.map((source) => to.allocator.importMemory(source, requirements, hostInfo));
    expect(imported.map((allocation) => allocation.read(5, 1)[0])).toEqual([3, 3, 3, 0]);
    expect(imported.every((allocation) => allocation.dedicatedMemory)).toBe(true);
    host.closeWin32Handle(win32Handle);
    expect(host.openDescriptors).toEqual([]);
    free(exported, ...imported);
    expect(host.openWin32Handles).toEqual([]);
  });

  it("leaves the bytes as they are, also where new and freed memory is filled", () => {
    const host = new SimulatedHost();
    const { allocator } = world({}, { debug: { fillPatterns: true } }, { ...all, host });
    const own = new Uint8Array(64 * KiB).fill(3);
    const hostPointer = host.registerHostMemory(own);
    const imported = allocator.importMemory({ hostPointer }, bytes(64 * KiB, only(Type.Host)), hostInfo);
    expect(own.every((byte) => byte === 3)).toBe(true);
    free(imported);
    expect(own.every((byte) => byte === 3)).toBe(true);
  });

  it("goes only to memory types that the driver can import to", () => {
    const { allocator, device } = world({}, {}, all);
    const hostPointer = device.host.registerHostMemory(new Uint8Array(64 * KiB));
    const anywhere = allocator.importMemory({ hostPointer }, bytes(64 * KiB));
    expect(anywhere.memoryTypeIndex).toBe(Type.Host);
    expect(resultOf(() => allocator.importMemory({ hostPointer }, bytes(64 * KiB, only(Type.Device))))).toBe(
      Result.ErrorFeatureNotPresent,
    );
    free(anywhere);
  });

  it("refuses what is no source, and leaves nothing behind when the driver refuses", () => {
    const { allocator, device } = world({}, {}, all);
    const hostPointer = device.host.registerHostMemory(new Uint8Array(64 * KiB));
    const attempt = (source: object) => () => allocator.importMemory(source as never, bytes(64 * KiB));
    expect(attempt({ fd: -1, handleType: OpaqueFd })).toThrow(/fd must be .*got -1/);
    expect(attempt({ fd: 3 })).toThrow();
    expect(attempt({ hostPointer: 5 })).toThrow(/hostPointer must be a bigint, got 5/);
    expect(attempt({ hostPointer: 0n })).toThrow(RangeError);
    expect(attempt({ win32Handle: 1n, handleType: 0 })).toThrow(RangeError);
    expect(attempt({})).toThrow(TypeError);
    expect(() => allocator.importMemory(null as never, bytes(4))).toThrow(TypeError);
    device.faults.failWhen((call) =>
      call === "vkAllocateMemory" ? Result.ErrorInvalidExternalHandle : undefined,
    );
    expect(resultOf(attempt({ hostPointer }))).toBe(Result.ErrorInvalidExternalHandle);
    device.faults.clear();
    expect(device.statistics().memoryCount).toBe(0);
  });
});
