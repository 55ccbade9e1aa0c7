/** How callers describe transient resources: the public types, and their checks. */

import { checkBuffer, checkImage } from "../allocator/resource/description.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkArray, checkInteger, checkObject, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import type { Span } from "../placement/item.ts";
import { Access, canBecome, ImageCreate, ImageLayout, type PipelineStage } from "../vulkan/constants.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";

/** How a pass uses a transient resource. */
export interface TransientUse {
  /** Passes are numbered from 0, and run in this order on one queue. */
  readonly pass: number;
  /** {@link PipelineStage} flags, at least one. */
  readonly stages: PipelineStage | 0;
  /** {@link Access} flags. A resource is written to before it is read. */
  readonly access: Access | 0;
  /** The {@link ImageLayout} that the pass expects an image in; default General. */
  readonly layout?: ImageLayout;
  /**
   * Whether the pass needs none of the resource's previous contents: others may use its memory after the last use. Default
   * false; the first use never needs anything.
   */
  readonly discards?: boolean;
}

/** A buffer that is needed only in some passes. */
export interface TransientBuffer {
  /** As for `createBuffer`. */
  readonly buffer: BufferCreateInfo;
  /** Absent: it is a buffer. */
  readonly image?: undefined;
  /** At least one, in any order; a pass may have several. */
  readonly uses: readonly TransientUse[];
  /** For messages, and to find it again: unique among those with names. */
  readonly name?: string | undefined;
}

/** An image that is needed only in some passes. */
export interface TransientImage {
  /** As for `createImage`. */
  readonly image: ImageCreateInfo;
  /** Absent: it is an image. */
  readonly buffer?: undefined;
  /** At least one, in any order; a pass may have several. */
  readonly uses: readonly TransientUse[];
  /** For messages, and to find it again: unique among those with names. */
  readonly name?: string | undefined;
}

/** A buffer or an image that is needed only in some passes. */
export type TransientResource = TransientBuffer | TransientImage;

/** A resource's description, checked. */
export interface Described {
  readonly index: number;
  readonly name: string | undefined;
  /** {@link ResourceKind}: Buffer or Image. */
  readonly kind: number;
  readonly info: BufferCreateInfo | ImageCreateInfo;
  /** By pass. */
  readonly uses: readonly TransientUse[];
  /** The passes in which it needs its memory, in order, with the uses of each. */
  readonly spans: readonly (Span & { readonly firstUse: number; readonly endUse: number })[];
}

const checkResourceNames = optionsCheck<Record<keyof TransientBuffer, unknown>>("transient resources", {
  buffer: true,
  image: true,
  uses: true,
  name: true,
});
const checkUseNames = optionsCheck<TransientUse>("uses of a transient resource", {
  pass: true,
  stages: "enum",
  access: "enum",
  layout: "enum",
  discards: true,
});

/** Accesses that only read, including those of extensions. */
const READS: number =
  Access.IndirectCommandRead |
  Access.IndexRead |
  Access.VertexAttributeRead |
  Access.UniformRead |
  Access.InputAttachmentRead |
  Access.ShaderRead |
  Access.ColorAttachmentRead |
  Access.DepthStencilAttachmentRead |
  Access.TransferRead |
  Access.HostRead |
  Access.MemoryRead |
  0x20000 | // CommandPreprocessReadNV
  0x80000 | // ColorAttachmentReadNoncoherentEXT
  0x100000 | // ConditionalRenderingReadEXT
  0x200000 | // AccelerationStructureReadKHR
  0x800000 | // FragmentShadingRateAttachmentReadKHR
  0x1000000 | // FragmentDensityMapReadEXT
  0x4000000; // TransformFeedbackCounterReadEXT

/** The accesses among these that write, or may write. */
export function writesOf(access: number): number {
  return (access & ~READS) >>> 0;
}

/** What messages call a resource. */
export function labelOf({ index, name }: { index: number; name: string | undefined }): string {
  return name === undefined ? `resources[${index}]` : `resources[${index}] (${quote(name)})`;
}

/**
 * Checks resources.
 *
 * @throws TypeError or RangeError, which names the resource and quotes the value; VulkanError for what no buffer or image can
 * be made from.
 */
export function readResources(state: AllocatorState, resources: readonly TransientResource[]): Described[] {
  checkArray(resources, "resources");
  const names = new Map<string, number>();
  return resources.map((resource, index) => {
    checkObject(resource, `resources[${index}]`);
    checkResourceNames(resource);
    const { buffer, image, name, uses } = resource;
    if (name !== undefined && typeof name !== "string") {
      throw new TypeError(
        `the name of resources[${index}] must be a string or undefined, got ${quote(name)}`,
      );
    }
    const label = labelOf({ index, name });
    if ((buffer === undefined) === (image === undefined)) {
      throw new TypeError(`${label} must have either buffer or image`);
    }
    if (name !== undefined) {
      if (names.has(name)) throw new RangeError(`${label} has the name of resources[${names.get(name)}]`);
      names.set(name, index);
    }
    if (buffer !== undefined) {
      checkBuffer(state, buffer);
    } else {
      checkImage(image!);
      checkImageMayAlias(image!, label);
    }
    const kind = buffer !== undefined ? ResourceKind.Buffer : ResourceKind.Image;
    const info = buffer !== undefined ? { ...buffer } : { ...image!, extent: { ...image!.extent } };
    const sorted = readUses(uses, label);
    return { index, name, kind, info, uses: sorted, spans: spansOf(sorted, label) };
  });
}

function checkImageMayAlias({ flags = 0, initialLayout }: ImageCreateInfo, label: string): void {
  if ((flags & ImageCreate.Disjoint) !== 0) {
    throw new RangeError(
      `${label} must not be disjoint: each of its planes would have to be bound separately`,
    );
  }
  if (initialLayout !== undefined && initialLayout !== ImageLayout.Undefined) {
    throw new RangeError(`${label} must have the initialLayout Undefined, got ${initialLayout}`);
  }
}

function readUses(uses: readonly TransientUse[], label: string): TransientUse[] {
  checkArray(uses, `the uses of ${label}`);
  if (uses.length === 0) throw new RangeError(`${label} must be used in at least one pass`);
  const copies = uses.map((use, number) => {
    const where = `uses[${number}] of ${label}`;
    checkObject(use, where);
    checkUseNames(use);
    const { pass, stages, access, layout = ImageLayout.General, discards = false } = use;
    checkInteger(pass, `the pass of ${where}`);
    checkInteger(stages, `the stages of ${where}`, 1, 0xffffffff);
    checkInteger(access, `the access of ${where}`, 0, 0xffffffff);
    checkInteger(layout, `the layout of ${where}`, 0, 0xffffffff);
    if (!canBecome(layout)) {
      throw new RangeError(
        `the layout of ${where} must be one that an image can be transitioned to, got ${layout}`,
      );
    }
    if (typeof discards !== "boolean") {
      throw new TypeError(`discards of ${where} must be a boolean, got ${quote(discards)}`);
    }
    return { pass, stages, access, layout, discards };
  });
  return copies.sort((a, b) => a.pass - b.pass);
}

function spansOf(uses: readonly TransientUse[], label: string): Described["spans"] {
  const spans: Described["spans"][number][] = [];
  let firstUse = 0;
  for (let next = 1; next <= uses.length; next++) {
    const isEnd = next === uses.length || (uses[next]!.discards && uses[next]!.pass > uses[next - 1]!.pass);
    if (!isEnd) continue;
    const begin = uses[firstUse]!.pass;
    const writes = uses.some(
      (use, at) => at >= firstUse && at < next && use.pass === begin && writesOf(use.access) !== 0,
    );
    if (!writes)
      throw new RangeError(`${label} is read in pass ${begin}, and nothing is written to it before`);
    spans.push({ begin, end: uses[next - 1]!.pass + 1, firstUse, endUse: next });
    firstUse = next;
  }
  return spans;
}
