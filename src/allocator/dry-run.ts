/** What an allocation would do, without doing it. */

import { Attempts, type MemoryEngine, type MemorySource } from "./engine.ts";
import { NO_MEMORY_TYPE } from "./memory-types.ts";
import type { AllocationRequest } from "./request.ts";

/** The answer of `Allocator.wouldAllocate`. */
export interface AllocationPlan {
  /** Index of the memory type. */
  readonly memoryType: number;
  /** Whether it would come from a block that is there, from a new block, or get dedicated memory. */
  readonly from: "block" | "newBlock" | "dedicated";
  /** Bytes of new device memory; 0 for a block that is there. */
  readonly newBytes: number;
  /** Bytes that the allocation would have at least. */
  readonly size: number;
}

/**
 * What {@link MemoryEngine.allocate} would do, if the driver grants whatever is asked of it. Undefined, with
 * the failure recorded, where it would fail without asking the driver.
 */
export function planAllocation(engine: MemoryEngine, request: AllocationRequest): AllocationPlan | undefined {
  engine.context.failure.reset();
  if (!engine.settleFlags(request)) return undefined;
  const { pool } = request;
  if (pool !== undefined) {
    return engine.suitsPool(request, pool)
      ? planFrom(engine, request, pool, pool.memoryTypeIndex)
      : undefined;
  }
  let typeBits = request.requirements.memoryTypeBits;
  for (let type = engine.firstType(request); type !== NO_MEMORY_TYPE; ) {
    const plan = planFrom(engine, request, engine.defaults[type]!, type);
    if (plan !== undefined) return plan;
    typeBits &= ~(1 << type);
    type = engine.context.memoryTypes.find(typeBits, request);
  }
  return undefined;
}

function planFrom(
  engine: MemoryEngine,
  request: AllocationRequest,
  source: MemorySource,
  memoryType: number,
): AllocationPlan | undefined {
  const { size } = request;
  const dedicated = (): AllocationPlan | undefined =>
    canBeDedicated(engine, request, source)
      ? { memoryType, from: "dedicated", newBytes: size, size }
      : undefined;
  const block = (): AllocationPlan | undefined => {
    const newBytes = source.blockList.plan(request);
    if (newBytes === undefined) return undefined;
    return { memoryType, from: newBytes === 0 ? "block" : "newBlock", newBytes, size };
  };
  switch (engine.attemptsFor(request, source, memoryType)) {
    case Attempts.Dedicated:
      return dedicated();
    case Attempts.DedicatedThenBlock:
      return dedicated() ?? block();
    case Attempts.BlockThenDedicated:
      return block() ?? dedicated();
    default:
      return block();
  }
}

function canBeDedicated(
  engine: MemoryEngine,
  request: AllocationRequest,
  { dedicated }: MemorySource,
): boolean {
  return (
    engine.isWithinBudget(request, dedicated.heapIndex) &&
    engine.context.deviceMemory.isAllowed(dedicated.heapIndex, request.size)
  );
}
