/** Where in memory buffers and images take turns. */

import { OwnedRanges } from "../foundation/owned-ranges.ts";

/** Bytes of one memory object that resources take turns with. */
export class TransientRange<Owner> {
  readonly offset: number;
  readonly end: number;
  /** Whose the bytes are. */
  owners: OwnedRanges<Owner> = new OwnedRanges();
  /** Whether the device was told that it is over. */
  isOver = false;

  constructor(offset: number, size: number) {
    this.offset = offset;
    this.end = offset + size;
  }
}
