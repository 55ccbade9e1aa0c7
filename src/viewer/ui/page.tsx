/** Starts the page: what a link asks for, files that came with the page, files that are dropped on it. */

import { render } from "preact";
import { documents } from "../state/documents.ts";
import { bindHash } from "../state/hash.ts";
import { followProgram, openBytes, openFiles } from "../state/open.ts";
import { bindPlaying } from "../state/playing.ts";
import { liveLink } from "../state/state.ts";
import { bindTheme } from "../state/theme.ts";
import { App } from "./app.tsx";
import { bindKeys } from "./keys.ts";

export function startPage(): void {
  bindHash();
  bindTheme();
  bindDrops();
  bindKeys();
  bindPlaying();
  render(<App />, document.getElementById("app")!);
  void openInlined();
  if (liveLink.value !== "") followProgram(liveLink.value);
}

/** Files that whoever made this copy of the page put into it, as text in base64. */
async function openInlined(): Promise<void> {
  const elements = document.querySelectorAll<HTMLScriptElement>(
    'script[type="application/octet-stream;base64"]',
  );
  for (const [index, element] of [...elements].slice(0, 2).entries()) {
    const bytes = decodeBase64(element.textContent ?? "");
    const name = element.dataset.name ?? `file ${index + 1}`;
    element.remove();
    await openBytes(name, bytes, index === 0 ? "instead" : "beside");
  }
}

function decodeBase64(text: string): ArrayBuffer {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}

/** A file may be dropped anywhere. */
function bindDrops(): void {
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.documentElement.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.documentElement.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.documentElement.classList.remove("dropping");
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) void openFiles(files);
  });
  // For tests, and for whoever scripts the page.
  Object.assign(globalThis, { viewer: { openBytes, documents } });
}
