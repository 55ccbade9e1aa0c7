/** Defragmentation. */

export type { PinReason } from "../allocator/memory/bindings.ts";
export { DefragmentationContext } from "./context.ts";
export {
  type CanMove,
  DefragmentationFlag,
  type DefragmentationInfo,
  DefragmentationMoveOperation,
  type DefragmentationStats,
} from "./flags.ts";
export { DefragmentationMove } from "./move/move.ts";
export type {
  DefragmentationProgress,
  DefragmentationResult,
  DefragmentationWish,
  DefragmentOptions,
  OtherMove,
  OtherMoveResult,
  PassMove,
  ReplacedBuffer,
  ReplacedImage,
  Replacement,
} from "./options.ts";
export type {
  DefragmentationOffer,
  DefragmentationPlan,
  DefragmentationPlanInfo,
  PinnedAllocation,
  PlannedAllocationMove,
  PlanningSlices,
} from "./plan.ts";
