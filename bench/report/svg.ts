/**
 * The little SVG that two kinds of charts need: text, rectangles, lines, axes. Colours are classes, defined once
 * for light and once for dark surroundings; the background is painted, so that a chart is readable wherever it
 * is shown.
 */

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .muted { fill: #59636e }
  .page { fill: #ffffff }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .whisker { stroke: #1f2328; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
  .c0 { fill: #0969da } .c1 { fill: #bc4c00 } .c2 { fill: #1a7f37 } .c3 { fill: #8250df } .c4 { fill: #9a6700 } .c5 { fill: #6e7781 } .c6 { fill: #bf3989 } .c7 { fill: #1b7c83 } .c8 { fill: #cf222e }
  .l0 { stroke: #0969da } .l1 { stroke: #bc4c00 } .l2 { stroke: #1a7f37 } .l3 { stroke: #8250df } .l4 { stroke: #9a6700 } .l5 { stroke: #6e7781 } .l6 { stroke: #bf3989 } .l7 { stroke: #1b7c83 } .l8 { stroke: #cf222e }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .muted { fill: #9198a1 }
    .page { fill: #0d1117 }
    .grid { stroke: #3d444d }
    .whisker { stroke: #f0f6fc }
    .c0 { fill: #4493f8 } .c1 { fill: #f0883e } .c2 { fill: #3fb950 } .c3 { fill: #ab7df8 } .c4 { fill: #d29922 } .c5 { fill: #8b949e } .c6 { fill: #db61a2 } .c7 { fill: #39c5cf } .c8 { fill: #ff7b72 }
    .l0 { stroke: #4493f8 } .l1 { stroke: #f0883e } .l2 { stroke: #3fb950 } .l3 { stroke: #ab7df8 } .l4 { stroke: #d29922 } .l5 { stroke: #8b949e } .l6 { stroke: #db61a2 } .l7 { stroke: #39c5cf } .l8 { stroke: #ff7b72 }
  }
`;

/** How many colours there are. */
export const COLOURS = 9;

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** One decimal: what no eye can see has no place in a diff. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** About how wide a text is, in pixels. */
export function textWidth(text: string): number {
  return text.length * 7.2;
}

/** A drawing under way. */
export class Drawing {
  readonly #parts: string[] = [];

  text(
    x: number,
    y: number,
    text: string,
    anchor: "start" | "middle" | "end" = "start",
    className = "",
  ): void {
    const cls = className === "" ? "" : ` class="${className}"`;
    this.#parts.push(
      `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}"${cls}>${escapeText(text)}</text>`,
    );
  }

  /** Text that reads upwards, centred on the point. */
  upwardText(x: number, y: number, text: string): void {
    const where = `x="${n(x)}" y="${n(y)}" transform="rotate(-90 ${n(x)} ${n(y)})"`;
    this.#parts.push(`<text ${where} text-anchor="middle" class="muted">${escapeText(text)}</text>`);
  }

  rectangle(x: number, y: number, width: number, height: number, className: string, tip = ""): void {
    const title = tip === "" ? "/>" : `><title>${escapeText(tip)}</title></rect>`;
    this.#parts.push(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" class="${className}"${title}`,
    );
  }

  line(x1: number, y1: number, x2: number, y2: number, className: string): void {
    this.#parts.push(`<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" class="${className}"/>`);
  }

  path(points: readonly (readonly [number, number])[], className: string): void {
    this.#parts.push(
      `<polyline points="${points.map(([x, y]) => `${n(x)},${n(y)}`).join(" ")}" class="${className}"/>`,
    );
  }

  dot(x: number, y: number, className: string, tip: string): void {
    this.#parts.push(
      `<circle cx="${n(x)}" cy="${n(y)}" r="3.5" class="${className}"><title>${escapeText(tip)}</title></circle>`,
    );
  }

  /** A key of colours in one row or more; returns its height. */
  key(x: number, y: number, width: number, entries: readonly { name: string; colour: number }[]): number {
    let left = x;
    let top = y;
    for (const { name, colour } of entries) {
      const needed = 28 + textWidth(name);
      if (left > x && left + needed > x + width) {
        left = x;
        top += 18;
      }
      this.rectangle(left, top, 12, 12, `c${colour}`);
      this.text(left + 17, top + 10, name);
      left += needed;
    }
    return top - y + 18;
  }

  /** The document. */
  finish(width: number, height: number, description: string): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" role="img">`,
      `<title>${escapeText(description)}</title>`,
      `<style>${STYLE}</style>`,
      `<rect width="100%" height="100%" rx="6" class="page"/>`,
      ...this.#parts,
      "</svg>",
      "",
    ].join("\n");
  }
}

/** From values to pixels, with the values to mark. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Powers of ten from below the least value to above the greatest. */
export function logScale(least: number, most: number, from: number, to: number): Scale {
  const low = Math.floor(Math.log10(least));
  const high = Math.max(Math.ceil(Math.log10(most)), low + 1);
  const at = (value: number): number =>
    from + ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (to - from);
  return { at, ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) };
}

/** From 0 in round steps; `base` is what counts as one, 1024 for KiB. */
export function linearScale(most: number, from: number, to: number, base = 1): Scale {
  const rough = most / base / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10);
  const steps = Math.ceil(most / base / step);
  const top = steps * step * base;
  const ticks = Array.from({ length: steps + 1 }, (_, i) => i * step * base);
  return { at: (value) => from + (value / top) * (to - from), ticks };
}
