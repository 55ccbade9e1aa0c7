/**
 * Which memory type an allocation goes to.
 *
 * What the caller says (usage, host access, required and preferred properties) becomes three sets of
 * property flags: required, preferred, not preferred. A type without a required property is out; among the
 * others the one with the lowest cost wins, the lower index on a tie:
 *
 *     cost = preferred properties that it lacks + not-preferred properties that it has
 */

import { popCount } from "../../foundation/bits.ts";
import { checkInteger } from "../../foundation/check.ts";
import { MemoryProperty, PhysicalDeviceType } from "../../vulkan/constants.ts";
import type { MemoryHeap, MemoryType, VulkanDevice } from "../../vulkan/device.ts";
import { AllocationCreate, MemoryUsage } from "../flags.ts";

const { DeviceLocal, HostVisible, HostCoherent, HostCached, LazilyAllocated } = MemoryProperty;
const AMD_PROPERTIES = MemoryProperty.DeviceCoherentAMD | MemoryProperty.DeviceUncachedAMD;

/** What the choice of a memory type depends on. */
export interface MemoryTypeQuery {
  /** {@link AllocationCreate} flags; the host-access ones count. */
  readonly flags: number;
  /** {@link MemoryUsage} */
  readonly usage: number;
  readonly requiredFlags: number;
  readonly preferredFlags: number;
  /** Acceptable memory types, a bit for each; 0 for all. */
  readonly acceptedTypeBits: number;
  /** Whether the resource's usage is known; the Auto usages need it. */
  readonly resourceKnown: boolean;
  /** Whether the device does more with the resource than transfers. */
  readonly deviceAccess: boolean;
}

/** No memory type. */
export const NO_MEMORY_TYPE = -1;

/** So many answers are kept. */
const ANSWERS = 4;

/** What was asked, and which memory type is the answer. */
class Answer {
  type: number = NO_MEMORY_TYPE;
  private typeBits = 0;
  private flags = 0;
  /** None that can be asked for. */
  private usage = -1;
  private requiredFlags = 0;
  private preferredFlags = 0;
  private acceptedTypeBits = 0;
  private resourceKnown = false;
  private deviceAccess = false;

  isTo(typeBits: number, query: MemoryTypeQuery): boolean {
    return (
      this.typeBits === typeBits &&
      this.flags === query.flags &&
      this.usage === query.usage &&
      this.requiredFlags === query.requiredFlags &&
      this.preferredFlags === query.preferredFlags &&
      this.acceptedTypeBits === query.acceptedTypeBits &&
      this.resourceKnown === query.resourceKnown &&
      this.deviceAccess === query.deviceAccess
    );
  }

  set(typeBits: number, query: MemoryTypeQuery, type: number): void {
    this.typeBits = typeBits;
    this.flags = query.flags;
    this.usage = query.usage;
    this.requiredFlags = query.requiredFlags;
    this.preferredFlags = query.preferredFlags;
    this.acceptedTypeBits = query.acceptedTypeBits;
    this.resourceKnown = query.resourceKnown;
    this.deviceAccess = query.deviceAccess;
    this.type = type;
  }
}

/** The device's memory types and heaps, heap limits applied. */
export class MemoryTypes {
  readonly types: readonly MemoryType[];
  /** With the sizes that heapSizeLimits leave. */
  readonly heaps: readonly MemoryHeap[];
  /** The types that this allocator uses at all, a bit for each. */
  readonly globalBits: number;
  /** The heaps that have a limit, a bit for each. */
  readonly limitedHeaps: number;
  readonly isIntegratedGpu: boolean;
  readonly nonCoherentAtomSize: number;

  /** The last questions and their answers. */
  private readonly answers: readonly Answer[] = Array.from({ length: ANSWERS }, () => new Answer());
  /** Which of them goes next. */
  private oldest = 0;
  private required = 0;
  private preferred = 0;
  private notPreferred = 0;

  /**
   * @param heapSizeLimits bytes for each heap; Infinity or a missing entry for no limit.
   * @param deviceCoherent whether the AMD device-coherent types may be used.
   */
  constructor(device: VulkanDevice, heapSizeLimits: readonly (number | null)[], deviceCoherent: boolean) {
    const { memoryTypes, memoryHeaps } = device.memoryProperties;
    if (heapSizeLimits.length > memoryHeaps.length) {
      throw new RangeError(
        `heapSizeLimits has ${heapSizeLimits.length} entries, the device has ${memoryHeaps.length} heaps`,
      );
    }
    let limitedHeaps = 0;
    this.types = memoryTypes;
    this.heaps = memoryHeaps.map((heap, index) => {
      const limit = heapSizeLimits[index] ?? Number.POSITIVE_INFINITY;
      if (limit === Number.POSITIVE_INFINITY) return heap;
      checkInteger(limit, `heapSizeLimits[${index}]`, 1);
      limitedHeaps |= 1 << index;
      return { size: Math.min(heap.size, limit), flags: heap.flags };
    });
    this.limitedHeaps = limitedHeaps;
    this.globalBits = memoryTypes.reduce((bits, type, index) => {
      const excluded = !deviceCoherent && (type.propertyFlags & MemoryProperty.DeviceCoherentAMD) !== 0;
      return excluded ? bits : bits | (1 << index);
    }, 0);
    this.isIntegratedGpu = device.properties.deviceType === PhysicalDeviceType.IntegratedGpu;
    this.nonCoherentAtomSize = device.properties.limits.nonCoherentAtomSize;
  }

  propertyFlags(typeIndex: number): number {
    return this.types[typeIndex]!.propertyFlags;
  }

  heapIndex(typeIndex: number): number {
    return this.types[typeIndex]!.heapIndex;
  }

  isHostVisible(typeIndex: number): boolean {
    return (this.types[typeIndex]!.propertyFlags & HostVisible) !== 0;
  }

  /** Whether host accesses to the type need flushes and invalidates. */
  isNonCoherent(typeIndex: number): boolean {
    return (this.types[typeIndex]!.propertyFlags & (HostVisible | HostCoherent)) === HostVisible;
  }

  /** The alignment that every allocation of the type has at least: the atom where flushes are needed. */
  minAlignment(typeIndex: number): number {
    return this.isNonCoherent(typeIndex) ? this.nonCoherentAtomSize : 1;
  }

  /**
   * The best memory type among `typeBits`, or {@link NO_MEMORY_TYPE}.
   * (vmaFindMemoryTypeIndex, where it answers VK_ERROR_FEATURE_NOT_PRESENT.)
   *
   * Programs ask the same few questions again and again, so the last answers are kept.
   */
  find(typeBits: number, query: MemoryTypeQuery): number {
    const { answers } = this;
    for (let i = 0; i < ANSWERS; i++) {
      const known = answers[i]!;
      if (known.isTo(typeBits, query)) return known.type;
    }
    const type = this.search(typeBits, query);
    answers[this.oldest]!.set(typeBits, query, type);
    this.oldest = (this.oldest + 1) % ANSWERS;
    return type;
  }

  /** The property flags that a memory type must have for `query`. */
  requiredFor(query: MemoryTypeQuery): number {
    this.setPreferences(query);
    return this.required;
  }

  private search(typeBits: number, query: MemoryTypeQuery): number {
    if (!this.setPreferences(query)) return NO_MEMORY_TYPE;
    let candidates = typeBits & this.globalBits;
    if (query.acceptedTypeBits !== 0) candidates &= query.acceptedTypeBits;

    let best = NO_MEMORY_TYPE;
    let bestCost = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.types.length; index++) {
      if ((candidates & (1 << index)) === 0) continue;
      const flags = this.types[index]!.propertyFlags;
      if ((this.required & ~flags) !== 0) continue;
      const cost = popCount(this.preferred & ~flags) + popCount(flags & this.notPreferred);
      if (cost < bestCost) {
        best = index;
        bestCost = cost;
        if (cost === 0) break;
      }
    }
    return best;
  }

  /** Sets the three sets of flags for `query`; false where an Auto usage meets an unknown resource. */
  private setPreferences(query: MemoryTypeQuery): boolean {
    this.required = query.requiredFlags;
    this.preferred = query.preferredFlags;
    this.notPreferred = 0;
    // Uncached memory is slow for the device: only where the caller named an AMD property at all.
    if (((query.requiredFlags | query.preferredFlags) & AMD_PROPERTIES) === 0) {
      this.notPreferred = MemoryProperty.DeviceUncachedAMD;
    }
    if (query.usage < MemoryUsage.Auto) {
      this.addLegacyUsage(query.usage);
      return true;
    }
    if (!query.resourceKnown) return false;
    if ((query.flags & AllocationCreate.HostAccessRandom) !== 0) this.addHostRandom(query);
    else if ((query.flags & AllocationCreate.HostAccessSequentialWrite) !== 0) this.addHostWrite(query);
    else this.addDeviceOnly(query);
    return true;
  }

  private addLegacyUsage(usage: number): void {
    // An integrated GPU's memory is all one: who prefers HostVisible there gets that, and DeviceLocal is not preferred in addition.
    const wantsDeviceLocal = !this.isIntegratedGpu || (this.preferred & HostVisible) === 0;
    switch (usage) {
      case MemoryUsage.GpuOnly:
        if (wantsDeviceLocal) this.preferred |= DeviceLocal;
        break;
      case MemoryUsage.CpuOnly:
        this.required |= HostVisible | HostCoherent;
        break;
      case MemoryUsage.CpuToGpu:
        this.required |= HostVisible;
        if (wantsDeviceLocal) this.preferred |= DeviceLocal;
        break;
      case MemoryUsage.GpuToCpu:
        this.required |= HostVisible;
        this.preferred |= HostCached;
        break;
      case MemoryUsage.CpuCopy:
        this.notPreferred |= DeviceLocal;
        break;
      case MemoryUsage.GpuLazilyAllocated:
        this.required |= LazilyAllocated;
        break;
    }
  }

  /** Whether the caller would rather copy on the device than have slow memory for it. */
  private prefersTransfer(query: MemoryTypeQuery): boolean {
    return (
      !this.isIntegratedGpu &&
      query.deviceAccess &&
      (query.flags & AllocationCreate.HostAccessAllowTransferInstead) !== 0 &&
      query.usage !== MemoryUsage.AutoPreferHost
    );
  }

  private addHostVisible(query: MemoryTypeQuery): void {
    if ((query.flags & AllocationCreate.HostAccessAllowTransferInstead) !== 0) this.preferred |= HostVisible;
    else this.required |= HostVisible;
  }

  /** The host reads, or writes at random. Cached is preferred, never required: some devices have none. */
  private addHostRandom(query: MemoryTypeQuery): void {
    this.preferred |= HostCached;
    // Leaving HostVisible out weighs device-local memory the same as cached host memory.
    if (this.prefersTransfer(query)) this.preferred |= DeviceLocal;
    else this.addHostVisible(query);
  }

  /** The host writes sequentially: uncached, write-combined memory is best. */
  private addHostWrite(query: MemoryTypeQuery): void {
    this.notPreferred |= HostCached;
    if (this.prefersTransfer(query)) {
      this.preferred |= DeviceLocal | HostVisible;
      return;
    }
    this.addHostVisible(query);
    const onDevice = query.deviceAccess
      ? query.usage !== MemoryUsage.AutoPreferHost
      : query.usage === MemoryUsage.AutoPreferDevice;
    if (onDevice) this.preferred |= DeviceLocal;
    else this.notPreferred |= DeviceLocal;
  }

  private addDeviceOnly(query: MemoryTypeQuery): void {
    if (query.usage === MemoryUsage.AutoPreferHost) this.notPreferred |= DeviceLocal;
    else this.preferred |= DeviceLocal;
  }
}
