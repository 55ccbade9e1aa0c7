/**
 * Which is the first of many blocks whose largest free range is large enough? A binary tree over the blocks, in which
 * every node has the largest value below it:
 *
 *                 [ 900 ]
 *            [ 300 ]     [ 900 ]
 *          [100] [300] [ 0 ] [900]      first with at least 200, from block 0 on: block 1
 *
 * Cost: logarithmic in the number of blocks for a question and for a change.
 */

/** No block. */
export const NO_BLOCK = -1;

/** Largest values over a row of blocks. */
export class FirstFit {
  private readonly leaves: number;
  /** Node 1 is the root, the children of node n are 2n and 2n + 1. */
  private readonly tree: Float64Array;

  constructor(values: readonly number[]) {
    this.leaves = 2 ** Math.ceil(Math.log2(Math.max(values.length, 1)));
    this.tree = new Float64Array(2 * this.leaves).fill(-1);
    this.tree.set(values, this.leaves);
    for (let node = this.leaves - 1; node > 0; node--) this.refresh(node);
  }

  private refresh(node: number): void {
    const { tree } = this;
    tree[node] = Math.max(tree[2 * node]!, tree[2 * node + 1]!);
  }

  /** Changes the value of a block. */
  set(index: number, value: number): void {
    const { tree } = this;
    let node = index + this.leaves;
    tree[node] = value;
    for (node >>= 1; node > 0; node >>= 1) {
      const before = tree[node]!;
      this.refresh(node);
      if (tree[node] === before) return;
    }
  }

  /** The first block from `from` on whose value is at least `least`, or {@link NO_BLOCK}. */
  find(least: number, from: number): number {
    const { tree, leaves } = this;
    if (from >= leaves) return NO_BLOCK;
    let node = from + leaves;
    while (tree[node]! < least) {
      while ((node & 1) === 1) {
        node >>= 1;
        if (node <= 1) return NO_BLOCK;
      }
      node++;
    }
    while (node < leaves) {
      node *= 2;
      if (tree[node]! < least) node++;
    }
    return node - leaves;
  }
}
