/** A driver that crashes or gives up ends the process in the same way whether machine code called it or koffi alone. */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ended, runProgram } from "../helpers/child.ts";
import { runtime } from "../helpers/native.ts";

const areProven = runtime === "node" && process.platform === "linux" && process.arch === "x64";

describe.runIf(areProven)("A C function that ends the process", () => {
  const die = (way: string, death: string): Ended =>
    runProgram(join(import.meta.dirname, "programs", "dies.ts"), [way, death]);

  it.each([
    ["abort", "SIGABRT", "abort"],
    ["fault", "SIGSEGV", "memset"],
    ["raise", "SIGBUS", "raise"],
  ])("by %s ends it with %s with argument blocks and without", (death, signal, name) => {
    const [plain, blocks] = [die("plain", death), die("blocks", death)];
    expect(plain).toMatchObject({ status: null, signal, output: `plain: ${name}` });
    expect(blocks).toEqual({ ...plain, output: `blocks: ${name}` });
  });
});
