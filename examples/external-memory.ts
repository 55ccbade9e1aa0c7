/** Memory that two devices share: one exports it as a file descriptor, the other imports it and sees what the first has written. */

import {
  BufferUsage,
  createAllocator,
  ExternalMemoryHandleType,
  MemoryUsage,
  StructureType,
} from "../src/index.ts";
import { closeDevice, expect, openDevice } from "./support.ts";

const SIZE = 65536;
const handleType = ExternalMemoryHandleType.OpaqueFd;
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const shared = [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes: handleType }] as const;
const writer = openDevice();
const reader = openDevice();
if (!writer.enabledExtensions.has("VK_KHR_external_memory_fd")) {
  console.log("skipped: the driver cannot share memory through file descriptors");
} else {
  const from = createAllocator({ device: writer });
  const to = createAllocator({ device: reader });

  const exported = from.createDedicatedBuffer(
    { size: SIZE, usage, pNext: shared },
    { usage: MemoryUsage.Auto },
    [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: handleType }],
  );
  const uploader = from.createUploader({ queue: writer.queue });
  const data = Uint8Array.from({ length: SIZE }, (_, i) => (i * 13) & 0xff);
  await uploader.buffer(exported, data);

  const fd = from.getMemoryFd(exported.allocation, handleType); // the import takes it over
  const buffer = reader.createBuffer({ size: SIZE, usage, pNext: shared });
  const requirements = {
    size: 0,
    alignment: 0,
    memoryTypeBits: 0,
    prefersDedicatedAllocation: false,
    requiresDedicatedAllocation: false,
  };
  reader.getBufferMemoryRequirements(buffer, requirements, true);
  const { size } = exported.allocation;
  const imported = to.importMemory({ fd, handleType }, { ...requirements, size });
  to.bindBufferMemory(imported, buffer);
  const readback = to.createReadback({ queue: reader.queue });
  const seen = await readback.buffer(buffer, SIZE);
  expect(
    seen.every((byte, i) => byte === data[i]),
    "the second device sees other bytes",
  );
  console.log(`${SIZE} bytes went from one device to another by descriptor ${fd}`);

  uploader.destroy();
  readback.destroy();
  to.destroyBuffer(buffer, imported);
  from.destroyBuffer(exported.buffer, exported.allocation);
  to.destroy();
  from.destroy();
}
closeDevice(reader);
closeDevice(writer);
