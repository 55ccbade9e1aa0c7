/** `vma-ts/virtual` in a browser: the built files, unchanged, replay recorded traces in a page of Chromium. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, launchChromium, requireChromium } from "../helpers/chromium.ts";
import { buildVirtual } from "./build.ts";
import { replay } from "./replay.ts";
import { traceLines } from "./traces.ts";

/** Serves the files of a folder on a port of its own. */
async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = join(folder, new URL(request.url ?? "/", "http://localhost").pathname);
    if (request.url === "/")
      response.setHeader("content-type", "text/html").end("<!doctype html><title>vma-ts</title>");
    else if (!path.startsWith(folder) || !existsSync(path)) response.writeHead(404).end();
    else response.setHeader("content-type", "text/javascript").end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe.skipIf(!hasChromium && !requireChromium)(
  `vma-ts/virtual in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    let folder: string;
    let server: Server;
    let browser: Browser;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "vma-ts-browser-"));
      buildVirtual(folder);
      server = await serve(folder);
      browser = await launchChromium();
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      server?.close();
      if (folder) rmSync(folder, { recursive: true, force: true });
    });

    it("is made of metadata and foundation alone", () => {
      const parts = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      expect(parts.map((entry) => entry.name).sort()).toEqual(["foundation", "metadata"]);
      const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith(".js"),
      );
      for (const file of files) {
        const imports = readFileSync(join(folder, file), "utf8").matchAll(/from "([^"]+)"/g);
        for (const [, from] of imports) expect(from).toMatch(/^\.\.?\//);
      }
    });

    it.each(["virtual-mixed-strategies.jsonl.br", "linear-ring.jsonl.br", "linear-double.jsonl.br"])(
      "replays %s with the reference's outcomes",
      async (file) => {
        const page = await browser.newPage();
        try {
          await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
          const lines = traceLines(file);
          // As text, so that the test runner's transformation does not reach into the page.
          const outcome = (await page.evaluate(`(async () => {
          const virtual = await import("/metadata/index.js");
          const { operations, mismatches } = (${replay})(virtual, ${JSON.stringify(lines)}, 100);
          return { operations, mismatches: mismatches.slice(0, 5), hasNode: "process" in globalThis };
        })()`)) as { operations: number; mismatches: unknown[]; hasNode: boolean };
          expect(outcome.hasNode).toBe(false);
          expect(outcome.mismatches).toEqual([]);
          expect(outcome.operations).toBe(lines.filter((line) => line !== "").length - 1);
        } finally {
          await page.close();
        }
      },
      60_000,
    );
  },
);
