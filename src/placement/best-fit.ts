/**
 * Places very many rows in the order of time, as an allocator would that is told how long everything will live.
 *
 * Where the load is greatest nothing may be wasted, so that is where it begins: what is alive there is stacked without gaps.
 * From there it goes forward in time to the end, and back to the beginning. What dies leaves a hole; what is born takes
 * the hole that costs least:
 *
 *     what is left over of the hole + weight × size × √(how far its death is from that of its new neighbour)
 *
 * The second part keeps together what dies together, so that holes grow back to one. Only when no hole is large enough, the
 * height grows.
 *
 * That happens where the load comes near its greatest again, and there it depends on luck. So what is known is kept now and
 * then; where the height would pass a target, the last stretch is gone again in other ways, before the target is raised.
 *
 * Cost: some 0.5 µs for a row where what is alive at once stays in the processor's caches (./holes.ts).
 */

import type { Layout } from "./greedy.ts";
import { type Guide, HoleMap, type Snapshot } from "./holes.ts";
import { ANYWHERE } from "./item.ts";
import type { Problem } from "./problem.ts";
import { Random } from "./random.ts";

/** What is said of a row of a problem without alignments, kinds, fixed offsets and rows of several runs. */
interface Plain {
  readonly count: number;
  readonly sizes: Float64Array;
  readonly firsts: Int32Array;
  readonly ends: Int32Array;
  readonly sectionCount: number;
  /** Everything lies at or above this offset. */
  readonly base: number;
}

/**
 * Places all rows. Alignments, kinds, fixed offsets and gaps between runs are honoured, but not made use of: sizes are rounded
 * up to the greatest alignment, all but fixed rows lie above those, and between its runs a row is alive.
 */
export function placeBestFit(problem: Problem): Layout {
  const search = new BestFitSearch(problem);
  search.run(() => false);
  return search.best!;
}

/** Places all rows again and again, each time in other ways, each time below the best height so far. */
export class BestFitSearch {
  /** Undefined until everything has been placed once. */
  best: Layout | undefined;
  /** A height that is known: only what is below it is worth placing. */
  known: number = Number.POSITIVE_INFINITY;
  readonly #problem: Problem;
  readonly #plain: Plain;
  readonly #peak: number;
  /** What is alive at the peak. */
  readonly #alive: Int32Array;
  /** The same, in the order in which it is stacked. */
  #stack: Int32Array;
  /** How often everything was placed, or tried to be. */
  rounds = 0;
  readonly #byFirst: Lists;
  readonly #byEnd: Lists;
  #seed: number;
  #offsets: Float64Array;
  #forward: Sweep | undefined;
  #backward: Sweep | undefined;

  constructor(problem: Problem, seed = 0) {
    this.#problem = problem;
    this.#seed = seed;
    this.#plain = makePlain(problem);
    this.#peak = peakOf(problem.loads);
    this.#alive = aliveAt(this.#plain, this.#peak);
    this.#stack = this.#stackAnew();
    this.#byFirst = listBy(this.#plain.firsts, problem.sectionCount);
    this.#byEnd = listBy(this.#plain.ends, problem.sectionCount);
    this.#offsets = new Float64Array(problem.count);
  }

  /** Goes on until everything is placed once more, below the best height so far, or it is time. Returns whether it is placed. */
  run(isTime: () => boolean): boolean {
    while (true) {
      this.#forward ??= this.#sweep(false, 0);
      if (!this.#forward.run(isTime)) return false;
      if (!this.#forward.hasFailed) {
        this.#backward ??= this.#sweep(true, this.#forward.height);
        if (!this.#backward.run(isTime)) return false;
      }
      const isBetter = !this.#forward.hasFailed && !this.#backward!.hasFailed;
      this.#forward = undefined;
      this.#backward = undefined;
      this.#seed += 2;
      this.rounds++;
      this.#stack = this.#stackAnew();
      if (isBetter && this.#keep()) return true;
    }
  }

  /** What dies together, or was born together, lies together: in turns, and from the second time on not quite in order. */
  #stackAnew(): Int32Array {
    const { firsts, ends, sectionCount } = this.#plain;
    const random = new Random(this.#seed);
    const times = this.rounds % 2 === 0 ? ends : firsts;
    const noise = this.rounds === 0 ? 0 : 0.05 * sectionCount * random.next();
    const keys = new Float64Array(firsts.length);
    for (const row of this.#alive) keys[row] = times[row]! + noise * random.next();
    return this.#alive.slice().sort((a, b) => keys[a]! - keys[b]!);
  }

  #sweep(isBackward: boolean, least: number): Sweep {
    const { greatestLoad } = this.#problem;
    const best = Math.min(this.known, this.best?.height ?? Number.POSITIVE_INFINITY) - this.#plain.base;
    // First a hundredth above the load, then half of what the best is above it.
    const aim = Math.min(1.01 * greatestLoad, greatestLoad + (best - greatestLoad) / 2);
    return new Sweep({
      plain: this.#plain,
      offsets: this.#offsets,
      stack: this.#stack,
      from: this.#peak,
      isBackward,
      births: isBackward ? this.#byEnd : this.#byFirst,
      deaths: isBackward ? this.#byFirst : this.#byEnd,
      random: new Random(this.#seed + (isBackward ? 1 : 0)),
      target: Math.max(aim, least),
      most: best - 1,
      isFirst: this.rounds === 0,
    });
  }

  /** Keeps what has been placed, if it is better than the best. */
  #keep(): boolean {
    const { count, fixedOffsets, sizes } = this.#problem;
    const offsets = this.#offsets;
    let height = 0;
    for (let row = 0; row < count; row++) {
      const fixed = fixedOffsets[row]!;
      offsets[row] = fixed === ANYWHERE ? offsets[row]! + this.#plain.base : fixed;
      height = Math.max(height, offsets[row]! + sizes[row]!);
    }
    const isBetter = this.best === undefined || height < this.best.height;
    if (isBetter) this.best = { offsets, height };
    this.#offsets = new Float64Array(count);
    return isBetter;
  }
}

function makePlain(problem: Problem): Plain {
  const { count, runStarts, runFirsts, runEnds, sectionCount, fixedOffsets, alignments, granularity } =
    problem;
  let alignment = granularity;
  for (const one of alignments) alignment = Math.max(alignment, one);
  const sizes =
    alignment === 1 ? problem.sizes : problem.sizes.map((size) => Math.ceil(size / alignment) * alignment);
  const base = Math.ceil(problem.greatestFixedEnd / alignment) * alignment;
  const isFixed = fixedOffsets.some((offset) => offset !== ANYWHERE);
  if (runFirsts.length === count && !isFixed) {
    return { count, sizes, firsts: runFirsts, ends: runEnds, sectionCount, base };
  }
  const firsts = new Int32Array(count);
  const ends = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    // A fixed row is left out: it is never born.
    firsts[row] = fixedOffsets[row] === ANYWHERE ? runFirsts[runStarts[row]!]! : sectionCount;
    ends[row] = fixedOffsets[row] === ANYWHERE ? runEnds[runStarts[row + 1]! - 1]! : sectionCount;
  }
  return { count, sizes, firsts, ends, sectionCount, base };
}

function peakOf(loads: Float64Array): number {
  let peak = 0;
  for (let section = 1; section < loads.length; section++) if (loads[section]! > loads[peak]!) peak = section;
  return peak;
}

/** What is alive in a section. */
function aliveAt(plain: Plain, section: number): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < plain.count; row++) {
    if (plain.firsts[row]! <= section && plain.ends[row]! > section) rows.push(row);
  }
  return Int32Array.from(rows);
}

/** Rows by section: those of section `s` are `rows[p]` for `p` from `starts[s]` up to and without `starts[s + 1]`. */
interface Lists {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/** The rows by a section. */
function listBy(sectionOf: Int32Array, sectionCount: number): Lists {
  const starts = new Int32Array(sectionCount + 2);
  for (let row = 0; row < sectionOf.length; row++) starts[sectionOf[row]! + 1]!++;
  for (let section = 0; section <= sectionCount; section++) starts[section + 1]! += starts[section]!;
  const next = starts.slice();
  const rows = new Int32Array(sectionOf.length);
  for (let row = 0; row < sectionOf.length; row++) rows[next[sectionOf[row]!]!++] = row;
  return { starts, rows };
}

/** How much memory the states that are kept may take, in bytes; where one takes too much, nothing is gone again. */
const MOST_KEPT = 4 * 1024 * 1024;
/** Stretches of time after which the state is kept, and how many back one may go. */
const STRETCHES = 64;
const MOST_BACK = 3;
/** In how many ways a stretch is gone again. */
const ATTEMPTS = 8;
const USUAL: Guide = { weight: 0.6, looks: 12 };

/** What a sweep is over, and how far it may go. */
interface SweepOptions {
  readonly plain: Plain;
  /** Where the offsets are written. */
  readonly offsets: Float64Array;
  /** What is alive in the section that it begins from. */
  readonly stack: Int32Array;
  readonly from: number;
  readonly isBackward: boolean;
  readonly births: Lists;
  readonly deaths: Lists;
  readonly random: Random;
  /** The height that is aimed at. */
  readonly target: number;
  /** The greatest height that is worth going on. */
  readonly most: number;
  /** Whether to go the usual way. */
  readonly isFirst: boolean;
}

/** Forward or backward from a section to the end of time. */
class Sweep {
  /** Whether it came to more than was worth going on. */
  hasFailed = false;
  readonly #options: SweepOptions;
  readonly #map: HoleMap;
  readonly #recordOf: Int32Array;
  /** From the first section to the last one. */
  readonly #steps: number;
  /** Into how many stretches these are divided. */
  readonly #stretches: number;
  /** What makes a weight of one for the mean lifetime. */
  readonly #scale: number;
  #stretch = 0;
  /** The states that are kept: those up to the present stretch are of the present way. */
  readonly #kept: Snapshot[] = [];
  readonly #usual: Guide;
  #guide: Guide;
  #target: number;
  #limit: number;
  /** The stretch that has to be gone again, and how often it was. */
  #trouble = 0;
  #attempts = 0;

  constructor(options: SweepOptions) {
    const { plain, stack, from, isBackward } = options;
    this.#options = options;
    this.#map = new HoleMap(stack.length + (stack.length >> 2));
    this.#recordOf = new Int32Array(plain.count);
    this.#steps = isBackward ? from : plain.sectionCount - 1 - from;
    let width = 0;
    for (let row = 0; row < plain.count; row++) width += plain.ends[row]! - plain.firsts[row]!;
    this.#scale = Math.sqrt(plain.count / width);
    for (const row of stack) this.#keep(row, this.#map.pushOnTop(plain.sizes[row]!, this.#deathOf(row)));
    this.#stretches = Math.min(STRETCHES, this.#steps);
    this.#usual = options.isFirst ? this.#guideOf(USUAL.weight, USUAL.looks) : this.#otherGuide();
    this.#guide = this.#usual;
    this.#target = Math.max(options.target, this.#map.height);
    this.#limit = Math.min(this.#target, options.most);
  }

  get height(): number {
    return this.#map.height;
  }

  /** Goes on until it is through, or has failed, or it is time. Returns false if it is time. */
  run(isTime: () => boolean): boolean {
    const isKept = this.#map.snapshotSize <= MOST_KEPT;
    while (this.#stretch < this.#stretches && !this.hasFailed) {
      if (isTime()) return false;
      if (isKept) this.#goOneStretch();
      else this.hasFailed = !this.#goStretch(this.#stretch++, this.#guide, this.#options.most);
    }
    return true;
  }

  /** Goes one stretch, or back to go again. */
  #goOneStretch(): void {
    const map = this.#map;
    const stretch = this.#stretch;
    this.#keepState(stretch);
    if (this.#goStretch(stretch, this.#guide, this.#limit)) {
      this.#stretch++;
      if (stretch >= this.#trouble) this.#goOnAsUsual();
      return;
    }
    if (this.#limit >= this.#options.most) {
      this.hasFailed = true;
      return;
    }
    this.#trouble = Math.max(this.#trouble, stretch);
    const back = Math.floor(this.#attempts++ / ATTEMPTS);
    if (back === MOST_BACK) {
      // The target is out of reach: from here as well as can be.
      this.#guide = this.#usual;
      this.#limit = this.#options.most;
      this.#trouble = stretch;
    } else {
      this.#guide = this.#otherGuide();
      while (this.#stretch > this.#trouble - back && this.#kept[this.#stretch - 1] !== undefined)
        this.#stretch--;
    }
    map.restore(this.#kept[this.#stretch]!);
  }

  /** Keeps the state before a stretch. Of those before, as many are kept as one may go back. */
  #keepState(stretch: number): void {
    const old = stretch - MOST_BACK;
    this.#kept[stretch] = this.#map.save(this.#kept[stretch] ?? this.#kept[old]);
    delete this.#kept[old];
  }

  #goOnAsUsual(): void {
    this.#target = Math.max(this.#target, this.#map.height);
    this.#limit = Math.min(this.#target, this.#options.most);
    this.#guide = this.#usual;
    this.#attempts = 0;
  }

  #goStretch(stretch: number, guide: Guide, limit: number): boolean {
    const beginOf = (one: number): number => Math.round((one / this.#stretches) * this.#steps);
    return this.#go(beginOf(stretch), beginOf(stretch + 1), guide, limit);
  }

  /** A guide that leads elsewhere. */
  #otherGuide(): Guide {
    const weight = USUAL.weight * 4 ** (this.#options.random.next() - 0.5);
    return this.#guideOf(weight, USUAL.looks + Math.floor(USUAL.looks * this.#options.random.next()));
  }

  #guideOf(weight: number, looks: number): Guide {
    return { weight: weight * this.#scale, looks };
  }

  /** Goes some steps. Returns false as soon as the height passes the target. */
  #go(from: number, to: number, guide: Guide, target: number): boolean {
    const map = this.#map;
    const { plain, births, deaths, isBackward, from: origin } = this.#options;
    const { sizes } = plain;
    for (let step = from; step < to; step++) {
      const section = isBackward ? origin - step : origin + 1 + step;
      const lastDeath = deaths.starts[section + 1]!;
      for (let place = deaths.starts[section]!; place < lastDeath; place++) {
        map.remove(this.#recordOf[deaths.rows[place]!]!);
      }
      const lastBirth = births.starts[section + 1]!;
      for (let place = births.starts[section]!; place < lastBirth; place++) {
        const row = births.rows[place]!;
        this.#keep(row, map.insert(sizes[row]!, this.#deathOf(row), guide));
      }
      if (map.height > target) return false;
    }
    return true;
  }

  #keep(row: number, record: number): void {
    this.#recordOf[row] = record;
    this.#options.offsets[row] = this.#map.endOf(record) - this.#options.plain.sizes[row]!;
  }

  #deathOf(row: number): number {
    const { plain, isBackward } = this.#options;
    return isBackward ? plain.sectionCount - plain.firsts[row]! : plain.ends[row]!;
  }
}
