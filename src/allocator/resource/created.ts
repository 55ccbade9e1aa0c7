/** What creating a resource with memory returns: the handle and the allocation, which `using` ends together. */

import { handleText, showAs } from "../../foundation/inspect.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import type { Allocation } from "../allocation.ts";

/** A buffer and its memory. */
export class BufferWithMemory {
  /** VkBuffer, as it was created; `allocation.buffer` is the current one. */
  readonly buffer: Buffer;
  /** Its memory. */
  readonly allocation: Allocation;

  /** @internal */
  constructor(buffer: Buffer, allocation: Allocation) {
    this.buffer = buffer;
    this.allocation = allocation;
  }

  /** Destroys the buffer and frees its memory, unless the allocation is already freed. */
  [Symbol.dispose](): void {
    this.allocation[Symbol.dispose]();
  }
}

/** An image and its memory. */
export class ImageWithMemory {
  /** VkImage, as it was created; `allocation.image` is the current one. */
  readonly image: Image;
  /** Its memory. */
  readonly allocation: Allocation;

  /** @internal */
  constructor(image: Image, allocation: Allocation) {
    this.image = image;
    this.allocation = allocation;
  }

  /** Destroys the image and frees its memory, unless the allocation is already freed. */
  [Symbol.dispose](): void {
    this.allocation[Symbol.dispose]();
  }
}

showAs(
  BufferWithMemory,
  ({ buffer, allocation }) => `Buffer ${handleText(buffer)}, ${allocation}`,
  ({ buffer, allocation }) => ({ buffer, allocation }),
);
showAs(
  ImageWithMemory,
  ({ image, allocation }) => `Image ${handleText(image)}, ${allocation}`,
  ({ image, allocation }) => ({ image, allocation }),
);
