/**
 * What a heap needs from whoever provides the buffers: WebGPU, Vulkan, or a test. Buffers are made and destroyed whole; what is
 * in them is up to the heap, and copies are up to its user.
 */

/** Makes and destroys the buffers that a heap divides. */
export interface BufferPort<Buffer> {
  /** Who provides the buffers, for dumps: `WebGPU` or `Vulkan`. */
  readonly api: string;
  /** Bytes of the largest possible buffer. */
  readonly maxBufferSize: number;
  /**
   * Makes a buffer.
   *
   * @param size bytes.
   * @param label for tools and messages.
   * @throws the device's error; then there is no buffer.
   */
  create(size: number, label: string): Promise<Buffer>;
  /** The same, if the answer is known at once. Without it, a heap allocates only from what was made before. */
  createNow?(size: number, label: string): Buffer;
  /** Destroys a buffer. */
  destroy(buffer: Buffer): void;
  /** Resolves when the device is lost, with its message. */
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
