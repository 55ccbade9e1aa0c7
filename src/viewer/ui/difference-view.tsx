/** The difference of two moments of a file, or of two files: what came, went, grew, shrank and moved, by group. */

import { batch, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import {
  ABSENT,
  type Change,
  differenceByGroup,
  differenceOf,
  filteredPairs,
  type GroupDifference,
  type Pair,
} from "../model/difference.ts";
import { formatBytes, formatChange, formatCount, formatCountOf, formatTime } from "../model/format.ts";
import { type GroupMode, groupingOf, groupModeLabels, groupModes } from "../model/grouping.ts";
import { hasTime, kindLabels, lastMoment, nameOf, timeOf } from "../model/history.ts";
import { type Moment, momentOf } from "../model/moment.ts";
import { placeLabel } from "../model/rows.ts";
import { displayText } from "../model/text.ts";
import { documents } from "../state/documents.ts";
import { active, at, filterText, groupMode, momentNumber, selection, since } from "../state/state.ts";
import { timed } from "../state/timing.ts";
import { OpenButton } from "./open-button.tsx";
import { VirtualList } from "./virtual-list.tsx";

const words: Readonly<Record<Change, string>> = {
  came: "came",
  went: "went",
  grew: "grew",
  shrank: "shrank",
  moved: "moved",
  same: "unchanged",
};

export function DifferenceView(): JSX.Element {
  const chosen = useSignal<{ label?: string; change?: Change }>({});
  const sides = useComputed(() => sidesOf());
  const pairs = useComputed(() =>
    sides.value === undefined ? [] : timed("difference", () => differenceOf(...sides.value!)),
  );
  const wanted = useComputed(() =>
    sides.value === undefined ? [] : filteredPairs(...sides.value, pairs.value, filterText.value),
  );
  const mode: GroupMode = groupMode.value === "none" ? "name" : groupMode.value;
  if (sides.value === undefined)
    return (
      <div class="empty">
        <p>
          <b>A dump is one moment.</b> Open a second file, and what is different in it is shown here: drop it
          on this page, or choose it.
        </p>
        <OpenButton label="Choose the second file…" primary />
      </div>
    );
  const [before, after] = sides.value;
  const groups = differenceByGroup(before, after, wanted.value, mode);
  return (
    <div class="difference">
      <div class="map-tools">
        <SideLabel moment={before} name="A" />
        <span aria-hidden="true">→</span>
        <SideLabel moment={after} name="B" />
        <span class="spring" />
        <label>
          Group{" "}
          <select
            value={mode}
            onChange={(event) => {
              groupMode.value = event.currentTarget.value as GroupMode;
              chosen.value = {};
            }}
          >
            {groupModes.map((one) => (
              <option key={one} value={one}>
                {groupModeLabels[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {documents.value.length < 2 && <Moments />}
      <Sums pairs={wanted.value} isFiltered={wanted.value !== pairs.value} before={before} after={after} />
      <div class="difference-parts">
        <Groups
          groups={groups}
          chosen={chosen.value.label}
          choose={(label) => {
            chosen.value = label === undefined ? {} : { label };
          }}
        />
        <Changes before={before} after={after} pairs={wanted.value} mode={mode} label={chosen.value.label} />
      </div>
    </div>
  );
}

/** The two moments: of two files, or the mark and what is looked at. */
function sidesOf(): [Moment, Moment] | undefined {
  const [first, second] = documents.value;
  if (second !== undefined) {
    const { history } = first!;
    return [momentOf(history, lastMoment(history)), momentOf(second.history, lastMoment(second.history))];
  }
  if (first === undefined || !hasTime(first.history)) return undefined;
  return [momentOf(first.history, since.value), momentOf(first.history, momentNumber.value)];
}

function SideLabel({ moment: { history, at }, name }: { moment: Moment; name: string }): JSX.Element {
  return (
    <span>
      <b>{name}</b> {displayText(history.source, 40)}
      {hasTime(history) && (
        <span class="muted">
          {" "}
          at {formatTime(timeOf(history, at))}, event {formatCount(at)}
        </span>
      )}
    </span>
  );
}

/** The choice of moments of one file. */
function Moments(): JSX.Element {
  const { history } = documents.value[0]!;
  const last = lastMoment(history);
  return (
    <div class="moments">
      <label>
        A
        <input
          type="range"
          min={0}
          max={last}
          value={since.value}
          onInput={(event) => {
            since.value = Number(event.currentTarget.value);
          }}
        />
      </label>
      <label>
        B
        <input
          type="range"
          min={0}
          max={last}
          value={momentNumber.value}
          onInput={(event) => {
            at.value = Number(event.currentTarget.value);
          }}
        />
      </label>
    </div>
  );
}

function Sums({
  pairs,
  isFiltered,
  before,
  after,
}: {
  pairs: readonly Pair[];
  isFiltered: boolean;
  before: Moment;
  after: Moment;
}): JSX.Element {
  const counts = { came: 0, went: 0, grew: 0, shrank: 0, moved: 0, same: 0 };
  const bytes = { came: 0, went: 0, grew: 0, shrank: 0, moved: 0, same: 0 };
  let difference = 0;
  for (const pair of pairs) {
    counts[pair.change]++;
    bytes[pair.change] +=
      pair.change === "moved" || pair.change === "same"
        ? after.history.ranges.size[pair.after]!
        : Math.abs(pair.difference);
    difference += pair.difference;
  }
  const reserved = (moment: Moment): number =>
    moment.blocks.reduce((sum, block) => sum + moment.history.blocks.size[block]!, 0);
  const taken = reserved(after) - reserved(before);
  return (
    <ul class="sums">
      <li>
        <b class="big">{formatChange(difference)}</b>
        <span class="muted">used by {isFiltered ? "what passes the filter" : "allocations"}</span>
      </li>
      <li>
        <b class="big">{formatChange(taken)}</b>
        <span class="muted">taken from the device{isFiltered ? ", in all" : ""}</span>
      </li>
      {(["came", "went", "grew", "shrank", "moved", "same"] as const).map((change) => (
        <li key={change} class={counts[change] === 0 ? "none" : ""}>
          <b>
            {counts[change] > 0 && signs[change]}
            {formatBytes(bytes[change])}
          </b>
          <span class="muted">
            <i class={`swatch ${change}`} /> {formatCount(counts[change])} {words[change]}
          </span>
        </li>
      ))}
    </ul>
  );
}

const signs: Readonly<Record<Change, string>> = {
  came: "+",
  went: "−",
  grew: "+",
  shrank: "−",
  moved: "",
  same: "",
};

function Groups({
  groups,
  chosen,
  choose,
}: {
  groups: readonly GroupDifference[];
  chosen: string | undefined;
  choose: (label: string | undefined) => void;
}): JSX.Element {
  const changed = groups.filter(
    ({ counts }) => counts.came + counts.went + counts.grew + counts.shrank + counts.moved > 0,
  );
  const widest = changed.reduce(
    (most, { bytes }) => Math.max(most, bytes.came + bytes.grew, bytes.went + bytes.shrank),
    1,
  );
  if (changed.length === 0) return <p class="empty muted">Nothing is different.</p>;
  const width = (bytes: number): string => `${(bytes / widest) * 100}%`;
  return (
    <div class="groups">
      {changed.slice(0, 200).map((group) => (
        <button
          type="button"
          key={group.label}
          class={group.label === chosen ? "group-difference selected" : "group-difference"}
          onClick={() => choose(group.label === chosen ? undefined : group.label)}
        >
          <span class="name">{displayText(group.label, 60)}</span>
          <span class="minus">
            <i class="shrank" style={{ width: width(group.bytes.shrank) }} />
            <i class="went" style={{ width: width(group.bytes.went) }} />
          </span>
          <span class="plus">
            <i class="came" style={{ width: width(group.bytes.came) }} />
            <i class="grew" style={{ width: width(group.bytes.grew) }} />
          </span>
          <span class="number">
            <b>{formatChange(group.after - group.before)}</b>
          </span>
          <span class="muted text">{changeText(group)}</span>
        </button>
      ))}
    </div>
  );
}

function changeText({ counts, bytes }: GroupDifference): string {
  return (["came", "went", "grew", "shrank", "moved"] as const)
    .filter((change) => counts[change] > 0)
    .map(
      (change) =>
        `${formatCount(counts[change])} ${words[change]} (${signs[change]}${formatBytes(bytes[change])})`,
    )
    .join(", ");
}

function Changes({
  before,
  after,
  pairs,
  mode,
  label,
}: {
  before: Moment;
  after: Moment;
  pairs: readonly Pair[];
  mode: GroupMode;
  label: string | undefined;
}): JSX.Element {
  const rows = pairs
    .filter((pair) => pair.change !== "same")
    .filter((pair) => label === undefined || groupLabel(pair, before, after, mode) === label)
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference) || sizeOf(b, after) - sizeOf(a, after));
  return (
    <div class="changes">
      <h3>
        {label === undefined ? "All changes" : displayText(label, 60)}{" "}
        <span class="muted">{formatCountOf(rows.length, "allocation")}, the largest first</span>
      </h3>
      <VirtualList
        label="Changes"
        count={rows.length}
        rowHeight={44}
        row={(index) => <ChangeRow key={index} pair={rows[index]!} before={before} after={after} />}
      />
    </div>
  );
}

/** Bytes of what is there at the second moment. */
function sizeOf({ after: range }: Pair, after: Moment): number {
  return range === ABSENT ? 0 : after.history.ranges.size[range]!;
}

function groupLabel(pair: Pair, before: Moment, after: Moment, mode: GroupMode): string {
  const [history, range] =
    pair.after === ABSENT ? [before.history, pair.before] : [after.history, pair.after];
  const { labels, ofRange } = groupingOf(history, mode);
  return labels[ofRange[range]!]!;
}

/** Pins an allocation, in the file in which it is. */
function select(pair: Pair, before: Moment, after: Moment): void {
  const [{ history: of }, range] = pair.after === ABSENT ? [before, pair.before] : [after, pair.after];
  batch(() => {
    active.value = documents.value.findIndex((document) => document.history === of);
    selection.value = { what: "range", range };
  });
}

function ChangeRow({ pair, before, after }: { pair: Pair; before: Moment; after: Moment }): JSX.Element {
  const [{ history }, range] = pair.after === ABSENT ? [before, pair.before] : [after, pair.after];
  const allocation = history.ranges.allocation[range]!;
  const size = formatBytes(history.ranges.size[range]!);
  const old = pair.before === ABSENT ? "" : formatBytes(before.history.ranges.size[pair.before]!);
  return (
    <button type="button" class="change" onClick={() => select(pair, before, after)}>
      <span class={`tag ${pair.change}`}>{words[pair.change]}</span>
      <span class="what">
        {displayText(nameOf(history, allocation), 60) || "(unnamed)"}{" "}
        <span class="muted">{kindLabels[history.allocations.kind[allocation]!]}</span>
        <br />
        <span class="muted">
          {pair.change === "moved"
            ? `${placeLabel(before.history, pair.before)} → ${placeLabel(history, range)}`
            : placeLabel(history, range)}
        </span>
      </span>
      <span class="number">
        {pair.change === "grew" || pair.change === "shrank" ? `${old} → ${size}` : size}
      </span>
    </button>
  );
}
