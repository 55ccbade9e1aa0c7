/** What is promised of the examples, but for what they do: `npm run examples` runs them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, hasCompiler, kept, shaders } from "../../tools/shaders.ts";

const folder = join(import.meta.dirname, "../../examples");

describe("an example", () => {
  const names = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const most = (name: string): number => ({ "compute.ts": 60, "scene.ts": 110 })[name] ?? 150;

  it.each(names)("%s is short", (name) => {
    const lines = readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
    expect(lines.length).toBeLessThan(most(name));
  });
});

describe("the words of the shaders", () => {
  it("are those of sources that are all known", () => {
    const files = readdirSync(join(folder, "shaders"));
    const known = Object.entries(shaders).flatMap(([words, [source]]) => [words, source]);
    expect(files.sort()).toEqual([...new Set(known)].sort());
  });

  const isThere = hasCompiler();
  if (!isThere && process.env.VMA_TS_REQUIRE_GLSLANG === "1") {
    it("need glslangValidator", () => expect.fail("there is none, and VMA_TS_REQUIRE_GLSLANG=1"));
  }
  const skipped = isThere ? "" : " (skipped: no glslangValidator)";
  it.skipIf(!isThere).each(Object.keys(shaders))(
    `of %s are what their source compiles to: npm run shaders${skipped}`,
    (name) => {
      const [compiled, wanted] = [compile(name), kept(name)];
      // The third word names the compiler and its version. Another one may choose other words for the same shader.
      if (compiled.readUInt32LE(8) !== wanted.readUInt32LE(8)) {
        console.warn(`${name} was compiled by another version of glslang: not compared`);
      } else expect(Buffer.compare(compiled, wanted)).toBe(0);
    },
  );
});
