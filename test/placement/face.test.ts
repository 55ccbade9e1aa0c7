/** How much a page loads that uses `vma-ts/placement`. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

/**
 * Compressed, in bytes. Raise it with a reason. Lately: rounds of best fit between nodes (0.3 KiB), and a search's
 * state in five classes, whose shared names are not shortened as private ones are (0.6 KiB).
 */
const LIMIT = 21.75 * 1024;

it("the face is small, bundled and compressed", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "../../src/placement/index.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(LIMIT);
});
