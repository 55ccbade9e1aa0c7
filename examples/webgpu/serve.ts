/**
 * Serves the example pages of this folder, offline: `npx tsx examples/webgpu/serve.ts`. Each is bundled into one HTML file that loads
 * nothing; with a folder as argument, the files are written there instead.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PAGES: string = join(import.meta.dirname, "pages");
const PORT = 8177;

/** The pages by name. */
export const EXAMPLES = ["meshes", "three", "raw", "bench"] as const;

/** The text of one page. */
export async function buildExample(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(PAGES, `${name}.ts`)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    charset: "ascii",
  });
  // A script ends at the first such tag, wherever it stands.
  const script = outputFiles[0]!.text.trim().replaceAll("</script", "<\\/script");
  return readFileSync(join(PAGES, `${name}.html`), "utf8").replace("/* script */", () => script);
}

/** Serves the pages on a port of this machine; 0 for any. WebGPU is for secure contexts, and localhost is one. */
export async function serveExamples(
  port: number,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://localhost").pathname.slice(1).replace(/\.html$/, "");
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (EXAMPLES.some((each) => each === name)) {
      buildExample(name).then(
        (page) => response.end(page),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    } else {
      response.end(EXAMPLES.map((each) => `<p><a href="/${each}.html">${each}</a></p>`).join(""));
    }
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2];
  if (folder === undefined) console.log(`examples at ${(await serveExamples(PORT)).url}`);
  else {
    mkdirSync(folder, { recursive: true });
    for (const name of EXAMPLES) writeFileSync(join(folder, `${name}.html`), await buildExample(name));
  }
}
