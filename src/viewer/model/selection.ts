/** What is selected, and the part of the map that is seen. */

import type { Moment } from "./moment.ts";

/** What is selected. */
export type Selection =
  | { readonly what: "range"; readonly range: number }
  | { readonly what: "free"; readonly block: number; readonly offset: number; readonly size: number }
  | { readonly what: "block"; readonly block: number };

/** The part of the map that is seen: 0 is the left end of every block, 1 the right end of the longest. */
export interface Zoom {
  readonly from: number;
  readonly to: number;
}

/** A part of a block, in bytes. */
export interface Place {
  readonly block: number;
  readonly offset: number;
  readonly size: number;
}

/** Where something selected lies; undefined if the file has no such thing, as a link may say anything. */
export function placeOf({ history }: Moment, selection: Selection): Place | undefined {
  const { ranges, blocks } = history;
  switch (selection.what) {
    case "range": {
      const { range } = selection;
      if (range >= ranges.count) return undefined;
      return { block: ranges.block[range]!, offset: ranges.offset[range]!, size: ranges.size[range]! };
    }
    case "free":
      return selection.block < blocks.count ? selection : undefined;
    case "block":
      return selection.block < blocks.count
        ? { block: selection.block, offset: 0, size: blocks.size[selection.block]! }
        : undefined;
  }
}
