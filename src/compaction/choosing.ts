/**
 * What is to be done with some lists of blocks: for each of them blocks to empty and, where that is needed, one to pack; or,
 * where that would free fewer memory objects or bytes than VMA's way does, or leave a smaller largest free range, VMA's way
 * for all of them. So nothing costs more than VMA's way, and nothing does less; EXTENSIVE may cost what it likes, and leaves
 * a smaller largest free range where it frees more memory objects.
 *
 * The bytes that VMA's way would move are for all lists together: what one does not need another one may use.
 */

import type { Algorithm } from "./algorithm.ts";
import { packsIn, tryBaseline } from "./baseline.ts";
import { chooseForBytes } from "./budgets.ts";
import type { Choice } from "./candidates.ts";
import { EmptyingSearch } from "./emptying.ts";
import type { Meter } from "./meter.ts";
import type { Block, ListPort } from "./model.ts";
import { packBlock } from "./packing.ts";
import type { PassLimits } from "./pass-budget.ts";
import { largest, type Plan, total } from "./plan.ts";

const INFINITE: number = Number.POSITIVE_INFINITY;

/** How many blocks are tried for a large free range. */
const MAX_PACKED = 4;

/** What was found at first, what keeps to VMA's bytes, and the same once more blocks were tried. */
const Attempt = { Wishes: 0, Within: 1, Further: 2 } as const;

/** What is to be done. */
export interface ChosenPlans<Owner> {
  /** One for each list; all of them VMA's way, or none. */
  readonly plans: readonly Plan<Owner>[];
  /** Bytes that may be moved beyond that. */
  readonly bytesLeft: number;
  /** What was found in each list. */
  readonly searches: readonly EmptyingSearch<Owner>[];
  /** What VMA's way would come to in all of them; undefined where it was not tried out. */
  readonly baseline: Pick<Plan<Owner>, "blocksFreed" | "bytes"> | undefined;
}

/** Chooses what to do. Changes nothing. */
export function* choosePlans<Owner>(
  lists: readonly ListPort<Owner>[],
  algorithm: Algorithm,
  limits: PassLimits,
  meter: Meter,
): Generator<undefined, ChosenPlans<Owner>> {
  const rules = { algorithm, maxBytesPerPass: limits.maxBytesPerPass };
  const searches: EmptyingSearch<Owner>[] = [];
  for (const list of lists) {
    const search = new EmptyingSearch(list, rules, meter);
    yield* search.search(algorithm.orders);
    searches.push(search);
  }
  if (limits.maxBytesMoved) {
    // What VMA would do for so many bytes nobody knows, as it does not choose.
    const plans = chooseForBytes(searches, limits.maxBytesMoved).map((choice, index) =>
      searches[index]!.elaborate(choice),
    );
    return { plans, bytesLeft: limits.maxBytesMoved - total(plans, "bytes"), searches, baseline: undefined };
  }
  // At first the most bytes freed; or, where it may cost what it likes, the most memory objects.
  const enough = algorithm.isFrugal ? 0 : INFINITE;
  const wishes = searches.map((search) => search.choose({ bytes: INFINITE, enough, largest: 0 }));
  const goal = yield* findGoal(lists, algorithm, limits, meter, triedBytes(searches, wishes, algorithm));
  const bytes = algorithm.isFrugal ? goal.bytes : INFINITE;
  for (const attempt of [Attempt.Wishes, Attempt.Within, Attempt.Further]) {
    if (attempt === Attempt.Further) for (const search of searches) yield* search.search(INFINITE);
    const isFrugal = algorithm.isFrugal || attempt === Attempt.Further;
    const choices = attempt === Attempt.Wishes ? wishes : chooseWithin(searches, goal, bytes, isFrugal);
    if (!isEnough(choices, goal, bytes)) continue;
    const plans = yield* elaborate(searches, choices, goal, algorithm, limits, meter);
    if (plans !== undefined)
      return { plans, bytesLeft: bytes - total(plans, "bytes"), searches, baseline: goal };
  }
  return { plans: goal.plans, bytesLeft: algorithm.isFrugal ? 0 : INFINITE, searches, baseline: goal };
}

/** What VMA's way comes to: in all lists together, and in each. */
interface Goal<Owner> extends Target {
  readonly bytesFreed: number;
  readonly each: readonly Target[];
  /** How to do just that. */
  readonly plans: readonly Plan<Owner>[];
}

interface Target {
  readonly bytes: number;
  readonly blocksFreed: number;
  readonly largestFree: number;
}

/** What VMA's way comes to, as it is and as it is meant to be, the best of both, as far as it matters. */
function* findGoal<Owner>(
  lists: readonly ListPort<Owner>[],
  { baselinePacks: packs }: Algorithm,
  limits: PassLimits,
  meter: Meter,
  bytes: number,
): Generator<undefined, Goal<Owner>> {
  const ways = [yield* tryBaseline(lists, { packs, bytes }, limits, meter)];
  if (lists.some((list) => packsIn(list, packs) !== packs)) {
    ways.push(yield* tryBaseline(lists, { packs, bytes, isMended: true }, limits, meter));
  }
  return {
    bytes: Math.min(...ways.map((plans) => total(plans, "bytes"))),
    blocksFreed: Math.max(...ways.map((plans) => total(plans, "blocksFreed"))),
    bytesFreed: Math.max(...ways.map((plans) => total(plans, "bytesFreed"))),
    largestFree: Math.max(...ways.map((plans) => largest(plans, "largestFree"))),
    each: lists.map((_, index) => ({
      bytes: Math.min(...ways.map((plans) => plans[index]!.bytes)),
      blocksFreed: Math.max(...ways.map((plans) => plans[index]!.blocksFreed)),
      largestFree: Math.max(...ways.map((plans) => plans[index]!.largestFree)),
    })),
    plans: ways.reduce((best, plans) => (isBetter(plans, best) ? plans : best)),
  };
}

function isBetter<Owner>(a: readonly Plan<Owner>[], b: readonly Plan<Owner>[]): boolean {
  const gain =
    total(a, "blocksFreed") - total(b, "blocksFreed") ||
    total(a, "bytesFreed") - total(b, "bytesFreed") ||
    total(b, "bytes") - total(a, "bytes") ||
    largest(a, "largestFree") - largest(b, "largestFree");
  return gain > 0;
}

/** After how many bytes VMA's way need not be tried out any further. */
function triedBytes<Owner>(
  searches: readonly EmptyingSearch<Owner>[],
  wishes: readonly Choice<Owner>[],
  algorithm: Algorithm,
): number {
  const isAllFound =
    searches.every((search) => search.isAllFound) &&
    largest(wishes, "largestFreed") === largest(searches, "largestBlock");
  if (!isAllFound) return INFINITE;
  if (!algorithm.isFrugal) return 0;
  // Only the bytes are in doubt, packing of what stands alone among them; or they are for packing what remains.
  const alone = searches.reduce((sum, search, index) => sum + search.alone(wishes[index]!), 0);
  return algorithm.packsRest ? INFINITE : total(wishes, "bytes") + alone;
}

/** The best of each list, with the bytes that the lists before it have left. */
function chooseWithin<Owner>(
  searches: readonly EmptyingSearch<Owner>[],
  goal: Goal<Owner>,
  limit: number,
  isFrugal: boolean,
): Choice<Owner>[] {
  let left = limit === INFINITE ? INFINITE : 0;
  return searches.map((search, index) => {
    const { bytes, blocksFreed, largestFree } = goal.each[index]!;
    const enough = isFrugal ? blocksFreed : INFINITE;
    const choice = search.choose({ bytes: left + bytes, enough, largest: largestFree });
    left += bytes - choice.bytes;
    return choice;
  });
}

function isEnough<Owner>(choices: readonly Choice<Owner>[], goal: Goal<Owner>, bytes: number): boolean {
  return (
    total(choices, "blocksFreed") >= goal.blocksFreed &&
    total(choices, "bytesFreed") >= goal.bytesFreed &&
    total(choices, "bytes") <= bytes
  );
}

/** The plans, with a block packed where that is needed; undefined where the largest free range would be too small. */
function* elaborate<Owner>(
  searches: readonly EmptyingSearch<Owner>[],
  choices: readonly Choice<Owner>[],
  goal: Goal<Owner>,
  { isFrugal }: Algorithm,
  limits: PassLimits,
  meter: Meter,
): Generator<undefined, Plan<Owner>[] | undefined> {
  const plans = searches.map((search, index) => search.elaborate(choices[index]!));
  const wanted = goal.largestFree;
  const isExcused = !isFrugal && total(plans, "blocksFreed") > goal.blocksFreed;
  if (isExcused || largest(plans, "largestFree") >= wanted) return plans;
  const bytes = isFrugal ? goal.bytes - total(plans, "bytes") : INFINITE;
  const candidates: { block: Block<Owner>; index: number }[] = [];
  for (const [index, search] of searches.entries()) {
    for (const block of search.targets(plans[index]!.victims)) {
      if (block.seen.sumFreeSize >= wanted) candidates.push({ block, index });
    }
  }
  candidates.sort((a, b) => b.block.seen.sumFreeSize - a.block.seen.sumFreeSize);
  for (const { block, index } of candidates.slice(0, MAX_PACKED)) {
    const plan = plans[index]!;
    const packed = yield* packBlock(
      block,
      searches[index]!.arrivalsIn(block),
      {
        maxMoveBytes: limits.maxBytesPerPass || INFINITE,
        bytes,
        enough: isFrugal ? wanted : INFINITE,
        after: plan.moves.length,
      },
      meter,
    );
    if (packed.largestFree < wanted) continue;
    plans[index] = {
      ...plan,
      moves: [...plan.moves, ...packed.moves],
      bytes: plan.bytes + packed.bytes,
      largestFree: Math.max(plan.largestFree, packed.largestFree),
    };
    return plans;
  }
  return undefined;
}
