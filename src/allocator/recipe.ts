/**
 * How resources of one kind are allocated, where that depends on the kind alone: which blocks are searched first, and for
 * what. Kept by ./buffer-recipes.ts and ./image-recipes.ts.
 */

import { asInteger } from "../foundation/bits.ts";
import type { ImageCreateInfo } from "../vulkan/resources.ts";
import type { BlockList } from "./block-list.ts";
import { type AllocationCreateInfo, NO_SETTINGS } from "./create-info.ts";
import type { Pool } from "./pool.ts";
import { AllocationRequest } from "./request.ts";

/** What of the caller's settings decides how a resource is allocated. */
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
  readonly [Name in (typeof SETTINGS)[number]]?: AllocationCreateInfo[Name] | undefined;
};

/** What a recipe is made of. */
export interface RecipeInfo {
  readonly resourceUsage: number;
  readonly resourceFlags: number | undefined;
  /** An image's; default 0. */
  readonly format?: number;
  /** An image's; default 0. */
  readonly tiling?: number;
  /** As the caller gave them. */
  readonly settings: AllocationCreateInfo | null | undefined;
  /** As it was carried out. */
  readonly request: AllocationRequest;
  /** The blocks that are searched first. */
  readonly list: BlockList;
  /** Bytes, a power of two: what the resource's size is rounded up to; default 1. */
  readonly sizeAlignment?: number;
  /** Bytes up to which the answers hold. */
  readonly largestSize: number;
}

/** How resources of one kind are allocated. The allocator's own fields, not the caller's objects: those may change. */
export class Recipe implements Settings {
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
  readonly list: BlockList;
  /** Filled but for size, user data and name. */
  readonly request: AllocationRequest;
  readonly sizeAlignment: number;
  /** Of the places in a block. */
  readonly strategy: number;
  readonly alignment: number;
  /** The memory types that the resource could live in. */
  readonly requiredTypeBits: number;
  /** Whether such an allocation is mapped as long as it lives. */
  readonly isMapped: boolean;
  /** Its packed facts, where its margin has not to be written; else undefined. */
  readonly facts: number | undefined;
  readonly largestSize: number;
  /** A copy of the description of the image that was made last. */
  imageInfo: ImageCreateInfo | undefined = undefined;

  constructor(info: RecipeInfo) {
    const { request, list } = info;
    const settings = info.settings ?? NO_SETTINGS;
    this.resourceUsage = info.resourceUsage;
    this.resourceFlags = info.resourceFlags;
    this.format = info.format ?? 0;
    this.tiling = info.tiling ?? 0;
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
    this.sizeAlignment = asInteger(info.sizeAlignment ?? 1);
    this.strategy = request.strategy;
    this.alignment = asInteger(list.alignmentFor(request));
    this.requiredTypeBits = request.requirements.memoryTypeBits;
    this.isMapped = request.isMapped;
    this.facts = list.canCheckCorruption ? undefined : list.factsFor(request, this.alignment);
    this.largestSize = asInteger(info.largestSize);
  }

  /**
   * Whether these settings are the ones of its kind. Only callers' settings come here: asked about recipes too, which have
   * other names in another order, it took 14 instructions for each name rather than three.
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
      this.dedicatedFallback === settings.dedicatedFallback
    );
  }

  /** Whether another recipe is for the same kind. */
  isLike(other: Recipe): boolean {
    return (
      this.resourceUsage === other.resourceUsage &&
      this.resourceFlags === other.resourceFlags &&
      this.format === other.format &&
      this.tiling === other.tiling &&
      SETTINGS.every((name) => this[name] === other[name])
    );
  }
}

/** So many kinds are kept; each costs a few comparisons when another one is looked for. */
const CAPACITY = 8;

/** Adds a recipe in front of others, instead of an older one of its kind, or of the one used least. */
export function addRecipe(recipes: Recipe[], recipe: Recipe): void {
  const outdated = recipes.findIndex((other) => other.isLike(recipe));
  if (outdated >= 0) recipes.splice(outdated, 1);
  recipes.length = Math.min(recipes.length, CAPACITY - 1);
  recipes.unshift(recipe);
}

function copyOf(request: AllocationRequest): AllocationRequest {
  const copy = Object.assign(new AllocationRequest(), request, {
    userData: undefined,
    name: undefined,
    buffer: 0n,
    image: 0n,
  });
  return Object.assign(copy, { requirements: { ...request.requirements } });
}
