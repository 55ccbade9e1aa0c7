/** Exporting memory, and finding out what foreign memory can be imported into. */

import { checkUint64 } from "../foundation/check.ts";
import { ExternalMemoryHandleType, isNtHandle } from "../vulkan/constants.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { forbid } from "./error.ts";
import type { ExternalHandle } from "./host.ts";
import { checkHostPointer, hostPointerTypes } from "./memory-rules.ts";
import { type MemoryObject, nameOf } from "./objects.ts";
import type { DeviceState } from "./state.ts";

/** vkGetMemoryFdKHR */
export function getMemoryFd(state: DeviceState, handle: bigint, handleType: number): number {
  const call = "vkGetMemoryFdKHR";
  const scope = "VkMemoryGetFdInfoKHR";
  state.enter(call);
  state.require(call, call, Number.POSITIVE_INFINITY, "VK_KHR_external_memory_fd");
  const memory = state.memory(handle, call, scope);
  const { OpaqueFd, DmaBufEXT } = ExternalMemoryHandleType;
  if (handleType !== OpaqueFd && handleType !== DmaBufEXT) {
    forbid(call, `VUID-${scope}-handleType-00672`, `handleType ${handleType} is not a descriptor type`);
  }
  if ((memory.exportTypes & handleType) === 0) {
    forbid(
      call,
      `VUID-${scope}-handleType-00671`,
      `${nameOf(memory)} was not allocated for export as ${handleType}`,
    );
  }
  state.faults.check(call);
  return state.host.addDescriptor(exported(memory, handleType));
}

/** vkGetMemoryFdPropertiesKHR */
export function getMemoryFdProperties(state: DeviceState, handleType: number, fd: number): number {
  const call = "vkGetMemoryFdPropertiesKHR";
  state.enter(call);
  state.require(call, call, Number.POSITIVE_INFINITY, "VK_KHR_external_memory_fd");
  if (handleType === ExternalMemoryHandleType.OpaqueFd) {
    forbid(
      call,
      `VUID-${call}-handleType-00674`,
      "an opaque descriptor can only be imported into the memory type it was exported from",
    );
  }
  state.faults.check(call);
  const handle = state.host.descriptor(fd);
  if (!handle || handle.handleType !== handleType) {
    throw new VulkanError(Result.ErrorInvalidExternalHandle, call, `fd ${fd} is not such a handle`);
  }
  return handle.memoryTypeIndex < 0 ? hostPointerTypes(state) : (1 << handle.memoryTypeIndex) >>> 0;
}

/** vkGetMemoryHostPointerPropertiesEXT */
export function getMemoryHostPointerProperties(
  state: DeviceState,
  handleType: number,
  address: bigint,
): number {
  const call = "vkGetMemoryHostPointerPropertiesEXT";
  checkUint64(address, "address");
  state.enter(call);
  state.require(call, call, Number.POSITIVE_INFINITY, "VK_EXT_external_memory_host");
  checkHostPointer(state, call, call, handleType, address);
  state.faults.check(call);
  if (!state.host.findHostMemory(address, 1)) {
    const detail = `there is no host memory at 0x${address.toString(16)}`;
    throw new VulkanError(Result.ErrorInvalidExternalHandle, call, detail);
  }
  return hostPointerTypes(state);
}

/** vkGetMemoryWin32HandleKHR */
export function getMemoryWin32Handle(state: DeviceState, handle: bigint, handleType: number): bigint {
  const call = "vkGetMemoryWin32HandleKHR";
  const scope = "VkMemoryGetWin32HandleInfoKHR";
  state.enter(call);
  state.require(call, call, Number.POSITIVE_INFINITY, "VK_KHR_external_memory_win32");
  const memory = state.memory(handle, call, scope);
  if ((memory.exportTypes & handleType) === 0) {
    forbid(
      call,
      `VUID-${scope}-handleType-00662`,
      `${nameOf(memory)} was not allocated for export as ${handleType}`,
    );
  }
  if ((memory.exportedOnce & handleType) !== 0) {
    forbid(
      call,
      `VUID-${scope}-handleType-00663`,
      `the NT handle of ${nameOf(memory)} for ${handleType} was already taken`,
    );
  }
  state.faults.check(call);
  if (isNtHandle(handleType)) memory.exportedOnce |= handleType;
  return state.host.addWin32Handle(exported(memory, handleType));
}

/** DuplicateHandle */
export function duplicateWin32Handle(state: DeviceState, handle: bigint, targetProcess?: bigint): bigint {
  state.enter("DuplicateHandle");
  state.faults.check("DuplicateHandle");
  return state.host.duplicateWin32Handle(handle, targetProcess);
}

/** CloseHandle */
export function closeWin32Handle(state: DeviceState, handle: bigint): void {
  state.enter("CloseHandle");
  state.host.closeWin32Handle(handle);
}

/** One more owner of the memory's bytes. */
function exported(memory: MemoryObject, handleType: number): ExternalHandle {
  memory.payload.retain();
  return {
    payload: memory.payload,
    handleType,
    memoryTypeIndex: memory.typeIndex,
    dedicated: memory.dedicatedTo !== 0n,
  };
}
