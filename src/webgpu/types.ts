/**
 * As much of WebGPU as is used here, in types of our own: real devices fit them, and so do the fakes of tests. So neither
 * `@webgpu/types` nor the DOM's types are needed to use this, and where they are there, `allocation.buffer` is a `GPUBuffer`.
 */

/** GPUBuffer */
export interface GpuBufferLike {
  /** Bytes. */
  readonly size: number;
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

/** GPUSupportedLimits, as far as buffers go. */
export interface GpuLimitsLike {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxUniformBufferBindingSize: number;
  readonly minUniformBufferOffsetAlignment: number;
  readonly minStorageBufferOffsetAlignment: number;
}

/** GPUError */
export interface GpuErrorLike {
  readonly message: string;
}

/** GPUDevice */
export interface GpuDeviceLike {
  readonly limits: GpuLimitsLike;
  readonly queue: GpuQueueLike;
  readonly lost: Promise<{ readonly message: string; readonly reason?: string | undefined }>;
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
  label?: string;
  size: number;
  usage: number;
  mappedAtCreation?: boolean;
}

/** The buffers of a kind of device. */
export type BufferOf<Device extends GpuDeviceLike> = ReturnType<Device["createBuffer"]>;

/** The textures of a kind of device. */
export type TextureOf<Device extends GpuDeviceLike> = ReturnType<Device["createTexture"]>;

/** What textures of a kind of device are described with. */
export type TextureDescriptorOf<Device extends GpuDeviceLike> = Parameters<Device["createTexture"]>[0];
