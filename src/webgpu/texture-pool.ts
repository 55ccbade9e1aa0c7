/** Textures that are given back and reused. */

import { checkObject } from "../foundation/check.ts";
import { GpuObjectPool, type GpuPoolOptions } from "./object-pool.ts";
import type { GpuDeviceLike, TextureDescriptorOf, TextureOf } from "./types.ts";

/** Textures by their GPUTextureDescriptors: a request for one gets a free one that matches, or a new one. */
export class GpuTexturePool<Device extends GpuDeviceLike = GpuDeviceLike> extends GpuObjectPool<
  TextureDescriptorOf<Device>,
  TextureOf<Device>
> {
  private readonly device: Device;

  /** Creates an empty pool, with no textures yet. */
  constructor(device: Device, options: GpuPoolOptions = {}) {
    super(options);
    checkObject(device, "a device");
    this.device = device;
  }

  /** @internal */
  protected override create(descriptor: TextureDescriptorOf<Device>): TextureOf<Device> {
    return this.device.createTexture(descriptor as never) as TextureOf<Device>;
  }

  /** @internal A texture's size is in its descriptor. */
  protected override sized(descriptor: TextureDescriptorOf<Device>): TextureDescriptorOf<Device> {
    return descriptor;
  }
}
