/** Histories for tests: small ones by hand, and random ones beside a naive account of what is alive when. */

import { HistoryBuilder } from "../../src/viewer/model/builder.ts";
import { type DeviceInfo, EventKind, type History, Kind } from "../../src/viewer/model/history.ts";
import { Random } from "../helpers/random.ts";

export const device: DeviceInfo = {
  name: "test device",
  api: "Vulkan 1.3.0",
  granularity: 1024,
  maxMemoryObjects: 4096,
};

/** What the naive account says of one allocation at one moment. */
export interface LiveAllocation {
  readonly allocation: number;
  readonly block: number;
  readonly offset: number;
  readonly size: number;
  readonly name: string;
}

export interface RandomHistory {
  readonly history: History;
  /** What is alive after so many events, by allocation. */
  readonly states: readonly (readonly LiveAllocation[])[];
}

const SLOTS = 64;
const SLOT = 65536;

/** A builder with two heaps, three types, and a default pool for each type. */
export function builderOfDevice(): HistoryBuilder {
  const builder = new HistoryBuilder();
  builder.addHeap({ label: "Heap 0", flags: ["DEVICE_LOCAL"], size: 8 * 1024 ** 3 });
  builder.addHeap({ label: "Heap 1", flags: [], size: 16 * 1024 ** 3 });
  for (const [index, heap] of [0, 1, 0].entries()) {
    builder.addType({
      label: `Type ${index}`,
      heap,
      flags: heap === 0 ? ["DEVICE_LOCAL"] : ["HOST_VISIBLE"],
    });
    builder.addPool({
      label: "Default pool",
      type: index,
      isCustom: false,
      preferredBlockSize: SLOT * SLOTS,
    });
  }
  return builder;
}

/** Blocks of 64 slots; allocations come, move and go at random; every state is kept as it is, naively. */
export function randomHistory(seed: number, operations: number): RandomHistory {
  const random = new Random(seed);
  const builder = builderOfDevice();
  const blocks = [0, 1, 2, 2].map((pool, id) => builder.addBlock({ pool, id, size: SLOT * SLOTS }));
  const taken = blocks.map(() => new Set<number>());
  const live = new Map<number, LiveAllocation & { range: number; slot: number; place: number }>();
  const states: LiveAllocation[][] = [[]];
  const snapshot = (): LiveAllocation[] =>
    [...live.values()].map(({ allocation, block, offset, size, name }) => ({
      allocation,
      block,
      offset,
      size,
      name,
    }));
  const pick = (): [place: number, slot: number] | undefined => {
    const place = random.below(blocks.length);
    const slot = random.below(SLOTS);
    return taken[place]!.has(slot) ? undefined : [place, slot];
  };
  for (let i = 0; i < operations; i++) {
    const free = pick();
    const victim = [...live.values()][random.below(Math.max(live.size, 1))];
    const what = random.below(10);
    if (what < 5 && free !== undefined) {
      const [place, slot] = free;
      const name = `thing ${random.below(6)} of ${random.below(3)}`;
      const size = 1 + random.below(SLOT);
      builder.event(EventKind.Allocate, i);
      const allocation = builder.addAllocation(
        (random.below(9) + 1) as Kind,
        size,
        0,
        builder.texts.add(name),
      );
      const range = builder.place(allocation, blocks[place]!, slot * SLOT, size);
      builder.setSubject(range);
      taken[place]!.add(slot);
      live.set(allocation, {
        allocation,
        block: blocks[place]!,
        offset: slot * SLOT,
        size,
        name,
        range,
        slot,
        place,
      });
    } else if (what < 8 && victim !== undefined) {
      builder.event(EventKind.Free, i, victim.range);
      builder.endRange(victim.range);
      taken[victim.place]!.delete(victim.slot);
      live.delete(victim.allocation);
    } else if (victim !== undefined && free !== undefined) {
      const [place, slot] = free;
      builder.event(EventKind.Move, i);
      builder.endRange(victim.range);
      const range = builder.place(victim.allocation, blocks[place]!, slot * SLOT, victim.size);
      builder.setSubject(range);
      taken[victim.place]!.delete(victim.slot);
      taken[place]!.add(slot);
      live.set(victim.allocation, {
        ...victim,
        block: blocks[place]!,
        offset: slot * SLOT,
        range,
        slot,
        place,
      });
    } else builder.event(EventKind.Frame, i, i);
    states.push(snapshot());
  }
  return { history: builder.finish("random", "test", device), states };
}

/** One allocation to put into a history by hand. */
export interface Placed {
  readonly name?: string;
  readonly kind?: Kind;
  readonly offset: number;
  readonly size: number;
}

/** A history of one moment: each list is a block of a type's default pool. */
export function momentHistory(
  blocks: readonly { readonly pool?: number; readonly size: number; readonly has: readonly Placed[] }[],
): History {
  const builder = builderOfDevice();
  blocks.forEach(({ pool = 0, size, has }, id) => {
    const block = builder.addBlock({ pool, id, size });
    for (const { name = "", kind = Kind.OtherBuffer, offset, size: bytes } of has)
      builder.place(builder.addAllocation(kind, bytes, 0, builder.texts.add(name)), block, offset, bytes);
  });
  return builder.finish("by hand", "test", device);
}
