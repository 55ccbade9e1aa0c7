/** Draws free memory over time. */

import { formatBytes, formatTime } from "../model/format.ts";
import { type History, lastMoment, timeOf } from "../model/history.ts";
import type { WasteSample } from "../model/waste.ts";
import type { Theme } from "./palette.ts";

export const WASTE_PLOT = { left: 72, right: 16, top: 12, bottom: 24 } as const;

/** Everything that the picture depends on. */
export interface WasteScene {
  readonly history: History;
  readonly samples: readonly WasteSample[];
  readonly moment: number;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
}

const FONT = '"Liberation Sans", "Helvetica Neue", Helvetica, Arial, sans-serif';

/** Draws everything. */
export function drawWaste(context: CanvasRenderingContext2D, scene: WasteScene): void {
  const { history, samples, theme, width, height, moment } = scene;
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, width, height);
  const plotWidth = width - WASTE_PLOT.left - WASTE_PLOT.right;
  const plotHeight = height - WASTE_PLOT.top - WASTE_PLOT.bottom;
  const bottom = height - WASTE_PLOT.bottom;
  const last = Math.max(lastMoment(history), 1);
  const top = samples.reduce((most, { free }) => Math.max(most, free), 1) * 1.05;
  const x = (at: number): number => WASTE_PLOT.left + (at / last) * plotWidth;
  const y = (bytes: number): number => bottom - (bytes / top) * plotHeight;
  drawAxes(context, scene, top, y, x);
  const area = (value: (sample: WasteSample) => number, colour: string): void => {
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(x(samples[0]?.moment ?? 0), bottom);
    for (const sample of samples) context.lineTo(x(sample.moment), y(value(sample)));
    context.lineTo(x(samples.at(-1)?.moment ?? 0), bottom);
    context.fill();
  };
  area(({ free }) => free, theme.free);
  area(({ gain }) => gain, theme.isDark ? "#b5892f" : "#e6b450");
  context.fillStyle = theme.accent;
  context.fillRect(x(moment) - 1, WASTE_PLOT.top - 6, 2, plotHeight + 6);
}

function drawAxes(
  context: CanvasRenderingContext2D,
  { history, theme, width, height }: WasteScene,
  top: number,
  y: (bytes: number) => number,
  x: (moment: number) => number,
): void {
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const step = 2 ** Math.ceil(Math.log2(top / 3));
  for (let bytes = 0; bytes <= top; bytes += step) {
    context.fillStyle = theme.muted;
    context.fillText(formatBytes(bytes), WASTE_PLOT.left - 8, y(bytes));
    context.fillStyle = theme.line;
    context.fillRect(WASTE_PLOT.left, Math.round(y(bytes)), width - WASTE_PLOT.left - WASTE_PLOT.right, 1);
  }
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  const last = lastMoment(history);
  for (let i = 0; i <= 4; i++) {
    const moment = Math.round((i / 4) * last);
    const at = Math.min(Math.max(x(moment), WASTE_PLOT.left + 14), width - WASTE_PLOT.right - 20);
    context.fillText(formatTime(timeOf(history, moment)), at, height - 10);
  }
}
