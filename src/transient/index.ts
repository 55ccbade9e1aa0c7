/** Resources of a frame graph in shared memory. */
export type {
  TransientBuffer,
  TransientImage,
  TransientResource,
  TransientUse,
} from "./description.ts";
export type { TransientOptions } from "./options.ts";
export type { TransientSource, TransientTakeOver } from "./take-overs.ts";
export { type TransientGroup, TransientPlace, Transients } from "./transients.ts";
