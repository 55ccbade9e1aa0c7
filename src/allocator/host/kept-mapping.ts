/**
 * A block that was mapped once stays mapped until it is given back: the default. On 64-bit systems a mapping takes only address
 * space, while mapping again costs a driver call and a view of the whole block, which V8 charges to the heap each time. Device
 * memory was better not left mapped on Windows before 10, where no Node.js version that this library supports runs.
 * `unmapWhenUnused` selects VMA's way: `./mapping-hysteresis.ts`.
 */

/** Has the interface of `MappingHysteresis`. */
export class KeptMapping {
  /** The extra reference: 1 as soon as the block has been mapped. */
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
