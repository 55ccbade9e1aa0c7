/**
 * Placement: how long a quick answer takes, how long until a placement is shown to be the best, and how near the bound a million
 * items come. First fit in the order of sizes is beside it, as what most programs do. An operation is the placement of all items.
 */

import { Order, orderRows, placeInOrder } from "../../src/placement/greedy.ts";
import {
  type Placement,
  type PlacementItem,
  type PlaceOptions,
  placeSync,
} from "../../src/placement/index.ts";
import { readItems } from "../../src/placement/item.ts";
import { makeProblem } from "../../src/placement/problem.ts";
import { type Case, type Figure, type Round, type Side, SideName } from "../harness/case.ts";
import { graphs } from "../harness/frame-graphs.ts";
import { perfectPacking, shortLived, uniform } from "../harness/placement-items.ts";

const GROUP = "Placement";
const FIRST_FIT_NOTE = "in the order of sizes, the largest first";

/** Does something so many times, and divides. */
function timed(repetitions: number, work: () => number): Round {
  let checksum = 0;
  const start = performance.now();
  for (let repetition = 0; repetition < repetitions; repetition++) checksum = (checksum + work()) >>> 0;
  const nanoseconds = (performance.now() - start) * 1e6;
  return { nanosecondsPerOperation: nanoseconds / repetitions, operations: repetitions, checksum };
}

/** Adds up some offsets. */
function sumOf(offsets: Float64Array): number {
  let sum = 0;
  for (let item = 0; item < offsets.length; item += 7) sum = (sum + offsets[item]!) >>> 0;
  return sum;
}

function ours(items: readonly PlacementItem[], repetitions: number, options: PlaceOptions): Side {
  const place = (): number => {
    const placement = placeSync(items, options);
    if (options.timeLimit !== 0 && !placement.isOptimal) throw new Error("the best placement was not found");
    return sumOf(placement.offsets);
  };
  return { name: SideName.Ours, exact: false, round: () => timed(repetitions, place) };
}

function firstFit(items: readonly PlacementItem[], repetitions: number): Side {
  const place = (): number => {
    const problem = makeProblem(readItems(items, false), 1);
    return sumOf(placeInOrder(problem, orderRows(problem, Order.Size)).offsets);
  };
  return {
    name: SideName.FirstFit,
    exact: false,
    note: FIRST_FIT_NOTE,
    round: () => timed(repetitions, place),
  };
}

/** By how many percent heights are above the bound. */
function above(height: number, { lowerBound }: Placement): number {
  return 100 * (height / lowerBound - 1);
}

function quickCase(
  id: string,
  title: string,
  items: () => readonly PlacementItem[],
  repetitions: number,
): Case {
  return {
    id: `placement/quick-${id}`,
    group: GROUP,
    title: `quick answer for ${title}`,
    operation: "placement",
    sides: () => {
      const made = items();
      return [ours(made, repetitions, { timeLimit: 0 }), firstFit(made, repetitions)];
    },
  };
}

function provenCase(
  id: string,
  title: string,
  items: () => readonly PlacementItem[],
  repetitions: number,
): Case {
  return {
    id: `placement/${id}`,
    group: GROUP,
    title: `the best for ${title}`,
    operation: "placement",
    sides: () => [ours(items(), repetitions, { timeLimit: 60_000 })],
  };
}

const HEIGHTS: readonly Figure[] = [
  { name: "shortLived", title: "above the bound: the 1,000 alive for 1 % of the time", unit: "%" },
  { name: "uniform", title: "above the bound: the 1,000 of any lifetime", unit: "%" },
];

/** The quick answers' heights. */
function heightsRound(heightOf: (placement: Placement) => number): Round {
  const start = performance.now();
  const [short, long] = [shortLived(1000, 0), uniform(1000, 0)].map((items) =>
    placeSync(items, { timeLimit: 0 }),
  );
  return {
    nanosecondsPerOperation: ((performance.now() - start) * 1e6) / 2,
    operations: 2,
    checksum: (short!.height + long!.height) >>> 0,
    figures: { shortLived: above(heightOf(short!), short!), uniform: above(heightOf(long!), long!) },
  };
}

const MILLION = 1_000_000;

function millionRound(items: readonly PlacementItem[]): Round {
  let placement: Placement | undefined;
  const round = timed(1, () => {
    placement = placeSync(items, { timeLimit: 0 });
    return sumOf(placement.offsets);
  });
  return {
    ...round,
    figures: { time: round.nanosecondsPerOperation, above: above(placement!.height, placement!) },
  };
}

function millionCase(id: string, title: string, items: () => readonly PlacementItem[]): Case {
  return {
    id: `placement/million-${id}`,
    group: GROUP,
    title,
    operation: "placement",
    rounds: 3,
    figures: [
      { name: "time", title: `a million items ${title}`, unit: "ns" },
      { name: "above", title: "the same, above the bound", unit: "%" },
    ],
    sides: () => {
      const made = items();
      return [{ name: SideName.Ours, exact: false, round: () => millionRound(made) }];
    },
  };
}

export const placementCases: readonly Case[] = [
  quickCase("short-lived", "1,000 items alive for 1 % of the time", () => shortLived(1000, 0), 20),
  quickCase("uniform", "1,000 items of any lifetime", () => uniform(1000, 0), 20),
  {
    id: "placement/quick-heights",
    group: GROUP,
    title: "quick answers",
    operation: "placement",
    rounds: 1,
    figures: HEIGHTS,
    sides: () => [
      { name: SideName.Ours, exact: false, round: () => heightsRound(({ height }) => height) },
      {
        name: SideName.FirstFit,
        exact: false,
        note: FIRST_FIT_NOTE,
        round: () => heightsRound(({ simple }) => simple.bySize!),
      },
    ],
  },
  provenCase("deferred", "a deferred renderer's 38 resources", () => graphs[0]!.items, 20),
  provenCase("inference", "a residual network's 100 tensors", () => graphs[2]!.items, 10),
  provenCase("packing-200", "a perfect packing of 200 items, 1,000 steps", () => perfectPacking(200, 1), 3),
  provenCase("packing-400", "a perfect packing of 400 items, 1,000 steps", () => perfectPacking(400, 1), 1),
  millionCase("short-lived", "alive for 1 % of the time", () => shortLived(MILLION, 1)),
  millionCase("uniform", "of any lifetime", () => uniform(MILLION, 1)),
];
