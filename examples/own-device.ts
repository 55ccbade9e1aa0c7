/** An allocator on a device that the program has made itself, call by call: instance, queue family and device by hand. */

import { loadVulkan } from "../src/ffi/index.ts";
import { BufferUsage, createAllocator, MemoryUsage } from "../src/index.ts";
import * as vulkan from "../src/registry/index.ts";
import { expect, failOnMessages, isValidated } from "./support.ts";

// Somebody else's binding would give these handles. Here the library's own instance lends its functions for the making.
const loaded = loadVulkan();
using instance = loaded.createInstance(isValidated ? { validation: { synchronization: true } } : {});
failOnMessages(instance);
const vk = vulkan.bind(instance, vulkan);
const [physicalDevice] = vk.vkEnumeratePhysicalDevices();
const families = vk.vkGetPhysicalDeviceQueueFamilyProperties(physicalDevice!);
const familyIndex = families.findIndex(({ queueFlags }) => (queueFlags & vulkan.VK_QUEUE_COMPUTE_BIT) !== 0);
const handle = vk.vkCreateDevice(physicalDevice!, {
  pNext: [vulkan.VkPhysicalDeviceVulkan13Features({ maintenance4: true })],
  pQueueCreateInfos: [{ queueFamilyIndex: familyIndex, pQueuePriorities: [1] }],
  ppEnabledExtensionNames: ["VK_EXT_external_memory_host"],
});

// From here on everything is as with a device of the library's, but that it stays the program's.
const device = loaded.wrapDevice({
  instance: instance.handle,
  physicalDevice: physicalDevice!,
  device: handle,
  enabledExtensions: ["VK_EXT_external_memory_host"],
  enabledFeatures: ["maintenance4"],
  queue: { familyIndex },
});
{
  using allocator = createAllocator({ device });
  using readback = allocator.createReadback({ queue: device.queue });
  const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
  using target = allocator.createBuffer({ size: 4096, usage }, { usage: MemoryUsage.AutoPreferDevice });
  await device.queue.submit([{ kind: "fill", target: target.buffer, size: 4096, value: 0x2a2a2a2a }]).done();
  const bytes = await readback.buffer(target, 4096);
  const isFilled = bytes.every((byte) => byte === 42);
  expect(isFilled, "the buffer was filled otherwise");
  console.log(`${device.properties.deviceName}, made by hand: 4096 bytes of ${bytes[0]}`);
}
device.destroy(); // what the library has made on it; the device itself is the program's
instance.command("vkDestroyDevice", "pp>v")(handle, 0n);
