/** The package as npm would publish it, in a folder where a program can import it by its name. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
/** What the package is made from; a copy of it is built, so that the checkout stays as it is. */
const SOURCES = [
  "package.json",
  "src",
  "tsconfig.json",
  "tsconfig.build.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
];

/** All that the programs need of a platform's types; checking those of a browser or of Node.js takes long. */
const CONSOLE_TYPES = "console.d.ts";

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
    const packed = execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", this.#scratch], {
      cwd: checkout,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf("[")));
    this.files = files.map(({ path }: { path: string }) => path).sort();
    execFileSync("tar", ["-xzf", join(this.#scratch, filename), "-C", target, "--strip-components=1"]);
    // Installing would ask the registry for koffi; it is here already.
    symlinkSync(join(root, "node_modules", "koffi"), join(this.app, "node_modules", "koffi"));
    const koffiParts = readdirSync(join(root, "node_modules")).filter((name) => name === "@koromix");
    for (const name of koffiParts) {
      symlinkSync(join(root, "node_modules", name), join(this.app, "node_modules", name));
    }
    this.write("package.json", JSON.stringify({ type: "module" }));
    this.write(CONSOLE_TYPES, "declare const console: { log(...values: unknown[]): void };");
  }

  /** Writes a file of the program. */
  write(name: string, text: string): void {
    writeFileSync(join(this.app, name), text);
  }

  /** Compiles the program's files, checking the package's types too; throws what the compiler says. */
  compile(names: readonly string[], options: readonly string[]): void {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const common = ["--strict", "--target", "es2022", "--lib", "es2023,esnext.disposable", CONSOLE_TYPES];
    try {
      execFileSync(process.execPath, [compiler, ...common, ...options, ...names], {
        cwd: this.app,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    } catch (error) {
      throw new Error((error as { stdout: string }).stdout);
    }
  }

  /** Runs one of the program's files with Node.js alone and returns what it prints. */
  run(name: string): string {
    return execFileSync(process.execPath, [name], {
      cwd: this.app,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Removes everything. */
  remove(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
