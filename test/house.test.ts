/** The house rules, checked on the source's own imports: a floor imports only what lies below it. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { slowFiles } from "../vitest.fast.config.ts";
import {
  allImports,
  type FolderRule,
  findCircle,
  findFileCircle,
  folderOf,
  type Import,
  importsOf,
  sourceFiles,
  violations,
} from "./helpers/imports.ts";

const SOURCE = join(import.meta.dirname, "..", "src");

/**
 * The types that are imported upwards, each for a reason that ARCHITECTURE.md gives: without these imports there is no
 * circle of files, types counted.
 */
const UPWARD_TYPES: readonly (readonly [file: string, target: string])[] = [
  ["allocator/allocation.ts", "allocator/pool.ts"],
  ["allocator/memory/memory-block.ts", "allocator/memory/block-list.ts"],
  ["ffi/create-device.ts", "ffi/instance.ts"],
];

/** What each folder may import besides itself. */
const RULES = new Map<string, FolderRule>([
  ["foundation", { folders: [] }],
  ["vulkan", { folders: ["foundation"] }],
  ["metadata", { folders: ["foundation"] }],
  ["placement", { folders: ["foundation"] }],
  ["compaction", { folders: ["foundation"] }],
  ["blocks", { folders: ["foundation"] }],
  // Runs in browsers.
  ["heap", { folders: ["blocks", "compaction", "metadata", "foundation"] }],
  ["webgpu", { folders: ["heap", "placement", "metadata", "foundation"] }],
  ["allocator", { folders: ["blocks", "metadata", "vulkan", "foundation"] }],
  ["defrag", { folders: ["allocator", "compaction", "metadata", "vulkan", "foundation"] }],
  ["sparse", { folders: ["allocator", "blocks", "compaction", "metadata", "vulkan", "foundation"] }],
  ["transient", { folders: ["allocator", "placement", "metadata", "vulkan", "foundation"] }],
  ["frames", { folders: ["allocator", "metadata", "vulkan", "foundation"] }],
  [
    "face",
    {
      folders: [
        "sparse",
        "frames",
        "transient",
        "placement",
        "defrag",
        "allocator",
        "metadata",
        "vulkan",
        "foundation",
      ],
    },
  ],
  // The heap over VkBuffers of an allocator.
  ["buffer-heap", { folders: ["face", "allocator", "heap", "vulkan", "foundation"] }],
  // Replays run on simulated devices, and are a command as well.
  [
    "trace",
    {
      folders: ["face", "defrag", "allocator", "metadata", "vulkan", "foundation", "simulator"],
      packages: ["node:"],
    },
  ],
  // Runs in browsers, too: Node's modules are asked for at run time.
  [
    "recording",
    { folders: ["face", "defrag", "allocator", "heap", "metadata", "vulkan", "foundation", "simulator"] },
  ],
  // The command: stands above everything.
  [
    "cli",
    {
      folders: [
        "recording",
        "trace",
        "face",
        "defrag",
        "allocator",
        "metadata",
        "vulkan",
        "foundation",
        "ffi",
        "simulator",
      ],
      packages: ["node:"],
    },
  ],
  // The annexes.
  // Over whatever calls C: a device is given to it.
  ["registry", { folders: ["vulkan", "foundation"] }],
  ["ffi", { folders: ["vulkan", "foundation"], packages: ["koffi", "bun:ffi", "node:"] }],
  ["simulator", { folders: ["vulkan", "foundation"] }],
  // The page: browser code, bundled.
  [
    "viewer",
    {
      folders: ["recording", "compaction", "vulkan", "foundation"],
      packages: ["preact", "preact/hooks", "@preact/signals"],
    },
  ],
  // The face of the package.
  [
    "",
    {
      folders: [
        "trace",
        "buffer-heap",
        "frames",
        "face",
        "sparse",
        "transient",
        "defrag",
        "allocator",
        "metadata",
        "vulkan",
        "foundation",
      ],
    },
  ],
]);

/**
 * What tests may import of rooms that are not their own, besides faces (index.ts) and rooms that have none: the seams, which
 * a redesign keeps or replaces. Everything else behind a face is known to the tests of that room alone.
 */
const SEAMS: readonly string[] = [
  // What an allocator consists of, as reports and moves walk it.
  "allocator/memory/all-memory.ts",
  "allocator/memory/block-list.ts",
  // Divisions of blocks, which lists of blocks are modelled with.
  "metadata/block-metadata.ts",
  "metadata/create-tlsf.ts",
  "metadata/granularity.ts",
  "metadata/narrow-tlsf.ts",
  "metadata/statistics.ts",
  "metadata/tlsf.ts",
  // What implements the port of devices needs.
  "vulkan/next.ts",
  "vulkan/resources.ts",
  "vulkan/texel-blocks.ts",
  // Below the face of the FFI layer: what it calls C with, and the memory that it shares with C.
  "ffi/callers-features.ts",
  "ffi/detach.ts",
  "ffi/generated/features.ts",
  "ffi/layout.ts",
  "ffi/mapping.ts",
  "ffi/native-memory.ts",
  "ffi/native/bun.ts",
  "ffi/native/deno.ts",
  "ffi/native/koffi.ts",
  "ffi/native/native-calls.ts",
  "ffi/structs.ts",
  "ffi/win32-handles.ts",
  // Recordings that are written and replayed without an allocator.
  "recording/format/request.ts",
  "recording/whatif/replay.ts",
  "recording/writer/dictionary.ts",
  "recording/writer/sink.ts",
  "recording/writer/writer.ts",
];

const TESTS = import.meta.dirname;

/** The faces of the package that are not a room's own. */
const FACES: readonly string[] = ["ffi/bun.ts", "ffi/deno.ts", "placement/worker.ts"];

/** What the tests import of `src`: the room that the test is of, and the file, relative to src/. */
function importsOfTests(): { readonly test: string; readonly target: string }[] {
  return sourceFiles(TESTS).flatMap((test) =>
    importsOf(test, readFileSync(join(TESTS, test), "utf8")).flatMap(({ target }) =>
      target?.startsWith("../src/") ? [{ test, target: target.slice("../src/".length) }] : [],
    ),
  );
}

/** Whether a test may import a file of src/. */
function isOpenTo(test: string, target: string): boolean {
  const room = folderOf(target);
  const hasFace = existsSync(join(SOURCE, room, "index.ts"));
  const isFace = target.endsWith("index.ts") || FACES.includes(target);
  return room === folderOf(test) || !hasFace || isFace || SEAMS.includes(target);
}

describe("the tests", () => {
  const imports = importsOfTests();

  it("import their own room, faces, and seams", () => {
    const others = imports.filter(({ test, target }) => !isOpenTo(test, target));
    expect(others.map(({ test, target }) => `test/${test} imports ${target}`)).toEqual([]);
    expect(isOpenTo("allocator/pools.test.ts", "metadata/size-classes.ts")).toBe(false);
  });

  it("are there, those that npm run test:fast leaves out", () => {
    expect(slowFiles.filter((file) => !existsSync(join(TESTS, "..", file)))).toEqual([]);
  });

  it("need every seam", () => {
    const used = new Set(
      imports.filter(({ test, target }) => folderOf(test) !== folderOf(target)).map(({ target }) => target),
    );
    expect(SEAMS.filter((seam) => !used.has(seam))).toEqual([]);
  });
});

describe("the house", () => {
  const imports = allImports(SOURCE);

  it("has a rule for every folder", () => {
    const folders = new Set(sourceFiles(SOURCE).map(folderOf));
    expect([...folders].filter((folder) => !RULES.has(folder))).toEqual([]);
  });

  it("lets every floor import only what lies below it, and koffi only the FFI layer", () => {
    expect(violations(imports, RULES)).toEqual([]);
  });

  it("touches each foreign way into C in one file", () => {
    const importers = (name: string): string[] =>
      imports.filter(({ specifier }) => specifier === name).map(({ file }) => file);
    expect(importers("koffi")).toEqual(["ffi/native/koffi.ts"]);
    expect(importers("bun:ffi")).toEqual(["ffi/native/bun.ts"]);
    const textOf = (file: string): string => readFileSync(join(SOURCE, file), "utf8");
    expect(sourceFiles(SOURCE).filter((file) => /\bUnsafePointer\b|\.Deno\b/.test(textOf(file)))).toEqual([
      "ffi/native/deno.ts",
    ]);
  });

  it("has no circle among its folders", () => {
    expect(findCircle(imports)).toBeUndefined();
  });

  it("has no circle among its files at run time", () => {
    expect(findFileCircle(imports.filter(({ isType }) => !isType))).toBeUndefined();
  });

  it("has no circle among its files, types counted, but for those that are known", () => {
    const isKnown = ({ file, target }: Import): boolean =>
      UPWARD_TYPES.some(([from, to]) => from === file && to === target);
    expect(findFileCircle(imports.filter((each) => !isKnown(each)))).toBeUndefined();
    for (const [from, to] of UPWARD_TYPES) {
      const others = imports.filter((each) => !isKnown(each) || (each.file === from && each.target === to));
      expect(findFileCircle(others), `${from} may import ${to} without making a circle`).toBeDefined();
    }
  });

  it("has a face that only re-exports", () => {
    const text = readFileSync(join(SOURCE, "index.ts"), "utf8");
    const { statements } = ts.createSourceFile("index.ts", text, ts.ScriptTarget.Latest);
    const others = statements.filter((statement) => !ts.isExportDeclaration(statement));
    expect(others.map((statement) => ts.SyntaxKind[statement.kind])).toEqual([]);
  });

  it("imports TypeScript files by their own names", () => {
    const relative = imports.filter(({ folder }) => folder !== undefined);
    expect(relative.filter(({ specifier }) => !/\.tsx?$/.test(specifier))).toEqual([]);
  });
});

describe("the check of the house", () => {
  const judge = (file: string, text: string): string[] => violations(importsOf(file, text), RULES);

  it("sees an import of a higher floor, in every form", () => {
    const forms = [
      'import { Allocation } from "../allocator/allocation.ts";',
      'import type { Allocation } from "../allocator/allocation.ts";',
      'export * from "../allocator/allocation.ts";',
      'const later = await import("../allocator/allocation.ts");',
    ];
    for (const form of forms) {
      expect(judge("metadata/tlsf.ts", form)).toEqual([
        "src/metadata/tlsf.ts imports ../allocator/allocation.ts",
      ]);
    }
  });

  it("sees Vulkan in the metadata, the allocator in an annex, koffi and Node where they do not belong", () => {
    expect(judge("metadata/tlsf.ts", 'import "../vulkan/device.ts";')).toHaveLength(1);
    expect(judge("simulator/state.ts", 'import "../allocator/index.ts";')).toHaveLength(1);
    expect(judge("simulator/state.ts", 'import koffi from "koffi";')).toHaveLength(1);
    expect(judge("allocator/engine.ts", 'import "node:fs";')).toHaveLength(1);
    expect(judge("attic/new.ts", 'import "../foundation/bits.ts";')).toHaveLength(1);
  });

  it("lets pass what is allowed", () => {
    expect(judge("allocator/engine.ts", 'import "../metadata/tlsf.ts"; import "./pool.ts";')).toEqual([]);
    expect(judge("ffi/library.ts", 'import koffi from "koffi"; import "node:fs";')).toEqual([]);
  });

  it("sees a circle", () => {
    const imports = [
      ...importsOf("a/one.ts", 'import "../b/two.ts";'),
      ...importsOf("b/two.ts", 'import "../c/three.ts";'),
      ...importsOf("c/three.ts", 'import type { One } from "../a/one.ts";'),
    ];
    expect(findCircle(imports)).toEqual(["a", "b", "c", "a"]);
    expect(findCircle(imports.slice(0, 2))).toBeUndefined();
  });

  it("sees a circle of files, and which imports are of types alone", () => {
    const imports = [
      ...importsOf("a/one.ts", 'import { two } from "./two.ts";'),
      ...importsOf("a/two.ts", 'import "foo";\nimport type { One } from "./one.ts";'),
      ...importsOf("a/three.ts", 'export type { One } from "./one.ts"; export { one } from "./one.ts";'),
    ];
    expect(findFileCircle(imports)).toEqual(["a/one.ts", "a/two.ts", "a/one.ts"]);
    expect(imports.map(({ isType }) => isType)).toEqual([false, false, true, true, false]);
    expect(findFileCircle(imports.filter(({ isType }) => !isType))).toBeUndefined();
  });
});

/** Who asks the planner for what, at run time: everybody else gets plans from these. */
const PLANNER_USERS: Readonly<Record<string, readonly string[]>> = {
  "compaction/choosing.ts": [
    "defrag/list-defragmenter.ts",
    "defrag/plan.ts",
    "defrag/planner-choice.ts",
    "viewer/model/defragmentation.ts",
  ],
  "compaction/draining.ts": ["defrag/list-defragmenter.ts", "heap/planning.ts", "sparse/plan-moves.ts"],
  "compaction/packing.ts": ["defrag/list-packing.ts"],
};

/** The planner's own parts: which blocks get empty, and where things go, is decided in them alone. */
const PLANNER_PARTS = ["baseline", "candidates", "emptying", "placing"].map(
  (name) => `compaction/${name}.ts`,
);

/** Files outside the planner that put blocks in an order by how full they are, and what for. */
const BLOCK_ORDERS: Readonly<Record<string, string>> = {
  "allocator/memory/block-list.ts": "the policy's order of blocks",
  "defrag/list-defragmenter.ts": "the policy's order, with the planner's victims last",
  "defrag/ports.ts": "the order in which the planner gets blocks",
  "heap/planning.ts": "the order in which the planner gets blocks",
  "viewer/model/defragmentation.ts": "the order in which the planner gets blocks",
  "viewer/model/pins.ts": "a table that people read",
};

/** The lists of blocks, which all follow one policy. */
const POLICY_USERS = [
  "allocator/memory/block-list.ts",
  "heap/context.ts",
  "heap/list.ts",
  "sparse/page-pool.ts",
];

/** What can be measured of how full a block is. */
const FULLNESS =
  /\b(sumFree\w*|live\w*|free(Bytes|Pages|Units|Size)?|used\w*|allocationCount|largestFree\w*)\b/;

/** Whether a file sorts by how full something is. */
function sortsByFullness(file: string, text: string): boolean {
  let isFound = false;
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      /^(sort|toSorted)$/.test(node.expression.name.text) &&
      node.arguments.some((argument) => FULLNESS.test(argument.getText()))
    ) {
      isFound = true;
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return isFound;
}

/** The names that a file exports. */
function exportsOf(file: string, text: string): string[] {
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    const isNamed = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
    return isExported && isNamed && statement.name !== undefined ? [statement.name.text] : [];
  });
}

/** The functions and classes that a file declares, at its top. */
function declarationsOf(file: string, text: string): string[] {
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) =>
    ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)
      ? (statement.name?.text ?? [])
      : [],
  );
}

describe("one planner, one block policy", () => {
  const imports = allImports(SOURCE).filter(({ isType }) => !isType);
  const files = sourceFiles(SOURCE);
  const textOf = (file: string): string => readFileSync(join(SOURCE, file), "utf8");
  const usersOf = (target: string, inside: string): string[] =>
    [...new Set(imports.filter((each) => each.target === target).map(({ file }) => file))]
      .filter((file) => folderOf(file) !== inside)
      .sort();

  it("has plans made by those who carry them out or show them, and by nobody else", () => {
    for (const [part, users] of Object.entries(PLANNER_USERS)) {
      expect(usersOf(part, "compaction"), part).toEqual(users);
    }
  });

  it("keeps the choice of blocks and places inside the planner", () => {
    for (const part of PLANNER_PARTS) {
      expect(files, "the part is there").toContain(part);
      expect(usersOf(part, "compaction"), part).toEqual([]);
    }
  });

  it("orders blocks by how full they are in the planner, and elsewhere for reasons that are known", () => {
    const ordering = files.filter(
      (file) => folderOf(file) !== "compaction" && sortsByFullness(file, textOf(file)),
    );
    expect(ordering).toEqual(Object.keys(BLOCK_ORDERS).sort());
  });

  it("has every list of blocks follow the one policy, which nobody declares anew", () => {
    const policy = "blocks/block-policy.ts";
    expect(usersOf(policy, "blocks")).toEqual(POLICY_USERS);
    const known = exportsOf(policy, textOf(policy));
    expect(known).toContain("newBlockSizes");
    const parts = [policy, ...Object.keys(PLANNER_USERS), ...PLANNER_PARTS];
    const names = new Set(parts.flatMap((file) => exportsOf(file, textOf(file))));
    const others = files.filter((file) => !parts.includes(file));
    const again = others.filter((file) => declarationsOf(file, textOf(file)).some((name) => names.has(name)));
    expect(again).toEqual([]);
  });

  it("sees another choice of what to empty", () => {
    const forms = [
      "const next = blocks.sort((a, b) => a.live - b.live)[0];",
      "const order = [...chunks].toSorted((a, b) => b.metadata.sumFreeSize - a.metadata.sumFreeSize);",
      "list.blocks.sort((one, other) => one.freePages - other.freePages);",
    ];
    for (const form of forms) expect(sortsByFullness("transient/again.ts", form)).toBe(true);
    expect(sortsByFullness("transient/again.ts", "items.sort((a, b) => b.size - a.size);")).toBe(false);
    expect(declarationsOf("heap/again.ts", "export function* newBlockSizes() {}\nclass Draining {}")).toEqual(
      ["newBlockSizes", "Draining"],
    );
  });
});
