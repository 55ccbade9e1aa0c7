/**
 * A WebGPU device in memory: buffers have bytes, commands run when they are submitted, WebGPU's rules for buffers are checked, and
 * it fails when it is told to. What it refuses goes to the innermost error scope that is for it, or to `uncaptured`.
 */

import type {
  GpuBufferDescriptor,
  GpuBufferLike,
  GpuCommandEncoderLike,
  GpuDeviceLike,
  GpuErrorLike,
  GpuLimitsLike,
  GpuTextureLike,
} from "../../src/webgpu/index.ts";

const [MAP_READ, MAP_WRITE, COPY_SRC, COPY_DST] = [1, 2, 4, 8];

type Filter = "out-of-memory" | "validation" | "internal";
type Submitted = () => void;

/** A buffer with bytes. */
export class FakeBuffer implements GpuBufferLike {
  readonly size: number;
  readonly usage: number;
  label: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  isDestroyed = false;
  isMapped: boolean;
  /** What is given out while it is mapped, and taken away after that. */
  private mapped: ArrayBuffer | undefined = undefined;
  private readonly device: FakeDevice;

  constructor(
    device: FakeDevice,
    { size, usage, label = "", mappedAtCreation = false }: GpuBufferDescriptor,
  ) {
    this.device = device;
    this.size = size;
    this.usage = usage;
    this.label = label;
    this.bytes = new Uint8Array(size);
    this.isMapped = mappedAtCreation;
  }

  destroy(): void {
    if (!this.isDestroyed) this.device.liveBuffers.delete(this);
    this.isDestroyed = true;
    this.takeBack();
  }

  async mapAsync(mode: number): Promise<void> {
    this.device.fail("mapAsync");
    const wanted = mode === 1 ? MAP_READ : MAP_WRITE;
    this.device.check((this.usage & wanted) !== 0, "mapAsync needs the usage");
    await this.device.turn();
    if (this.isDestroyed) throw new Error("destroyed before it was mapped");
    this.isMapped = true;
  }

  getMappedRange(): ArrayBuffer {
    this.device.fail("getMappedRange");
    if (!this.isMapped) throw new Error("the buffer is not mapped");
    this.mapped ??= this.bytes.slice().buffer;
    return this.mapped;
  }

  unmap(): void {
    this.device.fail("unmap");
    this.takeBack();
  }

  private takeBack(): void {
    this.isMapped = false;
    if (this.mapped === undefined) return;
    this.bytes.set(new Uint8Array(this.mapped));
    structuredClone(this.mapped, { transfer: [this.mapped] });
    this.mapped = undefined;
  }
}

/** A texture that is only counted. */
export class FakeTexture implements GpuTextureLike {
  label = "";
  isDestroyed = false;
  readonly descriptor: object;

  constructor(descriptor: object) {
    this.descriptor = descriptor;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}

class FakeEncoder implements GpuCommandEncoderLike {
  private readonly commands: Submitted[] = [];
  private readonly device: FakeDevice;

  constructor(device: FakeDevice) {
    this.device = device;
  }

  copyBufferToBuffer(
    source: FakeBuffer,
    sourceOffset: number,
    target: FakeBuffer,
    targetOffset: number,
    size: number,
  ): void {
    const { device } = this;
    device.fail("copyBufferToBuffer");
    device.check(source !== target, "nothing is copied inside one buffer");
    device.check((source.usage & COPY_SRC) !== 0, "what is copied from has COPY_SRC");
    device.check((target.usage & COPY_DST) !== 0, "what is copied to has COPY_DST");
    const isAligned = [sourceOffset, targetOffset, size].every((value) => value % 4 === 0);
    device.check(isAligned, "copies are multiples of 4");
    device.check(sourceOffset + size <= source.size && targetOffset + size <= target.size, "copies fit");
    device.copies++;
    this.commands.push(() => {
      device.check(!source.isDestroyed && !target.isDestroyed, "nothing submitted uses a destroyed buffer");
      device.check(!source.isMapped && !target.isMapped, "nothing submitted uses a mapped buffer");
      target.bytes.set(source.bytes.subarray(sourceOffset, sourceOffset + size), targetOffset);
    });
  }

  finish(): { readonly commands: readonly Submitted[] } {
    this.device.fail("finish");
    return { commands: this.commands };
  }
}

/** The device's queue. */
export interface FakeQueue {
  writeBuffer(buffer: FakeBuffer, offset: number, data: ArrayBufferLike | ArrayBufferView): void;
  submit(buffers: readonly { readonly commands: readonly Submitted[] }[]): void;
  onSubmittedWorkDone(): Promise<void>;
}

/** The device. */
export class FakeDevice implements GpuDeviceLike {
  readonly limits: GpuLimitsLike;
  readonly lost: Promise<{ readonly message: string; readonly reason: string }>;
  readonly liveBuffers: Set<FakeBuffer> = new Set();
  /** Rules that were broken outside of error scopes. */
  readonly uncaptured: string[] = [];
  copies = 0;
  /** Buffers of more bytes are refused, for want of memory. */
  maxBytes: number = Number.POSITIVE_INFINITY;
  /** Is asked before each call; what it returns is thrown. */
  onCall: ((call: string) => Error | undefined) | undefined = undefined;
  /** What the next buffer is refused for; only once. */
  refuseNext: Filter | undefined = undefined;
  /** Whether error scopes wait for {@link answer}. */
  isSilent = false;
  private waiting: (() => void)[] = [];
  private readonly scopes: { readonly filter: Filter; error: GpuErrorLike | null }[] = [];
  private lose!: (info: { readonly message: string; readonly reason: string }) => void;

  constructor(limits: Partial<GpuLimitsLike> = {}) {
    this.limits = {
      maxBufferSize: 256 * 2 ** 20,
      maxStorageBufferBindingSize: 128 * 2 ** 20,
      maxUniformBufferBindingSize: 65536,
      minUniformBufferOffsetAlignment: 256,
      minStorageBufferOffsetAlignment: 256,
      ...limits,
    };
    this.lost = new Promise((resolve) => {
      this.lose = resolve;
    });
  }

  readonly queue: FakeQueue = {
    writeBuffer: (buffer: FakeBuffer, offset: number, data: ArrayBufferLike | ArrayBufferView): void => {
      this.fail("writeBuffer");
      const bytes = ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new Uint8Array(data);
      this.check((buffer.usage & COPY_DST) !== 0, "what is written to has COPY_DST");
      this.check(offset % 4 === 0 && bytes.length % 4 === 0, "writes are multiples of 4");
      this.check(offset + bytes.length <= buffer.size, "writes fit");
      this.check(!buffer.isDestroyed, "nothing is written to a destroyed buffer");
      if (offset + bytes.length <= buffer.size) buffer.bytes.set(bytes, offset);
    },
    submit: (buffers: readonly { readonly commands: readonly Submitted[] }[]): void => {
      this.fail("submit");
      for (const { commands } of buffers) for (const run of commands) run();
    },
    onSubmittedWorkDone: (): Promise<void> => this.turn(),
  };

  /** A call fails if the test says so. */
  fail(call: string): void {
    const error = this.onCall?.(call);
    if (error !== undefined) throw error;
  }

  /** A rule of WebGPU's. */
  check(holds: boolean, rule: string): void {
    if (!holds) this.report("validation", rule);
  }

  private report(filter: Filter, message: string): void {
    const scope = this.scopes.findLast((each) => each.filter === filter);
    if (scope === undefined) this.uncaptured.push(message);
    else scope.error ??= { message };
  }

  createBuffer(descriptor: GpuBufferDescriptor): FakeBuffer {
    this.fail("createBuffer");
    const { size } = descriptor;
    if (size > this.limits.maxBufferSize) this.report("validation", `${size} exceeds maxBufferSize`);
    if (size > this.maxBytes && descriptor.mappedAtCreation === true)
      throw new RangeError("no memory to map");
    if (size > this.maxBytes) this.report("out-of-memory", `no memory for ${size} bytes`);
    if (this.refuseNext !== undefined) this.report(this.refuseNext, `injected ${this.refuseNext}`);
    this.refuseNext = undefined;
    const buffer = new FakeBuffer(this, descriptor);
    this.liveBuffers.add(buffer);
    return buffer;
  }

  createTexture(descriptor: object): FakeTexture {
    this.fail("createTexture");
    return new FakeTexture(descriptor);
  }

  createCommandEncoder(): FakeEncoder {
    this.fail("createCommandEncoder");
    return new FakeEncoder(this);
  }

  pushErrorScope(filter: Filter): void {
    this.fail("pushErrorScope");
    this.scopes.push({ filter, error: null });
  }

  async popErrorScope(): Promise<GpuErrorLike | null> {
    const scope = this.scopes.pop();
    if (scope === undefined) throw new Error("there is no error scope");
    this.fail("popErrorScope");
    await this.turn();
    return scope.error;
  }

  get openScopes(): number {
    return this.scopes.length;
  }

  /** Later, as a device answers; where it is silent, when it is told to. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isSilent) this.waiting.push(resolve);
      else setImmediate(resolve);
    });
  }

  /** Answers all that waits. */
  answer(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** The device is gone, and says no more. */
  loseDevice(message: string): void {
    this.isSilent = true;
    this.lose({ message, reason: "unknown" });
  }
}
