/** Memory that is asked to be zero: by the driver, by the host, or by a fill; on devices whose new memory is full of something. */

import { describe, expect, it } from "vitest";
import { ImageWithMemory } from "../../src/allocator/resource/created.ts";
import {
  AllocationCreate,
  ImageLayout,
  ImageUsage,
  type MemoryProperty,
  MemoryUsage,
  Result,
} from "../../src/index.ts";
import { type SimulatedDevice, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import { StructureType } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, imageOf, KiB, only, Type, world } from "./setup.ts";

const extensions = ["VK_EXT_zero_initialize_device_memory"];
const { DedicatedMemory, HostAccessRandom } = AllocationCreate;
const zeroInitialize = true;
const AUTO = MemoryUsage.Auto;
/** With garbage in new memory, and the extension where `has`. */
const garbage = (has = false): Parameters<typeof world>[2] => ({
  freshMemory: 0xa5,
  ...(has ? { extensions } : {}),
});
const isZero = (data: Uint8Array): boolean => data.length > 0 && data.every((byte) => byte === 0);

async function contents(
  { allocator, device }: ReturnType<typeof world>,
  buffer: Parameters<ReturnType<typeof allocator.createReadback>["buffer"]>[0],
  size: number,
): Promise<Uint8Array> {
  using readback = allocator.createReadback({ queue: new SimulatedTransferQueue(device as SimulatedDevice) });
  return await readback.buffer(buffer, size);
}

describe("zeroInitialize", () => {
  it("is seen to by the driver for memory of its own, where it has the extension", async () => {
    const here = world({}, {}, garbage(true));
    const made = here.allocator.createBuffer(bufferOf(KiB), {
      usage: AUTO,
      flags: DedicatedMemory,
      zeroInitialize,
    });
    expect(made.allocation.needsZeroFill).toBe(false);
    expect(isZero(await contents(here, made, KiB))).toBe(true);
    expect(here.device.calls.vkMapMemory).toBe(1); // The readback's.
    made.allocation.destroy();
  });

  it("leaves garbage to a program that does not ask", async () => {
    const here = world({}, {}, garbage(true));
    const made = here.allocator.createBuffer(bufferOf(KiB), { usage: AUTO, flags: DedicatedMemory });
    expect(made.allocation.needsZeroFill).toBe(false);
    expect(await contents(here, made, 4)).toEqual(new Uint8Array(4).fill(0xa5));
    made.allocation.destroy();
  });

  it.each([false, true])("is a fill's work in a block, with the extension: %s", async (has) => {
    const here = world({}, { rememberRequirements: true }, garbage(has));
    const { allocator, device } = here;
    using uploader = allocator.createUploader({ queue: new SimulatedTransferQueue(device) });
    // Not a multiple of four bytes, and twice: a kind of buffer that is known is asked for again.
    for (let i = 0; i < 4; i++) {
      const plain = allocator.createBuffer(bufferOf(2048), { usage: AUTO });
      plain.allocation.destroy();
      const made = allocator.createBuffer(bufferOf(1003), { usage: AUTO, zeroInitialize });
      expect([made.allocation.dedicatedMemory, made.allocation.needsZeroFill]).toEqual([false, true]);
      expect(isZero(await contents(here, made, 1003))).toBe(false);
      await uploader.zero(made);
      expect(made.allocation.needsZeroFill).toBe(false);
      expect(isZero(await contents(here, made, 1003))).toBe(true);
      await uploader.buffer(made, new Uint8Array(1003).fill(7));
      made.allocation.destroy();
    }
  });

  it("is the host's work where it may access the allocation, also where others have been", () => {
    const { allocator } = world({}, {}, garbage());
    const settings = { usage: AUTO, flags: HostAccessRandom };
    const last = allocator.createBuffer(bufferOf(KiB), settings);
    last.allocation.fill(0x77);
    last.allocation.destroy();
    for (const flags of [HostAccessRandom, HostAccessRandom | DedicatedMemory]) {
      const made = allocator.createBuffer(bufferOf(KiB), { usage: AUTO, flags, zeroInitialize });
      expect(made.allocation.needsZeroFill).toBe(false);
      expect(isZero(made.allocation.read())).toBe(true);
      made.allocation.destroy();
    }
  });

  it("comes before the patterns for debugging, and counts for memory by itself and for pages", () => {
    const { allocator } = world({}, { debug: { fillPatterns: true } }, garbage(true));
    const settings = { flags: HostAccessRandom, requiredFlags: 0x2, zeroInitialize } as const;
    const one = allocator.allocateMemory(bytes(KiB), settings);
    const own = allocator.allocateMemory(bytes(KiB), {
      ...settings,
      flags: HostAccessRandom | DedicatedMemory,
    });
    const pages = allocator.allocateMemoryPages(bytes(KiB), 3, settings);
    for (const each of [one, own, ...pages]) expect(isZero(each.read())).toBe(true);
    free(one, own, ...pages);
  });

  it("leaves nothing behind where the host cannot map", () => {
    const { allocator, device } = world({}, {}, garbage());
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { times: 99 });
    const request = bytes(KiB, only(Type.Host));
    expect(() => allocator.allocateMemory(request, { flags: HostAccessRandom, zeroInitialize })).toThrow(
      /MEMORY_MAP_FAILED/,
    );
    device.faults.clear();
    expect(device.leaks()).toEqual([]);
  });

  it("is not there in protected or imported memory, nor against a chain of the program's", () => {
    const own = { flags: DedicatedMemory, zeroInitialize } as const;
    const { allocator } = world({}, {}, garbage(true));
    const chain = [{ sType: StructureType.MemoryAllocateFlagsInfo, flags: 0 }] as const;
    const made = allocator.allocateDedicatedMemory(bytes(KiB, only(Type.Device)), {
      ...own,
      memoryAllocateNext: chain,
    });
    expect(made.needsZeroFill).toBe(true);
    free(made);
    const [hidden] = [
      world(
        { memoryTypes: [{ propertyFlags: 0x21 as MemoryProperty, heapIndex: 0 }] },
        {},
        { ...garbage(true), features: { protectedMemory: true } },
      ),
    ];
    const secret = hidden!.allocator.allocateMemory(bytes(KiB, 1), {
      ...own,
      requiredFlags: 0x20 as MemoryProperty,
    });
    expect(secret.needsZeroFill).toBe(true);
    free(secret);
    const host = world(
      { memoryTypes: [{ propertyFlags: 0x6 as MemoryProperty, heapIndex: 1 }] },
      {},
      { freshMemory: 0xa5, extensions: "all" },
    );
    const theirs = new Uint8Array(4096).fill(9);
    const hostPointer = host.device.host.registerHostMemory(theirs);
    const imported = host.allocator.importMemory({ hostPointer }, bytes(4096), {
      flags: HostAccessRandom,
      zeroInitialize,
    });
    expect([imported.needsZeroFill, theirs[0]]).toEqual([true, 9]);
    free(imported);
  });

  it("is a fact that ends with the allocation, and does not touch its alignment", () => {
    const { allocator } = world({}, {}, garbage());
    const made = allocator.allocateMemory(bytes(KiB, only(Type.Device), 4096), { zeroInitialize });
    expect([made.needsZeroFill, made.alignment, made.offset % 4096]).toEqual([true, 4096, 0]);
    free(made);
    expect(() => made.needsZeroFill).toThrow(/after it was freed/);
  });
});

describe("an image that begins with texels of 0", () => {
  const info = {
    ...imageOf(8),
    usage: ImageUsage.TransferSrc | ImageUsage.TransferDst,
    initialLayout: ImageLayout.ZeroInitializedEXT,
  };

  it("has zeroed memory of its own", async () => {
    const { allocator, device } = world({}, { rememberRequirements: true }, garbage(true));
    const queue = new SimulatedTransferQueue(device);
    using uploader = allocator.createUploader({ queue });
    using readback = allocator.createReadback({ queue });
    for (let i = 0; i < 4; i++) {
      // A kind of image that is known otherwise lives in a block.
      allocator
        .createImage({ ...info, initialLayout: ImageLayout.Undefined }, { usage: AUTO })
        .allocation.destroy();
      const image = allocator.createImage(info, { usage: AUTO });
      expect(image).toBeInstanceOf(ImageWithMemory);
      expect([image.allocation.dedicatedMemory, image.allocation.needsZeroFill]).toEqual([true, false]);
      const { format } = info;
      const texel = { format, extent: { width: 1, height: 1 } };
      await uploader.image(image, new Uint8Array(4), { ...texel, oldLayout: info.initialLayout });
      expect(
        isZero(
          await readback.image(image, {
            format,
            extent: info.extent,
            layout: ImageLayout.ShaderReadOnlyOptimal,
          }),
        ),
      ).toBe(true);
      image.allocation.destroy();
    }
  });

  it("needs the extension, and nothing is left without it", () => {
    const { allocator, device } = world({}, {}, garbage());
    expect(() => allocator.createImage(info, { usage: AUTO })).toThrow(
      /FEATURE_NOT_PRESENT.*VK_EXT_zero_initialize_device_memory/s,
    );
    expect(device.leaks()).toEqual([]);
  });

  it("is refused, with nothing left, where a chain of the program's takes the flag away", () => {
    const { allocator, device } = world({}, {}, garbage(true));
    const memoryAllocateNext = [{ sType: StructureType.MemoryAllocateFlagsInfo, flags: 0 }] as const;
    expect(() => allocator.createDedicatedImage(info, { usage: AUTO, memoryAllocateNext })).toThrow(
      /was not zeroed/,
    );
    expect(device.leaks()).toEqual([]);
  });
});

describe("a fill on the device that takes the place of the extension", () => {
  it("refuses what is no buffer of the allocator's", () => {
    const { allocator, device } = world({}, {}, garbage());
    using uploader = allocator.createUploader({ queue: new SimulatedTransferQueue(device) });
    const image = allocator.createImage(imageOf(4), { usage: AUTO });
    expect(() => uploader.zero(image.allocation)).toThrow(/target must be a buffer/);
    image.allocation.destroy();
    expect(() => uploader.zero(5n as never)).toThrow(/must have an allocation/);
  });
});
