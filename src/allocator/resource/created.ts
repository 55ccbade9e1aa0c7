/** What creating a resource with memory returns: the handle and the allocation, which `using` ends together. */

import type { Allocation } from "../allocation.ts";

/** A buffer and its memory. */
export class BufferWithMemory {
  /** VkBuffer, as it was created; `allocation.buffer` is the current one. */
  readonly buffer: bigint;
  readonly allocation: Allocation;

  /** @internal */
  constructor(buffer: bigint, allocation: Allocation) {
    this.buffer = buffer;
    this.allocation = allocation;
  }

  /** Destroys the buffer and frees its memory, unless the allocation is freed already. */
  [Symbol.dispose](): void {
    this.allocation[Symbol.dispose]();
  }

  /** What JSON.stringify writes: handles as text, which JSON has no numbers for. */
  toJSON(): object {
    return { buffer: `0x${this.buffer.toString(16)}`, allocation: this.allocation };
  }
}

/** An image and its memory. */
export class ImageWithMemory {
  /** VkImage, as it was created; `allocation.image` is the current one. */
  readonly image: bigint;
  readonly allocation: Allocation;

  /** @internal */
  constructor(image: bigint, allocation: Allocation) {
    this.image = image;
    this.allocation = allocation;
  }

  /** Destroys the image and frees its memory, unless the allocation is freed already. */
  [Symbol.dispose](): void {
    this.allocation[Symbol.dispose]();
  }

  /** What JSON.stringify writes: handles as text, which JSON has no numbers for. */
  toJSON(): object {
    return { image: `0x${this.image.toString(16)}`, allocation: this.allocation };
  }
}
