/** What a page that reads recordings has to load. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const face = join(import.meta.dirname, "../../src/recording/index.ts");

/** The code that a bundler makes of a program, for browsers. */
async function bundled(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
  });
  return outputFiles[0]!.text;
}

describe("the bundle", () => {
  it("of a reader has at most 10 kB gzipped, and no module of Node's", async () => {
    const code = await bundled(
      `import { readRecording } from ${JSON.stringify(face)}; console.log(readRecording);`,
    );
    expect(gzipSync(code).length).toBeLessThanOrEqual(10 * 1024);
    expect(code).not.toContain("node:");
  });

  it("of the whole face has at most 23 kB gzipped", async () => {
    const code = await bundled(`export * from ${JSON.stringify(face)};`);
    expect(gzipSync(code).length).toBeLessThanOrEqual(23 * 1024);
  });
});
