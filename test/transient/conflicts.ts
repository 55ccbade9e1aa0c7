/** Transient resources that are in each other's way. */

import { findConflict } from "../../src/placement/index.ts";
import type { Transients } from "../../src/transient/index.ts";
import { image } from "./graphs.ts";

/** What is wrong with where they lie. */
export function conflictIn(transients: Transients, granularity: number): string | undefined {
  for (const { resources } of transients.groups) {
    const items = resources.map(({ described, requirements, isLinear }) => ({
      ...{ size: requirements.size, alignment: requirements.alignment, spans: described.spans },
      kind: isLinear ? 0 : 1,
    }));
    const conflict = findConflict(
      items,
      resources.map(({ offset }) => offset),
      { granularity },
    );
    if (conflict !== undefined) return conflict;
  }
  return undefined;
}

export function imageInfo(): object {
  return (image("", 8, 0, 1) as { image: object }).image;
}
