/** Memory over time: stacked areas, reserved and budget lines, what happened; a span to zoom into or to compare. */

import { batch, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { drawTime, PLOT, type TimeScene, timePoint } from "../draw/time-draw.ts";
import {
  type Axis,
  layoutTime,
  momentAtX,
  type Span,
  type TimeLayout,
  wholeSpan,
  xOfMoment,
} from "../draw/time-layout.ts";
import { formatBytes, formatChange, formatCountOf, formatTime } from "../model/format.ts";
import { EventKind, timeOf } from "../model/history.ts";
import { ALL_HEAPS } from "../model/series.ts";
import { rangeColours } from "../state/colouring.ts";
import { playing } from "../state/playing.ts";
import {
  at,
  axis,
  chosen,
  colouring,
  filterTest,
  history,
  hovered,
  isRecording,
  momentNumber,
  seen,
  selection,
  since,
  stacking,
  timeHeap,
  view,
  window,
} from "../state/state.ts";
import { colours } from "../state/theme.ts";
import { bandColours, budgetLine, heapShown, landmarks, series } from "../state/time.ts";
import { timed } from "../state/timing.ts";
import { Canvas, type CanvasSize } from "./canvas.tsx";
import { EventList } from "./event-list.tsx";
import { Tooltip } from "./tooltip.tsx";

export function TimeView(): JSX.Element {
  if (!isRecording.value)
    return (
      <div class="empty">
        <p>
          <b>A dump is one moment.</b> A recording shows here how memory came to be as it is: make one with{" "}
          <code>npx vma-ts record -- node program.js</code>.
        </p>
      </div>
    );
  return (
    <div class="time">
      <Tools />
      <Chart />
      <ChosenSpan />
      <EventList />
    </div>
  );
}

function Tools(): JSX.Element {
  return (
    <div class="map-tools">
      <button type="button" title="Zoom in (+, or Ctrl and the wheel)" onClick={() => zoomTime(0.5)}>
        +
      </button>
      <button type="button" title="Zoom out (−)" onClick={() => zoomTime(2)}>
        −
      </button>
      <button
        type="button"
        title="The whole recording (0)"
        onClick={() => {
          window.value = undefined;
        }}
      >
        All
      </button>
      <label>
        Across{" "}
        <select value={axis.value} onChange={(event) => setAxis(event.currentTarget.value as Axis)}>
          <option value="time">time</option>
          <option value="events">events</option>
        </select>
      </label>
      <label>
        Heap{" "}
        <select
          value={String(heapShown.value)}
          onChange={(event) => {
            timeHeap.value = Number(event.currentTarget.value);
          }}
        >
          <option value={String(ALL_HEAPS)}>all</option>
          {history.value!.heaps.map(({ label }, index) => (
            <option key={label} value={String(index)}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        Stacked by{" "}
        <select
          value={stacking.value}
          onChange={(event) => {
            stacking.value = event.currentTarget.value as typeof stacking.value;
          }}
        >
          <option value="group">colour</option>
          <option value="age">age, the oldest below</option>
        </select>
      </label>
      <span class="muted">
        <b class="line reserved-line" /> reserved
        {budgetLine.value !== undefined && budgetLine.value.moments.length > 0 && (
          <>
            {" "}
            <b class="line budget-line" /> budget
          </>
        )}{" "}
        · click to go there, drag to choose a span
      </span>
    </div>
  );
}

/** The axis changes, what is seen stays. */
function setAxis(to: Axis): void {
  const of = history.value!;
  const from = axis.value;
  const converted = (span: Span | undefined): Span | undefined => {
    if (span === undefined) return undefined;
    const ends = [span.from, span.to].map((x) => xOfMoment(of, to, momentAtX(of, from, x))) as [
      number,
      number,
    ];
    return ends[0] < ends[1] ? { from: ends[0], to: ends[1] } : undefined;
  };
  batch(() => {
    window.value = converted(window.value);
    chosen.value = converted(chosen.value);
    axis.value = to;
  });
}

/** Zooms about a part of the width, by default about the moment. */
function zoomTime(factor: number, about?: number): void {
  const { from, to } = seen.value;
  const x = xOfMoment(history.value!, axis.value, momentNumber.value);
  const isSeen = from <= x && x <= to;
  const part = about ?? (isSeen ? (x - from) / (to - from) : 0.5);
  const least = axis.value === "time" ? 1e-5 : 4;
  const whole = wholeSpan(history.value!, axis.value);
  const length = Math.min(Math.max((to - from) * factor, least), whole.to - whole.from);
  moveTo(from + (to - from) * part - length * part, length);
}

/** Shows so much of the recording from a place on, as far as there is something. */
function moveTo(from: number, length: number): void {
  const whole = wholeSpan(history.value!, axis.value);
  const start = Math.min(Math.max(from, whole.from), whole.to - length);
  window.value = length >= (whole.to - whole.from) * 0.9999 ? undefined : { from: start, to: start + length };
}

function Chart(): JSX.Element {
  const size = useSignal<CanvasSize>({ width: 0, height: 0 });
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointer = useSignal<{ x: number; y: number } | undefined>(undefined);
  const layout = useComputed(() => makeLayout(size.value));
  const drag = useRef<{ x: number; span: Span; pans: boolean; moved: boolean } | undefined>(undefined);
  const axisAt = (x: number): number => {
    const { from, to } = seen.value;
    const part = (x - PLOT.left) / (size.value.width - PLOT.left - PLOT.right);
    return from + Math.min(Math.max(part, 0), 1) * (to - from);
  };
  useEffect(() => bindTimeWheel(canvas.current!), []);

  const onPointerMove = (event: PointerEvent): void => {
    const start = drag.current;
    if (start === undefined) {
      const point =
        layout.value &&
        timePoint(
          { layout: layout.value, height: size.value.height, ratio: devicePixelRatio || 1 },
          event.offsetX,
          event.offsetY,
        );
      hovered.value = point?.range === undefined ? undefined : { what: "range", range: point.range };
      pointer.value = hovered.value && { x: event.clientX, y: event.clientY };
      return;
    }
    if (Math.abs(event.offsetX - start.x) > 4) start.moved = true;
    if (!start.moved) return;
    pointer.value = undefined;
    if (start.pans) {
      const perPixel = (start.span.to - start.span.from) / (size.value.width - PLOT.left - PLOT.right);
      moveTo(start.span.from - (event.offsetX - start.x) * perPixel, start.span.to - start.span.from);
    } else {
      const ends = [axisAt(start.x), axisAt(event.offsetX)].sort((a, b) => a - b) as [number, number];
      chosen.value = { from: ends[0], to: ends[1] };
    }
  };

  const onPointerUp = (event: PointerEvent): void => {
    const start = drag.current;
    drag.current = undefined;
    if (start === undefined || start.moved) return;
    playing.value = false;
    batch(() => {
      chosen.value = undefined;
      at.value = momentAtX(history.value!, axis.value, axisAt(event.offsetX));
      selection.value = hovered.value ?? selection.value;
    });
  };

  return (
    <div class="chart">
      <Canvas
        name="time"
        size={size}
        canvas={canvas}
        scene={(of) => layout.value && sceneOf(of, layout.value)}
        draw={drawTime}
        attributes={{
          tabIndex: 0,
          role: "img",
          "aria-label": "Memory over time",
          onPointerMove,
          onPointerUp,
          onPointerDown: (event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            drag.current = { x: event.offsetX, span: seen.value, pans: event.shiftKey, moved: false };
          },
          onPointerLeave: () => {
            hovered.value = undefined;
            pointer.value = undefined;
          },
          onKeyDown: (event) => {
            const { from, to } = seen.value;
            if (event.key === "+" || event.key === "=") zoomTime(0.5);
            else if (event.key === "-") zoomTime(2);
            else if (event.key === "0") window.value = undefined;
            else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
              event.preventDefault();
              moveTo(from + (to - from) * (event.key === "ArrowLeft" ? -0.1 : 0.1), to - from);
            }
          },
        }}
      />
      <Tooltip pointer={pointer} />
    </div>
  );
}

function bindTimeWheel(canvas: HTMLCanvasElement): () => void {
  const onWheel = (event: WheelEvent): void => {
    const plot = canvas.clientWidth - PLOT.left - PLOT.right;
    const { from, to } = seen.value;
    event.preventDefault();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      moveTo(from + (by / plot) * (to - from), to - from);
    } else {
      const about = Math.min(Math.max((event.offsetX - PLOT.left) / plot, 0), 1);
      zoomTime(1.0025 ** (event.deltaY * (event.deltaMode === 1 ? 20 : 1)), about);
    }
  };
  canvas.addEventListener("wheel", onWheel, { passive: false });
  return () => canvas.removeEventListener("wheel", onWheel);
}

function makeLayout({ width, height }: CanvasSize): TimeLayout | undefined {
  const of = history.value;
  if (of === undefined || series.value === undefined || width < 100 || height < 80) return undefined;
  const ratio = devicePixelRatio || 1;
  const question = {
    history: of,
    series: series.value,
    heap: heapShown.value,
    axis: axis.value,
    span: seen.value,
    grouping: stacking.value === "group" ? colouring.value : undefined,
    test: filterTest.value,
    width: Math.floor((width - PLOT.left - PLOT.right) * ratio),
    height: Math.floor((height - PLOT.top - PLOT.bottom) * ratio),
    top: topOf(seen.value),
  };
  return timed("layout time", () => layoutTime(question));
}

/** Bytes that the height stands for: what is reserved in what is seen, and the budget if that is near. */
function topOf({ from, to }: Span): number {
  const of = history.value!;
  const { reserved, used, highest, highestReserved } = series.value!;
  const first = momentAtX(of, axis.value, from);
  const last = momentAtX(of, axis.value, to);
  let top = Math.max(reserved[highestReserved(first, last)]!, used[highest(first, last)]!, 1);
  const budgets = budgetLine.value?.bytes ?? [];
  for (const budget of budgets) if (budget < top * 1.7) top = Math.max(top, budget);
  return top * 1.06;
}

function sceneOf({ width, height }: CanvasSize, layout: TimeLayout): TimeScene {
  return {
    layout,
    series: series.value!,
    landmarks: landmarks.value!,
    theme: colours.value,
    bandColours: bandColours.value,
    colourOf: layout.question.grouping === undefined ? (range) => rangeColours.value.of(range) : undefined,
    width,
    height,
    moment: momentNumber.value,
    since: since.value,
    chosen: chosen.value,
    hovered: hovered.value?.what === "range" ? hovered.value.range : undefined,
    selected: selection.value?.what === "range" ? selection.value.range : undefined,
    budget: budgetLine.value,
    ratio: devicePixelRatio || 1,
  };
}

/** What happened in the span that is chosen, and what can be done with it. */
function ChosenSpan(): JSX.Element | null {
  const span = chosen.value;
  const of = history.value!;
  if (span === undefined) return null;
  const first = momentAtX(of, axis.value, span.from);
  const last = momentAtX(of, axis.value, span.to);
  const counts = new Map<number, number>();
  for (let event = first; event < last; event++)
    counts.set(of.events.kind[event]!, (counts.get(of.events.kind[event]!) ?? 0) + 1);
  const count = (kind: number): number => counts.get(kind) ?? 0;
  const { used, reserved, highest } = series.value!;
  const facts = [
    formatCountOf(last - first, "event"),
    `${formatCountOf(count(EventKind.Allocate), "allocation")}, ${formatCountOf(count(EventKind.Free), "free", "frees")}`,
    count(EventKind.Move) > 0 && formatCountOf(count(EventKind.Move), "move"),
    count(EventKind.Refuse) > 0 && `${formatCountOf(count(EventKind.Refuse), "refusal")}`,
    count(EventKind.Frame) > 0 && formatCountOf(count(EventKind.Frame), "frame"),
    `used ${formatChange(used[last]! - used[first]!)}`,
    `reserved ${formatChange(reserved[last]! - reserved[first]!)}`,
    `at most ${formatBytes(used[highest(first, last)]!)} used`,
  ];
  return (
    <div class="chosen-span">
      <b>
        {formatTime(timeOf(of, first))} to {formatTime(timeOf(of, last))}
      </b>
      <span>{facts.filter(Boolean).join(" · ")}</span>
      <span class="spring" />
      <button
        type="button"
        onClick={() => {
          batch(() => {
            window.value = span;
            chosen.value = undefined;
          });
        }}
      >
        Zoom in
      </button>
      <button
        type="button"
        onClick={() => {
          batch(() => {
            since.value = first;
            at.value = last;
            view.value = "difference";
          });
        }}
      >
        Difference of its ends
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          chosen.value = undefined;
        }}
      >
        Close
      </button>
    </div>
  );
}
