/**
 * Recording transfers into a command buffer.
 *
 * A full memory barrier stands before the first command, between any two, and after the last, so that a
 * batch sees everything that came before it and everything after sees the batch, the host included. Layout
 * changes of images ride on barriers of their own, next to the copy that needs them.
 */

import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import { ImageAspect, ImageLayout } from "../vulkan/constants.ts";
import type {
  BufferToImageCopy,
  ImageCopy,
  ImageRegion,
  ImageToBufferCopy,
  TransferCommand,
} from "../vulkan/transfer.ts";
import type { NativeDevice } from "./device.ts";
import type { NativeMemory, StructValues } from "./native-memory.ts";
import { recordTakeOvers } from "./take-over.ts";

/** VkPipelineStageFlagBits */
const Stage = { Transfer: 0x1000, Host: 0x4000, AllCommands: 0x10000 } as const;
/** VkAccessFlagBits */
const Access = {
  TransferRead: 0x800,
  TransferWrite: 0x1000,
  HostRead: 0x2000,
  HostWrite: 0x4000,
  MemoryRead: 0x8000,
  MemoryWrite: 0x10000,
} as const;
/** VK_QUEUE_FAMILY_IGNORED */
const IGNORED = 0xffffffff;
const PLANES: number = ImageAspect.Plane0 | ImageAspect.Plane1 | ImageAspect.Plane2;
const DEPTH_AND_STENCIL: number = ImageAspect.Depth | ImageAspect.Stencil;

/** What recording needs of a device. */
export type RecordingDevice = Pick<NativeDevice, "functions" | "hasDepthAndStencil">;

interface LayoutChange {
  readonly image: bigint;
  readonly oldLayout: number;
  readonly newLayout: number;
  readonly range: StructValues;
}

/** What records: the device, the command buffer and the memory for structures. */
class Recorder {
  readonly #device: RecordingDevice;
  readonly #commandBuffer: bigint;
  readonly #memory: NativeMemory;

  constructor(device: RecordingDevice, commandBuffer: bigint, memory: NativeMemory) {
    this.#device = device;
    this.#commandBuffer = commandBuffer;
    this.#memory = memory;
  }

  /** A barrier over all memory from the stages and accesses of `source` to those of `target`. */
  memoryBarrier(
    sourceStages: number,
    sourceAccess: number,
    targetStages: number,
    targetAccess: number,
  ): void {
    this.#memory.reset();
    const barrier = this.#memory.struct("VkMemoryBarrier", {
      srcAccessMask: sourceAccess,
      dstAccessMask: targetAccess,
    });
    const address = this.#memory.at(barrier);
    this.#device.functions.vkCmdPipelineBarrier(
      this.#commandBuffer,
      sourceStages,
      targetStages,
      0,
      1,
      address,
      0,
      0n,
      0,
      0n,
    );
  }

  /** Changes layouts before or after a copy. A change to the same layout is none. */
  changeLayouts(changes: readonly LayoutChange[]): void {
    for (const { image, oldLayout, newLayout, range } of changes) {
      if (oldLayout === newLayout) continue;
      this.#memory.reset();
      const barrier = this.#memory.struct("VkImageMemoryBarrier", {
        srcAccessMask: Access.TransferRead | Access.TransferWrite,
        dstAccessMask: Access.TransferRead | Access.TransferWrite,
        oldLayout,
        newLayout,
        srcQueueFamilyIndex: IGNORED,
        dstQueueFamilyIndex: IGNORED,
        image,
        subresourceRange: range,
      });
      const address = this.#memory.at(barrier);
      this.#device.functions.vkCmdPipelineBarrier(
        this.#commandBuffer,
        Stage.Transfer,
        Stage.Transfer,
        0,
        0,
        0n,
        0,
        0n,
        1,
        address,
      );
    }
  }

  command(command: TransferCommand): void {
    const { functions } = this.#device;
    const memory = this.#memory;
    const target = this.#commandBuffer;
    switch (command.kind) {
      case "buffer": {
        checkHandles(command);
        memory.reset();
        const region = memory.struct("VkBufferCopy", {
          srcOffset: command.sourceOffset ?? 0,
          dstOffset: command.targetOffset ?? 0,
          size: command.size,
        });
        functions.vkCmdCopyBuffer(target, command.source, command.target, 1, memory.at(region));
        break;
      }
      case "fill":
        functions.vkCmdFillBuffer(
          target,
          checkUint64(command.target, "target"),
          checkInteger(command.targetOffset ?? 0, "targetOffset"),
          checkInteger(command.size, "size"),
          checkInteger(command.value, "value", 0, 0xffffffff),
        );
        break;
      case "takeOver":
        recordTakeOvers(this.#device, target, memory, [command]);
        break;
      case "bufferToImage":
        this.#bufferToImage(command);
        break;
      case "imageToBuffer":
        this.#imageToBuffer(command);
        break;
      case "image":
        this.#image(command);
        break;
      default:
        throw new TypeError(
          `kind must be "buffer", "bufferToImage", "imageToBuffer", "image", "fill" or "takeOver", got ${quote((command as { kind: unknown }).kind)}`,
        );
    }
  }

  #bufferToImage(command: BufferToImageCopy): void {
    checkHandles(command);
    const image = command.target;
    const range = this.#rangeOf(image, command);
    const copied = ImageLayout.TransferDstOptimal;
    const oldLayout = command.oldLayout ?? ImageLayout.Undefined;
    const newLayout = checkFinalLayout(command.newLayout ?? copied, "newLayout");
    this.changeLayouts([{ image, oldLayout, newLayout: copied, range }]);
    const region = this.#bufferImageRegion(command, command.sourceOffset ?? 0);
    this.#device.functions.vkCmdCopyBufferToImage(
      this.#commandBuffer,
      command.source,
      image,
      copied,
      1,
      region,
    );
    this.changeLayouts([{ image, oldLayout: copied, newLayout, range }]);
  }

  #imageToBuffer(command: ImageToBufferCopy): void {
    checkHandles(command);
    const image = command.source;
    const range = this.#rangeOf(image, command);
    const copied = ImageLayout.TransferSrcOptimal;
    const layout = checkFinalLayout(command.layout ?? copied, "layout");
    this.changeLayouts([{ image, oldLayout: layout, newLayout: copied, range }]);
    const region = this.#bufferImageRegion(command, command.targetOffset ?? 0);
    this.#device.functions.vkCmdCopyImageToBuffer(
      this.#commandBuffer,
      image,
      copied,
      command.target,
      1,
      region,
    );
    this.changeLayouts([{ image, oldLayout: copied, newLayout: layout, range }]);
  }

  #image(command: ImageCopy): void {
    checkHandles(command);
    const { source, target, aspect, mipLevels, arrayLayers } = command;
    const layout = checkFinalLayout(command.layout, "layout");
    const from = ImageLayout.TransferSrcOptimal;
    const to = ImageLayout.TransferDstOptimal;
    const all = { levelCount: mipLevels, layerCount: arrayLayers };
    const sourceRange = { ...all, aspectMask: this.#barrierAspect(source, aspect) };
    const targetRange = { ...all, aspectMask: this.#barrierAspect(target, aspect) };
    this.changeLayouts([
      { image: source, oldLayout: layout, newLayout: from, range: sourceRange },
      { image: target, oldLayout: ImageLayout.Undefined, newLayout: to, range: targetRange },
    ]);
    for (let mipLevel = 0; mipLevel < mipLevels; mipLevel++) {
      this.#memory.reset();
      const subresource = { aspectMask: aspect, mipLevel, layerCount: arrayLayers };
      const region = this.#memory.struct("VkImageCopy", {
        srcSubresource: subresource,
        dstSubresource: subresource,
        extent: mipExtent(command, mipLevel),
      });
      this.#device.functions.vkCmdCopyImage(
        this.#commandBuffer,
        source,
        from,
        target,
        to,
        1,
        this.#memory.at(region),
      );
    }
    this.changeLayouts([
      { image: source, oldLayout: from, newLayout: layout, range: sourceRange },
      { image: target, oldLayout: to, newLayout: layout, range: targetRange },
    ]);
  }

  #bufferImageRegion(region: ImageRegion, bufferOffset: number): bigint {
    this.#memory.reset();
    const offset = this.#memory.struct("VkBufferImageCopy", {
      bufferOffset,
      imageSubresource: {
        aspectMask: region.aspect ?? ImageAspect.Color,
        mipLevel: region.mipLevel ?? 0,
        baseArrayLayer: region.baseArrayLayer ?? 0,
        layerCount: region.layerCount ?? 1,
      },
      imageOffset: { x: region.offset?.x ?? 0, y: region.offset?.y ?? 0, z: region.offset?.z ?? 0 },
      imageExtent: {
        width: region.extent.width,
        height: region.extent.height,
        depth: region.extent.depth ?? 1,
      },
    });
    return this.#memory.at(offset);
  }

  #rangeOf(image: bigint, region: ImageRegion): StructValues {
    return {
      aspectMask: this.#barrierAspect(image, region.aspect ?? ImageAspect.Color),
      baseMipLevel: region.mipLevel ?? 0,
      levelCount: 1,
      baseArrayLayer: region.baseArrayLayer ?? 0,
      layerCount: region.layerCount ?? 1,
    };
  }

  /** A barrier names both aspects of a depth-stencil image, and "color" for the planes of any other. */
  #barrierAspect(image: bigint, aspect: number): number {
    if ((aspect & PLANES) !== 0) return ImageAspect.Color;
    return this.#device.hasDepthAndStencil(image) ? DEPTH_AND_STENCIL : aspect;
  }
}

/** What a copy reads and writes, as handles that no cut makes those of others. */
function checkHandles(command: { readonly source: bigint; readonly target: bigint }): void {
  checkUint64(command.source, "source");
  checkUint64(command.target, "target");
}

/** An image cannot be put into a layout that says its contents are unknown. */
function checkFinalLayout(layout: number, what: string): number {
  if (layout === ImageLayout.Undefined || layout === ImageLayout.Preinitialized) {
    throw new RangeError(`${what} must be a layout other than Undefined and Preinitialized, got ${layout}`);
  }
  return layout;
}

function mipExtent(command: ImageCopy, mipLevel: number): StructValues {
  const at = (size: number): number => Math.max(1, size >>> mipLevel);
  const { width, height, depth } = command.extent;
  return { width: at(width), height: at(height), depth: at(depth ?? 1) };
}

const DEVICE_ACCESS: number = Access.MemoryRead | Access.MemoryWrite;
const TRANSFER_ACCESS: number = Access.TransferRead | Access.TransferWrite;
const HOST_ACCESS: number = Access.HostRead | Access.HostWrite;

/** Records `commands` with their barriers into a command buffer that was begun. */
export function record(
  device: RecordingDevice,
  commandBuffer: bigint,
  memory: NativeMemory,
  commands: readonly TransferCommand[],
): void {
  const recorder = new Recorder(device, commandBuffer, memory);
  const everything: number = Stage.AllCommands | Stage.Host;
  recorder.memoryBarrier(everything, DEVICE_ACCESS | HOST_ACCESS, Stage.Transfer, TRANSFER_ACCESS);
  for (const [i, command] of commands.entries()) {
    if (i > 0) recorder.memoryBarrier(Stage.Transfer, TRANSFER_ACCESS, Stage.Transfer, TRANSFER_ACCESS);
    recorder.command(command);
  }
  recorder.memoryBarrier(Stage.Transfer, TRANSFER_ACCESS, everything, DEVICE_ACCESS | HOST_ACCESS);
}
