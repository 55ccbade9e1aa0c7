/** What is going on with a file: that it is being read, or why it could not be. */

import type { JSX } from "preact";
import { displayText } from "../model/text.ts";
import { problem, reading } from "../state/documents.ts";

export function Problem(): JSX.Element | null {
  if (reading.value !== undefined)
    return (
      <p class="notice" role="status">
        Reading {displayText(reading.value, 80)} …
      </p>
    );
  if (problem.value === undefined) return null;
  const { file, message } = problem.value;
  return (
    <div class="notice bad" role="alert">
      <strong>{displayText(file, 80)} was not opened.</strong> {displayText(message, 500)}
      <button
        type="button"
        class="quiet"
        onClick={() => {
          problem.value = undefined;
        }}
      >
        Close
      </button>
    </div>
  );
}
