/** Searching takes as many looks in a block of many holes as in one of few. */

import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runCounting } from "../helpers/looks.ts";
import { FEW, MANY, SITUATIONS } from "./count-looks.ts";

describe("the looks that an allocation takes", () => {
  let results: Readonly<Record<string, { readonly few: number; readonly many: number }>> = {};
  beforeAll(() => {
    results = runCounting(join(import.meta.dirname, "count-looks.ts")) as typeof results;
  });

  it.each(Object.keys(SITUATIONS))(`at most double from ${FEW} to ${MANY} holes: %s`, (situation) => {
    const { few, many } = results[situation]!;
    // An allocation that is not looked for would be none.
    expect(few).toBeGreaterThan(1);
    expect(many).toBeLessThanOrEqual(few * 2);
    expect(many).toBeLessThan(200);
  });
});
