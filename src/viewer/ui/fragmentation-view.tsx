/** Fragmentation: how much lies free over time, what keeps it, and what defragmentation would give for how much. */

import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { drawWaste, WASTE_PLOT } from "../draw/waste-draw.ts";
import { type Algorithm, algorithms, type Forecast, forecast } from "../model/defragmentation.ts";
import { formatBytes, formatCountOf, formatShare } from "../model/format.ts";
import { poolLabel } from "../model/grouping.ts";
import { lastMoment, nameOfRange } from "../model/history.ts";
import type { Moment } from "../model/moment.ts";
import { type PinnedBlock, pinnedBlocks } from "../model/pins.ts";
import { displayText } from "../model/text.ts";
import { sampleWaste, type WasteSample } from "../model/waste.ts";
import { playing } from "../state/playing.ts";
import { runInSlices, SLICE } from "../state/slices.ts";
import { at, history, isRecording, moment, momentNumber, selection, totals } from "../state/state.ts";
import { colours } from "../state/theme.ts";
import { Canvas, type CanvasSize } from "./canvas.tsx";

/** Allocations named for each block. */
const NAMES = 4;
/** Blocks listed. */
const MOST_PINS = 200;

export function FragmentationView(): JSX.Element {
  const pins = useComputed(() => pinnedBlocks(moment.value!));
  const { all } = totals.value!;
  const last = pins.value.at(-1);
  const free = all.reserved - all.used;
  return (
    <div class="fragmentation">
      <p class="lead">
        <b>{formatBytes(free)}</b> of {formatBytes(all.reserved)} reserved lie free (
        {formatShare(free, all.reserved)}
        ), in {formatCountOf(all.freeRanges, "range")}, the largest of <b>{formatBytes(all.largestFree)}</b>.{" "}
        {last === undefined
          ? "No block could be emptied into the others of its pool: there is nothing to give back."
          : "Some blocks could be given back, if the few allocations in them were moved."}
      </p>
      {isRecording.value && <Waste />}
      {last !== undefined && (
        <div class="fragmentation-parts">
          <Forecasts />
          <Pins pins={pins.value} of={moment.value!} />
        </div>
      )}
    </div>
  );
}

/** Moments that are looked at. */
const SAMPLES = 160;

function Waste(): JSX.Element {
  const samples = useSignal<readonly WasteSample[]>([]);
  const size = useSignal<CanvasSize>({ width: 0, height: 0 });
  useSignalEffect(() => {
    const of = history.value;
    samples.value = [];
    if (of === undefined) return;
    return runInSlices(
      sampleWaste(of, SAMPLES),
      (more) => {
        samples.value = [...samples.peek(), ...more];
      },
      () => {},
    );
  });
  return (
    <div class="waste">
      <p class="muted">
        <i class="swatch waste-free" /> free in blocks <i class="swatch waste-gain" /> could be given back by
        moving little (an estimate) · click to go there
      </p>
      <Canvas
        name="waste"
        size={size}
        scene={({ width, height }) =>
          history.value && {
            history: history.value,
            samples: samples.value,
            moment: momentNumber.value,
            theme: colours.value,
            width,
            height,
          }
        }
        draw={drawWaste}
        attributes={{
          role: "img",
          "aria-label": "Free memory over time",
          onClick: (event) => {
            const part =
              (event.offsetX - WASTE_PLOT.left) / (size.value.width - WASTE_PLOT.left - WASTE_PLOT.right);
            playing.value = false;
            at.value = Math.round(Math.min(Math.max(part, 0), 1) * lastMoment(history.value!));
          },
        }}
      />
    </div>
  );
}

/** Milliseconds after the last change of the moment before planning begins. */
const REST = 250;

function Forecasts(): JSX.Element {
  const found = useSignal<Partial<Record<Algorithm, Forecast>>>({});
  useSignalEffect(() => {
    const of = moment.value;
    found.value = {};
    if (of === undefined) return;
    let stop = (): void => {};
    const next = (index: number): void => {
      const algorithm = algorithms[index];
      if (algorithm === undefined) return;
      stop = runInSlices(
        forecast(of, algorithm, SLICE),
        () => {},
        (result) => {
          found.value = { ...found.peek(), [algorithm]: result };
          next(index + 1);
        },
      );
    };
    const timer = setTimeout(() => next(0), REST);
    return () => {
      clearTimeout(timer);
      stop();
    };
  });
  return (
    <section class="forecasts" aria-label="What defragmentation would give">
      <h3>What defragmentation would give</h3>
      <table class="pins">
        <thead>
          <tr>
            <th>Algorithm</th>
            <th class="number">Gives back</th>
            <th class="number">For moving</th>
          </tr>
        </thead>
        <tbody>
          {algorithms.map((algorithm) => (
            <tr key={algorithm}>
              <td>{algorithm}</td>
              <ForecastCells forecast={found.value[algorithm]} />
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">
        Planned here by the library's own planner, as if everything could be moved. What a driver and a
        program allow may be less.
      </p>
    </section>
  );
}

function ForecastCells({ forecast }: { forecast: Forecast | undefined }): JSX.Element {
  if (forecast === undefined)
    return (
      <td class="muted" colSpan={2}>
        planning …
      </td>
    );
  const { blocksFreed, bytesFreed, moves, bytesMoved } = forecast;
  return (
    <>
      <td class="number">
        <b>{formatBytes(bytesFreed)}</b> <span class="muted">{formatCountOf(blocksFreed, "block")}</span>
      </td>
      <td class="number">
        {formatBytes(bytesMoved)} <span class="muted">{formatCountOf(moves, "allocation")}</span>
      </td>
    </>
  );
}

function Pins({ pins, of }: { pins: readonly PinnedBlock[]; of: Moment }): JSX.Element {
  const open = useSignal<number | undefined>(undefined);
  return (
    <section aria-label="What keeps blocks alive">
      <h3>What keeps blocks alive</h3>
      <table class="pins">
        <thead>
          <tr>
            <th>Block</th>
            <th class="number">Size</th>
            <th class="number">In use</th>
            <th>Kept alive by</th>
          </tr>
        </thead>
        <tbody>
          {pins.slice(0, MOST_PINS).map((pin) => (
            <PinRow key={pin.block} pin={pin} of={of} open={open} />
          ))}
        </tbody>
      </table>
      {pins.length > MOST_PINS && (
        <p class="muted">And {formatCountOf(pins.length - MOST_PINS, "more", "more")}.</p>
      )}
    </section>
  );
}

function PinRow({
  pin: { block, size, used },
  of: { history, ranges, first },
  open,
}: {
  pin: PinnedBlock;
  of: Moment;
  open: Signal<number | undefined>;
}): JSX.Element {
  const inside = [...ranges.subarray(first[block]!, first[block + 1]!)].sort(
    (a, b) => history.ranges.size[b]! - history.ranges.size[a]!,
  );
  const shown = open.value === block ? inside.slice(0, MOST_PINS) : inside.slice(0, NAMES);
  return (
    <tr>
      <td>
        <button
          type="button"
          class="link"
          onClick={() => {
            selection.value = { what: "block", block };
          }}
        >
          #{history.blocks.id[block]}
        </button>{" "}
        <span class="muted">{poolLabel(history, history.blocks.pool[block]!)}</span>
      </td>
      <td class="number">{formatBytes(size)}</td>
      <td class="number">
        <b>{formatBytes(used)}</b> <span class="muted">{formatShare(used, size)}</span>
      </td>
      <td>
        {shown.map((range) => (
          <button
            type="button"
            class="link"
            key={range}
            onClick={() => {
              selection.value = { what: "range", range };
            }}
          >
            {displayText(nameOfRange(history, range), 30) || "(unnamed)"}{" "}
            <span class="muted">{formatBytes(history.ranges.size[range]!)}</span>
          </button>
        ))}
        {inside.length > shown.length && (
          <button
            type="button"
            class="link"
            onClick={() => {
              open.value = block;
            }}
          >
            and {formatCountOf(inside.length - shown.length, "more", "more")}
          </button>
        )}
      </td>
    </tr>
  );
}
