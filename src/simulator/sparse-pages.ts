/**
 * The pages of one sparse resource, and what memory each is bound to. Bindings are planned when a program submits them, which
 * is when they are checked, and take effect when the queue comes to them.
 */

import type { Binding } from "./bindings.ts";
import type { Payload } from "./payload.ts";
import type { SparseLayout } from "./sparse-layout.ts";

/** Where the bytes of a page are. */
export interface PlacedPage extends Binding {
  readonly memory: { readonly payload: Payload };
}

/** What reads of pages that are not there give on a device that promises nothing. */
const GARBAGE = 0xcd;

/** The pages of one resource. */
export class SparsePages<Page extends PlacedPage = PlacedPage> {
  /** Bytes. */
  readonly pageSize: number;
  /** How many pages there are. */
  readonly count: number;
  /** Whether it may be used while pages are missing. */
  readonly isResident: boolean;
  /** How a sparsely resident image is divided. */
  readonly layout: SparseLayout | undefined;
  /** What is bound, as the device sees it now. */
  readonly pages: Map<number, Page> = new Map();
  /** What will be bound once everything that was submitted is done. */
  readonly planned: Map<number, Page> = new Map();
  /** How many batches that bind pages of it are not complete. */
  pendingBinds = 0;
  /** Whether what is missing reads as zeros. */
  readonly #isStrict: boolean;

  constructor(
    size: number,
    pageSize: number,
    isResident: boolean,
    isStrict: boolean,
    layout: SparseLayout | undefined,
  ) {
    this.pageSize = pageSize;
    this.count = Math.ceil(size / pageSize);
    this.isResident = isResident;
    this.#isStrict = isStrict;
    this.layout = layout;
  }

  /** Calls `use` for the bytes as the device sees them; what is written to missing pages is lost. */
  eachPiece(offset: number, length: number, use: (bytes: Uint8Array, at: number) => void): void {
    for (let at = 0; at < length; ) {
      const page = Math.floor((offset + at) / this.pageSize);
      const within = offset + at - page * this.pageSize;
      const piece = Math.min(length - at, this.pageSize - within);
      const bound = this.pages.get(page);
      const from = at;
      if (bound === undefined) {
        use(new Uint8Array(piece).fill(this.#isStrict ? 0 : GARBAGE), from);
      } else {
        bound.memory.payload.eachDevicePiece(bound.offset + within, piece, (bytes, more) =>
          use(bytes, from + more),
        );
      }
      at += piece;
    }
  }
}
