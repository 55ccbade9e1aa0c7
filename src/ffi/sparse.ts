/**
 * Sparse resources over a VkDevice: what images need, what formats can, and batches of vkQueueBindSparse.
 *
 * A batch may have tens of thousands of binds, so they are not written field by field through the layouts' names, but word
 * by word at offsets that are computed once. Memory for them grows with the largest batch and is used again.
 */

import { checkInteger, checkUint64 } from "../foundation/check.ts";
import type {
  BindSparseInfo,
  SparseImageFormatProperties,
  SparseImageMemoryBind,
  SparseImageMemoryRequirements,
  SparseMemoryBind,
} from "../vulkan/sparse.ts";
import type { QueueSynchronization, SemaphoreValue } from "../vulkan/transfer.ts";
import { layouts } from "./layout.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { type DecodedStruct, NativeMemory } from "./native-memory.ts";

/** Bytes that the structures around the binds take at most, and room to spare. */
const AROUND = 4096;

/** Reads VkSparseImageFormatProperties. */
export function readFormatProperties(decoded: DecodedStruct): SparseImageFormatProperties {
  const granularity = decoded.imageGranularity as DecodedStruct;
  return {
    aspectMask: decoded.aspectMask as number,
    imageGranularity: {
      width: granularity.width as number,
      height: granularity.height as number,
      depth: granularity.depth as number,
    },
    flags: decoded.flags as number,
  };
}

/** Reads VkSparseImageMemoryRequirements. */
export function readRequirements(decoded: DecodedStruct): SparseImageMemoryRequirements {
  return {
    ...readFormatProperties(decoded.formatProperties as DecodedStruct),
    imageMipTailFirstLod: decoded.imageMipTailFirstLod as number,
    imageMipTailSize: decoded.imageMipTailSize as number,
    imageMipTailOffset: decoded.imageMipTailOffset as number,
    imageMipTailStride: decoded.imageMipTailStride as number,
  };
}

/** Semaphores as structures take them: how many, their addresses, and the values of timelines. */
export interface EncodedSemaphores {
  readonly count: number;
  readonly handles: bigint;
  readonly values: bigint;
}

function encodeList(memory: NativeMemory, list: readonly SemaphoreValue[]): EncodedSemaphores {
  const handles = memory.pointers(list.map(({ semaphore }) => checkUint64(semaphore, "a semaphore")));
  const values = memory.pointers(
    list.map(({ value = 0 }) => BigInt(checkInteger(value, "a semaphore's value"))),
  );
  return { count: list.length, handles, values };
}

/** Writes what a batch waits for and signals; `pNext` is 0n where no timeline is among them. */
export function encodeSynchronization(
  memory: NativeMemory,
  synchronization: QueueSynchronization | undefined,
): { readonly waits: EncodedSemaphores; readonly signals: EncodedSemaphores; readonly pNext: bigint } {
  const waitList = synchronization?.waitSemaphores ?? [];
  const signalList = synchronization?.signalSemaphores ?? [];
  const waits = encodeList(memory, waitList);
  const signals = encodeList(memory, signalList);
  const hasTimeline = [...waitList, ...signalList].some(({ value }) => value !== undefined);
  if (!hasTimeline) return { waits, signals, pNext: 0n };
  const info = memory.struct("VkTimelineSemaphoreSubmitInfo", {
    waitSemaphoreValueCount: waits.count,
    pWaitSemaphoreValues: waits.values,
    signalSemaphoreValueCount: signals.count,
    pSignalSemaphoreValues: signals.values,
  });
  return { waits, signals, pNext: memory.at(info) };
}

const opaque = layouts.VkSparseMemoryBind;
const image = layouts.VkSparseImageMemoryBind;
const word = (offset: number): number => offset / 4;
const long = (offset: number): number => offset / 8;
const O = {
  longs: long(opaque.size),
  resourceOffset: long(opaque.offsets.resourceOffset),
  size: long(opaque.offsets.size),
  memory: long(opaque.offsets.memory),
  memoryOffset: long(opaque.offsets.memoryOffset),
  flags: word(opaque.offsets.flags),
} as const;
const I = {
  words: word(image.size),
  aspectMask: word(image.offsets.subresource),
  offset: word(image.offsets.offset),
  extent: word(image.offsets.extent),
  memory: long(image.offsets.memory),
  memoryOffset: long(image.offsets.memoryOffset),
  flags: word(image.offsets.flags),
} as const;

/** Writes batches of vkQueueBindSparse into memory that it keeps. */
export class SparseEncoder {
  readonly #native: NativeCalls;
  #memory: NativeMemory;

  constructor(native: NativeCalls) {
    this.#native = native;
    this.#memory = new NativeMemory(native, AROUND);
  }

  /** Writes a VkBindSparseInfo with all it points to: its address. */
  encode(info: BindSparseInfo): bigint {
    this.#makeRoom(info);
    const memory = this.#memory;
    memory.reset();
    const { waits, signals, pNext } = encodeSynchronization(memory, info);
    const buffers = (info.bufferBinds ?? []).map(({ buffer, binds }) => ({
      buffer: checkUint64(buffer, "buffer"),
      bindCount: binds.length,
      pBinds: this.#opaqueBinds(binds),
    }));
    const opaques = (info.imageOpaqueBinds ?? []).map((each) => ({
      image: checkUint64(each.image, "image"),
      bindCount: each.binds.length,
      pBinds: this.#opaqueBinds(each.binds),
    }));
    const images = (info.imageBinds ?? []).map((each) => ({
      image: checkUint64(each.image, "image"),
      bindCount: each.binds.length,
      pBinds: this.#imageBinds(each.binds),
    }));
    const all = memory.struct("VkBindSparseInfo", {
      pNext,
      waitSemaphoreCount: waits.count,
      pWaitSemaphores: waits.handles,
      bufferBindCount: buffers.length,
      pBufferBinds: this.#array("VkSparseBufferMemoryBindInfo", buffers),
      imageOpaqueBindCount: opaques.length,
      pImageOpaqueBinds: this.#array("VkSparseImageOpaqueMemoryBindInfo", opaques),
      imageBindCount: images.length,
      pImageBinds: this.#array("VkSparseImageMemoryBindInfo", images),
      signalSemaphoreCount: signals.count,
      pSignalSemaphores: signals.handles,
    });
    return memory.at(all);
  }

  /** Lets the memory go. */
  free(): void {
    this.#memory.free();
  }

  #makeRoom(info: BindSparseInfo): void {
    let bytes = AROUND;
    const semaphores = (info.waitSemaphores?.length ?? 0) + (info.signalSemaphores?.length ?? 0);
    bytes += semaphores * 32;
    for (const { binds } of info.bufferBinds ?? []) bytes += 32 + binds.length * opaque.size;
    for (const { binds } of info.imageOpaqueBinds ?? []) bytes += 32 + binds.length * opaque.size;
    for (const { binds } of info.imageBinds ?? []) bytes += 32 + binds.length * image.size;
    if (bytes <= this.#memory.size) return;
    this.#memory.free();
    this.#memory = new NativeMemory(this.#native, Math.max(bytes, 2 * this.#memory.size));
  }

  #array(
    struct:
      | "VkSparseBufferMemoryBindInfo"
      | "VkSparseImageOpaqueMemoryBindInfo"
      | "VkSparseImageMemoryBindInfo",
    items: readonly Readonly<Record<string, bigint | number>>[],
  ): bigint {
    if (items.length === 0) return 0n;
    const { size } = layouts[struct];
    const first = this.#memory.reserve(size * items.length);
    for (const [i, item] of items.entries()) this.#memory.write(struct, first + i * size, item);
    return this.#memory.at(first);
  }

  #opaqueBinds(binds: readonly SparseMemoryBind[]): bigint {
    if (binds.length === 0) return 0n;
    const first = this.#memory.reserve(binds.length * opaque.size);
    const { u32, u64 } = this.#memory;
    let at = long(first);
    for (const bind of binds) {
      setSize(u32, at + O.resourceOffset, bind.resourceOffset);
      setSize(u32, at + O.size, bind.size);
      u64[at + O.memory] = bind.memory;
      setSize(u32, at + O.memoryOffset, bind.memoryOffset);
      u32[at * 2 + O.flags] = bind.flags ?? 0;
      at += O.longs;
    }
    return this.#memory.at(first);
  }

  #imageBinds(binds: readonly SparseImageMemoryBind[]): bigint {
    if (binds.length === 0) return 0n;
    const first = this.#memory.reserve(binds.length * image.size);
    const { u32, u64 } = this.#memory;
    let at = word(first);
    for (const { aspectMask, mipLevel, arrayLayer, offset, extent, ...bind } of binds) {
      u32[at + I.aspectMask] = aspectMask;
      u32[at + I.aspectMask + 1] = mipLevel;
      u32[at + I.aspectMask + 2] = arrayLayer;
      u32[at + I.offset] = offset.x;
      u32[at + I.offset + 1] = offset.y;
      u32[at + I.offset + 2] = offset.z ?? 0;
      u32[at + I.extent] = extent.width;
      u32[at + I.extent + 1] = extent.height;
      u32[at + I.extent + 2] = extent.depth;
      u64[at / 2 + I.memory] = bind.memory;
      setSize(u32, at / 2 + I.memoryOffset, bind.memoryOffset);
      u32[at + I.flags] = bind.flags ?? 0;
      at += I.words;
    }
    return this.#memory.at(first);
  }
}

/** Writes a 64-bit size, of which the caller has checked that it is a safe integer. */
function setSize(u32: Uint32Array, index: number, value: number): void {
  u32[index * 2] = value % 4294967296;
  u32[index * 2 + 1] = Math.floor(value / 4294967296);
}
