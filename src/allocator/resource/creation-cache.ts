/**
 * What is remembered of how resources of one kind (same usage, flags and settings) were created: programs create a few kinds
 * over and over, and for a known kind every decision before the search in the blocks is the same each time. One cache for
 * buffers and one for images; each keeps the most recently used kinds.
 */

import { asInteger } from "../../foundation/bits.ts";
import { checkName } from "../../foundation/check.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../vulkan/resources.ts";
import type { Allocation } from "../allocation.ts";
import { AllocationCreate } from "../flags.ts";
import type { BlockList } from "../memory/block-list.ts";
import type { MemoryBlock } from "../memory/memory-block.ts";
import { type AllocationCreateInfo, NO_SETTINGS } from "../options.ts";
import type { Pool } from "../pool.ts";
import { KnownImages } from "./known-images.ts";
import { AllocationRequest } from "./request.ts";

/** The caller's settings that decide how a resource is allocated. */
const SETTINGS = [
  "flags",
  "usage",
  "requiredFlags",
  "preferredFlags",
  "memoryTypeBits",
  "pool",
  "priority",
  "minAlignment",
  "dedicatedFallback",
] as const;
type Settings = {
  readonly [Name in (typeof SETTINGS)[number] | "zeroInitialize" | "placedAt"]?:
    | AllocationCreateInfo[Name]
    | undefined;
};

/** Allocations with these are not remembered: they need more than finding a place. */
const UNUSUAL: number =
  AllocationCreate.UserDataCopyString | AllocationCreate.DontBind | AllocationCreate.UpperAddress;

/** What the kind of a resource consists of, besides the caller's settings. */
export interface ResourceKey {
  readonly usage: number;
  readonly flags: number | undefined;
  /** An image's; 0 for a buffer. */
  readonly format: number;
  /** An image's; 0 for a buffer. */
  readonly tiling: number;
}

/** What buffers with this description have in common. */
export function bufferKey({ usage, flags }: BufferCreateInfo): ResourceKey {
  return { usage, flags, format: 0, tiling: 0 };
}

/** What images with this description have in common. */
export function imageKey({ usage, flags, format, tiling = 0 }: ImageCreateInfo): ResourceKey {
  return { usage, flags, format, tiling };
}

/** How resources of one kind are allocated. The allocator's own fields, not the caller's objects: those may change. */
export class CachedCreation implements Settings {
  // What makes the kind.
  readonly resourceUsage: number;
  readonly resourceFlags: number | undefined;
  readonly format: number;
  readonly tiling: number;
  readonly flags: number | undefined;
  readonly usage: number | undefined;
  readonly requiredFlags: number | undefined;
  readonly preferredFlags: number | undefined;
  readonly memoryTypeBits: number | undefined;
  readonly pool: Pool | undefined;
  readonly priority: number | undefined;
  readonly minAlignment: number | undefined;
  readonly dedicatedFallback: boolean | undefined;

  // How it is allocated.
  /** The blocks that are searched first. */
  readonly list: BlockList;
  /** Filled in except for size, user data and name. */
  readonly request: AllocationRequest;
  /** Bytes, a power of two: what the resource's size is rounded up to. */
  readonly sizeAlignment: number;
  /** The strategy for places in a block. */
  readonly strategy: number;
  readonly alignment: number;
  /** The memory types that the resource can use. */
  readonly requiredTypeBits: number;
  /** Whether such an allocation is mapped as long as it lives. */
  readonly isMapped: boolean;
  /** Its packed facts; undefined if its margin must be written. */
  readonly facts: number | undefined;
  /** Bytes up to which the answers hold. */
  readonly largestSize: number;
  /** A copy of the description of the image that was made last. */
  imageInfo: ImageCreateInfo | undefined = undefined;
  /** What images of this kind need whose descriptions are known. */
  readonly knownImages: KnownImages = new KnownImages();

  constructor(
    key: ResourceKey,
    settings: AllocationCreateInfo,
    request: AllocationRequest,
    list: BlockList,
    sizeAlignment: number,
    largestSize: number,
  ) {
    this.resourceUsage = key.usage;
    this.resourceFlags = key.flags;
    this.format = key.format;
    this.tiling = key.tiling;
    this.flags = settings.flags;
    this.usage = settings.usage;
    this.requiredFlags = settings.requiredFlags;
    this.preferredFlags = settings.preferredFlags;
    this.memoryTypeBits = settings.memoryTypeBits;
    this.pool = settings.pool;
    this.priority = settings.priority;
    this.minAlignment = settings.minAlignment;
    this.dedicatedFallback = settings.dedicatedFallback;
    this.list = list;
    this.request = copyOf(request);
    this.sizeAlignment = asInteger(sizeAlignment);
    this.strategy = request.strategy;
    this.alignment = asInteger(list.alignmentFor(request));
    this.requiredTypeBits = request.requirements.memoryTypeBits;
    this.isMapped = request.isMapped;
    this.facts = list.canCheckCorruption ? undefined : list.bitsFor(request, this.alignment);
    this.largestSize = asInteger(largestSize);
  }

  /**
   * Whether these settings are the ones of its kind. Only callers' settings come here, never entries: see
   * docs/performance.md, "What V8 makes of the allocator".
   */
  suits(settings: Settings): boolean {
    return (
      this.usage === settings.usage &&
      this.flags === settings.flags &&
      this.pool === settings.pool &&
      this.requiredFlags === settings.requiredFlags &&
      this.preferredFlags === settings.preferredFlags &&
      this.memoryTypeBits === settings.memoryTypeBits &&
      this.priority === settings.priority &&
      this.minAlignment === settings.minAlignment &&
      this.dedicatedFallback === settings.dedicatedFallback &&
      !settings.zeroInitialize &&
      settings.placedAt === undefined
    );
  }

  /** Whether another entry is for the same kind. */
  isLike(other: CachedCreation): boolean {
    return (
      this.resourceUsage === other.resourceUsage &&
      this.resourceFlags === other.resourceFlags &&
      this.format === other.format &&
      this.tiling === other.tiling &&
      SETTINGS.every((name) => this[name] === other[name])
    );
  }
}

/** The number of kinds kept; each costs a few comparisons when another one is looked up. */
const CAPACITY = 8;

/** How resources were created, the kind used last first. */
export class CreationCache {
  readonly entries: CachedCreation[] = [];

  /**
   * Remembers how a resource was allocated, replacing what was known about its kind or the least used kind, if that depends
   * only on the kind: blocks are searched first for all of its kind up to `largestSize` bytes.
   */
  add(
    key: ResourceKey,
    settings: AllocationCreateInfo | null | undefined,
    request: AllocationRequest,
    allocation: Allocation,
    sizeAlignment: number,
    largestSize: number,
  ): void {
    const isUsual = request.typesTried === 1 && request.beginsWithBlock && (request.flags & UNUSUAL) === 0;
    if (!isUsual || allocation.dedicatedMemory) return;
    const { list } = allocation.memoryObject as MemoryBlock;
    const largest = Math.min(largestSize, Math.floor(list.options.preferredBlockSize / 2));
    if (request.size > largest) return;
    const { entries } = this;
    const entry = new CachedCreation(key, settings ?? NO_SETTINGS, request, list, sizeAlignment, largest);
    const outdated = entries.findIndex((other) => other.isLike(entry));
    if (outdated >= 0) entries.splice(outdated, 1);
    entries.length = Math.min(entries.length, CAPACITY - 1);
    entries.unshift(entry);
  }

  /** How images of this kind are allocated, if it is known and the settings are in order. */
  findImage(info: ImageCreateInfo, settings: AllocationCreateInfo = NO_SETTINGS): CachedCreation | undefined {
    if (info === undefined || info === null) return undefined;
    if (typeof settings !== "object" || settings === null) return undefined;
    const { entries } = this;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index]!;
      if (
        entry.format === info.format &&
        entry.resourceUsage === info.usage &&
        entry.resourceFlags === info.flags &&
        entry.tiling === (info.tiling ?? 0) &&
        entry.suits(settings)
      ) {
        if (settings.name !== undefined) checkName(settings.name);
        if (index > 0) this.moveUp(index);
        return entry;
      }
    }
    return undefined;
  }

  /** Lets the entry at `index` change places with the one before it. */
  moveUp(index: number): void {
    const { entries } = this;
    const entry = entries[index]!;
    entries[index] = entries[index - 1]!;
    entries[index - 1] = entry;
  }
}

function copyOf(request: AllocationRequest): AllocationRequest {
  const copy = Object.assign(new AllocationRequest(), request, {
    userData: undefined,
    name: undefined,
    buffer: 0n as const,
    image: 0n as const,
  });
  return Object.assign(copy, { requirements: { ...request.requirements } });
}
