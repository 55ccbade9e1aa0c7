/** Three realistic programs: the table and the pictures of docs/placement.md are what is computed. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { graphs } from "../../bench/harness/frame-graphs.ts";
import { findConflict } from "../../src/placement/index.ts";
import { picturesOfGraphs, placeGraph, tableInPage, tableOfGraphs } from "../../tools/placement-pictures.ts";

describe("A frame graph, a compute pipeline and an inference plan", () => {
  it.each(graphs)("$name is placed at the greatest load", (graph) => {
    const { offsets, height, lowerBound, isOptimal, simple } = placeGraph(graph);
    expect(findConflict(graph.items, offsets)).toBeUndefined();
    expect(isOptimal).toBe(true);
    expect(height).toBe(lowerBound);
    expect(height).toBeLessThan(0.5 * simple.separate);
  });

  it("have the table and the pictures that docs/placement.md shows", () => {
    expect(tableInPage()).toBe(tableOfGraphs());
    for (const { file, svg } of picturesOfGraphs()) expect(readFileSync(file, "utf8")).toBe(svg);
  });
});
