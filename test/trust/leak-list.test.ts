/** A program that forgets to free gets a list that helps: each thing once, with name, kind, size, pool and origin. */

import { expect, it } from "vitest";
import { type Allocation, AllocationCreate, LeakError } from "../../src/index.ts";
import { closeWorld, stateOf } from "../helpers/world.ts";
import { bufferOf, bytes, everyKindWorld, imageOf, Type } from "./world.ts";

it.each([false, true])(
  "What is forgotten is listed, with its origin when asked for: %s",
  (creationStacks) => {
    const world = everyKindWorld({ debug: { creationStacks } });
    const { allocator } = world;
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, name: "uploads" });
    const made: Allocation[] = [];
    function loadsTexture(index: number): Allocation {
      return allocator.createImage(imageOf(8 + index), { name: `texture ${index}` }).allocation;
    }
    function makesUpload(index: number): Allocation {
      return allocator.createBuffer(bufferOf(1000 + index), { pool, name: `upload ${index}` }).allocation;
    }
    function takesMemory(index: number): Allocation {
      const flags = AllocationCreate.DedicatedMemory;
      return allocator.allocateMemory(bytes(5000 + index, Type.Device), { flags, userData: index });
    }
    const makers = [loadsTexture, makesUpload, takesMemory];
    for (let index = 0; index < 30; index++) made.push(makers[index % 3]!(index));
    const forgotten = made.filter((_allocation, index) => index % 5 === 0);
    for (const allocation of made) if (!forgotten.includes(allocation)) allocation.destroy();

    const leaks = allocator.leaks();
    expect(leaks.length).toBe(forgotten.length);
    for (const allocation of forgotten) {
      const index = made.indexOf(allocation);
      const leak = leaks.find(({ name, userData }) => (name ?? userData) === (allocation.name ?? index));
      expect(leak).toMatchObject({
        kind: ["IMAGE_OPTIMAL", "BUFFER", "UNKNOWN"][index % 3],
        size: allocation.size,
        offset: allocation.offset,
        memoryTypeIndex: allocation.memoryTypeIndex,
        dedicated: index % 3 === 2,
        pool: index % 3 === 1 ? 'pool 0 "uploads"' : undefined,
      });
      if (creationStacks) expect(leak!.stack!.split("\n")[0]).toContain(makers[index % 3]!.name);
      else expect(leak!.stack).toBeUndefined();
    }

    const before = stateOf(world);
    let error: unknown;
    try {
      allocator.destroy();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LeakError);
    expect(stateOf(world)).toEqual(before);
    const { message } = error as LeakError;
    expect(message).toContain("6 allocations and 1 pool are alive");
    expect(message).toMatch(/"texture 0": IMAGE_OPTIMAL, \d+ bytes, memory type 0, offset \d+/);
    expect(message).toMatch(/"upload 10": BUFFER, 10\d\d bytes, memory type 1, offset \d+, pool 0 "uploads"/);
    expect(message).toMatch(/unnamed: UNKNOWN, 5005 bytes, memory type 0, dedicated memory/);
    expect(message).toContain('pool 0 "uploads" was not destroyed');
    if (creationStacks) expect(message).toContain("leak-list.test.ts");

    for (const allocation of forgotten) allocation.destroy();
    pool.destroy();
    closeWorld(world);
  },
);
