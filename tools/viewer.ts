/**
 * Bundles the viewer into one file, dist/viewer.html: script, worker and style inside, and a policy under which the
 * browser runs nothing else and loads nothing from anywhere, except a live stream from this very machine.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "src", "viewer");

/** Builds the page; returns its path and its text. */
export async function buildViewer(path: string = join(root, "dist", "viewer.html")): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(source, "main.tsx"), join(source, "style.css")],
    outdir: "unused",
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    charset: "ascii",
  });
  const textOf = (ending: string): string =>
    outputFiles.find((file) => file.path.endsWith(ending))!.text.trim();
  // A script ends at the first such tag, wherever it stands.
  const script = textOf(".js").replaceAll("</script", "<\\/script");
  const style = textOf(".css");
  const parts: Readonly<Record<string, string>> = { script, style, policy: policy(script, style) };
  const page = readFileSync(join(source, "index.html"), "utf8").replace(
    /\/\* (\w+) \*\//g,
    (_, name) => parts[name]!,
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page);
  return page;
}

function policy(script: string, style: string): string {
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    // The worker runs the page's own script, from a blob.
    `script-src ${hash(script)}`,
    "worker-src blob:",
    `style-src ${hash(style)}`,
    "img-src data:",
    "connect-src http://127.0.0.1:* ws://127.0.0.1:*",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = await buildViewer();
  console.log(`dist/viewer.html: ${Math.ceil(Buffer.byteLength(page) / 1024)} KiB`);
}
