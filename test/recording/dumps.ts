/** An allocator's own dump and that of its recording, made comparable. */

import type { Allocator } from "../../src/index.ts";
import { exportVmaJson } from "../../src/recording/export/vma-json.ts";
import { type RecordCursor, RecordedState, Recording } from "../../src/recording/index.ts";

type Json = { [key: string]: unknown };

/** Follows a recording while it is written. */
export class Follower {
  readonly recording: Recording = Recording.live();
  readonly state: RecordedState = new RecordedState();
  private readonly cursor: RecordCursor = this.recording.cursor();

  /** A sink for the recorder. */
  readonly sink = { write: (chunk: Uint8Array): void => this.recording.append(chunk) };

  /** Applies what has come. */
  follow(each: (record: RecordCursor) => void = () => {}): RecordedState {
    while (this.cursor.next()) {
      this.state.apply(this.cursor);
      each(this.cursor);
    }
    return this.state;
  }
}

/**
 * A dump without what a recording does not know (user data; how often a block is mapped, when that is more than its
 * allocations say), with blocks in an order of their own.
 */
export function comparable(json: string): Json {
  const dump = JSON.parse(json, (key, value) =>
    key === "CustomData" || key === "MapRefCount" ? undefined : value,
  );
  const lists = [
    ...Object.values<Json>(dump.DefaultPools),
    ...Object.values<Json[]>(dump.CustomPools).flat(),
  ];
  for (const list of lists) {
    const sorted = (values: unknown[]): unknown[] => values.map((value) => JSON.stringify(value)).sort();
    list.Blocks = sorted(Object.values(list.Blocks as Json));
    list.DedicatedAllocations = sorted(list.DedicatedAllocations as unknown[]);
    // How large blocks are to be is a setting, not a state.
    delete list.PreferredBlockSize;
  }
  for (const pools of Object.values<Json[]>(dump.CustomPools)) {
    for (const pool of pools) pool.Name = String(pool.Name).replace(/^\d+/, "");
    pools.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  }
  // The driver's figures may have been asked for since.
  for (const heap of Object.values<Json>(dump.MemoryInfo)) delete heap.Budget;
  return dump;
}

/** Both dumps. */
export function dumpsOf(allocator: Allocator, follower: Follower): [recorded: Json, own: Json] {
  const recorded = exportVmaJson(follower.follow(), follower.recording.header);
  return [comparable(recorded), comparable(allocator.buildStatsString())];
}
