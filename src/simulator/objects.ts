/** The driver's objects: memory, and resources (buffers and images) with the parts that memory is bound to. */

import type { ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { type Binding, BindingList } from "./bindings.ts";
import type { Payload } from "./payload.ts";

/** What a part of a resource needs of memory. */
export type Requirements = Readonly<MemoryRequirements>;

/** A VkDeviceMemory. */
export interface MemoryObject {
  readonly kind: "memory";
  readonly handle: bigint;
  /** How many memory objects were made before it. */
  readonly ordinal: number;
  /** Bytes. */
  readonly size: number;
  readonly typeIndex: number;
  readonly propertyFlags: number;
  readonly payload: Payload;
  /** The resource that the memory is dedicated to, or 0n. */
  readonly dedicatedTo: bigint;
  /** Whether it was allocated with the DeviceAddress flag. */
  readonly deviceAddress: boolean;
  /** ExternalMemoryHandleType flags that it can be exported to. */
  readonly exportTypes: number;
  /** The ExternalMemoryHandleType that it was imported from, or 0. */
  readonly importedFrom: number;
  /** Where the simulated host and device see its first byte. */
  readonly address: number;
  readonly bindings: BindingList<Part>;
  /** From 0 to 1. */
  priority: number;
  /** The mapping while it is mapped; only its identity matters here. */
  mapping: object | undefined;
  /** Whether resources in it may overlap. */
  overlapPermitted: boolean;
  /** The NT handle types that were exported already. */
  exportedOnce: number;
  freed: boolean;
}

/** What memory is bound to: a whole buffer or image, or one plane of a disjoint image. */
export interface Part extends Binding {
  readonly resource: Resource;
  /** The plane's {@link ImageAspect}; 0 for a whole resource. */
  readonly aspect: number;
  readonly requirements: Requirements;
  memory: MemoryObject | undefined;
}

interface ResourceBase {
  readonly handle: bigint;
  readonly flags: number;
  readonly parts: readonly Part[];
  /** ExternalMemoryHandleType flags that it was created for. */
  readonly externalTypes: number;
  /** How many submissions that are under way use it. */
  inFlight: number;
}

/** A VkBuffer. */
export interface BufferObject extends ResourceBase {
  readonly kind: "buffer";
  /** Bytes. */
  readonly size: number;
  /** The low 32 bits of the usage. */
  readonly usage: number;
}

/** A VkImage. */
export interface ImageObject extends ResourceBase {
  readonly kind: "image";
  readonly usage: number;
  readonly info: ImageCreateInfo;
  readonly mipLevels: number;
  readonly arrayLayers: number;
  /** The layout of each subresource: layers of mip level 0, of mip level 1, … */
  layouts: readonly number[];
}

/** A buffer or an image. */
export type Resource = BufferObject | ImageObject;
/** Whatever a handle stands for. */
export type DriverObject = MemoryObject | Resource;

/** A part that nothing is bound to. The resource is set by {@link withParts}. */
function makePart(resource: Resource, aspect: number, requirements: Requirements, linear: boolean): Part {
  return { resource, aspect, requirements, linear, memory: undefined, offset: 0, end: 0 };
}

/** Makes a resource with its parts: `needs` lists the requirements of each by aspect. */
export function makeResource<R extends Resource>(
  members: Omit<R, "parts" | "inFlight">,
  needs: readonly (readonly [aspect: number, requirements: Requirements])[],
  linear: boolean,
): R {
  const parts: Part[] = [];
  const resource = { ...members, parts, inFlight: 0 } as unknown as R;
  for (const [aspect, requirements] of needs) {
    parts.push(makePart(resource, aspect, requirements, linear));
  }
  return resource;
}

/** An empty list of bindings for new memory. */
export function noBindings(): BindingList<Part> {
  return new BindingList<Part>();
}

/** Names an object for an error message. */
export function nameOf(object: DriverObject): string {
  const handle = `0x${object.handle.toString(16)}`;
  if (object.kind === "memory") return `memory ${handle} (type ${object.typeIndex}, ${object.size} bytes)`;
  if (object.kind === "buffer") {
    return `buffer ${handle} (${object.size} bytes, usage 0x${object.usage.toString(16)})`;
  }
  const { width, height, depth = 1 } = object.info.extent;
  return `image ${handle} (${width}x${height}x${depth}, format ${object.info.format}, usage 0x${object.usage.toString(16)})`;
}
