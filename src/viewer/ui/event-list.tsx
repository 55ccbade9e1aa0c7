/** Every event of a recording, one a line; the moment that is looked at is in the middle. */

import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { namesRange } from "../model/builder.ts";
import { eventText } from "../model/event-text.ts";
import { formatCount, formatTime } from "../model/format.ts";
import { EventKind, type History, NONE, timeOf } from "../model/history.ts";
import { placeIn } from "../model/series.ts";
import { playing } from "../state/playing.ts";
import { at, filterTest, history, momentNumber, selection } from "../state/state.ts";
import { VirtualList } from "./virtual-list.tsx";

const ROW_HEIGHT = 24;

const kindsShown = {
  all: "all events",
  allocations: "allocations and frees",
  moves: "moves",
  blocks: "blocks and pools",
  refusals: "refusals",
  frames: "frames and marks",
} as const;
type KindsShown = keyof typeof kindsShown;

const kindsOf: Readonly<Record<Exclude<KindsShown, "all">, readonly EventKind[]>> = {
  allocations: [EventKind.Allocate, EventKind.Free],
  moves: [
    EventKind.BeginMove,
    EventKind.Move,
    EventKind.CancelMove,
    EventKind.BeginPass,
    EventKind.EndPass,
    EventKind.BeginDefragmentation,
    EventKind.EndDefragmentation,
  ],
  blocks: [
    EventKind.TakeBlock,
    EventKind.ReturnBlock,
    EventKind.ClearBlock,
    EventKind.CreatePool,
    EventKind.DestroyPool,
  ],
  refusals: [EventKind.Refuse],
  frames: [EventKind.Frame, EventKind.Mark, EventKind.Lost, EventKind.End],
};

export function EventList(): JSX.Element {
  const shown = useSignal<KindsShown>("all");
  // Moments after the events that are listed; undefined: all of them.
  const listed = useComputed(() => eventsListed(history.value!, shown.value));
  const of = history.value!;
  const count = listed.value?.length ?? of.events.count;
  const current =
    listed.value === undefined ? momentNumber.value - 1 : placeIn(listed.value, momentNumber.value + 1) - 1;
  return (
    <div class="events">
      <div class="map-tools">
        <label>
          Show{" "}
          <select
            value={shown.value}
            onChange={(event) => {
              shown.value = event.currentTarget.value as KindsShown;
            }}
          >
            {Object.entries(kindsShown).map(([key, label]) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <span class="muted">{formatCount(count)} listed; a click goes there</span>
      </div>
      <VirtualList
        label="Events"
        count={count}
        rowHeight={ROW_HEIGHT}
        centre={current}
        row={(index) => {
          const event = listed.value === undefined ? index : listed.value[index]! - 1;
          return <EventRow key={event} of={of} event={event} isCurrent={index === current} />;
        }}
      />
    </div>
  );
}

function eventsListed(of: History, shown: KindsShown): Uint32Array | undefined {
  const test = filterTest.value;
  if (shown === "all" && test === undefined) return undefined;
  const wanted = new Uint8Array(256).fill(shown === "all" ? 1 : 0);
  if (shown !== "all") for (const kind of kindsOf[shown]) wanted[kind] = 1;
  const moments: number[] = [];
  const { kind, subject, count } = of.events;
  for (let event = 0; event < count; event++) {
    if (wanted[kind[event]!] === 0) continue;
    const isOfRange = namesRange(kind[event]! as EventKind) && subject[event] !== NONE;
    if (test !== undefined && isOfRange && !test(subject[event]!)) continue;
    if (test !== undefined && !isOfRange && shown === "all") continue;
    moments.push(event + 1);
  }
  return Uint32Array.from(moments);
}

function EventRow({ of, event, isCurrent }: { of: History; event: number; isCurrent: boolean }): JSX.Element {
  const { label, subject, size, detail } = eventText(of, event);
  const kind = of.events.kind[event]! as EventKind;
  return (
    <button
      type="button"
      class={`row event ${isCurrent ? "selected" : ""} ${kind === EventKind.Refuse ? "bad" : ""}`}
      onClick={() => {
        playing.value = false;
        at.value = event + 1;
        if (namesRange(kind) && of.events.subject[event] !== NONE)
          selection.value = { what: "range", range: of.events.subject[event]! };
      }}
    >
      <span class="cell number count">{formatCount(event + 1)}</span>
      <span class="cell number time">{formatTime(timeOf(of, event + 1))}</span>
      <span class="cell label">{label}</span>
      <span class="cell number">{size}</span>
      <span class="cell name">{subject}</span>
      <span class="cell name muted">{detail}</span>
    </button>
  );
}
