/** Placement in a worker: of Node.js, Bun or Deno, and of a browser where there is one. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { perfectPacking } from "../../bench/harness/placement-items.ts";
import { answerPlacements, type Placement, placeOn } from "../../src/placement/index.ts";
import { CHROMIUM, hasChromium, launchChromium, requireChromium } from "../helpers/chromium.ts";

const root = join(import.meta.dirname, "../../src/placement");

/** A file and all that it imports, as one. */
async function bundle(file: string): Promise<string> {
  const options = { bundle: true, write: false, format: "esm", platform: "browser" } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [join(root, file)] });
  return outputFiles[0]!.text;
}

describe("placement at the other end of a port", () => {
  async function withPort(body: (port: MessageChannel["port1"]) => Promise<void>): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const silence = answerPlacements(port2);
    try {
      await body(port1);
    } finally {
      silence();
      port1.close();
    }
  }

  it("answers as place does, with progress", async () => {
    await withPort(async (port) => {
      const heights: number[] = [];
      const items = perfectPacking(60, 1);
      const placement = await placeOn(port, items, { onProgress: ({ height }) => heights.push(height) });
      expect(placement.height).toBe(2 ** 20);
      expect(placement.offsets).toBeInstanceOf(Float64Array);
      expect(heights.at(-1)).toBe(2 ** 20);
    });
  });

  it("stops when the signal says so, also one that has before", async () => {
    await withPort(async (port) => {
      const began = performance.now();
      const hard = perfectPacking(400, 1, 20);
      const placements = [AbortSignal.timeout(50), AbortSignal.abort()].map((signal) =>
        placeOn(port, hard, { timeLimit: 60_000, signal }),
      );
      for (const { height, lowerBound } of await Promise.all(placements))
        expect(height).toBeGreaterThan(lowerBound);
      expect(performance.now() - began).toBeLessThan(20_000);
    });
  });

  it("answers several questions, each its own", async () => {
    await withPort(async (port) => {
      const sizes = [1, 2, 3, 4];
      const placements = await Promise.all(sizes.map((size) => placeOn(port, [{ size, begin: 0, end: 1 }])));
      expect(placements.map(({ height }) => height)).toEqual(sizes);
    });
  });

  it("brings errors back", async () => {
    await withPort(async (port) => {
      await expect(placeOn(port, [{ size: 0, begin: 0, end: 1 }])).rejects.toThrow(RangeError);
      await expect(placeOn(port, 7 as never)).rejects.toThrow("items must be an array, got 7");
    });
    expect(() => placeOn({} as never, [])).toThrow("port must post messages and receive them");
  });

  it("leaves other messages alone", async () => {
    await withPort(async (port) => {
      const placement = placeOn(port, [{ size: 5, begin: 0, end: 1 }]);
      for (const message of [null, "hello", { mark: "other" }, { mark: "vma-ts/placement" }])
        port.postMessage(message);
      expect((await placement).height).toBe(5);
    });
  });
});

describe("a worker of the runtime", () => {
  it("places, while this thread is free", async () => {
    // A file, as Bun starts no worker from a data URL.
    const folder = mkdtempSync(join(tmpdir(), "vma-ts-worker-"));
    const file = join(folder, "worker.mjs");
    writeFileSync(file, await bundle("worker.ts"));
    const worker = new Worker(file);
    try {
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const placement = await placeOn(worker, perfectPacking(400, 1, 20), { timeLimit: 200 });
      clearInterval(timer);
      expect(placement.height).toBeGreaterThanOrEqual(2 ** 20);
      expect(turns).toBeGreaterThan(5);
    } finally {
      await worker.terminate();
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(!hasChromium && !requireChromium)(
  `a worker in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    let server: Server;
    let browser: Browser;
    beforeAll(async () => {
      const files = new Map([
        ["/placement.js", await bundle("index.ts")],
        ["/worker.js", await bundle("worker.ts")],
      ]);
      server = createServer(({ url }, response) => {
        const text = files.get(url ?? "");
        response.setHeader("content-type", text === undefined ? "text/html" : "text/javascript");
        response.end(text ?? "<!doctype html><title>vma-ts</title>");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      browser = await launchChromium();
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    it("places, as the page itself does", async () => {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const items = perfectPacking(60, 2);
      const outcome = (await page.evaluate(`(async () => {
        const { place, placeOn, shareObjects, drawPlacement } = await import("/placement.js");
        const items = ${JSON.stringify(items)};
        const worker = new Worker("/worker.js", { type: "module" });
        const here = await place(items);
        const there = await placeOn(worker, items);
        const picture = new DOMParser().parseFromString(drawPlacement(items, here.offsets), "image/svg+xml");
        return {
          heights: [here.height, there.height],
          objects: shareObjects(items).objects.length > 0,
          boxes: picture.querySelectorAll("rect").length,
          hasNode: "process" in globalThis,
        };
      })()`)) as { heights: Placement["height"][]; objects: boolean; boxes: number; hasNode: boolean };
      expect(outcome).toEqual({ heights: [2 ** 20, 2 ** 20], objects: true, boxes: 60, hasNode: false });
      await page.close();
    });
  },
);
