/**
 * `vma-ts/vulkan`: Vulkan's structures, commands and constants, generated from Khronos's registry, for programs that call Vulkan
 * through a device of `vma-ts/koffi`, `vma-ts/bun` or `vma-ts/deno`. Names are C's. Everything is a constant of its own: a bundler keeps
 * what is used.
 *
 * - {@link bind} makes functions of commands. Structures are passed as objects, absent members are zero, as in C; counts, the
 *   device and the allocation callbacks are not passed; what a command writes is returned, and a negative VkResult thrown.
 * - {@link encode} keeps a structure in memory for calls that are made often: its address passes in place of the object.
 * - {@link structure} and {@link command} declare what is not here: extensions of vendors and platforms.
 *
 * It holds Vulkan 1.0 to 1.3 and the extensions of KHR and EXT that belong to no platform and to no video codec, under the names
 * that core has for them.
 *
 * @module vma-ts/vulkan
 */

export {
  type AnyFunction,
  type Bound,
  bind,
  type Chained,
  type Command,
  type CommandSource,
  command,
} from "./command.ts";
export { type AddressSource, decode, Encoded, encode, encodeInto, type Pointer } from "./encode.ts";
export * from "./generated/commands.ts";
export * from "./generated/constants.ts";
export * from "./generated/structures.ts";
export {
  type AnyStructure,
  type Member,
  type Next,
  type ScalarKind,
  type Structure,
  type StructureLayout,
  type StructureValue,
  structure,
  union,
} from "./structure.ts";
