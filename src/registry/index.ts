/**
 * `vma-ts/vulkan`: Vulkan's structures, commands and constants, generated from Khronos's registry, for programs that call
 * Vulkan through a device of `vma-ts/koffi`, `vma-ts/bun` or `vma-ts/deno`. Names are C's. Everything is a separate constant: a
 * bundler keeps only what is used.
 *
 * - {@link bind} makes functions from commands. Structures are passed as objects, absent members are zero, as in C; counts, the
 *   device and the allocation callbacks are not passed; what a command writes is returned, and a negative VkResult thrown.
 * - {@link encode} keeps a structure in memory for calls that are made often: its address is passed instead of the object.
 * - {@link structure} and {@link command} declare what is missing here: extensions of vendors and platforms.
 *
 * It contains Vulkan 1.0 to 1.3 and the KHR and EXT extensions that are not specific to a platform or a video codec, under
 * their core names.
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
