/** The model: moments, groups, filters, sorting, differences and pins, by hand and against naive accounts. */

import { describe, expect, it } from "vitest";
import {
  ABSENT,
  differenceByGroup,
  differenceOf,
  filteredPairs,
  type Pair,
} from "../../src/viewer/model/difference.ts";
import { parseFilter, parseQuantity } from "../../src/viewer/model/filter.ts";
import { findingsOf } from "../../src/viewer/model/findings.ts";
import { formatBytes, formatShare, formatTime } from "../../src/viewer/model/format.ts";
import { groupingOf, groupModes } from "../../src/viewer/model/grouping.ts";
import {
  type History,
  Kind,
  lastMoment,
  momentAt,
  nameOfRange,
  timeOf,
} from "../../src/viewer/model/history.ts";
import { type Moment, momentOf, totalsOf, totalsOfBlock, visitFree } from "../../src/viewer/model/moment.ts";
import { pinnedBlocks } from "../../src/viewer/model/pins.ts";
import { bytesOf, filtered, grouped, sorted, sortKeys } from "../../src/viewer/model/rows.ts";
import { displayText } from "../../src/viewer/model/text.ts";
import { prefixEnd, TextBuilder, textAt } from "../../src/viewer/model/texts.ts";
import { whatFits } from "../../src/viewer/model/what-fits.ts";
import { hostileNames } from "./dumps.ts";
import { type LiveAllocation, momentHistory, randomHistory } from "./histories.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** What a moment says is alive, in the form of the naive account. */
function live({ history, ranges }: Moment): LiveAllocation[] {
  const { ranges: columns } = history;
  return [...ranges].map((range) => ({
    allocation: columns.allocation[range]!,
    block: columns.block[range]!,
    offset: columns.offset[range]!,
    size: columns.size[range]!,
    name: nameOfRange(history, range),
  }));
}

const byAllocation = (a: LiveAllocation, b: LiveAllocation): number => a.allocation - b.allocation;

describe.each([1, 2, 3])("a random history (seed %i)", (seed) => {
  const { history, states } = randomHistory(seed, 400);

  it("is at every moment what the naive account says", () => {
    for (const [at, state] of states.entries())
      expect(live(momentOf(history, at)).sort(byAllocation)).toEqual([...state].sort(byAllocation));
  });

  it("has the ranges of each block in the order of their addresses, and free ranges between them", () => {
    for (let at = 0; at <= lastMoment(history); at += 37) {
      const moment = momentOf(history, at);
      for (const block of moment.blocks) {
        const inside = [...moment.ranges.subarray(moment.first[block]!, moment.first[block + 1]!)];
        expect(inside.every((range) => history.ranges.block[range] === block)).toBe(true);
        const offsets = inside.map((range) => history.ranges.offset[range]!);
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        let free = 0;
        visitFree(moment, block, (_, size) => {
          free += size;
        });
        const used = inside.reduce((sum, range) => sum + history.ranges.size[range]!, 0);
        expect(free + used).toBe(history.blocks.size[block]);
        expect(totalsOfBlock(moment, block).used).toBe(used);
      }
    }
  });

  it("sums up to what is alive", () => {
    const at = lastMoment(history);
    const { all, heaps, pools } = totalsOf(momentOf(history, at));
    const used = states[at]!.reduce((sum, { size }) => sum + size, 0);
    expect(all.used).toBe(used);
    for (const parts of [heaps, pools]) expect(parts.reduce((sum, part) => sum + part.used, 0)).toBe(used);
  });

  it("differs between two moments by exactly what the naive account says", () => {
    for (const [a, b] of [
      [0, 400],
      [100, 130],
      [390, 20],
      [200, 200],
    ] as const) {
      const pairs = differenceOf(momentOf(history, a), momentOf(history, b));
      const before = new Map(states[a]!.map((one) => [one.allocation, one]));
      const after = new Map(states[b]!.map((one) => [one.allocation, one]));
      const changeOf = (allocation: number): string => {
        const [one, other] = [before.get(allocation), after.get(allocation)];
        if (one === undefined) return "came";
        if (other === undefined) return "went";
        return one.block === other.block && one.offset === other.offset ? "same" : "moved";
      };
      const owner = ({ before, after }: Pair): number =>
        history.ranges.allocation[after === ABSENT ? before : after]!;
      expect(pairs.map(owner).sort((x, y) => x - y)).toEqual(
        [...new Set([...before.keys(), ...after.keys()])].sort((x, y) => x - y),
      );
      // A range that moved away and back is another range, and counts as moved.
      for (const pair of pairs) {
        const wanted = changeOf(owner(pair));
        expect(wanted === "same" ? ["same", "moved"] : [wanted]).toContain(pair.change);
      }
    }
  });

  it("puts every allocation in one group of each mode", () => {
    const moment = momentOf(history, lastMoment(history));
    for (const mode of groupModes) {
      const groups = grouped(history, moment.ranges, groupingOf(history, mode));
      expect(groups.reduce((sum, { ranges }) => sum + ranges.length, 0)).toBe(moment.ranges.length);
      expect(groups.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(bytesOf(history, moment.ranges));
    }
  });

  it("sorts by every column, both ways, and loses nothing", () => {
    const { ranges } = momentOf(history, lastMoment(history));
    for (const key of sortKeys) {
      for (const descending of [false, true]) {
        const rows = sorted(history, ranges, { key, descending });
        expect([...rows].sort()).toEqual([...ranges].sort());
      }
    }
    const sizes = [...sorted(history, ranges, { key: "size", descending: true })].map(
      (r) => history.ranges.size[r]!,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  it("finds the moment of a time, and the time of a moment", () => {
    for (let at = 1; at <= lastMoment(history); at += 13)
      expect(momentAt(history, timeOf(history, at))).toBe(at);
    expect(momentAt(history, -1)).toBe(0);
    expect(momentAt(history, 1e9)).toBe(lastMoment(history));
  });
});

describe("filters", () => {
  const history = momentHistory([
    {
      size: 10 * MiB,
      has: [
        { name: "shadow map 1", kind: Kind.DepthStencil, offset: 0, size: 4 * MiB },
        { name: "shadow map 2", kind: Kind.DepthStencil, offset: 4 * MiB, size: MiB },
        { name: "tree/mesh", kind: Kind.VertexBuffer, offset: 5 * MiB, size: 100 },
        { kind: Kind.Unknown, offset: 6 * MiB, size: 7 },
      ],
    },
    { pool: 1, size: MiB, has: [{ name: "map of the world", kind: Kind.Texture, offset: 4096, size: 8 }] },
  ]);
  const { ranges } = momentOf(history, 0);
  const found = (text: string): number[] => {
    const filter = parseFilter(history, text);
    if ("error" in filter) throw new Error(filter.error);
    return [...filtered(ranges, filter.test)].map((range) => history.ranges.size[range]!);
  };
  it.each([
    ["", [4 * MiB, MiB, 100, 7, 8]],
    ["map", [4 * MiB, MiB, 8]],
    ["MAP shadow", [4 * MiB, MiB]],
    ['"map of"', [8]],
    ["name:tree", [100]],
    ["kind:vertex", [100]],
    ["-kind:depth", [100, 7, 8]],
    ["size>=1MiB", [4 * MiB, MiB]],
    ["size>1mib", [4 * MiB]],
    ["size<0x10", [7, 8]],
    ["size:100", [100]],
    ["block:1", [8]],
    ["offset>=4k offset<5m", [MiB, 8]],
    ["is:unnamed", [7]],
    ["type:host_visible", [8]],
    ['heap:"heap 1"', [8]],
    ["pool:default -heap:device_local", [8]],
  ])("%j", (text, sizes) => {
    expect(found(text)).toEqual(sizes);
  });

  it.each([
    ["colour:red", /no field “colour”.*name, kind/],
    ["size>big", /number such as 4096/],
    ["name>5", /cannot be compared/],
    ["is:strange", /dedicated, named or unnamed/],
  ])("%j is refused in words", (text, message) => {
    const filter = parseFilter(history, text);
    expect("error" in filter ? filter.error : "").toMatch(message);
  });

  it("reads quantities", () => {
    expect(["12", "0x1F", "1.5MiB", "2g", "3kb"].map(parseQuantity)).toEqual([
      12,
      31,
      1.5 * MiB,
      2 ** 31,
      3072,
    ]);
    expect(["", "MiB", "1x", "-1", "1e3"].map(parseQuantity)).toEqual(Array(5).fill(undefined));
  });
});

describe("the difference of two files", () => {
  const before = momentHistory([
    {
      size: 10 * MiB,
      has: [
        { name: "a", offset: 0, size: 100 },
        { name: "a", offset: 100, size: 200 },
        { name: "b", offset: 300, size: 300 },
        { name: "c", offset: 600, size: 50 },
        { offset: 900, size: 10 },
        { offset: 950, size: 11 },
      ],
    },
  ]);
  const after = momentHistory([
    {
      size: 10 * MiB,
      has: [
        { name: "a", offset: 0, size: 100 },
        { name: "a", offset: 4096, size: 200 },
        { name: "b", offset: 300, size: 500 },
        { name: "d", offset: 1000, size: 70 },
        { offset: 900, size: 12 },
        { offset: 950, size: 11 },
      ],
    },
  ]);
  const [a, b] = [momentOf(before, 0), momentOf(after, 0)];
  const pairs = differenceOf(a, b);

  it("matches by name, place and size", () => {
    const words = pairs.map(({ change, difference }) => `${change} ${difference}`).sort();
    // The unnamed ones of 10 and 12 bytes: nothing says that they are the same.
    expect(words).toEqual([
      "came 12",
      "came 70",
      "grew 200",
      "moved 0",
      "same 0",
      "same 0",
      "went -10",
      "went -50",
    ]);
  });

  it("sums up by group", () => {
    const groups = differenceByGroup(a, b, pairs, "name");
    expect(groups.map(({ label }) => label)).toEqual(["b", "d", "c", "(unnamed)", "a"]);
    const sum = groups.reduce((total, group) => total + group.after - group.before, 0);
    expect(sum).toBe(totalsOf(b).all.used - totalsOf(a).all.used);
  });

  it("is the other way round backwards", () => {
    const backwards = differenceOf(b, a).map(({ change, difference }) => `${change} ${-difference}`);
    expect(backwards.filter((word) => word.startsWith("went")).sort()).toEqual(["went 12", "went 70"]);
    expect(backwards).toContain("shrank 200");
  });

  it("leaves out what passes the filter at neither moment", () => {
    const of = (text: string): string[] =>
      filteredPairs(a, b, pairs, text)
        .map(({ change, difference }) => `${change} ${difference}`)
        .sort();
    expect(of("")).toHaveLength(pairs.length);
    expect(of("name:b")).toEqual(["grew 200"]);
    expect(of("size>=300")).toEqual(["grew 200"]);
    // 500 bytes at the second moment alone.
    expect(of("size>400")).toEqual(["grew 200"]);
    expect(of("name:c")).toEqual(["went -50"]);
    expect(of("name:d")).toEqual(["came 70"]);
    expect(of("nonsense:x")).toHaveLength(pairs.length);
  });

  it("of a file and itself is nothing, however alike its allocations", () => {
    const { history } = randomHistory(5, 300);
    const { history: same } = randomHistory(5, 300);
    const pairs = differenceOf(momentOf(history, 300), momentOf(same, 300));
    expect(new Set(pairs.map(({ change }) => change))).toEqual(new Set(["same"]));
  });
});

describe("pins", () => {
  it("are the allocations of blocks that fit into the others, the cheapest first", () => {
    const moment = momentOf(
      momentHistory([
        { size: 10 * MiB, has: [{ name: "big", offset: 0, size: 6 * MiB }] },
        { size: 10 * MiB, has: [{ name: "small", offset: 5 * MiB, size: 1 * MiB }] },
        { size: 10 * MiB, has: [{ name: "middle", offset: 0, size: 4 * MiB }] },
        // Of another pool: it cannot take anything in.
        { pool: 1, size: 100 * MiB, has: [{ name: "alone", offset: 0, size: 1 }] },
      ]),
      0,
    );
    const pins = pinnedBlocks(moment);
    expect(pins.map(({ block }) => block)).toEqual([1]);
    expect(pins.at(-1)).toMatchObject({ gain: 10 * MiB, cost: MiB, allocations: 1 });
  });

  it("are none where nothing would be won", () => {
    const full = { size: MiB, has: [{ offset: 0, size: MiB }] };
    expect(pinnedBlocks(momentOf(momentHistory([full, full]), 0))).toEqual([]);
  });

  it("are named on the first screen, with what they cost", () => {
    const history = momentHistory([
      { size: 64 * MiB, has: [{ offset: 0, size: 40 * MiB }] },
      { size: 64 * MiB, has: [{ offset: MiB, size: 64 * KiB }] },
    ]);
    const moment = momentOf(history, 0);
    const [finding] = findingsOf(moment, totalsOf(moment));
    expect(finding).toMatchObject({ severity: "warning", title: "Fragmentation" });
    expect(finding!.text).toContain("1 allocation of 64 KiB keeps 1 block of 64 MiB alive");
  });
});

describe("what fits into a free range", () => {
  const moment = momentOf(
    momentHistory([
      {
        size: MiB,
        has: [
          { name: "tile 1", offset: 0, size: 1000 },
          { name: "tile 2", offset: 1000, size: 3000 },
          { name: "tile 3", offset: 500000, size: 5000 },
        ],
      },
    ]),
    0,
  );
  it("is said by alignment, and in usual sizes", () => {
    const { byAlignment, byGroup } = whatFits(moment, 0, 4000, 496000);
    expect(byAlignment[0]).toEqual({ alignment: 1, most: 496000 });
    expect(byAlignment.find(({ alignment }) => alignment === 4096)!.most).toBe(500000 - 4096);
    expect(byGroup).toEqual([{ label: "tile", size: 3000, count: 165 }]);
  });
});

describe("texts", () => {
  it("have units", () => {
    expect([0, 1, 1023, 1024, 1536, 1048575, 1048576, 15 * MiB + 7, 2 ** 40].map(formatBytes)).toEqual([
      "0 B",
      "1 B",
      "1023 B",
      "1 KiB",
      "1.50 KiB",
      "1 MiB",
      "1 MiB",
      "15.0 MiB",
      "1 TiB",
    ]);
    expect([0, 1e-4, 0.5, 12.34, 999, 4210, 185000].map(formatTime)).toEqual([
      "0 s",
      "100 ns",
      "500 µs",
      "12.3 ms",
      "999 ms",
      "4.21 s",
      "3 min 5 s",
    ]);
    expect([formatShare(0, 5), formatShare(1, 1000), formatShare(999, 1000), formatShare(5, 5)]).toEqual([
      "0 %",
      "<1 %",
      ">99 %",
      "100 %",
    ]);
  });

  it("show names without what cannot be seen or turns them round", () => {
    for (const name of hostileNames) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(displayText(name)).not.toMatch(/[\u0000-\u001f\u200b-\u200f\u202a-\u202e]/);
      expect(displayText(name).length).toBeLessThanOrEqual(201);
    }
  });

  it.each([
    ["shadow map 12", "shadow map"],
    ["mesh/tree#7", "mesh"],
    ["gbuffer_albedo", "gbuffer_albedo"],
    ["atlas-3", "atlas"],
    ["7zip", "7zip"],
    ["tile[3][4]", "tile"],
  ])("%j begins with %j", (name, prefix) => {
    const bytes = new TextEncoder().encode(`before ${name} behind`);
    const end = prefixEnd(bytes, 7, 7 + new TextEncoder().encode(name).length);
    expect(new TextDecoder().decode(bytes.subarray(7, end))).toBe(prefix);
  });

  it("are numbered by what they say, however many there are", () => {
    const builder = new TextBuilder();
    const words = Array.from({ length: 5000 }, (_, i) => `größe ${i % 3000} ${hostileNames[i % 8]}`);
    const numbers = words.map((word) => builder.add(word));
    const texts = builder.finish();
    expect(builder.add("")).toBe(0);
    expect(new Set(numbers).size).toBe(new Set(words).size);
    expect(numbers.map((number) => textAt(texts, number))).toEqual(words);
  });
});

it("finds allocations that reach beyond others by their first byte", () => {
  const history: History = momentHistory([
    {
      size: 1000,
      has: [
        { name: "outer", offset: 0, size: 600 },
        { name: "inner", offset: 100, size: 100 },
        { name: "beside", offset: 600, size: 100 },
      ],
    },
  ]);
  const totals = totalsOf(momentOf(history, 0)).all;
  // Bytes that two ranges share count once.
  expect(totals.used).toBe(700);
  expect(totals.largestFree).toBe(300);
});
