/** The table: every allocation of the moment, sorted, filtered, grouped, summed up; and those that leak. */

import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { colourOfGroup } from "../draw/palette.ts";
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatOffset,
  formatShare,
  formatTime,
} from "../model/format.ts";
import {
  type GroupMode,
  groupingOf,
  groupModeLabels,
  groupModes,
  innermostFrame,
  poolLabel,
} from "../model/grouping.ts";
import { type History, hasTime, kindLabels, NONE, nameOfRange, timeOf } from "../model/history.ts";
import type { Moment } from "../model/moment.ts";
import {
  aliveAtEnd,
  bytesOf,
  filtered,
  grouped,
  type RowGroup,
  type SortKey,
  sorted,
} from "../model/rows.ts";
import { displayText } from "../model/text.ts";
import { textAt } from "../model/texts.ts";
import {
  filterTest,
  groupMode,
  isRecording,
  lifetime,
  moment,
  selection,
  since,
  sorting,
} from "../state/state.ts";
import { timed } from "../state/timing.ts";
import { VirtualList } from "./virtual-list.tsx";

const ROW_HEIGHT = 26;

interface TableColumn {
  readonly key: SortKey;
  readonly label: string;
  readonly isNumber?: boolean;
  readonly text: (history: History, range: number) => string;
  /** Whether the file has anything to show in it. */
  readonly isThere?: (history: History) => boolean;
}

const columns: readonly TableColumn[] = [
  {
    key: "name",
    label: "Name",
    text: (history, range) => displayText(nameOfRange(history, range), 80) || "(unnamed)",
  },
  {
    key: "size",
    label: "Size",
    isNumber: true,
    text: ({ ranges }, range) => formatBytes(ranges.size[range]!),
  },
  {
    key: "kind",
    label: "Kind",
    text: ({ allocations, ranges }, range) => kindLabels[allocations.kind[ranges.allocation[range]!]!]!,
  },
  {
    key: "pool",
    label: "Pool",
    text: (history, range) => poolLabel(history, history.blocks.pool[history.ranges.block[range]!]!),
  },
  {
    key: "block",
    label: "Block",
    isNumber: true,
    text: ({ blocks, ranges }, range) =>
      blocks.dedicated[ranges.block[range]!] === 1 ? "dedicated" : `#${blocks.id[ranges.block[range]!]}`,
  },
  {
    key: "offset",
    label: "Offset",
    isNumber: true,
    text: ({ ranges }, range) => formatOffset(ranges.offset[range]!),
  },
  {
    key: "born",
    label: "Born",
    isNumber: true,
    isThere: hasTime,
    text: (history, range) => formatTime(timeOf(history, history.ranges.birth[range]!)),
  },
  {
    key: "frame",
    label: "Frame",
    isNumber: true,
    isThere: ({ allocations }) => allocations.frame.some((frame) => frame !== NONE),
    text: ({ allocations, ranges }, range) => {
      const frame = allocations.frame[ranges.allocation[range]!]!;
      return frame === NONE ? "" : formatCount(frame);
    },
  },
  {
    key: "stack",
    label: "Created at",
    isThere: ({ allocations }) => allocations.stack.some((stack) => stack !== 0),
    text: ({ texts, allocations, ranges }, range) =>
      displayText(innermostFrame(textAt(texts, allocations.stack[ranges.allocation[range]!]!)), 80),
  },
];

export function TableView(): JSX.Element {
  const rows = useComputed(() => tableRows(moment.value!));
  const history = moment.value!.history;
  const shown = columns.filter(({ isThere }) => isThere === undefined || isThere(history));
  const open = useSignal<ReadonlySet<number>>(new Set());
  return (
    <div class="table">
      <div class="map-tools">
        <label>
          Group{" "}
          <select
            value={groupMode.value}
            onChange={(event) => {
              groupMode.value = event.currentTarget.value as GroupMode | "none";
              open.value = new Set();
            }}
          >
            <option value="none">Nothing</option>
            {groupModes.map((mode) => (
              <option key={mode} value={mode}>
                {groupModeLabels[mode]}
              </option>
            ))}
          </select>
        </label>
        {isRecording.value && <Lifetimes />}
        <span class="spring" />
        <span>
          <b>{formatBytes(bytesOf(history, rows.value))}</b> in{" "}
          {formatCountOf(rows.value.length, "allocation")}
        </span>
      </div>
      {groupMode.value === "none" ? (
        <Rows history={history} rows={rows.value} shown={shown} />
      ) : (
        <GroupedRows history={history} rows={rows.value} mode={groupMode.value} shown={shown} open={open} />
      )}
    </div>
  );
}

function tableRows(of: Moment): Uint32Array {
  return timed("table", () => {
    let rows = filtered(of.ranges, filterTest.value);
    if (lifetime.value === "end") rows = aliveAtEnd(of, rows);
    if (lifetime.value === "since") {
      const { birth } = of.history.ranges;
      rows = rows.filter((range) => birth[range]! > since.value);
    }
    return sorted(of.history, rows, sorting.value);
  });
}

function Lifetimes(): JSX.Element {
  return (
    <label>
      Show{" "}
      <select
        value={lifetime.value}
        onChange={(event) => {
          lifetime.value = event.currentTarget.value as typeof lifetime.value;
        }}
      >
        <option value="all">all that are alive</option>
        <option value="end">those never freed</option>
        <option value="since">
          those made since the mark ({formatTime(timeOf(moment.value!.history, since.value))})
        </option>
      </select>
    </label>
  );
}

function Header({ shown }: { shown: readonly TableColumn[] }): JSX.Element {
  const { key, descending } = sorting.value;
  return (
    <div class="row head">
      {shown.map((column) => (
        <button
          type="button"
          key={column.key}
          title={`Sort by ${column.label.toLowerCase()}`}
          class={`cell ${column.key} ${column.isNumber ? "number" : ""}`}
          onClick={() => {
            sorting.value = {
              key: column.key,
              descending: column.key === key ? !descending : column.isNumber === true,
            };
          }}
        >
          {column.label}
          {column.key === key && <span aria-hidden="true">{descending ? " ▾" : " ▴"}</span>}
        </button>
      ))}
    </div>
  );
}

interface RowsProps {
  readonly history: History;
  readonly rows: Uint32Array;
  readonly shown: readonly TableColumn[];
}

function Rows({ history, rows, shown }: RowsProps): JSX.Element {
  if (rows.length === 0) return <p class="empty muted">No allocation passes the filter at this moment.</p>;
  return (
    <VirtualList
      label="Allocations"
      count={rows.length}
      rowHeight={ROW_HEIGHT}
      header={<Header shown={shown} />}
      row={(index) => <Row key={rows[index]} history={history} range={rows[index]!} shown={shown} />}
    />
  );
}

function Row({
  history,
  range,
  shown,
}: {
  history: History;
  range: number;
  shown: readonly TableColumn[];
}): JSX.Element {
  const isSelected = selection.value?.what === "range" && selection.value.range === range;
  return (
    <button
      type="button"
      class={isSelected ? "row selected" : "row"}
      onClick={() => {
        selection.value = isSelected ? undefined : { what: "range", range };
      }}
    >
      {shown.map((column) => (
        <span key={column.key} class={`cell ${column.key} ${column.isNumber ? "number" : ""}`}>
          {column.key === "kind" && (
            <i
              class="dot"
              style={{
                background: colourOfGroup(true, history.allocations.kind[history.ranges.allocation[range]!]!),
              }}
            />
          )}
          {column.text(history, range)}
        </span>
      ))}
    </button>
  );
}

type GroupedRow = { readonly group: RowGroup } | { readonly range: number };

function GroupedRows({
  history,
  rows,
  mode,
  shown,
  open,
}: RowsProps & { mode: GroupMode; open: Signal<ReadonlySet<number>> }): JSX.Element {
  const groups = grouped(history, rows, groupingOf(history, mode));
  const total = bytesOf(history, rows);
  const flat: GroupedRow[] = [];
  for (const group of groups) {
    flat.push({ group });
    if (open.value.has(group.group)) for (const range of group.ranges) flat.push({ range });
  }
  if (flat.length === 0) return <p class="empty muted">No allocation passes the filter at this moment.</p>;
  return (
    <VirtualList
      label={`Allocations by ${groupModeLabels[mode].toLowerCase()}`}
      count={flat.length}
      rowHeight={ROW_HEIGHT}
      header={<GroupHeader mode={mode} />}
      row={(index) => {
        const row = flat[index]!;
        if ("range" in row) return <Row key={row.range} history={history} range={row.range} shown={shown} />;
        return (
          <GroupRow
            key={`g${row.group.group}`}
            group={row.group}
            total={total}
            open={open}
            isKind={mode === "kind"}
          />
        );
      }}
    />
  );
}

function GroupHeader({ mode }: { mode: GroupMode }): JSX.Element {
  return (
    <div class="row head">
      <span class="cell group-name">{groupModeLabels[mode]}</span>
      <span class="cell number">Size</span>
      <span class="cell number">Share</span>
      <span class="cell number">Number</span>
      <span class="cell bar" />
    </div>
  );
}

function GroupRow({
  group,
  total,
  open,
  isKind,
}: {
  group: RowGroup;
  total: number;
  open: Signal<ReadonlySet<number>>;
  isKind: boolean;
}): JSX.Element {
  const isOpen = open.value.has(group.group);
  return (
    <button
      type="button"
      class="row group"
      aria-expanded={isOpen}
      onClick={() => {
        const next = new Set(open.value);
        if (isOpen) next.delete(group.group);
        else next.add(group.group);
        open.value = next;
      }}
    >
      <span class="cell group-name">
        <span aria-hidden="true">{isOpen ? "▾" : "▸"} </span>
        <i class="dot" style={{ background: colourOfGroup(isKind, group.group) }} />
        {displayText(group.label, 100)}
      </span>
      <span class="cell number">
        <b>{formatBytes(group.bytes)}</b>
      </span>
      <span class="cell number muted">{formatShare(group.bytes, total)}</span>
      <span class="cell number">{formatCountOf(group.ranges.length, "allocation")}</span>
      <span class="cell bar">
        <i
          style={{
            width: `${(group.bytes / Math.max(total, 1)) * 100}%`,
            background: colourOfGroup(isKind, group.group),
          }}
        />
      </span>
    </button>
  );
}
