/** Playing a recording: the moment goes on with the clock. */

import { effect, type Signal, signal } from "@preact/signals";
import { momentAtX, xOfMoment } from "../draw/time-layout.ts";
import { lastMoment } from "../model/history.ts";
import { at, axis, history, momentNumber, seen, window } from "./state.ts";

/** Whether it plays. */
export const playing: Signal<boolean> = signal(false);
/** Seconds that what is seen takes to play; 0 is as long as it took. */
export const playSeconds: Signal<number> = signal(20);

/** Plays from where it is, or from the beginning when it is at the end. */
export function togglePlaying(): void {
  if (history.value === undefined) return;
  const end =
    window.value === undefined
      ? lastMoment(history.value)
      : momentAtX(history.value, axis.value, seen.value.to);
  if (!playing.value && momentNumber.value >= end)
    at.value = momentAtX(history.value, axis.value, seen.value.from);
  playing.value = !playing.value;
}

/** Goes on with each frame of the screen while it plays. */
export function bindPlaying(): void {
  effect(() => {
    if (!playing.value) return;
    let last = performance.now();
    let x = xOfMoment(history.peek()!, axis.peek(), momentNumber.peek());
    let frame = requestAnimationFrame(function step(now) {
      const of = history.peek();
      if (of === undefined) return;
      const { from, to } = seen.peek();
      const seconds = playSeconds.peek();
      // Milliseconds of the recording for each of the clock; events have no clock of their own.
      const pace =
        seconds > 0 ? (to - from) / (seconds * 1000) : axis.peek() === "time" ? 1 : (to - from) / 20_000;
      x += (now - last) * pace;
      last = now;
      if (x >= to) {
        at.value = momentAtX(of, axis.peek(), to);
        playing.value = false;
        return;
      }
      at.value = momentAtX(of, axis.peek(), x);
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  });
}
