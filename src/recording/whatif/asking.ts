/** Repeats a recorded request on an allocator. */

import type { Allocation } from "../../allocator/allocation.ts";
import { AllocationCreate } from "../../allocator/flags.ts";
import type { AllocationCreateInfo } from "../../allocator/options.ts";
import type { Pool } from "../../allocator/pool.ts";
import type { Allocator } from "../../face/allocator.ts";
import type { SimulatedDevice } from "../../simulator/index.ts";
import { RequestedResource } from "../format/kinds.ts";
import type { RecordedRequest } from "../format/request.ts";
import type { ReplaySettings } from "./settings.ts";

const STRATEGIES =
  AllocationCreate.StrategyMinMemory | AllocationCreate.StrategyMinTime | AllocationCreate.StrategyMinOffset;
/** Usages of buffers that need no feature; the others do not change a buffer's memory requirements. */
const PLAIN_BUFFER_USAGES = 0x1ff;
const STORAGE_BUFFER = 0x20;
/** The first MemoryUsage that depends on the resource: Auto. */
const AUTO_USAGE = 7;

/** The allocator and device of a request, and its purpose. */
export interface Asking {
  readonly allocator: Allocator;
  readonly device: SimulatedDevice;
  readonly settings: ReplaySettings;
  readonly pools: ReadonlyMap<number, Pool>;
}

/**
 * Makes the allocation, with the resource if it is known.
 *
 * @throws VulkanError if it is refused.
 */
export function askAgain(asking: Asking, request: RecordedRequest, size: number): Allocation {
  const { allocator, device } = asking;
  const info = infoOf(asking, request);
  const { image } = request;
  if (request.resource === RequestedResource.Buffer) {
    const usage = request.resourceUsage & PLAIN_BUFFER_USAGES || STORAGE_BUFFER;
    return allocator.createBuffer({ size, usage }, info).allocation;
  }
  if (request.resource === RequestedResource.Image && image !== undefined && image.width > 0) {
    const { width, height, depth, mipLevels, arrayLayers, samples, tiling, imageType, format } = image;
    const extent = { width, height, depth };
    const description = { format, extent, mipLevels, arrayLayers, samples, imageType };
    return allocator.createImage({ ...description, tiling, usage: request.resourceUsage }, info).allocation;
  }
  const memoryTypeBits = 2 ** device.memoryProperties.memoryTypes.length - 1;
  const usage = (info.usage ?? 0) >= AUTO_USAGE ? 0 : (info.usage ?? 0);
  const requirements = { size, alignment: request.alignment, memoryTypeBits };
  return allocator.allocateMemory(requirements, { ...info, usage });
}

function infoOf({ settings, pools }: Asking, request: RecordedRequest): AllocationCreateInfo {
  const { strategy, dedicated, withoutPools } = settings;
  let { flags } = request;
  if (strategy !== undefined) flags = (flags & ~STRATEGIES) | strategy;
  if (dedicated === "never") flags &= ~AllocationCreate.DedicatedMemory;
  flags &= ~AllocationCreate.UserDataCopyString;
  const pool = request.pool === undefined || withoutPools === true ? undefined : pools.get(request.pool);
  if (pool === undefined) flags &= ~AllocationCreate.UpperAddress;
  return {
    flags,
    usage: request.usage,
    requiredFlags: request.requiredFlags,
    preferredFlags: request.preferredFlags,
    priority: request.priority,
    dedicatedFallback: dedicated === "never" ? false : request.dedicatedFallback,
    ...(request.minAlignment === 0 ? {} : { minAlignment: request.minAlignment }),
    ...(pool === undefined ? {} : { pool }),
  };
}
