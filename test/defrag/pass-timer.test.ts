/** How many moves a pass has when it is to take so many milliseconds. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PassTimer } from "../../src/defrag/pass-timer.ts";

describe("a timer", () => {
  let now = 0;

  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  it("without a limit never has enough", () => {
    const timer = new PassTimer(0);
    timer.begin();
    now += 1e6;
    expect(timer.isEnough(1e6)).toBe(false);
  });

  it("allows 64 moves while nothing is known of what they take", () => {
    const timer = new PassTimer(5);
    timer.begin();
    expect([0, 1, 63, 64, 65].map((moves) => timer.isEnough(moves))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it("then allows as many as took that long, on the average", () => {
    const timer = new PassTimer(5);
    timer.learn(64, 32);
    timer.begin();
    expect([0, 1, 9, 10].map((moves) => timer.isEnough(moves))).toEqual([false, false, false, true]);
    timer.learn(36, 68);
    expect(
      [4, 5].map((moves) => timer.isEnough(moves)),
      "1 ms each",
    ).toEqual([false, true]);
  });

  it("ends when planning alone has taken that long, but not before there is a move", () => {
    const timer = new PassTimer(5);
    timer.begin();
    now += 4.9;
    expect(timer.isEnough(1)).toBe(false);
    now += 0.1;
    expect(timer.isEnough(1)).toBe(true);
    expect(timer.isEnough(0)).toBe(false);
    timer.begin();
    expect(timer.isEnough(1), "from anew").toBe(false);
  });
});
