/** vkAllocateMemory: what Vulkan demands of it, and what the call says once it is found valid. */

import { quote } from "../foundation/check.ts";
import {
  BufferCreate,
  ExternalMemoryHandleType,
  ImageCreate,
  MemoryAllocate,
  MemoryProperty,
  makeApiVersion,
} from "../vulkan/constants.ts";
import type { MappedMemoryRange, MemoryAllocateInfo } from "../vulkan/device.ts";
import {
  findNext,
  type ImportMemoryFdInfo,
  type ImportMemoryHostPointerInfo,
  type ImportMemoryWin32HandleInfo,
  type MemoryDedicatedAllocateInfo,
  StructureType,
} from "../vulkan/next.ts";
import { checkChain } from "./chains.ts";
import { forbid } from "./error.ts";
import type { ExternalHandle } from "./host.ts";
import { type MemoryObject, nameOf, type Resource } from "./objects.ts";
import type { DeviceState } from "./state.ts";

const call = "vkAllocateMemory";
const owner = "VkMemoryAllocateInfo";

/** Where imported memory comes from. */
export interface Import {
  readonly handleType: number;
  /** The exported or foreign payload; undefined for a host pointer. */
  readonly handle: ExternalHandle | undefined;
  /** The descriptor, which the driver takes over on success; -1 for none. */
  readonly fd: number;
  /** The program's own bytes, for a host pointer. */
  readonly pinned: Uint8Array | undefined;
  /** Where a host pointer points. */
  readonly address: number | undefined;
}

/** What a valid vkAllocateMemory asks for. */
export interface MemoryPlan {
  readonly dedicatedTo: bigint;
  readonly deviceAddress: boolean;
  /** Whether all bytes are 0. */
  readonly isZero: boolean;
  readonly priority: number;
  readonly exportTypes: number;
  readonly source: Import | undefined;
}

const plainPlan: MemoryPlan = {
  dedicatedTo: 0n,
  deviceAddress: false,
  isZero: false,
  priority: 0.5,
  exportTypes: 0,
  source: undefined,
};

/** Throws a ValidityError for an allocation that Vulkan forbids. */
export function planAllocation(state: DeviceState, info: MemoryAllocateInfo): MemoryPlan {
  const { allocationSize: size, memoryTypeIndex: index, pNext: chain } = info;
  if (!Number.isSafeInteger(size) || size <= 0) {
    forbid(
      call,
      `VUID-${owner}-allocationSize-00638`,
      `allocationSize must be greater than 0, got ${quote(size)}`,
    );
  }
  const type = state.profile.memoryTypes[index];
  if (type === undefined) {
    forbid(
      call,
      "VUID-vkAllocateMemory-pAllocateInfo-01714",
      `memoryTypeIndex must be less than ${state.profile.memoryTypes.length}, got ${quote(index)}`,
    );
  }
  const heapSize = state.profile.memoryHeaps[type.heapIndex]!.size;
  if (size > heapSize) {
    forbid(
      call,
      "VUID-vkAllocateMemory-pAllocateInfo-01713",
      `allocationSize ${size} is more than the ${heapSize} bytes of heap ${type.heapIndex}`,
    );
  }
  checkTypeFeatures(state, type.propertyFlags, index);
  if (chain === undefined) return plainPlan;
  checkChain(state, call, owner, chain);
  const source = planImport(state, info);
  return {
    dedicatedTo: planDedicated(state, info, source),
    ...planFlags(state, info, source),
    priority: planPriority(info),
    exportTypes: findNext(chain, StructureType.ExportMemoryAllocateInfo)?.handleTypes ?? 0,
    source,
  };
}

function checkTypeFeatures(state: DeviceState, propertyFlags: number, index: number): void {
  if ((propertyFlags & MemoryProperty.Protected) !== 0 && !state.features.protectedMemory) {
    forbid(
      call,
      `VUID-${owner}-memoryTypeIndex-01872`,
      `memory type ${index} is protected, and the feature protectedMemory is not enabled`,
    );
  }
  if ((propertyFlags & MemoryProperty.DeviceCoherentAMD) !== 0 && !state.features.deviceCoherentMemory) {
    forbid(
      call,
      "VUID-vkAllocateMemory-deviceCoherentMemory-02790",
      `memory type ${index} is device-coherent, and the feature deviceCoherentMemory is not enabled`,
    );
  }
}

function planPriority(info: MemoryAllocateInfo): number {
  const given = findNext(info.pNext, StructureType.MemoryPriorityAllocateInfoEXT);
  if (!given) return 0.5;
  checkPriority(call, "VUID-VkMemoryPriorityAllocateInfoEXT-priority-02602", given.priority);
  return given.priority;
}

/** Throws unless the priority is from 0 to 1. */
export function checkPriority(name: string, rule: string, priority: number): void {
  if (!(priority >= 0 && priority <= 1)) {
    forbid(name, rule, `the priority must be from 0 to 1, got ${quote(priority)}`);
  }
}

/** Checks VkMemoryAllocateFlagsInfo and the capture address. */
function planFlags(
  state: DeviceState,
  info: MemoryAllocateInfo,
  source: Import | undefined,
): Pick<MemoryPlan, "deviceAddress" | "isZero"> {
  const given = findNext(info.pNext, StructureType.MemoryAllocateFlagsInfo);
  const flags = given?.flags ?? 0;
  if ((flags & MemoryAllocate.DeviceAddress) !== 0 && !state.features.bufferDeviceAddress) {
    forbid(call, `VUID-${owner}-flags-03331`, "DeviceAddress needs the feature bufferDeviceAddress");
  }
  const replay = (flags & MemoryAllocate.DeviceAddressCaptureReplay) !== 0;
  if (replay && !state.features.bufferDeviceAddressCaptureReplay) {
    forbid(
      call,
      `VUID-${owner}-flags-03330`,
      "DeviceAddressCaptureReplay needs the feature bufferDeviceAddressCaptureReplay",
    );
  }
  if ((flags & MemoryAllocate.DeviceMask) !== 0 && given?.deviceMask !== 1) {
    forbid(
      call,
      "VUID-VkMemoryAllocateFlagsInfo-deviceMask-00675",
      `deviceMask must be 1, the only device, got ${quote(given?.deviceMask)}`,
    );
  }
  const capture = findNext(info.pNext, StructureType.MemoryOpaqueCaptureAddressAllocateInfo);
  const captured = (capture?.opaqueCaptureAddress ?? 0n) !== 0n;
  if (captured && !replay) {
    forbid(
      call,
      `VUID-${owner}-opaqueCaptureAddress-03329`,
      "a captured address needs the flag DeviceAddressCaptureReplay",
    );
  }
  if (captured && source) {
    forbid(
      call,
      `VUID-${owner}-opaqueCaptureAddress-03333`,
      "imported memory cannot be given a captured address",
    );
  }
  const isZero = (flags & MemoryAllocate.ZeroInitializeEXT) !== 0;
  if (isZero) checkZero(state, info, source);
  return { deviceAddress: (flags & MemoryAllocate.DeviceAddress) !== 0, isZero };
}

function checkZero(state: DeviceState, info: MemoryAllocateInfo, source: Import | undefined): void {
  const scope = "VkMemoryAllocateFlagsInfo";
  if (!state.features.zeroInitializeDeviceMemory) {
    forbid(
      call,
      "simulator-feature-not-enabled",
      "ZeroInitializeEXT needs the feature zeroInitializeDeviceMemory",
    );
  }
  if (source) forbid(call, `VUID-${scope}-flags-10760`, "imported memory cannot be zeroed");
  const { propertyFlags } = state.profile.memoryTypes[info.memoryTypeIndex]!;
  if ((propertyFlags & MemoryProperty.Protected) !== 0) {
    forbid(call, `VUID-${scope}-flags-10761`, "protected memory cannot be zeroed");
  }
}

/** Checks VkMemoryDedicatedAllocateInfo; the handle of the resource that the memory is for, or 0n. */
function planDedicated(state: DeviceState, info: MemoryAllocateInfo, source: Import | undefined): bigint {
  const scope = "VkMemoryDedicatedAllocateInfo";
  const given: MemoryDedicatedAllocateInfo | undefined = findNext(
    info.pNext,
    StructureType.MemoryDedicatedAllocateInfo,
  );
  const { buffer = 0n, image = 0n } = given ?? {};
  if (buffer === 0n && image === 0n) return 0n;
  if (buffer !== 0n && image !== 0n) {
    forbid(call, `VUID-${scope}-image-01432`, "memory cannot be dedicated to a buffer and an image at once");
  }
  const resource = buffer !== 0n ? state.buffer(buffer, call, scope) : state.image(image, call, scope);
  const sparse = resource.kind === "buffer" ? BufferCreate.SparseBinding : ImageCreate.SparseBinding;
  if ((resource.flags & sparse) !== 0) {
    const rule = resource.kind === "buffer" ? "buffer-01436" : "image-01434";
    forbid(call, `VUID-${scope}-${rule}`, `${nameOf(resource)} is sparse and cannot have dedicated memory`);
  }
  if (resource.parts.length !== 1) {
    forbid(
      call,
      `VUID-${scope}-image-01797`,
      `${nameOf(resource)} is disjoint and cannot have dedicated memory`,
    );
  }
  checkDedicatedSize(state, info.allocationSize, resource);
  if (source?.handle && source.handle.memoryTypeIndex >= 0 && !source.handle.dedicated) {
    const rule = resource.kind === "buffer" ? "buffer-01879" : "image-01878";
    forbid(call, `VUID-${scope}-${rule}`, "memory imported as dedicated was not exported as dedicated");
  }
  if (source?.pinned) {
    forbid(call, `VUID-${owner}-pNext-02806`, "memory imported from a host pointer cannot be dedicated");
  }
  return resource.handle;
}

/**
 * The patch of Vulkan 1.4 from which on memory for an image may be larger than the image. Before, and for buffers to this
 * day, the sizes are equal. Drivers say with their own version which specification they were written for.
 */
const LARGER_FOR_IMAGES = makeApiVersion(1, 4, 327);

function checkDedicatedSize(state: DeviceState, size: number, resource: Resource): void {
  const needed = resource.parts[0]!.requirements.size;
  const mayBeLarger = resource.kind === "image" && state.profile.apiVersion >= LARGER_FOR_IMAGES;
  if (size === needed || (mayBeLarger && size > needed)) return;
  forbid(
    call,
    `VUID-VkMemoryDedicatedAllocateInfo-${resource.kind === "buffer" ? "buffer-02965" : "image-02964"}`,
    `allocationSize ${size} must be ${mayBeLarger ? "at least " : ""}the ${needed} bytes that ${nameOf(resource)} requires`,
  );
}

/** Finds what is imported, if anything, and checks that it may be. */
function planImport(state: DeviceState, info: MemoryAllocateInfo): Import | undefined {
  const fd = findNext(info.pNext, StructureType.ImportMemoryFdInfoKHR);
  const pointer = findNext(info.pNext, StructureType.ImportMemoryHostPointerInfoEXT);
  const win32 = findNext(info.pNext, StructureType.ImportMemoryWin32HandleInfoKHR);
  // A handleType of 0 means that the structure is to be ignored.
  const imports = [fd, pointer, win32].filter((each) => each !== undefined && each.handleType !== 0);
  if (imports.length > 1) {
    forbid(call, `VUID-${owner}-None-06657`, "the chain defines more than one import");
  }
  if (imports.length === 0) return undefined;
  if (fd?.handleType) return importFd(state, info, fd);
  if (win32?.handleType) return importWin32(state, info, win32);
  return importHostPointer(state, info, pointer!);
}

function importFd(state: DeviceState, info: MemoryAllocateInfo, given: ImportMemoryFdInfo): Import {
  const scope = "VkImportMemoryFdInfoKHR";
  const { OpaqueFd, DmaBufEXT } = ExternalMemoryHandleType;
  if (given.handleType !== OpaqueFd && given.handleType !== DmaBufEXT) {
    forbid(call, `VUID-${scope}-handleType-00669`, `handleType ${given.handleType} is not a descriptor type`);
  }
  const handle = state.host.descriptor(given.fd);
  if (!handle || handle.handleType !== given.handleType) {
    forbid(
      call,
      `VUID-${scope}-handleType-00670`,
      `fd ${quote(given.fd)} is not an open descriptor of handle type ${given.handleType}`,
    );
  }
  checkImported(info, handle, `VUID-${owner}-allocationSize-01742`);
  return { handleType: given.handleType, handle, fd: given.fd, pinned: undefined, address: undefined };
}

function importWin32(
  state: DeviceState,
  info: MemoryAllocateInfo,
  given: ImportMemoryWin32HandleInfo,
): Import {
  const handle = state.host.win32Handle(given.handle);
  if (!handle || handle.handleType !== given.handleType) {
    forbid(
      call,
      "VUID-VkImportMemoryWin32HandleInfoKHR-handleType-00661",
      `${quote(given.handle)} is not an open handle of handle type ${given.handleType}`,
    );
  }
  checkImported(info, handle, `VUID-${owner}-allocationSize-01743`);
  return { handleType: given.handleType, handle, fd: -1, pinned: undefined, address: undefined };
}

function checkImported(info: MemoryAllocateInfo, handle: ExternalHandle, rule: string): void {
  const size = handle.payload.size;
  const foreign = handle.memoryTypeIndex < 0;
  const fits = foreign ? info.allocationSize <= size : info.allocationSize === size;
  if (fits && (foreign || info.memoryTypeIndex === handle.memoryTypeIndex)) return;
  forbid(
    call,
    rule,
    `memory of ${size} bytes and type ${handle.memoryTypeIndex} was exported, but ${info.allocationSize} bytes of type ${info.memoryTypeIndex} are imported`,
  );
}

function importHostPointer(
  state: DeviceState,
  info: MemoryAllocateInfo,
  given: ImportMemoryHostPointerInfo,
): Import {
  checkHostPointer(state, call, "VkImportMemoryHostPointerInfoEXT", given.handleType, given.hostPointer);
  const alignment = state.profile.limits.minImportedHostPointerAlignment;
  if (info.allocationSize % alignment !== 0) {
    forbid(
      call,
      `VUID-${owner}-allocationSize-01745`,
      `allocationSize ${info.allocationSize} must be a multiple of minImportedHostPointerAlignment ${alignment}`,
    );
  }
  if ((hostPointerTypes(state) & (1 << info.memoryTypeIndex)) === 0) {
    forbid(
      call,
      `VUID-${owner}-memoryTypeIndex-01744`,
      `host pointers cannot be imported to memory type ${info.memoryTypeIndex}`,
    );
  }
  const pinned = state.host.findHostMemory(given.hostPointer, info.allocationSize);
  if (!pinned) {
    forbid(
      call,
      "VUID-VkImportMemoryHostPointerInfoEXT-handleType-01750",
      `there are no ${info.allocationSize} bytes of host memory at 0x${given.hostPointer.toString(16)}`,
    );
  }
  return {
    handleType: given.handleType,
    handle: undefined,
    fd: -1,
    pinned,
    address: Number(given.hostPointer),
  };
}

/** Checks a host pointer's type and alignment. */
export function checkHostPointer(
  state: DeviceState,
  name: string,
  scope: string,
  handleType: number,
  address: bigint,
): void {
  const { HostAllocationEXT, HostMappedForeignMemoryEXT } = ExternalMemoryHandleType;
  if (handleType !== HostAllocationEXT && handleType !== HostMappedForeignMemoryEXT) {
    const rule = scope === name ? "handleType-01752" : "handleType-01748";
    forbid(name, `VUID-${scope}-${rule}`, `handleType ${handleType} is not one of host pointers`);
  }
  const alignment = state.profile.limits.minImportedHostPointerAlignment;
  if (address % BigInt(alignment) !== 0n) {
    const rule = scope === name ? "pHostPointer-01753" : "pHostPointer-01749";
    forbid(
      name,
      `VUID-${scope}-${rule}`,
      `the pointer 0x${address.toString(16)} must be a multiple of minImportedHostPointerAlignment ${alignment}`,
    );
  }
}

/** The memory types that host pointers can be imported to: those that the host can see. */
export function hostPointerTypes(state: DeviceState): number {
  let bits = 0;
  state.profile.memoryTypes.forEach(({ propertyFlags }, index) => {
    if ((propertyFlags & MemoryProperty.HostVisible) !== 0) bits |= 1 << index;
  });
  return bits >>> 0;
}

/** Throws unless a range of mapped memory may be flushed or invalidated; the memory that it lies in. */
export function checkMappedRange(state: DeviceState, name: string, range: MappedMemoryRange): MemoryObject {
  const scope = "VkMappedMemoryRange";
  const memory = state.memory(range.memory, name, scope);
  const { offset, size } = range;
  const atom = state.profile.limits.nonCoherentAtomSize;
  const whole = size === Number.POSITIVE_INFINITY;
  if (memory.mapping === undefined && !state.permit.unmappedRanges) {
    forbid(name, `VUID-${scope}-memory-00684`, `${nameOf(memory)} is not mapped`);
  }
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= memory.size) {
    forbid(
      name,
      `VUID-${scope}-size-00686`,
      `offset ${quote(offset)} is not within the ${memory.size} bytes that are mapped`,
    );
  }
  if (offset % atom !== 0) {
    forbid(
      name,
      `VUID-${scope}-offset-00687`,
      `offset ${offset} must be a multiple of nonCoherentAtomSize ${atom}`,
    );
  }
  if (whole) return memory;
  if (!Number.isSafeInteger(size) || size < 0 || offset + size > memory.size) {
    forbid(
      name,
      `VUID-${scope}-size-00685`,
      `the ${quote(size)} bytes from ${offset} are not within the ${memory.size} bytes that are mapped`,
    );
  }
  if (size % atom !== 0 && offset + size !== memory.size) {
    forbid(
      name,
      `VUID-${scope}-size-01390`,
      `size ${size} must be a multiple of nonCoherentAtomSize ${atom} or reach the memory's end at ${memory.size}`,
    );
  }
  return memory;
}
