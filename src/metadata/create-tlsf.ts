/** Chooses how a block is divided by two-level segregated fit. */

import type { BlockMetadataOptions } from "./block-metadata.ts";
import { MAX_ROUNDED_GRANULARITY } from "./granularity.ts";
import { NarrowTlsf, TOO_LARGE } from "./narrow-tlsf.ts";
import { RoundedTlsf } from "./rounded-tlsf.ts";
import type { TlsfMetadata } from "./tlsf.ts";
import { WideTlsf } from "./wide-tlsf.ts";

/** Metadata for a block: in int32 where the block allows it. */
export function createTlsf(options: BlockMetadataOptions): TlsfMetadata {
  const { size, margin = 0, granularity = 1, virtual = false } = options;
  if (size >= TOO_LARGE) return new WideTlsf(options);
  if (virtual) return new NarrowTlsf(options);
  if (margin > 0 || granularity > MAX_ROUNDED_GRANULARITY) return new WideTlsf(options);
  return granularity > 1 ? new RoundedTlsf(options) : new NarrowTlsf(options);
}
