/**
 * One allocation as it is being made. The allocator has a single request that it fills in again for each call, so that
 * allocating creates no garbage apart from what the user gets.
 */

import { type SuballocationType as AnyType, SuballocationType } from "../../metadata/block-metadata.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import type { NextChain } from "../../vulkan/next.ts";
import type { HostPlace } from "../../vulkan/placed.ts";
import { emptyMemoryRequirements, type MemoryRequirements } from "../../vulkan/resources.ts";
import { AllocationCreate, HOST_ACCESS_MASK, STRATEGY_MASK } from "../flags.ts";
import type { MemoryRequest } from "../memory/memory-request.ts";
import type { MemoryTypeQuery } from "../memory/memory-types.ts";
import type { Pool } from "../pool.ts";

/** What the resource needs and the caller asks for. */
export class AllocationRequest implements MemoryRequest, MemoryTypeQuery {
  // What the resource needs.
  requirements: MemoryRequirements = emptyMemoryRequirements();
  type: AnyType = SuballocationType.Unknown;
  /** The buffer or image that the memory is for, 0n if unknown. */
  buffer: Buffer | 0n = 0n;
  image: Image | 0n = 0n;
  resourceKnown = false;
  deviceAccess = false;
  /** Whether a buffer with a device address may live in the memory. */
  mayHaveDeviceAddress = true;

  // What the caller wants: VmaAllocationCreateInfo.
  flags = 0;
  usage = 0;
  requiredFlags = 0;
  preferredFlags = 0;
  acceptedTypeBits = 0;
  pool: Pool | undefined = undefined;
  priority = 0.5;
  userData: unknown = undefined;
  name: string | undefined = undefined;
  dedicatedFallback = true;
  zeroInitialize = false;
  placedAt: HostPlace | undefined = undefined;
  /** A chain for the memory object of this allocation only. */
  next: NextChain | undefined = undefined;

  /** The flags as they apply to the memory type in question. */
  typeFlags = 0;

  // What came of it, as far as selecting memory says.
  /** How many memory types were tried. */
  typesTried = 0;
  /** Whether another memory type comes after this one, so that it is left where it exceeds its budget. */
  spills = false;
  /** Whether blocks were tried first in the last of them. */
  beginsWithBlock = false;

  /** Bytes. */
  get size(): number {
    return this.requirements.size;
  }

  get strategy(): number {
    return this.typeFlags & STRATEGY_MASK;
  }

  get isMappingAllowed(): boolean {
    return (this.typeFlags & HOST_ACCESS_MASK) !== 0;
  }

  get isMapped(): boolean {
    return (this.typeFlags & AllocationCreate.Mapped) !== 0;
  }

  get isUpperAddress(): boolean {
    return (this.typeFlags & AllocationCreate.UpperAddress) !== 0;
  }

  get mayAllocateMemory(): boolean {
    return (this.typeFlags & AllocationCreate.NeverAllocate) === 0;
  }

  get isWithinBudget(): boolean {
    return (this.typeFlags & AllocationCreate.WithinBudget) !== 0;
  }

  /** Sets what concerns the resource: nothing is known of it. */
  forUnknownResource(): void {
    this.type = SuballocationType.Unknown;
    this.buffer = 0n;
    this.image = 0n;
    this.resourceKnown = false;
    this.deviceAccess = false;
    this.mayHaveDeviceAddress = true;
    this.next = undefined;
  }
}
