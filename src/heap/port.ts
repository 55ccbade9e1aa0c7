/**
 * What a heap asks of whoever has the buffers: WebGPU, Vulkan, or a test. Buffers are made and destroyed whole; what lies in
 * them is the heap's business, and copies are their user's.
 */

/** Makes and destroys the buffers that a heap divides. */
export interface BufferPort<Buffer> {
  /** Who has the buffers, as dumps say it: `WebGPU` or `Vulkan`. */
  readonly api: string;
  /** Bytes of the largest buffer that there may be. */
  readonly maxBufferSize: number;
  /**
   * Makes a buffer.
   *
   * @param size bytes.
   * @param label for tools and messages.
   * @throws what the device says against it; then there is no buffer.
   */
  create(size: number, label: string): Promise<Buffer>;
  /** The same where the answer is known at once. Without it, a heap allocates from what was made before. */
  createNow?(size: number, label: string): Buffer;
  /** Destroys a buffer. */
  destroy(buffer: Buffer): void;
  /** Settles when the device is gone, with what it says about that. */
  readonly lost?: Promise<string> | undefined;
}

/** A copy from one range to another. */
export interface RangeCopy<Buffer> {
  readonly source: Buffer;
  /** Bytes. */
  readonly sourceOffset: number;
  readonly target: Buffer;
  /** Bytes. */
  readonly targetOffset: number;
  /** Bytes. */
  readonly size: number;
}
