/**
 * How memory stands: for each heap a bar of what is used, reserved, and in use by others, beside its budget and size.
 */

import type { JSX } from "preact";
import { formatBytes, formatCountOf, formatExactBytes, formatShare } from "../model/format.ts";
import { budgetAt } from "../model/moment.ts";
import { flagWords } from "../model/text.ts";
import { moment, totals } from "../state/state.ts";

export function Heaps(): JSX.Element {
  const { history, at } = moment.value!;
  const { all, heaps } = totals.value!;
  const objects = [
    formatCountOf(all.blocks, "block"),
    all.dedicated > 0 && formatCountOf(all.dedicated, "dedicated allocation"),
  ].filter(Boolean);
  return (
    <div class="heaps">
      <p class="headline">
        <b title={formatExactBytes(all.used)}>{formatBytes(all.used)}</b> in{" "}
        {formatCountOf(all.allocations, "allocation")}, of{" "}
        <b title={formatExactBytes(all.reserved)}>{formatBytes(all.reserved)}</b> taken from the device as{" "}
        {objects.join(" and ")}
      </p>
      {history.heaps.map((heap, index) => (
        <Gauge
          key={heap.label}
          label={heap.label}
          flags={heap.flags}
          size={heap.size}
          used={heaps[index]!.used}
          reserved={heaps[index]!.reserved}
          budget={budgetAt(history, index, at)}
        />
      ))}
      <p class="legend-line muted">
        <i class="swatch used" /> used <i class="swatch reserved" /> reserved, but free{" "}
        <i class="swatch foreign" /> also used by the process <i class="swatch tick" /> budget
      </p>
    </div>
  );
}

interface GaugeProps {
  readonly label: string;
  readonly flags: readonly string[];
  readonly size: number;
  readonly used: number;
  readonly reserved: number;
  readonly budget: { readonly budget: number; readonly usage: number } | undefined;
}

function Gauge({ label, flags, size, used, reserved, budget }: GaugeProps): JSX.Element {
  const usage = Math.max(budget?.usage ?? 0, reserved);
  const limit = budget?.budget ?? size;
  const whole = Math.max(size, limit, usage, 1);
  const isOver = limit > 0 && usage > limit;
  const part = (bytes: number): string => `${(bytes / whole) * 100}%`;
  return (
    <div class={isOver ? "gauge over" : "gauge"}>
      <div class="gauge-label">
        <b>{label}</b> <span class="muted">{flagWords(flags)}</span>
      </div>
      <div class="gauge-figures">
        <span>
          <b>{formatBytes(used)}</b> used
        </span>
        <span>
          <b>{formatBytes(reserved)}</b> reserved
        </span>
        <span class={isOver ? "bad" : ""}>
          {budget === undefined ? (
            size > 0 && <>of {formatBytes(size)}</>
          ) : (
            <>
              {formatShare(usage, budget.budget)} of the budget of <b>{formatBytes(budget.budget)}</b>
            </>
          )}
        </span>
      </div>
      <div
        class="gauge-bar"
        role="img"
        aria-label={`${label}: ${formatBytes(used)} used, ${formatBytes(reserved)} reserved`}
      >
        <span class="foreign" style={{ width: part(usage) }} />
        <span class="reserved" style={{ width: part(reserved) }} />
        <span class="used" style={{ width: part(used) }} />
        {limit > 0 && <span class="tick" style={{ left: part(limit) }} />}
      </div>
    </div>
  );
}
