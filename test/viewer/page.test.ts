/** The page in Chromium: opened from its file, with files of all kinds, by mouse and by keys. */

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, requireChromium } from "../helpers/chromium.ts";
import { d3d12maDump, dumpOfAllocator, hostileNames, utf16, vma2Dump } from "./dumps.ts";
import { eventually, tab, textOf, Viewer, waitFor } from "./viewer.ts";

/** KiB that the page may have at most, everything inside. */
const SIZE_LIMIT = 240;

const VIEWS = ["Map", "Time", "Table", "Difference", "Fragmentation"];

describe.skipIf(!hasChromium && !requireChromium)(
  `the viewer in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    const viewer = new Viewer();
    beforeAll(() => viewer.start(), 120_000);
    afterAll(() => viewer.stop());

    it(`is one file of at most ${SIZE_LIMIT} KiB that refers to no other`, () => {
      expect(Buffer.byteLength(viewer.text)).toBeLessThanOrEqual(SIZE_LIMIT * 1024);
      expect(viewer.text).not.toMatch(/<(script|img|iframe)[^>]* src|<link[^>]* href="(?!data:)/);
      expect(viewer.text).toContain("default-src 'none'");
    });

    it("says what it is for, before a file is open", async () => {
      const { page, complaints } = await viewer.open();
      await eventually(() => textOf(page)).toMatch(/GPU memory, byte by byte[\s\S]*Drop a file here/);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("shows a dump of this library in every view, in both themes", async () => {
      for (const theme of ["light", "dark"]) {
        const { page, complaints } = await viewer.open([{ name: "dump.json", content: dumpOfAllocator() }], {
          hash: `#theme=${theme}`,
        });
        const text = (): Promise<string> => textOf(page);
        await eventually(text).toMatch(
          /[\d.]+ [KM]iB in 9 allocations, of [\d.]+ MiB taken from the device as/,
        );
        await eventually(text).toMatch(/VMA 3 dump · amd-discrete · Vulkan/);
        for (const view of VIEWS) {
          await tab(page, view);
          await eventually(() => page.locator("[role=tab][aria-selected=true]").innerText()).toBe(view);
        }
        expect(await page.evaluate("document.documentElement.dataset.theme")).toBe(theme);
        expect(complaints).toEqual([]);
        await page.close();
      }
    });

    it.each([
      ["VMA 2", vma2Dump, /VMA 2 dump/],
      ["D3D12MA", d3d12maDump, /D3D12MA dump · Some adapter · Direct3D 12/],
      ["D3D12MA in UTF-16", utf16(d3d12maDump), /D3D12MA dump/],
    ])("shows a dump of %s", async (_, content, words) => {
      const { page, complaints } = await viewer.open([{ name: "dump.json", content }]);
      await eventually(() => textOf(page)).toMatch(words);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("says what is wrong with a broken file, and goes on with the next", async () => {
      const { page, complaints } = await viewer.open([
        { name: "cut.json", content: dumpOfAllocator().slice(0, 3000) },
      ]);
      await eventually(() => page.getByRole("alert").innerText()).toMatch(
        /cut\.json was not opened\. The file ends in the middle/,
      );
      await viewer.choose(page, [{ name: "whole.json", content: dumpOfAllocator() }]);
      await viewer.choose(page, [{ name: "other.json", content: '{"name":"package"}' }]);
      // What was open stays open.
      await eventually(() => page.getByRole("alert").innerText()).toMatch(
        /other\.json was not opened\. .* keys "name"/,
      );
      await eventually(() => textOf(page)).toMatch(/in 9 allocations/);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("runs nothing of what names say", async () => {
      const { page, complaints } = await viewer.open([
        { name: "a '\"><img src=x onerror=alert(1)>.json", content: dumpOfAllocator(hostileNames) },
        { name: "b.json", content: dumpOfAllocator(hostileNames.slice(2)) },
      ]);
      for (const view of VIEWS) {
        await tab(page, view);
        await page.waitForTimeout(50);
      }
      await tab(page, "Table");
      for (const mode of ["name", "pool", "kind"]) {
        await page.getByLabel("Group").selectOption(mode);
        await page.locator(".row.group").first().waitFor();
        await page.evaluate("document.querySelectorAll('.row.group').forEach((row) => row.click())");
      }
      await page.getByLabel("Group").selectOption("none");
      await page.locator("button.row:not(.group)").first().waitFor();
      for (let row = 0; row < 12; row++)
        await page.evaluate(`document.querySelectorAll("button.row")[${row}].click()`);
      await eventually(() => textOf(page)).toContain("<script>globalThis.harmed");
      expect(await page.evaluate("globalThis.harmed")).toBeUndefined();
      expect(await page.evaluate("document.querySelectorAll('#app img, #app script, #app svg').length")).toBe(
        0,
      );
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("lets no inline script run and no request out, even if one got in", async () => {
      const { page, complaints } = await viewer.open();
      await page.evaluate(`{
        const holder = document.createElement("div");
        holder.innerHTML = '<img src="https://example.com/a.png" onerror="globalThis.harmed = 1">';
        document.body.append(holder);
        const script = document.createElement("script");
        script.textContent = "globalThis.harmed = 2";
        document.body.append(script);
        fetch("https://example.com/").catch(() => {});
      }`);
      await page.waitForTimeout(100);
      expect(await page.evaluate("globalThis.harmed")).toBeUndefined();
      const requests = complaints.filter((text) => text.startsWith("request:"));
      expect(requests.filter((text) => !text.endsWith(" csp"))).toEqual([]);
      expect(complaints.filter((text) => /Content Security Policy/.test(text)).length).toBeGreaterThanOrEqual(
        3,
      );
      await page.close();
    });

    it("opens files that were put into a copy of it", async () => {
      const inlined = [dumpOfAllocator(), dumpOfAllocator(["other", "names"])].map(
        (text, index) =>
          `<script type="application/octet-stream;base64" id="file-${index}" data-name="dump ${index}">${Buffer.from(text).toString("base64")}</script>`,
      );
      const text = viewer.text.replace("<!-- files -->", () => inlined.join(""));
      const { page, complaints } = await viewer.open([], { text });
      await waitFor(page, "viewer.documents.value.length === 2");
      await eventually(() => textOf(page)).toMatch(/A dump 0[\s\S]*B dump 1/);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("opens what is dropped on it, and compares it with what is open", async () => {
      const { page } = await viewer.open([{ name: "before.json", content: dumpOfAllocator() }]);
      await tab(page, "Difference");
      await eventually(() => textOf(page)).toContain("A dump is one moment");
      await page.evaluate(`{
        const transfer = new DataTransfer();
        transfer.items.add(new File([${JSON.stringify(dumpOfAllocator(["vertices", "brand new"]))}], "after.json"));
        dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
      }`);
      await waitFor(page, "viewer.documents.value.length === 2");
      await eventually(() => textOf(page)).toMatch(/A before\.json\s+→\s+B after\.json/);
      await eventually(() => textOf(page)).toMatch(/3 came[\s\S]*brand new/);
      await page.locator("#filter").fill("shadow");
      await eventually(() => textOf(page)).toMatch(/used by what passes the filter/);
      expect(await textOf(page)).not.toContain("brand new");
      await page.close();
    });

    it("filters, sorts and groups the table, and keeps that in the link", async () => {
      const { page } = await viewer.open([{ name: "dump.json", content: dumpOfAllocator() }], {
        hash: "#view=table",
      });
      const names = (): Promise<string[]> => page.locator("button.row .cell.name").allInnerTexts();
      await eventually(names).toHaveLength(9);
      await page.keyboard.press("/");
      await page.keyboard.type("name:shadow size<10k");
      await waitFor(page, "document.querySelectorAll('button.row .cell.name').length === 2");
      await eventually(() => page.locator(".table").innerText()).toMatch(/9 KiB in 2 allocations/);
      await page.getByRole("button", { name: "Size" }).click();
      const sizes = (of: Page) => (): Promise<string[]> =>
        of.locator("button.row .cell.size").allInnerTexts();
      await eventually(sizes(page)).toEqual(["1 KiB", "8 KiB"]);
      await waitFor(page, "location.hash.includes('sort=size') && location.hash.includes('q=')");
      const hash = await page.evaluate<string>("location.hash");
      const { page: linked } = await viewer.open([{ name: "dump.json", content: dumpOfAllocator() }], {
        hash,
      });
      await eventually(sizes(linked)).toEqual(["1 KiB", "8 KiB"]);
      await linked.close();
      await page.locator("#filter").fill("colour:red");
      await eventually(() => page.getByRole("alert").innerText()).toContain("There is no field “colour”");
      await page.locator("#filter").fill("");
      await page.getByLabel("Group").selectOption("name");
      await eventually(() => page.locator(".row.group").count()).toBe(3);
      await page.close();
    });

    it("walks the map by keys, zooms to the byte, and says what is there", async () => {
      const { page } = await viewer.open([{ name: "dump.json", content: dumpOfAllocator() }]);
      await page.locator(".map canvas").focus();
      await page.keyboard.press("ArrowRight");
      const details = (): Promise<string> => page.locator(".inspector").innerText();
      await eventually(details).toMatch(/Size[\s\S]*Offset\s+0x0/);
      const first = await details();
      await page.keyboard.press("ArrowRight");
      await eventually(details).not.toBe(first);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await eventually(() => page.locator(".map-tools").innerText()).toMatch(
        /[\d.]+ [KM]?i?B from left to right/,
      );
      await waitFor(page, "/sel=/.test(location.hash)");
      for (let i = 0; i < 80; i++) await page.keyboard.press("+");
      await eventually(() => page.locator(".map-tools").innerText()).toMatch(/\n?1 B from left to right/);
      await page.keyboard.press("0");
      await page.keyboard.press("Escape");
      await eventually(details).toMatch(/Point at something/);
      await page.keyboard.press("3");
      await eventually(() => page.locator("[role=tab][aria-selected=true]").innerText()).toBe("Table");
      await page.close();
    });

    it("obeys a key that is pressed as soon as the map is there, before anything is painted", async () => {
      const { page } = await viewer.open([{ name: "dump.json", content: dumpOfAllocator() }]);
      await tab(page, "Table");
      await waitFor(page, "!document.querySelector('.map canvas')");
      await page.evaluate(`new MutationObserver((changes, observer) => {
        const canvas = document.querySelector(".map canvas");
        if (!canvas) return;
        observer.disconnect();
        canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
      }).observe(document.body, { childList: true, subtree: true })`);
      await tab(page, "Map");
      await eventually(() => page.locator(".inspector").innerText()).toMatch(/Offset\s+0x0/);
      await page.close();
    });

    it("shows what is under the pointer, and pins it", async () => {
      const { page } = await viewer.open([{ name: "dump.json", content: dumpOfAllocator() }]);
      const box = (await page.locator(".map canvas").boundingBox())!;
      let tip = "";
      for (let y = 30; y < box.height && tip === ""; y += 6) {
        await page.mouse.move(box.x + 160, box.y + y);
        if ((await page.locator(".tooltip").count()) === 1) tip = await page.locator(".tooltip").innerText();
      }
      expect(tip).toMatch(/[KM]?i?B/);
      await page.mouse.down();
      await page.mouse.up();
      await page.mouse.move(5, 5);
      await eventually(() => page.locator(".inspector").innerText()).toMatch(/Let go[\s\S]*Size/);
      await page.close();
    });

    it("ignores what a link says that makes no sense", async () => {
      const hash =
        "#view=evil&t=-5&zoom=9_1&sel=r99999999&sort=nothing&color=x&q=%3Cimg%3E&group=__proto__&since=abc";
      const { page, complaints } = await viewer.open([{ name: "dump.json", content: dumpOfAllocator() }], {
        hash,
      });
      await eventually(() => textOf(page)).toContain("What the link points at is not in this file");
      await eventually(() => page.locator("#filter").inputValue()).toBe("<img>");
      expect(complaints).toEqual([]);
      await page.close();
    });
  },
);
