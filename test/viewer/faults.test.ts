/**
 * Tried as somebody would who has a fault in a program and has never seen the page: the first screen names the cause, and
 * one click leads to it.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, requireChromium } from "../helpers/chromium.ts";
import { fragmentingProgram, leakingProgram, overBudgetProgram } from "./programs.ts";
import { eventually, Viewer } from "./viewer.ts";

describe.skipIf(!hasChromium && !requireChromium)(
  `faults of programs, seen in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    const viewer = new Viewer();
    beforeAll(() => viewer.start(), 120_000);
    afterAll(() => viewer.stop());

    it("a leak: the name of what leaks, all of it, and where it is made", async () => {
      const { page, complaints } = await viewer.open([{ name: "leak.vmarec", content: leakingProgram() }]);
      const findings = page.locator(".finding");
      await eventually(() => findings.first().innerText()).toMatch(
        /“particle emitter” seems to leak\. From [\d.]+ MiB .* to [\d.]+ MiB .* 15\d of the 15\d ones made since are still there/,
      );
      await findings.first().getByRole("button", { name: "Show" }).click();
      await eventually(() => page.locator(".table").innerText()).toMatch(/in 300 allocations/);
      const names = await page.locator("button.row .cell.name").allInnerTexts();
      expect(names.filter((name) => !name.startsWith("particle emitter"))).toEqual([]);
      await page.locator("button.row").first().click();
      await eventually(() => page.locator(".inspector").innerText()).toMatch(
        /Created at\s+at Renderer\.buffer \(.*programs\.ts[\s\S]*at leakingProgram/,
      );
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("fragmentation: which few allocations keep how much alive, and what defragmentation would give", async () => {
      const { page, complaints } = await viewer.open([
        { name: "fragments.vmarec", content: fragmentingProgram() },
      ]);
      const findings = page.locator(".finding");
      await eventually(() => findings.first().innerText()).toMatch(
        /Fragmentation\. \d+ allocations of [\d.]+ KiB keep 7 blocks of 78 MiB alive\. Moved elsewhere, about 78 MiB could be given back/,
      );
      await findings.first().getByRole("button", { name: "Show" }).click();
      await eventually(() => page.locator(".pins").last().innerText()).toMatch(/decal \d+\s+4 KiB/);
      await eventually(() => page.locator(".forecasts").innerText()).toMatch(
        /FAST\s+86 MiB 7 blocks\s+[\d.]+ MiB \d+ allocations[\s\S]*FULL\s+86 MiB/,
      );
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("a budget: when, by how much, and what takes most then", async () => {
      const { page, complaints } = await viewer.open([
        { name: "budget.vmarec", content: overBudgetProgram() },
      ]);
      const findings = page.locator(".finding.bad");
      await eventually(() => findings.first().innerText()).toMatch(
        /Heap \d was over its budget\. At [\d.]+ m?s 146 MiB were in use of 96 MiB: 49\.8 MiB too much\. Most of it is “cutscene texture”, 13\d MiB in \d+ allocations/,
      );
      await findings.first().getByRole("button", { name: "Show" }).click();
      await eventually(() => page.locator("[role=tab][aria-selected=true]").innerText()).toBe("Time");
      await eventually(() => page.locator(".gauge.over").innerText()).toMatch(
        /152 % of the budget of 96 MiB/,
      );
      await eventually(() => page.locator(".map-tools").first().innerText()).toContain("budget");
      expect(complaints).toEqual([]);
      await page.close();
    });
  },
);
