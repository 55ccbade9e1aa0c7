/**
 * Memory that buffers and images use one after the other. Which of them may use which bytes is known: the one that a barrier
 * (`TakeOver`) has handed them last. A use of any other is refused, and so is a barrier that does not wait for all that have
 * used the bytes before it.
 */

import { alignDown, alignUp } from "../foundation/bits.ts";
import type { OwnedRanges } from "../foundation/owned-ranges.ts";
import { forbid } from "./error.ts";
import { type MemoryObject, nameOf, type Part, type Resource } from "./objects.ts";
import type { DeviceState } from "./state.ts";
import { TransientRange } from "./transient-range.ts";

/** What the device was told of some bytes of a memory object. */
export function setTransientMemory(
  memory: MemoryObject,
  offset: number,
  size: number,
  isTransient: boolean,
): void {
  const ranges = memory.transients;
  if (isTransient) {
    ranges.push(new TransientRange(offset, size));
    return;
  }
  const index = ranges.findIndex((range) => range.offset === offset && range.end === offset + size);
  if (index < 0) throw new RangeError(`[${offset}, ${offset + size}) is not transient memory`);
  ranges.splice(index, 1)[0]!.isOver = true;
}

/** The transient memory that holds [offset, end), if any. */
export function findTransientMemory(
  memory: MemoryObject,
  offset: number,
  end: number,
): TransientRange<Part> | undefined {
  return memory.transients.find((range) => range.offset <= offset && end <= range.end);
}

/** Who may use what while a batch is recorded: as it was before, and as the batch's own barriers change it. */
export class Turns {
  readonly #state: DeviceState;
  readonly #changed = new Map<TransientRange<Part>, OwnedRanges<Part>>();

  constructor(state: DeviceState) {
    this.#state = state;
  }

  /** From now on it is as the batch's barriers have it. */
  commit(): void {
    for (const [memory, owners] of this.#changed) memory.owners = owners;
  }

  /** Throws unless all the bytes of the part are its own. */
  checkUse(call: string, part: Part): void {
    const { transient } = part;
    if (transient === undefined || transient.isOver) return;
    const owners = this.#changed.get(transient) ?? transient.owners;
    if (owners.isOwned(part.offset, part.end, part)) return;
    const name = nameOf(part.resource);
    owners.visit(part.offset, part.end, (owner, begin, end) => {
      if (owner === part) return;
      forbid(
        call,
        "simulator-transient-use",
        `${name} is used, but ${nameOf(owner.resource)} has taken over bytes [${begin}, ${end}) of its memory: a barrier has to hand them over first`,
      );
    });
    forbid(call, "simulator-transient-use", `${name} is used before a barrier has handed it its memory`);
  }

  /** Hands a part its bytes. Throws unless `sources` are all that have used them before. */
  takeOver(call: string, part: Part, sources: ReadonlySet<Resource>, sourceStages: number): void {
    const { transient } = part;
    if (transient === undefined || transient.isOver) return;
    const owners = this.#changed.get(transient) ?? transient.owners.clone();
    this.#changed.set(transient, owners);
    // A page that linear and other resources share in turn is handed over as a whole.
    const page = Math.max(1, this.#state.profile.limits.bufferImageGranularity);
    const begin = Math.max(transient.offset, alignDown(part.offset, page));
    const end = Math.min(transient.end, alignUp(part.end, page));
    const lost: (readonly [number, number])[] = [];
    owners.visit(begin, end, (owner, from, to) => {
      const sharesBytes = from < part.end && to > part.offset;
      if (owner === part || (!sharesBytes && owner.linear === part.linear)) return;
      if (!sources.has(owner.resource) || sourceStages === 0) {
        const waits = sources.has(owner.resource) ? "with no stages" : "without waiting for it";
        forbid(
          call,
          "simulator-transient-source",
          `${nameOf(part.resource)} takes over bytes [${from}, ${to}) from ${nameOf(owner.resource)} ${waits}`,
        );
      }
      lost.push([from, to]);
    });
    for (const [from, to] of lost) owners.take(from, to, part);
    owners.take(part.offset, part.end, part);
  }
}
