/** Texts on the map stay in the bars that they belong to. */

import { expect, it } from "vitest";
import { fitted } from "../../src/viewer/draw/fitted.ts";
import { Random } from "../helpers/random.ts";

/** Widths like those of a sans-serif font. */
function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (/[MW]/.test(letter)) width += 10;
    else if (/[A-Z]/.test(letter)) width += 8;
    else if (/[iljt.]/.test(letter)) width += 3;
    else width += 6;
  }
  return width;
}

const context = { font: "11px test", measureText: (text: string) => ({ width: widthOf(text) }) };

it("is never wider than its room, however wide its letters", () => {
  const random = new Random(6);
  const letters = "WMSHEPURDiltj.abc_ 012";
  for (let round = 0; round < 5000; round++) {
    const length = random.below(40);
    const text = Array.from({ length }, () => letters[random.below(letters.length)]).join("");
    const room = random.below(200);
    const shown = fitted(context, text, room);
    expect(widthOf(shown)).toBeLessThanOrEqual(room);
    if (shown !== text && shown !== "") expect(text.startsWith(shown.slice(0, -1))).toBe(true);
  }
});

it("cuts capitals earlier than small letters, and leaves whole what fits", () => {
  expect(fitted(context, "SHEPURD_TEXTURE", 60)).toBe("SHEPUR…");
  expect(fitted(context, "illit", 60)).toBe("illit");
  expect(fitted(context, "WWWWWWW", 14)).toBe("");
});
