/** The table of VMA's names: each name that it gives is one that can be imported, and the page says what the list says. */

import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { SECTIONS } from "../../tools/from-vma/names.ts";
import { PAGE, pageText } from "../../tools/from-vma/page.ts";

/** Every exported name of the faces, and `Type.member` for what types and flag objects have. */
function exportedNames(faces: readonly string[]): Set<string> {
  const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
  const program = ts.createProgram({ rootNames: faces, options });
  const checker = program.getTypeChecker();
  const found = new Set<string>();
  for (const face of faces) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(face)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      found.add(exported.name);
      const types: ts.Type[] = [];
      if (symbol.flags & ts.SymbolFlags.Type) types.push(checker.getDeclaredTypeOfSymbol(symbol));
      if (symbol.flags & ts.SymbolFlags.Variable) types.push(checker.getTypeOfSymbol(symbol));
      if (symbol.exports !== undefined)
        for (const member of symbol.exports.keys()) found.add(`${exported.name}.${member}`);
      for (const type of types)
        for (const member of type.getProperties()) found.add(`${exported.name}.${member.name}`);
    }
  }
  return found;
}

describe("the table of VMA's names", () => {
  const names = SECTIONS.flatMap((section) => section.names);

  it("names nothing that the faces do not export", () => {
    const exported = exportedNames(["src/index.ts", "src/metadata/index.ts"]);
    const unknown = names.flatMap(({ vma, here }) =>
      here.filter((name) => !exported.has(name)).map((name) => `${vma}: ${name}`),
    );
    expect(unknown).toEqual([]);
  }, 60_000);

  it("has a reason where there is nothing, and each of VMA's names once", () => {
    expect(names.filter(({ here, says }) => here.length === 0 && says === undefined)).toEqual([]);
    const seen = names.map(({ vma }) => vma);
    expect(seen.filter((vma, at) => seen.indexOf(vma) !== at)).toEqual([]);
    expect(names.filter(({ vma }) => /^vma[A-Z]/.test(vma))).toHaveLength(76);
  });

  it("is the page (npx tsx tools/from-vma/page.ts writes it)", () => {
    expect(readFileSync(PAGE, "utf8")).toBe(pageText());
  });
});
