/** Everything about what is pinned, else about what is pointed at. */

import type { ComponentChildren, JSX } from "preact";
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatExactBytes,
  formatOffset,
  formatShare,
  formatTime,
} from "../model/format.ts";
import { poolLabel } from "../model/grouping.ts";
import { hasTime, kindLabels, NEVER, NONE, nameOf, timeOf } from "../model/history.ts";
import { aliasesAlive, type Moment, totalsOfBlock } from "../model/moment.ts";
import { displayText } from "../model/text.ts";
import { textAt } from "../model/texts.ts";
import { usageWords } from "../model/usage.ts";
import { whatFits } from "../model/what-fits.ts";
import { hovered, moment, selection, view } from "../state/state.ts";

export function Inspector(): JSX.Element {
  const isPinned = selection.value !== undefined;
  const target = selection.value ?? (view.value === "map" ? hovered.value : undefined);
  return (
    <aside class="inspector" aria-label="Details" aria-live="polite">
      {target === undefined || moment.value === undefined ? (
        <p class="muted">Point at something to see what it is; click to keep it here.</p>
      ) : (
        <>
          {isPinned && (
            <button
              type="button"
              class="quiet unpin"
              title="Escape"
              onClick={() => {
                selection.value = undefined;
              }}
            >
              Let go
            </button>
          )}
          {target.what === "range" ? (
            <RangeDetails moment={moment.value} range={target.range} />
          ) : target.what === "free" ? (
            <FreeDetails moment={moment.value} {...target} />
          ) : (
            <BlockDetails moment={moment.value} block={target.block} />
          )}
        </>
      )}
    </aside>
  );
}

function Fact({ label, children }: { label: string; children: ComponentChildren }): JSX.Element | null {
  if (children === "" || children === undefined || children === false) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

function RangeDetails({ moment, range }: { moment: Moment; range: number }): JSX.Element {
  const { history } = moment;
  const { ranges, allocations, blocks, texts, pools, types, heaps } = history;
  if (range >= ranges.count) return <p class="muted">What the link points at is not in this file.</p>;
  const allocation = ranges.allocation[range]!;
  const block = ranges.block[range]!;
  const pool = blocks.pool[block]!;
  const type = types[pools[pool]!.type]!;
  const size = ranges.size[range]!;
  const offset = ranges.offset[range]!;
  const name = displayText(nameOf(history, allocation));
  const kind = allocations.kind[allocation]!;
  const isAlive = ranges.birth[range]! <= moment.at && moment.at < ranges.death[range]!;
  const aliases = aliasesAlive(moment).get(allocation) ?? [];
  const stack = textAt(texts, allocations.stack[allocation]!);
  const frame = allocations.frame[allocation]!;
  return (
    <>
      <h2>{name || "(unnamed)"}</h2>
      <p class="kind">{kindLabels[kind]}</p>
      {!isAlive && <p class="bad">Not alive at this moment.</p>}
      <dl>
        <Fact label="Size">
          <b>{formatBytes(size)}</b> <span class="muted">{formatExactBytes(size)}</span>
        </Fact>
        <Fact label="Asked for">
          {allocations.requested[allocation]! > 0 &&
            allocations.requested[allocation] !== size &&
            formatExactBytes(allocations.requested[allocation]!)}
        </Fact>
        <Fact label="Offset">
          {formatOffset(offset)} <span class="muted">{formatExactBytes(offset)}</span>
        </Fact>
        <Fact label="Place">
          {blocks.dedicated[block] === 1
            ? "memory of its own"
            : `block #${blocks.id[block]} of ${formatBytes(blocks.size[block]!)}`}
        </Fact>
        <Fact label="Pool">{poolLabel(history, pool)}</Fact>
        <Fact label="Memory type">
          {type.label} <span class="muted">{type.flags.join(" ")}</span>
        </Fact>
        <Fact label="Heap">{heaps[type.heap]!.label}</Fact>
        <Fact label="Usage">{usageWords(history, allocation)}</Fact>
        <Fact label={hasTime(history) ? "Image" : "User data"}>
          {displayText(textAt(texts, allocations.data[allocation]!))}
        </Fact>
        <Fact label="Frame">{frame !== NONE && frame}</Fact>
        {hasTime(history) && <Lifetime moment={moment} range={range} />}
      </dl>
      {aliases.length > 0 && (
        <>
          <h3>{formatCountOf(aliases.length, "resource")} besides in the same memory</h3>
          <ul class="plain">
            {aliases.slice(0, 20).map((alias) => (
              <li key={alias}>
                {displayText(textAt(texts, history.aliases.name[alias]!)) || "(unnamed)"}{" "}
                <span class="muted">
                  {kindLabels[history.aliases.kind[alias]!]}, {formatBytes(history.aliases.size[alias]!)} at{" "}
                  {formatOffset(history.aliases.offset[alias]!)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {stack !== "" && (
        <>
          <h3>Created at</h3>
          <pre>{stack}</pre>
        </>
      )}
    </>
  );
}

function Lifetime({ moment: { history, at }, range }: { moment: Moment; range: number }): JSX.Element {
  const { birth, death } = history.ranges;
  const born = birth[range]!;
  const dies = death[range]!;
  return (
    <>
      <Fact label="Here since">
        {born === 0 ? "before the recording" : `event ${born}, ${formatTime(timeOf(history, born))}`}
      </Fact>
      <Fact label="Until">
        {dies === NEVER ? "the end of the file" : `event ${dies}, ${formatTime(timeOf(history, dies))}`}
      </Fact>
      <Fact label="Age">{born <= at && formatTime(timeOf(history, at) - timeOf(history, born))}</Fact>
    </>
  );
}

function FreeDetails({
  moment,
  block,
  offset,
  size,
}: {
  moment: Moment;
  block: number;
  offset: number;
  size: number;
}): JSX.Element {
  const { blocks } = moment.history;
  if (block >= blocks.count) return <p class="muted">What the link points at is not in this file.</p>;
  const fitting = whatFits(moment, block, offset, size);
  return (
    <>
      <h2>Free memory</h2>
      <dl>
        <Fact label="Size">
          <b>{formatBytes(size)}</b> <span class="muted">{formatExactBytes(size)}</span>
        </Fact>
        <Fact label="Offset">
          {formatOffset(offset)} <span class="muted">{formatExactBytes(offset)}</span>
        </Fact>
        <Fact label="Place">
          block #{blocks.id[block]} of {formatBytes(blocks.size[block]!)}
        </Fact>
      </dl>
      <h3>What it could hold</h3>
      <table class="small">
        <thead>
          <tr>
            <th>Aligned to</th>
            <th>At most</th>
          </tr>
        </thead>
        <tbody>
          {fitting.byAlignment.map(({ alignment, most }) => (
            <tr key={alignment}>
              <td>{formatBytes(alignment)}</td>
              <td>{formatBytes(most)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {fitting.byGroup.length > 0 && (
        <p>
          Room for{" "}
          {fitting.byGroup.map(({ label, count, size: each }, index) => (
            <span key={label}>
              {index > 0 && (index === fitting.byGroup.length - 1 ? " or " : ", ")}
              {formatCount(count)} × {label} <span class="muted">({formatBytes(each)})</span>
            </span>
          ))}
          .
        </p>
      )}
    </>
  );
}

function BlockDetails({ moment, block }: { moment: Moment; block: number }): JSX.Element {
  const { history } = moment;
  const { blocks } = history;
  if (block >= blocks.count) return <p class="muted">What the link points at is not in this file.</p>;
  const { used, reserved, allocations, freeRanges, largestFree } = totalsOfBlock(moment, block);
  return (
    <>
      <h2>Block #{blocks.id[block]}</h2>
      <dl>
        <Fact label="Size">
          <b>{formatBytes(reserved)}</b> <span class="muted">{formatExactBytes(reserved)}</span>
        </Fact>
        <Fact label="Used">
          {formatBytes(used)} <span class="muted">{formatShare(used, reserved)}</span>
        </Fact>
        <Fact label="Allocations">{formatCountOf(allocations, "allocation")}</Fact>
        <Fact label="Free">
          {formatBytes(reserved - used)} in {formatCountOf(freeRanges, "range")}
        </Fact>
        <Fact label="Largest free">{formatBytes(largestFree)}</Fact>
        <Fact label="Pool">{poolLabel(history, blocks.pool[block]!)}</Fact>
        <Fact label="Mapped">
          {blocks.mapCount[block]! > 0 && formatCountOf(blocks.mapCount[block]!, "time")}
        </Fact>
      </dl>
    </>
  );
}
