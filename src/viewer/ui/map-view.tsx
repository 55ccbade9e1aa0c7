/** The map: every block to the byte, dedicated memory beside it, zoomed and moved by mouse, wheel and keys. */

import { computed, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { barWidth, drawMap, GUTTER, MARGIN, type MapScene, RULER_HEIGHT } from "../draw/map-draw.ts";
import { layoutMap } from "../draw/map-layout.ts";
import { type Direction, neighbour, pointAt } from "../draw/map-point.ts";
import { formatBytes } from "../model/format.ts";
import { placeOf, type Selection, type Zoom } from "../model/selection.ts";
import { rangeColours } from "../state/colouring.ts";
import { filterTest, fitBlocks, hovered, moment, selection, totals, zoom } from "../state/state.ts";
import { colours } from "../state/theme.ts";
import { Canvas, type CanvasSize } from "./canvas.tsx";
import { Tooltip } from "./tooltip.tsx";

/** Zoomed in so far, a pixel is a part of a byte. */
const LEAST_ZOOM = 1e-10;

export function MapView(): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroll = useSignal(0);
  const size = useSignal<CanvasSize>({ width: 0, height: 0 });
  const pointer = useSignal<{ x: number; y: number } | undefined>(undefined);
  const layout = useComputed(() =>
    moment.value && totals.value && size.value.width > 0
      ? layoutMap(moment.value, totals.value, barWidth(size.value.width))
      : undefined,
  );
  const scene = (of: CanvasSize): MapScene | undefined =>
    layout.value && sceneOf(of, scroll.value, layout.value);
  const at = (event: MouseEvent): Selection | undefined =>
    layout.value && pointAt(sceneOf(size.value, scroll.value, layout.value), event.offsetX, event.offsetY);
  const drag = useRef<{ x: number; y: number; zoom: Zoom; scroll: number; moved: boolean } | undefined>(
    undefined,
  );

  useEffect(() => bindWheel(canvas.current!), []);

  const onPointerMove = (event: PointerEvent): void => {
    const start = drag.current;
    if (start !== undefined) {
      const dx = event.clientX - start.x;
      const dy = event.clientY - start.y;
      if (Math.abs(dx) + Math.abs(dy) > 4) start.moved = true;
      if (start.moved) {
        pointer.value = undefined;
        zoom.value = panned(start.zoom, -dx / barWidth(size.value.width));
        if (scroller.current !== null) scroller.current.scrollTop = start.scroll - dy;
      }
      return;
    }
    hovered.value = at(event);
    pointer.value = hovered.value && { x: event.clientX, y: event.clientY };
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const direction = arrows[event.key];
    if (direction !== undefined && moment.value && layout.value) {
      event.preventDefault();
      if (event.shiftKey) {
        const step = { left: -0.2, right: 0.2, up: 0, down: 0 }[direction];
        zoom.value = panned(zoom.value, step);
        return;
      }
      selection.value = neighbour(moment.value, layout.value, selection.value, direction);
      reveal();
    } else if (event.key === "+" || event.key === "=") zoomBy(0.5);
    else if (event.key === "-") zoomBy(2);
    else if (event.key === "0") zoom.value = { from: 0, to: 1 };
    else if (event.key === "Enter" && selection.value !== undefined) zoomTo(selection.value);
  };

  /** Scrolls to the row of what is selected. */
  const reveal = (): void => {
    const place = moment.value && selection.value && placeOf(moment.value, selection.value);
    const row = layout.value?.rows.find(
      (one) =>
        (one.what === "block" && one.block === place?.block) ||
        (one.what === "dedicated" && place !== undefined && one.blocks.includes(place.block)),
    );
    const element = scroller.current;
    if (row === undefined || element === null) return;
    const room = size.value.height - RULER_HEIGHT;
    if (row.y < element.scrollTop) element.scrollTop = row.y - 8;
    else if (row.y + row.height > element.scrollTop + room) element.scrollTop = row.y + row.height - room + 8;
  };

  return (
    <div class="map">
      <div class="map-tools">
        <button type="button" title="Zoom in (+, or Ctrl and the wheel)" onClick={() => zoomBy(0.5)}>
          +
        </button>
        <button type="button" title="Zoom out (−)" onClick={() => zoomBy(2)}>
          −
        </button>
        <button
          type="button"
          title="Show everything (0)"
          onClick={() => {
            zoom.value = { from: 0, to: 1 };
          }}
        >
          All
        </button>
        <button
          type="button"
          title="Zoom to what is selected (Enter, or a double click)"
          disabled={selection.value === undefined}
          onClick={() => selection.value && zoomTo(selection.value)}
        >
          Selected
        </button>
        <label>
          <input
            type="checkbox"
            checked={fitBlocks.value}
            onChange={(event) => {
              fitBlocks.value = event.currentTarget.checked;
            }}
          />{" "}
          every block at full width
        </label>
        <span class="muted">
          <Seen /> · drag to move, Ctrl + wheel to zoom, click to pin, arrow keys to walk
        </span>
      </div>
      <div
        class="map-scroller"
        ref={scroller}
        onScroll={(event) => {
          scroll.value = event.currentTarget.scrollTop;
        }}
      >
        <Canvas
          name="map"
          size={size}
          scene={scene}
          draw={drawMap}
          canvas={canvas}
          attributes={{
            tabIndex: 0,
            role: "img",
            "aria-label": "Map of memory: arrow keys walk from one allocation to the next, Enter zooms to it",
            onPointerMove,
            onPointerDown: (event) => {
              if (event.button !== 0) return;
              event.currentTarget.setPointerCapture(event.pointerId);
              drag.current = {
                x: event.clientX,
                y: event.clientY,
                zoom: zoom.value,
                scroll: scroller.current?.scrollTop ?? 0,
                moved: false,
              };
            },
            onPointerUp: (event) => {
              if (drag.current?.moved === false) selection.value = at(event);
              drag.current = undefined;
            },
            onPointerLeave: () => {
              hovered.value = undefined;
              pointer.value = undefined;
            },
            onDblClick: (event) => {
              const target = at(event);
              if (target !== undefined) zoomTo(target);
            },
            onKeyDown,
          }}
        />
        <div
          class="spacer"
          style={{
            height: `${Math.max((layout.value?.height ?? 0) + RULER_HEIGHT + 24 - size.value.height, 0)}px`,
          }}
        />
      </div>
      <Tooltip pointer={pointer} />
    </div>
  );
}

const arrows: Readonly<Record<string, Direction | undefined>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

function sceneOf({ width, height }: CanvasSize, scroll: number, layout: MapScene["layout"]): MapScene {
  return {
    moment: moment.value!,
    layout,
    colours: rangeColours.value,
    test: filterTest.value,
    theme: colours.value,
    zoom: zoom.value,
    fitBlocks: fitBlocks.value,
    width,
    height,
    scroll,
    selected: selection.value,
    hovered: hovered.value,
  };
}

function panned({ from, to }: Zoom, by: number): Zoom {
  const span = to - from;
  const start = Math.min(Math.max(from + by * span, 0), 1 - span);
  return { from: start, to: start + span };
}

/** Zooms about a place, which is a part of the map's width. */
function zoomBy(factor: number, about = 0.5): void {
  const { from, to } = zoom.value;
  const span = Math.min(Math.max((to - from) * factor, LEAST_ZOOM), 1);
  const fixed = from + (to - from) * about;
  const start = Math.min(Math.max(fixed - span * about, 0), 1 - span);
  zoom.value = { from: start, to: start + span };
}

/** Shows something with as much again on either side. */
function zoomTo(target: Selection): void {
  const place = placeOf(moment.value!, target);
  if (place === undefined) return;
  const { blocks } = moment.value!.history;
  selection.value = target;
  if (blocks.dedicated[place.block] === 1) return;
  const world = fitBlocks.value ? blocks.size[place.block]! : longestBlock.value;
  const span = Math.min(Math.max((place.size * 3) / world, LEAST_ZOOM), 1);
  const middle = (place.offset + place.size / 2) / world;
  const from = Math.min(Math.max(middle - span / 2, 0), 1 - span);
  zoom.value = { from, to: from + span };
}

const longestBlock = computed(() => {
  const { blocks, history } = moment.value!;
  return blocks.reduce((most, block) => Math.max(most, history.blocks.size[block]!), 1);
});

function Seen(): JSX.Element {
  const { from, to } = zoom.value;
  return fitBlocks.value ? (
    <>{((to - from) * 100).toPrecision(3)} % of each block</>
  ) : (
    <>{formatBytes(Math.max(Math.round((to - from) * longestBlock.value), 1))} from left to right</>
  );
}

/** The wheel scrolls; with Ctrl (which a pinch sends, too) it zooms, with Shift or sideways it moves. */
function bindWheel(canvas: HTMLCanvasElement): () => void {
  const onWheel = (event: WheelEvent): void => {
    const width = barWidth(canvas.clientWidth);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const about = Math.min(
        Math.max((event.offsetX - GUTTER) / (canvas.clientWidth - GUTTER - MARGIN), 0),
        1,
      );
      zoomBy(1.0025 ** (event.deltaY * (event.deltaMode === 1 ? 20 : 1)), about);
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      zoom.value = panned(
        zoom.value,
        (event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX) / width,
      );
    }
  };
  // Not passive, as it must keep the browser from zooming the page.
  canvas.addEventListener("wheel", onWheel, { passive: false });
  return () => canvas.removeEventListener("wheel", onWheel);
}
