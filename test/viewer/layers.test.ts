/** The viewer's own floors: model, then what reads and what draws, then the state, then what people see. */

import { join } from "node:path";
import { expect, it } from "vitest";
import { allImports, type FolderRule, violations } from "../helpers/imports.ts";

const SOURCE = join(import.meta.dirname, "../../src/viewer");
const preact = ["preact", "preact/hooks", "@preact/signals"];

const RULES = new Map<string, FolderRule>([
  ["model", { folders: [] }],
  ["read", { folders: ["model"] }],
  ["draw", { folders: ["model"] }],
  ["state", { folders: ["model", "read", "draw"], packages: ["@preact/signals"] }],
  ["ui", { folders: ["model", "draw", "state"], packages: preact }],
  ["", { folders: ["read", "ui"] }],
]);

it("each floor of the viewer imports only what lies below it", () => {
  const imports = allImports(SOURCE).filter(({ specifier }) => !specifier.startsWith("../../"));
  expect(imports.length).toBeGreaterThan(50);
  expect(violations(imports, RULES)).toEqual([]);
});
