/** Makes custom pools. */

import { Result, VulkanError } from "../../vulkan/result.ts";
import { checkPoolCreateInfo } from "../options.ts";
import { Pool, type PoolCreateInfo } from "../pool.ts";
import type { AllocatorState } from "../state.ts";
import { checkUsable } from "../usable.ts";
import { preferredBlockSize } from "./default-pools.ts";

/** Makes a pool with its minimum of blocks. Undefined, with the failure recorded, if these are not available. */
export function createPool(state: AllocatorState, info: PoolCreateInfo): Pool | undefined {
  checkUsable(state);
  checkPoolCreateInfo(info);
  for (const type of [info.memoryTypeIndex, ...(info.fallbackMemoryTypes ?? [])]) {
    const { types, globalBits } = state.memoryTypes;
    if (type < types.length && (globalBits & (1 << type)) !== 0) continue;
    const detail = `memory type ${type} is not there or not used by this allocator`;
    throw new VulkanError(Result.ErrorFeatureNotPresent, "createPool", detail);
  }
  const { maxMemoryAllocationSize } = state.device.properties.limits;
  if ((info.blockSize ?? 0) > maxMemoryAllocationSize) {
    throw new RangeError(
      `blockSize must be at most the device's maxMemoryAllocationSize of ${maxMemoryAllocationSize}, got ${info.blockSize}`,
    );
  }
  state.failure.reset();
  const pool = new Pool(state, state.nextPoolId, info, (type) => preferredBlockSize(state, type));
  if (!pool.blockList.createMinBlocks()) return undefined;
  state.nextPoolId++;
  state.pools.add(pool);
  if (state.recorder !== undefined) state.recorder.poolCreated(pool);
  return pool;
}
