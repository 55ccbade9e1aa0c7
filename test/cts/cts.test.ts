/** The cases of `./memory.ts` and `./sparse.ts` on simulated devices and on the real one. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireVulkan, vulkanAbsence } from "../helpers/vulkan.ts";
import { type CtsDevice, realDevice, runCase, simulatedDevices } from "./devices.ts";
import { memoryCases } from "./memory.ts";
import { placedCases } from "./placed.ts";
import { sparseCases } from "./sparse.ts";

const cases = [...memoryCases, ...placedCases, ...sparseCases];

function group(name: string, make: () => CtsDevice): void {
  describe(`conformance cases on ${name}`, () => {
    let device: CtsDevice | undefined;
    let passed = 0;
    const lacking = new Map<string, number>();
    beforeAll(() => {
      device = make();
    });
    it.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
      const outcome = await runCase(one, device!);
      if (outcome.result === "failed") throw outcome.error;
      if (outcome.result === "passed") passed++;
      else lacking.set(outcome.what, (lacking.get(outcome.what) ?? 0) + 1);
    });
    afterAll(() => {
      const rest = [...lacking].map(([what, count]) => `${count} without ${what}`).join(", ");
      console.info(
        `${device!.name}: ${passed} of ${cases.length} cases passed${rest === "" ? "" : `; ${rest}`}`,
      );
      expect(device!.close(), "messages of the validation layer").toEqual([]);
    });
  });
}

describe("the list of cases", () => {
  it("has no name twice", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});

for (const [name, make] of Object.entries(simulatedDevices)) group(name, make);

if (vulkanAbsence === undefined) group("the real device", () => realDevice(true));
else if (requireVulkan) it("needs Vulkan", () => expect.fail(vulkanAbsence));
else
  describe.skip(`conformance cases on the real device (skipped: ${vulkanAbsence})`, () =>
    it("are skipped", () => {}));
