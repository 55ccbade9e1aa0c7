/**
 * Two-level segregated fit for device blocks of less than 2^31 bytes on devices with a buffer-image granularity:
 * ./narrow-tlsf.ts, with what ./granularity.ts says. Up to 256 bytes of granularity, whatever might conflict is rounded
 * up to whole pages, and the search is the same. Above, pages are asked about every range that has room, so that the
 * search goes step by step.
 */

import { alignUp } from "../foundation/bits.ts";
import { type BlockMetadataOptions, NO_SLOT, type Slot, SuballocationType } from "./block-metadata.ts";
import {
  conflictsOf,
  GranularityPages,
  isRounded,
  MAX_ROUNDED_GRANULARITY,
  NO_OFFSET,
  ROUNDED_TYPES,
} from "./granularity.ts";
import { NarrowTlsf } from "./narrow-tlsf.ts";
import { RecordField, recordOf } from "./records.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const TYPE = RecordField.INT32_TYPE;
const ROUNDED = ROUNDED_TYPES;
const NONE = NO_SLOT;

/** Divides a block in which neighbours may conflict. */
export class GranularTlsf extends NarrowTlsf {
  /** What the types that are rounded are rounded to, in bytes; 1 where nothing is. */
  private readonly rounding: number;
  protected override readonly pages: GranularityPages | undefined;
  private foundType: SuballocationType = SuballocationType.Unknown;

  constructor(options: BlockMetadataOptions) {
    super(options);
    const { size, granularity = 1 } = options;
    const roundsUp = granularity <= MAX_ROUNDED_GRANULARITY;
    this.rounding = roundsUp ? granularity : 1;
    this.pages = roundsUp ? undefined : new GranularityPages(granularity, size);
  }

  override find(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): boolean {
    this.foundType = type;
    if (this.pages !== undefined) return this.findInSteps(size, alignment, strategy);
    if (isRounded(type)) {
      alignment = Math.max(alignment, this.rounding);
      size = alignUp(size, this.rounding);
    }
    return super.find(size, alignment, type, strategy, upperAddress);
  }

  protected override fits(owner: number): boolean {
    if (!super.fits(owner)) return false;
    const { pages, foundSize } = this;
    if (pages === undefined) return true;
    const offset = this.gapStart(owner);
    const place = pages.place(this.foundOffset, foundSize, offset, this.gapBytes(owner), this.foundType);
    if (place === NO_OFFSET) return false;
    this.foundPadding = place - offset;
    return true;
  }

  protected override get requestConflicts(): number {
    return this.pages === undefined ? 0 : conflictsOf(this.foundType);
  }

  override commit(): Slot {
    // Indexes are told where gaps are while the place is taken, and ask the pages of it.
    if (this.pages !== undefined) this.pages.take(this.foundOffset, this.foundSize, this.foundType);
    const slot = super.commit();
    this.words[recordOf(slot) | TYPE] = this.foundType;
    return slot;
  }

  override allocate(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): Slot {
    if (this.pages !== undefined || ((ROUNDED >>> type) & 1) !== 0) {
      return this.find(size, alignment, type, strategy, upperAddress) ? this.commit() : NO_SLOT;
    }
    const slot = this.placeAndTake(size, alignment, strategy);
    if (slot !== NONE) this.words[(slot << 3) | TYPE] = type;
    return slot;
  }

  override free(slot: Slot): boolean {
    if (this.pages !== undefined && this.isTaken(slot)) {
      this.pages.release(this.offsetOf(slot), this.sizeOf(slot));
    }
    return this.freeRange(slot);
  }

  override clear(): void {
    super.clear();
    this.pages?.clear();
  }

  override typeOf(slot: Slot): SuballocationType {
    return this.words[recordOf(slot) | TYPE] as SuballocationType;
  }

  override clone(): GranularTlsf {
    const copy = new GranularTlsf({ ...this.options, size: this.size });
    copy.assign(this);
    if (this.pages !== undefined) copy.pages?.assign(this.pages);
    return copy;
  }

  override validate(): void {
    super.validate();
    this.pages?.validate((report) => {
      this.visit((offset, size, slot) => {
        if (slot !== NO_SLOT) report(offset, size);
      });
    });
  }
}
