/** Compares what was read with what the synthetic program believes. */

import { expect } from "vitest";
import type { RecordedState } from "../../src/recording/index.ts";
import type { BelievedState } from "./synthetic.ts";

/** The state in the words of the program. */
export function asBelieved(state: RecordedState): BelievedState {
  return {
    operation: state.operation,
    time: state.time,
    frame: state.frame,
    blocks: [...state.blocks.values()]
      .sort((a, b) => a.id - b.id)
      .map(({ id, size, memoryTypeIndex: memoryType, isDedicated }) => ({
        id,
        size,
        memoryType,
        isDedicated,
      })),
    allocations: [...state.allocations.values()]
      .sort((a, b) => a.id - b.id)
      .map((each) => ({
        id: each.id,
        block: each.block.id,
        offset: each.offset,
        size: each.size,
        requestedSize: each.requestedSize,
        usage: each.request.resourceUsage,
        name: each.name,
        stack: each.stack?.frames[0]?.function,
        mapCount: each.mapCount,
        isPersistentlyMapped: each.isPersistentlyMapped,
      })),
  };
}

/** Expects that the state is what the program believed, and in itself as it should be. */
export function expectState(state: RecordedState, believed: BelievedState): void {
  expect(asBelieved(state)).toEqual(believed);
  expect(state.contradictions).toBe(0);
  validateState(state);
}

/** Checks that the parts of a state agree. */
export function validateState(state: RecordedState): void {
  let reserved = 0;
  let used = 0;
  let inBlocks = 0;
  for (const block of state.blocks.values()) {
    reserved += block.size;
    let end = 0;
    for (const allocation of state.allocationsOf(block)) {
      expect(allocation.block).toBe(block);
      expect(state.allocations.get(allocation.id)).toBe(allocation);
      expect(allocation.offset).toBeGreaterThanOrEqual(end);
      end = allocation.offset + allocation.size;
      used += allocation.size;
      inBlocks++;
    }
    expect(end).toBeLessThanOrEqual(block.size);
  }
  expect(inBlocks).toBe(state.allocations.size);
  expect([state.reservedBytes, state.usedBytes]).toEqual([reserved, used]);
}

/** Where the header of a recording ends, and where its segments begin. */
export function placesOf(bytes: Uint8Array): { headerEnd: number; segments: number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const segments: number[] = [];
  const lengthAt = (at: number): number => 40 + view.getUint32(at + 4, true);
  for (let at = 0; at < bytes.length; at += lengthAt(at)) if (bytes[at + 12] === 2) segments.push(at);
  return { headerEnd: lengthAt(0), segments };
}
