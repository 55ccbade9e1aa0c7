/** What the bench asks of the reference's runner is described where whoever writes a runner reads it. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { allCases } from "../../bench/cases/index.ts";
import { ChurnState } from "../../bench/cases/virtual.ts";
import type { Context } from "../../bench/harness/case.ts";
import type { ReferenceRequest } from "../../bench/harness/reference.ts";
import { Mixes } from "../../bench/harness/sequence.ts";
import { NO_ALLOCATION, VirtualBlock } from "../../src/metadata/index.ts";
import { requireVulkan, vulkanAbsence } from "../helpers/vulkan.ts";

const README = readFileSync(join(import.meta.dirname, "../../bench/reference/README.md"), "utf8");

/** What every request of the section on devices has, as the text before its table says. */
const DEVICE_KEYS = ["device", "seed"];

/** The keys of each case in the tables; a row's "as above" means those of the row before. */
function describedKeys(): Map<string, Set<string>> {
  const rows = [...README.matchAll(/^\| (`[a-z].*?`) +\| ([^|]*?) +\| /gm)];
  const keys = new Map<string, Set<string>>();
  let above: string[] = [];
  for (const [, names, said] of rows) {
    if (said !== "as above")
      above = [...said!.matchAll(/`([^`]*)`/g)].flatMap(([, words]) => words!.split(" "));
    for (const [, name] of names!.matchAll(/`([^`]*)`/g)) keys.set(name!, new Set(above));
  }
  return keys;
}

/** All that the reference is asked for. */
async function requests(isDevice: boolean): Promise<ReferenceRequest[]> {
  const asked: ReferenceRequest[] = [];
  const reference = { round: (request: ReferenceRequest) => asked.push(request) };
  const context = { reference } as unknown as Context;
  for (const { id, sides } of await allCases()) {
    if (id.startsWith("device") !== isDevice || id.startsWith("import")) continue;
    for (const side of await sides(context)) {
      // The library's own rounds would take their time; the others only say what they ask for.
      if (side?.name.includes("C++")) await side.round();
    }
  }
  return asked;
}

describe("the reference's protocol", () => {
  const check = async (isDevice: boolean): Promise<void> => {
    const described = describedKeys();
    const asked = await requests(isDevice);
    expect(asked.length).toBeGreaterThan(5);
    for (const { case: name, ...values } of asked) {
      const known = described.get(name);
      const sent = Object.keys(values).filter((key) => !isDevice || !DEVICE_KEYS.includes(key));
      expect(
        sent.filter((key) => !known?.has(key)),
        `undescribed keys of ${name}`,
      ).toEqual([]);
      expect(known !== undefined, name).toBe(true);
    }
  };

  it("describes every key that cases of virtual blocks send", () => check(false));

  it("says what the filling before a churn adds to its checksum", () => {
    const [slots, prefill, operations] = [64, 32, 1_000];
    // As the page has it, in its order, for `small` sizes: 16 + r mod 497 bytes at multiples of 16.
    const block = new VirtualBlock({ size: 2 ** 16 });
    const held = new Array(slots).fill(NO_ALLOCATION);
    let [state, checksum] = [2463534242, 0];
    const draw = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state = (state ^ (state << 5)) >>> 0;
      return state;
    };
    const fill = (slot: number): void => {
      held[slot] = block.allocate(16 + (draw() % 497), 16);
      if (held[slot] !== NO_ALLOCATION) checksum = (checksum + block.offset(held[slot])) >>> 0;
    };
    for (let slot = 0; slot < prefill * 2; slot += 2) fill(slot);
    for (let operation = 0; operation < operations; operation++) {
      const slot = draw() % slots;
      if (held[slot] === NO_ALLOCATION) fill(slot);
      else {
        block.free(held[slot]);
        held[slot] = NO_ALLOCATION;
      }
    }
    const churn = new ChurnState(2 ** 16, slots);
    churn.prefill(prefill, Mixes.Small, 0);
    churn.run(operations, Mixes.Small, 0);
    expect(churn.sum).toBe(checksum);
  });

  const isAbsent = vulkanAbsence !== undefined && !requireVulkan;
  it.skipIf(isAbsent)("describes every key that cases of a device send", () => check(true));
});
