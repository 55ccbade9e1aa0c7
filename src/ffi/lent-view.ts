/**
 * The other side of `Allocation.lend`: a worker's view of a mapped range that another thread has lent it. The view is made from
 * address and length, as the thread that maps memory cannot post its own views without copying the whole block.
 */

import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import { showAs } from "../foundation/inspect.ts";
import type { LentRangeMessage } from "../vulkan/device.ts";
import { detach } from "./detach.ts";
import type { NativeCalls } from "./native/native-calls.ts";

/** A worker's view of a range that was lent to it: close it before the range is given back. */
export class LentView {
  #bytes: Uint8Array;
  readonly #isNative: boolean;

  /** @internal Made by `viewLentRange`. */
  constructor(bytes: Uint8Array, isNative: boolean) {
    this.#bytes = bytes;
    this.#isNative = isNative;
  }

  /** The bytes of the range; empty once the view is closed. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Detaches the view, so that nothing can access the range through it any more. Closing it twice does nothing. */
  close(): void {
    if (this.#isNative) detach(this.#bytes.buffer as ArrayBuffer);
    this.#bytes = new Uint8Array();
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

showAs(LentView, ({ bytes }) => `LentView of ${bytes.length} bytes`);

/** Makes a view of a posted message. */
export function viewRange(
  native: Pick<NativeCalls, "view" | "viewLimit">,
  message: LentRangeMessage,
): LentView {
  if (typeof message !== "object" || message === null) {
    throw new TypeError(`what is viewed must be the message of a LentRange, got ${quote(message)}`);
  }
  const { shared } = message;
  if (shared !== undefined) return new LentView(new Uint8Array(shared), false);
  const size = checkInteger(message.size, "the range's size", 0, native.viewLimit);
  const address = checkUint64(message.address, "the range's address");
  if (address === 0n) throw new RangeError("the range's address must not be 0n");
  return new LentView(size === 0 ? new Uint8Array() : new Uint8Array(native.view(address, size)), size > 0);
}
