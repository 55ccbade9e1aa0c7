/** Devices for the benches of WebGPU heaps: dawn, and one that does nothing. */

import { existsSync } from "node:fs";
import type { GpuBufferLike, GpuDeviceLike } from "../../src/webgpu/index.ts";

/** SwiftShader's ICD file, as Debian's chromium brings it. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Dawn's instance, which has to live as long as its devices. */
let gpu: GPU | undefined;

/** A device of dawn's; undefined where there is none. */
export async function requestDawn(): Promise<GPUDevice | undefined> {
  if (process.env.VK_DRIVER_FILES === undefined && existsSync(SWIFTSHADER)) {
    process.env.VK_DRIVER_FILES = SWIFTSHADER;
  }
  try {
    gpu ??= (await import("webgpu")).create([]);
    const adapter = await gpu.requestAdapter();
    return (await adapter?.requestDevice()) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is dawn, with an adapter. Its instance is kept for no longer. */
export async function hasDawn(): Promise<boolean> {
  const device = await requestDawn();
  device?.destroy();
  gpu = undefined;
  return device !== undefined;
}

/** A device that agrees to everything and does nothing. */
export function idleDevice(): GpuDeviceLike {
  const buffer = (size: number): GpuBufferLike => ({
    size,
    label: "",
    destroy: () => {},
    mapAsync: async () => {},
    getMappedRange: () => new ArrayBuffer(size),
    unmap: () => {},
  });
  return {
    limits: {
      maxBufferSize: 2 ** 30,
      maxStorageBufferBindingSize: 2 ** 30,
      maxUniformBufferBindingSize: 65536,
      minUniformBufferOffsetAlignment: 256,
      minStorageBufferOffsetAlignment: 256,
    },
    queue: { writeBuffer: () => {}, submit: () => {}, onSubmittedWorkDone: async () => {} },
    lost: new Promise(() => {}),
    createBuffer: ({ size }) => buffer(size),
    createTexture: () => ({ label: "", destroy: () => {} }),
    createCommandEncoder: () => ({ copyBufferToBuffer: () => {}, finish: () => ({}) }),
    pushErrorScope: () => {},
    popErrorScope: async () => null,
  };
}
