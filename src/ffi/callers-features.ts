/**
 * The chain of feature structures that a caller has encoded for vkCreateDevice. A structure may stand in a chain once,
 * and one of a feature beside those of a Vulkan version that has the feature not at all. So what the library enables
 * is set in the caller's structures where they have it, for the time of the call.
 */

import { layouts } from "./layout.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { type StructName, structureTypes } from "./structs.ts";

/** Of more structures than Vulkan has, a chain is taken to be a circle. */
const MOST_STRUCTURES = 4096;
/** Bytes of sType and pNext. */
const HEADER = 16;

type Memory = Pick<NativeCalls, "read" | "write">;

export class CallersFeatures {
  readonly #memory: Memory;
  /** Where each structure lies, by its sType. */
  readonly #places = new Map<number, bigint>();

  /** `chain` is the address of the first structure, 0n for none. */
  constructor(memory: Memory, chain: bigint) {
    this.#memory = memory;
    const header = new Uint8Array(HEADER);
    const view = new DataView(header.buffer);
    let next = chain;
    for (let count = 0; next !== 0n; count++) {
      if (count === MOST_STRUCTURES)
        throw new RangeError("featureChain has no end: it leads back into itself");
      memory.read(next, header);
      this.#places.set(view.getUint32(0, true), next);
      next = view.getBigUint64(8, true);
    }
  }

  /** Whether a structure of this name is in the chain. */
  has(struct: StructName): boolean {
    return this.#places.has(structureTypes[struct]!);
  }

  /** The address of a structure's member in the caller's memory, if the structure is in the chain. */
  #addressOf(struct: StructName, member: string): bigint | undefined {
    const place = this.#places.get(structureTypes[struct]!);
    if (place === undefined) return undefined;
    if (struct === "VkPhysicalDeviceFeatures2") {
      const { features } = layouts.VkPhysicalDeviceFeatures2.offsets;
      return place + BigInt(features + offsetOf("VkPhysicalDeviceFeatures", member));
    }
    return place + BigInt(offsetOf(struct, member));
  }

  /** Whether the member of the structure is there and on. */
  isOn(struct: StructName, member: string): boolean {
    const address = this.#addressOf(struct, member);
    if (address === undefined) return false;
    const word = new Uint8Array(4);
    this.#memory.read(address, word);
    return word.some((byte) => byte !== 0);
  }

  /** Runs `call` while the members are on, each in its structure of the chain. Then they are as they were. */
  while<T>(members: readonly (readonly [struct: StructName, member: string])[], call: () => T): T {
    const before: (readonly [bigint, Uint8Array])[] = [];
    try {
      for (const [struct, member] of members) {
        const address = this.#addressOf(struct, member)!;
        const word = new Uint8Array(4);
        this.#memory.read(address, word);
        before.push([address, word]);
        this.#memory.write(address, new Uint8Array(new Uint32Array([1]).buffer));
      }
      return call();
    } finally {
      for (const [address, word] of before.reverse()) this.#memory.write(address, word);
    }
  }
}

function offsetOf(struct: StructName, member: string): number {
  return layouts[struct].fields.find(({ name }) => name === member)!.offset;
}
