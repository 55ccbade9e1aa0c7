import { describe, expect, it } from "vitest";
import { drawPlacement, PlanFormat, placeSync, readPlan, writePlan } from "../../src/placement/index.ts";
import { seeded } from "../helpers/random.ts";
import { faults } from "./brute-force.ts";
import { randomItems } from "./random-items.ts";

const items = [
  { name: "depth, 4K", size: 64, begin: 0, end: 4, alignment: 16, kind: "image" },
  {
    name: 'say "hdr"',
    size: 32,
    spans: [
      { begin: 0, end: 2 },
      { begin: 5, end: 9 },
    ],
    group: "a",
  },
  { name: "fixed", size: 8, begin: 1, end: 3, offset: 128 },
];

describe("a plan", () => {
  it("comes back from JSON as it was", () => {
    const plan = { items, offsets: [0, 64, 128], capacity: 200, granularity: 16 };
    expect(readPlan(writePlan(plan))).toEqual(plan);
    expect(readPlan(writePlan({ items }))).toEqual({ items });
  });

  it("comes back from CSV with what the columns hold", () => {
    const text = writePlan({ items, offsets: [0, 64, 128] }, PlanFormat.Csv);
    expect(text.split("\n").slice(0, 3)).toEqual([
      "id,lower,upper,size,alignment,gaps,fixed,group,kind,offset",
      '"depth, 4K",0,4,64,16,,,,image,0',
      '"say ""hdr""",0,9,32,1,2-5,,a,,64',
    ]);
    const { items: read, offsets } = readPlan(text);
    expect(offsets).toEqual([0, 64, 128]);
    expect(read[0]).toEqual(items[0]);
    expect(read[1]).toEqual({ ...items[1], alignment: 1 });
    expect(read[2]).toEqual({ ...items[2], alignment: 1 });
  });

  it("of random items comes back both ways, with the same placement", () => {
    seeded(40, (random) => {
      const some = randomItems(random, 30, { alignments: [1, 4], hasSpans: true, leastCount: 1 });
      const { offsets } = placeSync(some, { timeLimit: 0 });
      for (const format of Object.values(PlanFormat)) {
        const read = readPlan(writePlan({ items: some, offsets }, format));
        expect(Array.from(read.offsets!)).toEqual([...offsets]);
        expect(faults(read.items, offsets)).toEqual([]);
        expect(writePlan(read, format)).toBe(writePlan({ items: some, offsets }, format));
      }
    });
  });

  it("is read with the other names of columns, the last moment among them", () => {
    const { items: read } = readPlan("buffer,start,end,size\r\nb1,0,2,4\r\nb2,3,8,4\r\n");
    expect(read).toEqual([
      { name: "b1", size: 4, begin: 0, end: 3 },
      { name: "b2", size: 4, begin: 3, end: 9 },
    ]);
  });

  const wrong: [string, string, RegExp][] = [
    ["an unknown column", "id,lower,upper,size,colour\n", /line 1: there is no column "colour"/],
    ["a missing column", "id,lower,size\n", /line 1: the column upper is missing/],
    ["a column that stands twice", "lower,begin,upper,size\n", /line 1: a column appears twice/],
    ["too few fields", "id,lower,upper,size\n1,2,3\n", /line 2: there must be 4 fields, got 3/],
    ["what is no number", "id,lower,upper,size\n1,0,3,4k\n", /line 2: size must be an integer, got "4k"/],
    [
      "a gap that is none",
      "id,lower,upper,size,gaps\n1,0,3,4,1\n",
      /line 2: a gap must be written as 3-5, got "1"/,
    ],
    ["a quote that is not closed", 'id,lower,upper,size\n"1,0,3,4\n', /line 2: a quote is not closed/],
    [
      "a lifetime that is none",
      "id,lower,upper,size\nx,3,3,4\n",
      /items\[0\] \("x"\) must end after it begins/,
    ],
    ["JSON without items", "{}", /the items of a plan must be an array, got undefined/],
    ["JSON that is cut off", '{"items": [', /JSON/],
    [
      "too few offsets",
      '{"items": [{"size":1,"begin":0,"end":1}], "offsets": []}',
      /1 items must have as many offsets, got 0/,
    ],
    [
      "a negative offset",
      "id,lower,upper,size,offset\n1,0,3,4,-1\n",
      /offsets\[0\] must be an integer of at least 0/,
    ],
  ];
  it.each(wrong)("with %s is refused", (_, text, message) => {
    expect(() => readPlan(text)).toThrow(message);
  });

  it("that is none is refused", () => {
    expect(() => readPlan(7 as never)).toThrow("a plan must be a string, got 7");
    expect(() => writePlan({ items: [{ size: 0, begin: 0, end: 1 }] })).toThrow(/size of items\[0\]/);
    expect(() => writePlan({ items }, "xml" as never)).toThrow('format must be "json" or "csv", got "xml"');
  });
});

describe("a picture", () => {
  const boxes = (svg: string): number => svg.match(/<rect /g)?.length ?? 0;

  it("has a box for each item and span, with its name, and the height", () => {
    const svg = drawPlacement(items, [0, 64, 128], { title: "a < b" });
    expect(boxes(svg)).toBe(4);
    expect(svg).toContain("depth, 4K: 64 B at 0, from 0 to 4");
    expect(svg).toContain("say &quot;hdr&quot;");
    expect(svg).toContain("a &lt; b");
    expect(svg).toContain(">136 B<");
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("puts boxes where time and offset say", () => {
    const svg = drawPlacement(
      [
        { size: 50, begin: 0, end: 5 },
        { size: 50, begin: 5, end: 10 },
      ],
      [0, 50],
      {
        width: 1084,
        height: 152,
      },
    );
    // A thousand pixels for ten steps, a hundred for a hundred bytes.
    expect(svg).toContain('<rect x="72" y="78" width="500" height="50"');
    expect(svg).toContain('<rect x="572" y="28" width="500" height="50"');
  });

  it("of nothing is a picture", () => {
    expect(drawPlacement([], [])).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("of very many items has the largest", () => {
    const many = Array.from({ length: 25_000 }, (_, i) => ({ size: 1 + (i % 7), begin: i, end: i + 2 }));
    expect(boxes(drawPlacement(many, new Float64Array(many.length)))).toBe(20_000);
  });

  it("with offsets for other items is refused", () => {
    expect(() => drawPlacement(items, [0])).toThrow("offsets must be 3, one for each item, got 1");
    expect(() => drawPlacement(items, [0, 0, 0], { width: 1 })).toThrow(/width must be an integer from 100/);
  });
});
