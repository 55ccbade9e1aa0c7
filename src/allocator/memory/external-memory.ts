/** External memory: from another process or API through a descriptor or handle, or the host's own. */

import { checkInteger, checkUint64, quote } from "../../foundation/check.ts";
import { optionsCheck } from "../../foundation/check-names.ts";
import { ExternalMemoryHandleType } from "../../vulkan/constants.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import { type NextStructure, StructureType } from "../../vulkan/next.ts";

/** Where memory is imported from. */
export type ExternalMemory =
  | {
      /** A file descriptor. Once imported it belongs to the driver: it must not be closed. */
      readonly fd: number;
      /** {@link ExternalMemoryHandleType}: OpaqueFd or DmaBufEXT. */
      readonly handleType: ExternalMemoryHandleType;
    }
  | {
      /**
       * An address whose bytes must outlive the allocation; it and the size must be multiples of
       * minImportedHostPointerAlignment.
       */
      readonly hostPointer: bigint;
      /** {@link ExternalMemoryHandleType}; default HostAllocationEXT. */
      readonly handleType?: ExternalMemoryHandleType;
    }
  | {
      /** A Win32 handle, which remains the caller's. */
      readonly win32Handle: bigint;
      /** {@link ExternalMemoryHandleType}: OpaqueWin32 and the like. */
      readonly handleType: ExternalMemoryHandleType;
    };

type Source<Name extends string> = Extract<ExternalMemory, { readonly [N in Name]: unknown }>;
const checkFdNames = optionsCheck<Source<"fd">>("external memory", { fd: true, handleType: "enum" });
const checkPointerNames = optionsCheck<Source<"hostPointer">>("external memory", {
  hostPointer: true,
  handleType: "enum",
});
const checkHandleNames = optionsCheck<Source<"win32Handle">>("external memory", {
  win32Handle: true,
  handleType: "enum",
});

/** The structure for vkAllocateMemory that imports from `source`. */
export function importStructure(source: ExternalMemory): NextStructure {
  if (typeof source !== "object" || source === null) {
    throw new TypeError(`external memory must be an object, got ${quote(source)}`);
  }
  if ("fd" in source) {
    checkFdNames(source);
    const fd = checkInteger(source.fd, "fd", 0, 0x7fffffff);
    return { sType: StructureType.ImportMemoryFdInfoKHR, handleType: handleTypeOf(source), fd };
  }
  if ("hostPointer" in source) {
    checkPointerNames(source);
    const hostPointer = checkAddress(source.hostPointer, "hostPointer");
    const handleType = handleTypeOf(source);
    return { sType: StructureType.ImportMemoryHostPointerInfoEXT, handleType, hostPointer };
  }
  checkHandleNames(source);
  const handle = checkAddress(source.win32Handle, "win32Handle");
  return { sType: StructureType.ImportMemoryWin32HandleInfoKHR, handleType: handleTypeOf(source), handle };
}

/**
 * The memory types that the driver can import `source` into, one bit each. The driver knows nothing about an opaque handle: it
 * can only be imported into the memory type that it was exported from.
 */
export function importableTypeBits(device: VulkanDevice, source: ExternalMemory): number {
  if ("hostPointer" in source) {
    return device.getMemoryHostPointerProperties(handleTypeOf(source), source.hostPointer);
  }
  const isOpaque = !("fd" in source) || source.handleType === ExternalMemoryHandleType.OpaqueFd;
  return isOpaque ? 0xffffffff : device.getMemoryFdProperties(source.handleType, source.fd);
}

function handleTypeOf(source: ExternalMemory): number {
  const { handleType } = source;
  if (handleType === undefined && "hostPointer" in source) return ExternalMemoryHandleType.HostAllocationEXT;
  return checkInteger(handleType, "handleType", 1, 0xffffffff);
}

function checkAddress(value: unknown, what: string): bigint {
  if (checkUint64(value, what) === 0n) throw new RangeError(`${what} must be above 0n, got 0n`);
  return value as bigint;
}

/** A host pointer and its size must be multiples of minImportedHostPointerAlignment; the driver would not report it. */
export function checkHostPointer(device: VulkanDevice, address: bigint, size: number): void {
  const alignment = device.properties.limits.minImportedHostPointerAlignment;
  if (alignment <= 1) return;
  if (checkUint64(address, "hostPointer") % BigInt(alignment) !== 0n) {
    throw new RangeError(
      `hostPointer must be a multiple of minImportedHostPointerAlignment ${alignment}, got 0x${address.toString(16)}`,
    );
  }
  if (size % alignment !== 0) {
    throw new RangeError(
      `the size of memory at a host pointer must be a multiple of minImportedHostPointerAlignment ${alignment}, got ${size}`,
    );
  }
}
