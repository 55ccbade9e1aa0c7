/**
 * `npm run picture:defragmentation`: what planning defragmentations takes, from a thousand allocations to 100,000 (`-- --long`: to a
 * million), as the table and the pictures of docs/performance.md; and how a game's load comes along (`-- --game`: that alone). On a
 * simulated device, with all rounds of a size in one process, of which the least counts; in processor time, as machines have other
 * things to do.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defragmentLoad, makeLoad, playGame } from "../bench/harness/defragmentation-loads.ts";
import { Drawing, linearScale, logScale, type Scale } from "../bench/report/svg.ts";

const docs = join(import.meta.dirname, "..", "docs");
const PAGE = join(docs, "performance.md");
const MARKS = ["<!-- scaling -->\n", "<!-- /scaling -->"] as const;
const MiB = 1024 ** 2;

/** Bytes of an allocation on average, and the most that one pass moves. */
const MEAN = 1024;
const PASS: number = MiB;

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
const LONG_FROM = 1_000_000;

/** Blocks, pools, and what is in them. */
interface Shape {
  readonly blocks: number;
  readonly pools: number;
  readonly isMixed: boolean;
  readonly granularity: number;
}

const SHAPES: readonly Shape[] = [
  { blocks: 1, pools: 1, isMixed: false, granularity: 1 },
  { blocks: 1, pools: 1, isMixed: true, granularity: 1024 },
  { blocks: 10, pools: 1, isMixed: false, granularity: 1 },
  { blocks: 10, pools: 1, isMixed: true, granularity: 1024 },
  { blocks: 1000, pools: 1, isMixed: false, granularity: 1 },
  { blocks: 1000, pools: 1, isMixed: true, granularity: 1 },
  { blocks: 1000, pools: 1, isMixed: true, granularity: 1024 },
  { blocks: 1000, pools: 10, isMixed: true, granularity: 1 },
];

function titleOf({ blocks, pools, isMixed, granularity }: Shape): string {
  const where = pools === 1 ? "" : ` in ${pools} pools`;
  const count = `${blocks.toLocaleString("en")} block${blocks === 1 ? "" : "s"}${where}`;
  return `${count}, ${isMixed ? "mixed sizes" : "one size"}, granularity ${granularity}`;
}

/** Milliseconds of planning, and of the worst pass. */
interface Cost {
  readonly milliseconds: number;
  readonly worst: number;
}

/** A size of a shape: with 1 ms granted to each pass, and with all granted to the first one, which the largest ones are not. */
interface Measured {
  readonly live: number;
  readonly inPasses: Cost;
  readonly atOnce: Cost | undefined;
}

function measure(shape: Shape, live: number): Measured {
  const rounds = live < 100_000 ? 3 : 1;
  return {
    live,
    inPasses: leastOf(rounds, () => plan(shape, live, {})),
    atOnce:
      live < LONG_FROM ? leastOf(rounds, () => plan(shape, live, { maxPlanningMilliseconds: 0 })) : undefined,
  };
}

function leastOf(rounds: number, once: () => Cost): Cost {
  const costs = Array.from({ length: rounds }, once);
  return costs.reduce((least, cost) => (cost.milliseconds < least.milliseconds ? cost : least));
}

function plan(shape: Shape, live: number, settings: { readonly maxPlanningMilliseconds?: number }): Cost {
  const { blocks, pools, isMixed, granularity } = shape;
  // Filled to a half, by what is live.
  const blockSize = Math.max(4 * MEAN, Math.ceil((2 * live * MEAN) / blocks / 4096) * 4096);
  const sizeOf = (random: number): number => (isMixed ? 256 + (random % 97) * 16 : MEAN);
  const load = makeLoad({ live, pools, blockSize, sizeOf, alignment: 16, granularity });
  const cost = defragmentLoad(load, { maxBytesPerPass: PASS, ...settings });
  load.finish();
  return cost;
}

function tableOf(all: ReadonlyMap<Shape, readonly Measured[]>): string {
  const most = Math.max(...[...all.values()].flat().map(({ live }) => live));
  const sizes = SIZES.filter((live) => live <= most).map((live) => live.toLocaleString("en"));
  const rows = [...all].map(([shape, measured]) => {
    const cells: string[] = measured.map(
      ({ inPasses, atOnce }) =>
        `${inPasses.milliseconds.toFixed(1)} / ${atOnce?.milliseconds.toFixed(1) ?? "–"}`,
    );
    while (cells.length < sizes.length) cells.push("–");
    return `| ${[titleOf(shape), ...cells].join(" | ")} |`;
  });
  const rule = `| --- |${sizes.map(() => " ---: |").join("")}`;
  return `${[`| ms | ${sizes.join(" | ")} |`, rule, ...rows].join("\n")}\n`;
}

const WIDTH = 800;
const HEIGHT = 420;
const BOX = { left: 90, right: 760, bottom: 350 } as const;

/** Axes with their marks, and what they are. */
function drawAxes(
  drawing: Drawing,
  x: Scale,
  y: Scale,
  top: number,
  names: { readonly x: string; readonly y: string },
): void {
  const { left, right, bottom } = BOX;
  for (const tick of y.ticks) {
    drawing.line(left, y.at(tick), right, y.at(tick), "grid");
    drawing.text(left - 8, y.at(tick) + 4, tick.toLocaleString("en"), "end", "muted");
  }
  for (const tick of x.ticks) {
    drawing.line(x.at(tick), top, x.at(tick), bottom, "grid");
    drawing.text(x.at(tick), bottom + 16, tick.toLocaleString("en"), "middle", "muted");
  }
  drawing.text((left + right) / 2, bottom + 38, names.x, "middle", "muted");
  drawing.upwardText(26, (top + bottom) / 2, names.y);
}

/** Microseconds of planning for each allocation: where planning is linear, lines are level. */
function drawScaling(all: ReadonlyMap<Shape, readonly Measured[]>): string {
  const drawing = new Drawing();
  const title = "All planning of a defragmentation, for each allocation";
  drawing.text(16, 26, title, "start", "title");
  const entries = [...all.keys()].map((shape, colour) => ({ name: titleOf(shape), colour }));
  const top = 40 + drawing.key(16, 40, WIDTH - 32, entries) + 10;
  const points = [...all.values()].map((measured) =>
    measured.map(({ live, inPasses }) => [live, (inPasses.milliseconds * 1000) / live] as const),
  );
  const values = points.flat().map(([, value]) => value);
  const x = logScale(SIZES[0], Math.max(...points.flat().map(([live]) => live)), BOX.left, BOX.right);
  const y = logScale(Math.min(...values), Math.max(...values), BOX.bottom, top);
  drawAxes(drawing, x, y, top, {
    x: "allocations, logarithmic",
    y: "µs for each allocation, logarithmic",
  });
  for (const [colour, line] of points.entries()) {
    const places = line.map(([live, value]) => [x.at(live), y.at(value)] as const);
    drawing.path(places, `line l${colour}`);
    for (const [index, [left, height]] of places.entries()) {
      drawing.dot(left, height, `c${colour}`, `${entries[colour]!.name}: ${line[index]![1].toFixed(2)} µs`);
    }
  }
  return drawing.finish(WIDTH, HEIGHT, title);
}

/** Blocks left over MiB moved. */
function drawGames(): string {
  const games = [
    { name: "one pool", game: playGame(1, 0) },
    { name: "one pool, 5 replaced in each pass", game: playGame(1, 5) },
    { name: "20 pools", game: playGame(20, 0) },
    { name: "20 pools, 5 replaced in each pass", game: playGame(20, 5) },
  ];
  const drawing = new Drawing();
  const title = "A game's load: blocks left, over what was moved";
  drawing.text(16, 26, title, "start", "title");
  const top =
    40 +
    drawing.key(
      16,
      40,
      WIDTH - 32,
      games.map(({ name }, colour) => ({ name, colour })),
    ) +
    10;
  const most = (key: "bytesMoved" | "blocks"): number =>
    Math.max(...games.flatMap(({ game }) => game.curve.map((point) => point[key])));
  const x = linearScale(most("bytesMoved") / MiB, BOX.left, BOX.right);
  const y = linearScale(most("blocks"), BOX.bottom, top);
  drawAxes(drawing, x, y, top, { x: "MiB moved", y: "blocks of 16 MiB" });
  for (const [colour, { name, game }] of games.entries()) {
    const { curve, bound, times } = game;
    drawing.path(
      curve.map(({ bytesMoved, blocks }) => [x.at(bytesMoved / MiB), y.at(blocks)] as const),
      `line l${colour}`,
    );
    const { bytesMoved, blocks } = curve[curve.length - 1]!;
    drawing.dot(
      x.at(bytesMoved / MiB),
      y.at(blocks),
      `c${colour}`,
      `${name}: ${blocks}, the bound is ${bound}`,
    );
    const median = times.toSorted((a, b) => a - b)[times.length >> 1]!;
    console.log(
      `${name}: ${curve[0]!.blocks} blocks, ${blocks} after ${(bytesMoved / MiB).toFixed(0)} MiB in ${times.length} passes; ` +
        `the bound is ${bound}; planning ${median.toFixed(2)} ms in the median`,
    );
  }
  return drawing.finish(WIDTH, HEIGHT, title);
}

function writeScaling(isLong: boolean): void {
  const all = new Map<Shape, Measured[]>();
  for (const shape of SHAPES) {
    const sizes = SIZES.filter((live) => live < LONG_FROM || isLong);
    const measured = sizes.map((live) => measure(shape, live));
    all.set(shape, measured);
    console.log(titleOf(shape), measured.map(({ inPasses }) => inPasses.worst.toFixed(1)).join(" "));
  }
  const table = tableOf(all);
  console.log(table);
  const [before, rest] = readFileSync(PAGE, "utf8").split(MARKS[0]);
  writeFileSync(PAGE, `${before}${MARKS[0]}${table}${MARKS[1]}${rest!.split(MARKS[1])[1]}`);
  writeFileSync(join(docs, "images", "defragmentation-scaling.svg"), drawScaling(all));
}

function main(): void {
  if (!process.argv.includes("--game")) writeScaling(process.argv.includes("--long"));
  writeFileSync(join(docs, "images", "defragmentation-game.svg"), drawGames());
}

main();
