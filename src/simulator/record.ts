/**
 * Recording transfers: each command is checked against the resources and against the image layouts that the
 * commands before it leave, and becomes a step that moves bytes. Nothing changes before the batch is taken.
 */

import { checkInteger, quote } from "../foundation/check.ts";
import { BufferUsage, ImageAspect, ImageLayout, ImageUsage } from "../vulkan/constants.ts";
import type { Extent3D } from "../vulkan/resources.ts";
import type {
  BufferCopy,
  BufferFill,
  BufferLayout,
  BufferToImageCopy,
  ImageCopy,
  ImageRegion,
  ImageToBufferCopy,
  OwnershipTransfer,
  TakeOver,
  TransferCommand,
} from "../vulkan/transfer.ts";
import { forbid } from "./error.ts";
import { type AspectFormat, packedBytes } from "./formats.ts";
import { type BufferObject, type ImageObject, nameOf, type Resource } from "./objects.ts";
import type { DeviceState } from "./state.ts";
import {
  boxLayout,
  copyBox,
  copyBytes,
  copyPacked,
  eachBytes,
  ORIGIN,
  type Subresource,
  subresourceOf,
} from "./texels.ts";
import {
  aspectOf,
  bitsOf,
  checkBound,
  checkBox,
  checkFinalLayout,
  checkPitch,
  checkRange,
  checkWithin,
} from "./transfer-rules.ts";
import { Turns } from "./transient-memory.ts";

/** The rules of one command about one of its resources, without the prefix "VUID-" and the call. */
interface UseRules {
  readonly usage: string;
  readonly bound: string;
}

/** A batch that was found valid. */
export class Recording {
  /** What it reads and writes. */
  readonly resources: Set<Resource> = new Set();
  readonly #state: DeviceState;
  readonly #steps: (() => void)[] = [];
  /** The layouts of the images that it changes, as they will be. */
  readonly #layouts = new Map<ImageObject, number[]>();
  readonly #turns: Turns;

  /** Whether the batch waits for anything before it begins. */
  readonly #waits: boolean;

  constructor(state: DeviceState, commands: readonly TransferCommand[], waits: boolean) {
    this.#state = state;
    this.#waits = waits;
    this.#turns = new Turns(state);
    for (const command of commands) this.#record(command);
  }

  /** Gives the images the layouts that the batch leaves them in, and transient memory those who have it then. */
  commit(): void {
    for (const [image, layouts] of this.#layouts) image.layouts = layouts;
    this.#turns.commit();
  }

  /** Moves the bytes, once. */
  execute(): void {
    for (const step of this.#steps.splice(0)) step();
  }

  #record(command: TransferCommand): void {
    if (command.kind === "barrier") return;
    if (command.kind === "ownership") {
      this.#transferOwnership(command);
      return;
    }
    if (this.#state.moving.has(command.target)) {
      const rule = "simulator-moving";
      forbid(
        "vkCmdCopy",
        rule,
        `0x${command.target.toString(16)} is being moved, and must not be written to`,
      );
    }
    switch (command.kind) {
      case "buffer":
        this.#copyBuffer(command);
        break;
      case "bufferToImage":
        this.#bufferToImage(command);
        break;
      case "imageToBuffer":
        this.#imageToBuffer(command);
        break;
      case "image":
        this.#copyImage(command);
        break;
      case "fill":
        this.#fill(command);
        break;
      case "takeOver":
        this.#takeOver(command);
        break;
      default: {
        const { kind } = command as { readonly kind: unknown };
        throw new TypeError(
          `kind must be "buffer", "bufferToImage", "imageToBuffer", "image", "fill", "takeOver", "barrier" or "ownership", got ${quote(kind)}`,
        );
      }
    }
  }

  /** Queues of the simulator are of one family: what is left is that the resource is there, and the layout. */
  #transferOwnership(command: OwnershipTransfer): void {
    const call = "vkCmdPipelineBarrier";
    this.#state.enter(call);
    if (command.buffer !== undefined) {
      this.resources.add(this.#state.buffer(command.buffer, call));
      return;
    }
    const image = this.#state.image(command.image ?? 0n, call);
    this.resources.add(image);
    const { layout = ImageLayout.TransferDstOptimal, newLayout = layout } = command;
    for (let mipLevel = 0; mipLevel < image.mipLevels; mipLevel++) {
      const current = (this.#layouts.get(image) ?? image.layouts)[mipLevel * image.arrayLayers];
      // The second half of a transfer finds what the first has made.
      if (current === newLayout) continue;
      const region = { extent: image.info.extent, mipLevel, layerCount: image.arrayLayers };
      this.#changeLayout(call, image, region, layout, checkFinalLayout(newLayout, "newLayout"));
    }
  }

  #copyBuffer(command: BufferCopy): void {
    const call = "vkCmdCopyBuffer";
    this.#state.enter(call);
    const { size, sourceOffset = 0, targetOffset = 0 } = command;
    const source = this.#buffer(call, command.source, BufferUsage.TransferSrc, {
      usage: "srcBuffer-00118",
      bound: "srcBuffer-00119",
    });
    const target = this.#buffer(call, command.target, BufferUsage.TransferDst, {
      usage: "dstBuffer-00120",
      bound: "dstBuffer-00121",
    });
    if (!Number.isSafeInteger(size) || size <= 0) {
      forbid(call, "VUID-VkBufferCopy-size-01988", `size must be greater than 0, got ${quote(size)}`);
    }
    checkWithin(call, source, sourceOffset, size, "srcOffset-00113", "size-00115");
    checkWithin(call, target, targetOffset, size, "dstOffset-00114", "size-00116");
    const from = source.parts[0]!;
    const to = target.parts[0]!;
    const distance = Math.abs(from.offset + sourceOffset - (to.offset + targetOffset));
    const isShared = from.sparse === undefined ? from.memory!.payload === to.memory?.payload : from === to;
    if (isShared && distance < size) {
      forbid(call, `VUID-${call}-pRegions-00117`, "the source and the target range overlap in memory");
    }
    this.#steps.push(() => copyBytes(to, targetOffset, from, sourceOffset, size));
  }

  #fill(command: BufferFill): void {
    const call = "vkCmdFillBuffer";
    this.#state.enter(call);
    const { targetOffset = 0, size, value } = command;
    const target = this.#buffer(call, command.target, BufferUsage.TransferDst, {
      usage: "dstBuffer-00029",
      bound: "dstBuffer-00031",
    });
    checkInteger(value, "value", 0, 0xffffffff);
    if (targetOffset % 4 !== 0) {
      forbid(
        call,
        `VUID-${call}-dstOffset-00025`,
        `the offset must be a multiple of 4, got ${quote(targetOffset)}`,
      );
    }
    if (!Number.isSafeInteger(size) || size <= 0 || size % 4 !== 0) {
      const rule = size > 0 ? "size-00028" : "size-00026";
      forbid(call, `VUID-${call}-${rule}`, `size must be a positive multiple of 4, got ${quote(size)}`);
    }
    checkWithin(call, target, targetOffset, size, "dstOffset-00024", "size-00027");
    const part = target.parts[0]!;
    this.#steps.push(() => eachBytes(part, targetOffset, size, (bytes, at) => fillWords(bytes, value, at)));
  }

  #bufferToImage(command: BufferToImageCopy): void {
    const call = "vkCmdCopyBufferToImage";
    this.#state.enter(call);
    const source = this.#buffer(call, command.source, BufferUsage.TransferSrc, {
      usage: "srcBuffer-00174",
      bound: "srcBuffer-00176",
    });
    const image = this.#image(call, command.target, ImageUsage.TransferDst, {
      usage: "dstImage-00177",
      bound: "dstImage-00178",
    });
    const { sourceOffset = 0, oldLayout = ImageLayout.Undefined } = command;
    const newLayout = checkFinalLayout(command.newLayout ?? ImageLayout.TransferDstOptimal, "newLayout");
    this.#packedCopy(call, source, sourceOffset, image, command, true);
    this.#changeLayout(call, image, command, oldLayout, newLayout);
  }

  #imageToBuffer(command: ImageToBufferCopy): void {
    const call = "vkCmdCopyImageToBuffer";
    this.#state.enter(call);
    const image = this.#image(call, command.source, ImageUsage.TransferSrc, {
      usage: "srcImage-00186",
      bound: "srcImage-00187",
    });
    const target = this.#buffer(call, command.target, BufferUsage.TransferDst, {
      usage: "dstBuffer-00191",
      bound: "dstBuffer-00192",
    });
    const layout = checkFinalLayout(command.layout ?? ImageLayout.TransferSrcOptimal, "layout");
    this.#packedCopy(call, target, command.targetOffset ?? 0, image, command, false);
    this.#changeLayout(call, image, command, layout, layout);
  }

  /** A copy between packed texels in a buffer and one mip level of an image. */
  #packedCopy(
    call: string,
    buffer: BufferObject,
    bufferOffset: number,
    image: ImageObject,
    region: ImageRegion & BufferLayout,
    toImage: boolean,
  ): void {
    const aspect = aspectOf(call, image, region.aspect ?? ImageAspect.Color);
    const { baseArrayLayer = 0, layerCount = 1, mipLevel = 0 } = region;
    checkRange(call, image, mipLevel, 1, baseArrayLayer, layerCount, toImage);
    if ((image.info.samples ?? 1) !== 1) {
      const rule = toImage ? "dstImage-00179" : "srcImage-00188";
      forbid(call, `VUID-${call}-${rule}`, `${nameOf(image)} has more than one sample`);
    }
    const box = { depth: 1, ...region.extent };
    const first = this.#subresource(call, image, aspect, mipLevel, baseArrayLayer);
    const corner = { ...ORIGIN, ...region.offset };
    checkBox(call, image, first, corner, box, toImage ? "pRegions-06218" : "pRegions-06221");
    const unit = aspect.aspect === ImageAspect.Color ? aspect.blockBytes : 1;
    if (!Number.isSafeInteger(bufferOffset) || bufferOffset < 0 || bufferOffset % unit !== 0) {
      forbid(
        call,
        `VUID-${call}-bufferOffset-01558`,
        `the buffer's offset must be a multiple of the block size ${unit}, got ${quote(bufferOffset)}`,
      );
    }
    checkPitch(region.rowLength ?? 0, box.width, aspect.blockWidth, "rowLength");
    checkPitch(region.imageHeight ?? 0, box.height, aspect.blockHeight, "imageHeight");
    const layout = boxLayout(aspect, box, region.rowLength ?? 0, region.imageHeight ?? 0);
    const { rowBytes, rows, rowPitch, slicePitch } = layout;
    const bytes = (box.depth * layerCount - 1) * slicePitch + (rows - 1) * rowPitch + rowBytes;
    const rule = toImage ? "pRegions-00171" : "pRegions-00183";
    checkWithin(call, buffer, bufferOffset, bytes, rule, rule);
    const part = buffer.parts[0]!;
    for (let layer = 0; layer < layerCount; layer++) {
      const place = this.#subresource(call, image, aspect, mipLevel, baseArrayLayer + layer);
      this.#steps.push(() =>
        copyPacked(part, bufferOffset + layer * box.depth * slicePitch, place, corner, box, layout, toImage),
      );
    }
  }

  #copyImage(command: ImageCopy): void {
    const call = "vkCmdCopyImage";
    this.#state.enter(call);
    const source = this.#image(call, command.source, ImageUsage.TransferSrc, {
      usage: "srcImage-00126",
      bound: "srcImage-01546",
    });
    const target = this.#image(call, command.target, ImageUsage.TransferDst, {
      usage: "dstImage-00131",
      bound: "dstImage-01547",
    });
    const { mipLevels, arrayLayers } = command;
    const layout = checkFinalLayout(command.layout, "layout");
    const samples = source.info.samples ?? 1;
    if (samples !== (target.info.samples ?? 1)) {
      forbid(call, `VUID-${call}-srcImage-00136`, "the images differ in their number of samples");
    }
    checkRange(call, source, 0, mipLevels, 0, arrayLayers, false);
    checkRange(call, target, 0, mipLevels, 0, arrayLayers, true);
    for (const bit of bitsOf(command.aspect)) this.#copyAspect(call, source, target, bit, command, samples);
    const region = { extent: command.extent, layerCount: arrayLayers };
    for (let mipLevel = 0; mipLevel < mipLevels; mipLevel++) {
      this.#changeLayout(call, source, { ...region, mipLevel }, layout, layout);
      this.#changeLayout(call, target, { ...region, mipLevel }, ImageLayout.Undefined, layout);
    }
  }

  #copyAspect(
    call: string,
    source: ImageObject,
    target: ImageObject,
    bit: number,
    command: ImageCopy,
    samples: number,
  ): void {
    const from = aspectOf(call, source, bit);
    const to = aspectOf(call, target, bit);
    if (from.blockBytes !== to.blockBytes || from.blockWidth !== to.blockWidth) {
      forbid(call, `VUID-${call}-srcImage-01548`, "the formats of the images are not size-compatible");
    }
    for (let mip = 0; mip < command.mipLevels; mip++) {
      const box = mipBox(command.extent, mip);
      for (let layer = 0; layer < command.arrayLayers; layer++) {
        const origin = this.#subresource(call, source, from, mip, layer);
        const place = this.#subresource(call, target, to, mip, layer);
        checkBox(call, source, origin, ORIGIN, box, "srcOffset-00144");
        checkBox(call, target, place, ORIGIN, box, "dstOffset-00150");
        this.#steps.push(() => copyBox(origin, place, ORIGIN, box, samples));
      }
    }
  }

  #takeOver(command: TakeOver): void {
    const call = "vkCmdPipelineBarrier";
    this.#state.enter(call);
    const { target, isImage, sources, sourceStages, targetStages, layout = ImageLayout.General } = command;
    checkInteger(sourceStages, "sourceStages", 0, 0xffffffff);
    checkInteger(targetStages, "targetStages", 1, 0xffffffff);
    const resource = isImage ? this.#state.image(target, call) : this.#state.buffer(target, call);
    const before = new Set<Resource>();
    for (const handle of sources) {
      const source = this.#state.objects.get(Number(handle));
      before.add(source?.kind === "image" ? source : this.#state.buffer(handle, call));
    }
    for (const part of resource.parts) {
      if (isImage) checkBound("VkImageMemoryBarrier", part, "image-01932");
      else checkBound("VkBufferMemoryBarrier", part, "buffer-01931");
      this.#turns.takeOver(call, part, before, sourceStages);
    }
    this.resources.add(resource);
    if (resource.kind === "buffer") return;
    checkFinalLayout(layout, "layout");
    this.#layouts.set(resource, new Array<number>(resource.layouts.length).fill(layout));
  }

  /** The buffer, which must be bound and made for this use. */
  #buffer(call: string, handle: bigint, usage: number, rules: UseRules): BufferObject {
    const buffer = this.#state.buffer(handle, call);
    if ((buffer.usage & usage) === 0) {
      const name = usage === BufferUsage.TransferSrc ? "TransferSrc" : "TransferDst";
      forbid(call, `VUID-${call}-${rules.usage}`, `${nameOf(buffer)} was created without ${name}`);
    }
    this.#use(call, buffer, rules.bound);
    return buffer;
  }

  /** The image, which must be bound and made for this use. */
  #image(call: string, handle: bigint, usage: number, rules: UseRules): ImageObject {
    const image = this.#state.image(handle, call);
    if ((image.usage & usage) === 0) {
      const name = usage === ImageUsage.TransferSrc ? "TransferSrc" : "TransferDst";
      forbid(call, `VUID-${call}-${rules.usage}`, `${nameOf(image)} was created without ${name}`);
    }
    this.#use(call, image, rules.bound);
    return image;
  }

  #use(call: string, resource: Resource, boundRule: string): void {
    for (const part of resource.parts) {
      checkBound(call, part, boundRule);
      this.#turns.checkUse(call, part);
      if ((part.sparse?.pendingBinds ?? 0) === 0 || this.#waits) continue;
      forbid(
        call,
        "simulator-sparse-pending",
        `pages of ${nameOf(resource)} are being bound, and the batch waits for no semaphore`,
      );
    }
    this.resources.add(resource);
  }

  /** The subresource, whose texels must lie within what was bound. */
  #subresource(
    call: string,
    image: ImageObject,
    aspect: AspectFormat,
    mip: number,
    layer: number,
  ): Subresource {
    const place = subresourceOf(image, aspect, mip, layer);
    const bytes =
      place.blocks === undefined ? packedBytes(aspect, place.extent) * (image.info.samples ?? 1) : 0;
    if (place.offset + bytes > place.part.requirements.size) {
      forbid(
        call,
        "simulator-image-size",
        `the texels of ${nameOf(image)} do not fit into the ${place.part.requirements.size} bytes that it was said to require`,
      );
    }
    return place;
  }

  #changeLayout(
    call: string,
    image: ImageObject,
    region: ImageRegion,
    oldLayout: number,
    newLayout: number,
  ): void {
    const layouts = this.#layouts.get(image) ?? [...image.layouts];
    const first = (region.mipLevel ?? 0) * image.arrayLayers + (region.baseArrayLayer ?? 0);
    for (let index = first; index < first + (region.layerCount ?? 1); index++) {
      if (oldLayout !== ImageLayout.Undefined && layouts[index] !== oldLayout) {
        forbid(
          call,
          "VUID-VkImageMemoryBarrier-oldLayout-01197",
          `${nameOf(image)} is said to be in layout ${oldLayout} and is in layout ${layouts[index]}`,
        );
      }
      layouts[index] = newLayout;
    }
    this.#layouts.set(image, layouts);
  }
}

function mipBox(extent: Extent3D, mip: number): Required<Extent3D> {
  const at = (texels: number): number => Math.max(1, Math.floor(texels / 2 ** mip));
  return { width: at(extent.width), height: at(extent.height), depth: at(extent.depth ?? 1) };
}

/** Writes a 32-bit value over and over, little-endian, from its byte `first` on; the bytes need not be aligned. */
function fillWords(bytes: Uint8Array, value: number, first: number): void {
  for (let i = 0; i < Math.min(4, bytes.length); i++) bytes[i] = (value >>> (8 * ((first + i) % 4))) & 0xff;
  for (let done = 4; done < bytes.length; done *= 2) {
    bytes.copyWithin(done, 0, Math.min(done, bytes.length - done));
  }
}
