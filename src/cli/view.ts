/** `vma-ts view`: opens the viewer, with files inside a copy of its page, or following a living program. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { unreadable } from "./open.ts";
import { UsageError, UserError } from "./output.ts";

export const VIEW_HELP = `vma-ts view [FILE [FILE]] [--live ADDRESS] [--print]

Opens the viewer in the browser with recordings, or JSON dumps of VMA, D3D12MA and vma-ts; two files are compared.
Without a file: drop some on its page. The page is a single file, works without a network, and sends nothing anywhere.

  --live ADDRESS  follows a running program, at the address that recording.serve() returns
  --print         only print where the page is`;

/** Bytes up to which a file is put into a copy of the page; browsers take long over pages that are larger. */
const MOST_BYTES = 128 * 1024 * 1024;
/** Where the page has room for files. */
const FILES = "<!-- files -->";

/** Runs the command. */
export function view(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { print: { type: "boolean", default: false }, live: { type: "string" } },
  });
  if (positionals.length > 2) throw new UsageError("view takes one file, or two to compare");
  const page = findPage();
  const path = positionals.length === 0 ? page : copyWith(readFileSync(page, "utf8"), positionals);
  const hash = values.live === undefined ? "" : `#live=${encodeURIComponent(checkAddress(values.live))}`;
  const address = `${pathToFileURL(path)}${hash}`;
  if (!values.print) open(address);
  const how = positionals.length === 0 && hash === "" ? ", and drop a recording on it" : "";
  return `The viewer is ${hash === "" ? path : address}: open it in a browser${how}.`;
}

function findPage(): string {
  const places = ["../viewer.html", "../../dist/viewer.html"].map((place) => new URL(place, import.meta.url));
  const page = places.find((place) => existsSync(place));
  if (page === undefined) throw new UserError("the viewer is not built: npm run build");
  return fileURLToPath(page);
}

/** A copy of the page with files in it, which nobody else on this machine can read; returns its path. */
export function copyWith(page: string, files: readonly string[]): string {
  const parts = files.map((file, index) => {
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) throw new UserError(`there is no file ${file}`);
    if (size > MOST_BYTES)
      throw new UserError(
        `${file} has more than 128 MiB: run vma-ts view without it, and drop it on the page`,
      );
    const content = contentOf(file);
    const name = escapeAttribute(basename(file));
    return `<script type="application/octet-stream;base64" id="file-${index}" data-name="${name}">${content}</script>`;
  });
  const path = join(mkdtempSync(join(tmpdir(), "vma-ts-view-")), "viewer.html");
  writeFileSync(
    path,
    page.replace(FILES, () => parts.join("\n")),
    { mode: 0o600 },
  );
  return path;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file).toString("base64");
  } catch (error) {
    throw unreadable(file, error);
  }
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

function checkAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "http:" || url.hostname !== "127.0.0.1")
    throw new UserError(
      `--live takes an address such as http://127.0.0.1:PORT/chunks?token=…, not ${address}`,
    );
  return address;
}

/** Opens an address as the desktop would; where there is none, the text has to do. */
function open(address: string): void {
  const commands: Readonly<Record<string, string>> = { darwin: "open", win32: "explorer" };
  const child = spawn(commands[process.platform] ?? "xdg-open", [address], {
    stdio: "ignore",
    detached: true,
  });
  child.on("error", () => {});
  child.unref();
}
