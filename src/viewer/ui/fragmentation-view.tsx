/** Where fragmentation comes from: allocations that keep blocks alive which would be empty otherwise. */

import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { formatBytes, formatCountOf, formatShare } from "../model/format.ts";
import { poolLabel } from "../model/grouping.ts";
import { nameOfRange } from "../model/history.ts";
import { pinnedBlocks } from "../model/pins.ts";
import { displayText } from "../model/text.ts";
import { moment, selection, totals } from "../state/state.ts";

/** Allocations named for each block. */
const NAMES = 4;

export function FragmentationView(): JSX.Element {
  const pins = useComputed(() => pinnedBlocks(moment.value!));
  const { all } = totals.value!;
  const { history, ranges, first } = moment.value!;
  const last = pins.value.at(-1);
  return (
    <div class="fragmentation">
      <p class="lead">
        <b>{formatBytes(all.reserved - all.used)}</b> of {formatBytes(all.reserved)} reserved lie free (
        {formatShare(all.reserved - all.used, all.reserved)}), in {formatCountOf(all.freeRanges, "range")},
        the largest of <b>{formatBytes(all.largestFree)}</b>.{" "}
        {last === undefined ? (
          "No block could be emptied into the others of its pool: defragmentation would give nothing back."
        ) : (
          <>
            Up to <b>{formatBytes(last.gain)}</b> could be given back by moving{" "}
            <b>{formatBytes(last.cost)}</b>.
          </>
        )}
      </p>
      {pins.value.length > 0 && (
        <table class="pins">
          <thead>
            <tr>
              <th>Block</th>
              <th class="number">Gives back</th>
              <th class="number">For moving</th>
              <th>Kept alive by</th>
              <th class="number">All so far</th>
            </tr>
          </thead>
          <tbody>
            {pins.value.slice(0, 200).map(({ block, size, used, allocations, gain, cost }) => {
              const inside = [...ranges.subarray(first[block]!, first[block + 1]!)].sort(
                (a, b) => history.ranges.size[b]! - history.ranges.size[a]!,
              );
              return (
                <tr key={block}>
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
                  <td class="number">
                    <b>{formatBytes(size)}</b>
                  </td>
                  <td class="number">
                    {formatBytes(used)} <span class="muted">{formatShare(used, size)}</span>
                  </td>
                  <td>
                    {inside.slice(0, NAMES).map((range) => (
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
                    {allocations > NAMES && (
                      <span class="muted"> and {formatCountOf(allocations - NAMES, "more", "more")}</span>
                    )}
                  </td>
                  <td class="number muted">
                    {formatBytes(gain)} for {formatBytes(cost)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}
