/**
 * Whole GPUBuffers that are given back and reused: for what passes write, which must not be in the same buffer as what
 * they read.
 */

import { checkObject } from "../foundation/check.ts";
import { GpuObjectPool, type GpuPoolOptions } from "./object-pool.ts";
import type { BufferOf, GpuBufferDescriptor, GpuDeviceLike } from "./types.ts";

/**
 * Buffers by their GPUBufferDescriptors: a request for one gets a free one that matches, or a new one. Those that `takeShared`
 * hands out are as large as the largest of their items.
 */
export class GpuBufferPool<Device extends GpuDeviceLike = GpuDeviceLike> extends GpuObjectPool<
  GpuBufferDescriptor,
  BufferOf<Device>
> {
  private readonly device: Device;

  /** Creates an empty pool, with no buffers yet. */
  constructor(device: Device, options: GpuPoolOptions = {}) {
    super(options);
    checkObject(device, "a device");
    this.device = device;
  }

  /** The `kind` for an item of `shareObjects`: buffers of the same usage share, whatever their sizes. */
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
    // Sizes of copies and bindings are multiples of 4 bytes.
    return { ...descriptor, size: Math.ceil(size / 4) * 4 };
  }
}
