/**
 * Two-level segregated fit for device blocks of less than 2^31 bytes on devices whose granularity is 2 to 256 bytes:
 * ./narrow-tlsf.ts, and whatever might conflict with its neighbours is rounded up to whole pages (see ./granularity.ts).
 */

import { alignUp } from "../foundation/bits.ts";
import { type BlockMetadataOptions, NO_SLOT, type Slot, SuballocationType } from "./block-metadata.ts";
import { isRounded } from "./granularity.ts";
import { NarrowTlsf } from "./narrow-tlsf.ts";
import { RecordField, rangeOf } from "./records.ts";

/** Divides a block with pages so small that they are kept apart by rounding. */
export class RoundedTlsf extends NarrowTlsf {
  private readonly granularity: number;
  private foundType: SuballocationType = SuballocationType.Unknown;

  constructor(options: BlockMetadataOptions) {
    super(options);
    this.granularity = options.granularity ?? 1;
  }

  override find(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): boolean {
    this.foundType = type;
    if (!isRounded(type)) return super.find(size, alignment, type, strategy, upperAddress);
    const { granularity } = this;
    const whole = Math.max(alignment, granularity);
    return super.find(alignUp(size, granularity), whole, type, strategy, upperAddress);
  }

  override commit(): Slot {
    const slot = super.commit();
    this.setType(slot, this.foundType);
    return slot;
  }

  override allocate(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): Slot {
    if (isRounded(type)) {
      const { granularity } = this;
      if (alignment < granularity) alignment = granularity;
      size = alignUp(size, granularity);
    }
    const slot = super.allocate(size, alignment, type, strategy, upperAddress);
    if (slot !== NO_SLOT) this.setType(slot, type);
    return slot;
  }

  override typeOf(slot: Slot): SuballocationType {
    return this.words[rangeOf(slot) | RecordField.INT32_TYPE] as SuballocationType;
  }

  private setType(slot: Slot, type: SuballocationType): void {
    this.words[rangeOf(slot) | RecordField.INT32_TYPE] = type;
  }

  override clone(): RoundedTlsf {
    const copy = new RoundedTlsf({ ...this.options, size: this.size });
    copy.assign(this);
    return copy;
  }
}
