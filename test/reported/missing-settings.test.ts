/** Nothing where settings are expected, and a name where a profile is: errors that say what is missing, not the engine's own. */

import { expect, it } from "vitest";
import { VirtualBlock } from "../../src/metadata/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";

it.each([
  ["new VirtualBlock()", () => new VirtualBlock(undefined as never), /a virtual block's settings/],
  [
    "new SimulatedDevice(name)",
    () => new SimulatedDevice("amd-discrete" as never),
    /a device's profile.*"amd-discrete"/,
  ],
  ["new SimulatedDevice({})", () => new SimulatedDevice({} as never), /memoryHeaps/],
])("%s says what is missing", (_, make, message) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
