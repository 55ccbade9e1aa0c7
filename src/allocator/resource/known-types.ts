/**
 * Which memory type was best for which settings, without a resource: programs ask this repeatedly, and reading the settings
 * takes longer than comparing them with those of the last answers. As for kinds of resources, an unknown option name is not
 * noticed if everything else is the same.
 */

import type { AllocationCreateInfo } from "../options.ts";

/** The number of answers kept. */
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

/** Whether there are no settings that only an allocation needs: errors in those are left to the slow path. */
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
  /** Which of them is replaced next. */
  private oldest = 0;

  /** The memory type; undefined if it is not known. */
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
