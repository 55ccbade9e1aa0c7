/**
 * Margins with a magic value after every allocation (VMA_DEBUG_DETECT_CORRUPTION), which tell when something was written
 * past the end of one.
 */

import { MemoryProperty } from "../../vulkan/constants.ts";
import type { Allocation } from "../allocation.ts";
import type { MemoryState } from "../memory/memory-state.ts";
import { forEachPiece } from "./pieces.ts";

/** VMA_CORRUPTION_DETECTION_MAGIC_VALUE */
const MAGIC = 0x7f84e666;
/** Bytes of the magic value; margins are multiples of it. */
export const MAGIC_SIZE = 4;

/** Something was written past the end of an allocation. */
export class CorruptionError extends Error {
  /** "CorruptionError" */
  override readonly name = "CorruptionError";
  /** The allocation whose end was overrun. */
  readonly allocation: Allocation;

  /** @internal Made by the library. */
  constructor(allocation: Allocation) {
    super(
      `memory after allocation${allocation.label} was overwritten ` +
        `(memory type ${allocation.memoryTypeIndex}, offset ${allocation.offset}, ${allocation.size} bytes)`,
    );
    this.allocation = allocation;
  }
}

/** Whether margins of this memory type carry the magic value. */
export function isCorruptionDetected(state: MemoryState, memoryTypeIndex: number): boolean {
  const needed = MemoryProperty.HostVisible | MemoryProperty.HostCoherent;
  const has = state.memoryTypes.propertyFlags(memoryTypeIndex) & needed;
  return state.debug.detectCorruption && has === needed;
}

/**
 * Writes the magic value into the margin after the allocation. Returns false, with the failure recorded, if the memory cannot
 * be mapped.
 */
export function writeMargin(allocation: Allocation): boolean {
  return withMargin(allocation, (margin) => {
    for (let at = 0; at < margin.byteLength; at += MAGIC_SIZE) margin.setUint32(at, MAGIC, true);
  });
}

/**
 * A {@link CorruptionError} when the margin after the allocation was written to.
 *
 * @throws VulkanError when the memory cannot be mapped.
 */
export function findCorruption(allocation: Allocation): CorruptionError | undefined {
  let intact = true;
  const seen = withMargin(allocation, (margin) => {
    for (let at = 0; at < margin.byteLength; at += MAGIC_SIZE)
      intact &&= margin.getUint32(at, true) === MAGIC;
  });
  if (!seen) throw allocation.state.failure.toError();
  return intact ? undefined : new CorruptionError(allocation);
}

function withMargin(allocation: Allocation, use: (margin: DataView) => void): boolean {
  const block = allocation.ensureAlive();
  const { debug } = block.state;
  if (!block.map(1)) return false;
  // Margins and pieces begin and end at multiples of the magic value's size.
  forEachPiece(block.mapping!, allocation.offset + allocation.size, debug.margin, (bytes) => {
    use(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
  block.unmap(1);
  return true;
}
