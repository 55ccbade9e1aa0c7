/**
 * Makes what the user gets: a buffer or an image with memory, memory by itself, a resource in memory that is
 * there. Reads and checks what the caller wants, and undoes every step when a later one fails.
 */

import { checkAlignment, checkInteger, quote } from "../foundation/check.ts";
import { SuballocationType } from "../metadata/block-metadata.ts";
import { ApiVersion, BufferUsage, ImageTiling } from "../vulkan/constants.ts";
import { findNext, type NextChain, StructureType } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { type Allocation, ResourceKind } from "./allocation.ts";
import type { BlockList } from "./block-list.ts";
import { BufferRecipes, type BufferWithMemory } from "./buffer-recipes.ts";
import { type AllocatorContext, hasFlag } from "./context.ts";
import type { AllocatorCore } from "./core.ts";
import {
  type AllocationCreateInfo,
  checkBufferCreateInfo,
  checkFlagCombination,
  checkImageCreateInfo,
  isEmptyImage,
  readAllocationCreateInfo,
} from "./create-info.ts";
import { type AllocationPlan, planAllocation } from "./dry-run.ts";
import { Attempts } from "./engine.ts";
import { AllocationCreate, AllocatorCreate } from "./flags.ts";
import { ImageRecipes } from "./image-recipes.ts";
import { bufferInfoToKeep, imageInfoToKeep, isSameImage } from "./kept-info.ts";
import { usesDedicatedInfo } from "./memory-chain.ts";
import { NO_MEMORY_TYPE } from "./memory-types.ts";
import { AllocationRequest } from "./request.ts";
import { Requirements } from "./requirements.ts";

/** An image and its memory. */
export interface ImageWithMemory {
  /** VkImage */
  readonly image: bigint;
  readonly allocation: Allocation;
}

/** What memory has to be like, as from vkGetBufferMemoryRequirements; the last two default to false. */
export type RequirementsInfo = Pick<MemoryRequirements, "size" | "alignment" | "memoryTypeBits"> &
  Partial<MemoryRequirements>;

/** What `wouldAllocate` is asked about: a buffer, an image, or memory by itself. */
export type Allocatable =
  | { readonly buffer: BufferCreateInfo }
  | { readonly image: ImageCreateInfo }
  | { readonly requirements: RequirementsInfo };

/** The maker of one allocator. Where memory is out it returns undefined, with the failure in the context. */
export class ResourceMaker {
  private readonly core: AllocatorCore;
  private readonly context: AllocatorContext;
  private readonly requirements: Requirements;
  private readonly request: AllocationRequest = new AllocationRequest();
  /** The short way to buffers, to be tried first. */
  readonly recipes: BufferRecipes;
  private readonly imageRecipes: ImageRecipes;
  /** Whether nothing has to be done for an allocation beyond making it. */
  private readonly isPlain: boolean;

  /** @param remembers whether memory requirements may be remembered; default: where maintenance4 allows it. */
  constructor(core: AllocatorCore, remembers: boolean | undefined) {
    const { context } = core;
    this.core = core;
    this.context = context;
    this.recipes = new BufferRecipes(core);
    this.isPlain = !core.isTracking && !context.debug.fillPatterns && context.debug.margin === 0;
    this.requirements = new Requirements(
      context.device,
      usesDedicatedInfo(context),
      remembers ?? hasFlag(context, AllocatorCreate.KhrMaintenance4),
    );
    this.imageRecipes = new ImageRecipes(this.requirements);
  }

  /** A buffer with memory at a multiple of `minAlignment`, for whose memory object `next` may say more. */
  makeBuffer(
    info: BufferCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment: number,
    next: NextChain | undefined,
  ): BufferWithMemory | undefined {
    const isPlain = next === undefined && minAlignment === 1;
    const request = this.begin(allocationInfo);
    this.checkBuffer(info);
    const usage = this.describeBuffer(request, info);
    this.setNext(request, next);
    const { device } = this.context;
    const buffer = device.createBuffer(info);
    const { made } = this.context.deviceMemory;
    let allocation: Allocation | undefined;
    try {
      request.buffer = buffer;
      const isRecalled = this.requirements.ofBuffer(buffer, info, request.requirements);
      const { size } = request.requirements;
      allocation = this.allocate(request, allocationInfo, minAlignment);
      // What is remembered is rounded up: where there is no room for that, there may be for what the driver says.
      if (allocation === undefined && isRecalled) {
        this.requirements.ask(buffer, request.requirements);
        if (request.requirements.size < size) {
          allocation = this.allocate(request, allocationInfo, minAlignment);
        }
      }
      if (allocation !== undefined && (request.flags & AllocationCreate.DontBind) === 0) {
        device.bindBufferMemory(buffer, allocation.deviceMemory, allocation.offset);
      }
    } catch (error) {
      device.destroyBuffer(buffer);
      if (allocation !== undefined) this.core.undo(allocation, made);
      throw error;
    }
    if (allocation === undefined) {
      device.destroyBuffer(buffer);
      return undefined;
    }
    allocation.setResource(ResourceKind.Buffer, buffer, info.size, usage, bufferInfoToKeep(info));
    allocation.isUnbound = (request.flags & AllocationCreate.DontBind) !== 0;
    if (isPlain && this.isPlain) this.learn(info, allocationInfo, request);
    return { buffer, allocation };
  }

  /** Remembers how a buffer of this kind is allocated, where that depends on the kind alone. */
  private learn(
    info: BufferCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    request: AllocationRequest,
  ): void {
    const known = this.requirements.largestKnownSize(info);
    const list = info.size <= known ? this.firstListFor(request) : undefined;
    if (list === undefined) return;
    const largest = Math.min(known, Math.floor(list.options.preferredBlockSize / 2));
    const sizeAlignment = this.requirements.alignmentOf(info);
    this.recipes.add(info, allocationInfo, request, list, sizeAlignment, largest);
  }

  /** The blocks that are searched first for all requests like this one; undefined where that is not all there is to it. */
  private firstListFor(request: AllocationRequest): BlockList | undefined {
    const unusual =
      AllocationCreate.UserDataCopyString | AllocationCreate.DontBind | AllocationCreate.UpperAddress;
    if ((request.flags & unusual) !== 0) return undefined;
    const { engine } = this.core;
    const type = request.pool?.memoryTypeIndex ?? engine.firstType(request);
    const source = request.pool ?? engine.defaults[type]!;
    const attempts = engine.attemptsFor(request, source, type);
    const beginsWithBlock = attempts === Attempts.BlockThenDedicated || attempts === Attempts.Block;
    return beginsWithBlock ? source.blockList : undefined;
  }

  /** An image with memory. */
  makeImage(
    info: ImageCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    next: NextChain | undefined,
  ): ImageWithMemory | undefined {
    this.core.checkUsable();
    const isPlain = this.isPlain && next === undefined && info?.pNext === undefined;
    const recipe = isPlain ? this.imageRecipes.find(info, allocationInfo) : undefined;
    // The last image's description was checked, and a copy of it is there; to check takes 15 ns, and to copy 45.
    const last = recipe?.imageInfo;
    const known = last !== undefined && isSameImage(last, info) ? last : undefined;
    if (known === undefined) this.checkImage(info);
    let request = recipe === undefined ? this.beginImage(info, allocationInfo, next) : undefined;
    const { device } = this.context;
    const image = device.createImage(info);
    const { made } = this.context.deviceMemory;
    let allocation: Allocation | undefined;
    try {
      if (recipe !== undefined) allocation = this.imageRecipes.allocate(recipe, image, allocationInfo);
      if (allocation === undefined) {
        request ??= this.beginImage(info, allocationInfo, next);
        request.image = image;
        if (recipe === undefined) this.requirements.ofImage(image, request.requirements);
        else Object.assign(request.requirements, recipe.request.requirements);
        allocation = this.allocate(request, allocationInfo, 1);
      }
      if (allocation !== undefined && !isUnbound(request)) {
        device.bindImageMemory(image, allocation.deviceMemory, allocation.offset);
      }
    } catch (error) {
      device.destroyImage(image);
      if (allocation !== undefined) this.core.undo(allocation, made);
      throw error;
    }
    if (allocation === undefined) {
      device.destroyImage(image);
      return undefined;
    }
    const kept = known ?? imageInfoToKeep(info);
    if (recipe !== undefined) recipe.imageInfo = kept;
    allocation.setResource(ResourceKind.Image, image, 0, info.usage, kept);
    allocation.isUnbound = isUnbound(request);
    if (isPlain && recipe === undefined) this.learnImage(info, allocationInfo, request!);
    return { image, allocation };
  }

  private beginImage(
    info: ImageCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    next: NextChain | undefined,
  ): AllocationRequest {
    const request = this.begin(allocationInfo);
    this.describeImage(request, info);
    this.setNext(request, next);
    return request;
  }

  /** Remembers how an image of this kind is allocated. */
  private learnImage(
    info: ImageCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    request: AllocationRequest,
  ): void {
    const { prefersDedicatedAllocation, requiresDedicatedAllocation } = request.requirements;
    if (prefersDedicatedAllocation || requiresDedicatedAllocation) return;
    const list = this.firstListFor(request);
    if (list === undefined) return;
    const largest = Math.floor(list.options.preferredBlockSize / 2);
    if (request.size <= largest) this.imageRecipes.add(info, allocationInfo, request, list, largest);
  }

  /** Memory by itself. */
  makeMemory(
    requirements: RequirementsInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    next: NextChain | undefined,
  ): Allocation | undefined {
    const request = this.begin(allocationInfo);
    readRequirements(request, requirements);
    this.setNext(request, next);
    return this.allocate(request, allocationInfo, 1);
  }

  /** Memory for a buffer that is there. */
  makeMemoryForBuffer(
    buffer: bigint,
    allocationInfo: AllocationCreateInfo | undefined,
  ): Allocation | undefined {
    checkHandle(buffer, "buffer");
    const request = this.begin(allocationInfo);
    request.type = SuballocationType.Buffer;
    request.buffer = buffer;
    const { device } = this.context;
    device.getBufferMemoryRequirements(buffer, request.requirements, usesDedicatedInfo(this.context));
    return this.allocate(request, allocationInfo, 1);
  }

  /** Memory for an image that is there. */
  makeMemoryForImage(
    image: bigint,
    allocationInfo: AllocationCreateInfo | undefined,
  ): Allocation | undefined {
    checkHandle(image, "image");
    const request = this.begin(allocationInfo);
    request.type = SuballocationType.ImageUnknown;
    request.image = image;
    this.requirements.ofImage(image, request.requirements);
    return this.allocate(request, allocationInfo, 1);
  }

  /** A buffer in the memory of `allocation`. */
  makeAliasingBuffer(allocation: Allocation, info: BufferCreateInfo, offset: number): bigint {
    checkInteger(offset, "offset", 0, allocation.size);
    this.checkBuffer(info);
    checkEnd(allocation, offset, info.size, "buffer");
    const { device } = this.context;
    const buffer = device.createBuffer(info);
    try {
      this.checkBufferFits(allocation, buffer, offset);
      device.bindBufferMemory(buffer, allocation.deviceMemory, allocation.offset + offset);
    } catch (error) {
      device.destroyBuffer(buffer);
      throw error;
    }
    return buffer;
  }

  /** An image in the memory of `allocation`. */
  makeAliasingImage(allocation: Allocation, info: ImageCreateInfo, offset: number): bigint {
    checkInteger(offset, "offset", 0, allocation.size);
    this.checkImage(info);
    const { device } = this.context;
    const image = device.createImage(info);
    try {
      this.checkImageFits(allocation, image, offset);
      device.bindImageMemory(image, allocation.deviceMemory, allocation.offset + offset);
    } catch (error) {
      device.destroyImage(image);
      throw error;
    }
    return image;
  }

  /** A buffer that is bound to an allocation lies inside of it, in a memory type that it can live in. */
  checkBufferFits(allocation: Allocation, buffer: bigint, offset: number): void {
    const { requirements } = this.request;
    this.context.device.getBufferMemoryRequirements(buffer, requirements, usesDedicatedInfo(this.context));
    checkFits(allocation, offset, requirements, "buffer");
  }

  /** As {@link checkBufferFits}, for an image that is not disjoint. */
  checkImageFits(allocation: Allocation, image: bigint, offset: number): void {
    const { requirements } = this.request;
    this.requirements.ofImage(image, requirements);
    checkFits(allocation, offset, requirements, "image");
  }

  /** What an allocation would do. */
  plan(what: Allocatable, allocationInfo: AllocationCreateInfo | undefined): AllocationPlan | undefined {
    const request = this.begin(allocationInfo);
    if ("buffer" in what) {
      this.checkBuffer(what.buffer);
      this.describeBuffer(request, what.buffer);
      // As a buffer is made: with what is remembered first.
      if (this.requirements.recall(what.buffer, request.requirements)) {
        this.applyAlignment(request, allocationInfo, 1);
        const plan = planAllocation(this.core.engine, request);
        if (plan !== undefined) return plan;
      }
      this.requirements.ofBufferInfo(what.buffer, request.requirements, this.canAskWithoutResource);
    } else if ("image" in what) {
      this.checkImage(what.image);
      this.describeImage(request, what.image);
      this.requirements.ofImageInfo(what.image, request.requirements, this.canAskWithoutResource);
    } else {
      readRequirements(request, what.requirements);
    }
    this.applyAlignment(request, allocationInfo, 1);
    return planAllocation(this.core.engine, request);
  }

  /** The best memory type among some. */
  findType(memoryTypeBits: number, allocationInfo: AllocationCreateInfo | undefined): number {
    checkInteger(memoryTypeBits, "memoryTypeBits", 0, 0xffffffff);
    const request = this.read(allocationInfo);
    request.requirements.memoryTypeBits = memoryTypeBits;
    return this.findTypeFor(request);
  }

  /** The best memory type for such a buffer. */
  findTypeForBuffer(info: BufferCreateInfo, allocationInfo: AllocationCreateInfo | undefined): number {
    checkBufferCreateInfo(info);
    const request = this.read(allocationInfo);
    this.describeBuffer(request, info);
    this.requirements.ofBufferInfo(info, request.requirements, this.canAskWithoutResource);
    return this.findTypeFor(request);
  }

  /** The best memory type for such an image. */
  findTypeForImage(info: ImageCreateInfo, allocationInfo: AllocationCreateInfo | undefined): number {
    checkImageCreateInfo(info);
    const request = this.read(allocationInfo);
    this.describeImage(request, info);
    this.requirements.ofImageInfo(info, request.requirements, this.canAskWithoutResource);
    return this.findTypeFor(request);
  }

  /** Reads the caller's settings into the request; refuses settings with which nothing can be allocated. */
  private begin(allocationInfo: AllocationCreateInfo | undefined): AllocationRequest {
    const request = this.read(allocationInfo);
    checkFlagCombination(request);
    if (request.pool !== undefined) this.core.checkOwnPool(request.pool);
    return request;
  }

  private read(allocationInfo: AllocationCreateInfo | undefined): AllocationRequest {
    this.core.checkUsable();
    const { request } = this;
    request.forUnknownResource();
    readAllocationCreateInfo(request, allocationInfo, this.context.dedicatedFallback);
    return request;
  }

  private allocate(
    request: AllocationRequest,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment: number,
  ): Allocation | undefined {
    this.applyAlignment(request, allocationInfo, minAlignment);
    return this.core.allocate(request);
  }

  private applyAlignment(
    request: AllocationRequest,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment: number,
  ): void {
    const { requirements } = request;
    const wanted = allocationInfo?.minAlignment ?? 1;
    if (requirements.alignment < wanted) requirements.alignment = wanted;
    if (requirements.alignment < minAlignment) requirements.alignment = minAlignment;
  }

  private findTypeFor(request: AllocationRequest): number {
    this.context.failure.reset();
    const type = this.core.engine.firstType(request);
    if (type === NO_MEMORY_TYPE) throw this.context.failure.toError();
    return type;
  }

  /** The 64-bit usage that maintenance5 lets a chain say instead of the 32-bit one; undefined where there is none. */
  private wideUsage({ pNext }: BufferCreateInfo): bigint | undefined {
    if (pNext === undefined || !hasFlag(this.context, AllocatorCreate.KhrMaintenance5)) return undefined;
    return findNext(pNext, StructureType.BufferUsageFlags2CreateInfo)?.usage;
  }

  /** Says in the request what is known of the buffer. Returns its usage flags, as far as a number holds them. */
  private describeBuffer(request: AllocationRequest, info: BufferCreateInfo): number {
    request.type = SuballocationType.Buffer;
    const wide = this.wideUsage(info);
    if (wide !== undefined) {
      const transfers = BigInt(BufferUsage.TransferSrc | BufferUsage.TransferDst);
      request.resourceKnown = wide !== 0n;
      request.deviceAccess = (wide & ~transfers) !== 0n;
      request.mayHaveDeviceAddress = (wide & BigInt(BufferUsage.ShaderDeviceAddress)) !== 0n;
      return Number(wide);
    }
    const { usage } = info;
    request.resourceKnown = usage !== 0;
    request.deviceAccess = (usage & ~(BufferUsage.TransferSrc | BufferUsage.TransferDst)) !== 0;
    request.mayHaveDeviceAddress = usage === 0 || (usage & BufferUsage.ShaderDeviceAddress) !== 0;
    return usage;
  }

  private describeImage(request: AllocationRequest, info: ImageCreateInfo): void {
    // A DRM modifier's tiling is laid out by the driver, but counts as linear, as in VMA.
    const isOptimal = (info.tiling ?? ImageTiling.Optimal) === ImageTiling.Optimal;
    request.type = isOptimal ? SuballocationType.ImageOptimal : SuballocationType.ImageLinear;
    request.resourceKnown = info.usage !== 0;
    // The transfer bits are the same as a buffer's.
    request.deviceAccess = (info.usage & ~(BufferUsage.TransferSrc | BufferUsage.TransferDst)) !== 0;
    request.mayHaveDeviceAddress = false;
  }

  private setNext(request: AllocationRequest, next: NextChain | undefined): void {
    if (next !== undefined && request.pool?.blockList.options.next !== undefined) {
      throw new TypeError(
        `${request.pool.label} has a chain of its own: memoryAllocateNext cannot be given too`,
      );
    }
    request.next = next;
  }

  private checkBuffer(info: BufferCreateInfo): void {
    checkBufferCreateInfo(info);
    if (info.size === 0) throw invalidResource("createBuffer", "a buffer has at least 1 byte, got size 0");
    if (hasFlag(this.context, AllocatorCreate.BufferDeviceAddress)) return;
    const wide = this.wideUsage(info);
    const hasAddress =
      wide === undefined
        ? (info.usage & BufferUsage.ShaderDeviceAddress) !== 0
        : (wide & BigInt(BufferUsage.ShaderDeviceAddress)) !== 0n;
    if (hasAddress) {
      throw invalidResource(
        "createBuffer",
        "BufferUsage.ShaderDeviceAddress needs an allocator with AllocatorCreate.BufferDeviceAddress",
      );
    }
  }

  private checkImage(info: ImageCreateInfo): void {
    checkImageCreateInfo(info);
    if (isEmptyImage(info)) {
      throw invalidResource("createImage", "an image's extent, mipLevels and arrayLayers are at least 1");
    }
  }

  private get canAskWithoutResource(): boolean {
    return (
      hasFlag(this.context, AllocatorCreate.KhrMaintenance4) || this.context.apiVersion >= ApiVersion.V1_3
    );
  }
}

function invalidResource(call: string, detail: string): VulkanError {
  return new VulkanError(Result.ErrorInitializationFailed, call, detail);
}

/** Checks a Vulkan handle. */
export function checkHandle(handle: unknown, what: string): void {
  checkHandleType(handle, what);
  if (handle === 0n) throw new RangeError(`${what} must not be 0n`);
}

/** Checks what may be a Vulkan handle or 0n. */
export function checkHandleType(handle: unknown, what: string): void {
  if (typeof handle !== "bigint") throw new TypeError(`${what} must be a bigint, got ${quote(handle)}`);
}

function checkFits(
  allocation: Allocation,
  offset: number,
  { size, memoryTypeBits }: MemoryRequirements,
  what: string,
): void {
  checkEnd(allocation, offset, size, what);
  if ((memoryTypeBits & (1 << allocation.memoryType)) === 0) {
    throw new RangeError(
      `the ${what} needs a memory type of 0x${memoryTypeBits.toString(16)}, ` +
        `allocation${allocation.label} has memory type ${allocation.memoryType}`,
    );
  }
}

function checkEnd(allocation: Allocation, offset: number, size: number, what: string): void {
  if (offset + size > allocation.size) {
    throw new RangeError(
      `the ${what} needs ${size} bytes from offset ${offset}, ` +
        `allocation${allocation.label} has ${allocation.size} bytes`,
    );
  }
}

function readRequirements(request: AllocationRequest, info: RequirementsInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`requirements must be an object, got ${quote(info)}`);
  }
  const { requirements } = request;
  requirements.size = checkInteger(info.size, "requirements.size");
  requirements.alignment = checkAlignment(info.alignment, "requirements.alignment");
  requirements.memoryTypeBits = checkInteger(
    info.memoryTypeBits,
    "requirements.memoryTypeBits",
    0,
    0xffffffff,
  );
  requirements.prefersDedicatedAllocation = info.prefersDedicatedAllocation ?? false;
  requirements.requiresDedicatedAllocation = info.requiresDedicatedAllocation ?? false;
}

/** Whether the caller binds the resource; never with a recipe, which has no request of the caller's. */
function isUnbound(request: AllocationRequest | undefined): boolean {
  return request !== undefined && (request.flags & AllocationCreate.DontBind) !== 0;
}
