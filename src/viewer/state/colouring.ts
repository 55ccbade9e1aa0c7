/** The colour of each range, by the mode that is chosen. */

import { computed, type ReadonlySignal } from "@preact/signals";
import { ageColours, colourOfGroup, type RangeColours } from "../draw/palette.ts";
import { NONE } from "../model/history.ts";
import type { Moment } from "../model/moment.ts";
import { colouring, isRecording, moment } from "./state.ts";

/** The colours of ranges at the moment. */
export const rangeColours: ReadonlySignal<RangeColours> = computed(() => {
  const grouping = colouring.value;
  if (grouping !== undefined) {
    const { ofRange } = grouping;
    const palette = grouping.labels.map((_, group) => colourOfGroup(grouping.mode === "kind", group));
    return { of: (range) => palette[ofRange[range]!]! };
  }
  return moment.value === undefined ? { of: () => ageColours[0]! } : ageOf(moment.value);
});

/** Whether the file says how old allocations are. */
export const knowsAge: ReadonlySignal<boolean> = computed(
  () =>
    isRecording.value || (moment.value?.history.allocations.frame.some((frame) => frame !== NONE) ?? false),
);

/** Old is dark, new is bright; steps are of equal numbers of events, or of frames in a dump that has them. */
function ageOf({ history, at, ranges }: Moment): RangeColours {
  const { allocations } = history;
  const isTimed = history.events.count > 0;
  const birthOf = (range: number): number =>
    isTimed ? history.ranges.birth[range]! : frameOf(allocations.frame[history.ranges.allocation[range]!]!);
  let oldest = Number.POSITIVE_INFINITY;
  let newest = isTimed ? at : 0;
  for (const range of ranges) {
    const birth = birthOf(range);
    if (birth < oldest) oldest = birth;
    if (birth > newest) newest = birth;
  }
  const steps = ageColours.length;
  const span = Math.max(newest - oldest, 1);
  return {
    of: (range) =>
      ageColours[Math.max(Math.min(Math.floor(((birthOf(range) - oldest) / span) * steps), steps - 1), 0)]!,
  };
}

function frameOf(frame: number): number {
  return frame === NONE ? 0 : frame;
}
