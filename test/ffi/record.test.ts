/** What is recorded, call by call, with a device that notes its calls instead of making them. */

import { describe, expect, it } from "vitest";
import { NativeMemory } from "../../src/ffi/native-memory.ts";
import { RECORDING_BYTES, type RecordingDevice, record } from "../../src/ffi/record.ts";
import {
  type Buffer,
  type Image,
  ImageAspect,
  ImageLayout,
  type TransferCommand,
} from "../../src/vulkan/index.ts";
import { native } from "../helpers/native.ts";

const MEMORY_READ_WRITE = 0x18000;
const TRANSFER_READ_WRITE = 0x1800;
const HOST_READ_WRITE = 0x6000;
const TRANSFER = 0x1000;
const EVERYTHING = 0x14000;

/** Records and tells each call in a line. */
function calls(commands: readonly TransferCommand[], depthStencil: readonly Image[] = []): string[] {
  const lines: string[] = [];
  using memory = new NativeMemory(native, RECORDING_BYTES);
  const read = (name: Parameters<NativeMemory["read"]>[0], address: bigint) =>
    memory.read(name, Number(address - memory.address));
  const functions = new Proxy({} as RecordingDevice["functions"], {
    get(_, name: string) {
      return (...args: (bigint | number)[]) => {
        if (name !== "vkCmdPipelineBarrier") {
          lines.push(name);
          return 0;
        }
        const [, from, to, , memoryBarriers, memoryAt, , , imageBarriers, imageAt] = args;
        if (memoryBarriers === 1) {
          const { srcAccessMask, dstAccessMask } = read("VkMemoryBarrier", memoryAt as bigint);
          lines.push(`memory ${from}:${srcAccessMask} -> ${to}:${dstAccessMask}`);
        }
        for (let i = 0; i < Number(imageBarriers); i++) {
          const barrier = read("VkImageMemoryBarrier", (imageAt as bigint) + BigInt(72 * i));
          const { aspectMask, levelCount, layerCount } = barrier.subresourceRange as Record<string, number>;
          lines.push(
            `image ${barrier.image} ${barrier.oldLayout} -> ${barrier.newLayout} aspect ${aspectMask} ${levelCount}x${layerCount}`,
          );
        }
        return 0;
      };
    },
  });
  const device = { functions, hasDepthAndStencil: (image: Image) => depthStencil.includes(image) };
  record(device, 1n, memory, commands);
  return lines;
}

const before = `memory ${EVERYTHING}:${MEMORY_READ_WRITE | HOST_READ_WRITE} -> ${TRANSFER}:${TRANSFER_READ_WRITE}`;
const between = `memory ${TRANSFER}:${TRANSFER_READ_WRITE} -> ${TRANSFER}:${TRANSFER_READ_WRITE}`;
const after = `memory ${TRANSFER}:${TRANSFER_READ_WRITE} -> ${EVERYTHING}:${MEMORY_READ_WRITE | HOST_READ_WRITE}`;
const extent = { width: 4, height: 4 };
const { General, TransferDstOptimal, TransferSrcOptimal, Undefined } = ImageLayout;

describe("recording", () => {
  it("puts full barriers before and after the commands, and between those that touch the same", () => {
    const copy: TransferCommand = { kind: "buffer", source: 2n as Buffer, target: 3n as Buffer, size: 4 };
    const fill: TransferCommand = { kind: "fill", target: 3n as Buffer, size: 4, value: 0 };
    expect(calls([copy, fill, copy])).toEqual([
      before,
      "vkCmdCopyBuffer",
      between,
      "vkCmdFillBuffer",
      between,
      "vkCmdCopyBuffer",
      after,
    ]);
  });

  it("orders what comes before an empty batch with what comes after", () => {
    expect(calls([])).toEqual([before, after]);
  });

  it("changes an image's layout for a copy into it, and to the one wanted after", () => {
    expect(
      calls([
        {
          kind: "bufferToImage",
          source: 2n as Buffer,
          target: 3n as Image,
          extent,
          newLayout: General,
          layerCount: 2,
        },
      ]),
    ).toEqual([
      before,
      `image 3 ${Undefined} -> ${TransferDstOptimal} aspect 1 1x2`,
      "vkCmdCopyBufferToImage",
      `image 3 ${TransferDstOptimal} -> ${General} aspect 1 1x2`,
      after,
    ]);
  });

  it("leaves a layout alone that is right already", () => {
    expect(calls([{ kind: "imageToBuffer", source: 2n as Image, target: 3n as Buffer, extent }])).toEqual([
      before,
      "vkCmdCopyImageToBuffer",
      after,
    ]);
  });

  it("brings both images of a copy into the source's layout, all levels with one copy", () => {
    const aspect = ImageAspect.Color;
    expect(
      calls([
        {
          kind: "image",
          source: 2n as Image,
          target: 3n as Image,
          layout: General,
          aspect,
          extent,
          mipLevels: 3,
          arrayLayers: 5,
        },
      ]),
    ).toEqual([
      before,
      `image 2 ${General} -> ${TransferSrcOptimal} aspect 1 3x5`,
      `image 3 ${Undefined} -> ${TransferDstOptimal} aspect 1 3x5`,
      "vkCmdCopyImage",
      `image 2 ${TransferSrcOptimal} -> ${General} aspect 1 3x5`,
      `image 3 ${TransferDstOptimal} -> ${General} aspect 1 3x5`,
      after,
    ]);
  });

  it("names both aspects of depth-stencil images in barriers, and color for planes", () => {
    const command = (target: bigint, aspect: number): TransferCommand => {
      return { kind: "bufferToImage", source: 2n as Buffer, target: target as Image, extent, aspect };
    };
    const lines = calls([command(3n, ImageAspect.Stencil), command(4n, ImageAspect.Depth)], [3n as Image]);
    expect(lines[1]).toContain("image 3 0 -> 7 aspect 6");
    expect(lines[3]).toContain("image 4 0 -> 7 aspect 2");
    expect(calls([command(5n, ImageAspect.Plane1)])[1]).toContain("image 5 0 -> 7 aspect 1");
  });
});
