/** Memory that two devices share: one exports it as a file descriptor, the other imports it and sees what the first has written. */

import {
  BufferUsage,
  createAllocator,
  ExternalMemoryHandleType,
  MemoryUsage,
  StructureType,
} from "../src/index.ts";
import { expect, openDevice } from "./support.ts";

const SIZE = 65536;
const handleType = ExternalMemoryHandleType.OpaqueFd;
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const shared = [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes: handleType }] as const;
const info = { size: SIZE, usage, pNext: shared };
using writer = openDevice();
using reader = openDevice();
if (!writer.enabledExtensions.has("VK_KHR_external_memory_fd")) {
  console.log("skipped: the driver cannot share memory through file descriptors");
} else {
  using from = createAllocator({ device: writer });
  using uploader = from.createUploader({ queue: writer.queue });
  const exportable = [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: handleType }] as const;
  using exported = from.createDedicatedBuffer(info, {
    usage: MemoryUsage.Auto,
    memoryAllocateNext: exportable,
  });
  const data = Uint8Array.from({ length: SIZE }, (_, i) => (i * 13) & 0xff);
  await uploader.buffer(exported, data);

  using to = createAllocator({ device: reader });
  using readback = to.createReadback({ queue: reader.queue });
  const buffer = reader.createBuffer(info);
  const requirements = {
    size: 0,
    alignment: 0,
    memoryTypeBits: 0,
    prefersDedicatedAllocation: false,
    requiresDedicatedAllocation: false,
  };
  reader.getBufferMemoryRequirements(buffer, requirements, true);
  const fd = from.getMemoryFd(exported.allocation, handleType); // the import takes it over
  const { size } = exported.allocation;
  const imported = to.importMemory({ fd, handleType }, { ...requirements, size });
  to.bindBufferMemory(imported, buffer);
  const seen = await readback.buffer(buffer, SIZE);
  expect(Buffer.compare(seen, data) === 0, "the second device sees other bytes");
  console.log(`${SIZE} bytes went from one device to another by a descriptor`);
  to.destroyBuffer(buffer, imported);
}
