/** `vma-ts view`: a copy of the page with files in it, opened as the browser would. */

import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyWith } from "../../src/cli/view.ts";
import { CHROMIUM, hasChromium, requireChromium } from "../helpers/chromium.ts";
import { SyntheticProgram } from "../recording/synthetic.ts";
import { dumpOfAllocator } from "./dumps.ts";
import { eventually, textOf, Viewer } from "./viewer.ts";

describe.skipIf(!hasChromium && !requireChromium)(
  `vma-ts view, opened in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    const viewer = new Viewer();
    beforeAll(() => viewer.start(), 120_000);
    afterAll(() => viewer.stop());

    const file = (name: string, content: string | Uint8Array): string => {
      const path = join(viewer.folder, name);
      writeFileSync(path, content);
      return path;
    };

    it("shows the file that it was given, and only its owner can read the copy", async () => {
      const recording = new SyntheticProgram({ operations: 2000, live: 200 }).finish();
      const copy = copyWith(viewer.text, [file("program.vmarec", recording)]);
      expect(statSync(copy).mode & 0o777).toBe(0o600);
      const { page, complaints } = await viewer.open([], { text: readFileSync(copy, "utf8") });
      await eventually(() => textOf(page)).toMatch(/program\.vmarec[\s\S]*Recording · synthetic GPU/);
      expect(complaints).toEqual([]);
      await page.close();
      rmSync(dirname(copy), { recursive: true });
    });

    it("compares two, whatever their names are", async () => {
      const hostile = '"><script>harmed=1</script>&amp;.json';
      const files = [
        file("a.json", dumpOfAllocator()),
        // A slash would be a folder.
        file(hostile.replaceAll("/", "∕"), dumpOfAllocator(["brand new"])),
      ];
      const copy = copyWith(viewer.text, files);
      const { page, complaints } = await viewer.open([], { text: readFileSync(copy, "utf8") });
      await eventually(() => textOf(page)).toMatch(
        /A a\.json[\s\S]*B "><script>[\s\S]*&amp;\.json[\s\S]*brand new/,
      );
      expect(await page.evaluate("globalThis.harmed")).toBeUndefined();
      expect(complaints).toEqual([]);
      await page.close();
      rmSync(dirname(copy), { recursive: true });
    });
  },
);

it("vma-ts view says which file is not there", () => {
  expect(() => copyWith("", ["/nowhere/a.vmarec"])).toThrow("there is no file /nowhere/a.vmarec");
});
