/**
 * The state of one allocator: its memory, its pools, whether it may be used, what is still alive in it. The
 * parts that the user sees stand around it.
 */

import { quote } from "../foundation/check.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { Allocation, ResourceKind } from "./allocation.ts";
import { Budgets } from "./budget.ts";
import { type AllocatorContext, type AllocatorSettings, hasFlag } from "./context.ts";
import type { AllocatorCreateInfo } from "./create-info.ts";
import { DeviceMemory, Failure } from "./device-memory.ts";
import { MemoryEngine } from "./engine.ts";
import { AllocatorCreate } from "./flags.ts";
import { MemoryTypes } from "./memory-types.ts";
import { checkPoolCreateInfo, Pool, type PoolCreateInfo } from "./pool.ts";
import type { AllocationRequest } from "./request.ts";
import { readSettings } from "./settings.ts";
import { AllocationTracker, type Leak, LeakError } from "./tracking.ts";

/** A constant of this module, which V8 folds into its code. */
const AllocationClass = Allocation;

/** What the parts of an allocator stand around. */
export class AllocatorCore {
  readonly context: AllocatorContext;
  readonly engine: MemoryEngine;
  isDestroyed = false;
  private readonly tracker: AllocationTracker;
  private nextPoolId = 0;

  constructor(info: AllocatorCreateInfo) {
    const settings = readSettings(info);
    this.tracker = new AllocationTracker(settings.debug);
    this.context = this.createContext(settings, info);
    this.engine = new MemoryEngine(this.context);
  }

  private createContext(settings: AllocatorSettings, info: AllocatorCreateInfo): AllocatorContext {
    const { device } = settings;
    const coherent = hasFlag(settings, AllocatorCreate.AmdDeviceCoherentMemory);
    const memoryTypes = new MemoryTypes(device, info.heapSizeLimits ?? [], coherent);
    const budgets = new Budgets(device, memoryTypes, hasFlag(settings, AllocatorCreate.ExtMemoryBudget));
    const failure = new Failure();
    const callbacks = info.deviceMemoryCallbacks ?? {};
    const deviceMemory = new DeviceMemory(
      device,
      memoryTypes,
      budgets,
      callbacks,
      failure,
      settings.debug.log,
    );
    return {
      ...settings,
      memoryTypes,
      budgets,
      deviceMemory,
      failure,
      checkUsable: () => this.checkUsable(),
      handOut: (allocation) => this.tracker.handOut(allocation),
      free: (allocation, destroyResource) => this.release(allocation, destroyResource),
    };
  }

  /** Whether every allocation is recorded for debugging. */
  get isTracking(): boolean {
    return this.tracker.isActive;
  }

  /** Makes an allocation and what the user is to hold of it. */
  allocate(request: AllocationRequest): Allocation | undefined {
    const allocation = this.engine.allocate(request);
    return allocation !== undefined && this.tracker.isActive ? this.tracker.track(allocation) : allocation;
  }

  /** Takes back what {@link allocate} made for a call that has failed; see {@link MemoryEngine.undo}. */
  undo(allocation: Allocation, made: number): void {
    this.engine.undo(this.tracker.isActive ? this.tracker.unwrap(allocation) : allocation, made);
  }

  /** Checks the allocation and frees it, with `destroyResource` after what was created with it. */
  release(allocation: Allocation, destroyResource: boolean): void {
    const owned = this.checkOwn(allocation);
    const { device } = this.context;
    if (destroyResource) {
      if (owned.kind === ResourceKind.Buffer) device.destroyBuffer(owned.resource);
      else if (owned.kind === ResourceKind.Image) device.destroyImage(owned.resource);
    }
    this.engine.free(owned);
  }

  /** An allocation of this allocator that is alive; what the tracker handed out is unwrapped. */
  checkOwn(allocation: Allocation): Allocation {
    this.checkUsable();
    if (!(allocation instanceof AllocationClass)) this.refuseAllocation(allocation);
    const { home } = allocation;
    // It is undefined where somebody made the object without the constructor.
    if (home === null || home === undefined || home.context !== this.context)
      this.refuseAllocation(allocation);
    return this.tracker.isActive ? this.tracker.unwrap(allocation) : allocation;
  }

  /** Apart from the check, so that V8 inlines that: 15 ns of a destroyBuffer. */
  private refuseAllocation(allocation: Allocation): never {
    if (!(allocation instanceof Allocation)) {
      throw new TypeError(`allocation must be an Allocation, got ${quote(allocation)}`);
    }
    allocation.live();
    throw new TypeError(`allocation${allocation.label} belongs to another allocator`);
  }

  /** A pool of this allocator that is alive. */
  checkOwnPool(pool: Pool): Pool {
    this.checkUsable();
    if (!(pool instanceof Pool)) throw new TypeError(`pool must be a Pool, got ${quote(pool)}`);
    if (pool.blockList.context !== this.context)
      throw new TypeError(`${pool.label} belongs to another allocator`);
    if (pool.isDestroyed) throw new TypeError(`${pool.label} is used after it was destroyed`);
    return pool;
  }

  /** Throws when the allocator is destroyed, or when one of its own callbacks is running. */
  checkUsable(): void {
    if (this.isDestroyed || this.context.deviceMemory.inCallback) this.refuseUse();
  }

  private refuseUse(): never {
    if (this.isDestroyed) throw new TypeError("the allocator is used after it was destroyed");
    throw new TypeError("the allocator is called from one of its own device-memory callbacks");
  }

  /** Makes a pool with its minimum of blocks. */
  createPool(info: PoolCreateInfo): Pool {
    this.checkUsable();
    checkPoolCreateInfo(info);
    const { context } = this;
    const { memoryTypeIndex } = info;
    const isUsable =
      memoryTypeIndex < context.memoryTypes.types.length &&
      (context.memoryTypes.globalBits & (1 << memoryTypeIndex)) !== 0;
    if (!isUsable) {
      const detail = `memory type ${memoryTypeIndex} is not there or not used by this allocator`;
      throw new VulkanError(Result.ErrorFeatureNotPresent, "createPool", detail);
    }
    context.failure.reset();
    const blockSize = this.engine.preferredBlockSize(memoryTypeIndex);
    const pool = new Pool(context, this.nextPoolId, info, blockSize, (self) => this.destroyPool(self));
    if (!pool.blockList.createMinBlocks()) throw context.failure.toError();
    this.nextPoolId++;
    this.engine.pools.add(pool);
    return pool;
  }

  /** Destroys an empty pool. */
  destroyPool(pool: Pool): void {
    this.checkOwnPool(pool);
    if (!pool.isEmpty) {
      const alive = [...this.engine.allocations()].filter((allocation) => allocation.pool === pool);
      throw new LeakError(
        alive.map((allocation) => this.tracker.describe(allocation)),
        [],
      );
    }
    this.engine.pools.delete(pool);
    pool.isDestroyed = true;
    pool.blockList.destroy();
  }

  /** What has not been freed. */
  leaks(): Leak[] {
    return [...this.engine.allocations()].map((allocation) => this.tracker.describe(allocation));
  }

  /** Frees all memory; throws a LeakError while something is alive, unless forced. */
  destroy(force = false): void {
    this.checkUsable();
    const leaks = this.leaks();
    const pools = [...this.engine.pools].map((pool) => pool.label);
    if (leaks.length + pools.length > 0) {
      const error = new LeakError(leaks, pools);
      if (!force && this.context.debug.throwOnLeak) throw error;
      this.context.debug.log?.(error.message);
    }
    for (const pool of this.engine.pools) pool.isDestroyed = true;
    this.isDestroyed = true;
    this.engine.destroy();
  }
}
