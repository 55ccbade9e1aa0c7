/**
 * Textures or buffers by their descriptors: a request for one, for a pass or a frame, gets a free one that matches, or a new
 * one.
 *
 *     take(descriptor)  ->  object        give(object)        endFrame(): what was idle too long is destroyed
 *
 * WebGPU has no memory to place objects in, so they can be shared only by reusing them. Two equal descriptors match, whatever
 * their labels.
 *
 * Cost: a text of the descriptor for each object that is taken; if the descriptor object is reused, it is made only once.
 */

import { checkInteger, checkObject } from "../foundation/check.ts";

/** Settings of a pool. */
export interface GpuPoolOptions {
  /** Frames after which an idle object is destroyed; default 60. */
  readonly maxIdleFrames?: number | undefined;
}

/** Statistics of a pool. */
export interface GpuPoolStatistics {
  /** Number of objects that are taken. */
  readonly takenCount: number;
  /** Number of objects that wait to be taken again. */
  readonly idleCount: number;
  /** Number of objects made so far. */
  readonly madeCount: number;
  /** Number of takes that were served by an existing object. */
  readonly reusedCount: number;
}

/** The result of `shareObjects` of `vma-ts/placement`: which item gets which object. */
export interface ObjectSharing {
  /** The index of the object that each item gets. */
  readonly objectOf: ArrayLike<number>;
  /** The objects. */
  readonly objects: ArrayLike<{
    /** Bytes. */
    readonly size: number;
  }>;
}

interface Idle<Item> {
  readonly item: Item;
  readonly since: number;
}

/** What a pool destroys in the end: a GPUBuffer or a GPUTexture. */
export interface GpuObject {
  /** Gives back the object's memory. */
  destroy(): unknown;
}

/** Objects that are reused. */
export abstract class GpuObjectPool<Descriptor, Item extends GpuObject> {
  private readonly maxIdleFrames: number;
  /** By the texts of their descriptors. */
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

  /** @internal The descriptor for an item whose object has `size` bytes. */
  protected abstract sized(descriptor: Descriptor, size: number): Descriptor;

  /**
   * An object of this kind, with whatever its last user left in it.
   *
   * @param descriptor must not be modified afterwards.
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
   * Takes an object for each item of a frame graph; items that are never alive together share one, as computed by
   * `shareObjects` of `vma-ts/placement`. {@link kindOf} gives the kind of an item.
   *
   * @returns the object of each item; give each object back once.
   * @throws RangeError if `sharing` is for other items.
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

  /** The `kind` for an item of `shareObjects`, so that it shares only with matching items. */
  kindOf(descriptor: Descriptor): string {
    return this.keyOf(descriptor);
  }

  /**
   * Gives back an object, which others can take at once: the queue keeps its uses in order.
   *
   * @throws RangeError for an object that is not taken.
   */
  give(item: Item): void {
    const key = this.taken.get(item);
    if (key === undefined) throw new RangeError("the object was not taken from this pool, or was given back");
    this.taken.delete(item);
    const list = this.idle.get(key) ?? [];
    this.idle.set(key, list);
    list.push({ item, since: this.frame });
  }

  /** Ends a frame: destroys what has been idle for too long. */
  endFrame(): void {
    this.frame++;
    this.destroyIdle(this.frame - this.maxIdleFrames);
  }

  /** Destroys all idle objects. Returns how many. */
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

  /** What the pool has, and how often it avoided a new object. */
  statistics(): GpuPoolStatistics {
    let idleCount = 0;
    for (const list of this.idle.values()) idleCount += list.length;
    return { takenCount: this.taken.size, idleCount, madeCount: this.made, reusedCount: this.reused };
  }

  /** Destroys all objects, including those that are taken. */
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
