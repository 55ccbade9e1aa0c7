/** Textures that are used again. */

import { beforeEach, describe, expect, it } from "vitest";
import { shareObjects } from "../../src/placement/index.ts";
import { GpuTexturePool } from "../../src/webgpu/index.ts";
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
