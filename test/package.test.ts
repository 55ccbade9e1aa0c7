/** The package as its users get it: packed, unpacked elsewhere, imported by its name; and the README's code in it. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forReview, isGenerated } from "../tools/declarations.ts";
import { codeBlocks, localLinks, repositoryLinks } from "./helpers/markdown.ts";
import { PackedPackage } from "./helpers/packed.ts";
import { requireVulkan, vulkanAbsence } from "./helpers/vulkan.ts";
import { PROLOGUE, right, wrong } from "./package/mistakes.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const examples = codeBlocks(readme, "ts").map((code, index) => ({ name: `readme-${index}.ts`, code }));

/**
 * The most KiB that the ways into C may have, bundled, minified and compressed, koffi itself apart. Raised
 * last for the features of the registry (5 KiB), sparse binding and semaphores (2 KiB), the check of options' names (1 KiB), mapping
 * at places with its structures and the look at what is there (1.4 KiB). All
 * of it is in every program: `createDevice` and the transfer queue are methods, which no bundler can leave out, and what they need
 * cannot be loaded when it is asked for, as they answer at once. The largest parts are the layouts of structures (4.4 KiB) and the
 * names of features (3.2 KiB).
 */
const sizes = { koffi: 42, bun: 39, deno: 39 };

/**
 * The same of the faces without C that no browser's limit is about. Of vma-ts, transient resources and the placement that they
 * need are 20 KiB: a method of the allocator cannot be shaken off. The last two are for mapping at places and modifiers (1.3), plans
 * over several passes (0.4), and hearing of buffers and images that a driver refuses, with remedies in messages (0.3).
 */
const otherSizes = { "vma-ts": 121, "vma-ts/simulator": 35, "vma-ts/recording": 25 };

/** The same of vma-ts/vulkan: whole, and with what a program uses of it. */
const vulkanSizes = [
  ["whole", "* as face", "face", 62],
  ["as little as a draw needs", "{ bind, vkCmdDraw, VK_SHADER_STAGE_VERTEX_BIT }", "bind, vkCmdDraw", 6],
] as const;

const faces = {
  "vma-ts": ["createAllocator", "MemoryUsage", "VulkanError"],
  "vma-ts/koffi": ["loadVulkan", "viewLentRange"],
  "vma-ts/deno": ["loadVulkan", "viewLentRange"],
  "vma-ts/vulkan": ["bind", "encode", "vkCmdDraw", "VkSubmitInfo", "VK_FORMAT_R8_UNORM"],
  "vma-ts/simulator": ["SimulatedDevice", "profiles"],
  "vma-ts/virtual": ["VirtualBlock", "NO_ALLOCATION"],
  "vma-ts/recording": ["readRecording", "Recording", "RecordKind"],
  "vma-ts/webgpu": ["GpuBufferHeap", "GpuBufferUsage", "HeapError", "Uploads"],
  "vma-ts/placement": ["place", "placeSync", "shareObjects", "findConflict"],
};

describe("the package", () => {
  let packed: PackedPackage;
  beforeAll(() => {
    packed = new PackedPackage();
  });
  afterAll(() => packed?.remove());

  it("contains the code, built and as written, its documents, and nothing else", () => {
    const others = packed.files.filter((file) => !/^(dist\/.*\.(js|d\.ts)(\.map)?|src\/.*\.ts)$/.test(file));
    expect(others).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist/viewer.html", "package.json"]);
    expect(packed.files.filter((file) => file.includes("src/viewer"))).toEqual([]);
  });

  it.each(Object.entries(faces))("%s imports in plain Node.js", (face, names) => {
    packed.write("face.js", `console.log(Object.keys(await import("${face}")).join());`);
    expect(packed.run("face.js").trim().split(",")).toEqual(expect.arrayContaining(names));
  });

  it.each([
    ["nodenext", "nodenext"],
    ["bundler", "es2022"],
  ])("has types for every face, resolved the %s way", (resolution, module) => {
    const lines = Object.entries(faces).map(
      ([face, names], index) =>
        `import * as face${index} from "${face}";\n[${names.map((name) => `face${index}.${name}`)}];`,
    );
    packed.write("types.ts", lines.join("\n"));
    packed.compile(["types.ts"], ["--noEmit", "--module", module, "--moduleResolution", resolution]);
  });

  const allSizes = [
    ...Object.entries(otherSizes),
    ...Object.entries(sizes).map(([face, limit]) => [`vma-ts/${face}`, limit] as const),
  ];
  it.each(allSizes)("has a face %s of at most %d KiB", async (face, limit) => {
    const entry = `import * as face from "${face}"; console.log(face);`;
    packed.write("size.js", entry);
    const kibibytes = await bundledSize(join(packed.app, "size.js"));
    expect(kibibytes).toBeLessThan(limit);
    expect(kibibytes, "a limit says something when it is near").toBeGreaterThan(limit - 5);
  });

  it.each(vulkanSizes)("has a face vma-ts/vulkan that is shaken: %s", async (_, imported, used, limit) => {
    packed.write("shaken.js", `import ${imported} from "vma-ts/vulkan"; console.log(${used});`);
    const kibibytes = await bundledSize(join(packed.app, "shaken.js"));
    expect(kibibytes).toBeLessThan(limit);
    expect(kibibytes, "a limit says something when it is near").toBeGreaterThan(limit - 5);
  });

  it("has types for vma-ts/bun, which nothing but Bun can import", () => {
    packed.write(
      "bun.ts",
      'import { loadVulkan } from "vma-ts/bun";\nloadVulkan().createDevice().destroy();',
    );
    packed.compile(["bun.ts"], ["--noEmit", "--module", "nodenext"]);
  });

  it("publishes the declarations that stand in api/; where a change is meant, npm run build:api writes them", () => {
    const published = packed.files.filter((file) => /^dist\/.*\.d\.ts$/.test(file) && !isGenerated(file));
    const kept = readdirSync(join(root, "api"), { recursive: true, encoding: "utf8" });
    expect(published).toEqual(
      kept
        .filter((file) => file.endsWith(".d.ts"))
        .map((file) => `dist/${file.replaceAll("\\", "/")}`)
        .sort(),
    );
    for (const file of published) {
      const text = forReview(readFileSync(join(packed.app, "node_modules/vma-ts", file), "utf8"));
      expect(text, file).toBe(readFileSync(join(root, file.replace(/^dist/, "api")), "utf8"));
    }
  });

  describe("has types", () => {
    const programs = [...right, ...wrong];
    const fileOf = (index: number): string => `typed-${index}.ts`;
    let refusals: readonly string[];
    beforeAll(() => {
      programs.forEach(({ code }, index) => {
        packed.write(fileOf(index), `${PROLOGUE}\n${code}\n`);
      });
      refusals = packed.refusals(programs.map((_, index) => fileOf(index)));
    });

    it.each(programs.map((program, index) => ({ ...program, index })))(
      "by which $sentence",
      ({ refusal, index }) => {
        const said = refusals.filter((line) => line.startsWith(`${fileOf(index)}(`));
        if (refusal === undefined) expect(said).toEqual([]);
        else expect(said).toEqual([expect.stringContaining(`error ${refusal}`)]);
      },
    );
  });

  it.each([
    ["GpuBufferHeap", "import { GpuBufferHeap as face }", 24],
    ["everything", "import * as face", 25],
  ])("has a face vma-ts/webgpu for browsers: %s", async (_, imports, limit) => {
    packed.write("webgpu.js", `${imports} from "vma-ts/webgpu"; console.log(face);`);
    const { outputFiles } = await build({
      entryPoints: [join(packed.app, "webgpu.js")],
      bundle: true,
      minify: true,
      write: false,
      platform: "browser",
      format: "esm",
    });
    const kilobytes = gzipSync(outputFiles[0]!.contents).length / 1000;
    expect(kilobytes).toBeLessThan(limit);
    expect(kilobytes, "a limit says something when it is near").toBeGreaterThan(limit - 2);
  });

  it("has a face vma-ts/webgpu whose declarations need no WebGPU types, and fit them where they are", () => {
    const use = (device: string): string =>
      `import { GpuBufferHeap, type HeapAllocation } from "vma-ts/webgpu";
      export async function use(device: ${device}) {
        const heap = new GpuBufferHeap(device, { usage: 0x20 });
        const allocation = await heap.allocateAsync(100);
        heap.write(allocation, new Float32Array(4));
        return allocation;
      }`;
    packed.write("fake.ts", `import type { GpuDeviceLike } from "vma-ts/webgpu";\n${use("GpuDeviceLike")}`);
    const compile = (name: string, ...options: string[]): void =>
      packed.compile([name], ["--noEmit", "--module", "nodenext", ...options]);
    compile("fake.ts", "--skipLibCheck", "false");
    const real = `${use("GPUDevice")}
      export const buffer: Promise<GPUBuffer> = use({} as GPUDevice).then((each) => each.buffer);`;
    packed.write("dom.ts", real);
    compile("dom.ts", "--skipLibCheck", "--lib", "es2023,esnext.disposable,dom");
    const types = join(root, "node_modules/@webgpu/types/dist/index.d.ts");
    packed.write("types-package.ts", `/// <reference path=${JSON.stringify(types)} />\n${real}`);
    compile("types-package.ts", "--skipLibCheck");
  });

  it("has a placement face that reaches no other code", () => {
    const imported = reachableFrom(join(packed.app, "node_modules/vma-ts/dist/placement/index.js"));
    // Its worker, which is started by name, is a face of its own beside it.
    const own = /dist\/(placement|foundation)\/|^vma-ts\/placement\/worker$/;
    expect([...imported].filter((file) => !own.test(file))).toEqual([]);
  });

  it("has a virtual face that reaches no other code", () => {
    const imported = reachableFrom(join(packed.app, "node_modules/vma-ts/dist/metadata/index.js"));
    expect([...imported].filter((file) => !/dist\/(metadata|foundation)\//.test(file))).toEqual([]);
  });

  describe("in the README's examples", () => {
    beforeAll(() => {
      expect(examples.length).toBeGreaterThan(0);
      for (const { name, code } of examples) packed.write(name, code);
      packed.compile(
        examples.map(({ name }) => name),
        ["--module", "nodenext", "--declaration", "false"],
      );
    });

    it.each(examples)("$name runs as it stands", ({ name, code }) => {
      const needsVulkan = code.includes('"vma-ts/koffi"');
      if (needsVulkan && vulkanAbsence !== undefined && !requireVulkan) return;
      expect(packed.run(name.replace(".ts", ".js"))).not.toBe("");
    });
  });
});

describe("the lock file", () => {
  it("knows the optional packages of every platform, without which npm ci refuses to install", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(wanted.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });
});

describe("the documents", () => {
  it("README.md leads to files of the repository that are there, by addresses that work wherever it is read", () => {
    const { homepage, files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      homepage: string;
      files: string[];
    };
    const paths = repositoryLinks(readme, homepage.replace(/#.*$/, ""));
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    // npm shows the README beside what is in the package, and nothing else.
    expect(localLinks(readme).filter((path) => !files.includes(path))).toEqual([]);
  });

  it.each(["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"])(
    "%s has no link that leads nowhere",
    (name) => {
      const links = localLinks(readFileSync(join(root, name), "utf8"));
      expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
    },
  );
});

/** KiB of a program with all that it imports, minified and compressed. */
async function bundledSize(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    format: "esm",
    external: ["koffi", "bun:ffi"],
  });
  return gzipSync(outputFiles[0]!.contents).length / 1024;
}

/** Every file that a module reaches through its imports; packages stand under their names. */
function reachableFrom(file: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  if (!existsSync(file)) return found;
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?"([^"]+)"/g)) {
    reachableFrom(specifier!.startsWith(".") ? join(file, "..", specifier!) : specifier!, found);
  }
  return found;
}
