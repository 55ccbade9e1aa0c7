/** Whole GPUBuffers that are given back and taken again: for what passes write, which must not lie in one buffer with what they read. */

import { checkObject } from "../foundation/check.ts";
import { GpuObjectPool, type GpuPoolOptions } from "./object-pool.ts";
import type { BufferOf, GpuBufferDescriptor, GpuDeviceLike } from "./types.ts";

/**
 * Buffers by their GPUBufferDescriptors: whoever needs one for a while gets one that is free and alike, or a new one. Those that
 * `takeShared` gives out are as large as the largest item that they are for.
 */
export class GpuBufferPool<Device extends GpuDeviceLike = GpuDeviceLike> extends GpuObjectPool<
  GpuBufferDescriptor,
  BufferOf<Device>
> {
  private readonly device: Device;

  /** Makes an empty pool; no buffer is made yet. */
  constructor(device: Device, options: GpuPoolOptions = {}) {
    super(options);
    checkObject(device, "a device");
    this.device = device;
  }

  /** The `kind` that an item of `shareObjects` has to be of: buffers of the same usage share, whatever their sizes. */
  override kindOf(descriptor: GpuBufferDescriptor): string {
    return super.kindOf({ ...descriptor, size: 0 });
  }

  /** @internal */
  protected override create(descriptor: GpuBufferDescriptor): BufferOf<Device> {
    return this.device.createBuffer(descriptor) as BufferOf<Device>;
  }

  /** @internal */
  protected override sized(descriptor: GpuBufferDescriptor, size: number): GpuBufferDescriptor {
    if (descriptor.size > size) {
      throw new RangeError(
        `a buffer of ${descriptor.size} bytes cannot have an object of ${size}: sharing is about others`,
      );
    }
    // Copies and bindings are of whole multiples of 4 bytes.
    return { ...descriptor, size: Math.ceil(size / 4) * 4 };
  }
}
