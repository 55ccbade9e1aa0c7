/**
 * Whatever the device refuses: each operation of a heap is done again and again, and each time another call of the device fails, until
 * all have failed. After a failure everything is as before; then the operation succeeds.
 */

import { afterEach, describe, expect, it } from "vitest";
import {
  GpuBufferHeap,
  GpuBufferUsage,
  type HeapAllocation,
  HeapError,
  type Uploads,
} from "../../src/webgpu/index.ts";
import { type FakeBuffer, FakeDevice } from "./fake-device.ts";

const KIB = 1024;
type Mesh = HeapAllocation<FakeBuffer>;

/** A heap with some blocks, holes, a buffer of its own, and a write that waits where there is a ring. */
class World {
  readonly device: FakeDevice = new FakeDevice();
  readonly heap: GpuBufferHeap<FakeDevice>;
  /** What each allocation holds. */
  readonly model: Map<Mesh, Uint8Array<ArrayBuffer>> = new Map();

  constructor(uploads: Uploads) {
    this.heap = new GpuBufferHeap(this.device, {
      usage: GpuBufferUsage.Vertex,
      blockSize: 16 * KIB,
      uploads,
      stagingSize: 2 * KIB,
    });
  }

  static async make(uploads: Uploads): Promise<World> {
    const world = new World(uploads);
    const all: Mesh[] = [];
    for (let count = 0; count < 40; count++) all.push(await world.heap.allocateAsync(1000));
    all.push(await world.heap.allocateAsync(20 * KIB));
    for (const [index, mesh] of all.entries()) {
      if (index % 5 < 2 && index < 40) world.heap.free(mesh);
      else world.write(mesh, index + 1);
    }
    world.heap.flush();
    await world.settle();
    world.write(world.mesh, 77);
    return world;
  }

  /** The first of those that are alive. */
  get mesh(): Mesh {
    return this.model.keys().next().value!;
  }

  get large(): Mesh {
    return [...this.model.keys()].find(({ isDedicated }) => isDedicated)!;
  }

  write(mesh: Mesh, value: number): void {
    const bytes = new Uint8Array(mesh.size).fill(value);
    this.heap.write(mesh, bytes);
    this.model.set(mesh, bytes);
  }

  async resize(mesh: Mesh, size: number): Promise<void> {
    await this.heap.resize(mesh, size);
    this.model.set(mesh, this.model.get(mesh)!.slice(0, size));
  }

  /** Waits until the device has answered everything. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What must not change where something fails. */
  describe(): unknown {
    const places = this.heap.allocations().map(({ buffer, offset, size }) => [buffer.label, offset, size]);
    return [this.heap.statistics(), places];
  }

  async check(): Promise<void> {
    const { device, heap } = this;
    heap.validate();
    expect(device.openScopes, "no error scope stays open").toBe(0);
    const live = [...device.liveBuffers];
    const staging = live.filter(({ usage }) => (usage & GpuBufferUsage.MapWrite) !== 0);
    expect(staging.reduce((sum, { size }) => sum + size, 0)).toBe(heap.stagingBytes);
    expect(live.length - staging.length, "no buffer is left behind").toBe(heap.buffers().length);
    for (const [mesh, expected] of this.model) {
      const bytes = await heap.read(mesh, 0, expected.length);
      expect(Buffer.compare(bytes, expected), "everything holds what was written to it").toBe(0);
    }
    expect(device.uncaptured).toEqual([]);
  }
}

/** Operations, by what they do. */
const operations: Readonly<Record<string, (world: World) => Promise<void>>> = {
  reserve: async ({ heap }) => void (await heap.reserve(15 * KIB)),
  "allocate from a new block": async ({ heap }) => void (await heap.allocateAsync(3000, { writeScope: "a" })),
  "allocate a buffer of its own": async ({ heap }) => void (await heap.allocateAsync(40 * KIB)),
  write: async (world) => world.write(world.mesh, 92),
  "write more than a staging buffer has": async (world) => world.write(world.large, 93),
  "write and flush": async (world) => {
    world.write(world.mesh, 94);
    world.heap.flush();
  },
  read: async ({ heap, mesh }) => void (await heap.read(mesh)),
  defragment: async ({ heap }) => expect(heap.defragment().moves.length).toBeGreaterThan(0),
  "defragment with an encoder": async ({ heap, device }) => {
    const encoder = device.createCommandEncoder();
    const { moves, release } = heap.defragment({ encoder });
    expect(moves.length).toBeGreaterThan(0);
    device.onCall = undefined;
    device.queue.submit([encoder.finish()]);
    release();
  },
  "resize into another block": (world) => world.resize(world.mesh, 1200),
  "resize into a new block": (world) => world.resize(world.mesh, 16 * KIB),
  "resize into a buffer of its own": (world) => world.resize(world.mesh, 30 * KIB),
  "resize out of a buffer of its own": (world) => world.resize(world.large, 500),
};

let world: World;

afterEach(() => {
  world.heap.destroy();
  expect(world.device.liveBuffers.size, "every buffer is destroyed").toBe(0);
});

/** The calls that an operation makes. */
async function callsOf(uploads: Uploads, operation: (world: World) => Promise<void>): Promise<string[]> {
  world = await World.make(uploads);
  const calls: string[] = [];
  world.device.onCall = (call) => void calls.push(call);
  await operation(world);
  await world.settle();
  world.device.onCall = undefined;
  await world.check();
  return calls;
}

const cases = (["writeBuffer", "ring"] as const).flatMap((uploads) =>
  Object.entries(operations).map(([name, operation]) => ({ uploads, name, operation })),
);

describe.each(cases)("with $uploads, $name", ({ uploads, operation }) => {
  it("loses nothing where a call fails", async () => {
    const calls = await callsOf(uploads, operation);
    for (const [index, failing] of calls.entries()) {
      world = await World.make(uploads);
      const { device } = world;
      const before = world.describe();
      let count = 0;
      device.onCall = (call) => (count++ === index ? new Error(`injected into ${call}`) : undefined);
      const thrown: unknown = await operation(world).then(
        () => undefined,
        (error: unknown) => error,
      );
      await world.settle();
      device.onCall = undefined;
      if (thrown !== undefined) {
        expect(String(thrown), `after call ${index}`).toContain(`injected into ${failing}`);
        expect(world.describe(), `after ${failing}, call ${index}`).toEqual(before);
      }
      await world.check();
      if (thrown !== undefined) await operation(world);
      await world.check();
    }
  });

  it("loses nothing where the device refuses a buffer in an error scope", async () => {
    const made = (await callsOf(uploads, operation)).filter((call) => call === "createBuffer").length;
    for (const filter of ["validation", "internal", "out-of-memory"] as const) {
      for (let index = 0; index < made; index++) {
        world = await World.make(uploads);
        const { device } = world;
        const before = world.describe();
        let count = 0;
        device.onCall = (call) => {
          // A staging buffer that is mapped from the beginning is refused by a RangeError instead.
          if (call === "createBuffer" && count++ === index && device.openScopes > 0)
            device.refuseNext = filter;
          return undefined;
        };
        const thrown: unknown = await operation(world).then(
          () => undefined,
          (error: unknown) => error,
        );
        await world.settle();
        device.onCall = undefined;
        if (thrown !== undefined) {
          expect(thrown).toBeInstanceOf(HeapError);
          expect(thrown).toMatchObject({ reason: "refused", message: expect.stringContaining(filter) });
          expect(world.describe()).toEqual(before);
          await world.check();
          await operation(world);
        }
        await world.check();
      }
    }
  });

  it("waits no longer once the device is lost, at whatever call", async () => {
    const calls = await callsOf(uploads, operation);
    for (let index = 0; index < calls.length; index++) {
      world = await World.make(uploads);
      const { device, heap } = world;
      const before = world.describe();
      let count = 0;
      device.onCall = () => {
        if (count++ === index) device.loseDevice("gone");
        return undefined;
      };
      const thrown: unknown = await operation(world).then(
        () => undefined,
        (error: unknown) => error,
      );
      device.onCall = undefined;
      if (thrown !== undefined) {
        expect(thrown).toMatchObject({ reason: "lost", message: "the device is lost: gone" });
        expect(world.describe()).toEqual(before);
      }
      heap.validate();
      heap.destroy();
      device.answer();
      await new Promise((resolve) => setImmediate(resolve));
      expect(device.liveBuffers.size).toBe(0);
    }
  });
});

it("writes by queue.writeBuffer where there is no memory for staging", async () => {
  world = await World.make("ring");
  world.device.maxBytes = 100;
  world.write(world.mesh, 98);
  world.write(world.large, 99);
  world.device.maxBytes = Number.POSITIVE_INFINITY;
  await world.check();
});
