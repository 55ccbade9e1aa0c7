/** Finds the instances that MiniMalloc publishes, some of which lie beside the checkout, or where VMA_TS_PLACEMENT says. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TimedItem } from "../../bench/harness/placement-items.ts";
import { readPlan } from "../../src/placement/index.ts";

/** The folder of the instances. */
export const instanceFolder: string =
  process.env.VMA_TS_PLACEMENT ?? resolve(import.meta.dirname, "../../../shared/placement");

/** An instance: its letter, what fits exactly, and its items. */
export interface Instance {
  readonly name: string;
  readonly capacity: number;
  readonly items: readonly TimedItem[];
}

/** All instances that are there; none where they are not. */
export function readInstances(): Instance[] {
  if (!existsSync(instanceFolder)) return [];
  return readdirSync(instanceFolder)
    .map((file) => /^(\w+)\.(\d+)\.csv$/.exec(file))
    .filter((match) => match !== null)
    .map(([file, name, capacity]) => ({
      name: name!,
      capacity: Number(capacity),
      items: readPlan(readFileSync(join(instanceFolder, file), "utf8")).items as readonly TimedItem[],
    }));
}
