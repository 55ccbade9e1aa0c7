/**
 * Native calls by hand: the four driver calls of a buffer's life (vkCreateBuffer, vkGetBufferMemoryRequirements,
 * vkBindBufferMemory, vkDestroyBuffer) in two sequences with an argument block, beside the same calls one by one, through
 * plain koffi and from C++.
 */

import type { NativeDevice } from "../../src/ffi/index.ts";
import { withArgumentBlocks } from "../../src/ffi/native/blocks/argument-blocks.ts";
import type { Operand, SequenceCall } from "../../src/ffi/native/blocks/sequence.ts";
import type { NativeCalls } from "../../src/ffi/native/native-calls.ts";
import { Result } from "../../src/index.ts";
import type { DeviceMemory } from "../../src/vulkan/handles.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { type Case, referenceSide, type Side, SideName } from "../harness/case.ts";
import { openDevice, openPlainDevice } from "../harness/device.ts";
import { importFace, runtime } from "../harness/runtime.ts";
import { deviceRequest, roundOf, STORAGE, type Work } from "./device-work.ts";

const SIZE = 65536;
const [WARMUP, OPERATIONS] = [10_000, 100_000] as const;
/** VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO */
const BUFFER_CREATE_INFO = 12;

/** A VkDeviceMemory for such a buffer, and the bytes that it needs. */
function memoryFor(device: NativeDevice): { memory: DeviceMemory; size: number } {
  const requirements = emptyMemoryRequirements();
  const probe = device.createBuffer({ size: SIZE, usage: STORAGE });
  device.getBufferMemoryRequirements(probe, requirements, false);
  device.destroyBuffer(probe);
  const { memoryTypeBits, size } = requirements;
  const memoryTypeIndex = 31 - Math.clz32(memoryTypeBits & -memoryTypeBits);
  return { memory: device.allocateMemory({ allocationSize: size, memoryTypeIndex }), size };
}

/** The calls as the device makes them, one by one. */
function oneByOne(device: NativeDevice): Work {
  const { memory } = memoryFor(device);
  const requirements = emptyMemoryRequirements();
  const info = { size: SIZE, usage: STORAGE };
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const buffer = device.createBuffer(info);
        device.getBufferMemoryRequirements(buffer, requirements, false);
        device.bindBufferMemory(buffer, memory, 0);
        sum = (sum + requirements.size) >>> 0;
        device.destroyBuffer(buffer);
      }
      return sum;
    },
    finish: () => device.freeMemory(memory),
  };
}

/** The block, in 64-bit words: what is passed by address, then cells. */
const Word = { info: 0, requirements: 7, buffer: 10, results: 11, end: 12 } as const;

/** The calls in two sequences: three to the buffer that is bound, one to its end. */
function sequences(device: NativeDevice, native: NativeCalls, addressOf: (name: string) => bigint): Work {
  const { memory } = memoryFor(device);
  const block = new BigUint64Array(new ArrayBuffer(Word.end * 8));
  const words = new Uint32Array(block.buffer);
  const results = new Int32Array(block.buffer);
  words[Word.info * 2] = BUFFER_CREATE_INFO;
  words[(Word.info + 3) * 2] = SIZE;
  words[(Word.info + 4) * 2] = STORAGE;
  const start = native.addressOf(block.buffer);
  const constant = (value: bigint): Operand => ({ constant: value });
  const at = (word: number): Operand => constant(start + BigInt(word * 8));
  const buffer: Operand = { cell: Word.buffer * 8 };
  const call = (name: string, ...operands: Operand[]): SequenceCall => ({
    address: addressOf(name),
    operands: [constant(device.handle), ...operands],
  });
  const create = call("vkCreateBuffer", at(Word.info), constant(0n), at(Word.buffer));
  const { calls, free } = native.compile!([
    {
      block: start,
      calls: [
        { ...create, result: Word.results * 8, endsIfNegative: true },
        call("vkGetBufferMemoryRequirements", buffer, at(Word.requirements)),
        {
          ...call("vkBindBufferMemory", buffer, constant(memory), constant(0n)),
          result: Word.results * 8 + 4,
        },
      ],
    },
    { block: start, calls: [call("vkDestroyBuffer", buffer, constant(0n))] },
  ]);
  const [make, destroy] = calls as [() => void, () => void];
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        make();
        if (
          results[Word.results * 2] !== Result.Success ||
          results[Word.results * 2 + 1] !== Result.Success
        ) {
          throw new Error("a driver call failed");
        }
        const made = block[Word.buffer]!;
        sum = (sum + words[Word.requirements * 2]!) >>> 0;
        block[Word.buffer] = made;
        destroy();
      }
      return sum;
    },
    finish: () => {
      free();
      device.freeMemory(memory);
    },
  };
}

async function sequenceSide(device: NativeDevice): Promise<Side | undefined> {
  if (runtime !== "node") return undefined;
  const { koffiCalls } = await import("../../src/ffi/native/koffi.ts");
  let native: NativeCalls;
  try {
    native = withArgumentBlocks(koffiCalls());
  } catch {
    return undefined;
  }
  const library = native.load((await importFace()).loadVulkan().path);
  const getDeviceProcAddr = native.declare(library.find("vkGetDeviceProcAddr"), "pp>a");
  const addressOf = (name: string): bigint => {
    const text = new TextEncoder().encode(`${name}\0`);
    const copy = new ArrayBuffer(text.length);
    new Uint8Array(copy).set(text);
    return BigInt(getDeviceProcAddr(device.handle, native.addressOf(copy)));
  };
  return {
    name: SideName.Sequences,
    exact: false,
    round: () => roundOf(sequences(device, native, addressOf), WARMUP, OPERATIONS),
  };
}

export const nativeCallCases: readonly Case[] = [
  {
    id: "device-native/four-calls",
    group: "Native calls",
    title: "four driver calls: create, ask, bind, destroy",
    operation: "buffer",
    sides: async (context) => {
      const device = openDevice();
      if (device === undefined) return [];
      const side = (name: SideName, on: NativeDevice): Side => ({
        name,
        exact: false,
        round: () => roundOf(oneByOne(on), WARMUP, OPERATIONS),
      });
      return [
        side(SideName.Ours, device),
        referenceSide(
          context,
          { ...deviceRequest(device, "device-bare"), warmup: WARMUP, operations: OPERATIONS },
          { exact: false },
        ),
        await sequenceSide(device),
        runtime === "node" ? side(SideName.PlainKoffi, openPlainDevice()) : undefined,
      ];
    },
  },
];
