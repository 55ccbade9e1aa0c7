/** The package as npm would publish it, in a folder where a program can import it by its name. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
/** What the package is made from; a copy of it is built, so that the checkout stays as it is. */
const SOURCES = [
  "package.json",
  "src",
  "tools",
  "tsconfig.json",
  "tsconfig.build.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
];

/**
 * All that the package and the programs need of a platform's types, whether a browser's or Node.js's; checking either of
 * those takes long.
 */
const PLATFORM = "platform.d.ts";
const PLATFORM_TYPES = `
declare const console: { log(...values: unknown[]): void };
declare function atob(text: string): string;
interface AbortSignal { readonly aborted: boolean }
`;

/** What a command prints; throws all that it printed when it fails. */
function output(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** A program's folder with the package installed. */
export class PackedPackage {
  /** The program's folder. */
  readonly app: string;
  /** The files of the package, relative to it. */
  readonly files: readonly string[];
  readonly #scratch: string;

  /** Builds, packs and unpacks. */
  constructor() {
    this.#scratch = mkdtempSync(join(tmpdir(), "vma-ts-package-"));
    this.app = join(this.#scratch, "app");
    const checkout = join(this.#scratch, "checkout");
    const target = join(this.app, "node_modules", "vma-ts");
    mkdirSync(checkout);
    mkdirSync(target, { recursive: true });
    for (const name of SOURCES) cpSync(join(root, name), join(checkout, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
    const packed = output("npm", ["pack", "--json", "--pack-destination", this.#scratch], checkout);
    // The build's own lines come before the JSON.
    const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf("[\n")));
    this.files = files.map(({ path }: { path: string }) => path).sort();
    output("tar", ["-xzf", join(this.#scratch, filename), "-C", target, "--strip-components=1"], target);
    // Installing would ask the registry for koffi; it is here already.
    symlinkSync(join(root, "node_modules", "koffi"), join(this.app, "node_modules", "koffi"));
    this.write("package.json", JSON.stringify({ type: "module" }));
    this.write(PLATFORM, PLATFORM_TYPES);
  }

  /** Writes a file of the program. */
  write(name: string, text: string): void {
    writeFileSync(join(this.app, name), text);
  }

  /** Compiles the program's files, checking the package's types too; throws what the compiler says. */
  compile(names: readonly string[], options: readonly string[]): void {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const common = ["--strict", "--target", "es2022", "--lib", "es2023,esnext.disposable", PLATFORM];
    output(process.execPath, [compiler, ...common, ...options, ...names], this.app);
  }

  /** Compiles the program's files with the settings that `tsc --init` proposes; throws what the compiler says. */
  compileAsInitialized(names: readonly string[], outDir: string): void {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    output(process.execPath, [compiler, "--init"], this.app);
    // Node.js 20 knows no `using`: it is compiled, and its types are named.
    const target = { target: "es2022", lib: ["es2023", "esnext.disposable", "dom"] };
    const files = { outDir, rootDir: ".", declaration: false, declarationMap: false, sourceMap: false };
    const compilerOptions = { ...target, ...files };
    this.write("samples.json", JSON.stringify({ extends: "./tsconfig.json", compilerOptions, files: names }));
    output(process.execPath, [compiler, "-p", "samples.json"], this.app);
  }

  /** What the compiler says against the program's files, a line for each mistake, checking the package's types too. */
  refusals(names: readonly string[]): string[] {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const options = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2023,esnext.disposable"];
    const { stdout } = spawnSync(
      process.execPath,
      [compiler, ...options, "--module", "nodenext", PLATFORM, ...names],
      { cwd: this.app, encoding: "utf8" },
    );
    return stdout.split("\n").filter((line) => /error TS\d+/.test(line));
  }

  /** Runs one of the program's files with Node.js alone and returns what it prints. */
  run(name: string): string {
    return output(process.execPath, [name], this.app);
  }

  /** Removes everything. */
  remove(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
