/**
 * Which memory type was the best one for which settings, without a resource: programs ask this again and again, and to read the
 * settings takes longer than to compare them with those of the last answers. As for kinds of resources, a name that is no
 * option's is not noticed where everything else is the same.
 */

import type { AllocationCreateInfo } from "../options.ts";

/** So many answers are kept. */
const ANSWERS = 4;

/** An answer, and the settings that it was for. None of the caller's objects is kept. */
class KnownType {
  private readonly memoryTypeBits: number;
  private readonly usage: number | undefined;
  private readonly flags: number | undefined;
  private readonly requiredFlags: number | undefined;
  private readonly preferredFlags: number | undefined;
  private readonly acceptedTypeBits: number | undefined;
  readonly type: number;

  constructor(memoryTypeBits: number, info: AllocationCreateInfo, type: number) {
    this.memoryTypeBits = memoryTypeBits;
    this.usage = info.usage;
    this.flags = info.flags;
    this.requiredFlags = info.requiredFlags;
    this.preferredFlags = info.preferredFlags;
    this.acceptedTypeBits = info.memoryTypeBits;
    this.type = type;
  }

  isFor(memoryTypeBits: number, info: AllocationCreateInfo): boolean {
    return (
      this.usage === info.usage &&
      this.flags === info.flags &&
      this.memoryTypeBits === memoryTypeBits &&
      this.requiredFlags === info.requiredFlags &&
      this.preferredFlags === info.preferredFlags &&
      this.acceptedTypeBits === info.memoryTypeBits &&
      isPlain(info)
    );
  }
}

/** Whether nothing is said that only an allocation needs: what is wrong with that is for the slow way to say. */
function isPlain(info: AllocationCreateInfo): boolean {
  return (
    info.pool === undefined &&
    info.name === undefined &&
    info.priority === undefined &&
    info.minAlignment === undefined &&
    info.dedicatedFallback === undefined &&
    info.zeroInitialize === undefined &&
    info.placedAt === undefined
  );
}

/** The last answers. */
export class KnownTypes {
  private readonly answers: KnownType[] = [];
  /** Which of them goes next. */
  private oldest = 0;

  /** The memory type; undefined where it is not known. */
  find(memoryTypeBits: number, info: AllocationCreateInfo): number | undefined {
    const { answers } = this;
    for (let index = 0; index < answers.length; index++) {
      const known = answers[index]!;
      if (known.isFor(memoryTypeBits, info)) return known.type;
    }
    return undefined;
  }

  /** Remembers an answer to settings that were in order. */
  add(memoryTypeBits: number, info: AllocationCreateInfo, type: number): void {
    if (!isPlain(info)) return;
    this.answers[this.oldest] = new KnownType(memoryTypeBits, info, type);
    this.oldest = (this.oldest + 1) % ANSWERS;
  }
}
