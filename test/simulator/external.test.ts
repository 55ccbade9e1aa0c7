import { describe, expect, it } from "vitest";
import { SimulatedDevice, SimulatedHost } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferUsage,
  type DeviceMemory,
  ExternalMemoryHandleType,
  type NextStructure,
  Result,
  StructureType,
} from "../../src/vulkan/index.ts";
import { expectFailed, expectRefused, KiB, smallDevice, smallProfile, snapshot } from "./helpers.ts";

const { OpaqueFd, DmaBufEXT, OpaqueWin32, OpaqueWin32Kmt, HostAllocationEXT } = ExternalMemoryHandleType;

function open(host = new SimulatedHost()): SimulatedDevice {
  return new SimulatedDevice(smallProfile, { extensions: "all", host });
}

function allocate(device: SimulatedDevice, next: NextStructure, size = 4 * KiB, type = 1): DeviceMemory {
  return device.allocateMemory({ allocationSize: size, memoryTypeIndex: type, pNext: [next] });
}
function exportable(device: SimulatedDevice, handleTypes: number): DeviceMemory {
  return allocate(device, { sType: StructureType.ExportMemoryAllocateInfo, handleTypes });
}
function importFd(device: SimulatedDevice, fd: number, size?: number, type?: number): DeviceMemory {
  return allocate(
    device,
    { sType: StructureType.ImportMemoryFdInfoKHR, handleType: OpaqueFd, fd },
    size,
    type,
  );
}

describe("file descriptors", () => {
  it("carry memory to another device, which reads what the first writes", () => {
    const host = new SimulatedHost();
    const [one, two] = [open(host), open(host)];
    const exported = exportable(one, OpaqueFd);
    const fd = one.getMemoryFd(exported, OpaqueFd);
    const imported = importFd(two, fd);
    expect(host.openDescriptors).toEqual([]);
    one.mapMemory(exported, 4 * KiB).bytes(100, 1)[0] = 42;
    expect(two.mapMemory(imported, 4 * KiB).bytes(100, 1)[0]).toBe(42);
  });

  it("keep the bytes alive, and their heap in use, until the last owner is gone", () => {
    const device = open();
    const exported = exportable(device, OpaqueFd);
    device.mapMemory(exported, 4 * KiB).bytes(0, 1)[0] = 7;
    const fd = device.getMemoryFd(exported, OpaqueFd);
    device.freeMemory(exported);
    expect(device.statistics()).toMatchObject({ memoryCount: 0, heapUsage: [0, 4 * KiB] });
    const imported = importFd(device, fd);
    expect(device.mapMemory(imported, 4 * KiB).bytes(0, 1)[0]).toBe(7);
    expect(device.statistics()).toMatchObject({ memoryCount: 1, heapUsage: [0, 4 * KiB] });
    device.freeMemory(imported);
    expect(device.statistics().heapUsage).toEqual([0, 0]);
  });

  it("leave the importer's views alone when the exporter unmaps", () => {
    const device = open();
    const exported = exportable(device, OpaqueFd);
    const imported = importFd(device, device.getMemoryFd(exported, OpaqueFd));
    const mapping = device.mapMemory(exported, 4 * KiB);
    const view = device.mapMemory(imported, 4 * KiB).bytes(0, 8);
    mapping.bytes(0, 8).fill(3);
    device.unmapMemory(exported);
    expect(view[7]).toBe(3);
    expect(() => mapping.bytes(0, 1)).toThrow("no longer mapped");
    device.unmapMemory(imported);
    expect(view).toHaveLength(0);
  });

  it("are refused for memory not allocated for them, and for other handle types", () => {
    const device = open();
    const exported = exportable(device, DmaBufEXT);
    expectRefused(device, "handleType-00671", () => device.getMemoryFd(exported, OpaqueFd));
    expectRefused(device, "handleType-00672", () => device.getMemoryFd(exported, OpaqueWin32));
    expectRefused(device, "handleType-00674", () => device.getMemoryFdProperties(OpaqueFd, 1));
    const plain = smallDevice();
    expectRefused(plain, "extension-not-enabled", () => plain.getMemoryFd(1n as DeviceMemory, OpaqueFd));
  });

  it("are imported with the size and type they were exported with, and stay open when that is refused", () => {
    const device = open();
    const fd = device.getMemoryFd(exportable(device, OpaqueFd), OpaqueFd);
    expectRefused(device, "allocationSize-01742", () => importFd(device, fd, 8 * KiB));
    expectRefused(device, "allocationSize-01742", () => importFd(device, fd, 4 * KiB, 2));
    expectRefused(device, "handleType-00670", () => importFd(device, fd + 1));
    device.faults.failNext("vkAllocateMemory", Result.ErrorInvalidExternalHandle);
    expectFailed(device, Result.ErrorInvalidExternalHandle, "vkAllocateMemory", () => importFd(device, fd));
    expect(device.host.openDescriptors).toEqual([fd]);
    device.host.closeDescriptor(fd);
    expect(() => device.host.closeDescriptor(fd)).toThrow(RangeError);
  });

  it("need resources that were made for them", () => {
    const device = open();
    const exported = exportable(device, OpaqueFd);
    const imported = importFd(device, device.getMemoryFd(exported, OpaqueFd));
    const plain = device.createBuffer({ size: 64, usage: BufferUsage.TransferSrc });
    expectRefused(device, "memory-02726", () => device.bindBufferMemory(plain, exported, 0));
    expectRefused(device, "memory-02985", () => device.bindBufferMemory(plain, imported, 0));
    const pNext = [
      { sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes: OpaqueFd | DmaBufEXT },
    ] as const;
    const external = (): Buffer => device.createBuffer({ size: 64, usage: 1, pNext });
    device.bindBufferMemory(external(), exported, 0);
    device.bindBufferMemory(external(), imported, 0);
  });

  it("of memory that is not dedicated cannot be imported as dedicated", () => {
    const device = open();
    const fd = device.getMemoryFd(exportable(device, OpaqueFd), OpaqueFd);
    const made = device.createBuffer({ size: 4 * KiB, usage: BufferUsage.TransferSrc });
    const pNext = [
      { sType: StructureType.ImportMemoryFdInfoKHR, handleType: OpaqueFd, fd },
      { sType: StructureType.MemoryDedicatedAllocateInfo, buffer: made },
    ] as const;
    expectRefused(device, "buffer-01879", () =>
      device.allocateMemory({ allocationSize: 4 * KiB, memoryTypeIndex: 1, pNext }),
    );
  });

  it("of a DMA-BUF from elsewhere can be imported to the types it is said to fit", () => {
    const device = open();
    const fd = device.host.createDmaBuf(8 * KiB);
    expect(device.getMemoryFdProperties(DmaBufEXT, fd)).toBe(0b0110);
    allocate(device, { sType: StructureType.ImportMemoryFdInfoKHR, handleType: DmaBufEXT, fd }, 8 * KiB);
    expect(device.statistics().heapUsage).toEqual([0, 0]);
    expect(device.host.openDescriptors).toEqual([]);
    expectFailed(device, Result.ErrorInvalidExternalHandle, "vkGetMemoryFdPropertiesKHR", () =>
      device.getMemoryFdProperties(DmaBufEXT, fd),
    );
  });
});

describe("Win32 handles", () => {
  const importHandle = (device: SimulatedDevice, handle: bigint, handleType: number): DeviceMemory =>
    allocate(device, { sType: StructureType.ImportMemoryWin32HandleInfoKHR, handleType, handle });

  it("carry memory, stay open after the import, and are given once for an NT handle type", () => {
    const device = open();
    const exported = exportable(device, OpaqueWin32 | OpaqueWin32Kmt);
    const handle = device.getMemoryWin32Handle(exported, OpaqueWin32);
    expectRefused(device, "handleType-00663", () => device.getMemoryWin32Handle(exported, OpaqueWin32));
    const imported = importHandle(device, handle, OpaqueWin32);
    expect(device.host.openWin32Handles).toEqual([handle]);
    device.mapMemory(exported, 4 * KiB).bytes(0, 1)[0] = 9;
    expect(device.mapMemory(imported, 4 * KiB).bytes(0, 1)[0]).toBe(9);
    device.host.closeWin32Handle(handle);
    expectRefused(device, "handleType-00661", () => importHandle(device, handle, OpaqueWin32));
    expect(() => device.host.closeWin32Handle(handle)).toThrow(RangeError);
    device.getMemoryWin32Handle(exported, OpaqueWin32Kmt);
    device.getMemoryWin32Handle(exported, OpaqueWin32Kmt);
  });

  it("are refused for memory not allocated for them", () => {
    const device = open();
    const exported = exportable(device, OpaqueFd);
    expectRefused(device, "handleType-00662", () => device.getMemoryWin32Handle(exported, OpaqueWin32));
  });
});

describe("host pointers", () => {
  const importPointer = (
    device: SimulatedDevice,
    hostPointer: bigint,
    size: number,
    type?: number,
    handleType: number = HostAllocationEXT,
  ): DeviceMemory =>
    allocate(
      device,
      { sType: StructureType.ImportMemoryHostPointerInfoEXT, handleType, hostPointer },
      size,
      type,
    );

  it("make memory of the program's own bytes, which outlive it", () => {
    const device = open();
    const bytes = new Uint8Array(8192).fill(1);
    const address = device.host.registerHostMemory(bytes);
    expect(device.getMemoryHostPointerProperties(HostAllocationEXT, address)).toBe(0b0110);
    const imported = importPointer(device, address + 4096n, 4096);
    const mapping = device.mapMemory(imported, 4096);
    expect(mapping.address).toBe(address + 4096n);
    mapping.bytes(0, 4096).fill(2);
    device.freeMemory(imported);
    expect([bytes[4095], bytes[4096], bytes[8191]]).toEqual([1, 2, 2]);
    expect(device.statistics().heapUsage).toEqual([0, 0]);
  });

  it("are refused off the alignment, beyond the bytes, and for types that the host does not see", () => {
    const device = open();
    const address = device.host.registerHostMemory(new Uint8Array(8192));
    expectRefused(device, "pHostPointer-01749", () => importPointer(device, address + 64n, 4096));
    expectRefused(device, "allocationSize-01745", () => importPointer(device, address, 1000));
    expectRefused(device, "handleType-01750", () => importPointer(device, address, 12288));
    expectRefused(device, "memoryTypeIndex-01744", () => importPointer(device, address, 4096, 0));
    expectRefused(device, "handleType-01748", () => importPointer(device, address, 4096, 1, OpaqueFd));
    expectRefused(device, "handleType-01752", () => device.getMemoryHostPointerProperties(OpaqueFd, address));
    expectFailed(device, Result.ErrorInvalidExternalHandle, "vkGetMemoryHostPointerPropertiesEXT", () =>
      device.getMemoryHostPointerProperties(HostAllocationEXT, 4096n),
    );
  });
});

describe("imports", () => {
  it("are one at a time, and none where the handle type is 0", () => {
    const device = open();
    const address = device.host.registerHostMemory(new Uint8Array(4096));
    const fd = device.getMemoryFd(exportable(device, OpaqueFd), OpaqueFd);
    const two = [
      { sType: StructureType.ImportMemoryFdInfoKHR, handleType: OpaqueFd, fd },
      {
        sType: StructureType.ImportMemoryHostPointerInfoEXT,
        handleType: HostAllocationEXT,
        hostPointer: address,
      },
    ] as const;
    const info = { allocationSize: 4096, memoryTypeIndex: 1 };
    expectRefused(device, "None-06657", () => device.allocateMemory({ ...info, pNext: two }));
    const before = snapshot(device);
    const plain = device.allocateMemory({ ...info, pNext: [{ ...two[0], handleType: 0 }] });
    device.freeMemory(plain);
    expect(snapshot(device)).toEqual(before);
  });
});
