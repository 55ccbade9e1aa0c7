/**
 * Every generated structure against the C compiler's word, as test/ffi/layouts.test.ts does it for those of the FFI layer, and the
 * generated files against the generator.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { featureStructures } from "../../src/ffi/generated/features.ts";
import * as vulkan from "../../src/registry/index.ts";
import { type AnyStructure, scalarSizes } from "../../src/registry/structure.ts";
import { folderOf, generate, registryPath } from "../../tools/registry/generate.ts";
import { readRegistry } from "../../tools/registry/read.ts";

const all = Object.values(vulkan as Record<string, unknown>).filter(
  (each): each is AnyStructure => typeof each === "function" && "structureName" in each,
);

function sizeOf({ kind, struct, isPointer, length }: AnyStructure["layout"]["members"][number]): number {
  return (isPointer ? 8 : (struct?.layout.size ?? scalarSizes[kind!])) * (length ?? 1);
}

function ourWord(): string[] {
  return all.flatMap(({ structureName: name, layout }) => [
    `${name} ${layout.size} ${layout.alignment}`,
    ...layout.members.map((member) => `${name}.${member.name} ${member.offset} ${sizeOf(member)}`),
  ]);
}

function compilersWord(): string[] {
  const lines = all.flatMap(({ structureName: name, layout }) => [
    `  printf("${name} %zu %zu\\n", sizeof(${name}), _Alignof(${name}));`,
    ...layout.members.map(
      (member) =>
        `  printf("${name}.${member.name} %zu %zu\\n", offsetof(${name}, ${member.name}), sizeof(((${name}*)0)->${member.name}));`,
    ),
  ]);
  const directory = mkdtempSync(join(tmpdir(), "vma-ts-registry-"));
  try {
    const source = join(directory, "layouts.c");
    writeFileSync(
      source,
      `#include <stddef.h>\n#include <stdio.h>\n#include <vulkan/vulkan.h>\nint main(void) {\n${lines.join("\n")}\n  return 0;\n}\n`,
    );
    execFileSync("cc", ["-o", join(directory, "layouts"), source], { stdio: ["ignore", "ignore", "pipe"] });
    return execFileSync(join(directory, "layouts"), { encoding: "utf8" }).trimEnd().split("\n");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const hasHeaders = existsSync("/usr/include/vulkan/vulkan.h") && existsSync(registryPath);
const isRequired = process.env.VMA_TS_REQUIRE_HEADERS === "1";

describe.skipIf(!hasHeaders && !isRequired)("the generated structures", () => {
  it("lie in memory as the C compiler says", () => {
    expect(all.length).toBeGreaterThan(500);
    expect(ourWord()).toEqual(compilersWord());
  });

  it("are what the generator makes of the registry that they name", () => {
    const registry = readRegistry(registryPath);
    const files = generate(registry);
    const kept = readFileSync(join(folderOf("commands.ts"), "commands.ts"), "utf8");
    const version = Number(/version 1\.3\.(\d+)/.exec(kept)![1]);
    // Another registry has more; the structures' layouts are compared above with whatever headers there are.
    if (registry.version !== version) return;
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(folderOf(name), name), "utf8") === text, `${name}: npm run registry`).toBe(
        true,
      );
    }
  });
});

describe("the lines of feature structures", () => {
  it("are the generated structures", () => {
    const byType = new Map(all.map((each) => [each.sType, each]));
    const lines = featureStructures.trim().split("\n");
    expect(lines.length).toBeGreaterThan(80);
    for (const line of lines) {
      const [name, sType, ...members] = line.split(" ");
      const structure = byType.get(Number(sType))!;
      const { layout } = structure;
      expect(structure.structureName.toLowerCase()).toContain(name!.replace(/(KHR|EXT)$/, "").toLowerCase());
      expect(layout.members.map((member) => member.name)).toEqual(members);
      expect(layout.members.map(({ kind }) => kind).every((kind) => kind === "bool")).toBe(true);
    }
  });
});
