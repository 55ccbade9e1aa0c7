/**
 * Structures by description: how the generated ones are defined, and how a program declares its own.
 *
 * A description is a line of members, `name:type`, as C lays them out one after the other:
 *
 *     u8 u16 u32 i32 i64 u64 size f32 f64 bool   numbers; `size` is a number of bytes, `bool` a VkBool32
 *     handle ptr                                 64 bits, as bigint: handles, addresses
 *     text                                       const char*
 *     char[256] f32[4] VkThing[2]                arrays inside the structure
 *     VkThing                                    a structure inside the structure, which must be among `parts`
 *     *VkThing *u32[count] *text[count]          pointers to one, or to as many as the member `count` says
 *
 * `count` need not be given if the array is. A structure with an sType has its pNext before all members. Layouts are computed
 * on first use: a declaration costs next to nothing.
 */

import { quote } from "../foundation/check.ts";

/** What a member that is not a structure holds. */
export type ScalarKind =
  | "u8"
  | "char"
  | "u16"
  | "u32"
  | "i32"
  | "bool"
  | "f32"
  | "f64"
  | "u64"
  | "i64"
  | "size"
  | "handle"
  | "ptr"
  | "text";

/** Sizes and alignments of scalar members. */
export const scalarSizes: Readonly<Record<ScalarKind, number>> = {
  u8: 1,
  char: 1,
  u16: 2,
  u32: 4,
  i32: 4,
  bool: 4,
  f32: 4,
  f64: 8,
  u64: 8,
  i64: 8,
  size: 8,
  handle: 8,
  ptr: 8,
  text: 8,
};

/** A member of a structure, laid out. */
export interface Member {
  /** The member's name in Vulkan. */
  readonly name: string;
  /** Bytes from the start. */
  readonly offset: number;
  /** What it holds or points to; undefined for a structure: see {@link struct}. */
  readonly kind: ScalarKind | undefined;
  /** The structure that it is or points to; undefined for numbers, handles and texts. */
  readonly struct: AnyStructure | undefined;
  /** Whether it is a pointer. */
  readonly isPointer: boolean;
  /** The length of an array inside the structure; undefined for a single one. */
  readonly length: number | undefined;
  /** The member that says how many elements the pointer refers to, with the unit that it counts in. */
  readonly count:
    | {
        /** The member that says how many there are. */
        readonly member: string;
        /** The number of its units per element, such as 4 bytes for a word of shader code. */
        readonly unit: number;
      }
    | undefined;
}

/** How a structure is laid out in memory. */
export interface StructureLayout {
  /** Bytes of the structure, as C's sizeof says. */
  readonly size: number;
  /** Bytes. */
  readonly alignment: number;
  /** The members, in memory order. */
  readonly members: readonly Member[];
}

/** A structure with its values: for pNext chains, and to be encoded. */
export interface StructureValue<T extends object = object> {
  /** The structure that the values belong to. */
  readonly structure: AnyStructure;
  /** The values of its members. */
  readonly values: T;
}

/** What pNext may be: structures, the first one first, or the address of an encoded chain. */
export type Next = readonly StructureValue[] | bigint;

/** Any structure's description. */
export interface AnyStructure {
  /** The C name. */
  readonly structureName: string;
  /** VkStructureType; undefined for structures without. */
  readonly sType: number | undefined;
  /** Sizes and offsets. */
  readonly layout: StructureLayout;
}

/** A structure's description. Called with values, it returns them together with their structure. */
export interface Structure<T extends object> extends AnyStructure {
  (values: T): StructureValue<T>;
}

/** Until it is needed. */
const EMPTY: StructureLayout = { size: 0, alignment: 1, members: [] };
const MEMBER = /^(\w+):(\*?)(\w+)(?:\[(\w+)(?:\/(\d+))?\])?$/;

/**
 * Declares a structure by its description; see the head of this file. Throws a TypeError on first use if the description is
 * invalid.
 *
 * @param name the C name.
 * @param sType its VkStructureType, or undefined.
 * @param members the members, separated by white space, without sType and pNext.
 * @param parts the structures that the members name.
 */
export function structure<T extends object>(
  name: string,
  sType: number | undefined,
  members: string,
  ...parts: readonly AnyStructure[]
): Structure<T> {
  return describe<T>(name, sType, members, parts, false);
}

/** Like {@link structure}, but with all members at the start. */
export function union<T extends object>(
  name: string,
  members: string,
  ...parts: readonly AnyStructure[]
): Structure<T> {
  return describe<T>(name, undefined, members, parts, true);
}

function describe<T extends object>(
  name: string,
  sType: number | undefined,
  members: string,
  parts: readonly AnyStructure[],
  isUnion: boolean,
): Structure<T> {
  let layout: StructureLayout | undefined;
  const self: Structure<T> = Object.assign((values: T): StructureValue<T> => ({ structure: self, values }), {
    structureName: name,
    sType,
    layout: EMPTY,
  });
  Object.defineProperty(self, "layout", {
    get: () => {
      layout ??= layOut(name, sType, members, parts, isUnion);
      return layout;
    },
  });
  return self;
}

function layOut(
  name: string,
  sType: number | undefined,
  text: string,
  parts: readonly AnyStructure[],
  isUnion: boolean,
): StructureLayout {
  const members: Member[] = [];
  let end = sType === undefined ? 0 : 16;
  let size = 0;
  let alignment = sType === undefined ? 1 : 8;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const match = MEMBER.exec(word);
    if (match === null)
      throw new TypeError(`${name}: a member must be written as name:type, got ${quote(word)}`);
    const member = read(name, match, parts);
    const each = sizeOf(member);
    const offset = isUnion ? 0 : Math.ceil(end / each.alignment) * each.alignment;
    end = offset + each.size * (member.length ?? 1);
    size = Math.max(size, end);
    alignment = Math.max(alignment, each.alignment);
    members.push({ ...member, offset });
  }
  checkCounts(name, members);
  return { size: Math.ceil(Math.max(size, end) / alignment) * alignment, alignment, members };
}

function read(
  name: string,
  [, member, star, type, inBrackets, unit]: RegExpExecArray,
  parts: readonly AnyStructure[],
): Omit<Member, "offset"> {
  const kind = Object.hasOwn(scalarSizes, type!) ? (type as ScalarKind) : undefined;
  const struct = kind === undefined ? parts.find(({ structureName }) => structureName === type) : undefined;
  if (kind === undefined && struct === undefined) {
    throw new TypeError(`${name}.${member}: ${quote(type)} is neither a kind of number nor among the parts`);
  }
  const isPointer = star === "*";
  if (!isPointer && inBrackets !== undefined && !(Number(inBrackets) > 0)) {
    throw new TypeError(
      `${name}.${member}: an array inside a structure has a length, got ${quote(inBrackets)}`,
    );
  }
  return {
    name: member!,
    kind,
    struct,
    isPointer,
    length: isPointer || inBrackets === undefined ? undefined : Number(inBrackets),
    count:
      isPointer && inBrackets !== undefined ? { member: inBrackets, unit: Number(unit ?? 1) } : undefined,
  };
}

function sizeOf({ kind, struct, isPointer }: Omit<Member, "offset">): { size: number; alignment: number } {
  if (isPointer) return { size: 8, alignment: 8 };
  if (kind !== undefined) return { size: scalarSizes[kind], alignment: scalarSizes[kind] };
  return struct!.layout;
}

function checkCounts(name: string, members: readonly Member[]): void {
  for (const { name: member, count } of members) {
    if (count !== undefined && !members.some((each) => each.name === count.member)) {
      throw new TypeError(`${name}.${member}: there is no member ${quote(count.member)} to count it`);
    }
  }
}
