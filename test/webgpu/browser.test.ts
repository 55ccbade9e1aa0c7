/** Heaps in a browser: the same random programs, in a page of Chromium on SwiftShader. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, launchWithWebGpu, requireChromium } from "../helpers/chromium.ts";

describe.skipIf(!hasChromium && !requireChromium)(
  `a heap in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    let server: Server;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      const { outputFiles } = await build({
        entryPoints: [join(import.meta.dirname, "page.ts")],
        bundle: true,
        write: false,
        format: "iife",
        target: "es2022",
        define: { "process.env.VMA_TS_SEED": "undefined" },
      });
      const html = `<!doctype html><title>vma-ts</title><script>${outputFiles[0]!.text}</script>`;
      // WebGPU is for secure contexts: localhost is one.
      server = createServer((_, response) => response.setHeader("content-type", "text/html").end(html));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      browser = await launchWithWebGpu();
      page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    });

    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    it.each([201, 202])("runs program %d", async (salt) => {
      const outcome = await page.evaluate<{ counts: Record<string, number>; errors: string[] }>(
        `(async () => {
          const adapter = await navigator.gpu.requestAdapter();
          const device = await adapter.requestDevice();
          const errors = [];
          device.addEventListener("uncapturederror", ({ error }) => errors.push(error.message));
          const counts = await vmaTs.runProgram({ device, salt: ${salt}, steps: 100 });
          await device.queue.onSubmittedWorkDone();
          device.destroy();
          return { counts, errors };
        })()`,
      );
      expect(outcome.errors).toEqual([]);
      expect(outcome.counts.allocated).toBeGreaterThan(10);
    });
  },
);
