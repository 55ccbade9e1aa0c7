/**
 * The operations of random programs, as plain data. What an operation works on is said by a number (`pick`) that
 * stands for one of the things that are there when it is its turn, so that a program remains one when operations
 * are taken out of it.
 */

import fc from "fast-check";

/** A driver call to fail during an operation: the n-th, with one of the results that it may have. */
export interface PlannedFault {
  readonly call: number;
  readonly result: number;
}

/** Where memory comes from, and what is asked of it. */
export interface Wishes {
  /** Which pool; none for even numbers. */
  readonly pool: number;
  readonly usage: number;
  readonly access: "none" | "write" | "random";
  readonly mapped: boolean;
  readonly dedicated: boolean;
  readonly neverAllocate: boolean;
  readonly withinBudget: boolean;
  readonly upper: boolean;
  readonly instead: boolean;
  readonly strategy: 0 | 1 | 2 | 4;
  readonly minAlignment: number;
  readonly attempt: boolean;
}

/** One operation. */
export type Operation = { readonly fault?: PlannedFault | undefined } & (
  | {
      readonly kind: "buffer";
      readonly size: number;
      readonly usage: number;
      readonly wishes: Wishes;
      readonly unbound: boolean;
    }
  | {
      readonly kind: "image";
      readonly width: number;
      readonly height: number;
      readonly linear: boolean;
      readonly levels: number;
      readonly layers: number;
      readonly wishes: Wishes;
    }
  | {
      readonly kind: "memory";
      readonly size: number;
      readonly alignment: number;
      readonly types: number;
      readonly wishes: Wishes;
    }
  | { readonly kind: "pages"; readonly size: number; readonly count: number; readonly wishes: Wishes }
  | { readonly kind: "alias"; readonly pick: number; readonly part: number; readonly image: boolean }
  | { readonly kind: "free"; readonly pick: number; readonly way: number }
  | { readonly kind: "freeSome"; readonly pick: number; readonly step: number }
  | { readonly kind: "map"; readonly pick: number }
  | { readonly kind: "unmap"; readonly pick: number }
  | { readonly kind: "write"; readonly pick: number; readonly seed: number }
  | { readonly kind: "poke"; readonly pick: number; readonly seed: number }
  | { readonly kind: "copy"; readonly from: number; readonly to: number }
  | {
      readonly kind: "pool";
      readonly type: number;
      readonly linear: boolean;
      readonly single: boolean;
      readonly blockSize: number;
      readonly min: number;
      readonly alignment: number;
    }
  | { readonly kind: "destroyPool"; readonly pick: number }
  | { readonly kind: "trim"; readonly keep: number }
  | { readonly kind: "frame" }
  | { readonly kind: "pressure"; readonly share: number }
  | { readonly kind: "plan"; readonly size: number; readonly wishes: Wishes }
  | { readonly kind: "name"; readonly pick: number; readonly name: string }
  | {
      readonly kind: "tidy";
      readonly pool: number;
      readonly algorithm: number;
      readonly bytes: number;
      readonly moves: number;
      readonly polls: number;
    }
  | {
      readonly kind: "defragment";
      readonly pool: number;
      readonly algorithm: number;
      readonly bytes: number;
      readonly moves: number;
      readonly passes: number;
      readonly choices: number;
    }
);

const pick = fc.nat(0xffff);

/** Mostly small, sometimes large. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 4096 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 128 * 1024 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 * 1024 * 1024 }) },
);

const seldom = fc.nat(9).map((value) => value === 9);

const wishes: fc.Arbitrary<Wishes> = fc.record({
  pool: fc.nat(9),
  usage: fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 7, 7, 8, 9),
  access: fc.constantFrom("none", "write", "random"),
  mapped: fc.boolean(),
  dedicated: seldom,
  neverAllocate: seldom,
  withinBudget: seldom,
  upper: fc.boolean(),
  instead: seldom,
  strategy: fc.constantFrom(0, 0, 1, 2, 4),
  minAlignment: fc.constantFrom(0, 0, 0, 1, 128, 4096),
  attempt: fc.boolean(),
});

const fault: fc.Arbitrary<PlannedFault | undefined> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ call: fc.integer({ min: 1, max: 4 }), result: fc.nat(4) }) },
);

function of<K extends Operation["kind"]>(
  kind: K,
  members: {
    [M in Exclude<keyof Extract<Operation, { kind: K }>, "kind" | "fault">]: fc.Arbitrary<
      Extract<Operation, { kind: K }>[M]
    >;
  },
): fc.Arbitrary<Operation> {
  return fc.record({ kind: fc.constant(kind), fault, ...members }) as unknown as fc.Arbitrary<Operation>;
}

const weighted: readonly (readonly [number, fc.Arbitrary<Operation>])[] = [
  [14, of("buffer", { size, usage: fc.nat(3), wishes, unbound: seldom })],
  [
    6,
    of("image", {
      width: fc.integer({ min: 1, max: 64 }),
      height: fc.integer({ min: 1, max: 64 }),
      linear: fc.boolean(),
      levels: fc.integer({ min: 1, max: 3 }),
      layers: fc.integer({ min: 1, max: 3 }),
      wishes,
    }),
  ],
  [6, of("memory", { size, alignment: fc.constantFrom(1, 4, 256, 4096), types: fc.nat(0xff), wishes })],
  [2, of("pages", { size, count: fc.integer({ min: 1, max: 8 }), wishes })],
  [2, of("alias", { pick, part: fc.nat(3), image: fc.boolean() })],
  [12, of("free", { pick, way: fc.nat(3) })],
  [2, of("freeSome", { pick, step: fc.integer({ min: 1, max: 4 }) })],
  [4, of("map", { pick })],
  [4, of("unmap", { pick })],
  [4, of("write", { pick, seed: fc.nat(255) })],
  [3, of("poke", { pick, seed: fc.nat(255) })],
  [3, of("copy", { from: pick, to: pick })],
  [
    4,
    of("pool", {
      type: fc.nat(7),
      linear: fc.boolean(),
      single: fc.boolean(),
      blockSize: fc.constantFrom(0, 0, 4096, 65536, 1024 * 1024),
      min: fc.nat(2),
      alignment: fc.constantFrom(0, 0, 512),
    }),
  ],
  [1, of("destroyPool", { pick })],
  [1, of("trim", { keep: fc.nat(2) })],
  [1, of("frame", {})],
  [1, of("pressure", { share: fc.nat(4) })],
  [2, of("plan", { size, wishes })],
  [1, of("name", { pick, name: fc.string({ maxLength: 8 }) })],
  [
    3,
    of("tidy", {
      pool: fc.nat(3),
      algorithm: fc.constantFrom(0, 1, 2, 4, 8),
      bytes: fc.constantFrom(0, 0, 10_000),
      moves: fc.constantFrom(0, 0, 3),
      polls: fc.nat(3),
    }),
  ],
  [
    3,
    of("defragment", {
      pool: fc.nat(3),
      algorithm: fc.constantFrom(0, 1, 2, 4, 8),
      bytes: fc.constantFrom(0, 0, 10_000),
      moves: fc.constantFrom(0, 0, 3),
      passes: fc.integer({ min: 1, max: 6 }),
      choices: fc.nat(0xffff),
    }),
  ],
];

/** Any operation. */
export const operations: fc.Arbitrary<Operation> = fc.oneof(
  ...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })),
);

/** Any program; smaller ones when something fails. */
export const programs: fc.Arbitrary<Operation[]> = fc.array(operations, {
  minLength: 1,
  maxLength: 120,
  size: "max",
});
