/** Memory over time: series, highest moments, layouts and landmarks, against naive accounts. */

import { describe, expect, it } from "vitest";
import {
  BANDS,
  ColumnWalk,
  layoutTime,
  momentAtX,
  type TimeQuestion,
  visitColumn,
  wholeSpan,
  xOfMoment,
} from "../../src/viewer/draw/time-layout.ts";
import { eventText } from "../../src/viewer/model/event-text.ts";
import { findingsOf } from "../../src/viewer/model/findings.ts";
import { groupingOf } from "../../src/viewer/model/grouping.ts";
import { EventKind, type History, Kind, lastMoment } from "../../src/viewer/model/history.ts";
import { certainLeaks, suspectedLeaks } from "../../src/viewer/model/leaks.ts";
import { momentOf, totalsOf } from "../../src/viewer/model/moment.ts";
import { ALL_HEAPS, landmarksOf, momentsOf, placeIn, seriesOf } from "../../src/viewer/model/series.ts";
import { Random } from "../helpers/random.ts";
import { builderOfDevice, device, randomHistory } from "./histories.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

describe.each([1, 2, 3])("a random history over time (seed %i)", (seed) => {
  const { history, states } = randomHistory(seed, 3000);
  const series = seriesOf(history, ALL_HEAPS);

  it("has in use at each moment what is alive then, of all heaps and of each", () => {
    const parts = history.heaps.map((_, heap) => seriesOf(history, heap));
    for (let at = 0; at <= lastMoment(history); at += 41) {
      const { all, heaps } = totalsOf(momentOf(history, at));
      expect(series.used[at]).toBe(states[at]!.reduce((sum, { size }) => sum + size, 0));
      expect(series.reserved[at]).toBe(all.reserved);
      expect(parts.map(({ used }) => used[at])).toEqual(heaps.map(({ used }) => used));
    }
  });

  it("knows where most is in use, in any span", () => {
    const random = new Random(seed);
    for (let i = 0; i < 500; i++) {
      const from = random.below(3001);
      const to = from + random.below(3001 - from);
      let best = from;
      for (let at = from; at <= to; at++) if (series.used[at]! > series.used[best]!) best = at;
      expect(series.highest(from, to)).toBe(best);
    }
  });

  it.each(["time", "events"] as const)(
    "lays out %s by columns whose bytes are what is alive then",
    (axis) => {
      const random = new Random(seed + 7);
      const grouping = groupingOf(history, "name");
      for (let i = 0; i < 12; i++) {
        const whole = wholeSpan(history, axis);
        const from = i === 0 ? 0 : random.below(2500);
        const span = i === 0 ? whole : { from, to: from + 1 + random.below(2999 - from) };
        const question: TimeQuestion = {
          history,
          series,
          heap: i % 3 === 2 ? 0 : ALL_HEAPS,
          axis,
          span,
          grouping: i % 2 === 0 ? grouping : undefined,
          test: i % 4 === 3 ? (range) => range % 2 === 0 : undefined,
          width: 100,
          height: 200,
          top: 4 * MiB,
        };
        const layout = layoutTime(question);
        const walk = new ColumnWalk(layout);
        for (let column = 0; column < 100; column++) {
          walk.advance(column);
          const at = layout.sample[column]!;
          expect(naiveColumn(question, column)).toContain(at);
          const alive = [...momentOf(history, at).ranges]
            .filter((r) => question.test?.(r) ?? true)
            .filter(
              (r) =>
                question.heap === ALL_HEAPS ||
                history.pools[history.blocks.pool[history.ranges.block[r]!]!]!.type !== 1,
            );
          const wanted = alive.reduce((sum, range) => sum + history.ranges.size[range]!, 0);
          let top = 0;
          const tall: number[] = [];
          visitColumn(layout, column, walk.active, walk.count, (band, range, low, high) => {
            expect(low).toBe(top);
            expect(band).toBeLessThan(BANDS);
            top = high;
            if (range !== undefined) tall.push(range);
          });
          expect(top).toBe(wanted);
          const least = (question.top / question.height) * 2;
          expect(tall.sort()).toEqual(alive.filter((r) => history.ranges.size[r]! >= least).sort());
        }
      }
    },
  );

  /** Every moment that a column may show. */
  function naiveColumn({ axis, span, width }: TimeQuestion, column: number): number[] {
    const step = (span.to - span.from) / width;
    const from = momentAtX(history, axis, span.from + column * step);
    const to = momentAtX(history, axis, span.from + (column + 1) * step);
    const moments = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const most = Math.max(...moments.map((at) => series.used[at]!));
    return moments.filter((at) => series.used[at] === most);
  }

  it("goes from moments to places and back", () => {
    for (const axis of ["time", "events"] as const)
      for (let at = 1; at <= lastMoment(history); at += 17)
        expect(momentAtX(history, axis, xOfMoment(history, axis, at))).toBe(at);
  });

  it("has words for every event", () => {
    for (let event = 0; event < lastMoment(history); event++) {
      const { label, subject } = eventText(history, event);
      expect(label).not.toBe("");
      if (history.events.kind[event] !== EventKind.Frame) expect(subject).toMatch(/^thing \d of \d$/);
    }
    expect(landmarksOf(history).frames).toEqual(momentsOf(history, EventKind.Frame));
    expect(placeIn(Uint32Array.of(3, 5, 9), 5)).toBe(1);
    expect(placeIn(Uint32Array.of(3, 5, 9), 10)).toBe(3);
  });
});

/** A program of 100 frames: each makes and frees a buffer, and keeps what `kept` says. */
function program(kept: (frame: number) => { name: string; size: number } | undefined, ending = ""): History {
  const builder = builderOfDevice();
  const block = builder.addBlock({ pool: 0, size: 512 * MiB });
  let offset = 64 * MiB;
  const make = (name: string, at: number, size: number, time: number): number => {
    builder.event(EventKind.Allocate, time);
    const allocation = builder.addAllocation(Kind.OtherBuffer, size, 0, builder.texts.add(name));
    const range = builder.place(allocation, block, at, size);
    builder.setSubject(range);
    return range;
  };
  make("world", 32 * MiB, 32 * MiB, 0);
  for (let frame = 0; frame < 100; frame++) {
    builder.event(EventKind.Frame, frame * 16, frame);
    const transient = make(`transient ${frame}`, 0, MiB, frame * 16 + 1);
    const one = kept(frame);
    if (one !== undefined) {
      make(one.name, offset, one.size, frame * 16 + 2);
      offset += one.size;
    }
    builder.event(EventKind.Free, frame * 16 + 3, transient);
    builder.endRange(transient);
  }
  if (ending !== "") builder.event(EventKind.End, 1600, builder.texts.add(ending));
  return builder.finish("program", "Recording", device, { ending });
}

const titles = (history: History): string[] => {
  const moment = momentOf(history, lastMoment(history));
  return findingsOf(moment, totalsOf(moment)).map(({ severity, title }) => `${severity}: ${title}`);
};

describe("what leaks", () => {
  it("is what is made again and again and not freed", () => {
    const history = program((frame) => ({ name: `particles ${frame}`, size: 256 * KiB }));
    expect(suspectedLeaks(history)).toMatchObject([{ label: "particles", made: 50, left: 50 }]);
    expect(titles(history)).toContain("warning: “particles” seems to leak");
  });

  it("is not what is loaded at the beginning, nor what a frame needs", () => {
    const history = program((frame) => (frame < 30 ? { name: `mesh ${frame}`, size: MiB } : undefined));
    expect(suspectedLeaks(history)).toEqual([]);
    expect(titles(history).filter((title) => title.includes("leak"))).toEqual([]);
  });

  it("is not worth a word where it is next to nothing", () => {
    expect(suspectedLeaks(program((frame) => ({ name: `crumb ${frame}`, size: 64 })))).toEqual([]);
  });

  it("is certain where an allocator was destroyed before its allocations were freed", () => {
    const history = program(() => undefined, "destroyed");
    expect(certainLeaks(history)).toEqual({ count: 1, bytes: 32 * MiB });
    expect(titles(history)).toContain("bad: 1 allocation never freed");
    expect(certainLeaks(program(() => undefined, "exit"))).toBeUndefined();
  });
});

it("budgets that were exceeded and requests that were refused are told with the moment", () => {
  const builder = builderOfDevice();
  builder.event(EventKind.Budget, 1);
  builder.addBudget(0, 100 * MiB, 50 * MiB);
  builder.event(EventKind.Budget, 2000);
  builder.addBudget(0, 100 * MiB, 150 * MiB);
  builder.event(EventKind.Refuse, 2500);
  const texts = builder.texts;
  builder.setSubject(
    builder.addRefusal({
      size: 5 * MiB,
      name: texts.add("atlas"),
      reason: texts.add("budget"),
      message: texts.add("the heap is full"),
      stack: 0,
    }),
  );
  builder.event(EventKind.Budget, 3000);
  builder.addBudget(0, 100 * MiB, 60 * MiB);
  const history = builder.finish("budget", "Recording", device);
  const moment = momentOf(history, lastMoment(history));
  const found = findingsOf(moment, totalsOf(moment));
  expect(found.map(({ title }) => title)).toEqual(["Heap 0 was over its budget", "1 request refused"]);
  expect(found[0]!.text).toBe("At 2.00 s 150 MiB were in use of 100 MiB: 50 MiB too much. ");
  expect(found[0]!.way).toEqual({ view: "time", moment: 2, heap: 0 });
  expect(found[1]!.text).toMatch(/2\.50 s, of 5 MiB \(the heap is full\)\. Reasons: 1 × budget/);
  const during = findingsOf(momentOf(history, 2), totalsOf(momentOf(history, 2)));
  expect(during[0]!.title).toBe("Heap 0 is over its budget");
});
