/** Checks a search's state: all of it follows from what is placed. */

import { assert } from "../foundation/assert.ts";
import type { SearchState } from "./search-state.ts";

/** Throws unless all figures of a state follow from what is placed, and what is remembered is what would be found anew. */
export function validateState(state: SearchState): void {
  const remembered = Array.from(state.memberCounts, (count, section) =>
    count > 0 ? state.countChildren(section) : 0,
  );
  state.forgetAll();
  remembered.forEach((children, section) => {
    if (state.memberCounts[section] === 0) return;
    assert(state.countChildren(section) === children, "remembered children are those that there are");
  });
  const { sectionCount, memberStarts, memberCounts, members, lows, sizes } = state;
  const memberSets = Array.from({ length: sectionCount }, () => new Set<number>());
  for (let row = 0; row < state.count; row++) {
    if (state.isPlaced[row] === 1) continue;
    for (let k = state.starts[row]!; k < state.starts[row + 1]!; k++) {
      const section = state.sections[k]!;
      memberSets[section]!.add(row);
      assert(lows[row]! >= state.topOf(section), "a row that is not placed lies above what is placed");
    }
  }
  memberSets.forEach((set, section) => {
    const first = memberStarts[section]!;
    const held = members.subarray(first, first + memberCounts[section]!);
    assert(
      held.length === set.size && held.every((row) => set.has(row)),
      "the members are what is not placed",
    );
    const list = [...set];
    const sum = list.reduce((total, row) => total + sizes[row]!, 0);
    assert(sum === state.leftOf(section), "what is left is the sum of the members");
    if (list.length === 0) return;
    const floor = Math.min(...list.map((row) => lows[row]!));
    assert(floor === state.floorOf(section), "the floor is the least offset of the members");
    const nextTop = Math.min(...list.map((row) => lows[row]! + sizes[row]!));
    assert(nextTop === state.nextTopOf(section), "the next top is the least end of the members");
  });
}
