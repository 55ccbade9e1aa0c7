/** Sparse buffers and images: which of their pages are resident, and where. */

import type { AllocatorState } from "../allocator/state.ts";
import { checkName } from "../foundation/check.ts";
import { showAsText } from "../foundation/inspect.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import type { BufferCreateInfo, Extent3D, ImageCreateInfo } from "../vulkan/resources.ts";
import type { SparseQueue } from "../vulkan/sparse.ts";
import type { QueueSynchronization, Submission } from "../vulkan/transfer.ts";
import type {
  Geometry,
  ImageGeometry,
  LinearGeometry,
  SparseBufferRegion,
  SparseImageRegion,
} from "./geometry.ts";
import { NO_PAGE, type PageId, type PagePool, type PagePoolOwner } from "./page-pool.ts";

/** How much of a region is resident. */
export interface Residency {
  /** Pages that the region touches. */
  readonly pageCount: number;
  /** Of these, the pages that are bound to memory, or will be once submitted work is done. */
  readonly residentCount: number;
  /** Bytes of memory that these take. */
  readonly residentBytes: number;
  /** Whether all of them are resident. */
  readonly isResident: boolean;
}

/** A part of a sparse resource. */
export interface SparsePart {
  /** The resource that it is a part of. */
  readonly resource: SparseBuffer | SparseImage;
  /** Default: all of the resource. */
  readonly region?: SparseBufferRegion | SparseImageRegion;
}

/** Pages of one resource that are bound to the memory of another's. */
export interface SparseShare {
  /** What to bind. Must not be resident. */
  readonly target: SparsePart;
  /** What it shares memory with. Must be resident, and have as many pages. */
  readonly source: SparsePart;
}

/** What one batch of sparse binding does. */
export interface SparseBindRequest extends QueueSynchronization {
  /** What gets memory; what already has memory keeps it. Default: nothing. */
  readonly commit?: readonly SparsePart[];
  /** What gives back its memory. What is also listed in `commit` stays as it is. Default: nothing. */
  readonly evict?: readonly SparsePart[];
  /** What shares memory with something else; both made with `aliased`. Default: nothing. */
  readonly share?: readonly SparseShare[];
}

/** What resources need from the allocator's sparse side. */
export interface SparseOwner extends PagePoolOwner {
  readonly allocator: AllocatorState;
  bind(queue: SparseQueue, request: SparseBindRequest): Submission;
  destroy(resource: SparseResource): void;
}

/** What a resource is made of. */
export interface SparseParts<Info, Own extends Geometry> {
  readonly owner: SparseOwner;
  readonly id: number;
  readonly handle: Buffer | Image;
  readonly info: Info;
  readonly geometry: Own;
  readonly pool: PagePool;
  readonly name: string | undefined;
  readonly userData: unknown;
}

/** What sparse buffers and images have in common. */
export abstract class SparseResource {
  /** Any value. */
  userData: unknown;
  /** The pool that its pages come from. */
  readonly pool: PagePool;
  /** @internal */
  readonly owner: SparseOwner;
  /** @internal Its number, never used again. */
  readonly id: number;
  /** @internal VkBuffer or VkImage. */
  readonly handle: Buffer | Image;
  /** @internal */
  readonly geometry: Geometry;
  /** @internal What each page is bound to, or will be once submitted work is done. */
  readonly pages: Float64Array;
  /** @internal What the batch that is being made does with each page. */
  readonly marks: Uint8Array;
  /** @internal How many batches that bind its pages are not complete. */
  inFlight = 0;
  /** @internal Whether pages of it are being moved. */
  isMoving = false;
  /** @internal */
  resident = 0;
  /** @internal */
  destroyed = false;
  private ownName: string | undefined;
  /** @internal "buffer" or "image". */
  abstract readonly kind: "buffer" | "image";
  /** @internal Whether its pages may be shared. */
  abstract readonly isAliased: boolean;

  /** @internal */
  constructor(parts: SparseParts<unknown, Geometry>) {
    this.owner = parts.owner;
    this.id = parts.id;
    this.handle = parts.handle;
    this.geometry = parts.geometry;
    this.pool = parts.pool;
    this.ownName = parts.name;
    this.userData = parts.userData;
    this.pages = new Float64Array(parts.geometry.pageCount).fill(NO_PAGE);
    this.marks = new Uint8Array(parts.geometry.pageCount);
  }

  /** Shown in leak lists and dumps. */
  get name(): string | undefined {
    return this.ownName;
  }

  /** Undefined removes the name. */
  set name(name: string | undefined) {
    checkName(name);
    this.ensureAlive();
    this.ownName = name;
  }

  /** Whether it was destroyed. */
  get isDestroyed(): boolean {
    return this.destroyed;
  }

  /** How many of its pages are resident. */
  get residentCount(): number {
    return this.resident;
  }

  /** Bytes of a page. */
  get pageSize(): number {
    return this.pool.pageSize;
  }

  /** How many pages it has. */
  get pageCount(): number {
    return this.geometry.pageCount;
  }

  /** Bytes of memory that its pages take. */
  get residentBytes(): number {
    return this.residentCount * this.pageSize;
  }

  /** @internal */
  pageAt(page: number): PageId {
    return this.pages[page]!;
  }

  /** @internal */
  residency(region: unknown): Residency {
    this.ensureAlive();
    let pageCount = 0;
    let residentCount = 0;
    this.geometry.visit(region, false, (first, count) => {
      pageCount += count;
      for (let page = first; page < first + count; page++) if (this.pages[page] !== NO_PAGE) residentCount++;
    });
    const residentBytes = residentCount * this.pageSize;
    return { pageCount, residentCount, residentBytes, isResident: residentCount === pageCount };
  }

  /** @internal Throws if it is destroyed. */
  ensureAlive(): void {
    if (this.isDestroyed) throw new TypeError(`${this.label} is used after it was destroyed`);
  }

  /**
   * Destroys it and gives its pages back, as soon as the work submitted for it is done. As with any resource, the device must
   * be done using it.
   */
  destroy(): void {
    this.ensureAlive();
    this.owner.destroy(this);
  }

  /** Does nothing if it is already destroyed; otherwise {@link destroy}. */
  [Symbol.dispose](): void {
    if (!this.isDestroyed) this.destroy();
  }

  /** @internal The name, for messages. */
  get label(): string {
    return `sparse ${this.kind}${this.name === undefined ? "" : ` ${JSON.stringify(this.name)}`}`;
  }

  /** A description in one line. */
  toString(): string {
    const state = this.isDestroyed
      ? "destroyed"
      : `${this.residentCount} of ${this.pageCount} pages resident`;
    return `${this.constructor.name}${this.name === undefined ? "" : ` ${JSON.stringify(this.name)}`}: ${state}`;
  }

  /** A description as data that can be written as JSON: handles are text. */
  toJSON(): object {
    return {
      kind: this.kind,
      name: this.name,
      handle: `0x${this.handle.toString(16)}`,
      pageSize: this.pageSize,
      pageCount: this.pageCount,
      residentCount: this.residentCount,
      isDestroyed: this.isDestroyed,
    };
  }
}

/** SparseAliased, of buffers and images. */
const ALIASED = 0x4;

/**
 * A buffer whose pages get memory one by one. Made by `allocator.createSparseBuffer`.
 *
 * @experimental
 */
export class SparseBuffer extends SparseResource {
  /** Tells a buffer from an image. */
  readonly kind = "buffer";
  /** How it was made, including the sparse flags. */
  readonly info: BufferCreateInfo;

  /** @internal */
  constructor(parts: SparseParts<BufferCreateInfo, LinearGeometry>) {
    super(parts);
    this.info = parts.info;
  }

  /** VkBuffer */
  get buffer(): Buffer {
    this.ensureAlive();
    return this.handle as Buffer;
  }

  /** Its size in bytes, as created. */
  get size(): number {
    return this.info.size;
  }

  /** @internal */
  get isAliased(): boolean {
    return ((this.info.flags ?? 0) & ALIASED) !== 0;
  }

  /** How much of a region (default: of the whole buffer) is resident. */
  residencyOf(region?: SparseBufferRegion): Residency {
    return this.residency(region);
  }

  /**
   * Gives memory to the pages that the region (default: the whole buffer) touches: `allocator.bindSparse` for one
   * region.
   */
  commit(
    queue: SparseQueue,
    region?: SparseBufferRegion,
    synchronization?: QueueSynchronization,
  ): Submission {
    return this.owner.bind(queue, { ...synchronization, commit: [part(this, region)] });
  }

  /** Takes memory from the pages that the region (default: the whole buffer) covers. */
  evict(queue: SparseQueue, region?: SparseBufferRegion, synchronization?: QueueSynchronization): Submission {
    return this.owner.bind(queue, { ...synchronization, evict: [part(this, region)] });
  }
}

/**
 * An image whose blocks of texels get memory one by one. Made by `allocator.createSparseImage`.
 *
 * @experimental
 */
export class SparseImage extends SparseResource {
  /** Tells an image from a buffer. */
  readonly kind = "image";
  /** How it was made, including the sparse flags. */
  readonly info: ImageCreateInfo;
  readonly #blocks: ImageGeometry | undefined;

  /** @internal */
  constructor(parts: SparseParts<ImageCreateInfo, ImageGeometry | LinearGeometry>) {
    super(parts);
    this.info = parts.info;
    this.#blocks = "block" in parts.geometry ? parts.geometry : undefined;
  }

  /** VkImage */
  get image(): Image {
    this.ensureAlive();
    return this.handle as Image;
  }

  /** @internal */
  get isAliased(): boolean {
    return ((this.info.flags ?? 0) & ALIASED) !== 0;
  }

  /** The texels that one page holds; undefined for an image without residency. */
  get blockExtent(): Required<Extent3D> | undefined {
    return this.#blocks?.block;
  }

  /** The first mip level in the mip tail; undefined for an image without residency. */
  get mipTailFirstLevel(): number | undefined {
    return this.#blocks?.levelCount;
  }

  /** How much of a region (default: of the whole image) is resident. */
  residencyOf(region?: SparseImageRegion): Residency {
    return this.residency(region);
  }

  /**
   * Gives memory to the blocks that the region (default: the whole image) touches: `allocator.bindSparse` for one
   * region.
   */
  commit(queue: SparseQueue, region?: SparseImageRegion, synchronization?: QueueSynchronization): Submission {
    return this.owner.bind(queue, { ...synchronization, commit: [part(this, region)] });
  }

  /** Takes memory from the blocks that the region (default: the whole image) covers. */
  evict(queue: SparseQueue, region?: SparseImageRegion, synchronization?: QueueSynchronization): Submission {
    return this.owner.bind(queue, { ...synchronization, evict: [part(this, region)] });
  }
}

function part(
  resource: SparseBuffer | SparseImage,
  region: SparseBufferRegion | SparseImageRegion | undefined,
): SparsePart {
  return region === undefined ? { resource } : { resource, region };
}

showAsText(SparseBuffer);
showAsText(SparseImage);
