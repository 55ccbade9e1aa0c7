/** How transient resources are made: the options, and their checks. */

import type { AllocationCreateInfo } from "../allocator/options.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { Transients } from "./transients.ts";

/** How transient resources are made. */
export interface TransientOptions {
  /** As for createBuffer and createImage: usage, flags, a pool. The name is the memory's; default "transients". */
  readonly allocation?: AllocationCreateInfo | undefined;
  /** How long to search for a better placement, in milliseconds, for each group of resources. Default 10. */
  readonly timeLimit?: number | undefined;
  /**
   * Whether the passes run repeatedly, so that the first ones take over memory from the last ones of the previous run. Default
   * true.
   */
  readonly repeats?: boolean | undefined;
  /**
   * What was made earlier for other resources or sizes: what still has the same name and description stays as it is if
   * possible, and belongs to the new ones from now on. The rest is destroyed with `previous`, which the program does when the
   * device is done with it, before it uses the new ones.
   */
  readonly previous?: Transients | undefined;
}

const checkNames = optionsCheck<TransientOptions>("the options of createTransients", {
  allocation: true,
  timeLimit: true,
  repeats: true,
  previous: true,
});
/** Milliseconds. */
export const DEFAULT_TIME_LIMIT = 10;

/** @throws TypeError or RangeError for invalid options. */
export function checkOptions(state: AllocatorState, options: TransientOptions): void {
  checkNames(options);
  const { timeLimit = DEFAULT_TIME_LIMIT, repeats = true, previous } = options;
  if (typeof timeLimit !== "number")
    throw new TypeError(`timeLimit must be a number, got ${quote(timeLimit)}`);
  if (!(timeLimit >= 0)) {
    throw new RangeError(`timeLimit must be at least 0 milliseconds, got ${quote(timeLimit)}`);
  }
  if (typeof repeats !== "boolean") throw new TypeError(`repeats must be a boolean, got ${quote(repeats)}`);
  if (previous === undefined) return;
  if (!(previous instanceof Transients)) {
    throw new TypeError(`previous must be what createTransients returned, got ${quote(previous)}`);
  }
  if (!previous.isOf(state)) throw new TypeError("previous belongs to another allocator");
  if (previous.isDestroyed)
    throw new TypeError("previous must not be destroyed before what replaces it is made");
}
