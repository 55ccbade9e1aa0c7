/**
 * The parts of WebGPU that are used here, as our own types: real devices match them, and so do the fakes of tests. So neither
 * `@webgpu/types` nor the DOM's types are needed, and if they are present, `allocation.buffer` is a `GPUBuffer`.
 */

/** GPUBuffer */
export interface GpuBufferLike {
  /** Bytes. */
  readonly size: number;
  /** GPUObjectBase's label, for messages. */
  label: string;
  /** GPUBuffer.destroy() */
  destroy(): unknown;
  /** GPUBuffer.mapAsync() */
  mapAsync(mode: number, offset?: number, size?: number): Promise<unknown>;
  /** GPUBuffer.getMappedRange() */
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  /** GPUBuffer.unmap() */
  unmap(): unknown;
}

/** GPUTexture */
export interface GpuTextureLike {
  /** GPUObjectBase's label, for messages. */
  label: string;
  /** GPUTexture.destroy() */
  destroy(): unknown;
}

/** GPUCommandEncoder */
export interface GpuCommandEncoderLike {
  /** GPUCommandEncoder.copyBufferToBuffer() */
  copyBufferToBuffer(
    source: GpuBufferLike,
    sourceOffset: number,
    destination: GpuBufferLike,
    destinationOffset: number,
    size: number,
  ): unknown;
  /** GPUCommandEncoder.finish() */
  finish(): object;
}

/** GPUQueue */
export interface GpuQueueLike {
  /** GPUQueue.writeBuffer() */
  writeBuffer(
    buffer: GpuBufferLike,
    bufferOffset: number,
    data: ArrayBufferLike | ArrayBufferView,
    dataOffset?: number,
    size?: number,
  ): unknown;
  /** GPUQueue.submit() */
  submit(commandBuffers: never[]): unknown;
  /** GPUQueue.onSubmittedWorkDone() */
  onSubmittedWorkDone(): Promise<unknown>;
}

/** The GPUSupportedLimits for buffers. */
export interface GpuLimitsLike {
  /** Bytes of the largest buffer. */
  readonly maxBufferSize: number;
  /** Bytes of the largest binding of a storage buffer. */
  readonly maxStorageBufferBindingSize: number;
  /** Bytes of the largest binding of a uniform buffer. */
  readonly maxUniformBufferBindingSize: number;
  /** Bytes: offsets of uniform bindings are multiples of this. */
  readonly minUniformBufferOffsetAlignment: number;
  /** Bytes: offsets of storage bindings are multiples of this. */
  readonly minStorageBufferOffsetAlignment: number;
}

/** GPUError */
export interface GpuErrorLike {
  /** The implementation's message. */
  readonly message: string;
}

/** GPUDevice */
export interface GpuDeviceLike {
  /** The GPUSupportedLimits for buffers. */
  readonly limits: GpuLimitsLike;
  /** The device's only queue. */
  readonly queue: GpuQueueLike;
  /** Resolves when the device is lost or destroyed. */
  readonly lost: Promise<{
    /** The implementation's message. */
    readonly message: string;
    /** "destroyed" or "unknown". */
    readonly reason?: string | undefined;
  }>;
  /** GPUDevice.createBuffer() */
  createBuffer(descriptor: GpuBufferDescriptor): GpuBufferLike;
  /** GPUDevice.createTexture() */
  createTexture(descriptor: never): GpuTextureLike;
  /** GPUDevice.createCommandEncoder() */
  createCommandEncoder(): GpuCommandEncoderLike;
  /** GPUDevice.pushErrorScope() */
  pushErrorScope(filter: "out-of-memory" | "validation" | "internal"): unknown;
  /** GPUDevice.popErrorScope() */
  popErrorScope(): Promise<GpuErrorLike | null>;
}

/** GPUBufferDescriptor */
export interface GpuBufferDescriptor {
  /** For messages. */
  label?: string;
  /** Bytes; a multiple of 4 if it is mapped at creation. */
  size: number;
  /** `GPUBufferUsage` flags. */
  usage: number;
  /** Whether it can be written at once; default false. */
  mappedAtCreation?: boolean;
}

/** The buffers of a kind of device. */
export type BufferOf<Device extends GpuDeviceLike> = ReturnType<Device["createBuffer"]>;

/** The textures of a kind of device. */
export type TextureOf<Device extends GpuDeviceLike> = ReturnType<Device["createTexture"]>;

/** The texture descriptors of a kind of device. */
export type TextureDescriptorOf<Device extends GpuDeviceLike> = Parameters<Device["createTexture"]>[0];
