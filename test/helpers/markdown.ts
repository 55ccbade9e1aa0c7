/** Takes Markdown apart: its code blocks and its links. */

/** The code blocks of one language, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  const fences = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...markdown.matchAll(fences)].map(([, code]) => code!);
}

/** Where links and pictures lead, without the part after #. */
function allLinks(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  const targets = [
    ...[...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!),
    ...[...prose.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, target]) => target!),
  ];
  return targets.filter((target) => !target.startsWith("#")).map((target) => target.split("#")[0]!);
}

/** Where links and pictures lead that are relative, without the part after #. */
export function localLinks(markdown: string): string[] {
  return allLinks(markdown).filter((target) => !/^[a-z]+:/.test(target));
}

/** The paths of a repository's files to which absolute links lead, as a text needs them that is read elsewhere, too. */
export function repositoryLinks(markdown: string, repository: string): string[] {
  const raw = repository.replace("https://github.com/", "https://raw.githubusercontent.com/");
  const places = [`${repository}/blob/main/`, `${raw}/main/`];
  return allLinks(markdown).flatMap((target) =>
    places.filter((place) => target.startsWith(place)).map((place) => target.slice(place.length)),
  );
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
