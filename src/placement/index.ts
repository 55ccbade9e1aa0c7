/**
 * `vma-ts/placement`: packs items with known lifetimes into as little memory as can be found, with proven bounds. No Vulkan, no
 * Node, no dependency.
 *
 * @module vma-ts/placement
 */

export type { AbortSignalLike } from "../foundation/abort.ts";
export { AssertionError } from "../foundation/assert.ts";
export { type ConflictOptions, findConflict } from "./conflict.ts";
export type { PlacementItem, Span } from "./item.ts";
export { drawPlacement, type PictureOptions } from "./picture.ts";
export {
  type Placement,
  PlacementOutcome,
  PlacementSearch,
  type PlaceOptions,
  place,
  placeSync,
} from "./place.ts";
export { type PlacementPlan, PlanFormat, readPlan, writePlan } from "./plan.ts";
export type { SimpleHeights } from "./quick.ts";
export { answerPlacements, type PlacementPort, placeOn } from "./remote.ts";
export { type SharedObject, type ShareOptions, type Sharing, shareObjects } from "./share-objects.ts";
