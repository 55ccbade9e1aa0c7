/** Textures and buffers that are used again. */

import { beforeEach, describe, expect, it } from "vitest";
import { shareObjects } from "../../src/placement/index.ts";
import { GpuBufferPool, GpuBufferUsage, GpuTexturePool } from "../../src/webgpu/index.ts";
import { describeWithWebGpu, requestDevice } from "../helpers/webgpu.ts";
import { FakeDevice, type FakeTexture } from "./fake-device.ts";

const target = (width: number, format = "rgba8unorm"): object => ({ size: [width, 64], format, usage: 0x10 });

describe("a pool of textures", () => {
  let device: FakeDevice;
  let pool: GpuTexturePool<FakeDevice>;
  const take = (descriptor: object): FakeTexture => pool.take(descriptor as never);

  beforeEach(() => {
    device = new FakeDevice();
    pool = new GpuTexturePool(device, { maxIdleFrames: 2 });
  });

  it("gives out what was given back and is alike, whatever its label and the form of its size", () => {
    const first = take({ ...target(64), label: "shadow" });
    pool.give(first);
    expect(take({ usage: 0x10, format: "rgba8unorm", size: new Uint16Array([64, 64]) })).toBe(first);
    expect(take(target(64))).not.toBe(first);
    expect(pool.statistics()).toEqual({ takenCount: 2, idleCount: 0, madeCount: 2, reusedCount: 1 });
  });

  it("keeps apart what differs", () => {
    pool.give(take(target(64)));
    pool.give(take(target(128)));
    pool.give(take(target(64, "rgba16float")));
    expect(pool.statistics().idleCount).toBe(3);
    take(target(64));
    expect(pool.statistics()).toMatchObject({ takenCount: 1, idleCount: 2, reusedCount: 1 });
  });

  it("destroys what was idle for too long", () => {
    const [a, b] = [take(target(64)), take(target(128))];
    pool.give(a);
    pool.endFrame();
    pool.endFrame();
    pool.give(b);
    pool.endFrame();
    expect([a.isDestroyed, b.isDestroyed]).toEqual([true, false]);
    expect(pool.trim()).toBe(1);
    expect(b.isDestroyed).toBe(true);
  });

  it("takes nothing back that it has not given out, and nothing twice", () => {
    const texture = take(target(64));
    pool.give(texture);
    expect(() => pool.give(texture)).toThrow("was given back");
    expect(() => pool.give(device.createTexture({}))).toThrow(RangeError);
    expect(() => take(null as never)).toThrow(TypeError);
    expect(() => new GpuTexturePool(device, { maxIdleFrames: -1 })).toThrow(RangeError);
  });

  it("destroys everything in the end", () => {
    const [a, b] = [take(target(64)), take(target(64))];
    pool.give(a);
    pool.destroy();
    expect([a.isDestroyed, b.isDestroyed]).toEqual([true, true]);
  });

  it("has one texture for what is never alive together in a frame graph", () => {
    const passes = [
      { descriptor: target(64), begin: 0, end: 2 },
      { descriptor: target(64), begin: 2, end: 4 },
      { descriptor: target(128), begin: 2, end: 4 },
      { descriptor: target(64), begin: 3, end: 5 },
    ];
    const descriptors = passes.map(({ descriptor }) => descriptor as never);
    const items = passes.map(({ descriptor, begin, end }) => ({
      size: 64 * 64 * 4,
      begin,
      end,
      kind: pool.kindOf(descriptor as never),
    }));
    const textures = pool.takeShared(shareObjects(items), descriptors);
    expect(textures).toHaveLength(4);
    expect(textures[1], "both are alive in pass 3").not.toBe(textures[3]);
    expect([textures[1], textures[3]], "one of them has the first one's").toContain(textures[0]);
    expect(new Set(textures).size).toBe(3);
    for (const texture of new Set(textures)) pool.give(texture);
    expect(pool.statistics()).toMatchObject({ takenCount: 0, idleCount: 3 });
  });
});

describeWithWebGpu("a pool of textures on dawn", () => {
  it("has real textures", async () => {
    const { device, errors } = await requestDevice();
    const pool = new GpuTexturePool(device);
    const descriptor: GPUTextureDescriptor = { size: [16, 16], format: "rgba8unorm", usage: 0x10 };
    const texture = pool.take(descriptor);
    expect(texture.width).toBe(16);
    pool.give(texture);
    expect(pool.take({ ...descriptor, size: [16, 16] })).toBe(texture);
    pool.destroy();
    expect(errors).toEqual([]);
    device.destroy();
  });
});

describe("a pool of buffers", () => {
  const { Storage, Vertex } = GpuBufferUsage;
  /** A frame graph: each pass reads what the one before has written. */
  const passes = [
    { descriptor: { label: "depth", size: 4000, usage: Storage }, begin: 0, end: 2 },
    { descriptor: { label: "lights", size: 1002, usage: Storage }, begin: 1, end: 3 },
    { descriptor: { label: "blur", size: 3000, usage: Storage }, begin: 2, end: 4 },
    { descriptor: { label: "mesh", size: 500, usage: Storage | Vertex }, begin: 2, end: 4 },
    { descriptor: { label: "sums", size: 900, usage: Storage }, begin: 3, end: 5 },
  ];
  const descriptors = passes.map(({ descriptor }) => descriptor);
  let device: FakeDevice;
  let pool: GpuBufferPool<FakeDevice>;
  const share = (): ReturnType<typeof shareObjects> =>
    shareObjects(
      passes.map(({ descriptor, begin, end }) => ({
        size: descriptor.size,
        begin,
        end,
        kind: pool.kindOf(descriptor),
      })),
    );

  beforeEach(() => {
    device = new FakeDevice();
    pool = new GpuBufferPool(device, { maxIdleFrames: 2 });
  });

  it("has one buffer for what is never alive together in a frame graph, as large as the largest of it", () => {
    const buffers = pool.takeShared(share(), descriptors);
    for (const [index, { begin, end, descriptor }] of passes.entries()) {
      expect(buffers[index]!.size).toBeGreaterThanOrEqual(descriptor.size);
      expect(buffers[index]!.usage).toBe(descriptor.usage);
      for (const [other, { begin: from, end: to }] of passes.entries()) {
        if (other !== index && begin < to && from < end) expect(buffers[other]).not.toBe(buffers[index]);
      }
    }
    const sizes = [...new Set(buffers)].map(({ size }) => size);
    expect(sizes.sort((a, b) => a - b)).toEqual([500, 1004, 4000]);
    expect(buffers[2], "it has the buffer of one that is over").toBe(buffers[0]);
  });

  it("makes none in the next frame", () => {
    const sharing = share();
    for (let frame = 0; frame < 5; frame++) {
      for (const buffer of new Set(pool.takeShared(sharing, descriptors))) pool.give(buffer);
      pool.endFrame();
    }
    expect(pool.statistics()).toEqual({ takenCount: 0, idleCount: 3, madeCount: 3, reusedCount: 12 });
    for (let frame = 0; frame < 3; frame++) pool.endFrame();
    expect(device.liveBuffers.size).toBe(0);
  });

  it("gives everything back where a buffer cannot be made, and refuses what is about other items", () => {
    let count = 0;
    device.onCall = () => (count++ === 1 ? new Error("no more") : undefined);
    expect(() => pool.takeShared(share(), descriptors)).toThrow("no more");
    expect(pool.statistics()).toMatchObject({ takenCount: 0, idleCount: 1 });
    device.onCall = undefined;
    expect(() => pool.takeShared(share(), descriptors.slice(1))).toThrow(
      "5 items, and there are 4 descriptors",
    );
    const larger = descriptors.map((descriptor) => ({ ...descriptor, size: 8000 }));
    expect(() => pool.takeShared(share(), larger)).toThrow(RangeError);
    pool.destroy();
    expect(device.liveBuffers.size).toBe(0);
  });
});

describeWithWebGpu("a frame graph on dawn", () => {
  it("computes the same in shared buffers as in one for each pass", async () => {
    const { device, errors } = await requestDevice();
    const count = 256;
    const module = device.createShaderModule({
      code: `
        @group(0) @binding(0) var<storage, read> source: array<u32>;
        @group(0) @binding(1) var<storage, read_write> result: array<u32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
          if (id.x < ${count}) { result[id.x] = source[id.x] * 3 + id.x; }
        }`,
    });
    const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
    const usage = GpuBufferUsage.Storage | GpuBufferUsage.CopySrc | GpuBufferUsage.CopyDst;
    // Each pass reads what the one before it has written: two are alive at a time.
    const items = Array.from({ length: 8 }, (_, pass) => ({
      size: 4 * count + 16 * pass,
      begin: pass,
      end: pass + 2,
    }));
    const descriptors = items.map(({ size }) => ({ size, usage }));
    const pool = new GpuBufferPool(device);
    const sharing = shareObjects(items.map((item) => ({ ...item, kind: pool.kindOf({ size: 0, usage }) })));
    const run = async (buffers: readonly GPUBuffer[]): Promise<Uint32Array> => {
      device.queue.writeBuffer(
        buffers[0]!,
        0,
        new Uint32Array(count).map((_, index) => index),
      );
      const encoder = device.createCommandEncoder();
      for (let pass = 1; pass < buffers.length; pass++) {
        const entries = [buffers[pass - 1]!, buffers[pass]!].map((buffer, binding) => ({
          binding,
          resource: { buffer },
        }));
        const compute = encoder.beginComputePass();
        compute.setPipeline(pipeline);
        compute.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
        compute.dispatchWorkgroups(count / 64);
        compute.end();
      }
      const read = device.createBuffer({ size: 4 * count, usage: 9 });
      encoder.copyBufferToBuffer(buffers.at(-1)!, 0, read, 0, 4 * count);
      device.queue.submit([encoder.finish()]);
      await read.mapAsync(1);
      const result = new Uint32Array(read.getMappedRange()).slice();
      read.destroy();
      return result;
    };
    const shared = pool.takeShared(sharing, descriptors);
    expect(new Set(shared).size).toBe(2);
    const separate = descriptors.map((descriptor) => device.createBuffer(descriptor));
    expect([...(await run(shared))]).toEqual([...(await run(separate))]);
    pool.destroy();
    expect(errors).toEqual([]);
    device.destroy();
  });
});
