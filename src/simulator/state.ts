/** What all parts of the simulated driver share: options, objects, counters. */

import { checkUint64, quote } from "../foundation/check.ts";
import { asData } from "../foundation/inspect.ts";
import { apiVersionString } from "../vulkan/constants.ts";
import type { VulkanError } from "../vulkan/result.ts";
import { type CallName, zeroCounts } from "./calls.ts";
import { CapturedAddresses } from "./captured-addresses.ts";
import { forbid, type ObjectLeak } from "./error.ts";
import type { DriverEventListener } from "./events.ts";
import { Faults } from "./faults.ts";
import type { SimulatedHost } from "./host.ts";
import {
  type BufferObject,
  type DriverObject,
  type ImageObject,
  type MemoryObject,
  nameOf,
  type Resource,
  type SemaphoreObject,
} from "./objects.ts";
import type { HeapUse } from "./payload.ts";
import type { DeviceProfile } from "./profile.ts";
import { memoryTypesBySort, type RequirementsSource } from "./requirements.ts";

/** What the simulated device permits although a strict reading forbids it. Each can be switched at any time. */
export interface Permissions {
  /**
   * Resources may share bytes without being registered for it. Vulkan itself permits that; in an allocator it is a bug, unless
   * aliasing was requested. Default false.
   */
  overlap: boolean;
  /** Linear and optimal resources may share a page of bufferImageGranularity. Default false. */
  granularityConflict: boolean;
  /** Memory that is not mapped may be flushed and invalidated, which then does nothing. Default false. */
  unmappedRanges: boolean;
  /**
   * Resources may be bound to unsuitable memory: not dedicated although they require that, protected although they are not, or
   * the other way round. Default false.
   */
  unsuitedMemory: boolean;
  /**
   * Memory may be freed while resources are bound to it, as Vulkan permits; using them is an error all the
   * same. Default true.
   */
  freeBound: boolean;
}

/** The device features that concern memory. */
export interface DeviceFeatures {
  /** Default: whether the version is 1.2 or VK_KHR_buffer_device_address is enabled. */
  readonly bufferDeviceAddress: boolean;
  /** Default false. */
  readonly bufferDeviceAddressCaptureReplay: boolean;
  /** Default: whether VK_KHR_maintenance4 is enabled. */
  readonly maintenance4: boolean;
  /** Default: whether VK_KHR_maintenance5 is enabled. */
  readonly maintenance5: boolean;
  /** Default: whether VK_EXT_zero_initialize_device_memory is enabled. */
  readonly zeroInitializeDeviceMemory: boolean;
  /** For `placedAt`. Default: whether VK_EXT_map_memory_placed is enabled. */
  readonly memoryMapPlaced: boolean;
  /** Unmapping leaves places reserved. Default: whether VK_EXT_map_memory_placed is enabled. */
  readonly memoryUnmapReserve: boolean;
  /** Default: whether VK_AMD_device_coherent_memory is enabled. */
  readonly deviceCoherentMemory: boolean;
  /** Default false. */
  readonly protectedMemory: boolean;
  /** Default false, like all features whose names begin with "sparse". */
  readonly sparseBinding: boolean;
  /** Buffers with `BufferCreate.SparseResidency`. */
  readonly sparseResidencyBuffer: boolean;
  /** 2D images with `ImageCreate.SparseResidency`. */
  readonly sparseResidencyImage2D: boolean;
  /** 3D images with `ImageCreate.SparseResidency`. */
  readonly sparseResidencyImage3D: boolean;
  /** 2D images of 2 samples with sparse residency. */
  readonly sparseResidency2Samples: boolean;
  /** 2D images of 4 samples with sparse residency. */
  readonly sparseResidency4Samples: boolean;
  /** 2D images of 8 samples with sparse residency. */
  readonly sparseResidency8Samples: boolean;
  /** 2D images of 16 samples with sparse residency. */
  readonly sparseResidency16Samples: boolean;
  /** Resources with `SparseAliased`. */
  readonly sparseResidencyAliased: boolean;
}

/** Submitted work that is not complete. */
export interface PendingWork {
  readonly resources: ReadonlySet<Resource>;
  /** Whether it reads and writes them. */
  readonly copies: boolean;
  error: VulkanError | undefined;
}

const states = new WeakMap<object, DeviceState>();

/** Remembers the state of a device, for the simulator's other classes. */
export function setState(device: object, state: DeviceState): void {
  states.set(device, state);
}

/** The state of a simulated device. */
export function stateOf(device: object): DeviceState {
  const state = states.get(device);
  if (!state) throw new TypeError(`device must be a SimulatedDevice, got ${quote(device)}`);
  return state;
}

/** The state of one simulated device. */
export class DeviceState {
  readonly profile: DeviceProfile;
  readonly apiVersion: number;
  readonly extensions: ReadonlySet<string>;
  readonly features: DeviceFeatures;
  readonly permit: Permissions;
  readonly simulateCaches: boolean;
  /** The byte that new memory is filled with. */
  readonly freshMemory: number;
  readonly host: SimulatedHost;
  readonly faults: Faults = new Faults();
  readonly calls: Record<CallName, number> = zeroCounts();
  readonly heaps: readonly HeapUse[];
  /**
   * By handle, as a number: a Map finds small integers several times faster than bigints, and no handle of
   * this device passes 2^53.
   */
  readonly objects: Map<number, DriverObject> = new Map();
  /** For each sort of resource (see requirements.ts) the memory types that can hold it. */
  readonly typesBySort: readonly number[];
  readonly semaphores: Map<bigint, SemaphoreObject> = new Map();
  readonly pending: Set<PendingWork> = new Set();
  listener: DriverEventListener | undefined;
  requirements: RequirementsSource | undefined;
  nextRequirements: RequirementsSource | undefined;
  /** The buffers and images that a defragmentation is moving: nothing may be written to them. */
  readonly moving: Set<bigint> = new Set();
  readonly capturedBuffers: CapturedAddresses = new CapturedAddresses();
  readonly capturedMemory: CapturedAddresses = new CapturedAddresses();
  memoryCount = 0;
  /** How many memory objects may exist at once. */
  servedMemoryCount: number = Number.POSITIVE_INFINITY;
  bufferCount = 0;
  imageCount = 0;
  mappedCount = 0;
  /** How many memory objects were ever made. */
  memoryOrdinal = 0;
  destroyed = false;
  #lastHandle = 0x1000;

  constructor(
    members: Pick<
      DeviceState,
      | "profile"
      | "apiVersion"
      | "extensions"
      | "features"
      | "permit"
      | "simulateCaches"
      | "freshMemory"
      | "host"
    >,
  ) {
    this.profile = members.profile;
    this.apiVersion = members.apiVersion;
    this.extensions = members.extensions;
    this.features = members.features;
    this.permit = members.permit;
    this.simulateCaches = members.simulateCaches;
    this.freshMemory = members.freshMemory;
    this.host = members.host;
    this.typesBySort = memoryTypesBySort(members.profile);
    this.heaps = members.profile.memoryHeaps.map(() => ({ used: 0 }));
  }

  /** Every call of the port starts here: counts it. */
  enter(call: CallName): void {
    if (this.destroyed) forbid(call, `VUID-${call}-device-parameter`, "the device was destroyed");
    this.calls[call]++;
  }

  /** A handle that was never used before. */
  newHandle(): bigint {
    this.#lastHandle += 0x10;
    return BigInt(this.#lastHandle);
  }

  /** Keeps a new object. */
  add(object: DriverObject): void {
    this.objects.set(Number(object.handle), object);
  }

  /** Forgets a destroyed object. */
  remove(handle: bigint): void {
    this.objects.delete(Number(handle));
  }

  /** Throws unless the device's version is at least `core` or `extension` is enabled. */
  require(call: string, what: string, core: number, extension: string): void {
    if (this.apiVersion >= core || this.extensions.has(extension)) return;
    const version = core === Number.POSITIVE_INFINITY ? "" : `Vulkan ${apiVersionString(core)} or `;
    forbid(
      call,
      "simulator-extension-not-enabled",
      `${what} needs ${version}${extension}, which is not enabled`,
    );
  }

  /** The memory of this handle; `scope` is the call or structure whose member it is. */
  memory(handle: bigint, call: string, scope: string = call): MemoryObject {
    const object = this.objects.get(Number(handle));
    return object?.kind === "memory" ? object : this.#unknown(handle, "memory", call, scope);
  }

  /** The buffer of this handle. */
  buffer(handle: bigint, call: string, scope: string = call): BufferObject {
    const object = this.objects.get(Number(handle));
    return object?.kind === "buffer" ? object : this.#unknown(handle, "buffer", call, scope);
  }

  /** The image of this handle. */
  image(handle: bigint, call: string, scope: string = call): ImageObject {
    const object = this.objects.get(Number(handle));
    return object?.kind === "image" ? object : this.#unknown(handle, "image", call, scope);
  }

  /** Objects that are left, in the order of their creation, and submissions that are not complete. */
  leaks(): ObjectLeak[] {
    const leaks: ObjectLeak[] = [...this.objects.values()].map((object) => ({
      kind: object.kind,
      handle: object.handle,
      description: nameOf(object),
    }));
    for (const { handle, isTimeline } of this.semaphores.values()) {
      const description = `${isTimeline ? "timeline" : "binary"} semaphore 0x${handle.toString(16)}`;
      leaks.push({ kind: "semaphore", handle, description });
    }
    for (const work of this.pending) {
      const description = `a submission that uses ${work.resources.size} resources and is not complete`;
      leaks.push({ kind: "submission", handle: 0n, description });
    }
    return leaks.map(asData);
  }

  #unknown(handle: unknown, kind: DriverObject["kind"], call: string, scope: string): never {
    if (typeof handle !== "bigint") {
      throw new TypeError(`${call}: ${kind} must be a bigint handle, got ${quote(handle)}`);
    }
    checkUint64(handle, kind);
    const object = this.objects.get(Number(handle));
    const wasMade = handle > 0x1000n && handle <= BigInt(this.#lastHandle) && handle % 0x10n === 0n;
    let reason = "is not a handle of this device";
    if (handle === 0n) reason = "is VK_NULL_HANDLE";
    else if (object) reason = `is a handle of ${nameOf(object)}`;
    else if (wasMade) reason = "was already destroyed";
    return forbid(call, `VUID-${scope}-${kind}-parameter`, `${kind} 0x${handle.toString(16)} ${reason}`);
  }
}
