/** A mapping of a simulated memory object. */

import { checkInteger } from "../foundation/check.ts";
import { asData, showAs } from "../foundation/inspect.ts";
import type { HostLoan, HostMapping, OwnView } from "../vulkan/device.ts";
import { PIECE } from "./lazy-bytes.ts";
import { type MemoryObject, nameOf } from "./objects.ts";

/** The {@link HostMapping} that the simulator's mapMemory returns. */
export class SimulatedMapping implements HostMapping {
  readonly size: number;
  readonly pieceSize: number = PIECE;
  readonly #memory: MemoryObject;

  constructor(memory: MemoryObject) {
    this.#memory = memory;
    this.size = memory.size;
  }

  get address(): bigint {
    return BigInt(this.#memory.place?.address ?? this.#memory.address);
  }

  bytes(offset: number, length: number): Uint8Array {
    this.#check(offset, length);
    const { place, payload } = this.#memory;
    if (place !== undefined) return place.bytes.subarray(offset, offset + length);
    return payload.hostBytes(offset, length);
  }
  ownView(offset: number, length: number): OwnView {
    this.#check(offset, length);
    const { place, payload } = this.#memory;
    if (place !== undefined) return { bytes: place.bytes.subarray(offset, offset + length), close() {} };
    return payload.ownView(offset, length);
  }

  /** A copy: the bytes that the other thread writes reach the memory when the range is given back. */
  lend(offset: number, length: number): HostLoan {
    this.#check(offset, length);
    const { payload } = this.#memory;
    const shared = new SharedArrayBuffer(length);
    const bytes = new Uint8Array(shared);
    payload.eachHostPiece(offset, length, (piece, at) => bytes.set(piece, at));
    return {
      message: asData({ address: this.address + BigInt(offset), size: length, shared }),
      end: () => {
        payload.eachHostPiece(offset, length, (piece, at) =>
          piece.set(bytes.subarray(at, at + piece.length)),
        );
      },
    };
  }

  #check(offset: number, length: number): void {
    if (this.#memory.mapping !== this) {
      throw new Error(`${nameOf(this.#memory)} is no longer mapped through this mapping`);
    }
    checkInteger(offset, "offset", 0, this.size);
    checkInteger(length, "length", 0, this.size - offset);
  }
}

showAs(
  SimulatedMapping,
  ({ address, size }) => `SimulatedMapping: ${size} bytes at 0x${address.toString(16)}`,
  ({ address, size }) => ({ address, size }),
);
