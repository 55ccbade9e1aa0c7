/** A long list of which only the rows that are seen exist. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface VirtualListProps {
  readonly count: number;
  /** Pixels. */
  readonly rowHeight: number;
  readonly row: (index: number) => JSX.Element;
  readonly header?: JSX.Element;
  readonly label: string;
  /** A row that is to be seen: the list scrolls to it when it changes. */
  readonly centre?: number;
}

/** Browsers cannot make an element taller than this; longer lists are scrolled faster than they are long. */
const TALLEST = 15_000_000;

export function VirtualList({ count, rowHeight, row, header, label, centre }: VirtualListProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const scroll = useSignal(0);
  const height = useSignal(600);
  useEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [height]);
  const total = count * rowHeight;
  const tall = Math.min(total, TALLEST);
  const reach = Math.max(total - height.value, 0);
  const scrolled = tall === total ? scroll.value : (scroll.value / Math.max(tall - height.value, 1)) * reach;
  useEffect(() => {
    const element = scroller.current;
    if (centre === undefined || centre < 0 || element === null) return;
    const y = centre * rowHeight;
    if (y >= scrolled && y + rowHeight <= scrolled + height.value) return;
    const wanted = Math.min(Math.max(y - height.value / 2, 0), reach);
    element.scrollTop = tall === total ? wanted : (wanted / Math.max(reach, 1)) * (tall - height.value);
  }, [centre, count]);
  const first = Math.max(Math.floor(scrolled / rowHeight) - 4, 0);
  const last = Math.min(first + Math.ceil(height.value / rowHeight) + 10, count);
  const rows: JSX.Element[] = [];
  for (let index = first; index < last; index++) rows.push(row(index));
  return (
    <section
      class="list"
      ref={scroller}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keys.
      tabIndex={0}
      onScroll={(event) => {
        scroll.value = event.currentTarget.scrollTop;
      }}
    >
      {header}
      <div class="list-body" style={{ height: `${tall}px` }}>
        <div
          class="list-window"
          style={{ transform: `translateY(${first * rowHeight - scrolled + scroll.value}px)` }}
        >
          {rows}
        </div>
      </div>
    </section>
  );
}
