/** What a console and JSON show of the library's objects: what a person wants to know, and no error for a bigint. */

import { inspect } from "node:util";
import { expect, it } from "vitest";
import {
  AllocationCreate,
  type AllocationCreateInfo,
  BufferUsage,
  createAllocator,
  MemoryUsage,
} from "../../src/index.ts";
import { VirtualBlock } from "../../src/metadata/index.ts";
import { PlacementSearch } from "../../src/placement/index.ts";
import { RecordedState, readRecording, record } from "../../src/recording/index.ts";
import { lavapipe, SimulatedDevice } from "../../src/simulator/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

it("is one line for each object, and text for each handle", () => {
  using device = new SimulatedDevice(lavapipe);
  const allocator = createAllocator({ device });
  const pool = allocator.createPool({ memoryTypeIndex: 0, name: "uploads" });
  const { allocation } = allocator.createBuffer({ size: 256, usage: 2 }, { pool, name: "vertices" });
  expect(inspect(allocation)).toMatch(
    /^Allocation "vertices": 256 bytes, memory type 0, offset 0, .*uploads/,
  );
  expect(inspect(pool)).toMatch(/uploads.*1 block$/);
  for (const object of [allocation, pool, allocator, device]) {
    expect(inspect(object)).toBe(String(object));
    expect(inspect(object).split("\n")).toHaveLength(1);
    expect(typeof JSON.stringify(object)).toBe("string");
  }
  expect(JSON.parse(JSON.stringify(allocation))).toMatchObject({
    name: "vertices",
    deviceMemory: expect.stringMatching(/^0x/),
  });
  allocation.destroy();
  expect(String(allocation)).toBe('Allocation "vertices", freed');
  expect(JSON.stringify(allocation)).toContain("isFreed");
  pool.destroy();
  allocator.destroy();
});

/** One line in a console, which is what `String` says; text and JSON without an error. */
function expectLine(object: object, text: RegExp): void {
  expect(String(object)).toMatch(text);
  expect(inspect(object)).toBe(String(object));
  expect(inspect(object).split("\n")).toHaveLength(1);
  expect(typeof JSON.stringify(object)).toBe("string");
  // As a test runner prints what is not equal.
  expect(Object.keys(object)).not.toContain("toJSON");
}

/** Plain data, as it is, whose handles become text in JSON. */
function expectData(data: object, members: object): void {
  expect(JSON.parse(JSON.stringify(data))).toMatchObject(members);
  expect(Object.keys(data)).not.toContain("toJSON");
  expect(inspect(data)).not.toContain("toJSON");
}
const handle = expect.stringMatching(/^0x[0-9a-f]+$/);

it("is one line for everything else that there is", async () => {
  const told: object[] = [];
  using device = new SimulatedDevice(lavapipe, { onEvent: (event) => void told.push(event) });
  const taken: object[] = [];
  const allocator = createAllocator({
    device,
    deviceMemoryCallbacks: { allocate: (event) => void taken.push(event) },
  });
  const recording = record(allocator);
  expectLine(recording, /^ActiveRecording: \d+ operations/);
  const host: AllocationCreateInfo = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom };
  const made = allocator.createBuffer(
    { size: 64, usage: BufferUsage.TransferSrc | BufferUsage.TransferDst },
    host,
  );
  const image = allocator.createImage({ format: 37, extent: { width: 4, height: 4 }, usage: 4 });
  expectLine(made, /^Buffer 0x[0-9a-f]+, Allocation: 64 bytes/);
  expectLine(image, /^Image 0x[0-9a-f]+, Allocation: 64 bytes/);
  expectData(made.allocation.info(), { deviceMemory: handle, offset: 0, size: 64 });
  expectData(taken[0]!, { memory: handle, memoryTypeIndex: 0 });
  expectData(told[0]!, { kind: "create-buffer", resource: handle });
  const mapping = made.allocation.map();
  expectLine(mapping, /^Mapping of Allocation: 64 bytes/);
  const range = made.allocation.lend();
  expectLine(range, /^LentRange: 64 bytes at 0x/);
  expectData(range.message, { address: handle, size: 64 });
  expect(structuredClone(range.message)).toEqual(range.message);
  range.giveBack();
  expectLine(range, /given back$/);
  mapping.unmap();
  expectLine(mapping, /^Mapping, ended$/);
  expectLine(made.allocation.memoryObject!, /^MemoryBlock 0: \d+ bytes/);
  const memory = made.allocation.deviceMemory.toString(16);
  expect(inspect(made.allocation.memoryObject)).toContain(`memory 0x${memory},`);
  expectLine(allocator.state, /^AllocatorState on lavapipe$/);
  expectData(allocator.getAllocatorInfo(), { device: { deviceName: "lavapipe" } });
  expectData(device.leaks()[0]!, { kind: "buffer", handle });

  const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 102400 });
  expectLine(pool.blockList, /^BlockList of memory type 0: 0 blocks$/);
  const make = () =>
    allocator.createBuffer(
      { size: 40960, usage: BufferUsage.TransferSrc | BufferUsage.TransferDst },
      { pool },
    );
  const [first, hole, last] = [make(), make(), make()];
  hole.allocation.destroy();
  expectData(allocator.planDefragmentation({ pool }), { moves: [{ deviceMemory: handle }] });
  const context = allocator.beginDefragmentation({ pool });
  expectLine(context, /^DefragmentationContext: 0 allocations/);
  const [move] = context.beginPass()!;
  expectLine(move!, /^DefragmentationMove of Allocation: 40960 bytes.* to offset 40960 of memory 0x/);
  move!.operation = 1;
  context.endPass();
  context.end();
  const queue = device.createTransferQueue();
  expectLine(queue, /^SimulatedTransferQueue: 0 submissions/);
  await allocator.defragment({
    pool,
    queue,
    onPassBegin: ([pass]) => expectData(pass!, { deviceMemory: handle }),
    onReplaced: (replacement) => expectData(replacement, { old: handle, replacement: handle }),
  });
  for (const { allocation } of [made, image, first, last]) allocation.destroy();
  pool.destroy();
  allocator.destroy();

  expectLine(recording, /ended$/);
  const read = readRecording(recording.bytes());
  expectLine(read, /^Recording of a vulkan allocator/);
  expectLine(read.cursor(), /^RecordCursor at operation 0$/);
  expectLine(new RecordedState(), /^RecordedState after 0 operations/);
  expectLine(device.host, /^SimulatedHost$/);
  expectLine(device.faults, /^Faults: 0 armed/);
  expectLine(new VirtualBlock({ size: 100 }), /^VirtualBlock of 100: 0 allocations, 100 free$/);
  expectLine(
    new PlacementSearch([{ size: 4, begin: 0, end: 1 }]),
    /^PlacementSearch: 4 bytes, at least 4, done$/,
  );
});

describeWithVulkan("is one line on a driver", (ctx) => {
  it("for the loader, instances, devices, queues and mappings", () => {
    const { vulkan, device } = ctx;
    expectLine(vulkan, /^Vulkan from .*, called through /);
    using instance = vulkan.createInstance();
    expectLine(instance, /^VulkanInstance for Vulkan 1\./);
    expectData(instance, { handle });
    expectData(instance.physicalDevices()[0]!, { handle });
    expectLine(device, /^NativeDevice /);
    expectLine(device.queue, /^NativeTransferQueue 0x/);
    const memory = device.allocateMemory({ allocationSize: 4096, memoryTypeIndex: 0 });
    if (device.memoryProperties.memoryTypes[0]!.propertyFlags & 2) {
      expectLine(device.mapMemory(memory, 4096), /^NativeMapping: 4096 bytes at 0x/);
    }
    device.freeMemory(memory);
  });
});
