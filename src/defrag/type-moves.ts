/**
 * Moves between the memory types of a pool that has several, before each of them is defragmented by itself:
 *
 *     pressure    while a heap is over its budget, the least important allocations go to later types
 *     exchange    what is less important than something in a later type makes room for it
 *     promotion   the most important allocations go to earlier types, as far as these have room within their budgets
 *
 * Importance is `allocation.priority`; of equal ones the largest goes first. Each allocation moves at most once in a
 * defragmentation, so that it comes to an end; a pass costs the sorting of the pool's allocations.
 *
 * What may be mapped and lies in HostVisible memory stays in such; dedicated memory, and allocations without a buffer or an image of
 * their own, stay where they are, as nothing says in which types they may live.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { AllocationCreate } from "../allocator/flags.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import { AllocationRequest } from "../allocator/resource/request.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { Admission } from "../compaction/pass-budget.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import { emptyMemoryRequirements } from "../vulkan/resources.ts";
import { DefragmentationMove } from "./move/move.ts";
import type { PassContext } from "./plan-run.ts";
import type { Allowance } from "./shared.ts";

/** The moves of one defragmentation between the lists of its pool. */
export class TypeMoves {
  private readonly state: AllocatorState;
  /** In order of preference. */
  private readonly lists: readonly BlockList[];
  private readonly allowance: Allowance;
  /** What was moved or could not be. */
  private readonly settled: Set<Allocation> = new Set();
  /** Bytes that have left each list. */
  private readonly left: Map<BlockList, number> = new Map();
  private hasExchanged = false;
  isDone = false;

  constructor(state: AllocatorState, lists: readonly BlockList[], allowance: Allowance) {
    this.state = state;
    this.lists = lists;
    this.allowance = allowance;
    this.isDone = lists.length < 2;
  }

  /** Adds moves to a pass. It is done when a pass gets none. */
  plan(pass: PassContext): void {
    const before = pass.moves.length;
    this.relieve(pass);
    if (!this.hasExchanged && !pass.budget.isSpent) {
      this.exchange(pass);
      this.hasExchanged = true;
    }
    // What makes room in this pass has to be gone before anything can take it.
    if (pass.moves.length === before) this.promote(pass);
    if (pass.moves.length === before && !pass.budget.isSpent) this.isDone = true;
  }

  private relieve(pass: PassContext): void {
    const { budgets } = this.state;
    for (const list of this.lists.slice(0, -1)) {
      const heap = list.heapIndex;
      let over = budgets.usageOf(heap) - budgets.budgetOf(heap) - (this.left.get(list) ?? 0);
      for (const allocation of over > 0 ? this.movableOf([list], 1, pass) : []) {
        if (over <= 0 || pass.budget.isSpent) break;
        over -= this.move(allocation, this.after(list), pass);
      }
    }
  }

  /** Sends away what is less important than what could take its place. */
  private exchange(pass: PassContext): void {
    const waiting = this.movableOf(this.lists.slice(1), -1, pass);
    const victims = this.movableOf(this.lists.slice(0, -1), 1, pass);
    for (const one of waiting) {
      let wanted = this.hasRoomFor(one) ? 0 : one.size;
      while (wanted > 0 && victims.length > 0 && !pass.budget.isSpent) {
        const victim = victims[0]!;
        if (victim.priority >= one.priority) return;
        victims.shift();
        const list = listOf(victim);
        if (this.lists.indexOf(list) >= this.lists.indexOf(listOf(one))) continue;
        wanted -= this.move(victim, this.after(list), pass);
      }
    }
  }

  private hasRoomFor(allocation: Allocation): boolean {
    const request = this.requestFor(allocation);
    return this.before(listOf(allocation)).some(
      (list) => this.suits(list, request, allocation) && list.plan(request) !== undefined,
    );
  }

  private promote(pass: PassContext): void {
    for (const allocation of this.movableOf(this.lists.slice(1), -1, pass)) {
      if (pass.budget.isSpent) return;
      this.move(allocation, this.before(listOf(allocation)), pass);
    }
  }

  /** The earlier lists, but those whose heap is over its budget: room in their blocks is not to be filled again. */
  private before(list: BlockList): BlockList[] {
    const { budgets } = this.state;
    const earlier = this.lists.slice(0, this.lists.indexOf(list));
    return earlier.filter(({ heapIndex }) => budgets.usageOf(heapIndex) <= budgets.budgetOf(heapIndex));
  }

  private after(list: BlockList): BlockList[] {
    return this.lists.slice(this.lists.indexOf(list) + 1);
  }

  /** What can be moved of some lists, the least important first (sign 1) or the most important (sign -1). */
  private movableOf(lists: readonly BlockList[], sign: number, { movability }: PassContext): Allocation[] {
    const all: Allocation[] = [];
    for (const list of lists) {
      for (const allocation of list.allocations()) {
        const isOpen = allocation.kind !== ResourceKind.None && !this.settled.has(allocation);
        if (isOpen && movability.isMovable(allocation)) all.push(allocation);
      }
    }
    return all.sort((a, b) => sign * (a.priority - b.priority) || b.size - a.size);
  }

  /** Plans to move an allocation to the first of some lists that has room: the bytes that will go, or 0. */
  private move(allocation: Allocation, targets: readonly BlockList[], pass: PassContext): number {
    const { size } = allocation;
    if (size > this.allowance.bytes || pass.budget.admit(size) !== Admission.Take) return 0;
    const request = this.requestFor(allocation);
    for (const list of targets) {
      if (!this.suits(list, request, allocation)) continue;
      const isLast = list === this.lists.at(-1);
      request.typeFlags = flagsFor(allocation) | (isLast ? 0 : AllocationCreate.WithinBudget);
      this.state.failure.reset();
      const target = list.allocate(request);
      if (target === undefined) continue;
      const move = new DefragmentationMove(allocation, target);
      pass.moves.push(move);
      pass.movability.begin(move);
      pass.budget.use(size);
      this.allowance.bytes -= size;
      this.settled.add(allocation);
      const source = listOf(allocation);
      this.left.set(source, (this.left.get(source) ?? 0) + size);
      return size;
    }
    return 0;
  }

  private suits(list: BlockList, { requirements }: AllocationRequest, allocation: Allocation): boolean {
    const { memoryTypes } = this.state;
    if ((requirements.memoryTypeBits & (1 << list.memoryTypeIndex)) === 0) return false;
    const isForHost = allocation.isMappingAllowed && memoryTypes.isHostVisible(allocation.memoryTypeIndex);
    return !isForHost || memoryTypes.isHostVisible(list.memoryTypeIndex);
  }

  private requestFor(allocation: Allocation): AllocationRequest {
    const { device } = this.state;
    const request = new AllocationRequest();
    const needs = emptyMemoryRequirements();
    if (allocation.kind === ResourceKind.Buffer) {
      device.getBufferMemoryRequirements(allocation.resource as Buffer, needs, false);
    } else device.getImageMemoryRequirements(allocation.resource as Image, needs, false);
    request.requirements = {
      ...needs,
      size: allocation.size,
      alignment: Math.max(needs.alignment, allocation.alignment),
    };
    request.type = allocation.type;
    request.name = "target of a move between memory types";
    request.dedicatedFallback = false;
    request.typeFlags = flagsFor(allocation) | AllocationCreate.WithinBudget;
    return request;
  }
}

function listOf(allocation: Allocation): BlockList {
  return allocation.memoryObject!.list as BlockList;
}

function flagsFor({ isMappingAllowed, isPersistentlyMapped }: Allocation): number {
  return (
    (isMappingAllowed ? AllocationCreate.HostAccessRandom : 0) |
    (isPersistentlyMapped ? AllocationCreate.Mapped : 0)
  );
}
