/**
 * `npm run shaders`: compiles the shaders of the examples, GLSL, with Debian's glslang-tools. The words are kept beside their source,
 * so that the examples need no compiler; a test compares them with what the compiler makes of the source.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../examples/shaders");

/** Each file of words, with its source and what is defined in it. */
export const shaders: Readonly<Record<string, readonly [source: string, ...defined: string[]]>> = {
  "frame-graph.compose.spv": ["frame-graph.comp", "COMPOSE"],
  "frame-graph.filter.spv": ["frame-graph.comp"],
  "frame-graph.frag.spv": ["frame-graph.frag"],
  "frame-graph.pattern.spv": ["frame-graph.comp", "PATTERN"],
  "frame-graph.sums.spv": ["frame-graph.comp", "SUMS"],
  "frame-graph.vert.spv": ["frame-graph.vert"],
  "saxpy.comp.spv": ["saxpy.comp"],
  "scene.frag.spv": ["scene.frag"],
  "scene.vert.spv": ["scene.vert"],
};

/** Whether there is a compiler. */
export function hasCompiler(): boolean {
  return spawnSync("glslangValidator", ["--version"]).status === 0;
}

/** What the compiler makes of a shader. */
export function compile(name: string): Buffer {
  const [source, ...defined] = shaders[name]!;
  const scratch = mkdtempSync(join(tmpdir(), "vma-ts-shaders-"));
  try {
    const output = join(scratch, name);
    const defines = defined.map((macro) => `-D${macro}`);
    const args = ["-V", "--target-env", "vulkan1.1", ...defines, "-o", output, join(folder, source)];
    const { status, stdout } = spawnSync("glslangValidator", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`glslangValidator cannot compile ${source}:\n${stdout}`);
    return readFileSync(output);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The words that are kept. */
export function kept(name: string): Buffer {
  return readFileSync(join(folder, name));
}

if (process.argv[1] === import.meta.filename) {
  for (const name of Object.keys(shaders)) writeFileSync(join(folder, name), compile(name));
}
