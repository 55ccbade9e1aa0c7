/**
 * The calls that are made for every resource, as sequences with an argument block (`./native/blocks`): JavaScript
 * writes what changes into cells beside the structures, makes one call without arguments, and reads the results.
 *
 *   createAndBindBuffer(memory, offset)
 *     deviceMemory, offset  <- the arguments
 *     sequence:  vkCreateBuffer(device, bufferInfo, callbacks, out) -> result, ends if negative
 *                vkBindBufferMemory(device, [out], [deviceMemory], [offset]) -> secondResult
 */

import type { Operand, SequenceCall } from "./native/blocks/sequence.ts";
import type { NativeMemory } from "./native-memory.ts";
import type { ResourceCallParts, ResourceCalls } from "./resource-calls.ts";
import { cells } from "./resource-structs.ts";

/** Indices of the cells in 32-bit and 64-bit words. */
const BUFFER = cells.buffer / 8;
const IMAGE = cells.image / 8;
const MEMORY = cells.deviceMemory / 8;
const OFFSET = cells.offset / 4;
const RESULT = cells.result / 4;
const SECOND_RESULT = cells.secondResult / 4;
const TWO_32 = 4294967296;

/** The commands that sequences call. */
export const blockCommands = [
  "vkAllocateMemory",
  "vkFreeMemory",
  "vkUnmapMemory",
  "vkFlushMappedMemoryRanges",
  "vkInvalidateMappedMemoryRanges",
  "vkCreateBuffer",
  "vkDestroyBuffer",
  "vkGetBufferMemoryRequirements",
  "vkGetBufferMemoryRequirements2",
  "vkBindBufferMemory",
  "vkCreateImage",
  "vkDestroyImage",
  "vkGetImageMemoryRequirements",
  "vkGetImageMemoryRequirements2",
  "vkBindImageMemory",
] as const;
type BlockCommand = (typeof blockCommands)[number];

/** What has a sequence. Mapping memory has none: it has six arguments, and what it costs is the view. */
type SequenceName = Exclude<keyof ResourceCalls, "mapMemory" | "createResult">;

/** What the sequences are, by the calls that they carry out. */
function describe(
  parts: ResourceCallParts,
  addressOf: (command: BlockCommand) => bigint,
): Readonly<Record<SequenceName, readonly SequenceCall[]>> {
  const { addresses } = parts;
  const constant = (value: bigint): Operand => ({ constant: value });
  const device = constant(parts.handle);
  const callbacks = constant(parts.allocationCallbacks);
  const [buffer, image, memory, offset, made] = [
    cells.buffer,
    cells.image,
    cells.deviceMemory,
    cells.offset,
    cells.out,
  ].map((cell): Operand => ({ cell })) as [Operand, Operand, Operand, Operand, Operand];
  const call = (command: BlockCommand, ...operands: Operand[]): SequenceCall => ({
    address: addressOf(command),
    operands: [device, ...operands],
  });
  /** A call whose VkResult is kept. */
  const checked = (command: BlockCommand, ...operands: Operand[]): SequenceCall => ({
    ...call(command, ...operands),
    result: cells.result,
  });
  const createBuffer = checked(
    "vkCreateBuffer",
    constant(addresses.bufferInfo),
    callbacks,
    constant(addresses.out),
  );
  const createImage = (out: bigint): SequenceCall =>
    checked("vkCreateImage", constant(addresses.imageInfo), callbacks, constant(out));
  const imageRequirements2 = call(
    "vkGetImageMemoryRequirements2",
    constant(addresses.imageQuery),
    constant(addresses.requirements2),
  );
  const range = [constant(1n), constant(addresses.range)];
  return {
    allocateMemory: [
      checked("vkAllocateMemory", constant(addresses.allocateInfo), callbacks, constant(addresses.out)),
    ],
    freeMemory: [call("vkFreeMemory", memory, callbacks)],
    unmapMemory: [call("vkUnmapMemory", memory)],
    flushRange: [checked("vkFlushMappedMemoryRanges", ...range)],
    invalidateRange: [checked("vkInvalidateMappedMemoryRanges", ...range)],
    createBuffer: [createBuffer],
    destroyBuffer: [call("vkDestroyBuffer", buffer, callbacks)],
    bufferRequirements: [call("vkGetBufferMemoryRequirements", buffer, constant(addresses.requirements))],
    bufferRequirements2: [
      call(
        "vkGetBufferMemoryRequirements2",
        constant(addresses.bufferQuery),
        constant(addresses.requirements2),
      ),
    ],
    bindBuffer: [checked("vkBindBufferMemory", buffer, memory, offset)],
    createAndBindBuffer: [
      { ...createBuffer, endsIfNegative: true },
      { ...call("vkBindBufferMemory", made, memory, offset), result: cells.secondResult },
    ],
    createImage: [createImage(addresses.out)],
    destroyImage: [call("vkDestroyImage", image, callbacks)],
    imageRequirements: [call("vkGetImageMemoryRequirements", image, constant(addresses.requirements))],
    imageRequirements2: [imageRequirements2],
    createImageWithRequirements2: [
      { ...createImage(addresses.queriedImage), endsIfNegative: true },
      imageRequirements2,
    ],
    bindImage: [checked("vkBindImageMemory", image, memory, offset)],
    createAndBindImage: [
      { ...createImage(addresses.out), endsIfNegative: true },
      { ...call("vkBindImageMemory", made, memory, offset), result: cells.secondResult },
    ],
  };
}

/** Calls through sequences, and what gives the sequences' memory back. */
export interface BlockCalls {
  readonly calls: ResourceCalls;
  free(): void;
}

/**
 * Binds the calls as sequences. What the device has no function for is left to `plain`.
 *
 * @param addressOf the address of a command; 0n where the device has none.
 */
export function bindBlockCalls(
  parts: ResourceCallParts,
  compile: NonNullable<ResourceCallParts["native"]["compile"]>,
  addressOf: (command: BlockCommand) => bigint,
  plain: ResourceCalls,
): BlockCalls {
  const described = Object.entries(describe(parts, addressOf)).filter(([, calls]) =>
    calls.every(({ address }) => address !== 0n),
  );
  const compiled = compile(described.map(([, calls]) => ({ block: parts.memory.address, calls })));
  const sequences = Object.fromEntries(described.map(([name], i) => [name, compiled.calls[i]!]));
  const calls = bindSequences(sequences, parts.memory, plain);
  return { calls, free: () => compiled.free() };
}

/** The calls, of those that there is a sequence for. Each closure holds what it needs: nothing is looked up in a call. */
function bindSequences(
  sequences: Partial<Record<SequenceName, () => void>>,
  memory: NativeMemory,
  plain: ResourceCalls,
): ResourceCalls {
  const { u32, i32, u64 } = memory;
  /** What there is a sequence for, else what there is without. */
  const either = <N extends SequenceName>(
    name: N,
    bind: (sequence: () => void) => ResourceCalls[N],
  ): ResourceCalls[N] => {
    const sequence = sequences[name];
    return sequence === undefined ? plain[name] : bind(sequence);
  };
  /** A call without arguments, whose result is kept. */
  const checked = (sequence: () => void) => (): number => {
    sequence();
    return i32[RESULT]!;
  };
  /** A call with one handle and no result. */
  const withHandle = (cell: number) => (sequence: () => void) => (handle: bigint) => {
    u64[cell] = handle;
    sequence();
  };
  /** Binds what lies in one cell to memory. */
  const binding =
    (cell: number) => (sequence: () => void) => (resource: bigint, memory: bigint, offset: number) => {
      u64[cell] = resource;
      u64[MEMORY] = memory;
      u32[OFFSET] = offset;
      u32[OFFSET + 1] = offset / TWO_32;
      sequence();
      return i32[RESULT]!;
    };
  /** Creates what is described and binds it: the result of what was done last. */
  const creatingAndBinding =
    (sequence: () => void) =>
    (memory: bigint, offset: number): number => {
      u64[MEMORY] = memory;
      u32[OFFSET] = offset;
      u32[OFFSET + 1] = offset / TWO_32;
      sequence();
      const result = i32[RESULT]!;
      return result < 0 ? result : i32[SECOND_RESULT]!;
    };
  return {
    allocateMemory: either("allocateMemory", checked),
    freeMemory: either("freeMemory", withHandle(MEMORY)),
    mapMemory: plain.mapMemory,
    unmapMemory: either("unmapMemory", withHandle(MEMORY)),
    flushRange: either("flushRange", checked),
    invalidateRange: either("invalidateRange", checked),
    createBuffer: either("createBuffer", checked),
    destroyBuffer: either("destroyBuffer", withHandle(BUFFER)),
    bufferRequirements: either("bufferRequirements", withHandle(BUFFER)),
    bufferRequirements2: either("bufferRequirements2", (sequence) => sequence),
    bindBuffer: either("bindBuffer", binding(BUFFER)),
    createAndBindBuffer: either("createAndBindBuffer", creatingAndBinding),
    createAndBindImage: either("createAndBindImage", creatingAndBinding),
    createResult: () => i32[RESULT]!,
    createImage: either("createImage", checked),
    destroyImage: either("destroyImage", withHandle(IMAGE)),
    imageRequirements: either("imageRequirements", withHandle(IMAGE)),
    imageRequirements2: either("imageRequirements2", (sequence) => sequence),
    createImageWithRequirements2: either("createImageWithRequirements2", checked),
    bindImage: either("bindImage", binding(IMAGE)),
  };
}
