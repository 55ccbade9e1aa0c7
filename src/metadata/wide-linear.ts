/** The linear algorithm, as ./linear.ts describes it, in blocks of up to 2^53 - 1 bytes: offsets and sizes are float64. */

import type { NamedMetadataOptions } from "./handles.ts";
import { LinearMetadata } from "./linear.ts";
import { RecordField, slotOf } from "./records.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { ROW_OFFSET: OFFSET, ROW_SIZE: SIZE } = RecordField;

/** Divides any block. */
export class WideLinear extends LinearMetadata {
  /** The same division of a virtual block that counted in int32, with the same slots. */
  static fromInt32(narrow: LinearMetadata, options: NamedMetadataOptions): WideLinear {
    const wide = new WideLinear(options);
    wide.assign(narrow);
    for (const record of [...wide.inRow(wide.first), ...wide.inRow(wide.second)]) {
      const slot = slotOf(record);
      wide.setPlace(record, narrow.offsetOf(slot), narrow.sizeOf(slot));
    }
    return wide;
  }

  protected startOf(record: number): number {
    return this.doubles[(record >> 1) | OFFSET];
  }

  protected bytesOf(record: number): number {
    return this.doubles[(record >> 1) | SIZE];
  }

  protected setPlace(record: number, offset: number, size: number): void {
    this.doubles[(record >> 1) | OFFSET] = offset;
    this.doubles[(record >> 1) | SIZE] = size;
  }
}
