/**
 * A part of a big buffer. The object stays the same as long as the allocation lives; its buffer and offset change when it is
 * moved or resized. Once it is freed, asking for its place throws.
 */

/** The buffer that contains an allocation. */
export interface AllocationHolder<Buffer> {
  readonly buffer: Buffer;
  /** Whether the buffer is only for this allocation. */
  readonly isDedicated: boolean;
  /** The heap, to tell its allocations from those of another. */
  readonly owner: object;
}

/** What a bind group takes: a GPUBufferBinding; also the contents of a VkDescriptorBufferInfo. */
export interface HeapBinding<Buffer> {
  /** The buffer that contains the allocation. */
  readonly buffer: Buffer;
  /** Bytes. */
  readonly offset: number;
  /** Bytes, rounded up to a multiple of 4. */
  readonly size: number;
}

/** An allocation in a heap. */
export class HeapAllocation<Buffer> {
  /** A name for dumps and tools, not necessarily unique. */
  name: string | undefined;
  /** Anything that the program wants to attach to it. */
  userData: unknown;
  /** @internal Where it is; undefined once it is freed. */
  holder: AllocationHolder<Buffer> | undefined;
  /** @internal Its slot in the metadata of its block; 0 in a dedicated buffer. */
  slot: number;
  /** @internal In units of the heap. */
  alignment: number;
  /** @internal Whether it is part of moves that have not ended. */
  isMoving = false;
  private start: number;
  private bytes: number;

  /** @internal Heaps make allocations. */
  constructor(
    holder: AllocationHolder<Buffer>,
    slot: number,
    offset: number,
    size: number,
    alignment: number,
    name: string | undefined,
    userData: unknown,
  ) {
    this.holder = holder;
    this.slot = slot;
    this.start = offset;
    this.bytes = size;
    this.alignment = alignment;
    this.name = name;
    this.userData = userData;
  }

  /**
   * The buffer that contains it, together with others. Read it again after each defragmentation.
   *
   * @throws RangeError once it is freed.
   */
  get buffer(): Buffer {
    return this.alive.buffer;
  }

  /**
   * Where it begins in {@link buffer}, in bytes.
   *
   * @throws RangeError once it is freed.
   */
  get offset(): number {
    if (this.holder === undefined) this.refuse();
    return this.start;
  }

  /** Bytes, as asked for. */
  get size(): number {
    return this.bytes;
  }

  /**
   * The resource for a bind group's entry.
   *
   * @throws RangeError once it is freed.
   */
  get binding(): HeapBinding<Buffer> {
    return { buffer: this.buffer, offset: this.start, size: Math.ceil(this.bytes / 4) * 4 };
  }

  /** Whether it has a dedicated buffer, because it is larger than the heap's blocks. */
  get isDedicated(): boolean {
    return this.alive.isDedicated;
  }

  /** Whether it was freed, or its heap destroyed. */
  get isFreed(): boolean {
    return this.holder === undefined;
  }

  /** @internal */
  get alive(): AllocationHolder<Buffer> {
    if (this.holder === undefined) this.refuse();
    return this.holder;
  }

  /** @internal It has moved. */
  place(holder: AllocationHolder<Buffer>, slot: number, offset: number, size: number): void {
    this.holder = holder;
    this.slot = slot;
    this.start = offset;
    this.bytes = size;
  }

  private refuse(): never {
    const name = this.name === undefined ? "" : ` ${JSON.stringify(this.name)}`;
    throw new RangeError(`the allocation${name} of ${this.bytes} bytes was already freed`);
  }
}
