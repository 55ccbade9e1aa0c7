/**
 * Creates transient resources.
 *
 *     described -> made, and asked what they need -> groups -> places -> memory -> bound -> barriers
 *
 * Everything that is made on the way is noted, and undone in reverse order if a later step fails: then nothing has changed.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { allocating, undoAllocation } from "../allocator/memory/allocate.ts";
import { selectMemory } from "../allocator/memory/selection.ts";
import type { AllocationCreateInfo } from "../allocator/options.ts";
import { beginRequest } from "../allocator/resource/begin.ts";
import { destroyHandle } from "../allocator/resource/destroy.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import { alignUp } from "../foundation/bits.ts";
import { SuballocationType } from "../metadata/block-metadata.ts";
import type { Placement } from "../placement/place.ts";
import { ImageTiling } from "../vulkan/constants.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import {
  type BufferCreateInfo,
  emptyMemoryRequirements,
  type ImageCreateInfo,
  type MemoryRequirements,
} from "../vulkan/resources.ts";
import { type Described, readResources, type TransientResource } from "./description.ts";
import {
  findStaying,
  type Group,
  group,
  isMixed,
  type Needing,
  placeMembers,
  requestFor,
} from "./grouping.ts";
import { checkOptions, DEFAULT_TIME_LIMIT, type TransientOptions } from "./options.ts";
import { isSame } from "./same.ts";
import { findTakeOvers } from "./take-overs.ts";
import { type TransientGroup, TransientPlace, Transients } from "./transients.ts";

/** A resource in progress: described, and created if it did not exist before. */
interface Member extends Needing {
  /** What it was, if it can stay. */
  old: TransientPlace | undefined;
  handle: Buffer | Image;
  requirements: Readonly<MemoryRequirements>;
}

/** Members with their places, and their memory as soon as that is known. */
interface PlacedGroup extends Group<Member> {
  readonly placement: Placement;
  readonly isNew: boolean;
  allocation: Allocation | undefined;
}

/** Transient resources. Undefined, with the failure recorded, when memory runs out. */
export function createTransients(
  state: AllocatorState,
  resources: readonly TransientResource[],
  options: TransientOptions = {},
): Transients | undefined {
  checkUsable(state);
  checkOptions(state, options);
  // The settings are read here so that they are checked even without resources.
  beginRequest(state, options.allocation);
  return new Creation(state, options).run(readResources(state, resources));
}

class Creation {
  readonly #state: AllocatorState;
  readonly #settings: AllocationCreateInfo | undefined;
  readonly #timeLimit: number;
  readonly #repeats: boolean;
  readonly #previous: Transients | undefined;
  readonly #granularity: number;
  /** How to undo what was made, in order of creation. */
  readonly #undo: (() => void)[] = [];

  constructor(state: AllocatorState, options: TransientOptions) {
    this.#state = state;
    this.#settings = options.allocation;
    this.#timeLimit = options.timeLimit ?? DEFAULT_TIME_LIMIT;
    this.#repeats = options.repeats ?? true;
    this.#previous = options.previous;
    this.#granularity = options.allocation?.pool?.blockList.options.granularity ?? state.granularity;
  }

  run(described: readonly Described[]): Transients | undefined {
    let result: Transients | undefined;
    try {
      const members = described.map((each) => this.#begin(each));
      const placed = this.#formGroups(members).map((each) => this.#place(each));
      if (placed.every((each) => this.#allocate(each))) {
        for (const each of placed) this.#bind(each);
        result = this.#finish(members, placed);
      }
    } finally {
      if (result === undefined) for (const undo of this.#undo.reverse()) undo();
    }
    return result;
  }

  /** Finds an existing resource, or creates it. */
  #begin(described: Described): Member {
    const old = this.#findOld(described);
    if (old !== undefined) {
      const { requirements, isLinear, handle } = old;
      return { described, requirements, isLinear, handle, old };
    }
    const { kind, info } = described;
    const isLinear =
      kind === ResourceKind.Buffer ||
      ((info as ImageCreateInfo).tiling ?? ImageTiling.Optimal) !== ImageTiling.Optimal;
    const requirements = emptyMemoryRequirements();
    const handle = this.#make(described, requirements);
    return { described, requirements, isLinear, handle, old: undefined };
  }

  #findOld({ name, kind, info }: Described): TransientPlace | undefined {
    const previous = this.#previous;
    if (previous === undefined || name === undefined) return undefined;
    const old = previous.resources.find((resource) => resource.name === name && previous.has(resource));
    if (old === undefined || old.described.kind !== kind || old.allocation.isFreed) return undefined;
    return isSame(old.described.info, info) ? old : undefined;
  }

  #make({ kind, info }: Described, requirements: MemoryRequirements): Buffer | Image {
    const state = this.#state;
    let handle: Buffer | Image;
    if (kind === ResourceKind.Buffer) {
      handle = state.device.createBuffer(info as BufferCreateInfo);
      this.#undo.push(() => destroyHandle(state.device, kind, handle));
      state.requirements.ask(handle, requirements);
    } else {
      handle = state.requirements.createImage(info as ImageCreateInfo, requirements);
      this.#undo.push(() => destroyHandle(state.device, kind, handle));
    }
    const wanted = this.#settings?.minAlignment ?? 1;
    if (requirements.alignment < wanted) requirements.alignment = wanted;
    return handle;
  }

  /** Groups: what already shares memory, with what can join it, and others. */
  #formGroups(members: readonly Member[]): (Group<Member> & { readonly from?: TransientGroup })[] {
    const groups: (Group<Member> & { readonly from?: TransientGroup })[] = [];
    for (const from of this.#previous?.groups ?? []) {
      const staying = members.filter(({ old }) => old !== undefined && from.resources.includes(old));
      if (staying.length === 0) continue;
      const isDedicated = staying[0]!.requirements.requiresDedicatedAllocation;
      groups.push({ memoryTypeIndex: from.memoryTypeIndex, isDedicated, members: staying, from });
    }
    const others = members.filter(({ old }) => old === undefined);
    group(this.#state, others, groups, this.#settings);
    return groups;
  }

  /** Finds places: in existing memory, with as much as possible staying where it is; or in new memory. */
  #place(own: Group<Member> & { readonly from?: TransientGroup }): PlacedGroup {
    const { members, from } = own;
    const granularity = isMixed(members) ? this.#granularity : 1;
    const timeLimit = this.#timeLimit;
    if (from !== undefined) {
      const capacity = from.allocation.size;
      const there = ({ old }: Member): number | undefined => old?.offset;
      // All that can stay where it is; if that leaves no room for the rest, nothing.
      for (const staying of [findStaying(members, granularity, there), new Set<Member>()]) {
        const offsetOf = (member: Member): number | undefined =>
          staying.has(member) ? there(member) : undefined;
        const placement = placeMembers(members, granularity, { timeLimit, capacity, offsetOf });
        if (placement === undefined) continue;
        for (const member of members) if (!staying.has(member)) this.#makeAgain(member);
        return { ...own, placement, isNew: false, allocation: this.#raw(from.allocation) };
      }
    }
    for (const member of members) this.#makeAgain(member);
    return {
      ...own,
      placement: placeMembers(members, granularity, { timeLimit })!,
      isNew: true,
      allocation: undefined,
    };
  }

  /** Recreates what cannot stay: a resource is bound only once. */
  #makeAgain(member: Member): void {
    if (member.old === undefined) return;
    member.old = undefined;
    const requirements = emptyMemoryRequirements();
    member.handle = this.#make(member.described, requirements);
    member.requirements = requirements;
  }

  #raw(allocation: Allocation): Allocation {
    return this.#state.tracker.unwrap(allocation);
  }

  /** Memory for a group. False, with the failure recorded, when it runs out. */
  #allocate(own: PlacedGroup): boolean {
    if (!own.isNew) return true;
    const state = this.#state;
    const { members, memoryTypeIndex: memoryType, isDedicated, placement } = own;
    const first = members[0]!;
    const request = requestFor(state, first.described, this.#settings);
    const { requirements } = request;
    if (isDedicated) {
      Object.assign(requirements, first.requirements);
      if (first.described.kind === ResourceKind.Buffer) request.buffer = first.handle as Buffer;
      else request.image = first.handle as Image;
    } else {
      const mixed = isMixed(members);
      const page = mixed ? this.#granularity : 1;
      if (mixed) request.type = SuballocationType.Unknown;
      request.mayHaveDeviceAddress = members.some(({ described }) => described.kind === ResourceKind.Buffer);
      requirements.size = alignUp(placement.height, page);
      requirements.alignment = Math.max(page, ...members.map((member) => member.requirements.alignment));
      requirements.prefersDedicatedAllocation = false;
      requirements.requiresDedicatedAllocation = false;
    }
    requirements.memoryTypeBits = 1 << memoryType;
    request.name ??= "transients";
    const { made } = state.deviceMemory;
    const allocation = selectMemory(state, request, allocating);
    if (allocation === undefined) return false;
    own.allocation = allocation;
    const { deviceMemory, offset, size } = allocation;
    state.device.setTransientMemory?.(deviceMemory, offset, size, true);
    this.#undo.push(() => {
      state.device.setTransientMemory?.(deviceMemory, offset, size, false);
      undoAllocation(allocation, made);
    });
    return true;
  }

  #bind({ members, placement, allocation }: PlacedGroup): void {
    const { device } = this.#state;
    const { deviceMemory, offset } = allocation!;
    for (const [index, { old, handle, described }] of members.entries()) {
      if (old !== undefined) continue;
      const at = offset + placement.offsets[index]!;
      if (described.kind === ResourceKind.Buffer) device.bindBufferMemory(handle as Buffer, deviceMemory, at);
      else device.bindImageMemory(handle as Image, deviceMemory, at);
    }
  }

  /** Everything exists: from here on nothing fails. */
  #finish(members: readonly Member[], placed: readonly PlacedGroup[]): Transients {
    const state = this.#state;
    const places = new Map<Member, TransientPlace>();
    const groups = placed.map((own): TransientGroup => {
      const { memoryTypeIndex: memoryType, placement, isNew } = own;
      const raw = own.allocation!;
      if (isNew) this.#tell(raw, own);
      const allocation =
        isNew && state.tracker.isActive ? state.tracker.track(raw) : state.tracker.proxyOf(raw);
      const resources = own.members.map((member, index) => {
        const place = new TransientPlace(member, allocation, placement.offsets[index]!);
        places.set(member, place);
        if (member.old === undefined) this.#tellAlias(raw, place);
        return place;
      });
      const { height, lowerBound, isOptimal } = placement;
      return { memoryTypeIndex: memoryType, allocation, resources, height, lowerBound, isOptimal };
    });
    const takeOvers = groups.flatMap(({ resources }) =>
      findTakeOvers(resources, this.#granularity, this.#repeats),
    );
    takeOvers.sort((a, b) => a.pass - b.pass);
    const kept = members.flatMap(({ old }) => old ?? []);
    const keptMemory = placed.flatMap(({ isNew, allocation }) => (isNew ? [] : allocation!));
    this.#previous?.handOver(kept, keptMemory);
    const resources = members.map((member) => places.get(member)!);
    return new Transients(state, resources, groups, takeOvers);
  }

  #tell(allocation: Allocation, { members, isDedicated }: PlacedGroup): void {
    const { recorder } = this.#state;
    if (recorder === undefined) return;
    const { size, alignment, memoryTypeIndex: memoryType } = allocation;
    recorder.created(
      allocation,
      {
        requirements: {
          size,
          alignment,
          memoryTypeBits: 1 << memoryType,
          prefersDedicatedAllocation: false,
          requiresDedicatedAllocation: isDedicated && members.length > 0,
        },
      },
      this.#settings,
    );
  }

  #tellAlias(allocation: Allocation, { described, handle, offset }: TransientPlace): void {
    const { bindings, recorder } = this.#state;
    const { kind, info } = described;
    bindings.addAlias(allocation, kind, handle);
    bindings.ownAlias(kind, handle);
    if (kind === ResourceKind.Buffer) {
      recorder?.aliasCreated(allocation, handle, { buffer: info as BufferCreateInfo }, offset);
    } else {
      recorder?.aliasCreated(allocation, handle, { image: info as ImageCreateInfo }, offset);
    }
  }
}
