/**
 * Mapped memory as JavaScript sees it.
 *
 * A mapping is viewed once, whole, when its bytes are first asked for; allocations get sub-arrays. Making a
 * view costs more than a call (0.2 ms for 64 MiB), a sub-array does not. Where the engine cannot view so many
 * bytes at once (Node.js 20 stops at 4 GiB and aborts beyond), windows half of which overlap cover the
 * mapping, so that every range up to half the limit lies within one:
 *
 *   window 0 |---------------|
 *   window 1         |---------------|
 *   window 2                 |---------------|
 *
 * Where the engine has no views of memory that is not its own (Electron's sandbox), bytes can be copied in and out instead.
 *
 * `close` detaches every view made, so that retained sub-arrays have length 0 and reach nothing.
 *
 * A program may take a view's buffer: a read into it with a BYOB reader moves it to another ArrayBuffer, and so does
 * `ArrayBuffer.prototype.transfer`. The view is then made anew, but whoever has the buffer reaches the memory for as long
 * as he likes. So `close` says whether that has happened: such memory must stay where it is. Nothing holds in general:
 * `markAsUntransferable` of node:worker_threads changes nothing on Node.js 20 and 22, where messages do not move external
 * buffers anyway, and on 24 a process that has marked one aborts at its end, as Node.js cannot detach it any more. What is
 * prevented is `buffer.transfer()`, by a method of the buffer's own.
 */

import { checkInteger } from "../foundation/check.ts";
import { asData, showAs } from "../foundation/inspect.ts";
import type { HostCopies, HostLoan, HostMapping, OwnView } from "../vulkan/device.ts";
import { detach } from "./detach.ts";
import type { NativeCalls } from "./native/native-calls.ts";

/** Bytes of a piece where pieces are copies. */
const COPIED_AT_ONCE = 2 ** 20;

/** Who can still reach memory that is no longer mapped for the program. */
export type ReachedBy = "a taken view" | "a worker" | "a place";

/** What a mapping needs of native calls. */
type MappingCalls = Pick<NativeCalls, "view" | "viewLimit"> & Partial<Pick<NativeCalls, "read" | "write">>;

/** Why views cannot be had, by the native calls that were tried; undefined where they can. */
const refusals = new WeakMap<object, string | undefined>();

function whyNoViews(native: MappingCalls, address: bigint): string | undefined {
  if (refusals.has(native)) return refusals.get(native);
  let refusal: string | undefined;
  try {
    detach(native.view(address, 1));
  } catch (error) {
    refusal = (error as Error).message;
  }
  refusals.set(native, refusal);
  return refusal;
}

export class NativeMapping implements HostMapping {
  /** Copies in place of views, where the engine refuses views of memory that is not its own. */
  readonly copies: HostCopies | undefined;
  readonly address: bigint;
  readonly size: number;
  readonly #native: MappingCalls;
  readonly #refusal: string | undefined;
  readonly #viewLimit: number;
  readonly #views = new Map<string, ArrayBuffer>();
  readonly #own = new Set<ArrayBuffer>();
  #whole: ArrayBuffer | undefined;
  /** The array given last, and its range: programs map and write the same bytes again and again, and an array takes 20 ns. */
  #last: Uint8Array = new Uint8Array();
  #lastOffset = 0;
  #open = true;
  #isTaken = false;
  #loans = 0;

  /** `viewLimit`: bytes of the largest view, a multiple of 2; what the engine allows unless a test says less. */
  constructor(native: MappingCalls, address: bigint, size: number, viewLimit: number = native.viewLimit) {
    this.#native = native;
    this.address = address;
    this.size = size;
    this.#viewLimit = viewLimit;
    this.#refusal = whyNoViews(native, address);
    this.copies = this.#refusal === undefined ? undefined : this.#makeCopies();
  }

  #makeCopies(): HostCopies {
    const addressOf = (offset: number, length: number): bigint => {
      this.#checkOpen();
      checkInteger(offset, "offset", 0, this.size);
      checkInteger(length, "length", 0, this.size - offset);
      return this.address + BigInt(offset);
    };
    return {
      read: (offset, target) => this.#native.read!(addressOf(offset, target.length), target),
      write: (offset, source) => this.#native.write!(addressOf(offset, source.length), source),
    };
  }

  #checkViews(): void {
    if (this.#refusal === undefined) return;
    throw new Error(
      `this engine has no views of memory that is not its own (${this.#refusal}): ` +
        "use allocation.write and allocation.read, which copy",
    );
  }

  #checkOpen(): void {
    if (!this.#open) throw new Error("the memory is no longer mapped: its bytes cannot be accessed");
  }

  /** Every range that crosses no multiple of this many bytes can be viewed. */
  get pieceSize(): number {
    if (this.copies !== undefined) return COPIED_AT_ONCE;
    return this.size <= this.#viewLimit ? this.size : this.#viewLimit / 2;
  }

  bytes(offset: number, length: number): Uint8Array {
    this.#checkOpen();
    // Of a buffer that was taken it has no bytes any more.
    const last = this.#last;
    if (offset === this.#lastOffset && length === last.length && length > 0) return last;
    const bytes = this.#bytes(offset, length);
    this.#last = bytes;
    this.#lastOffset = offset;
    return bytes;
  }

  #bytes(offset: number, length: number): Uint8Array {
    // A buffer without a byte is one that was taken.
    if (this.#whole !== undefined && this.#whole.byteLength !== 0 && offset + length <= this.size) {
      return new Uint8Array(this.#whole, offset, length);
    }
    checkInteger(offset, "offset", 0, this.size);
    checkInteger(length, "length", 0, this.size - offset);
    if (this.size <= this.#viewLimit) {
      this.#whole = this.#view(0, this.size);
      return new Uint8Array(this.#whole, offset, length);
    }
    return this.#windowed(offset, length);
  }

  ownView(offset: number, length: number): OwnView {
    this.#checkOpen();
    this.#checkViews();
    checkInteger(offset, "offset", 0, this.size);
    checkInteger(length, "length", 1, this.size - offset);
    if (length > this.#viewLimit) this.#refuseLength(length);
    const view = this.#native.view(this.address + BigInt(offset), length);
    keep(view);
    this.#own.add(view);
    return {
      bytes: new Uint8Array(view),
      close: () => {
        if (this.#own.delete(view)) this.#end(view);
      },
    };
  }

  #refuseLength(length: number): never {
    throw new RangeError(`this engine can view at most ${this.#viewLimit} bytes at once, got ${length}`);
  }

  #windowed(offset: number, length: number): Uint8Array {
    const half = this.#viewLimit / 2;
    if (length > this.#viewLimit) this.#refuseLength(length);
    if (length === 0) return new Uint8Array();
    if (length > half) return new Uint8Array(this.#view(offset, length));
    const start = Math.floor(offset / half) * half;
    return new Uint8Array(
      this.#view(start, Math.min(this.#viewLimit, this.size - start)),
      offset - start,
      length,
    );
  }

  #view(offset: number, length: number): ArrayBuffer {
    const key = `${offset}+${length}`;
    const known = this.#views.get(key);
    if (known !== undefined && known.byteLength !== 0) return known;
    if (known !== undefined) this.#isTaken = true;
    this.#checkViews();
    const view = this.#native.view(this.address + BigInt(offset), length);
    keep(view);
    this.#views.set(key, view);
    return view;
  }

  /** The range itself: another thread views it at its address. */
  lend(offset: number, length: number): HostLoan {
    this.#checkOpen();
    checkInteger(offset, "offset", 0, this.size);
    checkInteger(length, "length", 0, this.size - offset);
    this.#loans++;
    let isLent = true;
    return {
      message: asData({ address: this.address + BigInt(offset), size: length }),
      end: () => {
        if (isLent) this.#loans--;
        isLent = false;
      },
    };
  }

  /**
   * Detaches every view; from now on `bytes` throws. Returns why the memory must be neither unmapped nor freed, as somebody
   * can still reach it: a view was taken, or a range is lent.
   */
  close(): ReachedBy | undefined {
    this.#open = false;
    this.#whole = undefined;
    this.#last = new Uint8Array();
    for (const view of this.#views.values()) this.#end(view);
    for (const view of this.#own) this.#end(view);
    this.#views.clear();
    this.#own.clear();
    if (this.#loans > 0) return "a worker";
    return this.#isTaken ? "a taken view" : undefined;
  }

  #end(view: ArrayBuffer): void {
    if (view.byteLength === 0) this.#isTaken = true;
    detach(view);
  }
}

showAs(
  NativeMapping,
  ({ address, size }) => `NativeMapping: ${size} bytes at 0x${address.toString(16)}`,
  ({ address, size }) => ({ address, size }),
);

const refused = {
  value(): never {
    throw new TypeError("mapped memory cannot be transferred: copy it, as with bytes.slice()");
  },
};

/** Keeps a view's buffer from being transferred, as far as that can be done; see the head of this file. */
function keep(view: ArrayBuffer): void {
  Object.defineProperties(view, { transfer: refused, transferToFixedLength: refused });
}
