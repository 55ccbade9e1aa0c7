/**
 * How large memory that is dedicated to a resource may be: as large as it, and for images larger since Vulkan 1.4.327
 * (ValidationLayers#10644).
 */

import { expect, it } from "vitest";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferUsage,
  Format,
  type Image,
  ImageUsage,
  StructureType,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";

it.each([
  ["1.3.290", false],
  ["1.4.326", false],
  ["1.4.327", true],
])("on a driver of Vulkan %s", (apiVersion, imagesMayBeLarger) => {
  using device = new SimulatedDevice({ ...profiles["amd-discrete"]!, apiVersion });
  const out = emptyMemoryRequirements();
  const image = device.createImage({
    format: Format.R8G8B8A8Unorm,
    extent: { width: 64, height: 64 },
    usage: ImageUsage.Sampled,
  });
  device.getImageMemoryRequirements(image, out, false);
  const imageSize = out.size;
  const buffer = device.createBuffer({ size: 4096, usage: BufferUsage.TransferDst });
  device.getBufferMemoryRequirements(buffer, out, false);
  const allocate = (allocationSize: number, of: { buffer?: Buffer; image?: Image }) => (): void => {
    const pNext = [{ sType: StructureType.MemoryDedicatedAllocateInfo, ...of }] as const;
    device.freeMemory(device.allocateMemory({ allocationSize, memoryTypeIndex: 0, pNext }));
  };
  allocate(imageSize, { image })();
  allocate(out.size, { buffer })();
  expect(allocate(imageSize - 1, { image })).toThrow(/image-02964/);
  expect(allocate(out.size + 1, { buffer })).toThrow(/buffer-02965/);
  if (imagesMayBeLarger) allocate(imageSize + 1024, { image })();
  else expect(allocate(imageSize + 1024, { image })).toThrow(/must be the \d+ bytes.*image-02964/);
  device.destroyBuffer(buffer);
  device.destroyImage(image);
});
