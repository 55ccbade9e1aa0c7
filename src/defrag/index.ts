/** Defragmentation. */
export { DefragmentationContext } from "./context.ts";
export {
  DefragmentationFlag,
  type DefragmentationInfo,
  DefragmentationMoveOperation,
  type DefragmentationStats,
} from "./flags.ts";
export { DefragmentationMove } from "./move.ts";
export type {
  DefragmentationProgress,
  DefragmentationResult,
  DefragmentOptions,
  OtherMove,
  OtherMoveResult,
  Replacement,
} from "./options.ts";
export type { DefragmentationPlan, PlannedAllocationMove } from "./plan.ts";
