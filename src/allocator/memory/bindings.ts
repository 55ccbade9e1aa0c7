/**
 * What lives in allocations beyond what was created with them: resources that were bound through the allocator, aliases, and
 * handles that defragmentation has replaced. It distinguishes handles that belong to an allocation from those that do not,
 * before they reach a driver, and keeps memory that several resources share where it is.
 *
 * Kept separately from allocations, as few have any of it; nothing is looked up while nothing is remembered.
 */

import { BufferCreate } from "../../vulkan/constants.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../vulkan/resources.ts";
import { ResourceKind } from "../resource-kind.ts";

/** Why an allocation stays where it is, unless the program says otherwise. */
export type PinReason =
  /** Another resource was created in its memory or bound to it, and would be left behind. */
  | "alias"
  /** Its buffer has a captured address, which a second buffer cannot have while it exists. */
  | "capturedAddress"
  /** Another thread accesses its bytes (`Allocation.lend`). A program cannot override this. */
  | "lent"
  /** It is waiting to be destroyed (`Allocator.destroyLater`). A program cannot override this. */
  | "waiting";

/** What is needed of an allocation to keep track of what lives in it; only the class `Allocation` implements it. */
export interface ResourceHolder {
  /** What was created with it. */
  readonly kind: number;
  resource: bigint;
  readonly resourceUsage: number;
  readonly resourceInfo: BufferCreateInfo | ImageCreateInfo | undefined;
  isUnbound: boolean;
  /** The name, for messages. */
  readonly label: string;
  setResource(kind: number, resource: bigint, size: number, usage: number, info: undefined): void;
}

interface BoundResource {
  readonly kind: number;
  readonly handle: bigint;
}

/** How many replaced handles of one allocation are remembered. */
const MAX_REPLACED = 8;

/** What is remembered of one allocator's allocations. */
export class Bindings {
  /** What was last bound through the allocator; null if a program has bound something by other means. */
  private readonly bound: WeakMap<ResourceHolder, BoundResource | null> = new WeakMap();
  private readonly replaced: WeakMap<ResourceHolder, bigint[]> = new WeakMap();
  /** The allocations that aliases live in, by the aliases' handles: buffers and images separately. */
  private readonly aliases: readonly [unknown, Map<bigint, ResourceHolder>, Map<bigint, ResourceHolder>] = [
    undefined,
    new Map(),
    new Map(),
  ];
  private readonly aliasCounts: Map<ResourceHolder, number> = new Map();
  /** Aliases that only their creator may destroy; like {@link aliases}. */
  private readonly owned: readonly [unknown, Set<bigint>, Set<bigint>] = [undefined, new Set(), new Set()];
  /** How often allocations are lent to other threads. */
  private readonly loans: Map<ResourceHolder, number> = new Map();
  /** Whether {@link pinReason} could ever return anything. */
  mayPin = false;
  /** What is waiting to be destroyed. */
  private readonly waits: Set<ResourceHolder> = new Set();
  /** Whether {@link checkFreeable} could ever refuse anything. */
  isAnythingHeld = false;

  // ---- Resources that were bound ------------------------------------------------------------------------

  /** A resource was bound to an allocation through the allocator. */
  bind(allocation: ResourceHolder, kind: number, handle: bigint): void {
    this.bound.set(allocation, { kind, handle });
    const isOwn = allocation.kind === ResourceKind.None || allocation.resource === handle;
    if (!isOwn) this.addAlias(allocation, kind, handle);
  }

  /** Defragmentation gave an allocation another buffer or image instead of `old`. */
  replace(allocation: ResourceHolder, old: bigint): void {
    this.bound.delete(allocation);
    const handles = this.replaced.get(allocation) ?? [];
    handles.push(old);
    if (handles.length > MAX_REPLACED) handles.shift();
    this.replaced.set(allocation, handles);
  }

  /**
   * An allocation has taken the place of `target`, which the program has prepared: what it has bound there lives in the
   * allocation now. If that was done by other means, what lives there is no longer known.
   */
  takeOver(allocation: ResourceHolder, target: ResourceHolder): void {
    const bound = this.bound.get(target) ?? null;
    this.bound.set(allocation, bound);
    this.bound.delete(target);
    if (allocation.kind === ResourceKind.None) return;
    if (bound !== null && bound.kind === allocation.kind) {
      this.replaced.set(allocation, [allocation.resource]);
      allocation.resource = bound.handle;
      allocation.isUnbound = false;
    } else {
      allocation.setResource(ResourceKind.None, 0n, 0, allocation.resourceUsage, undefined);
    }
  }

  /**
   * Throws a TypeError if a handle to be destroyed with an allocation is known to belong to another one. If nothing is known
   * about what lives in the allocation, anything may.
   */
  checkHandle(call: string, allocation: ResourceHolder, kind: number, handle: bigint): void {
    const bound = this.bound.get(allocation);
    if (bound === null || (bound !== undefined && bound.kind === kind && bound.handle === handle)) return;
    const { kind: ownKind, resource } = allocation;
    if (ownKind === kind && resource === handle) return;
    const known = ownKind === ResourceKind.None ? bound : { kind: ownKind, handle: resource };
    if (known === undefined) return;
    throw new TypeError(
      `${call} was given ${describe(kind, handle)}, but allocation${allocation.label} has ` +
        `${describe(known.kind, known.handle)}${this.explain(allocation, kind, handle)}`,
    );
  }

  /** Throws a TypeError if a handle to be bound was replaced in this allocation. */
  checkNotReplaced(call: string, allocation: ResourceHolder, kind: number, handle: bigint): void {
    const isReplaced = this.replaced.get(allocation)?.includes(handle) === true;
    if (!isReplaced || allocation.resource === handle) return;
    throw new TypeError(
      `${call} was given ${describe(kind, handle)}, which is gone${this.explain(allocation, kind, handle)}`,
    );
  }

  private explain(allocation: ResourceHolder, kind: number, handle: bigint): string {
    if (this.replaced.get(allocation)?.includes(handle) === true) {
      const property = allocation.kind === ResourceKind.Image ? "image" : "buffer";
      return `: defragmentation has replaced that one; allocation.${property} is always the current one`;
    }
    const other = this.aliases[kind as 1 | 2]?.get(handle);
    return other === undefined ? "" : `: that one is an alias; destroy it without an allocation`;
  }

  // ---- Aliases ------------------------------------------------------------------------------------------

  /** A resource shares the memory of an allocation. */
  addAlias(allocation: ResourceHolder, kind: number, handle: bigint): void {
    const aliases = this.aliases[kind as 1 | 2];
    this.endAlias(kind, handle);
    aliases.set(handle, allocation);
    this.aliasCounts.set(allocation, (this.aliasCounts.get(allocation) ?? 0) + 1);
    this.mayPin = true;
  }

  /** A buffer or image is destroyed, alias or not. */
  endAlias(kind: number, handle: bigint): void {
    if (this.aliasCounts.size === 0) return;
    const aliases = this.aliases[kind as 1 | 2];
    const allocation = aliases.get(handle);
    if (allocation === undefined) return;
    aliases.delete(handle);
    const count = this.aliasCounts.get(allocation)! - 1;
    if (count === 0) this.aliasCounts.delete(allocation);
    else this.aliasCounts.set(allocation, count);
  }

  /** From now on the program must not destroy an alias: see {@link checkOwner}. */
  ownAlias(kind: number, handle: bigint): void {
    this.owned[kind as 1 | 2].add(handle);
  }

  /** Its owner is about to destroy an alias. */
  disownAlias(kind: number, handle: bigint): void {
    this.owned[kind as 1 | 2].delete(handle);
  }

  /** Throws a TypeError if a handle that the program wants to destroy belongs to transient resources. */
  checkOwner(call: string, kind: number, handle: bigint): void {
    if (!this.owned[kind as 1 | 2].has(handle)) return;
    throw new TypeError(
      `${call} was given ${describe(kind, handle)}, which is a transient resource: what createTransients returned destroys it`,
    );
  }

  /** An allocation is freed, or the program says that its aliases are gone. */
  forgetAliases(allocation: ResourceHolder): void {
    if (this.aliasCounts.size === 0 || !this.aliasCounts.delete(allocation)) return;
    for (const aliases of [this.aliases[ResourceKind.Buffer], this.aliases[ResourceKind.Image]]) {
      for (const [handle, shared] of aliases) if (shared === allocation) aliases.delete(handle);
    }
  }

  // ---- Loans --------------------------------------------------------------------------------------------

  /** A range of an allocation is lent to another thread. */
  beginLoan(allocation: ResourceHolder): void {
    this.loans.set(allocation, (this.loans.get(allocation) ?? 0) + 1);
    this.mayPin = true;
    this.isAnythingHeld = true;
  }

  /** A range of an allocation is given back. */
  endLoan(allocation: ResourceHolder): void {
    const count = this.loans.get(allocation)! - 1;
    if (count === 0) this.loans.delete(allocation);
    else this.loans.set(allocation, count);
    this.isAnythingHeld = this.loans.size + this.waits.size > 0;
  }

  /** An allocation begins to wait to be destroyed. */
  beginWait(allocation: ResourceHolder): void {
    this.waits.add(allocation);
    this.mayPin = true;
    this.isAnythingHeld = true;
  }

  /** An allocation that waits is about to be destroyed. */
  endWait(allocation: ResourceHolder): void {
    this.waits.delete(allocation);
    this.isAnythingHeld = this.loans.size + this.waits.size > 0;
  }

  isWaiting(allocation: ResourceHolder): boolean {
    return this.waits.has(allocation);
  }

  /** Throws a TypeError if an allocation to be freed is lent, or is waiting to be destroyed anyway. */
  checkFreeable(allocation: ResourceHolder): void {
    if (this.waits.has(allocation)) {
      throw new TypeError(`allocation${allocation.label} is waiting to be destroyed, which frees it`);
    }
    const count = this.loans.get(allocation);
    if (count === undefined) return;
    throw new TypeError(
      `allocation${allocation.label} can be neither freed nor moved while ` +
        `${count === 1 ? "a range of it is" : `${count} ranges of it are`} lent to another thread: call giveBack() first`,
    );
  }

  // ---- What stays in its place --------------------------------------------------------------------------

  /** Why an allocation is not moved; undefined if it may be. */
  pinReason(allocation: ResourceHolder): PinReason | undefined {
    if (!this.mayPin) return undefined;
    if (this.waits.has(allocation)) return "waiting";
    if (this.loans.has(allocation)) return "lent";
    if (this.aliasCounts.has(allocation)) return "alias";
    const isCaptured =
      allocation.kind === ResourceKind.Buffer &&
      ((allocation.resourceInfo?.flags ?? 0) & BufferCreate.DeviceAddressCaptureReplay) !== 0;
    return isCaptured ? "capturedAddress" : undefined;
  }
}

function describe(kind: number, handle: bigint): string {
  return `${kind === ResourceKind.Image ? "image" : "buffer"} 0x${handle.toString(16)}`;
}
