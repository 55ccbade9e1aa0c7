/**
 * Textures or buffers by what they are like: whoever needs one for a while, for a pass or a frame, takes one that is free and fits, or
 * gets a new one.
 *
 *     take(descriptor)  ->  object        give(object)        endFrame(): what was idle too long is destroyed
 *
 * WebGPU has no memory to place objects in, so reuse is all that can be shared. Two descriptors that say the same fit each other,
 * whatever their labels.
 *
 * Cost: a text of the descriptor for each object that is taken; keep the descriptor object, and it is made once.
 */

import { checkInteger, checkObject } from "../foundation/check.ts";

/** How a pool is made. */
export interface GpuPoolOptions {
  /** Frames after which an idle object is destroyed; default 60. */
  readonly maxIdleFrames?: number | undefined;
}

/** What a pool has. */
export interface GpuPoolStatistics {
  /** Objects that are taken. */
  readonly takenCount: number;
  /** Objects that wait to be taken again. */
  readonly idleCount: number;
  /** Objects made so far. */
  readonly madeCount: number;
  /** Takes that were served by an object that was there. */
  readonly reusedCount: number;
}

/** What `shareObjects` of `vma-ts/placement` says: which item gets which object. */
export interface ObjectSharing {
  /** For each item, which of the objects it gets. */
  readonly objectOf: ArrayLike<number>;
  /** Bytes of each object. */
  readonly objects: ArrayLike<{
    /** Bytes. */
    readonly size: number;
  }>;
}

interface Idle<Item> {
  readonly item: Item;
  readonly since: number;
}

/** What a pool destroys in the end: a GPUBuffer, a GPUTexture. */
export interface GpuObject {
  /** Gives the object's memory back. */
  destroy(): unknown;
}

/** Objects that are used again. */
export abstract class GpuObjectPool<Descriptor, Item extends GpuObject> {
  private readonly maxIdleFrames: number;
  /** By what they are like. */
  private readonly idle: Map<string, Idle<Item>[]> = new Map();
  private readonly taken: Map<Item, string> = new Map();
  private readonly keys: WeakMap<object, string> = new WeakMap();
  private frame = 0;
  private made = 0;
  private reused = 0;

  /** @internal */
  protected constructor(options: GpuPoolOptions) {
    checkObject(options, "a pool's options");
    this.maxIdleFrames = checkInteger(options.maxIdleFrames ?? 60, "maxIdleFrames");
  }

  /** @internal Makes an object. */
  protected abstract create(descriptor: Descriptor): Item;

  /** @internal What an item is to be like that has an object of so many bytes. */
  protected abstract sized(descriptor: Descriptor, size: number): Descriptor;

  /**
   * An object of this kind, with whatever its last user has left in it.
   *
   * @param descriptor must not be changed afterwards.
   */
  take(descriptor: Descriptor): Item {
    const key = this.keyOf(descriptor);
    const found = this.idle.get(key)?.pop();
    const item = found?.item ?? this.create(descriptor);
    if (found === undefined) this.made++;
    else this.reused++;
    this.taken.set(item, key);
    return item;
  }

  /**
   * Takes an object for each item of a frame graph, of which those that are never alive together share one, as
   * `shareObjects` of `vma-ts/placement` has found out. {@link kindOf} says of which kind an item is.
   *
   * @returns the object of each item; give each object back once.
   * @throws RangeError where `sharing` is about other items.
   */
  takeShared(sharing: ObjectSharing, descriptors: readonly Descriptor[]): Item[] {
    const { objectOf, objects } = sharing;
    if (objectOf.length !== descriptors.length) {
      throw new RangeError(
        `sharing is for ${objectOf.length} items, and there are ${descriptors.length} descriptors`,
      );
    }
    const taken: Map<number, Item> = new Map();
    try {
      return descriptors.map((descriptor, index) => {
        const object = objectOf[index]!;
        const item = taken.get(object) ?? this.take(this.sized(descriptor, objects[object]!.size));
        taken.set(object, item);
        return item;
      });
    } catch (error) {
      for (const item of taken.values()) this.give(item);
      throw error;
    }
  }

  /** The `kind` that an item of `shareObjects` has to be of, so that it only shares with those that are like it. */
  kindOf(descriptor: Descriptor): string {
    return this.keyOf(descriptor);
  }

  /**
   * Gives an object back, for others to take at once: the queue keeps the order of what uses it.
   *
   * @throws RangeError for one that is not taken.
   */
  give(item: Item): void {
    const key = this.taken.get(item);
    if (key === undefined)
      throw new RangeError("the object is none that was taken from this pool, or was given back");
    this.taken.delete(item);
    const list = this.idle.get(key) ?? [];
    this.idle.set(key, list);
    list.push({ item, since: this.frame });
  }

  /** A frame is over: destroys what nobody has taken for too long. */
  endFrame(): void {
    this.frame++;
    this.destroyIdle(this.frame - this.maxIdleFrames);
  }

  /** Destroys all that is idle. Returns how many objects. */
  trim(): number {
    return this.destroyIdle(Number.POSITIVE_INFINITY);
  }

  private destroyIdle(before: number): number {
    let destroyed = 0;
    for (const [key, list] of this.idle) {
      const kept = list.filter(({ since }) => since >= before);
      for (const { item, since } of list) if (since < before) item.destroy();
      destroyed += list.length - kept.length;
      if (kept.length === 0) this.idle.delete(key);
      else this.idle.set(key, kept);
    }
    return destroyed;
  }

  /** What the pool has, and how often it could help. */
  statistics(): GpuPoolStatistics {
    let idleCount = 0;
    for (const list of this.idle.values()) idleCount += list.length;
    return { takenCount: this.taken.size, idleCount, madeCount: this.made, reusedCount: this.reused };
  }

  /** Destroys all objects, those included that are taken. */
  destroy(): void {
    this.trim();
    for (const item of this.taken.keys()) item.destroy();
    this.taken.clear();
  }

  private keyOf(descriptor: Descriptor): string {
    checkObject(descriptor, "a descriptor");
    let key = this.keys.get(descriptor as object);
    if (key === undefined) {
      key = textOf({ ...(descriptor as object), label: undefined });
      this.keys.set(descriptor as object, key);
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
