/**
 * vkQueueBindSparse: what Vulkan demands of one batch, and what it does. A batch is checked whole before anything changes;
 * what it plans counts for the checks of later ones, and takes effect when the queue comes to it.
 */

import { quote } from "../foundation/check.ts";
import { BufferCreate, MemoryProperty } from "../vulkan/constants.ts";
import {
  type BindSparseInfo,
  type SparseImageMemoryBind,
  type SparseMemoryBind,
  SparseMemoryBindFlag,
} from "../vulkan/sparse.ts";
import { forbid } from "./error.ts";
import { mipExtent } from "./formats.ts";
import { type MemoryObject, nameOf, type Part, type Resource, type SparsePage } from "./objects.ts";
import { blockPage, type SparseAspect } from "./sparse-layout.ts";
import type { SparsePages } from "./sparse-pages.ts";
import type { DeviceState } from "./state.ts";

const CALL = "vkQueueBindSparse";

/** One page of a resource, and what it shall be bound to. */
interface Change {
  readonly pages: SparsePages<SparsePage>;
  readonly page: number;
  readonly before: SparsePage | undefined;
  readonly after: SparsePage | undefined;
}

/** One batch that was found valid. */
export class SparseBinding {
  readonly resources: Set<Resource> = new Set();
  readonly #state: DeviceState;
  readonly #changes: Change[] = [];
  readonly #memories = new Set<MemoryObject>();
  readonly #seen = new Map<SparsePages<SparsePage>, Set<number>>();

  constructor(state: DeviceState, info: BindSparseInfo) {
    this.#state = state;
    for (const { buffer, binds } of info.bufferBinds ?? []) {
      const part = this.#sparse(state.buffer(buffer, CALL, "VkSparseBufferMemoryBindInfo"));
      for (const bind of binds) this.#opaque(part, bind, 0, part.requirements.size);
    }
    for (const { image, binds } of info.imageOpaqueBinds ?? []) {
      const part = this.#sparse(state.image(image, CALL, "VkSparseImageOpaqueMemoryBindInfo"));
      for (const bind of binds) this.#opaqueImage(part, bind);
    }
    for (const { image, binds } of info.imageBinds ?? []) {
      const part = this.#sparse(state.image(image, CALL, "VkSparseImageMemoryBindInfo"));
      for (const bind of binds) this.#image(part, bind);
    }
    this.#checkAliasing();
  }

  /** Whether it takes any page away that is there. */
  get unbinds(): boolean {
    return this.#changes.some(({ before }) => before !== undefined);
  }

  /** The batch was taken. */
  submitted(): void {
    for (const { before } of this.#changes) before?.memory.bindings.remove(before);
    for (const { pages, page, after } of this.#changes) {
      if (after === undefined) {
        pages.planned.delete(page);
        continue;
      }
      pages.planned.set(page, after);
      after.memory.bindings.add(
        after,
        after.memory.bindings.findOverlap(after.offset, after.end) !== undefined,
      );
    }
    for (const memory of this.#memories) memory.pendingBinds++;
    for (const resource of this.resources) resource.parts[0]!.sparse!.pendingBinds++;
  }

  /** The queue has come to it. */
  execute(): void {
    for (const { pages, page, after } of this.#changes) {
      if (after === undefined) pages.pages.delete(page);
      else pages.pages.set(page, after);
    }
  }

  /** The batch is complete, or will never be. */
  finished(): void {
    for (const memory of this.#memories) memory.pendingBinds--;
    for (const resource of this.resources) resource.parts[0]!.sparse!.pendingBinds--;
  }

  #sparse(resource: Resource): Part {
    const part = resource.parts[0]!;
    if (part.sparse === undefined) {
      const kind = resource.kind === "buffer" ? "Buffer" : "Image";
      forbid(
        CALL,
        `VUID-VkSparse${kind}MemoryBindInfo-${resource.kind}-sparse`,
        `${nameOf(resource)} is not sparse`,
      );
    }
    this.resources.add(resource);
    return part;
  }

  #opaqueImage(part: Part, bind: SparseMemoryBind): void {
    const { layout } = part.sparse!;
    if (layout === undefined) {
      this.#opaque(part, bind, 0, part.requirements.size);
      return;
    }
    const metadata = layout.metadata?.imageMipTailOffset ?? layout.size;
    const isMetadata = ((bind.flags ?? 0) & SparseMemoryBindFlag.Metadata) !== 0;
    const from = isMetadata ? metadata : layout.firstOpaquePage * layout.pageSize;
    this.#opaque(part, bind, from, isMetadata ? layout.size : metadata);
  }

  /** Whole pages of [from, to), or up to the end of the resource. */
  #opaque(part: Part, bind: SparseMemoryBind, from: number, to: number): void {
    const { resourceOffset, size, memory, memoryOffset } = bind;
    const { pageSize } = part.sparse!;
    const owner = "VUID-VkSparseMemoryBind";
    if (!Number.isSafeInteger(size) || size <= 0) {
      forbid(CALL, `${owner}-size-01098`, `size must be greater than 0, got ${quote(size)}`);
    }
    if (!Number.isSafeInteger(resourceOffset) || resourceOffset < from || resourceOffset >= to) {
      forbid(
        CALL,
        `${owner}-resourceOffset-01099`,
        `resourceOffset of ${nameOf(part.resource)} must be from ${from} to less than ${to}, got ${quote(resourceOffset)}`,
      );
    }
    if (resourceOffset + size > to) {
      forbid(CALL, `${owner}-size-01100`, `${size} bytes from ${resourceOffset} reach beyond ${to}`);
    }
    if (resourceOffset % pageSize !== 0 || size % pageSize !== 0) {
      forbid(
        CALL,
        "VUID-VkSparseMemoryBind-alignment",
        `resourceOffset and size must be multiples of the alignment ${pageSize}, got ${resourceOffset} and ${size}`,
      );
    }
    const source = this.#memory(part, memory, memoryOffset, size, owner);
    for (let done = 0; done < size; done += pageSize) {
      this.#change(part, (resourceOffset + done) / pageSize, source, memoryOffset + done);
    }
  }

  #image(part: Part, bind: SparseImageMemoryBind): void {
    const { layout } = part.sparse!;
    const owner = "VUID-VkSparseImageMemoryBind";
    const aspect = layout?.aspects.find(({ format }) => format.aspect === bind.aspectMask);
    if (layout === undefined || part.resource.kind !== "image") {
      forbid(
        CALL,
        "VUID-VkSparseImageMemoryBindInfo-image-02901",
        `${nameOf(part.resource)} is not sparsely resident`,
      );
    }
    if (aspect === undefined) {
      forbid(
        CALL,
        "VUID-VkSparseImageMemoryBindInfo-subresource-01106",
        `aspect 0x${bind.aspectMask.toString(16)} is not one of ${nameOf(part.resource)}`,
      );
    }
    if (!(bind.mipLevel >= 0 && bind.mipLevel < aspect.grids.length)) {
      forbid(
        CALL,
        "VUID-VkSparseImageMemoryBindInfo-subresource-01722",
        `mipLevel must be less than the ${aspect.grids.length} levels outside the mip tail, got ${quote(bind.mipLevel)}`,
      );
    }
    if (!(bind.arrayLayer >= 0 && bind.arrayLayer < part.resource.arrayLayers)) {
      forbid(
        CALL,
        "VUID-VkSparseImageMemoryBindInfo-subresource-01723",
        `arrayLayer must be less than ${part.resource.arrayLayers}, got ${quote(bind.arrayLayer)}`,
      );
    }
    const box = blocksOf(aspect, mipExtent(aspect.format, part.resource.info.extent, bind.mipLevel), bind);
    const size = box.width * box.height * box.depth * layout.pageSize;
    const source = this.#memory(part, bind.memory, bind.memoryOffset, size, owner);
    let offset = bind.memoryOffset;
    for (let z = 0; z < box.depth; z++) {
      for (let y = 0; y < box.height; y++) {
        for (let x = 0; x < box.width; x++) {
          const page = blockPage(aspect, bind.arrayLayer, bind.mipLevel, box.x + x, box.y + y, box.z + z);
          this.#change(part, page, source, offset);
          offset += layout.pageSize;
        }
      }
    }
  }

  /** The memory to bind, which must suit the resource; undefined for none. */
  #memory(part: Part, handle: bigint, offset: number, size: number, owner: string): MemoryObject | undefined {
    if (handle === 0n) return undefined;
    const memory = this.#state.memory(handle, CALL, "VkSparseMemoryBind");
    const { alignment, memoryTypeBits } = part.requirements;
    if (((memoryTypeBits >>> memory.typeIndex) & 1) === 0) {
      forbid(
        CALL,
        `${owner}-memory-01096`,
        `${nameOf(part.resource)} allows the memory types 0b${memoryTypeBits.toString(2)}, which type ${memory.typeIndex} is not among`,
      );
    }
    if ((memory.propertyFlags & MemoryProperty.LazilyAllocated) !== 0) {
      forbid(CALL, `${owner}-memory-01097`, `${nameOf(memory)} is lazily allocated`);
    }
    if (memory.dedicatedTo !== 0n) {
      forbid(CALL, "simulator-sparse-dedicated", `${nameOf(memory)} is dedicated to another resource`);
    }
    if (!Number.isSafeInteger(offset) || offset < 0 || offset % alignment !== 0) {
      forbid(
        CALL,
        `${owner}-memory-01096`,
        `memoryOffset must be a multiple of the alignment ${alignment}, got ${quote(offset)}`,
      );
    }
    if (offset + size > memory.size) {
      forbid(
        CALL,
        `${owner}-memoryOffset-01101`,
        `${size} bytes from ${offset} reach beyond the end of ${nameOf(memory)}`,
      );
    }
    this.#memories.add(memory);
    return memory;
  }

  #change(part: Part, page: number, memory: MemoryObject | undefined, offset: number): void {
    const pages = part.sparse!;
    let seen = this.#seen.get(pages);
    if (seen === undefined) {
      seen = new Set();
      this.#seen.set(pages, seen);
    }
    if (seen.has(page)) {
      forbid(
        CALL,
        "simulator-sparse-twice",
        `page ${page} of ${nameOf(part.resource)} is named twice in one batch`,
      );
    }
    seen.add(page);
    const before = pages.planned.get(page);
    if (before !== undefined) this.#memories.add(before.memory);
    const { resource, linear } = part;
    const after = memory && { resource, linear, memory, offset, end: offset + pages.pageSize };
    this.#changes.push({ pages, page, before, after });
  }

  /** Memory that is bound to several places belongs to resources that were all made for it. */
  #checkAliasing(): void {
    const removed = new Set(this.#changes.map(({ before }) => before));
    const added = new Map<MemoryObject, Map<number, SparsePage>>();
    for (const { after } of this.#changes) {
      if (after === undefined) continue;
      let taken = added.get(after.memory);
      if (taken === undefined) {
        taken = new Map();
        added.set(after.memory, taken);
      }
      const twin = taken.get(after.offset);
      const other = twin ?? this.#boundThere(after, removed);
      if (
        other !== undefined &&
        !(mayAlias(after.resource) && mayAlias(other.resource)) &&
        !this.#state.permit.overlap
      ) {
        forbid(
          CALL,
          "simulator-sparse-aliased",
          `${nameOf(after.resource)} would share the bytes from ${after.offset} of ${nameOf(after.memory)} with ${nameOf(other.resource)}, and not both were created with SparseAliased`,
        );
      }
      taken.set(after.offset, after);
    }
  }

  #boundThere(page: SparsePage, removed: ReadonlySet<unknown>): { readonly resource: Resource } | undefined {
    const other = page.memory.bindings.findOverlap(page.offset, page.end);
    return other === undefined || removed.has(other) ? undefined : other;
  }
}

function mayAlias(resource: Resource): boolean {
  return (resource.flags & BufferCreate.SparseAliased) !== 0;
}

/** The blocks of a bind: multiples of the block's extent, or up to the edge. */
function blocksOf(
  { requirements: { imageGranularity: block } }: SparseAspect,
  level: { readonly width: number; readonly height: number; readonly depth: number },
  { offset, extent }: SparseImageMemoryBind,
): { x: number; y: number; z: number; width: number; height: number; depth: number } {
  const one = (
    from: number,
    texels: number,
    of: number,
    whole: number,
    offsetRule: string,
    extentRule: string,
  ): [number, number] => {
    if (!Number.isSafeInteger(from) || from < 0 || from % of !== 0) {
      forbid(
        CALL,
        `VUID-VkSparseImageMemoryBind-${offsetRule}`,
        `the offset must be a multiple of the block's ${of} texels, got ${quote(from)}`,
      );
    }
    const fits = Number.isSafeInteger(texels) && texels > 0 && from + texels <= whole;
    if (!fits || (texels % of !== 0 && from + texels !== whole)) {
      forbid(
        CALL,
        `VUID-VkSparseImageMemoryBind-${extentRule}`,
        `the extent must be a multiple of the block's ${of} texels or reach the edge at ${whole}, got ${quote(texels)} from ${from}`,
      );
    }
    return [from / of, Math.ceil(texels / of)];
  };
  const [x, width] = one(offset.x, extent.width, block.width, level.width, "offset-01107", "extent-01108");
  const [y, height] = one(
    offset.y,
    extent.height,
    block.height,
    level.height,
    "offset-01109",
    "extent-01110",
  );
  const [z, depth] = one(
    offset.z ?? 0,
    extent.depth,
    block.depth,
    level.depth,
    "offset-01111",
    "extent-01112",
  );
  return { x, y, z, width, height, depth };
}
