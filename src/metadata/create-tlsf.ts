/** Chooses how a block is divided by two-level segregated fit. */

import { GranularTlsf } from "./granular-tlsf.ts";
import type { NamedMetadataOptions } from "./handles.ts";
import { LargeTlsf } from "./large-tlsf.ts";
import { NarrowTlsf } from "./narrow-tlsf.ts";
import { TOO_LARGE } from "./records.ts";
import type { TlsfMetadata, TlsfOptions } from "./tlsf.ts";
import { WideTlsf } from "./wide-tlsf.ts";

const enlarge: TlsfOptions["enlarge"] = (narrow, options) => LargeTlsf.fromInt32(narrow, options);

/** Metadata for a block: in int32 where the block allows it. */
export function createTlsf(options: NamedMetadataOptions): TlsfMetadata {
  const { size, margin = 0, granularity = 1, virtual = false } = options;
  if (virtual) return size >= TOO_LARGE ? new LargeTlsf(options) : new NarrowTlsf({ ...options, enlarge });
  if (size >= TOO_LARGE || margin > 0) return new WideTlsf(options);
  return granularity > 1 ? new GranularTlsf(options) : new NarrowTlsf(options);
}
