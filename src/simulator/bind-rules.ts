/** vkBindBufferMemory and vkBindImageMemory: what Vulkan demands of them, and the bookkeeping of bindings. */

import { quote } from "../foundation/check.ts";
import { BufferCreate, BufferUsage, ImageCreate, MemoryProperty } from "../vulkan/constants.ts";
import { forbid } from "./error.ts";
import { type MemoryObject, nameOf, type Part, type Resource } from "./objects.ts";
import type { DeviceState } from "./state.ts";
import { findTransientMemory } from "./transient-memory.ts";

/** A call, and how its rules are numbered: vkBindBufferMemory2 has its own prefix, images their own numbers. */
interface BindRules {
  readonly prefix: string;
  readonly bound: string;
  readonly sparse: string;
  readonly offset: string;
  readonly type: string;
  readonly alignment: string;
  readonly size: string;
  readonly dedicatedNeeded: string;
  readonly dedicatedOther: string;
  readonly protectedNeeded: string;
  readonly protectedForbidden: string;
  readonly exported: string;
  readonly imported: string;
}

const bufferRules: Omit<BindRules, "prefix"> = {
  bound: "buffer-07459",
  sparse: "buffer-01030",
  offset: "memoryOffset-01031",
  type: "memory-01035",
  alignment: "memoryOffset-01036",
  size: "size-01037",
  dedicatedNeeded: "buffer-01444",
  dedicatedOther: "memory-01508",
  protectedNeeded: "None-01898",
  protectedForbidden: "None-01899",
  exported: "memory-02726",
  imported: "memory-02985",
};

const imageRules: Omit<BindRules, "prefix"> = {
  bound: "image-07460",
  sparse: "image-01045",
  offset: "memoryOffset-01046",
  type: "memory-01047",
  alignment: "memoryOffset-01048",
  size: "size-01049",
  dedicatedNeeded: "image-01445",
  dedicatedOther: "memory-02628",
  protectedNeeded: "None-01901",
  protectedForbidden: "None-01902",
  exported: "memory-02728",
  imported: "memory-02989",
};

/** vkBindImageMemory2 numbers three rules anew. */
const image2Rules: Omit<BindRules, "prefix"> = {
  ...imageRules,
  type: "pNext-01615",
  alignment: "pNext-01616",
  size: "pNext-01617",
};

const rulesOf: Record<string, BindRules> = {
  vkBindBufferMemory: { prefix: "VUID-vkBindBufferMemory", ...bufferRules },
  vkBindBufferMemory2: { prefix: "VUID-VkBindBufferMemoryInfo", ...bufferRules },
  vkBindImageMemory: { prefix: "VUID-vkBindImageMemory", ...imageRules },
  vkBindImageMemory2: { prefix: "VUID-VkBindImageMemoryInfo", ...image2Rules },
};

/** Throws a ValidityError unless `part` may be bound to `memory` at `offset`; whether it overlaps another. */
export function checkBind(
  state: DeviceState,
  call: string,
  part: Part,
  memory: MemoryObject,
  offset: number,
): boolean {
  const rules = rulesOf[call]!;
  const resource = part.resource;
  if (part.memory !== undefined) {
    forbid(
      call,
      `${rules.prefix}-${rules.bound}`,
      `${nameOf(resource)} is already bound to ${nameOf(part.memory)}`,
    );
  }
  const sparse = resource.kind === "buffer" ? BufferCreate.SparseBinding : ImageCreate.SparseBinding;
  if ((resource.flags & sparse) !== 0) {
    forbid(
      call,
      `${rules.prefix}-${rules.sparse}`,
      `${nameOf(resource)} is sparse, and bound through vkQueueBindSparse alone`,
    );
  }
  checkDedicated(state, rules, call, part, memory, offset);
  const { size, alignment, memoryTypeBits } = part.requirements;
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= memory.size) {
    forbid(
      call,
      `${rules.prefix}-${rules.offset}`,
      `memoryOffset ${quote(offset)} must be less than the ${memory.size} bytes of the memory`,
    );
  }
  if (((memoryTypeBits >>> memory.typeIndex) & 1) === 0) {
    forbid(
      call,
      `${rules.prefix}-${rules.type}`,
      `${nameOf(resource)} allows the memory types 0b${memoryTypeBits.toString(2)}, which type ${memory.typeIndex} is not among`,
    );
  }
  if (offset % alignment !== 0) {
    forbid(
      call,
      `${rules.prefix}-${rules.alignment}`,
      `memoryOffset ${offset} must be a multiple of the alignment ${alignment}`,
    );
  }
  if (offset + size > memory.size) {
    forbid(
      call,
      `${rules.prefix}-${rules.size}`,
      `${nameOf(resource)} needs ${size} bytes from ${offset}, beyond the end of ${nameOf(memory)}`,
    );
  }
  checkKinds(state, rules, call, resource, memory);
  return checkNeighbours(state, call, part, memory, offset);
}

function checkDedicated(
  state: DeviceState,
  rules: BindRules,
  call: string,
  part: Part,
  memory: MemoryObject,
  offset: number,
): void {
  const resource = part.resource;
  if (memory.dedicatedTo === resource.handle) {
    if (offset === 0) return;
    forbid(
      call,
      `${rules.prefix}-${rules.dedicatedOther}`,
      `dedicated memory is bound at offset 0, got ${offset}`,
    );
  }
  if (memory.dedicatedTo !== 0n) {
    forbid(
      call,
      `${rules.prefix}-${rules.dedicatedOther}`,
      `${nameOf(memory)} is dedicated to 0x${memory.dedicatedTo.toString(16)}, not to ${nameOf(resource)}`,
    );
  }
  if (part.requirements.requiresDedicatedAllocation && !state.permit.unsuitedMemory) {
    forbid(
      call,
      `${rules.prefix}-${rules.dedicatedNeeded}`,
      `${nameOf(resource)} requires memory that is dedicated to it`,
    );
  }
}

/** Protected, external and device-address memory go with resources of their kind. */
function checkKinds(
  state: DeviceState,
  rules: BindRules,
  call: string,
  resource: Resource,
  memory: MemoryObject,
): void {
  const isBuffer = resource.kind === "buffer";
  const wantsProtected = (resource.flags & (isBuffer ? BufferCreate.Protected : ImageCreate.Protected)) !== 0;
  const isProtected = (memory.propertyFlags & MemoryProperty.Protected) !== 0;
  if (wantsProtected !== isProtected && !state.permit.unsuitedMemory) {
    forbid(
      call,
      `${rules.prefix}-${wantsProtected ? rules.protectedNeeded : rules.protectedForbidden}`,
      `${nameOf(resource)} is ${wantsProtected ? "" : "not "}protected, and ${nameOf(memory)} is ${isProtected ? "" : "not "}`,
    );
  }
  if (memory.exportTypes !== 0 && (memory.exportTypes & resource.externalTypes) === 0) {
    forbid(
      call,
      `${rules.prefix}-${rules.exported}`,
      `${nameOf(memory)} can be exported, and ${nameOf(resource)} was not created for any of its handle types`,
    );
  }
  if ((memory.importedFrom & ~resource.externalTypes) !== 0) {
    forbid(
      call,
      `${rules.prefix}-${rules.imported}`,
      `${nameOf(memory)} was imported, and ${nameOf(resource)} was not created for its handle type`,
    );
  }
  const addressed = isBuffer && (resource.usage & BufferUsage.ShaderDeviceAddress) !== 0;
  if (addressed && state.features.bufferDeviceAddress && !memory.deviceAddress) {
    forbid(
      call,
      `${rules.prefix}-bufferDeviceAddress-03339`,
      `${nameOf(resource)} has a device address, and ${nameOf(memory)} was allocated without the flag DeviceAddress`,
    );
  }
}

/** Rules about what else lies in the memory; whether the part overlaps another, with permission. */
function checkNeighbours(
  state: DeviceState,
  call: string,
  part: Part,
  memory: MemoryObject,
  offset: number,
): boolean {
  const end = offset + part.requirements.size;
  // Who may use such memory when is checked where it is used.
  if (findTransientMemory(memory, offset, end) !== undefined) return true;
  const other = memory.bindings.findOverlap(offset, end);
  if (other) {
    const permitted =
      state.permit.overlap || memory.overlapPermitted || mayAlias(part.resource) || mayAlias(other.resource);
    if (permitted) return true;
    forbid(
      call,
      "simulator-overlap",
      `${nameOf(part.resource)} at [${offset}, ${end}) overlaps ${nameOf(other.resource)} at [${other.offset}, ${other.end}), and aliasing was not permitted`,
    );
  }
  if (state.permit.granularityConflict) return false;
  const granularity = state.profile.limits.bufferImageGranularity;
  const conflict = memory.bindings.findGranularityConflict(offset, end, part.linear, granularity);
  if (conflict) {
    forbid(
      call,
      "simulator-bufferImageGranularity",
      `${nameOf(part.resource)} at [${offset}, ${end}) shares a page of ${granularity} bytes with ${nameOf(conflict.resource)} at [${conflict.offset}, ${conflict.end})`,
    );
  }
  return false;
}

function mayAlias(resource: Resource): boolean {
  return resource.kind === "image" && (resource.flags & ImageCreate.Alias) !== 0;
}

/** Binds the part. */
export function attach(part: Part, memory: MemoryObject, offset: number, overlaps: boolean): void {
  part.memory = memory;
  part.offset = offset;
  part.end = offset + part.requirements.size;
  part.transient = findTransientMemory(memory, offset, part.end);
  memory.bindings.add(part, overlaps);
}

/** Forgets all bindings of a resource that is destroyed. */
export function detachAll(resource: Resource): void {
  for (const part of resource.parts) {
    part.memory?.bindings.remove(part);
    part.memory = undefined;
    for (const page of part.sparse?.planned.values() ?? []) page.memory.bindings.remove(page);
    part.transient?.owners.release(part);
    part.transient = undefined;
  }
}
