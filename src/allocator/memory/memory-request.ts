/** What memory needs to know of a request for it; `AllocationRequest` has it. */

import type { SuballocationType } from "../../metadata/block-metadata.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import type { NextChain } from "../../vulkan/next.ts";
import type { HostPlace } from "../../vulkan/placed.ts";
import type { MemoryRequirements } from "../../vulkan/resources.ts";

/** A request for memory of one type. */
export interface MemoryRequest {
  /** What the resource needs. */
  readonly requirements: Readonly<MemoryRequirements>;
  readonly type: SuballocationType;
  /** The buffer or image that the memory is for, 0n if unknown. */
  readonly buffer: Buffer | 0n;
  readonly image: Image | 0n;
  /** Whether a buffer with a device address may live in the memory. */
  readonly mayHaveDeviceAddress: boolean;
  /** `AllocationCreate` flags, as they apply to the memory type in question. */
  readonly typeFlags: number;
  readonly priority: number;
  readonly userData: unknown;
  readonly name: string | undefined;
  /** Whether dedicated memory is tried where no block could be had. */
  readonly dedicatedFallback: boolean;
  /** Whether its bytes are to be 0. */
  readonly zeroInitialize: boolean;
  /** Where the memory is mapped from the start. */
  readonly placedAt: HostPlace | undefined;
  /** A chain for the memory object of this allocation alone. */
  readonly next: NextChain | undefined;
  /** Bytes. */
  readonly size: number;
  /** `Strategy` of the places in a block. */
  readonly strategy: number;
  readonly isMappingAllowed: boolean;
  readonly isMapped: boolean;
  readonly isUpperAddress: boolean;
  readonly mayAllocateMemory: boolean;
  readonly isWithinBudget: boolean;
}
