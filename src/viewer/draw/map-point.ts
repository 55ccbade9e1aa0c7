/** What is on the map at a point, and what is next to it: for the pointer and for the keys. */

import type { Moment } from "../model/moment.ts";
import { placeOf, type Selection } from "../model/selection.ts";
import { dedicatedSpan, type MapScene, RowScale, RULER_HEIGHT } from "./map-draw.ts";
import { firstEndingBehind, type MapLayout, type MapRow, rowAt } from "./map-layout.ts";

/** What is at a point of the canvas; undefined where there is nothing. */
export function pointAt(
  scene: Pick<MapScene, "moment" | "layout" | "zoom" | "fitBlocks" | "width" | "scroll">,
  x: number,
  y: number,
): Selection | undefined {
  const { moment, layout, zoom, width, scroll } = scene;
  if (y < RULER_HEIGHT) return undefined;
  const row = layout.rows[rowAt(layout, y - RULER_HEIGHT + scroll)];
  if (row?.what === "dedicated") {
    const index = row.blocks.findIndex((_, i) => {
      const [from, to] = dedicatedSpan(row, i, zoom, width);
      return from <= x && x < to + 2;
    });
    return index < 0 ? undefined : wholeOf(moment, row.blocks[index]!);
  }
  if (row?.what !== "block") return undefined;
  const scale = new RowScale(scene, row.size);
  const offset = scale.offset(x);
  if (x < scale.x(0) - 2) return { what: "block", block: row.block };
  return atOffset(moment, row.block, row.size, offset, 1 / scale.perByte);
}

/** The allocation whose memory a dedicated block is. */
function wholeOf(moment: Moment, block: number): Selection {
  const place = moment.first[block]!;
  return place < moment.first[block + 1]!
    ? { what: "range", range: moment.ranges[place]! }
    : { what: "block", block };
}

/** The range or free range at an offset; of ranges narrower than a pixel the first that touches it. */
function atOffset(
  moment: Moment,
  block: number,
  size: number,
  offset: number,
  pixel: number,
): Selection | undefined {
  if (offset < 0 || offset >= size) return undefined;
  const { ranges, first, history } = moment;
  const place = firstEndingBehind(moment, block, offset);
  const end = first[block + 1]!;
  if (place < end) {
    const start = history.ranges.offset[ranges[place]!]!;
    if (start <= offset || start - offset < pixel / 2) return { what: "range", range: ranges[place]! };
  }
  return freeBetween(moment, block, size, place);
}

/** The free range before the range at `place`. */
function freeBetween(
  { ranges, first, history }: Moment,
  block: number,
  size: number,
  place: number,
): Selection {
  const { offset: offsets, size: sizes } = history.ranges;
  const from = place > first[block]! ? offsets[ranges[place - 1]!]! + sizes[ranges[place - 1]!]! : 0;
  const to = place < first[block + 1]! ? offsets[ranges[place]!]! : size;
  return { what: "free", block, offset: from, size: to - from };
}

/** Which way a key goes. */
export type Direction = "left" | "right" | "up" | "down";

/** What is next to the selection; the first thing on the map where nothing is selected. */
export function neighbour(
  moment: Moment,
  layout: MapLayout,
  selection: Selection | undefined,
  direction: Direction,
): Selection | undefined {
  const place = selection && placeOf(moment, selection);
  const row = place === undefined ? -1 : layout.rows.findIndex((one) => holds(one, place.block));
  if (place === undefined || row < 0) {
    const firstRow = layout.rows.find(({ what }) => what === "block" || what === "dedicated");
    return firstRow && startOf(moment, firstRow);
  }
  if (direction === "up" || direction === "down") {
    const step = direction === "up" ? -1 : 1;
    for (let i = row + step; i >= 0 && i < layout.rows.length; i += step) {
      const target = layout.rows[i]!;
      if (target.what === "block")
        return atOffset(moment, target.block, target.size, Math.min(place.offset, target.size - 1), 0);
      if (target.what === "dedicated") return startOf(moment, target);
    }
    return selection;
  }
  return beside(moment, layout.rows[row]!, place, direction === "left" ? -1 : 1) ?? selection;
}

function holds(row: MapRow, block: number): boolean {
  return (
    (row.what === "block" && row.block === block) || (row.what === "dedicated" && row.blocks.includes(block))
  );
}

function startOf(moment: Moment, row: MapRow): Selection | undefined {
  if (row.what === "block") return atOffset(moment, row.block, row.size, 0, 0);
  if (row.what === "dedicated") return wholeOf(moment, row.blocks[0]!);
  return undefined;
}

function beside(
  moment: Moment,
  row: MapRow,
  { block, offset, size }: { block: number; offset: number; size: number },
  step: number,
): Selection | undefined {
  if (row.what === "dedicated") {
    const next = row.blocks[row.blocks.indexOf(block) + step];
    return next === undefined ? undefined : wholeOf(moment, next);
  }
  return row.what === "block"
    ? atOffset(moment, block, row.size, step < 0 ? offset - 1 : offset + size, 0)
    : undefined;
}
