/** Dawn, for the benches of WebGPU heaps. */

import { existsSync } from "node:fs";

/** SwiftShader's ICD file, as Debian's chromium brings it. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Dawn's instance, which has to live as long as its devices. */
let gpu: GPU | undefined;

/** A device of dawn's; undefined where there is none. */
export async function requestDawn(): Promise<GPUDevice | undefined> {
  // For dawn alone: cases of Vulkan that follow in this process mean the machine's own driver.
  const isOurs = process.env.VK_DRIVER_FILES === undefined && existsSync(SWIFTSHADER);
  if (isOurs) process.env.VK_DRIVER_FILES = SWIFTSHADER;
  try {
    gpu ??= (await import("webgpu")).create([]);
    const adapter = await gpu.requestAdapter();
    return (await adapter?.requestDevice()) ?? undefined;
  } catch {
    return undefined;
  } finally {
    if (isOurs) delete process.env.VK_DRIVER_FILES;
  }
}

/** Whether there is dawn, with an adapter. Its instance is kept for no longer. */
export async function hasDawn(): Promise<boolean> {
  const device = await requestDawn();
  device?.destroy();
  gpu = undefined;
  return device !== undefined;
}
