/** The top line: which files are open, of which device, and what can be done with them. */

import type { JSX } from "preact";
import { formatBytes, formatCountOf, formatTime } from "../model/format.ts";
import { hasTime, lastMoment, timeOf } from "../model/history.ts";
import { displayText } from "../model/text.ts";
import { documents, type LiveState, live, type OpenDocument } from "../state/documents.ts";
import { active, history, theme } from "../state/state.ts";
import { colours } from "../state/theme.ts";
import { Help, helpIsOpen } from "./help.tsx";
import { OpenButton } from "./open-button.tsx";
import { Problem } from "./problem.tsx";

export function TopBar(): JSX.Element {
  const { device } = history.value!;
  return (
    <header class="top">
      <h1>GPU memory</h1>
      <nav class="files" aria-label="Files">
        {documents.value.map((document, index) => (
          <button
            type="button"
            key={document.history.source}
            aria-pressed={index === active.value}
            title={fileFacts(document)}
            onClick={() => {
              active.value = index;
            }}
          >
            {documents.value.length > 1 && <b>{"AB"[index]} </b>}
            {displayText(document.history.source, 48)}
          </button>
        ))}
      </nav>
      {live.value !== undefined && <span class={`live ${live.value}`}>{liveWords[live.value]}</span>}
      <span class="muted facts">
        {[history.value!.format, displayText(device.name, 60), device.api].filter(Boolean).join(" · ")}
        {hasTime(history.value!) &&
          ` · ${formatCountOf(lastMoment(history.value!), "event")} in ${formatTime(timeOf(history.value!, lastMoment(history.value!)))}`}
      </span>
      <span class="spring" />
      <OpenButton label="Open…" />
      <button
        type="button"
        title="Keys and mouse (?)"
        aria-label="Help"
        onClick={() => {
          helpIsOpen.value = true;
        }}
      >
        ?
      </button>
      <button
        type="button"
        aria-label={colours.value.isDark ? "Light colours" : "Dark colours"}
        title={colours.value.isDark ? "Light colours" : "Dark colours"}
        onClick={() => {
          theme.value = colours.value.isDark ? "light" : "dark";
        }}
      >
        {colours.value.isDark ? "☀" : "☾"}
      </button>
      <Problem />
      <Help />
    </header>
  );
}

const liveWords: Readonly<Record<LiveState, string>> = {
  follows: "live",
  reconnects: "reconnecting…",
  ended: "ended",
};

function fileFacts({ history, size, readTime }: OpenDocument): string {
  return `${displayText(history.source)}: ${history.format}, ${formatBytes(size)}, read in ${formatTime(readTime)}`;
}
