/** Keys that work everywhere: 1 to 5 for the views, / for the filter, Escape to let go. */

import { batch } from "@preact/signals";
import { documents } from "../state/documents.ts";
import { at, hovered, isRecording, momentNumber, selection, view, views } from "../state/state.ts";

/** Whether keys are typed into something. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || target.isContentEditable)
  );
}

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
    } else if (isRecording.value && (event.key === "," || event.key === ".")) {
      at.value = Math.max(momentNumber.value + (event.key === "," ? -1 : 1), 0);
    }
  });
}
