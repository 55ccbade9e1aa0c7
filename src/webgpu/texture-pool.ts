/**
 * Textures by what they are like: whoever needs one for a while, for a pass or a frame, takes one that is free and fits exactly, or
 * gets a new one.
 *
 *     take(descriptor)  ->  texture        give(texture)        endFrame(): what was idle too long is destroyed
 *
 * WebGPU has no memory to place textures in, so reuse is all that can be shared. Two descriptors that say the same fit each other,
 * whatever their labels.
 *
 * Cost: a text of the descriptor for each texture that is taken; keep the descriptor object, and it is made once.
 */

import { checkInteger, checkObject } from "../foundation/check.ts";
import type { GpuDeviceLike, TextureDescriptorOf, TextureOf } from "./types.ts";

/** How a {@link GpuTexturePool} is made. */
export interface GpuTexturePoolOptions {
  /** Frames after which an idle texture is destroyed; default 60. */
  readonly maxIdleFrames?: number | undefined;
}

/** What a pool has. */
export interface GpuTexturePoolStatistics {
  /** Textures that are taken. */
  readonly takenCount: number;
  /** Textures that wait to be taken again. */
  readonly idleCount: number;
  /** Textures made so far, and takes that were served by one that was there. */
  readonly madeCount: number;
  /** Textures that were taken again instead of being made. */
  readonly reusedCount: number;
}

/** What `shareObjects` of `vma-ts/placement` says: which item gets which object. */
export interface TextureSharing {
  /** For each item, which of the objects it gets. */
  readonly objectOf: ArrayLike<number>;
}

interface Idle<Texture> {
  readonly texture: Texture;
  readonly since: number;
}

/** Textures that are used again. */
export class GpuTexturePool<Device extends GpuDeviceLike = GpuDeviceLike> {
  private readonly device: Device;
  private readonly maxIdleFrames: number;
  /** By what they are like. */
  private readonly idle: Map<string, Idle<TextureOf<Device>>[]> = new Map();
  private readonly taken: Map<TextureOf<Device>, string> = new Map();
  private readonly keys: WeakMap<object, string> = new WeakMap();
  private frame = 0;
  private made = 0;
  private reused = 0;

  constructor(device: Device, options: GpuTexturePoolOptions = {}) {
    checkObject(device, "a device");
    checkObject(options, "a pool's options");
    this.device = device;
    this.maxIdleFrames = checkInteger(options.maxIdleFrames ?? 60, "maxIdleFrames");
  }

  /**
   * A texture of this kind, with whatever its last user has left in it.
   *
   * @param descriptor a GPUTextureDescriptor, which must not be changed afterwards.
   */
  take(descriptor: TextureDescriptorOf<Device>): TextureOf<Device> {
    const key = this.keyOf(descriptor);
    const found = this.idle.get(key)?.pop();
    const texture = found?.texture ?? (this.device.createTexture(descriptor as never) as TextureOf<Device>);
    if (found === undefined) this.made++;
    else this.reused++;
    this.taken.set(texture, key);
    return texture;
  }

  /**
   * Takes a texture for each item of a frame graph, of which those that are never alive together share one, as
   * `shareObjects` of `vma-ts/placement` has found out. Items of one kind have equal descriptors: {@link kindOf} says which.
   *
   * @returns the texture of each item; give each texture back once.
   */
  takeShared(
    sharing: TextureSharing,
    descriptors: readonly TextureDescriptorOf<Device>[],
  ): TextureOf<Device>[] {
    const textures: Map<number, TextureOf<Device>> = new Map();
    return descriptors.map((descriptor, item) => {
      const object = sharing.objectOf[item]!;
      const texture = textures.get(object) ?? this.take(descriptor);
      textures.set(object, texture);
      return texture;
    });
  }

  /** What `kind` an item of `shareObjects` has to be of, so that it only shares with those that are like it. */
  kindOf(descriptor: TextureDescriptorOf<Device>): string {
    return this.keyOf(descriptor);
  }

  /**
   * Gives a texture back, for others to take at once: the queue keeps the order of what uses it.
   *
   * @throws RangeError for one that is not taken.
   */
  give(texture: TextureOf<Device>): void {
    const key = this.taken.get(texture);
    if (key === undefined)
      throw new RangeError("the texture is none that was taken from this pool, or was given back");
    this.taken.delete(texture);
    const list = this.idle.get(key) ?? [];
    this.idle.set(key, list);
    list.push({ texture, since: this.frame });
  }

  /** A frame is over: destroys what nobody has taken for too long. */
  endFrame(): void {
    this.frame++;
    this.destroyIdle(this.frame - this.maxIdleFrames);
  }

  /** Destroys all that is idle. Returns how many textures. */
  trim(): number {
    return this.destroyIdle(Number.POSITIVE_INFINITY);
  }

  private destroyIdle(before: number): number {
    let destroyed = 0;
    for (const [key, list] of this.idle) {
      const kept = list.filter(({ since }) => since >= before);
      for (const { texture, since } of list) if (since < before) texture.destroy();
      destroyed += list.length - kept.length;
      if (kept.length === 0) this.idle.delete(key);
      else this.idle.set(key, kept);
    }
    return destroyed;
  }

  /** What the pool has, and how often it could help. */
  statistics(): GpuTexturePoolStatistics {
    let idleCount = 0;
    for (const list of this.idle.values()) idleCount += list.length;
    return { takenCount: this.taken.size, idleCount, madeCount: this.made, reusedCount: this.reused };
  }

  /** Destroys all textures, those included that are taken. */
  destroy(): void {
    this.trim();
    for (const texture of this.taken.keys()) texture.destroy();
    this.taken.clear();
  }

  private keyOf(descriptor: TextureDescriptorOf<Device>): string {
    checkObject(descriptor, "a texture's descriptor");
    let key = this.keys.get(descriptor);
    if (key === undefined) {
      key = textOf({ ...(descriptor as object), label: undefined });
      this.keys.set(descriptor, key);
    }
    return key;
  }
}

/** JSON with sorted members, without those that are undefined, so that equal descriptors have equal texts. */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  // Sizes and lists of formats may be any iterable.
  if (Symbol.iterator in value) return `[${Array.from(value as Iterable<unknown>, textOf).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${name}:${textOf(member)}`)
    .join()}}`;
}
