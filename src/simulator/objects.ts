/** The driver's objects: memory, and resources (buffers and images) with the parts that memory is bound to. */

import { ImageLayout, ImageTiling } from "../vulkan/constants.ts";
import type { Buffer, DeviceMemory, Image } from "../vulkan/handles.ts";
import { findNext, StructureType } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { type Binding, BindingList } from "./bindings.ts";
import type { Payload } from "./payload.ts";
import type { SparsePages } from "./sparse-pages.ts";
import type { TransientRange } from "./transient-range.ts";

/** What a part of a resource needs of memory. */
export type Requirements = Readonly<MemoryRequirements>;

/** A VkDeviceMemory. */
/** Where the program has memory mapped, while it is mapped. */
export interface MemoryPlace {
  readonly address: number;
  /** What lies there. */
  readonly bytes: Uint8Array;
  /** The place shows the memory no longer. */
  readonly end: () => void;
}

export interface MemoryObject {
  readonly kind: "memory";
  readonly handle: DeviceMemory;
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
  readonly bindings: BindingList<BoundRange>;
  /** How many batches that bind or unbind its pages are not complete. */
  pendingBinds: number;
  /** From 0 to 1. */
  priority: number;
  /** The mapping while it is mapped; only its identity matters here. */
  mapping: object | undefined;
  /** The place that it is mapped at, if the program has chosen it. */
  place: MemoryPlace | undefined;
  /** Whether resources in it may overlap. */
  overlapPermitted: boolean;
  /** The bytes that resources take turns with. */
  readonly transients: TransientRange<Part>[];
  /** The NT handle types that were exported already. */
  exportedOnce: number;
  freed: boolean;
}

/** A range of memory that a part or a page of a resource is bound to. */
export interface BoundRange extends Binding {
  readonly resource: Resource;
}

/** A page of memory that a page of a resource is bound to. */
export interface SparsePage extends BoundRange {
  readonly memory: MemoryObject;
}

/** What memory is bound to: a whole buffer or image, or one plane of a disjoint image. */
export interface Part extends BoundRange {
  /** The plane's {@link ImageAspect}; 0 for a whole resource. */
  readonly aspect: number;
  readonly requirements: Requirements;
  memory: MemoryObject | undefined;
  /** Its pages, where it is sparse. */
  readonly sparse: SparsePages<SparsePage> | undefined;
  /** Where it is bound to bytes that resources take turns with. */
  transient: TransientRange<Part> | undefined;
}

interface ResourceBase {
  readonly flags: number;
  readonly parts: Part[];
  /** ExternalMemoryHandleType flags that it was created for. */
  readonly externalTypes: number;
  /** How many submissions that are under way use it. */
  inFlight: number;
}

/** A VkBuffer. */
export interface BufferObject extends ResourceBase {
  readonly kind: "buffer";
  readonly handle: Buffer;
  /** Bytes. */
  readonly size: number;
  /** The low 32 bits of the usage. */
  readonly usage: number;
}

/** A VkImage. */
export interface ImageObject extends ResourceBase {
  readonly kind: "image";
  readonly handle: Image;
  readonly usage: number;
  readonly info: ImageCreateInfo;
  readonly mipLevels: number;
  readonly arrayLayers: number;
  /** The layout of each subresource: layers of mip level 0, of mip level 1, … */
  layouts: readonly number[];
}

/** A VkSemaphore. */
export interface SemaphoreObject {
  readonly handle: bigint;
  readonly isTimeline: boolean;
  /** The timeline's value; of a binary one 1 while it is signalled. */
  value: number;
  /** The greatest value that a submitted batch will signal; of a binary one 1 while such a batch is under way. */
  planned: number;
  /** How many batches that are not complete wait for it or signal it. */
  inFlight: number;
}

/** A buffer or an image. */
export type Resource = BufferObject | ImageObject;
/** Whatever a handle stands for. */
export type DriverObject = MemoryObject | Resource;

/** Makes a part that nothing is bound to and gives it to its resource. */
function addPart(
  resource: Resource,
  aspect: number,
  requirements: Requirements,
  linear: boolean,
  sparse: SparsePages<SparsePage> | undefined,
): void {
  resource.parts.push({
    resource,
    aspect,
    requirements,
    linear,
    sparse,
    memory: undefined,
    transient: undefined,
    offset: 0,
    end: 0,
  });
}

/** Makes a buffer. */
export function makeBuffer(
  handle: Buffer,
  info: BufferCreateInfo,
  usage: number,
  requirements: Requirements,
  sparse: SparsePages<SparsePage> | undefined,
): BufferObject {
  const buffer: BufferObject = {
    kind: "buffer",
    handle,
    flags: info.flags ?? 0,
    parts: [],
    externalTypes: findNext(info.pNext, StructureType.ExternalMemoryBufferCreateInfo)?.handleTypes ?? 0,
    inFlight: 0,
    size: info.size,
    usage,
  };
  addPart(buffer, 0, requirements, true, sparse);
  return buffer;
}

/** Makes an image of parts: `needs` lists the requirements of each by aspect. */
export function makeImage(
  handle: Image,
  info: ImageCreateInfo,
  needs: readonly (readonly [aspect: number, requirements: Requirements])[],
  sparse: SparsePages<SparsePage> | undefined,
): ImageObject {
  const { mipLevels = 1, arrayLayers = 1, initialLayout = ImageLayout.Undefined } = info;
  const image: ImageObject = {
    kind: "image",
    handle,
    flags: info.flags ?? 0,
    parts: [],
    externalTypes: findNext(info.pNext, StructureType.ExternalMemoryImageCreateInfo)?.handleTypes ?? 0,
    inFlight: 0,
    usage: info.usage,
    info: { ...info, extent: { ...info.extent } },
    mipLevels,
    arrayLayers,
    layouts: new Array<number>(mipLevels * arrayLayers).fill(initialLayout),
  };
  const linear = (info.tiling ?? ImageTiling.Optimal) !== ImageTiling.Optimal;
  for (const [aspect, requirements] of needs) addPart(image, aspect, requirements, linear, sparse);
  return image;
}

/** An empty list of bindings for new memory. */
export function noBindings(): BindingList<BoundRange> {
  return new BindingList<BoundRange>();
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
