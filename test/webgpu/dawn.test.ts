/** Heaps on a real WebGPU: dawn in Node.js, which validates everything and copies bytes. */

import { afterEach, beforeEach, expect, it } from "vitest";
import { GpuBufferHeap, GpuBufferUsage } from "../../src/webgpu/index.ts";
import { describeWithWebGpu, requestDevice } from "../helpers/webgpu.ts";
import { runProgram } from "./programs.ts";

describeWithWebGpu("a heap on dawn", () => {
  let device: GPUDevice;
  let errors: string[];

  beforeEach(async () => {
    ({ device, errors } = await requestDevice());
  });

  afterEach(async () => {
    await device.queue.onSubmittedWorkDone();
    expect(errors).toEqual([]);
    device.destroy();
  });

  it.each([101, 102, 103, 104])("runs program %d", async (salt) => {
    const counts = await runProgram({ device, salt, steps: 120 });
    expect(counts.allocated).toBeGreaterThan(10);
  });

  it("knows what the device refuses, and why", async () => {
    const limits = { ...limitsOf(device), maxBufferSize: 2 ** 40 };
    // A device that says it has larger buffers than it has.
    const boasting = new Proxy(device, {
      get: (target, name) => {
        if (name === "limits") return limits;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const heap = new GpuBufferHeap(boasting, { usage: GpuBufferUsage.Vertex, blockSize: 2 ** 32 });
    const error: unknown = await heap.reserve(1000).catch((error: unknown) => error);
    expect(error).toMatchObject({ reason: "refused", refusals: [{ size: 2 ** 29 }] });
    expect(String(error)).toContain("exceeds the max buffer size limit");
    expect(heap.statistics().blockBytes).toBe(0);
    await expect(heap.allocateAsync(2 ** 37)).rejects.toMatchObject({ reason: "refused" });
    heap.destroy();
  });

  it("is told when the device is gone", async () => {
    const heap = new GpuBufferHeap(device, { usage: GpuBufferUsage.Vertex });
    await heap.allocateAsync(100);
    device.destroy();
    await device.lost;
    await expect(heap.reserve(2 ** 23)).rejects.toMatchObject({ reason: "lost" });
    heap.destroy();
  });

  it("keeps what is written in a pass apart from what is read in it", async () => {
    const { Storage } = GpuBufferUsage;
    const heap = new GpuBufferHeap(device, { usage: Storage });
    const module = device.createShaderModule({
      code: `
        @group(0) @binding(0) var<storage, read> source: array<f32>;
        @group(0) @binding(1) var<storage, read_write> result: array<f32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
          if (id.x < arrayLength(&result)) { result[id.x] = 2 * source[id.x]; }
        }`,
    });
    const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
    const dispatch = async (targetScope: string | undefined): Promise<Float32Array> => {
      const source = await heap.allocateAsync(400);
      const target = await heap.allocateAsync(
        400,
        targetScope === undefined ? {} : { writeScope: targetScope },
      );
      heap.write(
        source,
        new Float32Array(100).map((_, index) => index),
      );
      const bindGroup = device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [
          { binding: 0, resource: source.binding },
          { binding: 1, resource: target.binding },
        ],
      });
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(2);
      pass.end();
      device.queue.submit([encoder.finish()]);
      return new Float32Array((await heap.read(target)).buffer);
    };
    const doubled = await dispatch("doubling");
    expect(doubled[99]).toBe(198);
    // In one buffer with its neighbour that is an error: which is why there are write scopes.
    device.pushErrorScope("validation");
    await dispatch(undefined);
    expect((await device.popErrorScope())?.message).toContain("usage");
    heap.destroy();
  });
});

function limitsOf(device: GPUDevice): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const name in device.limits) limits[name] = device.limits[name as "maxBufferSize"];
  return limits;
}
