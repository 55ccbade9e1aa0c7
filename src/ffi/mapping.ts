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
 * `close` detaches every view made, so that retained sub-arrays have length 0 and reach nothing.
 */

import { checkInteger } from "../foundation/check.ts";
import type { HostMapping } from "../vulkan/device.ts";
import { detach } from "./detach.ts";
import type { NativeCalls } from "./native/native-calls.ts";

export class KoffiMapping implements HostMapping {
  readonly address: bigint;
  readonly size: number;
  readonly #native: Pick<NativeCalls, "view">;
  readonly #viewLimit: number;
  readonly #views = new Map<string, ArrayBuffer>();
  #whole: ArrayBuffer | undefined;
  #open = true;

  /** `viewLimit`: bytes of the largest view, a multiple of 2; what the engine allows unless a test says less. */
  constructor(
    native: Pick<NativeCalls, "view" | "viewLimit">,
    address: bigint,
    size: number,
    viewLimit: number = native.viewLimit,
  ) {
    this.#native = native;
    this.address = address;
    this.size = size;
    this.#viewLimit = viewLimit;
  }

  bytes(offset: number, length: number): Uint8Array {
    if (!this.#open) throw new Error("the memory is no longer mapped: its bytes cannot be reached");
    if (this.#whole !== undefined && offset + length <= this.size) {
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

  #windowed(offset: number, length: number): Uint8Array {
    const half = this.#viewLimit / 2;
    if (length > this.#viewLimit) {
      throw new RangeError(`this engine can view at most ${this.#viewLimit} bytes at once, got ${length}`);
    }
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
    let view = this.#views.get(key);
    if (view === undefined) {
      view = this.#native.view(this.address + BigInt(offset), length);
      this.#views.set(key, view);
    }
    return view;
  }

  /** Detaches every view; from now on `bytes` throws. */
  close(): void {
    this.#open = false;
    this.#whole = undefined;
    for (const view of this.#views.values()) detach(view);
    this.#views.clear();
  }
}
