/** Takes Markdown apart: its code blocks and its links. */

/** The code blocks of one language, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  const fences = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...markdown.matchAll(fences)].map(([, code]) => code!);
}

/** Where links and pictures lead that stay in the repository, without the part after #. */
export function localLinks(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  const targets = [
    ...[...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!),
    ...[...prose.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, target]) => target!),
  ];
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !target.startsWith("#"))
    .map((target) => target.split("#")[0]!);
}

/** A program of a page: its blocks in order, the line of the first, and whether it is to be run. */
export interface Sample {
  readonly code: string;
  readonly line: number;
  readonly runs: boolean;
  /** Whether it has types as well: `ts`. What needs those of Node.js is `js`, and run alone. */
  readonly isTyped: boolean;
}

/** The programs in a page's `ts` and `js` blocks: a block without an import goes on with the program above it. */
export function samplesOf(markdown: string): Sample[] {
  const samples: { code: string; line: number; runs: boolean; isTyped: boolean }[] = [];
  for (const match of markdown.matchAll(/^```(ts|js)( no-run)?\n([\s\S]*?)^```$/gm)) {
    const [, language, noRun, code] = match;
    const last = samples.at(-1);
    if (last !== undefined && !/^import /m.test(code!)) last.code += `\n${code}`;
    else
      samples.push({
        code: code!,
        line: markdown.slice(0, match.index).split("\n").length,
        runs: noRun === undefined,
        isTyped: language === "ts",
      });
  }
  return samples;
}
