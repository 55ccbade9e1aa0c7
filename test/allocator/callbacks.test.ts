/** The device-memory callbacks: when they are called, what they may do, and what happens when they throw. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, type DeviceMemoryEvent } from "../../src/allocator/index.ts";
import type { Allocator } from "../../src/face/index.ts";
import { bufferOf, bytes, free, KiB, kindsOf, MiB, stateOf, world } from "./setup.ts";

describe("The callbacks", () => {
  it("are called after memory was allocated and before it is freed", () => {
    const order: (string | DeviceMemoryEvent)[] = [];
    const { allocator, device } = world(
      {},
      {
        deviceMemoryCallbacks: {
          allocate: (event) => order.push("allocate", event),
          free: (event) => order.push("free", event),
        },
      },
      { onEvent: ({ kind }) => order.push(`driver ${kind}`) },
    );
    const allocation = allocator.allocateDedicatedMemory(bytes(KiB, 1));
    const event = { memoryTypeIndex: 0, memory: allocation.deviceMemory, size: KiB };
    free(allocation);
    expect(order).toEqual(["driver allocate", "allocate", event, "free", event, "driver free"]);
    expect(device.leaks()).toEqual([]);
  });

  it("are called for blocks too, and not for what lives in them", () => {
    const calls: string[] = [];
    const { allocator } = world(
      {},
      {
        deviceMemoryCallbacks: { allocate: () => calls.push("allocate"), free: () => calls.push("free") },
      },
    );
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 1 });
    const made = [1, 2, 3].map(() => allocator.allocateMemory(bytes(KiB), { pool }));
    free(...made);
    expect(calls).toEqual(["allocate"]);
    pool.destroy();
    expect(calls).toEqual(["allocate", "free"]);
  });

  it("find the allocator in a consistent state, but may not change it", () => {
    const refusals: string[] = [];
    const attempt = (step: () => unknown): void => {
      try {
        step();
        refusals.push("allowed");
      } catch (error) {
        refusals.push((error as Error).message);
      }
    };
    let allocator: Allocator | undefined;
    let held: { destroy(): void; map(): unknown } | undefined;
    const reenter = (): void => {
      if (allocator === undefined) return;
      const self = allocator;
      self.leaks();
      attempt(() => self.allocateMemory(bytes(KiB)));
      attempt(() => self.createBuffer(bufferOf(KiB)));
      attempt(() => self.createPool({ memoryTypeIndex: 0 }));
      attempt(() => self.trim());
      attempt(() => self.destroy());
      attempt(() => held?.destroy());
      attempt(() => held?.map());
      attempt(() => self.freeMemory(null));
    };
    const made = world({}, { deviceMemoryCallbacks: { allocate: reenter, free: reenter } });
    held = made.allocator.allocateMemory(bytes(KiB, 2));
    allocator = made.allocator;
    free(made.allocator.allocateDedicatedMemory(bytes(KiB)));
    expect(refusals).toHaveLength(16);
    expect(new Set(refusals)).toEqual(
      new Set(["the allocator is called from one of its own device-memory callbacks"]),
    );
    allocator = undefined;
    held.destroy();
  });
});

describe("A callback that throws", () => {
  /** A world whose callbacks throw from the time `broken` says. */
  function breakable() {
    const state = { allocate: Number.POSITIVE_INFINITY, free: Number.POSITIVE_INFINITY };
    const made = world(
      {},
      {
        deviceMemoryCallbacks: {
          allocate: () => {
            if (--state.allocate < 0) throw new Error("no allocation");
          },
          free: () => {
            if (--state.free < 0) throw new Error("no free");
          },
        },
      },
    );
    const mend = (): void => {
      state.allocate = Number.POSITIVE_INFINITY;
      state.free = Number.POSITIVE_INFINITY;
    };
    return { ...made, state, mend };
  }

  it("after an allocation undoes all of it", () => {
    const made = breakable();
    const before = stateOf(made);
    made.state.allocate = 0;
    for (const flags of [0, AllocationCreate.DedicatedMemory]) {
      expect(() => made.allocator.createBuffer(bufferOf(KiB), { flags })).toThrow("no allocation");
      expect(stateOf(made)).toEqual(before);
    }
    made.mend();
  });

  it("while a pool is made undoes all of it", () => {
    const made = breakable();
    const before = stateOf(made);
    made.state.allocate = 2;
    expect(() => made.allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 3 })).toThrow(
      "no allocation",
    );
    expect(stateOf(made)).toEqual(before);
    made.mend();
  });

  it("while pages are made undoes all of them", () => {
    const made = breakable();
    const info = { flags: AllocationCreate.DedicatedMemory };
    const before = stateOf(made);
    made.state.allocate = 2;
    expect(() => made.allocator.allocateMemoryPages(bytes(KiB), 3, info)).toThrow("no allocation");
    expect(stateOf(made)).toEqual(before);
    made.mend();
  });

  it("before memory is freed reaches the caller once it is freed all the same", () => {
    const made = breakable();
    const { allocator, state, events, device } = made;
    const dedicated = allocator.createDedicatedBuffer(bufferOf(KiB)).allocation;
    state.free = 0;
    expect(() => dedicated.destroy()).toThrow("no free");
    expect(dedicated.isFreed).toBe(true);
    expect(kindsOf(events)).toContain("free");
    expect(device.leaks()).toEqual([]);
    made.mend();
  });

  it("while a surplus block is freed leaves the rest as it has to be", () => {
    const made = breakable();
    const pool = made.allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const pages = made.allocator.allocateMemoryPages(bytes(MiB), 3, { pool });
    free(pages[0]!);
    made.state.free = 0;
    expect(() => pages[1]!.destroy()).toThrow("no free");
    expect(pages[1]!.isFreed).toBe(true);
    made.allocator.validate();
    made.mend();
    free(pages[2]!);
    pool.destroy();
  });

  it("while a pool is destroyed keeps no block from being freed", () => {
    const made = breakable();
    const pool = made.allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 3 });
    made.state.free = 0;
    expect(() => pool.destroy()).toThrow("no free");
    expect(made.device.leaks()).toEqual([]);
    made.allocator.validate();
    made.mend();
  });

  it("while the allocator is destroyed keeps no memory from being freed", () => {
    const made = breakable();
    made.allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 2 });
    made.allocator.allocateMemory(bytes(KiB, 2));
    made.allocator.allocateDedicatedMemory(bytes(KiB, 1));
    made.allocator.allocateDedicatedMemory(bytes(KiB, 1));
    made.state.free = 0;
    expect(() => made.allocator.destroy(true)).toThrow("no free");
    expect(made.device.leaks()).toEqual([]);
    expect(() => made.allocator.trim()).toThrow(/used after it was destroyed/);
    made.mend();
  });
});
