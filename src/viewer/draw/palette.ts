/**
 * Colours. Those of groups are Okabe and Ito's, which people with any colour vision tell apart, in three lightnesses;
 * buffers are blue and green, images warm. Colour is never the only sign: names, legends and outlines say the same.
 */

/** The colours of the frame around data. */
export interface Theme {
  readonly isDark: boolean;
  readonly background: string;
  readonly surface: string;
  /** Free memory in a block. */
  readonly free: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly bad: string;
  readonly warning: string;
}

export const lightTheme: Theme = {
  isDark: false,
  background: "#f7f7f5",
  surface: "#ffffff",
  free: "#e7e7e3",
  line: "#d8d8d3",
  text: "#1d1d1b",
  muted: "#62625d",
  accent: "#1f5fd0",
  bad: "#b3261e",
  warning: "#8a5a00",
};

export const darkTheme: Theme = {
  isDark: true,
  background: "#131416",
  surface: "#1b1c1f",
  free: "#2c2e33",
  line: "#393b41",
  text: "#ececea",
  muted: "#a3a5aa",
  accent: "#7fa8ff",
  bad: "#ff8a80",
  warning: "#f2b84b",
};

/** How ranges are coloured. */
export interface RangeColours {
  of(range: number): string;
}

/** The colours of kinds of resources, in their order. */
export const kindColours: readonly string[] = [
  "#8b9097", // unknown
  "#0f62b4", // vertex and index buffer
  "#56b4e9", // uniform buffer
  "#009e73", // storage buffer
  "#a8c6e0", // other buffer
  "#e69f00", // texture
  "#d55e00", // render target
  "#b5508f", // depth and stencil
  "#efe04a", // other image
  "#7a4b2a", // linear image
];

/** The colours of other groups, the largest first; the rest is grey. */
export const groupColours: readonly string[] = [
  "#0f62b4",
  "#e69f00",
  "#009e73",
  "#b5508f",
  "#56b4e9",
  "#d55e00",
  "#efe04a",
  "#7a4b2a",
  "#a8c6e0",
];

/** The colour of what has no colour of its own. */
export const OTHER_COLOUR = "#8b9097";

/** From old to new: the middle of cividis, whose lightness alone says the order. */
export const ageColours: readonly string[] = [
  "#27406f",
  "#44527a",
  "#5d6478",
  "#757679",
  "#8e8979",
  "#a99d75",
  "#c5b26c",
  "#e3c95c",
  "#fde245",
];

/** The colour of a group. */
export function colourOfGroup(isKind: boolean, group: number): string {
  return (isKind ? kindColours : groupColours)[group] ?? OTHER_COLOUR;
}

/** Red, green and blue from 0 to 255. */
export function channels(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

/** Black or white, whichever stands out more. */
export function textOn(colour: string): string {
  const [r, g, b] = channels(colour).map((value) => (value / 255) ** 2.2) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000000" : "#ffffff";
}
