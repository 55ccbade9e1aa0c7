/** What is under the pointer, beside it. */

import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { formatBytes } from "../model/format.ts";
import { kindLabels, nameOf } from "../model/history.ts";
import { placeLabel } from "../model/rows.ts";
import { displayText } from "../model/text.ts";
import { hovered, moment } from "../state/state.ts";

export function Tooltip({
  pointer,
}: {
  pointer: Signal<{ x: number; y: number } | undefined>;
}): JSX.Element | null {
  const target = hovered.value;
  if (pointer.value === undefined || target === undefined || moment.value === undefined) return null;
  const { x, y } = pointer.value;
  const isRight = x > innerWidth - 320;
  const isLow = y > innerHeight - 120;
  const style = {
    ...(isRight ? { right: `${innerWidth - x + 14}px` } : { left: `${x + 14}px` }),
    ...(isLow ? { bottom: `${innerHeight - y + 14}px` } : { top: `${y + 14}px` }),
  };
  const { history } = moment.value;
  if (target.what === "range") {
    const { ranges, allocations } = history;
    const allocation = ranges.allocation[target.range]!;
    const name = displayText(nameOf(history, allocation), 80);
    return (
      <div class="tooltip" style={style}>
        <b>{name || "(unnamed)"}</b> {formatBytes(ranges.size[target.range]!)}
        <br />
        {kindLabels[allocations.kind[allocation]!]}
        <br />
        <span class="muted">{placeLabel(history, target.range)}</span>
      </div>
    );
  }
  if (target.what === "free")
    return (
      <div class="tooltip" style={style}>
        <b>Free</b> {formatBytes(target.size)}
      </div>
    );
  return (
    <div class="tooltip" style={style}>
      <b>Block #{history.blocks.id[target.block]}</b> {formatBytes(history.blocks.size[target.block]!)}
    </div>
  );
}
