/** The colours are told apart with every kind of colour vision, and text on them can be read. */

import { describe, expect, it } from "vitest";
import {
  ageColours,
  channels,
  darkTheme,
  groupColours,
  kindColours,
  lightTheme,
  OTHER_COLOUR,
  textOn,
} from "../../src/viewer/draw/palette.ts";

type Triple = readonly [number, number, number];

const linear = (value: number): number =>
  value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;

/** How dichromats see linear RGB (Viénot, Brettel and Mollon, 1999; for tritan a matrix of the same form). */
const visions: Readonly<Record<string, readonly Triple[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deutan: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
  tritan: [
    [1, 0.14461, -0.14461],
    [0, 0.85924, 0.14076],
    [0, 0.85924, 0.14076],
  ],
};

function seen(colour: string, vision: readonly Triple[]): Triple {
  const rgb = channels(colour).map(linear);
  const seenRgb = vision.map((row) =>
    Math.min(
      Math.max(
        row.reduce((sum, weight, i) => sum + weight * rgb[i]!, 0),
        0,
      ),
      1,
    ),
  ) as unknown as Triple;
  return toLab(seenRgb);
}

function toLab([r, g, b]: Triple): Triple {
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const distance = (a: Triple, b: Triple): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map(linear) as unknown as Triple;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(Object.entries(visions))("with %s colour vision", (_, vision) => {
  it.each([
    ["kinds", kindColours],
    ["groups", [...groupColours, OTHER_COLOUR]],
  ])("the colours of %s differ", (_, colours) => {
    const close: string[] = [];
    for (const [i, one] of colours.entries())
      for (const other of colours.slice(i + 1)) {
        const apart = distance(seen(one, vision), seen(other, vision));
        if (apart < 10) close.push(`${one} ${other} ${apart.toFixed(1)}`);
      }
    expect(close).toEqual([]);
  });

  it("age is told by lightness alone", () => {
    const lightness = ageColours.map((colour) => seen(colour, vision)[0]);
    for (let i = 1; i < lightness.length; i++) expect(lightness[i]! - lightness[i - 1]!).toBeGreaterThan(3);
  });
});

describe.each([
  ["light", lightTheme],
  ["dark", darkTheme],
])("in the %s theme", (_, theme) => {
  it("text can be read (WCAG AA)", () => {
    for (const surface of [theme.background, theme.surface]) {
      for (const text of [theme.text, theme.muted, theme.accent, theme.bad, theme.warning])
        expect(contrast(text, surface)).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(theme.muted, theme.free)).toBeGreaterThanOrEqual(4.5);
  });

  it("colours stand out from free memory", () => {
    const colours = [...kindColours, ...groupColours];
    const free = toLab(channels(theme.free).map(linear) as unknown as Triple);
    for (const colour of colours)
      expect(distance(toLab(channels(colour).map(linear) as unknown as Triple), free)).toBeGreaterThan(15);
  });
});

it("names on colours can be read", () => {
  for (const colour of [...kindColours, ...groupColours, ...ageColours])
    expect(contrast(textOn(colour), colour), colour).toBeGreaterThanOrEqual(4.5);
});
