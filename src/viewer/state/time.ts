/** What the timeline needs: series, landmarks, budgets, colours; each made when it is first looked at. */

import { computed, type ReadonlySignal } from "@preact/signals";
import { colourOfGroup } from "../draw/palette.ts";
import { BANDS } from "../draw/time-layout.ts";
import type { History } from "../model/history.ts";
import { ALL_HEAPS, type Landmarks, landmarksOf, type Series, seriesOf } from "../model/series.ts";
import { colouring, history, timeHeap } from "./state.ts";

/** Bytes of the heap that is shown, moment by moment. */
export const series: ReadonlySignal<Series | undefined> = computed(
  () => history.value && seriesOf(history.value, heapShown.value),
);

/** The heap that is shown: the one that is chosen, as far as the file has it. */
export const heapShown: ReadonlySignal<number> = computed(() =>
  history.value !== undefined && timeHeap.value < history.value.heaps.length ? timeHeap.value : ALL_HEAPS,
);

export const landmarks: ReadonlySignal<Landmarks | undefined> = computed(
  () => history.value && landmarksOf(history.value),
);

/** The colours of the bands. */
export const bandColours: ReadonlySignal<string[]> = computed(() => {
  const isKind = colouring.value?.mode === "kind";
  return Array.from({ length: BANDS }, (_, band) => colourOfGroup(isKind, band));
});

/** Readings of a budget: from which moments on, and bytes. */
export interface BudgetLine {
  readonly moments: number[];
  readonly bytes: number[];
}

/** The budget of the heap that is shown, where it changes; of the only heap that has one, where all are shown. */
export const budgetLine: ReadonlySignal<BudgetLine | undefined> = computed(() => {
  if (history.value === undefined) return undefined;
  const heap = heapShown.value === ALL_HEAPS ? onlyHeap(history.value) : heapShown.value;
  if (heap === undefined) return undefined;
  const { budgets } = history.value;
  const line: BudgetLine = { moments: [], bytes: [] };
  for (let i = 0; i < budgets.count; i++) {
    if (budgets.heap[i] !== heap || line.bytes.at(-1) === budgets.budget[i]) continue;
    line.moments.push(budgets.moment[i]!);
    line.bytes.push(budgets.budget[i]!);
  }
  return line;
});

function onlyHeap({ heaps, blocks, pools, types }: History): number | undefined {
  if (heaps.length === 1) return 0;
  const used = new Set<number>();
  for (const pool of new Set(blocks.pool)) used.add(types[pools[pool]!.type]!.heap);
  return used.size === 1 ? [...used][0] : undefined;
}
