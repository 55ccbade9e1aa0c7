/**
 * Whether a block should stay mapped while nothing in it is mapped.
 *
 * Mapping and unmapping a block over and over costs driver calls. Two counters weigh the events that speak for
 * a change (major) against those that speak against it (minor); at {@link THRESHOLD} the block gets, or gives
 * back, one extra reference to its mapping.
 */

const THRESHOLD = 7;

/** VmaMappingHysteresis, for one block. */
export class MappingHysteresis {
  /** The extra reference, 0 or 1. */
  extra = 0;
  private major = 0;
  private minor = 0;

  /** After the block was mapped. */
  afterMap(): void {
    if (this.extra === 1) {
      this.against();
    } else if (++this.major >= THRESHOLD) {
      this.switchTo(1);
    }
  }

  /** After the block was unmapped. */
  afterUnmap(): void {
    if (this.extra === 1) this.against();
    else this.major++;
  }

  /** After something was allocated from the block. */
  afterAllocate(): void {
    if (this.extra === 1) this.major++;
    else if (this.major > 0) this.against();
  }

  /** After something in the block was freed. Returns whether the extra reference was given back. */
  afterFree(): boolean {
    if (this.extra === 0) {
      if (this.major > 0) this.against();
      return false;
    }
    if (++this.major < THRESHOLD || this.major <= this.minor + 1) return false;
    this.switchTo(0);
    return true;
  }

  /** A function that restores the present state, for when what follows an event fails. */
  remember(): () => void {
    const { extra, major, minor } = this;
    return () => {
      this.extra = extra;
      this.major = major;
      this.minor = minor;
    };
  }

  private switchTo(extra: number): void {
    this.extra = extra;
    this.major = 0;
    this.minor = 0;
  }

  /** An event against a change; while nothing speaks for one (major is 0) it need not be called. */
  private against(): void {
    if (this.minor < this.major) {
      this.minor++;
    } else if (this.major > 0) {
      this.major--;
      this.minor--;
    }
  }
}
