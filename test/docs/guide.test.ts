/** The pages of docs/: links lead somewhere, and what is written from code is up to date. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import * as memoryTable from "../../tools/guide/memory-table.ts";
import { localLinks } from "../helpers/markdown.ts";

const pages = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !/^(api|\.vitepress)\b/.test(name))
  .map((name) => join("docs", name))
  .sort();

describe("the pages of docs/", () => {
  it.each(pages)("%s has no link that leads nowhere", (page) => {
    const links = localLinks(readFileSync(page, "utf8"));
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
  });

  it("are all in the site's sidebar", () => {
    const config = readFileSync("docs/.vitepress/config.ts", "utf8");
    const named = (name: string): boolean => config.includes(`"${name}")`);
    const names = pages.map((page) => page.replace(/^docs\/(guide\/)?|\.md$/g, ""));
    expect(names.filter((name) => name !== "index" && !named(name))).toEqual([]);
  });

  it("map all that browsers can import to the files of the package", () => {
    const page = readFileSync("docs/guide/install.md", "utf8");
    const [, map] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(page)!;
    const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
    const row = /^\| browsers \|(.*?)\|/m.exec(page)![1]!;
    const names = [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    const files = names.map((name) => {
      const { default: file } = exports[name.replace("vma-ts", ".")];
      return [name, file.replace("./", "./node_modules/vma-ts/")];
    });
    expect(Object.entries(JSON.parse(map!).imports).sort()).toEqual(files.sort());
  });

  it("quote messages as the library has them", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const code = sources.map((name) => readFileSync(join("src", name), "utf8")).join("\n");
    // As they are read: in one piece, and without what is filled in.
    const texts = code.replace(/["`] \+\s*["`]/g, "").replace(/\$\{[^}]*\}/g, "");
    const table = readFileSync("docs/guide/faq.md", "utf8").split("## Questions")[0]!;
    const quoted = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell]) => [
      ...cell!.matchAll(/`([^`]+)`/g),
    ]);
    const messages = quoted
      .map(([, message]) => message!)
      .filter((message) => message.includes(" ") && !message.startsWith("VK_"));
    expect(messages.length).toBeGreaterThan(6);
    const isThere = (message: string): boolean =>
      message.split("…").some((part) => part.trim().length >= 14 && texts.includes(part.trim()));
    expect(messages.filter((message) => !isThere(message))).toEqual([]);
  });

  it("say where buffers end up (npx tsx tools/guide/memory-table.ts writes it)", () => {
    const page = readFileSync(memoryTable.PAGE, "utf8");
    expect(page).toBe(memoryTable.pageWithTable(page));
  });
});
