/**
 * Reads the Vulkan registry (vk.xml): the types, commands and constants of the core versions and of those KHR and EXT extensions
 * that belong to no platform and to no video codec, under their core names.
 */

import { readFileSync } from "node:fs";
import { DOMParser, type Element } from "@xmldom/xmldom";

/** A member of a structure or a parameter of a command, as C declares it. */
export interface Declaration {
  readonly name: string;
  readonly type: string;
  /** How many times it is a pointer. */
  readonly pointers: number;
  readonly isConst: boolean;
  /** The length of an array inside the structure. */
  readonly length: number | undefined;
  /** Members or parameters that count what it points at, as the registry writes it. */
  readonly len: string | undefined;
  /** The value of an sType. */
  readonly value: string | undefined;
  readonly isBitField: boolean;
}
export interface StructureType {
  readonly name: string;
  readonly isUnion: boolean;
  readonly members: readonly Declaration[];
  readonly extends: readonly string[];
}
export interface CommandType {
  readonly name: string;
  readonly result: string;
  readonly parameters: readonly Declaration[];
}
export interface Registry {
  /** VK_HEADER_VERSION */
  readonly version: number;
  readonly structures: ReadonlyMap<string, StructureType>;
  readonly commands: readonly CommandType[];
  /** Category of every other type: handle, enum, bitmask, basetype, funcpointer; its C type for bitmasks. */
  readonly kinds: ReadonlyMap<string, { readonly category: string; readonly base: string }>;
  /** Constants by the enumeration that they are of. */
  readonly enums: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
  readonly constants: ReadonlyMap<string, bigint>;
}

const list = (text: string | null): string[] => (text ?? "").split(",").filter(Boolean);
const elements = (parent: Element, name: string): Element[] => Array.from(parent.getElementsByTagName(name));
const children = (parent: Element, name: string): Element[] =>
  Array.from(parent.childNodes).filter((node): node is Element => node.nodeName === name);
const isVulkan = (element: Element): boolean =>
  !element.hasAttribute("api") || list(element.getAttribute("api")).includes("vulkan");

/** The extensions that are taken in. */
function isWanted(extension: Element): boolean {
  const name = extension.getAttribute("name") ?? "";
  return (
    list(extension.getAttribute("supported")).includes("vulkan") &&
    /^VK_(KHR|EXT)_/.test(name) &&
    !/video/.test(name) &&
    !extension.hasAttribute("platform") &&
    !extension.hasAttribute("provisional")
  );
}

/** Reads a registry file. */
export function readRegistry(path: string): Registry {
  const root = new DOMParser().parseFromString(readFileSync(path, "utf8"), "text/xml").documentElement!;
  const sources = [
    ...children(root, "feature").filter(isVulkan),
    ...elements(root, "extension").filter(isWanted),
  ];
  const names = new Set(
    sources.flatMap((source) =>
      children(source, "require")
        .filter(isVulkan)
        .flatMap((require) =>
          Array.from(require.childNodes)
            .filter((node): node is Element => ["type", "command", "enum"].includes(node.nodeName))
            .map((each) => each.getAttribute("name") ?? ""),
        ),
    ),
  );
  const constants = apiConstants(root);
  const types = elements(root, "type").filter((each) => each.hasAttribute("category") && isVulkan(each));
  return {
    version: Number(/VK_HEADER_VERSION<\/name> (\d+)/.exec(readFileSync(path, "utf8"))![1]),
    structures: readStructures(types, names, constants),
    commands: elements(children(root, "commands")[0]!, "command")
      .filter((each) => !each.hasAttribute("alias") && isVulkan(each))
      .map((each) => readCommand(each, constants))
      .filter(({ name }) => names.has(name)),
    kinds: readKinds(types),
    enums: readEnums(root, sources, names),
    constants,
  };
}

function nameOf(element: Element): string {
  return element.getAttribute("name") || children(element, "name")[0]?.textContent || "";
}

function apiConstants(root: Element): Map<string, bigint> {
  const all = children(root, "enums").find((each) => each.getAttribute("name") === "API Constants")!;
  const constants = new Map<string, bigint>();
  for (const each of children(all, "enum")) {
    const value = each.getAttribute("value") ?? "";
    const inverted = /^\(~(\d+)U(LL)?(?:-(\d))?\)$/.exec(value);
    if (/^\d+$/.test(value)) constants.set(nameOf(each), BigInt(value));
    else if (inverted !== null) {
      const all = inverted[2] === undefined ? 0xffffffffn : 0xffffffffffffffffn;
      constants.set(nameOf(each), all - BigInt(inverted[1]!) - BigInt(inverted[3] ?? 0));
    }
  }
  return constants;
}

function readDeclaration(element: Element, constants: ReadonlyMap<string, bigint>): Declaration {
  const comment = children(element, "comment")[0]?.textContent ?? "";
  const text = (element.textContent ?? "").replace(comment, "");
  const name = children(element, "name")[0]!.textContent!;
  const dimensions = [...text.matchAll(/\[(\w+)\]/g)].map(([, size]) =>
    Number(constants.get(size!) ?? size!),
  );
  return {
    name,
    type: children(element, "type")[0]!.textContent!,
    pointers: text.split("*").length - 1,
    isConst: /\bconst\b/.test(text),
    length: dimensions.length === 0 ? undefined : dimensions.reduce((a, b) => a * b),
    len: element.getAttribute("altlen") || element.getAttribute("len") || undefined,
    value: element.getAttribute("values") || undefined,
    isBitField: /:\d+/.test(text),
  };
}

function readStructures(
  types: readonly Element[],
  names: ReadonlySet<string>,
  constants: ReadonlyMap<string, bigint>,
): Map<string, StructureType> {
  const all = new Map<string, StructureType>();
  for (const type of types) {
    const category = type.getAttribute("category");
    if ((category !== "struct" && category !== "union") || type.hasAttribute("alias")) continue;
    const name = nameOf(type);
    all.set(name, {
      name,
      isUnion: category === "union",
      members: children(type, "member")
        .filter(isVulkan)
        .map((member) => readDeclaration(member, constants)),
      extends: list(type.getAttribute("structextends")),
    });
  }
  const sorted = new Map<string, StructureType>();
  const add = (name: string): void => {
    const structure = all.get(name);
    if (structure === undefined || sorted.has(name) || name === "VkAllocationCallbacks") return;
    for (const { type } of structure.members) if (type !== name) add(type);
    if (!structure.members.some(({ isBitField }) => isBitField)) sorted.set(name, structure);
  };
  for (const name of all.keys()) if (names.has(name) && !name.startsWith("VkBase")) add(name);
  return sorted;
}

function readCommand(element: Element, constants: ReadonlyMap<string, bigint>): CommandType {
  const proto = children(element, "proto")[0]!;
  return {
    name: children(proto, "name")[0]!.textContent!,
    result: (proto.textContent ?? "").replace(children(proto, "name")[0]!.textContent!, "").trim(),
    parameters: children(element, "param")
      .filter(isVulkan)
      .map((parameter) => readDeclaration(parameter, constants)),
  };
}

function readKinds(types: readonly Element[]): Map<string, { category: string; base: string }> {
  const kinds = new Map<string, { category: string; base: string }>();
  const aliases: [string, string][] = [];
  for (const type of types) {
    const alias = type.getAttribute("alias");
    if (alias) aliases.push([nameOf(type), alias]);
    else {
      const base = children(type, "type")[0]?.textContent ?? "";
      kinds.set(nameOf(type), { category: type.getAttribute("category")!, base });
    }
  }
  for (const [name, alias] of aliases) if (kinds.has(alias)) kinds.set(name, kinds.get(alias)!);
  return kinds;
}

function numberOf(element: Element, extension: number): bigint | undefined {
  const bit = element.getAttribute("bitpos");
  if (bit) return 1n << BigInt(bit);
  const value = element.getAttribute("value");
  if (value) return /^-?(0x)?[0-9a-fA-F]+(ULL)?$/.test(value) ? BigInt(value.replace(/ULL$/, "")) : undefined;
  const offset = element.getAttribute("offset");
  if (!offset) return undefined;
  const number = BigInt(element.getAttribute("extnumber") || extension);
  const absolute = 1000000000n + (number - 1n) * 1000n + BigInt(offset);
  return element.getAttribute("dir") === "-" ? -absolute : absolute;
}

function readEnums(
  root: Element,
  sources: readonly Element[],
  names: ReadonlySet<string>,
): Map<string, Map<string, bigint>> {
  const enums = new Map<string, Map<string, bigint>>();
  for (const each of children(root, "enums")) {
    const name = each.getAttribute("name")!;
    if (name === "API Constants" || !(names.has(name) || names.has(name.replace("FlagBits", "Flags"))))
      continue;
    enums.set(name, new Map());
    for (const value of children(each, "enum")) add(name, value, 0);
  }
  for (const source of sources) {
    const number = Number(source.getAttribute("number"));
    for (const require of children(source, "require").filter(isVulkan)) {
      for (const value of children(require, "enum")) {
        const extended = value.getAttribute("extends");
        if (extended && isVulkan(value)) add(extended, value, number);
      }
    }
  }
  return enums;

  function add(name: string, element: Element, extension: number): void {
    if (element.hasAttribute("alias")) return;
    const value = numberOf(element, extension);
    if (value !== undefined) enums.get(name)?.set(nameOf(element), value);
  }
}
