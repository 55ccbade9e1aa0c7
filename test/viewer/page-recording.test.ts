/** Recordings in the page: every view at every moment, stepping and playing, spans, marks and leaks. */

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, requireChromium } from "../helpers/chromium.ts";
import { SyntheticProgram } from "../recording/synthetic.ts";
import { eventually, tab, textOf, Viewer, waitFor } from "./viewer.ts";

describe.skipIf(!hasChromium && !requireChromium)(
  `recordings in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    const viewer = new Viewer();
    const program = new SyntheticProgram({ operations: 4000, live: 300, stacks: true });
    const middle = program.run(2000).believed();
    const content = program.finish();
    const file = { name: "program.vmarec", content };
    beforeAll(() => viewer.start(), 120_000);
    afterAll(() => viewer.stop());

    const scrubber = (page: Page): Promise<string> => page.locator(".scrubber").innerText();

    it("are shown in every view, in both themes, from the first to the last moment", async () => {
      for (const theme of ["light", "dark"]) {
        const { page, complaints } = await viewer.open([file], { hash: `#theme=${theme}` });
        await eventually(() => textOf(page)).toMatch(
          /Recording · synthetic GPU · Vulkan 1\.3\.0 · 4,00\d events in/,
        );
        for (const view of ["Map", "Time", "Table", "Difference", "Fragmentation"]) {
          await tab(page, view);
          await page.locator(".strip").click({ position: { x: 0, y: 10 } });
          await eventually(() => scrubber(page)).toContain("after event 0 of");
          await page.getByRole("button", { name: "End", exact: true }).click();
          await eventually(() => scrubber(page)).toMatch(/End of the recording detached/);
        }
        expect(complaints).toEqual([]);
        await page.close();
      }
    });

    it("at a moment are what the program believed then", async () => {
      const { page } = await viewer.open([file], { hash: `#view=table&t=${middle.operation}` });
      await eventually(() => textOf(page)).toContain(`in ${middle.allocations.length} allocations`);
      const largest = Math.max(...middle.allocations.map(({ size }) => size));
      const shown = (largest / 1024 ** 2).toFixed(2);
      await eventually(() => page.locator("button.row .cell.size").first().innerText()).toBe(`${shown} MiB`);
      await page.close();
    });

    it("are stepped through by keys, event by event and frame by frame", async () => {
      const long = new SyntheticProgram({ operations: 20_000, live: 300 }).finish();
      const { page } = await viewer.open([{ name: "long.vmarec", content: long }], { hash: "#t=100" });
      const at = (): Promise<number> =>
        page.evaluate<number>(
          "Number(/after event ([\\d,]+)/.exec(document.body.innerText)[1].replaceAll(',', ''))",
        );
      await eventually(at).toBe(100);
      await page.keyboard.press(".");
      await eventually(at).toBe(101);
      await page.keyboard.press(",");
      await page.keyboard.press(",");
      await eventually(at).toBe(99);
      await page.keyboard.press("]");
      await eventually(() => page.locator(".last-event").innerText()).toMatch(/^Frame/);
      const frame = await at();
      await page.keyboard.press("]");
      await page.keyboard.press("[");
      await eventually(at).toBe(frame);
      await page.close();
    });

    it("play by themselves, and stop", async () => {
      const { page, complaints } = await viewer.open([file], { hash: "#t=0" });
      await page.getByLabel("Speed").selectOption("5");
      await page.keyboard.press(" ");
      await eventually(() => scrubber(page)).toMatch(/after event (?!0 )[\d,]+ of/);
      await page.keyboard.press(" ");
      const stopped = await scrubber(page);
      await page.waitForTimeout(150);
      expect(await scrubber(page)).toBe(stopped);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("are zoomed and brushed over time, and a span leads to its difference", async () => {
      const { page, complaints } = await viewer.open([file], { hash: "#view=time" });
      const chart = page.locator(".chart canvas");
      const box = (await chart.boundingBox())!;
      await page.mouse.move(box.x + 300, box.y + 100);
      await page.mouse.down();
      await page.mouse.move(box.x + 600, box.y + 110, { steps: 4 });
      await page.mouse.up();
      await eventually(() => page.locator(".chosen-span").innerText()).toMatch(
        /events · \d+ allocations, \d+ frees.*used [+−][\d.]+ [KM]iB · reserved .* at most/,
      );
      await page.getByRole("button", { name: "Zoom in", exact: true }).click();
      await waitFor(page, "/window=/.test(location.hash)");
      await page.getByLabel("Across").selectOption("events");
      await chart.focus();
      await page.keyboard.press("-");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("0");
      await waitFor(page, "!/window=/.test(location.hash)");
      await page.mouse.move(box.x + 300, box.y + 100);
      await page.mouse.down();
      await page.mouse.move(box.x + 600, box.y + 110, { steps: 4 });
      await page.mouse.up();
      await page.getByRole("button", { name: "Difference of its ends" }).click();
      await eventually(() => page.locator(".sums").innerText()).toMatch(
        /used by allocations[\s\S]*came[\s\S]*went/,
      );
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("list events, and a click on one goes there and pins what it is about", async () => {
      const { page } = await viewer.open([file], { hash: "#view=time" });
      await page.locator(".events select").selectOption("refusals");
      await eventually(() => page.locator(".row.event").first().innerText()).toMatch(
        /Refuse[\s\S]*far too large/,
      );
      await page.locator(".events select").selectOption("allocations");
      await page.locator(".row.event").first().click();
      await eventually(() => page.locator(".last-event").innerText()).toMatch(/^(Allocate|Free)/);
      await eventually(() => page.locator(".inspector").innerText()).toMatch(
        /Created at[\s\S]*at caller\d+ \(\/app\/renderer/,
      );
      await page.close();
    });

    it("tell what was never freed, and what was made since a mark", async () => {
      const { page } = await viewer.open([file], { hash: "#view=table&t=2000" });
      await page.keyboard.press("m");
      await page.getByRole("button", { name: "End", exact: true }).click();
      await page.getByLabel("Show").selectOption("since");
      const count = async (): Promise<number> =>
        Number(
          /in ([\d,]+) allocation/.exec(await page.locator(".table").innerText())?.[1]?.replaceAll(",", ""),
        );
      const final = program.believed().allocations.length;
      const kept = middle.allocations.filter(({ id }) =>
        program.believed().allocations.some((one) => one.id === id),
      );
      // Those that have moved since are counted, too: they lie where nothing of them lay before.
      await eventually(count).toBeGreaterThanOrEqual(final - kept.length);
      await page.getByLabel("Show").selectOption("end");
      await eventually(count).toBe(final);
      await page.close();
    });

    it("that are damaged are shown as far as they can be read, and say so", async () => {
      const broken = new SyntheticProgram({ operations: 20_000, live: 300, segmentBytes: 70_000 }).finish();
      broken.fill(0, broken.length >> 1, (broken.length >> 1) + 100);
      const { page, complaints } = await viewer.open([{ name: "broken.vmarec", content: broken }], {
        hash: "#view=time",
      });
      await eventually(() => textOf(page)).toMatch(
        /The recording is damaged at byte \d+: the chunk's checksum is wrong/,
      );
      await page.locator(".events select").selectOption("frames");
      await eventually(() => page.locator(".events").innerText()).toContain("Operations missing");
      await viewer.choose(page, [{ name: "cut.vmarec", content: content.slice(0, 700) }]);
      await eventually(() => page.getByRole("alert").innerText()).toMatch(/cut\.vmarec was not opened/);
      expect(complaints).toEqual([]);
      await page.close();
    });
  },
);
