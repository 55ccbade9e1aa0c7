/**
 * Memory that something can still access although the program has unmapped or freed it: a view of it was taken (`./mapping.ts`
 * says how), so that an ArrayBuffer over it exists that can no longer be detached; or a range of it is lent to a worker. It is
 * never unmapped and never freed, so that accessing it stays harmless, and it is reported as leaked: by `NativeDevice.leaks()`,
 * and by a process warning when it is freed.
 */

import { asData } from "../foundation/inspect.ts";
import type { DeviceMemory } from "../vulkan/handles.ts";
import type { ReachedBy } from "./mapping.ts";

/** A memory object that could not be freed. */
export interface TakenMemory {
  /** VkDeviceMemory */
  readonly memory: DeviceMemory;
  /** Bytes. */
  readonly size: number;
  /** Where it is mapped. */
  readonly address: bigint;
  /** Why it still exists. */
  readonly reason: string;
}

const REASONS: Readonly<Record<ReachedBy, string>> = {
  "a taken view":
    "a view of it was transferred (a BYOB read into mapped bytes, or a transfer of their buffer), and whoever has " +
    "the buffer can still reach it",
  "a place": "it is mapped at a place of the program's, which the driver or the system could not give back",
  "a worker": "a range of it was lent to a worker and not given back, and the worker can still reach it",
};

/** The taken memory of one device. */
export class TakenMemories {
  readonly #all = new Map<DeviceMemory, TakenMemory>();
  readonly #freed = new Set<DeviceMemory>();

  get size(): number {
    return this.#all.size;
  }

  /** Something can still access this memory. */
  add(
    memory: DeviceMemory,
    { address, size }: { readonly address: bigint; readonly size: number },
    reachedBy: ReachedBy,
  ): void {
    this.#all.set(memory, asData({ memory, size, address, reason: REASONS[reachedBy] }));
  }

  /** Where the memory is mapped, if it was taken. */
  addressOf(memory: DeviceMemory): bigint | undefined {
    return this.#all.get(memory)?.address;
  }

  /** The program has freed the memory: it is leaked from now on. */
  free(memory: DeviceMemory): void {
    if (this.#freed.has(memory)) return;
    this.#freed.add(memory);
    const { size, reason } = this.#all.get(memory)!;
    process.emitWarning(
      `memory 0x${memory.toString(16)} of ${size} bytes is leaked, neither unmapped nor freed: ${reason}`,
      "MemoryLeakWarning",
    );
  }

  /** The program has destroyed the device, and all of it is leaked. */
  freeAll(): void {
    for (const memory of this.#all.keys()) this.free(memory);
  }

  leaks(): TakenMemory[] {
    return [...this.#freed].map((memory) => this.#all.get(memory)!);
  }
}
