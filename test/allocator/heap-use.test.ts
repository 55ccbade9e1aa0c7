/** What allocations cost in JavaScript's heap: bytes for each that is alive, and garbage for each that is gone. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("./measure-heap.ts", import.meta.url));
interface Figures {
  readonly bytesPerLive: number;
  readonly garbagePerPair: number;
  readonly garbageOfResult: number;
}

let measured: Figures;
beforeAll(() => {
  const args = ["--expose-gc", "--import", "tsx", script];
  measured = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
});

describe("JavaScript's heap", () => {
  it("has at most 250 bytes for a live suballocation", () => {
    expect(measured.bytesPerLive).toBeLessThanOrEqual(250);
    expect(measured.bytesPerLive).toBeGreaterThan(50);
  });

  it("gets no garbage from creating and destroying beyond what the caller is handed", () => {
    // The pair, the allocation in it, and the handle.
    expect(measured.garbagePerPair).toBeLessThanOrEqual(measured.garbageOfResult + 8);
  });
});
