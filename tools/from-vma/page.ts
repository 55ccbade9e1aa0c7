/** Writes docs/from-vma.md from the list of names: `npx tsx tools/from-vma/page.ts`. */

import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Name, SECTIONS } from "./names.ts";

export const PAGE = "docs/from-vma.md";

const INTRODUCTION = `# From VMA

Whoever knows VMA knows this library: names lose the \`vma\` prefix, flags keep their values, and what VMA's manual says of
memory holds here. Below stands every public function, type, flag, structure member and macro of \`vk_mem_alloc.h\` 3.4, and
what takes its place.

Three things differ everywhere:

- **Errors are thrown.** A call that returns a VkResult in VMA throws a \`VulkanError\` with that result; its \`try…\` twin
  returns \`undefined\` where memory is out. Wrong arguments are TypeErrors and RangeErrors that quote the value.
- **Sizes are numbers, handles are bigints.** A size or an offset is a number of bytes, at most 2^53 - 1.
- **Nothing has to be freed that holds no Vulkan object**: strings, statistics and virtual blocks are collected.

What behaves differently on purpose is listed in [divergences](../test/conformance/divergences.md).
`;

/** The page's whole text. */
export function pageText(): string {
  return `${[INTRODUCTION, ...SECTIONS.map(({ title, names }) => section(title, names))].join("\n")}`;
}

function section(title: string, names: readonly Name[]): string {
  const rows = names.map(
    ({ vma, here, says = "" }) =>
      `| \`${vma}\` | ${here.map((name) => `\`${name}\``).join(", ") || "–"} | ${says.replaceAll("|", "\\|")} |`,
  );
  return [`## ${title}`, "", "| VMA | here | remark |", "| --- | --- | --- |", ...rows, ""].join("\n");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(PAGE, pageText());
