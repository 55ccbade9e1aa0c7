/**
 * The short way to an image, as ./buffer-recipes.ts is to a buffer: images of few kinds are created over and over, and for
 * a kind that is known the settings need no second look, nor has a memory type to be found. What the driver says that an
 * image needs is asked each time: Vulkan does not guarantee that it is the same for two images of the same description.
 */

import type { ImageCreateInfo } from "../vulkan/resources.ts";
import type { Allocation } from "./allocation.ts";
import type { BlockList } from "./block-list.ts";
import { type AllocationCreateInfo, NO_SETTINGS } from "./create-info.ts";
import { checkName } from "./pool.ts";
import { addRecipe, Recipe } from "./recipe.ts";
import type { AllocationRequest } from "./request.ts";
import type { Requirements } from "./requirements.ts";

/** The recipes of one allocator, the one used last first. */
export class ImageRecipes {
  private readonly recipes: Recipe[] = [];
  private readonly requirements: Requirements;

  constructor(requirements: Requirements) {
    this.requirements = requirements;
  }

  /** How images of this kind are allocated, if it is known and the settings are in order. */
  find(info: ImageCreateInfo, settings: AllocationCreateInfo = NO_SETTINGS): Recipe | undefined {
    if (info === undefined || info === null) return undefined;
    if (typeof settings !== "object" || settings === null) return undefined;
    const { recipes } = this;
    for (let index = 0; index < recipes.length; index++) {
      const recipe = recipes[index]!;
      if (
        recipe.format === info.format &&
        recipe.resourceUsage === info.usage &&
        recipe.resourceFlags === info.flags &&
        recipe.tiling === (info.tiling ?? 0) &&
        recipe.suits(settings)
      ) {
        if (settings.name !== undefined) checkName(settings.name);
        if (index > 0) {
          recipes[index] = recipes[index - 1]!;
          recipes[index - 1] = recipe;
        }
        return recipe;
      }
    }
    return undefined;
  }

  /**
   * Memory for an image, in a block that is there; undefined when it takes more than that. What the image needs is in the
   * recipe's request then.
   */
  allocate(
    recipe: Recipe,
    image: bigint,
    settings: AllocationCreateInfo = NO_SETTINGS,
  ): Allocation | undefined {
    const { request, list } = recipe;
    const { requirements } = request;
    this.requirements.ofImage(image, requirements);
    const isUsual =
      requirements.memoryTypeBits === recipe.requiredTypeBits &&
      requirements.size > 0 &&
      requirements.size <= recipe.largestSize &&
      !requirements.prefersDedicatedAllocation &&
      !requirements.requiresDedicatedAllocation;
    if (!isUsual) return undefined;
    const { minAlignment = 1, userData, name } = settings;
    if (requirements.alignment < minAlignment) requirements.alignment = minAlignment;
    request.userData = userData;
    request.name = name;
    const allocation = list.allocateFromExisting(request);
    // The recipe stays, and must not keep what is the caller's.
    request.userData = undefined;
    request.name = undefined;
    return allocation;
  }

  /** Adds a recipe for images like this one, instead of the one used least. */
  add(
    info: ImageCreateInfo,
    settings: AllocationCreateInfo | undefined,
    request: AllocationRequest,
    list: BlockList,
    largestSize: number,
  ): void {
    const { usage: resourceUsage, flags: resourceFlags, format, tiling = 0 } = info;
    const kind = { resourceUsage, resourceFlags, format, tiling, settings };
    addRecipe(this.recipes, new Recipe({ ...kind, request, list, largestSize }));
  }
}
