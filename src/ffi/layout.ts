/**
 * Sizes and offsets of the structures in `./structs.ts`, by C's rules: every field at the next multiple of
 * its alignment, the whole rounded up to the greatest alignment. 64-bit platforms only.
 */

import { alignUp } from "../foundation/bits.ts";
import { type StructName, structs } from "./structs.ts";

/** How one field is stored. */
export interface FieldLayout {
  readonly name: string;
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Bytes, of the whole array if it is one. */
  readonly size: number;
  /** A scalar's C type, or the name of a structure. */
  readonly type: ScalarType | StructName;
  /** Number of elements: 1 unless the field is an array. */
  readonly count: number;
  readonly isArray: boolean;
}

/** The offsets and sizes of one structure, in bytes. */
export interface Layout<Field extends string = string> {
  readonly size: number;
  readonly alignment: number;
  readonly offsets: Readonly<Record<Field, number>>;
  readonly fields: readonly FieldLayout[];
}

/** The layout of every structure, by its C name. */
export type Layouts = { readonly [N in StructName]: Layout<keyof (typeof structs)[N] & string> };

/** Bytes of each scalar type; each is aligned to its size. */
export const scalarSizes = {
  char: 1,
  uint8_t: 1,
  int32_t: 4,
  uint32_t: 4,
  float: 4,
  uint64_t: 8,
  size_t: 8,
  pointer: 8,
} as const;
/** The name of a scalar field type. */
export type ScalarType = keyof typeof scalarSizes;

function isScalar(type: string): type is ScalarType {
  return Object.hasOwn(scalarSizes, type);
}

const computed = new Map<string, Layout>();

function layoutOf(name: StructName): Layout {
  const known = computed.get(name);
  if (known !== undefined) return known;
  let end = 0;
  let alignment = 1;
  const offsets: Record<string, number> = {};
  const fields: FieldLayout[] = [];
  for (const [field, declared] of Object.entries<string>(structs[name])) {
    const [type, count] = declared.split(/[[\]]/) as [ScalarType | StructName, string | undefined];
    const size = isScalar(type) ? scalarSizes[type] : layoutOf(type).size;
    const align = isScalar(type) ? scalarSizes[type] : layoutOf(type).alignment;
    const items = count === undefined ? 1 : Number(count);
    const offset = alignUp(end, align);
    offsets[field] = offset;
    fields.push({
      name: field,
      offset,
      size: size * items,
      type,
      count: items,
      isArray: count !== undefined,
    });
    end = offset + size * items;
    alignment = Math.max(alignment, align);
  }
  const layout = { size: alignUp(end, alignment), alignment, offsets, fields };
  computed.set(name, layout);
  return layout;
}

/** Every structure's layout. */
export const layouts: Layouts = Object.fromEntries(
  (Object.keys(structs) as StructName[]).map((name) => [name, layoutOf(name)]),
) as unknown as Layouts;
