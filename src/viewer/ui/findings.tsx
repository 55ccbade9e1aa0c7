/** What is wrong, the worst first; each leads to where it is seen. */

import type { JSX } from "preact";
import { displayText } from "../model/text.ts";
import { findings, follow } from "../state/state.ts";

const marks = { bad: "✕", warning: "!", note: "i" } as const;
const words = { bad: "Problem", warning: "Warning", note: "Note" } as const;

export function Findings(): JSX.Element {
  if (findings.value.length === 0)
    return (
      <div class="findings">
        <p class="finding fine">
          <span class="mark" aria-hidden="true">
            ✓
          </span>
          <span>
            <b>Nothing stands out.</b> Within budget, and little of what is reserved lies free.
          </span>
        </p>
      </div>
    );
  return (
    <ul class="findings" aria-label="What stands out">
      {findings.value.map((finding) => (
        <li key={finding.title} class={`finding ${finding.severity}`}>
          <span class="mark" role="img" aria-label={words[finding.severity]}>
            {marks[finding.severity]}
          </span>
          <span>
            <b>{displayText(finding.title)}.</b> {displayText(finding.text, 400)}{" "}
            {finding.way && (
              <button type="button" class="link" onClick={() => follow(finding.way!)}>
                Show
              </button>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
