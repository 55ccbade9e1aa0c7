/** Transient resources as programs see them: where each is, what they take, and the barriers before each pass. */

import type { Allocation } from "../allocator/allocation.ts";
import { destroyResource } from "../allocator/resource/destroy.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import { checkInteger, quote } from "../foundation/check.ts";
import { showAsText } from "../foundation/inspect.ts";
import type { Buffer, CommandBuffer, Image } from "../vulkan/handles.ts";
import type { MemoryRequirements } from "../vulkan/resources.ts";
import type { Described } from "./description.ts";
import type { TransientTakeOver } from "./take-overs.ts";

/** Resources that share memory. */
export interface TransientGroup {
  /** The index of the memory type. */
  readonly memoryTypeIndex: number;
  /** The memory that the group shares. */
  readonly allocation: Allocation;
  /** The resources in it, with their places. */
  readonly resources: readonly TransientPlace[];
  /** Bytes of the allocation that are used. */
  readonly height: number;
  /** A lower bound on the bytes of any placement. */
  readonly lowerBound: number;
  /** Whether no placement takes fewer bytes. */
  readonly isOptimal: boolean;
}

/**
 * A transient resource, made and bound.
 *
 * @experimental
 */
export class TransientPlace {
  /** The name from its description. */
  readonly name: string | undefined;
  /** VkBuffer; undefined for an image. Must not be destroyed on its own: see {@link Transients.destroy}. */
  readonly buffer: Buffer | undefined;
  /** VkImage; undefined for a buffer. Must not be destroyed on its own: see {@link Transients.destroy}. */
  readonly image: Image | undefined;
  /** The memory that it shares. It is freed with the resources. */
  readonly allocation: Allocation;
  /** Bytes from the start of the allocation. */
  readonly offset: number;
  /** Bytes that the driver requires. */
  readonly size: number;
  /** @internal */
  readonly described: Described;
  /** @internal */
  readonly requirements: Readonly<MemoryRequirements>;
  /** @internal */
  readonly isLinear: boolean;

  /** @internal */
  constructor(
    resource: Pick<TransientPlace, "described" | "requirements" | "isLinear" | "handle">,
    allocation: Allocation,
    offset: number,
  ) {
    const { described, requirements, isLinear, handle } = resource;
    this.described = described;
    this.requirements = requirements;
    this.isLinear = isLinear;
    this.name = described.name;
    this.buffer = described.kind === ResourceKind.Buffer ? (handle as Buffer) : undefined;
    this.image = described.kind === ResourceKind.Image ? (handle as Image) : undefined;
    this.allocation = allocation;
    this.offset = offset;
    this.size = requirements.size;
  }

  /** VkBuffer or VkImage. */
  get handle(): Buffer | Image {
    return (this.buffer ?? this.image)!;
  }

  /** What JSON.stringify writes: handles as text, which JSON has no numbers for. */
  toJSON(): object {
    const { name, offset, size } = this;
    const handle = `0x${this.handle.toString(16)}`;
    return this.image === undefined
      ? { name, buffer: handle, offset, size }
      : { name, image: handle, offset, size };
  }
}

/**
 * Buffers and images that share memory, each used in the passes that need it. Made by `Allocator.createTransients`.
 *
 * @experimental
 */
export class Transients {
  /** In the order in which they were described. */
  readonly resources: readonly TransientPlace[];
  /** The groups that share memory, with that memory. */
  readonly groups: readonly TransientGroup[];
  /** The barriers of a run of the passes, in order. */
  readonly takeOvers: readonly TransientTakeOver<TransientPlace>[];
  /** Bytes of allocated memory. */
  readonly bytes: number;
  /** Bytes that the resources would take if each had its own memory, without gaps between them. */
  readonly separateBytes: number;
  /** A lower bound on the bytes of any placement. */
  readonly lowerBound: number;
  readonly #state: AllocatorState;
  /** What this object has to destroy. */
  readonly #handles: Set<TransientPlace>;
  readonly #memory: Set<Allocation>;
  #isDestroyed = false;

  /** @internal */
  constructor(
    state: AllocatorState,
    resources: readonly TransientPlace[],
    groups: readonly TransientGroup[],
    takeOvers: readonly TransientTakeOver<TransientPlace>[],
  ) {
    this.#state = state;
    this.resources = resources;
    this.groups = groups;
    this.takeOvers = takeOvers;
    this.#handles = new Set(resources);
    this.#memory = new Set(groups.map(({ allocation }) => allocation));
    this.bytes = groups.reduce((sum, { allocation }) => sum + allocation.size, 0);
    this.separateBytes = resources.reduce((sum, { size }) => sum + size, 0);
    this.lowerBound = groups.reduce((sum, group) => sum + group.lowerBound, 0);
    state.owned.add(this);
  }

  /** Whether they are destroyed, except what newer ones have taken over. */
  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /**
   * The resource of this name.
   *
   * @throws RangeError if there is none.
   */
  get(name: string): TransientPlace {
    const found = this.resources.find((resource) => resource.name === name);
    if (found === undefined) throw new RangeError(`no transient resource has the name ${quote(name)}`);
    return found;
  }

  /**
   * The barriers that must come before a pass; barriers between uses of the same resource are up to the program. They can be
   * submitted to a `TransferQueue` as they are.
   */
  takeOversBefore(pass: number): TransientTakeOver<TransientPlace>[] {
    checkInteger(pass, "pass");
    return this.takeOvers.filter((each) => each.pass === pass);
  }

  /**
   * Records {@link takeOversBefore} into a command buffer that has been begun, outside a render pass: at most one
   * vkCmdPipelineBarrier per 64 of them.
   *
   * @throws TypeError if the device has no command buffers, like the simulator's.
   */
  recordBarriers(commandBuffer: CommandBuffer, pass: number): void {
    const { device } = this.#state;
    if (device.recordTakeOvers === undefined) {
      throw new TypeError(
        "the device cannot record barriers: submit what takeOversBefore returns to its queue",
      );
    }
    if (this.#isDestroyed) throw new TypeError("transient resources are used after they were destroyed");
    device.recordTakeOvers(commandBuffer, this.takeOversBefore(pass));
  }

  /**
   * Destroys the resources and gives their memory back, except what newer ones have taken over. Destroying twice does nothing.
   * The device must be done with them.
   */
  destroy(): void {
    if (this.#isDestroyed) return;
    checkUsable(this.#state);
    this.#isDestroyed = true;
    const state = this.#state;
    state.owned.delete(this);
    for (const { described, handle } of this.#handles) {
      state.bindings.disownAlias(described.kind, handle);
      destroyResource(state, described.kind, handle, undefined);
    }
    for (const allocation of this.#memory) {
      if (allocation.isFreed) continue;
      const { deviceMemory, offset, size } = allocation;
      state.device.setTransientMemory?.(deviceMemory, offset, size, false);
      destroyResource(state, ResourceKind.None, undefined, allocation);
    }
  }

  /** {@link destroy}, for `using`; does nothing if the allocator is destroyed. */
  [Symbol.dispose](): void {
    if (!this.#state.isDestroyed) this.destroy();
  }

  /** @internal What newer ones have taken over belongs to them. */
  handOver(resources: Iterable<TransientPlace>, memory: Iterable<Allocation>): void {
    for (const resource of resources) this.#handles.delete(resource);
    for (const allocation of memory) this.#memory.delete(allocation);
  }

  /** @internal Whether the resource is still this object's. */
  has(resource: TransientPlace): boolean {
    return this.#handles.has(resource);
  }

  /** @internal Whether these belong to that allocator. */
  isOf(state: AllocatorState): boolean {
    return this.#state === state;
  }

  /** A description in one line. */
  toString(): string {
    const { resources, bytes, separateBytes } = this;
    return `Transients: ${resources.length} resources in ${bytes} bytes, ${separateBytes} apart`;
  }

  /** A description as data that can be written as JSON. */
  toJSON(): object {
    const { resources, bytes, separateBytes, lowerBound, isDestroyed } = this;
    return { resources, bytes, separateBytes, lowerBound, isDestroyed };
  }
}

showAsText(Transients);
