/** The example pages, in Chromium on SwiftShader: that they draw, and what they say of their heaps. */

import type { Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { serveExamples } from "../../examples/webgpu/serve.ts";
import { CHROMIUM, hasChromium, launchWithWebGpu, requireChromium } from "../helpers/chromium.ts";

interface State {
  readonly frames: number;
  readonly errors: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** How many colours a picture has. */
const COUNT_COLORS = `async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return new Set(new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)).size;
}`;

describe.skipIf(!hasChromium && !requireChromium)(
  `example pages in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  { timeout: 120_000 },
  () => {
    let examples: { readonly url: string; readonly server: Server };
    let browser: Browser;
    let page: Page;
    let problems: string[];

    beforeAll(async () => {
      examples = await serveExamples(0);
      browser = await launchWithWebGpu();
    });

    afterAll(async () => {
      await browser?.close();
      examples?.server.close();
    });

    beforeEach(async () => {
      problems = [];
      page = await browser.newPage();
      page.on("pageerror", ({ message }) => problems.push(message));
      page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
      page.on("request", (request) => {
        if (!/^data:/.test(request.url()) && !request.url().startsWith(examples.url))
          problems.push(`loads ${request.url()}`);
      });
    });

    afterEach(async () => {
      await page.close();
      expect(problems).toEqual([]);
    });

    /** The page's state, once it fulfils something or something has gone wrong. */
    const stateWhen = async (condition: string): Promise<State> => {
      await page.waitForFunction(
        `globalThis.example && (example.errors.length > 0 || (({ frames, figures }) => ${condition})(example))`,
        undefined,
        { timeout: 100_000 },
      );
      const state = await page.evaluate<State>("globalThis.example");
      expect(state.errors).toEqual([]);
      return state;
    };
    /** How many colours are seen of an element, as it is presented: a canvas can only be read in the task that has drawn to it. */
    const colorsOf = async (id: string): Promise<number> => {
      const picture = await page.locator(`#${id}`).screenshot();
      const source = JSON.stringify(`data:image/png;base64,${picture.toString("base64")}`);
      return page.evaluate<number>(`(${COUNT_COLORS})(${source})`);
    };

    it("raw draws three shapes from one buffer", async () => {
      await page.goto(`${examples.url}raw.html`);
      const { figures } = await stateWhen("frames > 3");
      expect(figures).toEqual({ buffers: 1, allocations: 3 });
      expect(await colorsOf("scene")).toBeGreaterThan(100);
    });

    it("meshes live in few buffers, and then each in its own", async () => {
      await page.goto(`${examples.url}meshes.html?count=8000`);
      const { figures } = await stateWhen("figures.frames > 10 && figures.moved > 0");
      expect(figures.meshes).toBeGreaterThan(6000);
      expect(figures.buffers).toBeLessThan(6);
      expect(figures.used).toBeGreaterThan(5_000_000);
      expect(figures.bytes).toBeGreaterThanOrEqual(figures.used!);
      expect(figures.changes).toBeGreaterThan(20);
      expect(await colorsOf("scene")).toBeGreaterThan(1000);
      expect(await colorsOf("map"), "the map has free and taken parts").toBeGreaterThan(5);

      await page.selectOption("#mode", "each");
      const { figures: each } = await stateWhen("figures.frames > 3 && figures.buffers > 6000");
      expect(each.buffers).toBe(each.meshes);
      expect(each.bytes).toBe(each.used);
      expect(await colorsOf("scene")).toBeGreaterThan(1000);
      expect(await page.textContent("#figures"), "both ways stay in the table").not.toContain("–");
    });

    it("three.js's geometries lie in a heap, come, go and are moved", async () => {
      await page.goto(`${examples.url}three.html?count=40`);
      const { figures } = await stateWhen("frames > 10 && figures.exchanged > 5 && figures.movedSoFar > 0");
      expect(figures.allocations).toBeGreaterThanOrEqual(39);
      expect(figures.buffers).toBeLessThan(8);
      expect(await colorsOf("scene")).toBeGreaterThan(200);
    });

    it("benches measure every way", async () => {
      await page.goto(`${examples.url}bench.html?live=200`);
      const { figures } = await stateWhen("figures.isDone === 1");
      expect(figures["buffers, heap, 200"]).toBe(1);
      expect(figures["buffers, a GPUBuffer each, 200"]).toBeGreaterThan(150);
      for (const [name, value] of Object.entries(figures)) expect(value, name).toBeGreaterThan(0);
      const table = await page.innerText("#figures");
      for (const way of ["PlayCanvas's way", "three.js's way", "first fit", "mapped ring", "1,048,576"]) {
        expect(table).toContain(way);
      }
    });
  },
);
