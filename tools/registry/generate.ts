/**
 * Writes the face `vma-ts/vulkan` from the Vulkan registry: `npm run registry`. The registry is Khronos's (Apache 2.0 or MIT);
 * Debian's libvulkan-dev has it where it is looked for, the environment variable VMA_TS_REGISTRY names another.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CommandType,
  type Declaration,
  type Registry,
  readRegistry,
  type StructureType,
} from "./read.ts";

/** Where the registry is. */
export const registryPath: string = process.env.VMA_TS_REGISTRY || "/usr/share/vulkan/registry/vk.xml";

const scalars: Readonly<Record<string, string>> = {
  char: "char",
  uint8_t: "u8",
  uint16_t: "u16",
  uint32_t: "u32",
  int32_t: "i32",
  int: "i32",
  uint64_t: "u64",
  int64_t: "i64",
  size_t: "size",
  float: "f32",
  double: "f64",
  void: "u8",
  VkBool32: "bool",
  VkDeviceSize: "size",
  VkDeviceAddress: "u64",
  VkFlags: "u32",
  VkFlags64: "u64",
  VkSampleMask: "u32",
  VkResult: "i32",
};
const scriptTypes: Readonly<Record<string, string>> = {
  u64: "bigint",
  i64: "bigint",
  handle: "bigint",
  ptr: "bigint",
  bool: "boolean",
  text: "string",
};

/** The kind of a type that is no structure. */
function kindOf(registry: Registry, type: string): string {
  if (scalars[type] !== undefined) return scalars[type];
  const { category, base } = registry.kinds.get(type) ?? { category: "", base: "" };
  if (category === "handle") return "handle";
  if (category === "enum") return "u32";
  if (category === "bitmask") return base === "VkFlags64" ? "u64" : "u32";
  return "ptr";
}

/** The name of a type in TypeScript: enumerations and flags keep theirs. */
function scriptType(registry: Registry, type: string, used: Set<string>): string {
  const { category } = registry.kinds.get(type) ?? { category: "" };
  if (category === "enum" || category === "bitmask") {
    used.add(type);
    return type;
  }
  const kind = kindOf(registry, type);
  return scriptTypes[kind] ?? "number";
}

interface Written {
  /** In the description. */
  readonly word: string;
  /** In the interface. */
  readonly type: string;
  /** The structure that it names. */
  readonly part: string | undefined;
}

function countOf({ len }: Declaration, siblings: readonly Declaration[]): string | undefined {
  const first = len?.split(",").find((each) => each !== "null-terminated" && each !== "1");
  if (first === undefined) return undefined;
  const division = /^(\w+) ?\/ ?(\d+)$/.exec(first);
  const name = division?.[1] ?? first;
  if (!siblings.some((each) => each.name === name)) return undefined;
  return division === null ? name : `${name}/${division[2]}`;
}

function writeMember(
  registry: Registry,
  member: Declaration,
  siblings: readonly Declaration[],
  used: Set<string>,
): Written {
  const { name, type, pointers, length } = member;
  const isStructure = registry.structures.has(type);
  const part = isStructure ? type : undefined;
  const kind = isStructure ? type : kindOf(registry, type);
  const count = countOf(member, siblings);
  const script = isStructure ? type : scriptType(registry, type, used);
  if (pointers === 0) {
    if (length === undefined) return { word: `${name}:${kind}`, type: script, part };
    const array = kind === "char" ? "string" : `readonly ${script}[]`;
    return { word: `${name}:${kind}[${length}]`, type: array, part };
  }
  if (type === "char") {
    if (pointers === 1) return { word: `${name}:text`, type: "string", part };
    return { word: `${name}:*text[${count}]`, type: "readonly string[] | bigint", part };
  }
  if (type === "void" || pointers > 1 || registry.kinds.get(type)?.category === "funcpointer") {
    if (type === "void" && pointers === 1 && count !== undefined) {
      return { word: `${name}:*u8[${count}]`, type: "ArrayBufferView | bigint", part };
    }
    return { word: `${name}:ptr`, type: "Pointer", part: undefined };
  }
  if (!isStructure && kind === "ptr") return { word: `${name}:ptr`, type: "Pointer", part };
  if (count === undefined) {
    // A length that only a formula says (sample masks) counts itself.
    return isStructure
      ? { word: `${name}:*${kind}`, type: `${script} | Pointer`, part }
      : { word: `${name}:*${kind}`, type: `readonly ${script}[] | ArrayBufferView | bigint`, part };
  }
  const view = isStructure ? "Pointer" : "ArrayBufferView | bigint";
  return { word: `${name}:*${kind}[${count}]`, type: `readonly ${script}[] | ${view}`, part };
}

function writeStructure(
  registry: Registry,
  { name, members, isUnion }: StructureType,
  used: Set<string>,
): string {
  const sType = members.find((each) => each.name === "sType");
  const number = registry.enums.get("VkStructureType")?.get(sType?.value ?? "");
  const own = members.filter(
    (each) => number === undefined || (each.name !== "sType" && each.name !== "pNext"),
  );
  const written = own.map((member) => ({
    name: member.name,
    ...writeMember(registry, member, members, used),
  }));
  const parts = [...new Set(written.flatMap(({ part }) => (part === undefined ? [] : [part])))];
  const lines = written.map((each) => `  ${each.name}?: ${each.type};`);
  if (number !== undefined) lines.unshift("  pNext?: Next;");
  const words = JSON.stringify(written.map(({ word }) => word).join(" "));
  const args = [JSON.stringify(name), ...(isUnion ? [] : [String(number)]), words, ...parts].join(", ");
  return [
    `/** ${name} */`,
    `export interface ${name} {`,
    ...lines,
    "}",
    `/** ${name} */`,
    `export const ${name}: Structure<${name}> = /* @__PURE__ */ ${isUnion ? "union" : "structure"}(${args});`,
    "",
  ].join("\n");
}

interface Argument {
  readonly word: string;
  /** Absent for what is not passed. */
  readonly argument?: string;
  /** What it adds to what the function returns. */
  readonly output?: string;
  readonly part?: string | undefined;
}

function writeParameter(
  registry: Registry,
  command: CommandType,
  parameter: Declaration,
  index: number,
  used: Set<string>,
): Argument {
  const { name, type, pointers, isConst, len } = parameter;
  if (index === 0 && type === "VkDevice") return { word: "D" };
  if (index === 0 && type === "VkInstance") return { word: "I" };
  if (type === "VkAllocationCallbacks") return { word: "A" };
  const isStructure = registry.structures.has(type);
  const part = isStructure ? type : undefined;
  const kind = isStructure ? type : kindOf(registry, type);
  const script = isStructure ? type : scriptType(registry, type, used);
  const { parameters } = command;
  const counts = parameters.filter((each) => countOf(each, parameters) === name);
  if (pointers === 0) {
    const counter = counts.length > 0 && (kind === "u32" || kind === "size");
    const isCounted = counter && counts.some((each) => each.isConst || isMemory(each));
    if (isCounted) return { word: `${name}:#` };
    if (parameter.length !== undefined) {
      return {
        word: `${name}:*${kind}`,
        argument: `${name}: readonly ${script}[] | ArrayBufferView | bigint`,
      };
    }
    return { word: `${name}:${kind}`, argument: `${name}: ${script}` };
  }
  const count = countOf(parameter, parameters) ?? (len?.includes("->") ? len.replace("->", ".") : undefined);
  if (isMemory(parameter)) {
    // What is asked for its size first: the bytes are returned.
    if (!isConst && parameters.some((each) => each.name === count && each.pointers > 0)) {
      return { word: `${name}:>u8[${count}]`, output: "Uint8Array" };
    }
    const inBrackets = count === undefined ? "" : `[${count}]`;
    return { word: `${name}:&${inBrackets}`, argument: `${name}: ArrayBufferView | bigint` };
  }
  if (isConst) {
    if (pointers > 1 || (!isStructure && kind === "ptr"))
      return { word: `${name}:ptr`, argument: `${name}: Pointer` };
    if (kind === "char") return { word: `${name}:*char`, argument: `${name}: string` };
    if (count === undefined) {
      return { word: `${name}:*${kind}`, argument: `${name}: ${script} | Pointer | undefined`, part };
    }
    return {
      word: `${name}:*${kind}[${count}]`,
      argument: `${name}: readonly ${script}[] | ArrayBufferView | undefined`,
      part,
    };
  }
  if (counts.length > 0 && (type === "uint32_t" || type === "size_t")) return { word: `${name}:?#` };
  const out = pointers > 1 || (!isStructure && kind === "ptr") ? "ptr" : kind;
  const value = pointers > 1 ? "bigint" : script;
  if (count !== undefined) {
    const item = `Required<${value}>`.replace(/Required<(bigint|number|boolean)>/, "$1");
    // How many there are is the driver's to say, and may be none; or it is the program's, and one at least.
    const isAsked = parameters.some((each) => each.name === count && each.pointers > 0);
    return {
      word: `${name}:>${out}[${count}]`,
      output: isAsked ? `${item}[]` : `[${item}, ...${item}[]]`,
      part,
    };
  }
  const hasChain =
    isStructure && registry.structures.get(type)!.members.some((each) => each.name === "sType");
  return {
    word: `${name}:>${out}`,
    output: isStructure ? (hasChain ? `Chained<${value}, C>` : `Required<${value}>`) : value,
    part,
    ...(hasChain ? { argument: `${name}Chain?: C` } : {}),
  };
}

/** Memory of the program, which the command reads or writes as bytes. */
function isMemory({ type, pointers }: Declaration): boolean {
  return type === "void" && pointers === 1;
}

const results: Readonly<Record<string, string>> = {
  void: "v",
  VkResult: "r",
  VkDeviceAddress: "a",
  uint64_t: "a",
};

function writeCommand(registry: Registry, command: CommandType, used: Set<string>): string {
  const written = command.parameters.map((each, i) => writeParameter(registry, command, each, i, used));
  // Chains are passed last, as what is written comes last.
  const passed = written.flatMap(({ argument }) => (argument === undefined ? [] : [argument]));
  const outputs = written.flatMap(({ output }) => (output === undefined ? [] : [output]));
  const result = results[command.result] ?? (command.result.startsWith("PFN") ? "a" : "u");
  const plain = { v: "void", r: "number", a: "bigint", u: "number" }[result]!;
  const returned =
    outputs.length === 0 ? plain : outputs.length === 1 ? outputs[0]! : `[${outputs.join(", ")}]`;
  const parts = [...new Set(written.flatMap(({ part }) => (part === undefined ? [] : [part])))];
  const words = written.map(({ word }) => word).join(" ");
  const args = [command.name, result, words].map((each) => JSON.stringify(each));
  const generic = returned.includes(", C>") ? "<const C extends readonly AnyStructure[] = []>" : "";
  return [
    `/** ${command.name} */`,
    `export const ${command.name}: Command<${generic}(${passed.join(", ")}) => ${returned}> = /* @__PURE__ */ command(${[...args, ...parts].join(", ")});`,
    "",
  ].join("\n");
}

function writeConstants(registry: Registry, used: ReadonlySet<string>): string {
  const lines: string[] = [];
  const literal = (value: bigint, isBig: boolean): string => (isBig ? `${value}n` : String(value));
  for (const [name, value] of registry.constants) {
    if (/^VK_(LUID|TRUE|FALSE)/.test(name)) continue;
    // As the members are that take it: numbers of bytes.
    if (name === "VK_WHOLE_SIZE") lines.push(`export const ${name}: number = Number.POSITIVE_INFINITY;`);
    else lines.push(`export const ${name} = ${literal(value, value > 0xffffffffn)};`);
  }
  const written = new Set<string>();
  for (const [name, values] of registry.enums) {
    const flags = name.replace("FlagBits", "Flags");
    const isBig = registry.kinds.get(flags)?.base === "VkFlags64";
    lines.push("", `/** ${name} */`, `export type ${name} = ${isBig ? "bigint" : "number"};`);
    written.add(name);
    if (flags !== name) {
      lines.push(`/** Flags of {@link ${name}} */`, `export type ${flags} = ${isBig ? "bigint" : "number"};`);
      written.add(flags);
    }
    for (const [constant, value] of values) {
      if (/_MAX_ENUM|STRUCTURE_TYPE/.test(constant)) continue;
      lines.push(`export const ${constant} = ${literal(value, isBig)};`);
    }
  }
  for (const name of used) {
    if (written.has(name)) continue;
    const isBig = registry.kinds.get(name)?.base === "VkFlags64";
    lines.push("", `/** ${name} */`, `export type ${name} = ${isBig ? "bigint" : "number"};`);
  }
  return `${lines.join("\n")}\n`;
}

/** Feature structures in one line each, for `features: { vulkan12: … }`: the name, the sType and the members. */
function writeFeatures(registry: Registry): string {
  const lines: string[] = [];
  for (const { name, members, extends: extended } of registry.structures.values()) {
    if (!extended.includes("VkDeviceCreateInfo") || !/Features/.test(name)) continue;
    const sType = registry.enums.get("VkStructureType")!.get(members[0]!.value!);
    if (name === "VkPhysicalDeviceFeatures2") continue;
    const short = name.replace("VkPhysicalDevice", "").replace("Features", "");
    const key = `${short[0]!.toLowerCase()}${short.slice(1)}`;
    lines.push(
      `${key} ${sType} ${members
        .slice(2)
        .map((each) => each.name)
        .join(" ")}`,
    );
  }
  return `export const featureStructures = \`\n${lines.join("\n")}\n\`;\n`;
}

/** The files of the face, by name. */
export function generate(registry: Registry): Record<string, string> {
  const head = `// Generated by tools/registry from Khronos's Vulkan registry, version 1.3.${registry.version} (Apache-2.0 OR MIT). Not to be edited.\n`;
  const used = new Set<string>();
  const structures = [...registry.structures.values()].map((each) => writeStructure(registry, each, used));
  const commands = registry.commands.map((each) => writeCommand(registry, each, used));
  const texts = { structures: structures.join("\n"), commands: commands.join("\n") };
  const constants = writeConstants(registry, used);
  const imported = (text: string, names: Iterable<string>): string[] =>
    [...names].filter((name) => new RegExp(`\\b${name}\\b`).test(text)).sort();
  const types = (text: string): string =>
    `import type {\n  ${imported(text, used).join(",\n  ")},\n} from "./constants.ts";\n`;
  const fromStructures = imported(texts.commands, registry.structures.keys());
  return {
    "constants.ts": head + constants,
    "structures.ts": `${head}\nimport type { Pointer } from "../encode.ts";\nimport { type Next, type Structure, structure, union } from "../structure.ts";\n${types(texts.structures)}\n${texts.structures}`,
    "commands.ts": `${head}\nimport { type Chained, type Command, command } from "../command.ts";\nimport type { Pointer } from "../encode.ts";\nimport type { AnyStructure } from "../structure.ts";\n${types(texts.commands)}import {\n  ${fromStructures.join(",\n  ")},\n} from "./structures.ts";\n\n${texts.commands}`,
    "features.ts": `${head}\n/** Feature structures, a line each: the name in \`features\`, the VkStructureType, the members. */\n${writeFeatures(registry)}`,
  };
}

/** Where each file goes. */
export function folderOf(file: string): string {
  return join(
    import.meta.dirname,
    "../../src",
    file === "features.ts" ? "ffi/generated" : "registry/generated",
  );
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of Object.entries(generate(readRegistry(registryPath)))) {
    mkdirSync(folderOf(name), { recursive: true });
    writeFileSync(join(folderOf(name), name), text);
    console.log(`${name}: ${text.length} bytes`);
  }
}
