/** Random programs on a device in memory, which refuses buffers now and then. */

import { describe, expect, it } from "vitest";
import { SEED } from "../helpers/random.ts";
import { FakeDevice } from "./fake-device.ts";
import { runProgram } from "./programs.ts";

describe(`random programs on a heap (VMA_TS_SEED=${SEED})`, () => {
  const salts = Array.from({ length: 40 }, (_, index) => index + 1);
  const totals: Record<string, number> = {};

  it.each(salts)("program %d", async (salt) => {
    const device = new FakeDevice();
    const counts = await runProgram({
      device,
      salt,
      steps: 250,
      setRefusing: (isRefusing) => {
        device.maxBytes = isRefusing ? 5000 : Number.POSITIVE_INFINITY;
      },
    });
    for (const [what, count] of Object.entries(counts)) totals[what] = (totals[what] ?? 0) + count;
    expect(device.uncaptured).toEqual([]);
    expect(device.liveBuffers.size).toBe(0);
  });

  it("did everything that they may do", () => {
    for (const what of [
      "allocated",
      "freed",
      "writes",
      "resized",
      "moved",
      "moved by an encoder",
      "no room",
    ]) {
      expect(totals[what], what).toBeGreaterThan(20);
    }
    for (const what of ["refused", "maxBlocks"]) expect(totals[what], what).toBeGreaterThan(0);
  });
});
