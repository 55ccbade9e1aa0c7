/**
 * Searches for a placement within a capacity, depth first, without recursion: it can be paused after every node.
 *
 * A node is branched on at one section: one child for each member that may lie at its floor, and one in which none does. The
 * children exclude each other, so that no placement is looked at twice. Which section, and which member first, is up to a
 * strategy; whether there is a placement is not.
 *
 * Where no row that is left is alive on both sides of some moment, both sides are problems of their own, solved one after
 * the other, the shortest first. If one has no solution, nothing that was decided in another matters.
 *
 *     sections   0 1 2 3 4 5 6 7
 *     left       ██████      ███      after the choice at node k: two parts
 *                  ███     ████       part 6..7, then part 0..3; if 0..3 fails, back to node k, past all nodes of 6..7
 */

import { TOO_EARLY, Verdict } from "./search-judgement.ts";
import type { SearchState } from "./search-state.ts";

/** How a section is chosen. */
export const SectionRule = {
  /** The fewest children, then the lowest floor. */
  Fewest: 0,
  /** The lowest floor, then the fewest children. */
  Lowest: 1,
  /** The fewest children for what may be wasted. */
  Slack: 2,
} as const;
export type SectionRule = (typeof SectionRule)[keyof typeof SectionRule];

/** What leads a search. */
export interface Strategy {
  readonly rule: SectionRule;
  /** Whether sections are looked at from the last one on. */
  readonly isReversed: boolean;
  /** By row: the lower, the earlier it is tried. */
  readonly ranks: Float64Array;
}

/** How a search, or a part of it, ended. */
export const Outcome = {
  /** It can go on. */
  Paused: 0,
  /** Everything is placed. */
  Solved: 1,
  /** There is no placement within the capacity. */
  Exhausted: 2,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

const NONE = -1;

/** The fields of a node. */
const Node = {
  /** How to come back to it: see `SearchState.undo`. */
  Mark: 0,
  Placed: 1,
  /** Where it is branched on. */
  Section: 2,
  /** Its children that were not tried. */
  NextChild: 3,
  EndChild: 4,
  /** The node to go back to when all children have failed. */
  Parent: 5,
  /** The part that it belongs to. */
  First: 6,
  End: 7,
  /** The parts that waited, and how many parts there were. */
  Waiting: 8,
  PartCount: 9,
} as const;
const NODE_FIELDS = 10;

/** The fields of a part that waits. */
const Part = { First: 0, End: 1, Parent: 2, Next: 3 } as const;
const PART_FIELDS = 4;

/** Records of integers that grow. */
class Stack {
  readonly #fields: number;
  #data: Int32Array;

  constructor(fields: number) {
    this.#fields = fields;
    this.#data = new Int32Array(256 * fields);
  }

  get(record: number, field: number): number {
    return this.#data[record * this.#fields + field]!;
  }

  set(record: number, field: number, value: number): void {
    const place = record * this.#fields + field;
    if (place >= this.#data.length) {
      const larger = new Int32Array(2 * this.#data.length);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[place] = value;
  }
}

/** Stands among children for the gap. */
const GAP = -1;

/** One search: a state, and the nodes on the way to it. */
export class Search {
  readonly state: SearchState;
  #strategy: Strategy | undefined;
  /** Nodes made since {@link start}. */
  nodes = 0;
  #depth = 0;
  #nodes = new Stack(NODE_FIELDS);
  #children: Int32Array;
  /** By node: the decisions because of which its children failed. */
  #conflicts: Int32Array;
  #parts = new Stack(PART_FIELDS);
  #partCount = 0;

  // Where the search is: the part that is being solved, the node before it, the parts that wait.
  #first = 0;
  #end = 0;
  #parent: number = NONE;
  #waiting: number = NONE;

  constructor(state: SearchState) {
    this.state = state;
    this.#children = new Int32Array(4 * state.count + 64);
    this.#conflicts = new Int32Array(32 * state.words * state.words);
  }

  /** Forgets everything and begins anew. */
  start(capacity: number, strategy: Strategy): void {
    this.state.undo(0, 0);
    this.state.capacity = capacity;
    this.#strategy = strategy;
    this.nodes = 0;
    this.#depth = 0;
    this.#partCount = 0;
    this.#first = 0;
    this.#end = this.state.sectionCount;
    this.#parent = NONE;
    this.#waiting = NONE;
  }

  /** Goes on until there is an answer or `nodes` comes to `limit`. */
  run(limit: number): Outcome {
    if (this.nodes === 0 && this.state.isHopeless) return Outcome.Exhausted;
    while (this.nodes < limit) {
      if (!this.#enterPart()) return Outcome.Solved;
      this.nodes++;
      const node = this.#branch() ? this.#depth - 1 : this.#lastOf(this.#depth);
      if (!this.#advance(node)) return Outcome.Exhausted;
    }
    return Outcome.Paused;
  }

  /**
   * Takes the next child that holds, of this node or of those before it that have to do with why others failed. Returns whether
   * there is one.
   */
  #advance(from: number): boolean {
    const { state } = this;
    const { conflict } = state;
    const nodes = this.#nodes;
    let node = from;
    while (node !== NONE) {
      this.#depth = node + 1;
      state.undo(nodes.get(node, Node.Mark), nodes.get(node, Node.Placed));
      const next = nodes.get(node, Node.NextChild);
      if (next === nodes.get(node, Node.EndChild)) {
        state.beginExplanation();
        state.explainChildren(nodes.get(node, Node.Section));
        this.#addTo(conflict, 0, this.#conflicts, node);
        node = this.#lastOf(node);
        continue;
      }
      nodes.set(node, Node.NextChild, next + 1);
      this.#first = nodes.get(node, Node.First);
      this.#end = nodes.get(node, Node.End);
      this.#waiting = nodes.get(node, Node.Waiting);
      this.#partCount = nodes.get(node, Node.PartCount);
      this.#parent = node;
      const child = this.#children[next]!;
      if (child === GAP ? state.leaveGap(nodes.get(node, Node.Section), node) : state.place(child, node))
        return true;
      node = this.#lastOf(node + 1);
    }
    return false;
  }

  #addTo(target: Int32Array, to: number, source: Int32Array, from: number): void {
    const { words } = this.state;
    for (let word = 0; word < words; word++) target[to * words + word]! |= source[from * words + word]!;
  }

  /**
   * The last node before `end` that the conflict has to do with; it inherits the rest of the conflict.
   */
  #lastOf(end: number): number {
    const { words, conflict } = this.state;
    if (end > 32 * words) return end - 1;
    for (let word = words - 1; word >= 0; word--) {
      const bits = conflict[word]!;
      if (bits === 0) continue;
      const node = 32 * word + 31 - Math.clz32(bits);
      conflict[word] = bits & ~(1 << (node & 31));
      this.#addTo(this.#conflicts, node, conflict, 0);
      this.jumped += end - 1 - node;
      this.jumps++;
      return node;
    }
    return NONE;
  }
  jumped = 0;
  jumps = 0;

  /** Comes to the part to be solved next. Returns false if there is none: everything is placed. */
  #enterPart(): boolean {
    const parts = this.#parts;
    while (true) {
      const { memberCounts, crossings } = this.state;
      const known = this.#partCount;
      let first = this.#first;
      while (first < this.#end) {
        if (memberCounts[first] === 0) {
          first++;
          continue;
        }
        let end = first + 1;
        while (crossings[end - 1] !== 0) end++;
        this.#keepPart(first, end);
        first = end;
      }
      if (this.#partCount > known) {
        this.#chain(known);
        return true;
      }
      const part = this.#waiting;
      if (part === NONE) return false;
      this.#first = parts.get(part, Part.First);
      this.#end = parts.get(part, Part.End);
      this.#parent = parts.get(part, Part.Parent);
      this.#waiting = parts.get(part, Part.Next);
    }
  }

  /** Adds a part behind the shorter ones of those that were found with it... */
  #keepPart(first: number, end: number): void {
    const part = this.#partCount++;
    this.#parts.set(part, Part.First, first);
    this.#parts.set(part, Part.End, end);
    this.#parts.set(part, Part.Parent, this.#parent);
  }

  /** Enters the shortest of the parts from `from` on, and lets the others wait, the longest longest. */
  #chain(from: number): void {
    const parts = this.#parts;
    let shortest = from;
    const length = (part: number): number => parts.get(part, Part.End) - parts.get(part, Part.First);
    if (this.#partCount - from > 1) {
      const found = Array.from({ length: this.#partCount - from }, (_, index) => from + index);
      found.sort((a, b) => length(b) - length(a));
      shortest = found.pop()!;
      for (const part of found) {
        parts.set(part, Part.Next, this.#waiting);
        this.#waiting = part;
      }
    }
    this.#first = parts.get(shortest, Part.First);
    this.#end = parts.get(shortest, Part.End);
  }

  /** Makes a node at the section that the strategy prefers. Returns false if some section has no child. */
  #branch(): boolean {
    const section = this.#chooseSection();
    if (section === NONE) return false;
    const { state } = this;
    this.#conflicts.fill(0, this.#depth * state.words, (this.#depth + 1) * state.words);
    const nodes = this.#nodes;
    const node = this.#depth++;
    const before = this.#parentEnd(node);
    nodes.set(node, Node.Mark, state.mark);
    nodes.set(node, Node.Placed, state.placedCount);
    nodes.set(node, Node.Section, section);
    nodes.set(node, Node.Parent, this.#parent);
    nodes.set(node, Node.First, this.#first);
    nodes.set(node, Node.End, this.#end);
    nodes.set(node, Node.Waiting, this.#waiting);
    nodes.set(node, Node.PartCount, this.#partCount);
    nodes.set(node, Node.NextChild, before);
    nodes.set(node, Node.EndChild, this.#listChildren(section, before));
    return true;
  }

  #parentEnd(node: number): number {
    return node === 0 ? 0 : this.#nodes.get(node - 1, Node.EndChild);
  }

  /** Writes the children of a section, in the strategy's order, the gap last. Returns where they end. */
  #listChildren(section: number, from: number): number {
    const { state } = this;
    const { members, lows } = state;
    const ranks = this.#strategy!.ranks;
    const first = state.memberStarts[section]!;
    const count = state.memberCounts[section]!;
    const floor = state.floorOf(section);
    if (from + count + 1 > this.#children.length) {
      const larger = new Int32Array(2 * this.#children.length + count);
      larger.set(this.#children);
      this.#children = larger;
    }
    const children = this.#children;
    let end = from;
    for (let p = first; p < first + count; p++) {
      const member = members[p]!;
      if (lows[member] !== floor || state.judge(member) !== Verdict.Possible) continue;
      const rank = ranks[member]!;
      let place = end++;
      for (; place > from && ranks[children[place - 1]!]! > rank; place--)
        children[place] = children[place - 1]!;
      children[place] = member;
    }
    if (state.mayLeaveGap(section)) children[end++] = GAP;
    return end;
  }

  /** The section to branch at; {@link NONE} if there is one without a child. */
  #chooseSection(): number {
    const { state } = this;
    const { rule, isReversed } = this.#strategy!;
    const [first, end] = [this.#first, this.#end];
    let best = NONE;
    let bestKey = Number.POSITIVE_INFINITY;
    let bestFloor = Number.POSITIVE_INFINITY;
    for (let step = 0; step < end - first; step++) {
      const section = isReversed ? end - 1 - step : first + step;
      // A row that is alive before and after it keeps such a section within a part.
      if (state.memberCounts[section] === 0) continue;
      const floor = state.floorOf(section);
      const children = state.countChildren(section);
      if (children === TOO_EARLY) continue;
      if (children === 0) {
        state.beginExplanation();
        state.explainChildren(section);
        return NONE;
      }
      let key: number = children;
      let second = floor;
      if (rule === SectionRule.Lowest) [key, second] = [floor, children];
      if (rule === SectionRule.Slack) {
        key = children * (1 + (state.capacity - floor - state.leftOf(section)) / state.capacity);
      }
      if (key < bestKey || (key === bestKey && second < bestFloor)) {
        best = section;
        bestKey = key;
        bestFloor = second;
      }
    }
    return best;
  }
}
