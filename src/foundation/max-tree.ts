/**
 * Which is the first of many places whose value is large enough? A binary tree over the places, in which every node has
 * the largest value below it:
 *
 *                 [ 900 ]
 *            [ 300 ]     [ 900 ]
 *          [100] [300] [ 0 ] [900]      first with at least 200, from place 0 on: place 1
 *
 * Cost: logarithmic in the number of places for a question and for a change; linear to make it.
 */

import { assert } from "./assert.ts";

/** No place. */
export const NOT_FOUND = -1;

/** Largest values over a row of places. */
export class MaxTree {
  private readonly leaves: number;
  /** Node 1 is the root, the children of node n are 2n and 2n + 1. */
  private readonly nodes: Float64Array;

  /** @param values of the places, none below 0. A value below 0 takes a place out. */
  constructor(values: ArrayLike<number>) {
    this.leaves = 2 ** Math.ceil(Math.log2(Math.max(values.length, 1)));
    this.nodes = new Float64Array(2 * this.leaves).fill(-1);
    this.nodes.set(values, this.leaves);
    for (let node = this.leaves - 1; node > 0; node--) this.refresh(node);
  }

  private refresh(node: number): void {
    const { nodes } = this;
    nodes[node] = Math.max(nodes[2 * node]!, nodes[2 * node + 1]!);
  }

  /** The value of a place. */
  at(place: number): number {
    return this.nodes[place + this.leaves]!;
  }

  /** The largest value. */
  get max(): number {
    return this.nodes[1]!;
  }

  /** Changes the value of a place. */
  set(place: number, value: number): void {
    const { nodes } = this;
    let node = place + this.leaves;
    nodes[node] = value;
    for (node >>= 1; node > 0; node >>= 1) {
      const before = nodes[node]!;
      this.refresh(node);
      if (nodes[node] === before) return;
    }
  }

  /** The first place from `from` on whose value is at least `least`, or {@link NOT_FOUND}. */
  find(least: number, from: number): number {
    const { nodes, leaves } = this;
    if (from >= leaves) return NOT_FOUND;
    let node = from + leaves;
    while (nodes[node]! < least) {
      while ((node & 1) === 1) {
        node >>= 1;
        if (node <= 1) return NOT_FOUND;
      }
      node++;
    }
    while (node < leaves) {
      node *= 2;
      if (nodes[node]! < least) node++;
    }
    return node - leaves;
  }

  /** Checks that every node has the larger of the two values below it. */
  validate(): void {
    const { nodes, leaves } = this;
    for (let node = 1; node < leaves; node++) {
      const larger = Math.max(nodes[2 * node]!, nodes[2 * node + 1]!);
      assert(nodes[node] === larger, "a node has the larger of the two values below it");
    }
  }
}
