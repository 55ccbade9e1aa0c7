/** A device for heaps whose buffers are not to cost anything. */

import type { GpuBufferLike, GpuDeviceLike } from "../../src/webgpu/index.ts";

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
