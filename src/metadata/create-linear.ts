/** Chooses how a block is divided by the linear algorithm. */

import type { NamedMetadataOptions } from "./handles.ts";
import type { LinearMetadata } from "./linear.ts";
import { NarrowLinear } from "./narrow-linear.ts";
import { TOO_LARGE } from "./records.ts";
import { WideLinear } from "./wide-linear.ts";

/** Metadata for a block: in int32 where the block allows it. */
export function createLinear(options: NamedMetadataOptions): LinearMetadata {
  return options.size < TOO_LARGE ? new NarrowLinear(options) : new WideLinear(options);
}
