/**
 * Captured addresses (bufferDeviceAddressCaptureReplay): no two buffers, and no two memory objects, have the same one at the
 * same time. A driver answers VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS.
 */

import { findNext, type NextChain, StructureType } from "../vulkan/next.ts";
import { Result, VulkanError } from "../vulkan/result.ts";

/** The addresses that are in use by one kind of object. */
export class CapturedAddresses {
  readonly #owners: Map<bigint, bigint> = new Map();

  /** Refuses an address that is in use. 0n stands for none. */
  check(call: string, address: bigint): void {
    const owner = this.#owners.get(address);
    if (owner === undefined) return;
    const detail = `the captured address 0x${address.toString(16)} is in use by 0x${owner.toString(16)}`;
    throw new VulkanError(Result.ErrorInvalidOpaqueCaptureAddress, call, detail);
  }

  /** An object was made at an address. */
  take(address: bigint, handle: bigint): void {
    if (address !== 0n) this.#owners.set(address, handle);
  }

  /** An object was destroyed. */
  giveBack(handle: bigint): void {
    for (const [address, owner] of this.#owners) if (owner === handle) this.#owners.delete(address);
  }
}

/** The captured address that a chain requests; 0n for none. */
export function capturedAddress(pNext: NextChain | undefined): bigint {
  const buffer = findNext(pNext, StructureType.BufferOpaqueCaptureAddressCreateInfo);
  const memory = findNext(pNext, StructureType.MemoryOpaqueCaptureAddressAllocateInfo);
  return (buffer ?? memory)?.opaqueCaptureAddress ?? 0n;
}
