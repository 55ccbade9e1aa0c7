/** Options with a name that does not exist, and members of enumerations that do not: neither is ignored. */

import { expect, it } from "vitest";
import { createAllocator, MemoryUsage } from "../../src/index.ts";
import { lavapipe, SimulatedDevice } from "../../src/simulator/index.ts";

it("are refused with the nearest name", () => {
  using device = new SimulatedDevice(lavapipe);
  const allocator = createAllocator({ device });
  const buffer = (settings: object) => () => allocator.createBuffer({ size: 64, usage: 2 }, settings);
  expect(buffer({ minAlignmnet: 4 })).toThrow(/have no option "minAlignmnet"; is minAlignment meant\?/);
  expect(buffer({ usage: (MemoryUsage as Record<string, number>).AUTO })).toThrow(
    /usage must not be undefined/,
  );
  buffer({ name: undefined, pool: undefined })().allocation.destroy();
  const make = (settings: object) => () => createAllocator({ device, ...settings });
  expect(make({ heapSizeLimit: [1] })).toThrow(/have no option "heapSizeLimit"; is heapSizeLimits meant\?/);
  expect(make({ debug: { margins: 4 } })).toThrow(/have no option "margins"; is margin meant\?/);
  expect(() => createAllocator(device as never)).toThrow("say createAllocator({ device })");
  const pool = (settings: object) => () => allocator.createPool({ memoryTypeIndex: 0, ...settings });
  expect(pool({ blocksize: 4096 })).toThrow(/have no option "blocksize"; is blockSize meant\?/);
  allocator.destroy();
});
