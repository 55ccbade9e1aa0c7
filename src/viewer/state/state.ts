/**
 * What is shown: everything that a link to the view has to carry, each a signal, and what follows from them.
 */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Axis, type Span, wholeSpan } from "../draw/time-layout.ts";
import { type Filter, parseFilter, type RangeTest } from "../model/filter.ts";
import { type Finding, findingsOf, type Way } from "../model/findings.ts";
import { type Grouping, type GroupMode, groupingOf } from "../model/grouping.ts";
import { type History, hasTime, lastMoment } from "../model/history.ts";
import { type Moment, type MomentTotals, momentOf, totalsOf } from "../model/moment.ts";
import type { Sorting } from "../model/rows.ts";
import type { Selection, Zoom } from "../model/selection.ts";
import { ALL_HEAPS } from "../model/series.ts";
import { documents } from "./documents.ts";
import { timed } from "./timing.ts";

/** The views. */
export const views = ["map", "time", "table", "difference", "fragmentation"] as const;
/** A view. */
export type View = (typeof views)[number];

/** How the map is coloured. */
export type ColourMode = GroupMode | "age";

export const view: Signal<View> = signal<View>("map");
/** Which of the open files is looked at. */
export const active: Signal<number> = signal(0);
/** The moment that is looked at; Infinity is the end of the file. */
export const at: Signal<number> = signal(Number.POSITIVE_INFINITY);
/** The moment that is compared with, and since which leaks are counted; of the same file. */
export const since: Signal<number> = signal(0);
export const colourMode: Signal<ColourMode> = signal<ColourMode>("kind");
export const filterText: Signal<string> = signal("");
export const groupMode: Signal<GroupMode | "none"> = signal<GroupMode | "none">("none");
export const sorting: Signal<Sorting> = signal<Sorting>({ key: "size", descending: true });
export const lifetime: Signal<"all" | "end" | "since"> = signal<"all" | "end" | "since">("all");
export const selection: Signal<Selection | undefined> = signal<Selection | undefined>(undefined);
export const hovered: Signal<Selection | undefined> = signal<Selection | undefined>(undefined);
export const zoom: Signal<Zoom> = signal<Zoom>({ from: 0, to: 1 });
/** Whether every block is as wide as the map, instead of all at one scale. */
export const fitBlocks: Signal<boolean> = signal(false);
/** Which heap is shown over time; ALL_HEAPS for all together. */
export const timeHeap: Signal<number> = signal(ALL_HEAPS);
/** What runs from left to right over time. */
export const axis: Signal<Axis> = signal<Axis>("time");
/** The part of the recording that is seen, in milliseconds or events; undefined: all of it. */
export const window: Signal<Span | undefined> = signal<Span | undefined>(undefined);
/** The span that is chosen over time, likewise. */
export const chosen: Signal<Span | undefined> = signal<Span | undefined>(undefined);
/** Whether allocations of a colour are stacked together, or all by age. */
export const stacking: Signal<"group" | "age"> = signal<"group" | "age">("group");
/** The address of a living program, as a link gives it. */
export const liveLink: Signal<string> = signal("");
export const theme: Signal<"auto" | "light" | "dark"> = signal<"auto" | "light" | "dark">("auto");

/** The file that is looked at. */
export const history: ReadonlySignal<History | undefined> = computed(
  () => documents.value[Math.min(active.value, documents.value.length - 1)]?.history,
);

/** Whether the file tells of time. */
export const isRecording: ReadonlySignal<boolean> = computed(
  () => history.value !== undefined && hasTime(history.value),
);

/** The number of the moment that is looked at. */
export const momentNumber: ReadonlySignal<number> = computed(() =>
  history.value === undefined ? 0 : Math.min(at.value, lastMoment(history.value)),
);

/** The moment that is looked at. */
export const moment: ReadonlySignal<Moment | undefined> = computed(() => {
  const { value } = history;
  const number = momentNumber.value;
  return value && timed("moment", () => momentOf(value, number));
});

export const totals: ReadonlySignal<MomentTotals | undefined> = computed(
  () => moment.value && totalsOf(moment.value),
);

export const findings: ReadonlySignal<Finding[]> = computed(() =>
  moment.value && totals.value ? findingsOf(moment.value, totals.value) : [],
);

/** The part of the recording that is seen. */
export const seen: ReadonlySignal<Span> = computed(() =>
  history.value === undefined ? { from: 0, to: 1 } : (window.value ?? wholeSpan(history.value, axis.value)),
);

/** The filter; undefined for a file that is not there. */
export const filter: ReadonlySignal<Filter | undefined> = computed(
  () => history.value && parseFilter(history.value, filterText.value),
);

/** The groups that colours stand for; undefined where colours stand for age. */
export const colouring: ReadonlySignal<Grouping | undefined> = computed(() => {
  const mode = colourMode.value;
  return history.value && mode !== "age" ? groupingOf(history.value, mode) : undefined;
});

/** The test of the filter; undefined if everything is wanted or the filter is not understood. */
export const filterTest: ReadonlySignal<RangeTest | undefined> = computed(() => {
  const { value } = filter;
  return value !== undefined && "test" in value ? value.test : undefined;
});

/** Goes where a finding leads. */
export function follow(way: Way): void {
  batch(() => {
    view.value = way.view;
    if (way.filter !== undefined) filterText.value = way.filter;
    if (way.moment !== undefined) at.value = way.moment;
    if (way.heap !== undefined) timeHeap.value = way.heap;
    if (way.lifetime !== undefined) {
      lifetime.value = way.lifetime;
      at.value = Number.POSITIVE_INFINITY;
    }
    if (way.group !== undefined) groupMode.value = way.group;
  });
}

/** Forgets what belongs to the file that was looked at. */
export function resetForNewFile(): void {
  batch(() => {
    selection.value = undefined;
    hovered.value = undefined;
    zoom.value = { from: 0, to: 1 };
    at.value = Number.POSITIVE_INFINITY;
    since.value = 0;
    timeHeap.value = ALL_HEAPS;
    window.value = undefined;
    chosen.value = undefined;
  });
}
