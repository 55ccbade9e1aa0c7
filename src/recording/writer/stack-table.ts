/**
 * Stacks, each kept once. A stack is known by what the engine prints of it, and taken apart only when it is new: making
 * the engine print it takes some microseconds, looking it up 0.1.
 */

/** One call on a stack. */
export interface StackFrame {
  /** "" for code outside any function. */
  readonly function: string;
  /** A path or URL; "" where it is not known. */
  readonly file: string;
  /** From 1; 0 where it is not known. */
  readonly line: number;
  /** From 1; 0 where it is not known. */
  readonly column: number;
}

interface Entry {
  readonly key: string;
  readonly frames: readonly StackFrame[];
  segment: number;
  index: number;
}

/** The stacks of a recording. */
export class StackTable {
  private readonly byKey: Map<string, number> = new Map();
  private readonly entries: (Entry | undefined)[] = [];
  private readonly free: number[] = [];

  /** How many stacks there are. */
  get size(): number {
    return this.byKey.size;
  }

  /** The number of the stack that `key` stands for; `read` takes it apart when it is new. */
  intern(key: string, read: (key: string) => readonly StackFrame[]): number {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const number = this.free.pop() ?? this.entries.length;
    this.entries[number] = { key, frames: read(key), segment: -1, index: 0 };
    this.byKey.set(key, number);
    return number;
  }

  /** The frames of a stack, the innermost first. */
  framesOf(stack: number): readonly StackFrame[] {
    return this.entries[stack]!.frames;
  }

  /** What the stack was defined as in `segment`; 0 where it was not. */
  definition(stack: number, segment: number): number {
    const entry = this.entries[stack]!;
    return entry.segment === segment ? entry.index : 0;
  }

  /** Notes that the stack is defined as `index` in `segment`. */
  define(stack: number, segment: number, index: number): void {
    const entry = this.entries[stack]!;
    entry.segment = segment;
    entry.index = index;
  }

  /** Forgets all stacks that are not defined in `segment`; their numbers are used again. */
  evict(segment: number): void {
    this.entries.forEach((entry, number) => {
      if (entry === undefined || entry.segment === segment) return;
      this.byKey.delete(entry.key);
      this.entries[number] = undefined;
      this.free.push(number);
    });
  }
}
