/** The line under every view of a recording: the moment that is looked at, and ways to another one. */

import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { drawStrip } from "../draw/time-draw.ts";
import { momentAtX, sampleColumns, wholeSpan, xOfMoment } from "../draw/time-layout.ts";
import { eventText } from "../model/event-text.ts";
import { formatCount, formatTime } from "../model/format.ts";
import { lastMoment, timeOf } from "../model/history.ts";
import { placeIn } from "../model/series.ts";
import { playing, playSeconds, togglePlaying } from "../state/playing.ts";
import { at, axis, history, momentNumber, since, window } from "../state/state.ts";
import { colours } from "../state/theme.ts";
import { landmarks, series } from "../state/time.ts";
import { Canvas, type CanvasSize } from "./canvas.tsx";

/** Goes on, or back, by so many events. */
export function stepEvents(by: number): void {
  if (history.value === undefined) return;
  playing.value = false;
  at.value = Math.min(Math.max(momentNumber.value + by, 0), lastMoment(history.value));
}

/** Goes to the next frame, or the one before. */
export function stepFrames(by: 1 | -1): void {
  if (history.value === undefined || landmarks.value === undefined) return;
  const { frames } = landmarks.value;
  const place = placeIn(frames, momentNumber.value + (by > 0 ? 1 : 0)) + (by > 0 ? 0 : -1);
  playing.value = false;
  at.value = place < 0 ? 0 : (frames[place] ?? lastMoment(history.value));
}

/** Goes to the moment at which most is in use. */
function goToPeak(): void {
  if (history.value === undefined || series.value === undefined) return;
  playing.value = false;
  at.value = series.value.highest(0, lastMoment(history.value));
}

/** Marks the moment: differences and leaks are counted from it. */
export function markMoment(): void {
  since.value = momentNumber.value;
}

export function Scrubber(): JSX.Element {
  const { value } = history;
  const moment = momentNumber.value;
  const hasFrames = (landmarks.value?.frames.length ?? 0) > 0;
  return (
    <section class="scrubber" aria-label="Moment">
      <div class="scrubber-tools">
        <button type="button" class="play" title="Play, pause (space)" onClick={togglePlaying}>
          {playing.value ? "❚❚" : "▶"}
        </button>
        <button type="button" title="One event back (,)" onClick={() => stepEvents(-1)}>
          ‹
        </button>
        <button type="button" title="One event on (.)" onClick={() => stepEvents(1)}>
          ›
        </button>
        {hasFrames && (
          <>
            <button type="button" title="One frame back ([)" onClick={() => stepFrames(-1)}>
              ‹ frame
            </button>
            <button type="button" title="One frame on (])" onClick={() => stepFrames(1)}>
              frame ›
            </button>
          </>
        )}
        <button type="button" title="To the moment of the highest usage" onClick={goToPeak}>
          Peak
        </button>
        <button
          type="button"
          title="To the end; follows a running program"
          onClick={() => {
            playing.value = false;
            at.value = Number.POSITIVE_INFINITY;
          }}
        >
          End
        </button>
        <select
          aria-label="Speed"
          value={String(playSeconds.value)}
          onChange={(event) => {
            playSeconds.value = Number(event.currentTarget.value);
          }}
        >
          <option value="5">in 5 s</option>
          <option value="20">in 20 s</option>
          <option value="60">in 1 min</option>
          <option value="0">as it was</option>
        </select>
        <b class="moment-time">{formatTime(timeOf(value!, moment))}</b>
        <span class="muted">
          after event {formatCount(moment)} of {formatCount(lastMoment(value!))}
        </span>
        <LastEvent />
        <span class="spring" />
        <button type="button" title="Differences and leaks are counted from here (m)" onClick={markMoment}>
          Mark
        </button>
        {since.value > 0 && (
          <button
            type="button"
            title="Back to the mark"
            onClick={() => {
              at.value = since.value;
            }}
          >
            A: {formatTime(timeOf(value!, since.value))}
          </button>
        )}
      </div>
      <Strip />
    </section>
  );
}

function LastEvent(): JSX.Element | null {
  const moment = momentNumber.value;
  if (moment === 0) return <span class="muted">the beginning</span>;
  const { label, subject, size } = eventText(history.value!, moment - 1);
  return (
    <span class="last-event">
      {label} <b>{subject}</b> {size}
    </span>
  );
}

/** The whole recording; a click or a drag goes there. */
function Strip(): JSX.Element {
  const size = useSignal<CanvasSize>({ width: 0, height: 0 });
  const isDragging = useSignal(false);
  // It stays the same while what it stands over changes.
  const sample = useComputed(() => {
    const of = history.value;
    if (of === undefined || series.value === undefined) return undefined;
    const columns = Math.max(Math.floor(size.value.width), 1);
    return sampleColumns(of, series.value, axis.value, wholeSpan(of, axis.value), columns);
  });
  const go = (event: PointerEvent): void => {
    const { value } = history;
    if (value === undefined) return;
    const { from, to } = wholeSpan(value, axis.value);
    const part = Math.min(Math.max(event.offsetX / size.value.width, 0), 1);
    playing.value = false;
    at.value = momentAtX(value, axis.value, from + part * (to - from));
  };
  return (
    <Canvas
      name="strip"
      size={size}
      scene={({ width, height }) => {
        const of = history.value;
        if (of === undefined || series.value === undefined || landmarks.value === undefined) return undefined;
        const span = wholeSpan(of, axis.value);
        const x = (value: number): number => ((value - span.from) / (span.to - span.from)) * width;
        return {
          theme: colours.value,
          moment: momentNumber.value,
          since: since.value,
          series: series.value,
          landmarks: landmarks.value,
          sample: sample.value ?? new Uint32Array(1),
          width,
          height,
          x: (moment: number) => x(xOfMoment(of, axis.value, moment)),
          window: window.value && ([x(window.value.from), x(window.value.to)] as const),
        };
      }}
      draw={drawStrip}
      attributes={{
        class: "strip",
        role: "img",
        "aria-label": "Memory over the whole recording",
        onPointerDown: (event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          isDragging.value = true;
          go(event);
        },
        onPointerMove: (event) => {
          if (isDragging.value) go(event);
        },
        onPointerUp: () => {
          isDragging.value = false;
        },
      }}
    />
  );
}
