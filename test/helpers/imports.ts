/** Reads which modules the source files import, and judges that by the rules of the house. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import ts from "typescript";

/** One import or re-export. */
export interface Import {
  /** The importing file, relative to src/, with forward slashes. */
  readonly file: string;
  /** As written. */
  readonly specifier: string;
  /** The folder of src/ it leads to, "" for src/ itself; undefined for a package. */
  readonly folder: string | undefined;
  /** The file it leads to, as {@link file} is given; undefined for a package. */
  readonly target: string | undefined;
  /** Whether nothing of it is left at run time. */
  readonly isType: boolean;
}

/** What the files of one folder may import. */
export interface FolderRule {
  readonly folders: readonly string[];
  /** Names of packages, and prefixes that end with a colon. */
  readonly packages?: readonly string[];
}

/** Every TypeScript file below `root`, relative to it, with forward slashes, in order. */
export function sourceFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** The imports of one file: static, type-only, dynamic and re-exports alike. */
export function importsOf(file: string, text: string): Import[] {
  const types = typeImports(file, text);
  return ts.preProcessFile(text).importedFiles.map(({ fileName: specifier, pos }) => {
    const target = specifier.startsWith(".") ? posix.join(dirname(file), specifier) : undefined;
    const folder = target === undefined ? undefined : folderOf(target);
    const isType = types.some(([from, to]) => pos >= from && pos < to);
    return { file, specifier, folder, target, isType };
  });
}

/** Where in a text the imports and exports stand that are of types alone. */
function typeImports(file: string, text: string): (readonly [number, number])[] {
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return statements
    .filter(
      (statement) =>
        (ts.isImportDeclaration(statement) &&
          statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
        (ts.isExportDeclaration(statement) && statement.isTypeOnly),
    )
    .map(({ pos, end }) => [pos, end] as const);
}

/** The folder of src/ that a file lies in, "" for src/ itself. */
export function folderOf(file: string): string {
  const slash = file.indexOf("/");
  return slash < 0 ? "" : file.slice(0, slash);
}

/** The imports of all files below `root`. */
export function allImports(root: string): Import[] {
  return sourceFiles(root).flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")));
}

/** What breaks the rules, one sentence for each import. */
export function violations(imports: readonly Import[], rules: ReadonlyMap<string, FolderRule>): string[] {
  return imports
    .filter(({ file, specifier, folder }) => {
      const own = folderOf(file);
      const rule = rules.get(own);
      if (rule === undefined) return true;
      if (folder !== undefined) return folder !== own && !rule.folders.includes(folder);
      return !(rule.packages ?? []).some((name) =>
        name.endsWith(":") ? specifier.startsWith(name) : specifier === name,
      );
    })
    .map(({ file, specifier }) => `src/${file} imports ${specifier}`);
}

/** The first circle of folders that import each other, such as ["a", "b", "a"]; undefined if there is none. */
export function findCircle(imports: readonly Import[]): string[] | undefined {
  return findCircleOf(imports.map(({ file, folder }) => [folderOf(file), folder]));
}

/** The first circle of files that import each other; undefined if there is none. */
export function findFileCircle(imports: readonly Import[]): string[] | undefined {
  return findCircleOf(imports.map(({ file, target }) => [file, target]));
}

function findCircleOf(pairs: readonly (readonly [string, string | undefined])[]): string[] | undefined {
  const edges = new Map<string, Set<string>>();
  for (const [from, to] of pairs) {
    if (to === undefined || to === from) continue;
    edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of edges.get(name) ?? []) {
      const circle = visit(next, [...path, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of edges.keys()) {
    const circle = visit(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
