/** `vma-ts view`: opens the viewer. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UserError } from "./output.ts";

export const VIEW_HELP = `vma-ts view [--print]

Opens the viewer in the browser: drop recordings or dumps on its page. It is one file, works without a network, and
sends nothing anywhere.

  --print   only say where the page is`;

/** Runs the command. */
export function view(args: readonly string[]): string {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { print: { type: "boolean", default: false } },
  });
  const places = ["../viewer.html", "../../dist/viewer.html"].map((place) => new URL(place, import.meta.url));
  const page = places.find((place) => existsSync(place));
  if (page === undefined) throw new UserError("the viewer is not built: npm run build");
  const path = fileURLToPath(page);
  if (!values.print) open(path);
  return `The viewer is ${path}: open it in a browser, and drop a recording on it.`;
}

/** Opens a file as the desktop would; where there is none, the text has to do. */
function open(path: string): void {
  const commands: Readonly<Record<string, string>> = { darwin: "open", win32: "explorer" };
  const child = spawn(commands[process.platform] ?? "xdg-open", [path], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
