/** The dedicated allocations of one memory type, or of one pool: each has its own memory object. */

import { assert } from "../../foundation/assert.ts";
import { NO_SLOT } from "../../metadata/block-metadata.ts";
import { addAllocation, type DetailedStatistics, type Statistics } from "../../metadata/statistics.ts";
import { findNext, type NextChain, StructureType } from "../../vulkan/next.ts";
import { checkPlacedSize, type HostPlace } from "../../vulkan/placed.ts";
import { Allocation, packBits } from "../allocation.ts";
import { checkHostPointer } from "./external-memory.ts";
import { chainForDedicated, isZeroedByDriver, mayImport } from "./memory-chain.ts";
import { DedicatedMemory } from "./memory-object.ts";
import type { MemoryRequest } from "./memory-request.ts";
import type { MemoryState, PoolIdentity } from "./memory-state.ts";

/** VmaDedicatedAllocationList */
export class DedicatedList {
  readonly state: MemoryState;
  readonly pool: PoolIdentity | undefined;
  readonly memoryTypeIndex: number;
  readonly heapIndex: number;
  /** In order of creation. */
  readonly allocations: Set<Allocation> = new Set();
  loweredBlocks = 0;

  constructor(state: MemoryState, pool: PoolIdentity | undefined, memoryTypeIndex: number) {
    this.state = state;
    this.pool = pool;
    this.memoryTypeIndex = memoryTypeIndex;
    this.heapIndex = state.memoryTypes.heapIndex(memoryTypeIndex);
  }

  /** Makes a dedicated allocation. Undefined, with the failure recorded and nothing left behind, if it fails. */
  allocate(request: MemoryRequest, poolChain: NextChain | undefined): Allocation | undefined {
    const { state, memoryTypeIndex } = this;
    const chain = chainForDedicated(state, memoryTypeIndex, request, request.next ?? poolChain);
    const pointer = findNext(chain, StructureType.ImportMemoryHostPointerInfoEXT)?.hostPointer;
    if (pointer !== undefined) checkHostPointer(state.device, pointer, request.size);
    if (request.placedAt !== undefined) this.checkPlaced(request.placedAt, request.size, pointer);
    const memory = state.deviceMemory.allocate(memoryTypeIndex, request.size, chain);
    if (memory === 0n) return undefined;
    const memoryObject = new DedicatedMemory(
      this,
      state,
      this.pool,
      memoryTypeIndex,
      memory,
      request.size,
      mayImport(chain),
      request.priority,
      request.placedAt,
    );
    let isReady = !request.isMapped;
    try {
      isReady ||= memoryObject.map(1);
    } finally {
      if (!isReady) memoryObject.destroy();
    }
    if (!isReady) {
      // A descriptor that was imported is gone with the memory: no other memory type can have it.
      if (memoryObject.isImported) throw state.failure.toError();
      return undefined;
    }
    const facts = packBits(
      request.type,
      request.requirements.alignment,
      request.isMappingAllowed,
      request.isMapped,
    );
    const allocation = new Allocation(memoryObject, NO_SLOT, facts, request.userData, request.name);
    if (request.zeroInitialize && !isZeroedByDriver(chain)) allocation.needsZeroFill = true;
    this.allocations.add(allocation);
    state.budgets.addAllocation(this.heapIndex, request.size);
    return allocation;
  }

  private checkPlaced(place: HostPlace, size: number, hostPointer: bigint | undefined): void {
    if (hostPointer !== undefined) {
      throw new TypeError("memory at a host pointer is where it is: placedAt cannot be given for it");
    }
    checkPlacedSize(place, size, this.state.device.placedMapping!);
  }

  /** Frees one; vkFreeMemory unmaps what is mapped. */
  free(allocation: Allocation): void {
    const memoryObject = allocation.memoryObject as DedicatedMemory;
    this.allocations.delete(allocation);
    this.state.budgets.removeAllocation(this.heapIndex, memoryObject.size);
    allocation.markFreed();
    memoryObject.destroy();
  }

  /** Undoes an allocation of a call that has failed. */
  undo(allocation: Allocation): void {
    this.free(allocation);
  }

  addStatistics(total: Statistics): void {
    for (const { size } of this.allocations) {
      total.blockCount++;
      total.blockBytes += size;
      total.allocationCount++;
      total.allocationBytes += size;
    }
  }

  addDetailedStatistics(total: DetailedStatistics): void {
    for (const { size } of this.allocations) {
      total.blockCount++;
      total.blockBytes += size;
      addAllocation(total, size);
    }
  }

  /** Checks that allocations and memory objects belong together. */
  validate(): void {
    for (const allocation of this.allocations) {
      const { memoryObject } = allocation;
      assert(
        memoryObject instanceof DedicatedMemory && memoryObject.list === this,
        "a dedicated allocation knows its list",
      );
      assert(
        memoryObject.mapCount === allocation.mapReferences,
        "dedicated memory is mapped as often as its allocation is",
      );
      assert(
        memoryObject.mapCount > 0
          ? memoryObject.isMapped
          : !memoryObject.isMapped || !this.state.unmapWhenUnused,
        "dedicated memory is mapped while somebody needs it, and stays so unless it is to be unmapped",
      );
    }
  }
}
