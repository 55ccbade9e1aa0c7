/**
 * What is wrong at a moment, if anything is: the sentences of the first screen, the worst first, each with its
 * figures and a way to where it can be seen.
 */

import { formatBytes, formatCount, formatCountOf, formatShare, formatTime } from "./format.ts";
import { groupingOf } from "./grouping.ts";
import { type History, hasTime, timeOf } from "./history.ts";
import { certainLeaks, suspectedLeaks } from "./leaks.ts";
import { budgetAt, type Moment, type MomentTotals, momentOf } from "./moment.ts";
import { pinnedBlocks } from "./pins.ts";
import { grouped } from "./rows.ts";
import { heapsOfBlocks } from "./series.ts";
import { textAt } from "./texts.ts";

/** How bad it is. */
export type Severity = "bad" | "warning" | "note";

/** Where a finding leads. */
export interface Way {
  readonly view: "map" | "time" | "table" | "difference" | "fragmentation";
  readonly filter?: string;
  readonly moment?: number;
  /** Which allocations the table lists. */
  readonly lifetime?: "end";
  readonly group?: "name";
  readonly heap?: number;
}

/** Something that deserves a look. */
export interface Finding {
  readonly severity: Severity;
  /** A few words. */
  readonly title: string;
  /** One sentence with figures. */
  readonly text: string;
  readonly way?: Way;
}

/** Free bytes in blocks that are worth mentioning: both this much and this share of what is reserved. */
const NOTABLE_FREE_BYTES = 16 * 1024 * 1024;
const NOTABLE_FREE_SHARE = 0.25;
/** The share of a budget or a limit that is close to it. */
const NEARLY = 0.9;

/** Everything that deserves a look. */
export function findingsOf(moment: Moment, totals: MomentTotals): Finding[] {
  const findings = [
    ...overBudget(moment, totals),
    ...overBudgetBefore(moment),
    ...refusals(moment.history),
    ...leaks(moment.history),
    ...fragmentation(moment, totals),
    ...emptyBlocks(totals),
    ...memoryObjects(moment.history, totals),
    ...oddities(moment.history),
  ];
  const order: Severity[] = ["bad", "warning", "note"];
  return findings.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function overBudget(moment: Moment, totals: MomentTotals): Finding[] {
  const { history } = moment;
  return history.heaps.flatMap(({ label, size }, heap): Finding[] => {
    const reading = budgetAt(history, heap, moment.at);
    const reserved = totals.heaps[heap]!.reserved;
    const limit = reading?.budget ?? size;
    const usage = Math.max(reading?.usage ?? 0, reserved);
    const what = reading === undefined ? "size" : "budget";
    if (limit === 0 || usage < limit * NEARLY) return [];
    const isOver = usage > limit;
    return [
      {
        severity: isOver ? "bad" : "warning",
        title: isOver ? `${label} is over its ${what}` : `${label} is nearly at its ${what}`,
        text:
          `${formatBytes(usage)} in use of ${formatBytes(limit)}` +
          (isOver ? `: ${formatBytes(usage - limit)} too much. ${mostOf(history, heap, moment.at)}` : "."),
        way: hasTime(history) ? { view: "time", heap } : { view: "map", filter: `heap:"${label}"` },
      },
    ];
  });
}

/** Budgets that were exceeded at another time, and are not now. */
function overBudgetBefore({ history, at }: Moment): Finding[] {
  return history.heaps.flatMap(({ label }, heap): Finding[] => {
    const now = budgetAt(history, heap, at);
    const worst = worstReading(history, heap);
    if (worst === undefined || (now !== undefined && now.usage > now.budget)) return [];
    const { moment, budget, usage } = worst;
    return [
      {
        severity: "bad",
        title: `${label} was over its budget`,
        text:
          `At ${formatTime(timeOf(history, moment))} ${formatBytes(usage)} were in use of ${formatBytes(budget)}: ` +
          `${formatBytes(usage - budget)} too much. ${mostOf(history, heap, moment)}`,
        way: { view: "time", moment, heap },
      },
    ];
  });
}

/** What takes most of a heap at a moment, by name. */
function mostOf(history: History, heap: number, at: number): string {
  const heapOf = heapsOfBlocks(history);
  const inHeap = momentOf(history, at).ranges.filter(
    (range) => heapOf[history.ranges.block[range]!] === heap,
  );
  const [most] = grouped(history, inHeap, groupingOf(history, "name"));
  if (most === undefined) return "";
  return `Most of it is ${quoted(most.label)}, ${formatBytes(most.bytes)} in ${formatCountOf(most.ranges.length, "allocation")}.`;
}

function quoted(label: string): string {
  return label.startsWith("(") ? label : `“${label}”`;
}

/** The reading by which a heap's budget is exceeded most; undefined if it never is. */
function worstReading(
  { budgets }: History,
  heap: number,
): { moment: number; budget: number; usage: number } | undefined {
  let worst = -1;
  let most = 0;
  for (let i = 0; i < budgets.count; i++) {
    const excess = budgets.usage[i]! - budgets.budget[i]!;
    if (budgets.heap[i] !== heap || excess <= most) continue;
    most = excess;
    worst = i;
  }
  if (worst < 0) return undefined;
  return { moment: budgets.moment[worst]!, budget: budgets.budget[worst]!, usage: budgets.usage[worst]! };
}

/** Reasons by which a program limits itself, and which it has to expect. */
const OWN_LIMITS: ReadonlySet<string> = new Set([
  "pool-full",
  "maxBlockCount",
  "never-allocate",
  "neverAllocate",
  "maxAllocationCount",
]);

function refusals(history: History): Finding[] {
  const { refusals, texts } = history;
  if (refusals.count === 0) return [];
  const counts = new Map<number, number>();
  for (const reason of refusals.reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([reason, count]) => `${formatCount(count)} × ${textAt(texts, reason) || "unknown"}`);
  const message = textAt(texts, refusals.message[0]!);
  const first = refusals.moment[0]!;
  const isByChoice = [...counts.keys()].every((reason) => OWN_LIMITS.has(textAt(texts, reason)));
  return [
    {
      severity: isByChoice ? "note" : "bad",
      title: `${formatCountOf(refusals.count, "request")} refused`,
      text:
        `The first at ${formatTime(timeOf(history, first))}, of ${formatBytes(refusals.size[0]!)}` +
        `${message === "" ? "" : ` (${message})`}. Reasons: ${reasons.join(", ")}.`,
      way: { view: "time", moment: first },
    },
  ];
}

function leaks(history: History): Finding[] {
  const certain = certainLeaks(history);
  const suspected = suspectedLeaks(history);
  const findings: Finding[] = suspected.slice(0, 3).map(({ label, made, left, before, after }) => ({
    severity: certain === undefined ? "warning" : "bad",
    title: `${quoted(label)} ${label.startsWith("(") ? "seem" : "seems"} to leak`,
    text:
      `From ${formatBytes(before)} in the middle of the recording to ${formatBytes(after)} at the end: ` +
      `${formatCount(left)} of the ${formatCountOf(made, "one", "ones")} made since are still there.`,
    way: { view: "table", filter: filterOfGroup(label), lifetime: "end" },
  }));
  if (certain !== undefined && certain.count > 0)
    findings.push({
      severity: "bad",
      title: `${formatCountOf(certain.count, "allocation")} never freed`,
      text: `${formatBytes(certain.bytes)} were still allocated when the allocator was destroyed.`,
      way: { view: "table", lifetime: "end", group: "name" },
    });
  return findings;
}

function filterOfGroup(label: string): string {
  return label === "(unnamed)" ? "is:unnamed" : `name:"${label.replaceAll('"', "")}"`;
}

function fragmentation(moment: Moment, { all }: MomentTotals): Finding[] {
  const free = all.reserved - all.used;
  if (free < NOTABLE_FREE_BYTES || free < all.reserved * NOTABLE_FREE_SHARE) return [];
  const pins = pinnedBlocks(moment);
  const last = pins.at(-1);
  if (last === undefined || last.gain < free / 4) {
    return [
      {
        severity: "note",
        title: `${formatShare(free, all.reserved)} of the reserved memory is free`,
        text: `${formatBytes(free)} of ${formatBytes(all.reserved)} lie free in ${formatCountOf(all.freeRanges, "range")}, the largest of ${formatBytes(all.largestFree)}.`,
        way: { view: "fragmentation" },
      },
    ];
  }
  const allocations = pins.reduce((sum, pin) => sum + pin.allocations, 0);
  return [
    {
      severity: "warning",
      title: "Fragmentation",
      text:
        `${formatCountOf(allocations, "allocation")} of ${formatBytes(last.cost)} ` +
        `${allocations === 1 ? "keeps" : "keep"} ${formatCountOf(pins.length, "block")} of ${formatBytes(last.gain)} alive. ` +
        `Moved elsewhere, about ${formatBytes(last.gain)} could be given back.`,
      way: { view: "fragmentation" },
    },
  ];
}

function emptyBlocks({ all }: MomentTotals): Finding[] {
  // One is kept on purpose, so that the next allocation need not wait for the driver.
  if (all.emptyBlocks < 2) return [];
  return [
    {
      severity: "note",
      title: formatCountOf(all.emptyBlocks, "empty block"),
      text: "They are empty but kept. One for each pool is usual.",
      way: { view: "map" },
    },
  ];
}

function memoryObjects({ device }: History, { all }: MomentTotals): Finding[] {
  const objects = all.blocks + all.dedicated;
  if (device.maxMemoryObjects === 0 || objects < device.maxMemoryObjects * NEARLY) return [];
  return [
    {
      severity: "bad",
      title: "Nearly out of memory objects",
      text: `${formatCount(objects)} of ${formatCount(device.maxMemoryObjects)} that the device allows are taken, ${formatCount(all.dedicated)} by dedicated allocations.`,
      way: { view: "table", filter: "is:dedicated" },
    },
  ];
}

function oddities({ warnings }: History): Finding[] {
  if (warnings.length === 0) return [];
  const rest = warnings.length === 1 ? "" : ` And ${formatCount(warnings.length - 1)} more of this kind.`;
  return [{ severity: "note", title: "The file contradicts itself", text: `${warnings[0]}${rest}` }];
}
