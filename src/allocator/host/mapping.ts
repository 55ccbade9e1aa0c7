/** Mapping of allocations: each counts how often the program has it mapped, and its memory object the references. */

import { showAs } from "../../foundation/inspect.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import { checkUsable } from "../usable.ts";
import { endView } from "./own-views.ts";

/** How often one allocation may be mapped at once, as in VMA. */
export const MAX_MAP_COUNT = 255;

/** A mapping that ends when it is disposed of: `using mapping = allocation.map()`. */
export class Mapping {
  private allocation: AllocationData | undefined;

  /** @internal */
  constructor(allocation: AllocationData) {
    this.allocation = allocation;
  }

  /** The allocation's bytes. Throws when the mapping has ended or the allocation is freed. */
  get bytes(): Uint8Array {
    const data = this.allocation?.mappedData;
    if (data === undefined) throw new TypeError("the mapping is used after it ended");
    return data;
  }

  /**
   * `size` bytes (default: to the end) from `offset`. For allocations that an engine cannot view at once, such as those above 4
   * GiB on Node.js 20. Throws as {@link bytes} does.
   */
  range(offset = 0, size?: number): Uint8Array {
    const data = this.allocation?.mappedRange(offset, size);
    if (data === undefined) throw new TypeError("the mapping is used after it ended");
    return data;
  }

  /** Where the allocation's first byte is mapped. Throws as {@link bytes} does. */
  get address(): bigint {
    const address = this.allocation?.mappedAddress;
    if (address === undefined) throw new TypeError("the mapping is used after it ended");
    return address;
  }

  /** @internal What it maps, in one line. */
  get label(): string {
    const { allocation } = this;
    return allocation === undefined || allocation.isFreed ? "Mapping, ended" : `Mapping of ${allocation}`;
  }

  /** Ends the mapping. */
  unmap(): void {
    if (this.allocation === undefined) throw new TypeError("the mapping was ended twice");
    unmapAllocation(this.allocation);
    this.allocation = undefined;
  }

  /** Ends the mapping unless it has ended, by itself or with its allocation. */
  [Symbol.dispose](): void {
    if (this.allocation !== undefined && !this.allocation.isFreed) this.unmap();
  }
}

showAs(Mapping, ({ label }) => label);

/** Maps an allocation once more for the program. */
export function mapAllocation(allocation: AllocationData): void {
  acquireMapping(allocation);
  const { recorder } = allocation.state;
  if (recorder !== undefined) recorder.mapped(allocation);
}

/** Undoes one {@link mapAllocation}. */
export function unmapAllocation(allocation: AllocationData): void {
  releaseMapping(allocation);
  const { recorder } = allocation.state;
  if (recorder !== undefined) recorder.unmapped(allocation);
}

/** Takes one reference to the mapping of the allocation's memory. */
export function acquireMapping(allocation: AllocationData): void {
  const memoryObject = allocation.ensureAlive();
  checkUsable(memoryObject.state);
  // First, as no flag would help. What is mapped can be.
  if (
    memoryObject.mapping === undefined &&
    !memoryObject.state.memoryTypes.isHostVisible(memoryObject.memoryTypeIndex)
  ) {
    const remedy = allocation.isMappingAllowed
      ? "copy through a staging buffer or an uploader"
      : "create it with AllocationCreate.HostAccessSequentialWrite or HostAccessRandom, or copy through a staging buffer";
    throw mapFailed(
      `allocation${allocation.label} has memory type ${memoryObject.memoryTypeIndex}, which is not HostVisible: ${remedy}`,
    );
  }
  if (!allocation.isMappingAllowed) {
    throw new TypeError(
      `allocation${allocation.label} cannot be mapped: create it with AllocationCreate.HostAccessSequentialWrite ` +
        "or HostAccessRandom among its flags",
    );
  }
  if (allocation.mapCount === MAX_MAP_COUNT) {
    throw mapFailed(`allocation${allocation.label} is already mapped ${MAX_MAP_COUNT} times`);
  }
  if (!memoryObject.map(1)) throw memoryObject.state.failure.toError();
  allocation.mapCount++;
}

/** Gives back one reference to the mapping. */
export function releaseMapping(allocation: AllocationData): void {
  const memoryObject = allocation.ensureAlive();
  checkUsable(memoryObject.state);
  if (allocation.mapCount === 0) {
    throw new TypeError(`allocation${allocation.label} was unmapped more often than mapped`);
  }
  allocation.mapCount--;
  memoryObject.unmap(1);
  const { ownViews } = memoryObject.state;
  if (ownViews !== undefined && allocation.mapReferences === 0) {
    endView(ownViews, memoryObject.state.tracker.unwrap(allocation));
  }
}

function mapFailed(detail: string): VulkanError {
  return new VulkanError(Result.ErrorMemoryMapFailed, "vkMapMemory", detail);
}
