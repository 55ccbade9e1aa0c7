/** What a console and JSON show of the library's objects: what a person wants to know, and no error for a bigint. */

import { inspect } from "node:util";
import { expect, it } from "vitest";
import { createAllocator } from "../../src/index.ts";
import { lavapipe, SimulatedDevice } from "../../src/simulator/index.ts";

it("is one line for each object, and text for each handle", () => {
  using device = new SimulatedDevice(lavapipe);
  const allocator = createAllocator({ device });
  const pool = allocator.createPool({ memoryTypeIndex: 0, name: "uploads" });
  const { allocation } = allocator.createBuffer({ size: 256, usage: 2 }, { pool, name: "vertices" });
  expect(inspect(allocation)).toMatch(
    /^Allocation "vertices": 256 bytes, memory type 0, offset 0, .*uploads/,
  );
  expect(inspect(pool)).toMatch(/uploads.*1 blocks/);
  for (const object of [allocation, pool, allocator, device]) {
    expect(inspect(object)).toBe(String(object));
    expect(inspect(object).split("\n")).toHaveLength(1);
    expect(typeof JSON.stringify(object)).toBe("string");
  }
  expect(JSON.parse(JSON.stringify(allocation))).toMatchObject({
    name: "vertices",
    deviceMemory: expect.stringMatching(/^0x/),
  });
  allocation.destroy();
  expect(String(allocation)).toBe('Allocation "vertices", freed');
  expect(JSON.stringify(allocation)).toContain("isFreed");
  pool.destroy();
  allocator.destroy();
});
