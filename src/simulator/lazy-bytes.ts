/**
 * Bytes that exist once they are touched, in pieces of 4 GiB:
 *
 *     |  piece 0: 4 GiB  |  not touched  |  piece 2  |
 *
 * A piece is the memory of a WebAssembly.Memory rather than a plain ArrayBuffer, for three reasons. The system provides
 * its pages as they are written, so that untouched gigabytes take nothing. Nobody can transfer its buffer away, neither
 * by a message nor by a read into it, and with it the bytes of all that lies in the same memory object. And growing it by
 * nothing detaches every view while the bytes stay where they are: 0.4 µs up to 64 MiB, some 300 µs at 256 MiB where
 * V8 counts external memory. Where there is no WebAssembly (node --jitless) a plain ArrayBuffer serves, which can be taken.
 */

/** Bytes of a piece: as many as a WebAssembly.Memory can have, and as most engines view at once. */
export const PIECE: number = 4 * 1024 ** 3;
/** Bytes of a page of WebAssembly. */
const PAGE = 65536;

/** Memory whose buffer is replaced by another one over the same bytes when it grows, be it by nothing. */
export interface GrowingMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly:
  | { readonly Memory: new (type: { initial: number; maximum: number }) => GrowingMemory }
  | undefined;

/** An ArrayBuffer where there is no WebAssembly. */
class PlainMemory implements GrowingMemory {
  buffer: ArrayBuffer;

  constructor(size: number) {
    this.buffer = new ArrayBuffer(size);
  }

  grow(): number {
    const { buffer } = this;
    const modern = buffer as ArrayBuffer & { transfer?: () => ArrayBuffer };
    this.buffer = modern.transfer ? modern.transfer() : structuredClone(buffer, { transfer: [buffer] });
    return 0;
  }
}

/** Memory of at least `size` bytes, all 0. */
export function makeMemory(size: number): GrowingMemory {
  const pages = Math.ceil(size / PAGE);
  try {
    if (typeof WebAssembly !== "undefined") {
      return new WebAssembly.Memory({ initial: pages, maximum: pages });
    }
  } catch {
    // No address space is left for its guard pages; a plain buffer may still find some.
  }
  try {
    return new PlainMemory(size);
  } catch (cause) {
    throw new Error(`the simulator cannot hold the ${size} bytes of a memory object that was touched`, {
      cause,
    });
  }
}

/** A run of bytes that lies in one piece, and how far it is from where the asker's range begins. */
export type PieceUser = (bytes: Uint8Array, at: number) => void;

export class LazyBytes {
  readonly size: number;
  /** What its bytes are before they are written. */
  readonly #fresh: number;
  readonly #pieces: (GrowingMemory | undefined)[] = [];
  readonly #viewed = new Set<number>();

  constructor(size: number, fresh = 0) {
    this.size = size;
    this.#fresh = fresh;
  }

  /** Whether a byte of the range may be other than at first. */
  isTouched(offset: number, length: number): boolean {
    const last = Math.floor((offset + length - 1) / PIECE);
    for (let index = Math.floor(offset / PIECE); index <= last; index++) {
      if (this.#pieces[index] !== undefined) return true;
    }
    return false;
  }

  /** The bytes of a range within one piece. With `kept` they may be looked at until {@link detach}. */
  view(offset: number, length: number, kept: boolean): Uint8Array {
    if (length === 0) return new Uint8Array();
    const index = Math.floor(offset / PIECE);
    const start = index * PIECE;
    if (offset + length > start + PIECE) {
      throw new RangeError(
        `a view of simulated memory lies within one piece of ${PIECE} bytes, got ${length} bytes from ${offset}`,
      );
    }
    if (kept) this.#viewed.add(index);
    return new Uint8Array(this.#piece(index).buffer, offset - start, length);
  }

  /** Calls `use` for the part of the range in each piece, in order. The views are to be used at once. */
  forEachPiece(offset: number, length: number, use: PieceUser): void {
    let done = 0;
    while (done < length) {
      const from = offset + done;
      const part = Math.min(length - done, PIECE - (from % PIECE));
      use(this.view(from, part, false), done);
      done += part;
    }
  }

  /** Empties all views that were kept. The bytes stay. */
  detach(): void {
    for (const index of this.#viewed) this.#pieces[index]!.grow(0);
    this.#viewed.clear();
  }

  #piece(index: number): GrowingMemory {
    const known = this.#pieces[index];
    if (known === undefined) {
      const piece = makeMemory(Math.min(PIECE, this.size - index * PIECE));
      if (this.#fresh !== 0) new Uint8Array(piece.buffer).fill(this.#fresh);
      this.#pieces[index] = piece;
      return piece;
    }
    if (known.buffer.byteLength === 0) {
      throw new Error("the bytes of simulated memory were taken with a view that was transferred");
    }
    return known;
  }
}
