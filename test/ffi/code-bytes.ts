/** What is left of compiled code: garbage collected at once, and the bytes of code that this process has made. */

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runtime } from "../helpers/native.ts";
/** Collects garbage. */
export function gc(): void {
  if (runtime === "bun") {
    (globalThis as typeof globalThis & { Bun: { gc(now: boolean): void } }).Bun.gc(true);
    return;
  }
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** Bytes of anonymous memory of this process that can be executed and not written, as Linux lists it. */
export function codeBytes(): number {
  let bytes = 0;
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const range = /^(\w+)-(\w+) r-xp 00000000 00:00 0 *$/.exec(line);
    if (range !== null) bytes += Number(`0x${range[2]}`) - Number(`0x${range[1]}`);
  }
  return bytes;
}
