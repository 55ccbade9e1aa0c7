/** The keys, and what the parts of a picture mean. */

import { type Signal, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Whether it is open. */
export const helpIsOpen: Signal<boolean> = signal(false);

const keys: readonly (readonly [keys: string, what: string])[] = [
  ["1 to 5", "Map, Time, Table, Difference, Fragmentation"],
  [
    "/",
    "filter: words; name: kind: pool: type: heap: data: stack:; size>1MiB; block:3; is:dedicated; -without",
  ],
  ["Escape", "release what is pinned"],
  ["arrows", "on the map: walk from one allocation or gap to the next; with Shift: move the map"],
  ["+  −  0", "zoom in, out, all"],
  ["Enter", "on the map: zoom to what is pinned"],
  ["space", "play, pause"],
  [",  .", "one event back, on"],
  ["[  ]", "one frame back, on"],
  ["m", "mark the moment: differences and leaks are counted from it"],
];

const mouse: readonly (readonly [what: string, does: string])[] = [
  ["click", "pin what is under the pointer; over time, go to that moment"],
  ["double click", "on the map: zoom to it"],
  ["drag", "move the map; over time, choose a span, with Shift move"],
  ["wheel", "scroll the map; over time, zoom"],
  ["Ctrl + wheel, pinch", "zoom"],
  ["Shift + wheel", "move sideways"],
];

export function Help(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (helpIsOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [helpIsOpen.value]);
  return (
    <dialog
      ref={dialog}
      aria-label="Help"
      onClose={() => {
        helpIsOpen.value = false;
      }}
    >
      <h2>Keys and mouse</h2>
      <dl>
        {[...keys, ...mouse].map(([key, what]) => (
          <>
            <dt key={key}>{key}</dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <p class="muted">
        The address of this page holds the view: copy it, and it opens as it is, with the same file. Nothing
        leaves this page.
      </p>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
