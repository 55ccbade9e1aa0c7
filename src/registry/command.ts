/**
 * Commands by description, and how they become functions that take JavaScript values.
 *
 * A description is the result and a line of parameters, `name:type`, in C's order:
 *
 *     D I A                      the handle of the device or instance itself, and its allocation callbacks: never passed
 *     name:u32 name:handle …     numbers and handles
 *     name:*VkThing *VkThing[n]  what the command reads: an object or an array; `n:#` is a parameter that only counts it
 *     name:>VkThing >handle[n]   what the command writes: returned. `>` with `?n` queries the count first
 *     name:&                     the program's memory, which the command writes or reads: a typed array or an address
 *
 * A function made from it takes the remaining parameters, in order. If they are only handles and numbers, they go straight to
 * the driver; otherwise structures are encoded into memory that the next call reuses. An address can be passed instead of any
 * structure.
 */

import { checkUint64, quote } from "../foundation/check.ts";
import { Result } from "../vulkan/result.ts";
import {
  type AddressSource,
  Encoded,
  type Place,
  Region,
  readItem,
  toUint64,
  write,
  writeTarget,
} from "./encode.ts";
import { type AnyStructure, type ScalarKind, type Structure, scalarSizes } from "./structure.ts";

/** What commands are bound to: a device or an instance of `vma-ts/koffi`, `/bun` or `/deno`. */
export interface CommandSource extends AddressSource {
  /** VkDevice or VkInstance. */
  readonly handle: bigint;
  /** The type of {@link handle}. */
  readonly handleType: "device" | "instance";
  /** VkAllocationCallbacks*, 0n for none. */
  readonly allocationCallbacks: bigint;
  /** A function for a command: see the device's method of this name. */
  command(name: string, signature: string): (...args: (bigint | number)[]) => unknown;
  /** The address of a command, 0n if there is none. */
  getProcAddress(name: string): bigint;
}

/** A structure that was read, with those requested in its chain (`C`). */
export type Chained<T, C extends readonly AnyStructure[] = readonly AnyStructure[]> = Omit<
  Required<T>,
  "pNext"
> & {
  /** The structures of its chain that the driver has filled in, in the requested order. */
  readonly pNext: {
    readonly [I in keyof C]: C[I] extends Structure<infer V> ? Omit<Required<V>, "pNext"> : object;
  };
};

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown;

/** A command's description, with the type of the function that {@link bind} makes from it. */
export interface Command<F extends AnyFunction> {
  /** The C name. */
  readonly commandName: string;
  /** "v": nothing, "r": VkResult, "a": 64 bits, "u": 32 bits. */
  readonly result: string;
  /** The parameters; see the head of this file. */
  readonly parameters: string;
  /** The structures that the arguments consist of. */
  readonly parts: readonly AnyStructure[];
  /** Never present: it carries the type. */
  readonly type?: F;
}

/** The functions of commands. */
export type Bound<T> = {
  readonly [K in keyof T as T[K] extends Command<AnyFunction> ? K : never]: T[K] extends Command<infer F>
    ? F
    : never;
};

/**
 * Declares a command by its description; see the head of this file.
 *
 * @param name the C name.
 * @param result "v" for nothing, "r" for a VkResult (a negative one is thrown), "a" for 64 and "u" for 32 bits.
 * @param parameters the parameters, separated by white space.
 * @param parts the structures that the parameters name.
 */
export function command<F extends AnyFunction>(
  name: string,
  result: "v" | "r" | "a" | "u",
  parameters: string,
  ...parts: readonly AnyStructure[]
): Command<F> {
  return { commandName: name, result, parameters, parts };
}

/**
 * Makes functions from commands, each on first use: `bind(device, { vkCmdDraw, vkCreateSampler })`, or from all of them,
 * `bind(device, vulkan)` after `import * as vulkan from "vma-ts/vulkan"`. A command that the device does not have throws
 * VK_ERROR_EXTENSION_NOT_PRESENT. A negative VkResult is thrown as a `VulkanError`; a positive one is returned if the command
 * writes nothing.
 */
export function bind<T extends object>(source: CommandSource, commands: T): Bound<T> {
  const bound = {};
  const region = new Region(source, 16384);
  for (const [name, each] of Object.entries(commands)) {
    if (typeof each !== "object" || each === null || typeof each.parameters !== "string") continue;
    Object.defineProperty(bound, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = bindOne(source, region, each as Command<AnyFunction>);
        Object.defineProperty(bound, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return bound as Bound<T>;
}

/** How a parameter is passed. */
type Way = "self" | "callbacks" | "scalar" | "count" | "in" | "out" | "memory";

interface Parameter {
  readonly name: string;
  readonly way: Way;
  readonly kind: ScalarKind | undefined;
  readonly struct: AnyStructure | undefined;
  /** What counts the items: a parameter, or a member of the structure that a parameter points at. */
  readonly count: string | undefined;
  /** The parameter is written, and the command says how many there are. */
  readonly asks: boolean;
}

const PARAMETER = /^(\w+):(#|\?#|&|\*|>)?(\w*)(?:\[([\w.]+)\])?$/;

function readParameter(command: string, word: string, parts: readonly AnyStructure[]): Parameter {
  const plain = { kind: "handle" as ScalarKind, struct: undefined, count: undefined, asks: false };
  if (word === "D") return { ...plain, name: "device", way: "self" };
  if (word === "I") return { ...plain, name: "instance", way: "self" };
  if (word === "A") return { ...plain, name: "", way: "callbacks" };
  const match = PARAMETER.exec(word);
  if (match === null)
    throw new TypeError(`${command}: a parameter is written as name:type, got ${quote(word)}`);
  const [, name = "", mark, type = "", count] = match;
  if (mark === "#" || mark === "?#") {
    return { ...plain, kind: "u32", name, way: "count", asks: mark === "?#" };
  }
  if (mark === "&") return { ...plain, name, way: "memory", count };
  const kind = Object.hasOwn(scalarSizes, type) ? (type as ScalarKind) : undefined;
  const struct = kind === undefined ? parts.find(({ structureName }) => structureName === type) : undefined;
  if (kind === undefined && struct === undefined) {
    throw new TypeError(`${command}: ${quote(type)} is neither a kind of number nor among the parts`);
  }
  const way = mark === "*" ? "in" : mark === ">" ? "out" : "scalar";
  return { name, way, kind, struct, count, asks: false };
}

function letter({ way, kind }: Parameter): string {
  if (way === "count") return "p";
  if (way !== "scalar") return "p";
  if (kind === "f32") return "f";
  return kind === "u32" || kind === "i32" || kind === "bool" ? "n" : "p";
}

function bindOne(source: CommandSource, region: Region, command: Command<AnyFunction>): AnyFunction {
  const { commandName, result, parts } = command;
  const parameters = command.parameters
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => readParameter(commandName, word, parts));
  const self = parameters.find(({ way }) => way === "self")?.name;
  if (self !== undefined && self !== source.handleType) {
    const article = (name: string): string => (name === "instance" ? "an instance" : "a device");
    throw new TypeError(
      `${commandName} is a command of ${article(self)}, and was bound to ${article(source.handleType)}`,
    );
  }
  const signature = `${parameters.map(letter).join("")}>${result}`;
  const native = source.command(nameHere(source, commandName), signature);
  const isDirect = parameters.every(
    ({ way, kind }) => way === "scalar" && (kind === "handle" || kind === "u32" || kind === "f32"),
  );
  if (isDirect) return native as AnyFunction;
  const call = new Call(source, region, commandName, parameters, native);
  return ((...args: unknown[]) => call.run(args)) as AnyFunction;
}

/** On a device of an older version, a core command has its extension's name. */
function nameHere(source: CommandSource, name: string): string {
  const names = [name, `${name}KHR`, `${name}EXT`];
  return names.find((each) => source.getProcAddress(each) !== 0n) ?? name;
}

/** What a call writes. */
interface Output {
  readonly parameter: Parameter;
  readonly place: Place;
  /** Undefined for a single one. */
  readonly count: number | undefined;
  /** The structures that follow it in its chain. */
  readonly chain: readonly { readonly structure: AnyStructure; readonly place: Place }[];
}

/** Makes the calls of one command. */
class Call {
  readonly #source: CommandSource;
  readonly #region: Region;
  readonly #name: string;
  readonly #parameters: readonly Parameter[];
  readonly #native: (...args: (bigint | number)[]) => unknown;
  readonly #asks: boolean;

  constructor(
    source: CommandSource,
    region: Region,
    name: string,
    parameters: readonly Parameter[],
    native: (...args: (bigint | number)[]) => unknown,
  ) {
    this.#source = source;
    this.#region = region;
    this.#name = name;
    this.#parameters = parameters;
    this.#native = native;
    this.#asks = parameters.some(({ asks }) => asks);
  }

  run(args: readonly unknown[]): unknown {
    this.#region.reset();
    if (!this.#asks) return this.#once(args, undefined).value;
    for (;;) {
      const { counted } = this.#once(args, 0);
      this.#region.reset();
      const { value, result } = this.#once(args, counted);
      if (result !== Result.Incomplete) return value;
      this.#region.reset();
    }
  }

  /** One call. `asked`: the room for items if the command says how many there are; with 0 only the count is queried. */
  #once(
    args: readonly unknown[],
    asked: number | undefined,
  ): { value: unknown; result: unknown; counted: number } {
    const values: (bigint | number)[] = [];
    const counts = new Map<string, number>();
    const places = new Map<string, { struct: AnyStructure; place: Place }>();
    const outputs: Output[] = [];
    let counter: Place | undefined;
    let used = 0;
    for (const [i, parameter] of this.#parameters.entries()) {
      const { way, name } = parameter;
      if (way === "self") values[i] = this.#source.handle;
      else if (way === "callbacks") values[i] = this.#source.allocationCallbacks;
      else if (way === "scalar") values[i] = this.#scalar(parameter, args[used++]);
      else if (way === "in") values[i] = this.#input(parameter, args[used++], counts, places);
      else if (way === "memory") values[i] = this.#memoryOf(parameter, args[used++], counts);
      else if (parameter.asks) {
        counter = this.#region.take(8);
        counter.data.setUint32(counter.offset, asked!, true);
        counts.set(name, asked!);
        values[i] = counter.address;
      }
    }
    for (const [i, parameter] of this.#parameters.entries()) {
      if (parameter.way !== "out") continue;
      const chain = args[used] as readonly AnyStructure[] | undefined;
      if (parameter.struct?.sType !== undefined && parameter.count === undefined && chain !== undefined)
        used++;
      const output = this.#output(parameter, counts, places, chain ?? []);
      values[i] = output.count === 0 ? 0n : output.place.address;
      outputs.push(output);
    }
    if (args.length > used) {
      throw new TypeError(`${this.#name} takes ${used} arguments, got ${args.length}`);
    }
    for (const [i, { way, name, asks }] of this.#parameters.entries()) {
      if (way === "count" && !asks) values[i] = BigInt(counts.get(name) ?? 0);
    }
    const result = this.#native(...values);
    const counted = counter === undefined ? 0 : counter.data.getUint32(counter.offset, true);
    return { value: this.#value(outputs, result, counted), result, counted };
  }

  #scalar({ kind, name }: Parameter, value: unknown): bigint | number {
    switch (kind) {
      case "f32":
        if (typeof value === "number") return value;
        throw new TypeError(`${this.#name}: ${name} must be a number, got ${quote(value)}`);
      case "bool":
        return value ? 1 : 0;
      case "u32":
      case "i32":
        if (typeof value === "number" && Number.isInteger(value)) return value >>> 0;
        throw new TypeError(`${this.#name}: ${name} must be an integer, got ${quote(value)}`);
      case "handle":
        return checkUint64(value, `${this.#name}: ${name}`);
      case "ptr":
        return value instanceof Encoded ? value.address : checkUint64(value, `${this.#name}: ${name}`);
      default:
        return toUint64(value, `${this.#name}: ${name}`);
    }
  }

  #input(
    parameter: Parameter,
    value: unknown,
    counts: Map<string, number>,
    places: Map<string, { struct: AnyStructure; place: Place }>,
  ): bigint {
    const { kind, struct, count, name } = parameter;
    if (value === undefined || value === null) return 0n;
    const what = `${this.#name}: ${name}`;
    if (
      struct !== undefined &&
      count === undefined &&
      typeof value === "object" &&
      !(value instanceof Encoded)
    ) {
      const place = write(this.#region, struct, value as Readonly<Record<string, unknown>>);
      places.set(name, { struct, place });
      return place.address;
    }
    const counted = count === undefined ? undefined : { member: count, unit: 1 };
    const target = writeTarget(this.#region, { kind, struct, count: counted }, value, what);
    if (count !== undefined) {
      if (target.count === undefined) {
        throw new TypeError(`${what} must be an array, got ${quote(value)}`);
      }
      const other = counts.get(count);
      if (other !== undefined && other !== target.count) {
        throw new RangeError(
          `${what} must have ${other} items as the other arrays have, got ${target.count}`,
        );
      }
      counts.set(count, target.count);
    }
    return target.address;
  }

  #memoryOf({ name, count }: Parameter, value: unknown, counts: Map<string, number>): bigint {
    if (ArrayBuffer.isView(value)) {
      if (count !== undefined) counts.set(count, value.byteLength);
      return this.#region.addressOf(value);
    }
    if (count !== undefined && this.#parameters.some((each) => each.way === "count" && each.name === count)) {
      throw new TypeError(`${this.#name}: ${name} must be a typed array, got ${quote(value)}`);
    }
    return checkUint64(value, `${this.#name}: ${name}`);
  }

  #output(
    parameter: Parameter,
    counts: Map<string, number>,
    places: Map<string, { struct: AnyStructure; place: Place }>,
    chain: readonly AnyStructure[],
  ): Output {
    const { kind, struct } = parameter;
    const size = struct?.layout.size ?? scalarSizes[kind!];
    const count = parameter.count === undefined ? undefined : this.#countOf(parameter.count, counts, places);
    if (count === 0 && !this.#asks) {
      throw new RangeError(`${this.#name}: ${parameter.count} must be at least 1, got 0`);
    }
    const place = this.#region.take(Math.max(8, size * (count ?? 1)));
    const written = chain.map((structure) => ({ structure, place: write(this.#region, structure, {}) }));
    if (struct?.sType !== undefined) {
      for (let i = 0; i < (count ?? 1); i++) {
        place.data.setUint32(place.offset + i * size, struct.sType, true);
      }
      let before = place;
      for (const { place: next } of written) {
        before.data.setBigUint64(before.offset + 8, next.address, true);
        before = next;
      }
    }
    return { parameter, place, count, chain: written };
  }

  #countOf(
    count: string,
    counts: Map<string, number>,
    places: Map<string, { struct: AnyStructure; place: Place }>,
  ): number {
    const [parameter, member] = count.split(".") as [string, string?];
    if (member === undefined) return counts.get(count) ?? 0;
    const found = places.get(parameter);
    if (found === undefined) throw new TypeError(`${this.#name}: ${parameter} must be an object`);
    const { offset } = found.struct.layout.members.find(({ name }) => name === member)!;
    return found.place.data.getUint32(found.place.offset + offset, true);
  }

  #value(outputs: readonly Output[], result: unknown, counted: number): unknown {
    if (outputs.length === 0) return result;
    const values = outputs.map(({ parameter: { kind, struct, count: counter }, place, count, chain }) => {
      const at = (i: number): unknown =>
        readItem(kind, struct, place.data, place.offset + i * (struct?.layout.size ?? scalarSizes[kind!]));
      if (count === undefined) {
        if (struct?.sType === undefined) return at(0);
        const pNext = chain.map(({ structure, place: each }) =>
          readItem(undefined, structure, each.data, each.offset),
        );
        return { ...(at(0) as object), pNext };
      }
      const isAsked = this.#parameters.some((each) => each.asks && each.name === counter);
      const length = isAsked ? Math.min(counted, count) : count;
      if (kind === "u8") return new Uint8Array(place.data.buffer, place.offset, length).slice();
      return Array.from({ length }, (_, i) => at(i));
    });
    return values.length === 1 ? values[0] : values;
  }
}
