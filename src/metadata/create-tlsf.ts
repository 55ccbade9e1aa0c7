/** Chooses how a block is divided by two-level segregated fit. */

import type { BlockMetadataOptions } from "./block-metadata.ts";
import { isNarrow, NarrowTlsf } from "./narrow-tlsf.ts";
import type { TlsfMetadata } from "./tlsf.ts";
import { WideTlsf } from "./wide-tlsf.ts";

/** Metadata for a block: in int32 where the block allows it. */
export function createTlsf(options: BlockMetadataOptions): TlsfMetadata {
  return isNarrow(options) ? new NarrowTlsf(options) : new WideTlsf(options);
}
