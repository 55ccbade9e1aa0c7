/**
 * The declarations that the package publishes: `tsx tools/declarations.ts [--update]`, after tsc has written its own.
 *
 * tsc writes a declaration file for every module, inner ones too. This rolls them up to one for each face and a few for what
 * faces share, with what a user can reach and nothing else, and makes four changes on the way:
 *
 * - Each flag or enumeration is in the source an object of constants and a type of the same name, as TypeScript that can be
 *   erased has no enumerations with values. Users are better served by the ambient enumeration that both have their types
 *   from: editors offer it where one of its members is expected.
 * - A class does not say that it implements what is internal, of which the half may be stripped, nor what it has of private
 *   members.
 * - What a face exports as a type alone stays so: its classes are made by functions.
 * - Errors that the library alone makes, whose constructors are internal, have a private one in place of Error's.
 *
 * With --update the result is written to api/, without comments, where a test compares it.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputChunk, rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const NAMESPACE = /^import type \* as enums from "(.*)";$/m;
const HELPER = /^import type \{ EnumObject \} from ".*";$/m;
const PAIR = /^export declare const (\w+): EnumObject<typeof enums\.\1>;\nexport type \1 = enums\.\1;$/gm;
const IMPLEMENTS = /^(export declare (?:abstract )?class .*?) implements ([^{]*) \{$/gm;
const PRIVATE =
  /^ *(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n *)?private (?:readonly |static |get |set )*[\w?]+(?:\(.*\)(?:: .*)?)?;\n/gm;
const HEAD = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=\n|import |export (?:type )?\{|export \*|\/\*\*)/;
const COMMENT = /^ *\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n/gm;

/** A module's declarations with enumerations in place of objects and types. */
export function withEnums(text: string): string {
  const found = NAMESPACE.exec(text);
  if (found === null) return text;
  const names = [...text.matchAll(PAIR)].map(([, name]) => name);
  const rewritten = text
    .replace(PAIR, "export { $1 };")
    .replace(NAMESPACE, `import { ${names.join(", ")} } from "${found[1]}";`)
    .replace(HELPER, "");
  if (/\benums\.[A-Z]|\bEnumObject\b/.test(rewritten)) {
    throw new Error(`an enumeration is not declared as an object and a type of one name:\n${rewritten}`);
  }
  return rewritten;
}

/** A module's declarations whose classes implement none but these. */
export function withPublicInterfaces(text: string, names: ReadonlySet<string>): string {
  return text.replace(IMPLEMENTS, (_, start: string, list: string) => {
    const kept = list.split(",").filter((item) => names.has(item.trim()));
    return kept.length > 0 ? `${start} implements ${kept.join(",").trim()} {` : `${start} {`;
  });
}

/** A module's declarations whose errors without a constructor have a private one. */
export function withPrivateConstructors(text: string): string {
  return text.replace(/^(export declare class \w+ extends Error \{\n)([\s\S]*?^\}$)/gm, (_, start, body) =>
    body.includes("constructor(") ? start + body : `${start}    private constructor();\n${body}`,
  );
}

/** The names that a face exports as types alone. */
export function typesOf(face: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, isType, list] of face.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const item of list!.split(",").map((name) => name.trim())) {
      if (isType !== undefined) names.add(item);
      else if (item.startsWith("type ")) names.add(item.slice("type ".length));
    }
  }
  return names;
}

/** A face whose exports of `types` are of types alone. */
export function withTypesAlone(face: string, types: ReadonlySet<string>): string {
  return face.replace(/^export \{([^}]*)\}/gm, (_, list: string) => {
    const items = list.split(",").map((item) => item.trim());
    const marked = items.map((item) => (types.has(item.split(" as ").at(-1)!) ? `type ${item}` : item));
    return `export { ${marked.join(", ")} }`;
  });
}

/** The faces of the package, by the names of their declarations: index, ffi/index and so on. */
function facesOf(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | { types: string }>;
  };
  return Object.values(exports)
    .filter((entry) => typeof entry !== "string")
    .map(({ types }) => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, "$1"));
}

/** What the registry's structures, commands and constants are declared in. It is generated, and not kept in api/. */
const GENERATED = "vulkan-api";

/** Where what several faces share is declared. */
function sharedFile(id: string): string | undefined {
  const [, folder, file] = /\/dist\/(\w+)\/(.*)\.d\.ts$/.exec(id) ?? [];
  if (folder === "vulkan" || folder === "foundation") return folder;
  if (folder === "registry" && file !== "index")
    return file!.startsWith("generated/") ? GENERATED : "vulkan-encoding";
  if (folder === "metadata" && file === "statistics") return "statistics";
  if (folder === "heap") return "heap";
  return folder === "ffi" && !/^(index|bun|deno|load-\w+)$/.test(file!) ? "native" : undefined;
}

/** Whether a file of declarations, or the names that it exports, are generated and not kept in api/. */
export function isGenerated(name: string): boolean {
  return name.endsWith(`types/${GENERATED}.d.ts`) || name.endsWith("registry/index.d.ts");
}

/** Rolls up the declarations in a folder; returns them by name. */
export async function rollUp(folder: string): Promise<ReadonlyMap<string, string>> {
  const faces = facesOf();
  const textOf = (name: string): string => readFileSync(join(folder, `${name}.d.ts`), "utf8");
  const types = new Set(faces.flatMap((name) => [...typesOf(textOf(name))]));
  const bundle = await rollup({
    input: Object.fromEntries(faces.map((name) => [name, join(folder, `${name}.d.ts`)])),
    plugins: [
      {
        name: "declarations",
        transform: (text: string, id: string) => {
          const isFace = faces.some((name) => id === join(folder, `${name}.d.ts`));
          const inner = isFace ? text : text.replace(HEAD, "");
          return withPrivateConstructors(withPublicInterfaces(withEnums(inner), types).replace(PRIVATE, ""));
        },
      },
      dts(),
    ],
    onwarn: ({ code, message }) => {
      if (code !== "EMPTY_BUNDLE") throw new Error(message);
    },
  });
  const { output } = await bundle.generate({
    entryFileNames: "[name].d.ts",
    chunkFileNames: "types/[name].d.ts",
    manualChunks: sharedFile,
    minifyInternalExports: false,
  });
  const rolled = new Map<string, string>();
  for (const { name, fileName, code } of output as OutputChunk[]) {
    const text = code.replace(/\n{3,}/g, "\n\n");
    if (!faces.includes(name)) rolled.set(fileName, text);
    else {
      const head = HEAD.exec(textOf(name))?.[0] ?? "";
      rolled.set(fileName, head + withTypesAlone(text, typesOf(textOf(name))));
    }
  }
  return rolled;
}

/** Declarations as they stand in api/: without comments and empty lines, and each name of a list on a line of its own. */
export function forReview(text: string): string {
  const lines = (list: string): string => list.split(", ").sort().join(",\n  ");
  return text
    .replace(COMMENT, "")
    .replace(/\n{2,}/g, "\n")
    .replace(/^\n+/, "")
    .replace(
      /^((?:import|export)(?: type)?) \{ (.*?) \}/gm,
      (_, verb, list) => `${verb} {\n  ${lines(list)},\n}`,
    );
}

function write(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Replaces the declarations in dist/ by the rolled-up ones. */
async function main(update: boolean): Promise<void> {
  const dist = join(root, "dist");
  const rolled = await rollUp(dist);
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (/\.d\.ts(\.map)?$/.test(name)) rmSync(join(dist, name));
  }
  write(dist, rolled);
  if (!update) return;
  rmSync(join(root, "api"), { recursive: true, force: true });
  const kept = [...rolled].filter(([name]) => !isGenerated(name));
  write(join(root, "api"), new Map(kept.map(([name, text]) => [name, forReview(text)])));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes("--update"));
