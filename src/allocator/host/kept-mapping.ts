/**
 * A block that was mapped once stays mapped until it is given back: the default. On 64-bit systems a mapping takes address
 * space alone, while mapping anew costs a driver call and a view of the whole block, which V8 charges to the heap each
 * time. Memory that had better not stay mapped was the device's own under Windows before 10, where no Node.js that this
 * library supports runs. `unmapWhenUnused` is VMA's way instead: `./mapping-hysteresis.ts`.
 */

/** The same face as a `MappingHysteresis` has. */
export class KeptMapping {
  /** The extra reference: 1 as soon as the block was mapped. */
  extra = 0;

  afterMap(): void {
    this.extra = 1;
  }

  afterUnmap(): void {}

  afterAllocate(): void {}

  afterFree(): boolean {
    return false;
  }

  remember(): () => void {
    return nothing;
  }
}

function nothing(): void {}
