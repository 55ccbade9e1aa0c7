/** The line under the overview: which view, what is filtered, how it is coloured, and what the colours mean. */

import type { JSX } from "preact";
import { ageColours, colourOfGroup, OTHER_COLOUR } from "../draw/palette.ts";
import { formatBytes, formatCount } from "../model/format.ts";
import { type Grouping, groupModeLabels, groupModes } from "../model/grouping.ts";
import type { Moment } from "../model/moment.ts";
import { knowsAge } from "../state/colouring.ts";
import {
  type ColourMode,
  colouring,
  colourMode,
  filter,
  filterTest,
  filterText,
  moment,
  type View,
  view,
  views,
} from "../state/state.ts";

const viewLabels: Readonly<Record<View, string>> = {
  map: "Map",
  time: "Time",
  table: "Table",
  difference: "Difference",
  fragmentation: "Fragmentation",
};

export function Toolbar(): JSX.Element {
  return (
    <div class="toolbar">
      <div class="tabs" role="tablist" aria-label="Views">
        {views.map((one, index) => (
          <button
            type="button"
            role="tab"
            key={one}
            aria-selected={view.value === one}
            title={`Key ${index + 1}`}
            onClick={() => {
              view.value = one;
            }}
          >
            {viewLabels[one]}
          </button>
        ))}
      </div>
      {usesFilter.includes(view.value) && <FilterBox />}
      {usesColours.includes(view.value) && <Colours />}
    </div>
  );
}

/** The views that filter allocations, and those that colour them one by one. */
const usesFilter: readonly View[] = ["map", "time", "table", "difference"];
const usesColours: readonly View[] = ["map", "time", "table"];

function Colours(): JSX.Element {
  return (
    <>
      <label>
        Colour{" "}
        <select
          value={colourMode.value}
          onChange={(event) => {
            colourMode.value = event.currentTarget.value as ColourMode;
          }}
        >
          {groupModes.map((mode) => (
            <option key={mode} value={mode}>
              {groupModeLabels[mode]}
            </option>
          ))}
          <option value="age" disabled={!knowsAge.value}>
            Age
          </option>
        </select>
      </label>
      <Legend />
    </>
  );
}

function FilterBox(): JSX.Element {
  const error = filter.value !== undefined && "error" in filter.value ? filter.value.error : undefined;
  return (
    <div class="filter">
      <input
        id="filter"
        type="search"
        placeholder="Filter: name, kind:image, size>1MiB …"
        aria-label="Filter"
        aria-invalid={error !== undefined}
        title="Words, fields (name, kind, pool, type, heap, data, stack), comparisons (size>1MiB, block:3), is:dedicated, -without. Key /"
        value={filterText.value}
        onInput={(event) => {
          filterText.value = event.currentTarget.value;
        }}
      />
      {error !== undefined && (
        <span class="filter-error" role="alert">
          {error}
        </span>
      )}
      {filterTest.value !== undefined && view.value !== "difference" && <Matches />}
    </div>
  );
}

function Matches(): JSX.Element {
  const { ranges, history } = moment.value!;
  const test = filterTest.value!;
  let count = 0;
  let bytes = 0;
  for (const range of ranges) {
    if (!test(range)) continue;
    count++;
    bytes += history.ranges.size[range]!;
  }
  return (
    <span class="muted matches">
      {formatCount(count)} of {formatCount(ranges.length)}, {formatBytes(bytes)}
    </span>
  );
}

/** At most this many groups have a colour of their own, and a place in the legend. */
const LEGEND_ENTRIES = 10;

/** The groups that are alive at the moment. */
function groupsNow({ ofRange }: Grouping, { ranges }: Moment): Set<number> {
  const present = new Set<number>();
  for (const range of ranges) present.add(ofRange[range]!);
  return present;
}

const everOfGrouping = new WeakMap<Grouping, Set<number>>();

/** The groups that are alive at any moment. */
function groupsEver(grouping: Grouping): Set<number> {
  let present = everOfGrouping.get(grouping);
  if (present === undefined) {
    present = new Set(grouping.ofRange);
    everOfGrouping.set(grouping, present);
  }
  return present;
}

function Legend(): JSX.Element {
  const grouping = colouring.value;
  if (grouping === undefined)
    return (
      <ul class="legend" aria-label="Colours">
        <li>old</li>
        <li class="ramp">
          {ageColours.map((colour) => (
            <i key={colour} style={{ background: colour }} />
          ))}
        </li>
        <li>new</li>
      </ul>
    );
  const present = view.value === "time" ? groupsEver(grouping) : groupsNow(grouping, moment.value!);
  const isKind = grouping.mode === "kind";
  const groups = [...present].sort((a, b) => a - b);
  const coloured = groups.filter((group) => isKind || colourOfGroup(false, group) !== OTHER_COLOUR);
  const rest = groups.length - coloured.length;
  return (
    <ul class="legend" aria-label="Colours">
      {coloured.slice(0, LEGEND_ENTRIES).map((group) => (
        <li key={group}>
          <i style={{ background: colourOfGroup(isKind, group) }} />
          {grouping.labels[group]}
        </li>
      ))}
      {rest > 0 && (
        <li>
          <i style={{ background: OTHER_COLOUR }} />
          {formatCount(rest)} more
        </li>
      )}
      {view.value === "map" && (
        <li>
          <i class="free" />
          Free
        </li>
      )}
      {view.value === "map" && moment.value!.history.aliases.count > 0 && (
        <li>strips below: share the memory above them</li>
      )}
    </ul>
  );
}
