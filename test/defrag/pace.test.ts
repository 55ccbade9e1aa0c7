/** How many moves a pass has when it is to take so many milliseconds. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pace } from "../../src/defrag/pace.ts";

describe("a pace", () => {
  let now = 0;

  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  it("without a limit never has enough", () => {
    const pace = new Pace(0);
    pace.begin();
    now += 1e6;
    expect(pace.isEnough(1e6)).toBe(false);
  });

  it("allows 64 moves while nothing is known of what they take", () => {
    const pace = new Pace(5);
    pace.begin();
    expect([0, 1, 63, 64, 65].map((moves) => pace.isEnough(moves))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it("then allows as many as took that long, on the average", () => {
    const pace = new Pace(5);
    pace.learn(64, 32);
    pace.begin();
    expect([0, 1, 9, 10].map((moves) => pace.isEnough(moves))).toEqual([false, false, false, true]);
    pace.learn(36, 68);
    expect(
      [4, 5].map((moves) => pace.isEnough(moves)),
      "1 ms each",
    ).toEqual([false, true]);
  });

  it("ends when planning alone has taken that long, but not before there is a move", () => {
    const pace = new Pace(5);
    pace.begin();
    now += 4.9;
    expect(pace.isEnough(1)).toBe(false);
    now += 0.1;
    expect(pace.isEnough(1)).toBe(true);
    expect(pace.isEnough(0)).toBe(false);
    pace.begin();
    expect(pace.isEnough(1), "from anew").toBe(false);
  });
});
