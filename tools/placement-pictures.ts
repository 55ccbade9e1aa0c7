/**
 * `npm run picture:placement`: the table and the pictures of docs/placement.md, of three programs whose resources are needed for a
 * while. A test compares both with what is computed.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Graph, graphs } from "../bench/harness/frame-graphs.ts";
import { drawPlacement, type Placement, placeSync } from "../src/placement/index.ts";

const docs = join(import.meta.dirname, "..", "docs");
const PAGE = join(docs, "placement.md");
const MARKS = ["<!-- graphs -->\n", "<!-- /graphs -->"] as const;

/** A picture, and the file in docs/images that holds it. */
interface Picture {
  readonly file: string;
  readonly svg: string;
}

/** Places a graph, for as long as it takes. */
export function placeGraph({ items }: Graph): Placement {
  return placeSync(items, { timeLimit: 60_000 });
}

/** The table of all graphs, in MiB. */
export function tableOfGraphs(): string {
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
  const rows = graphs.map((graph) => {
    const { simple, height, lowerBound } = placeGraph(graph);
    const memory = [simple.separate, simple.byBegin!, simple.bySize!, height, lowerBound].map(mib);
    return `| ${graph.name} | ${graph.items.length} | ${memory.join(" | ")} |`;
  });
  const head =
    "| MiB | resources | separate | greedy, as they begin | greedy, largest first | here | lower bound |";
  return `${[head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |", ...rows].join("\n")}\n`;
}

/** The pictures of all graphs. */
export function picturesOfGraphs(): Picture[] {
  return graphs.map((graph, index) => {
    const { offsets, height } = placeGraph(graph);
    const title = `${graph.name}: ${graph.items.length} resources, one ${graph.step} is one step`;
    const svg = drawPlacement(graph.items, offsets, { title, capacity: height, height: 420 });
    return { file: join(docs, "images", `placement-${index}.svg`), svg };
  });
}

/** The part of the page that is made here. */
export function tableInPage(): string {
  return readFileSync(PAGE, "utf8").split(MARKS[0])[1]!.split(MARKS[1])[0]!;
}

if (process.argv[1] === import.meta.filename) {
  const table = tableOfGraphs();
  console.log(table);
  const page = readFileSync(PAGE, "utf8");
  const [before, rest] = page.split(MARKS[0]);
  writeFileSync(PAGE, `${before}${MARKS[0]}${table}${MARKS[1]}${rest!.split(MARKS[1])[1]}`);
  for (const { file, svg } of picturesOfGraphs()) writeFileSync(file, svg);
}
