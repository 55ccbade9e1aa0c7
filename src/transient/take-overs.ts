/**
 * The barriers that shared memory needs: which resource takes over which bytes before which pass, and from which others.
 *
 * The passes are processed in order, and every resource takes its bytes at the start of each of its spans; it has to wait for
 * whatever had them before. If the passes repeat they are processed twice: what is found only in the second run comes from the
 * previous run.
 *
 *     pass       0    1    2    3
 *     a          ████████            b waits for c's last use, in the previous run, and c for a's and b's
 *     b          ████                in this one
 *     c                    ████
 */

import { ResourceKind } from "../allocator/resource-kind.ts";
import { alignDown, alignUp } from "../foundation/bits.ts";
import { OwnedRanges } from "../foundation/owned-ranges.ts";
import { ImageAspect, ImageLayout } from "../vulkan/constants.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import type { ImageCreateInfo } from "../vulkan/resources.ts";
import type { TakeOver } from "../vulkan/transfer.ts";
import { type Described, writesOf } from "./description.ts";

/** Bytes that a resource takes over. */
export interface TransientSource<Resource> {
  /** The resource that had them. It may be the resource itself, in the previous run. */
  readonly resource: Resource;
  /** Bytes from the start of the group's memory. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Whether it used them in the previous run, and not in this one. */
  readonly isFromPreviousRun: boolean;
}

/** A barrier before a pass. */
export interface TransientTakeOver<Resource> extends TakeOver {
  /** The pass that it precedes. */
  readonly pass: number;
  /** The resource that takes over the bytes. */
  readonly resource: Resource;
  /** The resources that had them, each with its range, in order. */
  readonly from: readonly TransientSource<Resource>[];
}

/** A resource with its place. */
export interface Placed {
  readonly described: Described;
  readonly handle: Buffer | Image;
  readonly isLinear: boolean;
  /** Bytes from the start of the group's memory. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

interface Turn<Resource> {
  readonly pass: number;
  readonly resource: Resource;
  readonly span: number;
}

/** What owns bytes: a resource, in one of its spans. */
interface Owner<Resource> {
  readonly resource: Resource;
  readonly span: number;
}

/**
 * The barriers of one group, by pass.
 *
 * @param granularity The pages that linear and other resources must not share at once; they hand them over as a whole.
 */
export function findTakeOvers<Resource extends Placed>(
  resources: readonly Resource[],
  granularity: number,
  repeats: boolean,
): TransientTakeOver<Resource>[] {
  const turns: Turn<Resource>[] = resources.flatMap((resource) =>
    resource.described.spans.map(({ begin }, span) => ({ pass: begin, resource, span })),
  );
  turns.sort((a, b) => a.pass - b.pass);
  const owners = new OwnedRanges<Owner<Resource>>();
  const first = turns.map((turn) => takeTurn(owners, turn, granularity));
  const last = repeats ? turns.map((turn) => takeTurn(owners, turn, granularity)) : first;
  return turns.map((turn, index) => describe(turn, last[index]!, first[index]!));
}

interface Taken<Resource> extends Owner<Resource> {
  readonly begin: number;
  readonly end: number;
}

/** Gives a resource its bytes; returns which resources had them. */
function takeTurn<Resource extends Placed>(
  owners: OwnedRanges<Owner<Resource>>,
  { resource, span }: Turn<Resource>,
  granularity: number,
): Taken<Resource>[] {
  const { offset, size, isLinear } = resource;
  const end = offset + size;
  const taken: Taken<Resource>[] = [];
  owners.visit(alignDown(offset, granularity), alignUp(end, granularity), (owner, from, to) => {
    const sharesBytes = from < end && to > offset;
    if (!sharesBytes && owner.resource.isLinear === isLinear) return;
    taken.push({ ...owner, begin: from, end: to });
  });
  const owner = { resource, span };
  for (const { begin, end: to } of taken) owners.take(begin, to, owner);
  owners.take(offset, end, owner);
  return taken;
}

function describe<Resource extends Placed>(
  { pass, resource, span }: Turn<Resource>,
  taken: readonly Taken<Resource>[],
  inFirstRun: readonly Taken<Resource>[],
): TransientTakeOver<Resource> {
  const { uses, spans, kind, info } = resource.described;
  const { firstUse, endUse } = spans[span]!;
  let [targetStages, targetAccess, layout] = [0, 0, 0];
  for (let use = firstUse; use < endUse && uses[use]!.pass === pass; use++) {
    targetStages |= uses[use]!.stages;
    targetAccess |= uses[use]!.access;
    layout ||= uses[use]!.layout ?? ImageLayout.General;
  }
  let [sourceStages, sourceAccess] = [0, 0];
  for (const owner of taken) {
    const { stages, access } = lastUses(owner.resource.described, owner.span);
    sourceStages |= stages;
    sourceAccess |= access;
  }
  const isKnown = (owner: Owner<Resource>): boolean =>
    inFirstRun.some((each) => each.resource === owner.resource && each.span === owner.span);
  const from = taken.map((owner) => ({
    resource: owner.resource,
    offset: owner.begin,
    size: owner.end - owner.begin,
    isFromPreviousRun: !isKnown(owner),
  }));
  const isImage = kind === ResourceKind.Image;
  return {
    kind: "takeOver",
    target: resource.handle,
    isImage,
    sources: [...new Set(from.map((source) => source.resource.handle))],
    sourceStages: sourceStages >>> 0,
    sourceAccess: sourceAccess >>> 0,
    targetStages: targetStages >>> 0,
    targetAccess: targetAccess >>> 0,
    ...(isImage ? { layout, aspect: aspectsOf((info as ImageCreateInfo).format) } : {}),
    pass,
    resource,
    from,
  };
}

/** The uses to wait for before others use the memory: from the last write on, which later uses have waited for. */
function lastUses(
  { uses, spans }: Described,
  span: number,
): { readonly stages: number; readonly access: number } {
  const { firstUse, endUse } = spans[span]!;
  let [stages, access, lastPass] = [0, 0, -1];
  for (let use = endUse - 1; use >= firstUse; use--) {
    const writes = writesOf(uses[use]!.access);
    if (lastPass >= 0 && uses[use]!.pass !== lastPass) break;
    stages |= uses[use]!.stages;
    access |= writes;
    if (writes !== 0) lastPass = uses[use]!.pass;
  }
  return { stages, access };
}

/** All aspects of an image of this format. */
function aspectsOf(format: number): number {
  // VK_FORMAT_D16_UNORM, VK_FORMAT_X8_D24_UNORM_PACK32, VK_FORMAT_D32_SFLOAT
  if (format >= 124 && format <= 126) return ImageAspect.Depth;
  // VK_FORMAT_S8_UINT
  if (format === 127) return ImageAspect.Stencil;
  // VK_FORMAT_D16_UNORM_S8_UINT to VK_FORMAT_D32_SFLOAT_S8_UINT
  if (format >= 128 && format <= 130) return ImageAspect.Depth | ImageAspect.Stencil;
  return ImageAspect.Color;
}
