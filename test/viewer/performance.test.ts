/**
 * How fast the page is with a recording of a million operations, measured in the page and printed.
 *
 * Bounds are on the processor time of the page's process, all its threads together, as the clock says little on a
 * machine that does something else besides. What takes so much processor time takes no more by the clock where nothing
 * else runs; the clock's figures are printed beside them.
 */

import { readFileSync } from "node:fs";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, requireChromium } from "../helpers/chromium.ts";
import { SyntheticProgram } from "../recording/synthetic.ts";
import { Viewer, waitFor } from "./viewer.ts";

const OPERATIONS = 1_000_000;
const LIVE = 20_000;

/** What is wanted. */
const OPEN_SECONDS = 3;
const MOMENT_MILLISECONDS = 100;
const FRAME_MILLISECONDS = 1000 / 30;
const MEBIBYTES = 400;

/** The page's process: processor time, and memory of its own. */
class PageProcess {
  readonly #session: CDPSession;
  constructor(session: CDPSession) {
    this.#session = session;
  }

  /** Seconds of all threads so far, of the renderer that has taken most. */
  async cpuSeconds(): Promise<number> {
    return Math.max(...(await this.#renderers()).map(({ cpuTime }) => cpuTime));
  }

  async mebibytes(): Promise<number> {
    const renderers = await this.#renderers();
    return Math.max(...renderers.map(({ id }) => privateBytes(id))) / 1024 ** 2;
  }

  async #renderers(): Promise<readonly { id: number; cpuTime: number }[]> {
    const { processInfo } = await this.#session.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer");
  }
}

function privateBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const of = (key: string): number => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(rollup)?.[1] ?? 0);
  return (of("Private_Clean") + of("Private_Dirty")) * 1024;
}

/** Frames with an event of the wheel before each; what they take by the clock and by the processor. */
async function turnWheel(
  page: Page,
  process: PageProcess,
  canvas: string,
  wheel: string,
): Promise<{ framesPerSecond: number; cpuMilliseconds: number }> {
  const frames = 90;
  const before = await process.cpuSeconds();
  const framesPerSecond = await page.evaluate<number>(`new Promise((resolve) => {
    const canvas = document.querySelector("${canvas}");
    const { left, top } = canvas.getBoundingClientRect();
    const begin = performance.now();
    let frame = 0;
    requestAnimationFrame(function step(now) {
      if (frame === ${frames}) return resolve((frame * 1000) / (now - begin));
      const turn = (Math.floor(frame++ / 15) % 2 === 0 ? -1 : 1) * 40;
      canvas.dispatchEvent(new WheelEvent("wheel", {
        ...(${wheel})(turn), clientX: left + 500, clientY: top + 120, bubbles: true, cancelable: true,
      }));
      requestAnimationFrame(step);
    });
  })`);
  return { framesPerSecond, cpuMilliseconds: (((await process.cpuSeconds()) - before) * 1000) / frames };
}

const zoom = "(turn) => ({ deltaY: turn, ctrlKey: true })";
const pan = "(turn) => ({ deltaX: turn })";

describe.skipIf(!hasChromium && !requireChromium)(
  `a million operations in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    const viewer = new Viewer();
    let page: Page;
    let process: PageProcess;
    let opening: { seconds: number; cpuSeconds: number; readSeconds: number };
    let fileBytes: number;
    const lines: string[] = [];

    beforeAll(async () => {
      const content = new SyntheticProgram({ operations: OPERATIONS, live: LIVE, stacks: true }).finish();
      fileBytes = content.length;
      await viewer.start();
      ({ page } = await viewer.open());
      process = new PageProcess(await page.context().browser()!.newBrowserCDPSession());
      const before = await process.cpuSeconds();
      const begin = performance.now();
      await viewer.choose(page, [{ name: "million.vmarec", content }]);
      await waitFor(page, 'performance.getEntriesByName("viewer draw map").length > 0');
      opening = {
        seconds: (performance.now() - begin) / 1000,
        cpuSeconds: (await process.cpuSeconds()) - before,
        readSeconds: (await page.evaluate<number>("viewer.documents.value[0].readTime")) / 1000,
      };
    }, 300_000);
    afterAll(async () => {
      console.log(lines.join("\n"));
      await viewer.stop();
    });

    it(`are opened within ${OPEN_SECONDS} s`, () => {
      lines.push(
        `${(fileBytes / 1e6).toFixed(1)} MB opened in ${opening.cpuSeconds.toFixed(2)} s of processor time; ` +
          `${opening.seconds.toFixed(2)} s by the clock, of which reading took ${opening.readSeconds.toFixed(2)} s`,
      );
      expect(opening.cpuSeconds).toBeLessThanOrEqual(OPEN_SECONDS);
    });

    it.each([
      ["Map", "draw map"],
      ["Time", "draw time"],
      ["Table", "table"],
    ])(`%s shows any moment within ${MOMENT_MILLISECONDS} ms`, async (view, measure) => {
      await page.getByRole("tab", { name: view }).click();
      await waitFor(page, `performance.getEntriesByName("viewer ${measure}").length > 0`);
      await page.waitForTimeout(500);
      const strip = (await page.locator(".strip").boundingBox())!;
      const steps = 12;
      const before = await process.cpuSeconds();
      const times: number[] = [];
      for (let i = 0; i < steps; i++) {
        await page.evaluate("performance.clearMeasures()");
        await page.mouse.click(strip.x + (strip.width * ((i * 5) % steps)) / steps, strip.y + 10);
        await waitFor(page, `performance.getEntriesByName("viewer ${measure}").length > 0`);
        times.push(
          await page.evaluate<number>(`
            performance.getEntriesByType("measure").reduce((end, entry) => Math.max(end, entry.startTime + entry.duration), 0) -
            performance.getEntriesByType("measure")[0].startTime`),
        );
      }
      const cpu = (((await process.cpuSeconds()) - before) * 1000) / steps;
      times.sort((a, b) => a - b);
      lines.push(
        `${view}: a moment in ${cpu.toFixed(0)} ms of processor time; by the clock ${times[steps / 2]!.toFixed(0)} ms, ` +
          `at worst ${times.at(-1)!.toFixed(0)} ms`,
      );
      expect(cpu).toBeLessThanOrEqual(MOMENT_MILLISECONDS);
    });

    it.each([
      ["Map", "zoomed", ".map canvas", zoom],
      ["Map", "moved", ".map canvas", pan],
      ["Time", "zoomed", ".chart canvas", zoom],
      ["Time", "moved", ".chart canvas", pan],
    ])("%s is drawn 30 times a second while it is %s", async (view, what, canvas, wheel) => {
      await page.getByRole("tab", { name: view }).click();
      await page.locator(canvas).focus();
      // All of it cannot be moved.
      if (what === "moved") await page.keyboard.press("+");
      await page.waitForTimeout(500);
      const { framesPerSecond, cpuMilliseconds } = await turnWheel(page, process, canvas, wheel);
      await page.keyboard.press("0");
      lines.push(
        `${view} ${what}: ${cpuMilliseconds.toFixed(1)} ms of processor time a frame; ${framesPerSecond.toFixed(0)} frames a second`,
      );
      expect(cpuMilliseconds).toBeLessThanOrEqual(FRAME_MILLISECONDS);
    });

    it(`take at most ${MEBIBYTES} MiB of memory`, async () => {
      await page.getByRole("tab", { name: "Difference" }).click();
      await page.getByRole("tab", { name: "Map" }).click();
      await page.waitForTimeout(500);
      const mebibytes = await process.mebibytes();
      lines.push(`${mebibytes.toFixed(0)} MiB of memory of its own`);
      expect(mebibytes).toBeLessThanOrEqual(MEBIBYTES);
    });
  },
);
