/** A short soak in the normal run; `npx tsx test/trust/soak/main.ts` is the long one, with the curve. */

import { describe, expect, it } from "vitest";
import { nvidiaDiscrete, SimulatedDevice } from "../../src/simulator/index.ts";
import { allocatorSubject, drift, type Sample, soak, virtualSubject } from "./soak/soak.ts";

/** Other programs run beside the tests, and take their share of the caches: the bound on time is wide. */
function expectFlat(samples: readonly Sample[]): void {
  expect(drift(samples, "nanoseconds")).toBeLessThan(3);
  expect(drift(samples, "heapUsed")).toBeLessThan(1.1);
  expect(drift(samples, "external")).toBeLessThan(1.2);
  expect(drift(samples, "rss")).toBeLessThan(1.2);
  expect(drift(samples, "deviceBytes")).toBeLessThan(1.2);
}

describe("Over many operations memory and time stay flat", () => {
  it("of an allocator", async () => {
    const device = new SimulatedDevice(nvidiaDiscrete);
    const subject = allocatorSubject(device);
    expectFlat(await soak(subject, 150_000, 12));
    subject.end();
    device.destroy();
  });

  it("of a virtual block", async () => {
    const subject = virtualSubject();
    expectFlat(await soak(subject, 4_000_000, 12));
    subject.end();
  });
});
