/**
 * The language of the filter box: words that have to be there, fields, comparisons, and what must not be.
 *
 *   shadow map            both words, anywhere in name, kind, pool, type, user data, stack
 *   name:tree kind:image  in a field
 *   size>=1MiB            sizes, offsets, frames; also block:3, is:dedicated, is:unnamed
 *   -pool:staging         without
 *   "two words"           as one
 *
 * A text is looked at once, however many allocations have it.
 */

import { poolLabel } from "./grouping.ts";
import { type History, kindLabels, NONE } from "./history.ts";
import { textAt } from "./texts.ts";

/** Whether a range is wanted. */
export type RangeTest = (range: number) => boolean;

/** A filter, or what is wrong with its text. */
export type Filter = { readonly test: RangeTest | undefined } | { readonly error: string };

const TERM = /(-?)(?:([a-z]+)(:|>=|<=|>|<|=))?(?:"([^"]*)"|(\S+))/gi;
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

/** Reads the text of a filter. An empty one has no test: everything is wanted. */
export function parseFilter(history: History, text: string): Filter {
  const tests: RangeTest[] = [];
  for (const [, minus, field, operator, quoted, word] of text.matchAll(TERM)) {
    const made = termOf(history, field?.toLowerCase(), operator, (quoted ?? word)!);
    if (typeof made === "string") return { error: made };
    tests.push(minus === "-" ? (range) => !made(range) : made);
  }
  if (tests.length === 0) return { test: undefined };
  return { test: (range) => tests.every((test) => test(range)) };
}

function termOf(
  history: History,
  field: string | undefined,
  operator: string | undefined,
  value: string,
): RangeTest | string {
  if (field === undefined) return anywhere(history, value.toLowerCase());
  const number = numberField(history, field);
  if (number !== undefined) return comparison(number, operator!, field, value);
  if (operator !== ":" && operator !== "=")
    return `“${field}” is a text, and cannot be compared with ${operator}`;
  if (field === "is") return stateTest(history, value.toLowerCase());
  const texts = textField(history, field);
  if (texts === undefined)
    return `There is no field “${field}”. Fields are ${[...TEXT_FIELDS, ...NUMBER_FIELDS, "is"].join(", ")}.`;
  return matcher(texts, value.toLowerCase());
}

const TEXT_FIELDS = ["name", "kind", "pool", "type", "heap", "data", "stack"] as const;
const NUMBER_FIELDS = ["size", "offset", "block", "frame"] as const;

/** Texts by index, and the index of a range's. */
interface TextField {
  readonly count: number;
  readonly text: (index: number) => string;
  readonly of: (range: number) => number;
}

function textField(history: History, field: string): TextField | undefined {
  const { ranges, allocations, blocks, pools, types, heaps } = history;
  const poolOf = (range: number): number => blocks.pool[ranges.block[range]!]!;
  switch (field) {
    case "name":
      return ofTexts(history, allocations.name);
    case "data":
      return ofTexts(history, allocations.data);
    case "stack":
      return ofTexts(history, allocations.stack);
    case "kind":
      return { ...ofList(kindLabels), of: (range) => allocations.kind[ranges.allocation[range]!]! };
    case "pool":
      return { ...ofList(pools.map((_, index) => poolLabel(history, index))), of: poolOf };
    case "type":
      return {
        ...ofList(types.map(({ label, flags }) => [label, ...flags].join(" "))),
        of: (range) => pools[poolOf(range)]!.type,
      };
    case "heap":
      return {
        ...ofList(heaps.map(({ label, flags }) => [label, ...flags].join(" "))),
        of: (range) => types[pools[poolOf(range)]!.type]!.heap,
      };
    default:
      return undefined;
  }
}

function ofTexts({ texts, ranges }: History, numbers: Uint32Array): TextField {
  return {
    count: texts.count,
    text: (number) => textAt(texts, number),
    of: (range) => numbers[ranges.allocation[range]!]!,
  };
}

function ofList(list: readonly string[]): Omit<TextField, "of"> {
  return { count: list.length, text: (index) => list[index]! };
}

/** Looks for a text, once in each of the texts that ranges share. */
function matcher({ count, text, of }: TextField, wanted: string): RangeTest {
  const UNKNOWN = 0;
  const NO = 1;
  const YES = 2;
  const found = new Uint8Array(count);
  return (range) => {
    const index = of(range);
    if (found[index] === UNKNOWN) found[index] = text(index).toLowerCase().includes(wanted) ? YES : NO;
    return found[index] === YES;
  };
}

function anywhere(history: History, wanted: string): RangeTest {
  const tests = TEXT_FIELDS.map((field) => matcher(textField(history, field)!, wanted));
  return (range) => tests.some((test) => test(range));
}

function stateTest({ ranges, blocks, allocations }: History, state: string): RangeTest | string {
  if (state === "dedicated") return (range) => blocks.dedicated[ranges.block[range]!] === 1;
  if (state === "unnamed") return (range) => allocations.name[ranges.allocation[range]!] === 0;
  if (state === "named") return (range) => allocations.name[ranges.allocation[range]!] !== 0;
  return `“is:” must be followed by dedicated, named or unnamed, not by “${state}”`;
}

function numberField(history: History, field: string): RangeNumber | undefined {
  const { ranges, blocks, allocations } = history;
  switch (field) {
    case "size":
      return (range) => ranges.size[range]!;
    case "offset":
      return (range) => ranges.offset[range]!;
    case "block":
      return (range) => blocks.id[ranges.block[range]!]!;
    case "frame":
      return (range) => {
        const frame = allocations.frame[ranges.allocation[range]!]!;
        return frame === NONE ? Number.NaN : frame;
      };
    default:
      return undefined;
  }
}
type RangeNumber = (range: number) => number;

function comparison(number: RangeNumber, operator: string, field: string, text: string): RangeTest | string {
  const value = parseQuantity(text);
  if (value === undefined)
    return `“${field}${operator}” must be followed by a number such as 4096 or 1.5MiB, not by “${text}”`;
  switch (operator) {
    case ">":
      return (range) => number(range) > value;
    case "<":
      return (range) => number(range) < value;
    case ">=":
      return (range) => number(range) >= value;
    case "<=":
      return (range) => number(range) <= value;
    default:
      return (range) => number(range) === value;
  }
}

/** A number with an optional unit of bytes: "4096", "0x1000", "1.5MiB". */
export function parseQuantity(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) return undefined;
  return Number(digits) * factor;
}
