/** What is granted to planning. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { Meter } from "../../src/compaction/meter.ts";

afterEach(() => vi.restoreAllMocks());

describe("a meter", () => {
  it("grants steps, the same on every machine", () => {
    const meter = new Meter();
    expect(meter.isOver).toBe(false);
    expect(meter.isUnlimited).toBe(true);
    meter.grant({ steps: 3 });
    expect(meter.isUnlimited).toBe(false);
    meter.spend(2);
    expect([meter.isOver, meter.stepsLeft]).toEqual([false, 1]);
    meter.spend();
    expect([meter.isOver, meter.stepsLeft]).toEqual([true, 0]);
    meter.grant({ steps: 1 });
    expect(meter.isOver).toBe(false);
  });

  it("grants milliseconds, and asks the clock every few steps", () => {
    let now = 100;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    const meter = new Meter();
    meter.grant({ milliseconds: 2 });
    for (let step = 0; step < 64; step++) {
      expect(meter.isOver).toBe(false);
      meter.spend();
    }
    expect(clock.mock.calls.length).toBeLessThan(8);
    now = 102;
    meter.spend(16);
    expect(meter.isOver).toBe(true);
    expect(meter.isOver, "until more is granted").toBe(true);
  });

  it("grants some steps whatever time they take", () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now++);
    const meter = new Meter();
    meter.grant({ milliseconds: 1, leastSteps: 50 });
    meter.spend(49);
    expect(meter.isOver).toBe(false);
    meter.spend();
    expect(meter.isOver).toBe(true);
  });
});
