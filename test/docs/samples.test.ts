/**
 * The code in docs/: every block is compiled, as strictly as `tsc --init` proposes, and run in the packed package. A block that
 * imports something begins a program; one that does not goes on with the program above it in the same page. ```ts no-run is
 * compiled alone: a browser's code; ```js is run alone: what needs the types of Node.js.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { samplesOf } from "../helpers/markdown.ts";
import { PackedPackage } from "../helpers/packed.ts";
import { requireVulkan, vulkanAbsence } from "../helpers/vulkan.ts";

const samples = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !/^(api|\.vitepress)\b/.test(name))
  .map((name) => join("docs", name))
  .sort()
  .flatMap((page) =>
    samplesOf(readFileSync(page, "utf8")).map((sample, index) => ({
      ...sample,
      title: `${page}, program ${index + 1} (line ${sample.line})`,
      name: `${page.replaceAll(/[/.]/g, "-")}-${index}.ts`,
    })),
  );

/** Whether Node.js 20 runs it as it stands: types and `using` are for newer runtimes, and for compilers. */
function isPlain(code: string): boolean {
  if (/^\s*using /m.test(code)) return false;
  try {
    transformSync(code, { loader: "js" });
    return true;
  } catch {
    return false;
  }
}

const asWritten = (name: string): string => name.replace(/\.ts$/, ".js");

describe("the code in docs/", () => {
  let packed: PackedPackage;
  beforeAll(() => {
    packed = new PackedPackage();
    const typed = samples.filter(({ isTyped }) => isTyped);
    for (const { name, code } of typed) packed.write(name, code);
    packed.compileAsInitialized(
      typed.map(({ name }) => name),
      "compiled",
    );
    for (const { name, code } of samples) packed.write(asWritten(name), code);
  }, 120_000);
  afterAll(() => packed?.remove());

  it("is there", () => {
    expect(samples.length).toBeGreaterThan(0);
  });

  for (const { title, name, code, runs } of samples) {
    const skipped =
      !runs || (code.includes('"vma-ts/koffi"') && vulkanAbsence !== undefined && !requireVulkan);
    it.skipIf(skipped)(`${title} runs`, () => {
      packed.run(isPlain(code) ? asWritten(name) : `compiled/${asWritten(name)}`);
    });
  }
});
