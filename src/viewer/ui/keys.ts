/** Keys that work everywhere: 1 to 5 for the views, / for the filter, Escape to let go, , . [ ] and space for time. */

import { batch } from "@preact/signals";
import { documents } from "../state/documents.ts";
import { togglePlaying } from "../state/playing.ts";
import { hovered, isRecording, selection, view, views } from "../state/state.ts";
import { helpIsOpen } from "./help.tsx";
import { markMoment, stepEvents, stepFrames } from "./scrubber.tsx";

/** Whether keys are typed into something. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || target.isContentEditable)
  );
}

/** Keys of recordings. */
const timeKeys: Readonly<Record<string, (() => void) | undefined>> = {
  ",": () => stepEvents(-1),
  ".": () => stepEvents(1),
  "[": () => stepFrames(-1),
  "]": () => stepFrames(1),
  m: markMoment,
  " ": togglePlaying,
};

export function bindKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || documents.value.length === 0) return;
    if (event.key === "Escape") {
      if (isTyping(event.target)) (event.target as HTMLElement).blur();
      batch(() => {
        selection.value = undefined;
        hovered.value = undefined;
      });
      return;
    }
    if (isTyping(event.target)) return;
    const number = "12345".indexOf(event.key);
    if (event.key.length === 1 && number >= 0) view.value = views[number]!;
    else if (event.key === "/") {
      event.preventDefault();
      document.querySelector<HTMLInputElement>("#filter")?.focus();
    } else if (event.key === "?") helpIsOpen.value = true;
    else if (isRecording.value && timeKeys[event.key] !== undefined) {
      // A button that has the focus is pressed by the space bar.
      if (event.key === " " && event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      timeKeys[event.key]!();
    }
  });
}
