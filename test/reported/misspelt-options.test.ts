/** Options with a name that does not exist, and members of enumerations that do not: neither is ignored. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, createAllocator, MemoryUsage } from "../../src/index.ts";
import { VirtualBlock } from "../../src/metadata/index.ts";
import { drawPlacement, findConflict, placeOn, placeSync, shareObjects } from "../../src/placement/index.ts";
import { record } from "../../src/recording/index.ts";
import { lavapipe, SimulatedDevice, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import { loadVulkan } from "../helpers/native.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const host = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom };
const buffer = { size: 64, usage: 2 };
const image = { format: 37, extent: { width: 4, height: 4 }, usage: 4 };
const requirements = { size: 64, alignment: 4, memoryTypeBits: 1 };

function world() {
  const device = new SimulatedDevice(lavapipe, { extensions: "all" });
  const allocator = createAllocator({ device });
  const { allocation } = allocator.createBuffer(buffer, host);
  const queue = new SimulatedTransferQueue(device);
  return { device, allocator, allocation, queue };
}
type World = ReturnType<typeof world>;

/** Where options are taken, with a misspelt name of each kind and the name that was meant. */
const misspelt: [where: string, wrong: string, meant: string, call: (it: World, wrong: object) => unknown][] =
  [
    [
      "createBuffer",
      "sharingmode",
      "sharingMode",
      (it, wrong) => it.allocator.createBuffer({ ...buffer, ...wrong }),
    ],
    [
      "createBuffer's settings",
      "minAlignmnet",
      "minAlignment",
      (it, wrong) => it.allocator.createBuffer(buffer, wrong),
    ],
    ["createImage", "mipLevel", "mipLevels", (it, wrong) => it.allocator.createImage({ ...image, ...wrong })],
    [
      "an extent",
      "dept",
      "depth",
      (it, wrong) => it.allocator.createImage({ ...image, extent: { ...image.extent, ...wrong } }),
    ],
    [
      "createDedicatedBuffer",
      "qeueFamilyIndices",
      "queueFamilyIndices",
      (it, wrong) => it.allocator.createDedicatedBuffer({ ...buffer, ...wrong }),
    ],
    [
      "createAliasingBuffer",
      "flag",
      "flags",
      (it, wrong) => it.allocator.createAliasingBuffer(it.allocation, { ...buffer, ...wrong }),
    ],
    [
      "findMemoryTypeIndexForImageInfo",
      "tilling",
      "tiling",
      (it, wrong) => it.allocator.findMemoryTypeIndexForImageInfo({ ...image, ...wrong }),
    ],
    [
      "allocateMemory",
      "prefersDedicated",
      "prefersDedicatedAllocation",
      (it, wrong) => it.allocator.allocateMemory({ ...requirements, ...wrong }),
    ],
    ["wouldAllocate", "bufer", "buffer", (it, wrong) => it.allocator.wouldAllocate(wrong as never)],
    [
      "importMemory",
      "handletype",
      "handleType",
      (it, wrong) => it.allocator.importMemory({ hostPointer: 4096n, ...wrong }, requirements),
    ],
    [
      "createAllocator",
      "heapSizeLimit",
      "heapSizeLimits",
      ({ device }, wrong) => createAllocator({ device, ...wrong }),
    ],
    ["debug", "margins", "margin", ({ device }, wrong) => createAllocator({ device, debug: wrong })],
    [
      "deviceMemoryCallbacks",
      "alocate",
      "allocate",
      ({ device }, wrong) => createAllocator({ device, deviceMemoryCallbacks: wrong }),
    ],
    [
      "createPool",
      "blocksize",
      "blockSize",
      (it, wrong) => it.allocator.createPool({ memoryTypeIndex: 0, ...wrong }),
    ],
    [
      "flushAllocations",
      "ofset",
      "offset",
      (it, wrong) => it.allocator.flushAllocations([{ allocation: it.allocation, ...wrong }]),
    ],
    ["lend", "length", "", (it, wrong) => it.allocation.lend(wrong)],
    [
      "defragment",
      "maxBytesPerpass",
      "maxBytesPerPass",
      (it, wrong) => it.allocator.defragment({ queue: it.queue, ...wrong }),
    ],
    [
      "a wish",
      "byteFreed",
      "bytesFreed",
      (it, wrong) => it.allocator.defragment({ queue: it.queue, wish: wrong }),
    ],
    ["beginDefragmentation", "canmove", "canMove", (it, wrong) => it.allocator.beginDefragmentation(wrong)],
    ["planDefragmentation", "budget", "budgets", (it, wrong) => it.allocator.planDefragmentation(wrong)],
    [
      "planDefragmentationInSlices",
      "maxMillisecondPerSlice",
      "maxMillisecondsPerSlice",
      (it, wrong) => it.allocator.planDefragmentationInSlices(wrong),
    ],
    ["a simulated device", "onevent", "onEvent", (_, wrong) => new SimulatedDevice(lavapipe, wrong)],
    [
      "features",
      "maintenance6",
      "maintenance4",
      (_, wrong) => new SimulatedDevice(lavapipe, { features: wrong }),
    ],
    ["permit", "overlaps", "overlap", (_, wrong) => new SimulatedDevice(lavapipe, { permit: wrong })],
    ["a profile", "apiversion", "apiVersion", (_, wrong) => new SimulatedDevice({ ...lavapipe, ...wrong })],
    [
      "a profile's limits",
      "nonCoherentAtom",
      "nonCoherentAtomSize",
      (_, wrong) => new SimulatedDevice({ ...lavapipe, limits: wrong }),
    ],
    [
      "a profile's requirements",
      "bufferAlign",
      "bufferAlignment",
      (_, wrong) => new SimulatedDevice({ ...lavapipe, requirements: wrong }),
    ],
    [
      "a simulated queue",
      "completesAfter",
      "completeAfter",
      ({ device }, wrong) => device.createTransferQueue(wrong),
    ],
    ["a virtual block", "flag", "flags", (_, wrong) => new VirtualBlock({ size: 64, ...wrong })],
    ["record", "stack", "stacks", (it, wrong) => record(it.allocator, wrong)],
    ["placeSync", "timelimit", "timeLimit", (_, wrong) => placeSync([], wrong)],
    ["shareObjects", "timelimits", "timeLimit", (_, wrong) => shareObjects([], wrong)],
    ["findConflict", "capasity", "capacity", (_, wrong) => findConflict([], [], wrong)],
    ["drawPlacement", "hight", "height", (_, wrong) => drawPlacement([], [], wrong)],
    ["loadVulkan", "pth", "path", (_, wrong) => loadVulkan(wrong)],
  ];

describe("a misspelt name", () => {
  it.each(misspelt)("in %s is a TypeError with the nearest name: %s", async (_, wrong, meant, call) => {
    const it = world();
    const objects = it.device.statistics();
    const made = async () => await call(it, { [wrong]: 1 });
    const text = `have no option "${wrong}"${meant === "" ? "" : `; is ${meant} meant?`}`;
    await expect(made()).rejects.toThrow(TypeError);
    await expect(made()).rejects.toThrow(text);
    expect(it.device.statistics()).toEqual(objects);
    it.allocator.validate();
    it.allocation.destroy();
    it.allocator.destroy();
  });

  it("reaches a worker's placements, too", async () => {
    const { port1, port2 } = new MessageChannel();
    expect(() => placeOn(port1 as never, [], { sed: 1 } as never)).toThrow(
      'have no option "sed"; is seed meant?',
    );
    port1.close();
    port2.close();
  });

  it("is no name that an object has from its prototype", () => {
    class Settings {
      usage = MemoryUsage.Auto;
      describe(): string {
        return "mine";
      }
    }
    const { allocator, allocation } = world();
    allocator.createBuffer(buffer, new Settings()).allocation.destroy();
    allocation.destroy();
    allocator.destroy();
  });

  it("that is like none gets no advice", () => {
    const { allocator, allocation } = world();
    expect(() => allocator.createPool({ memoryTypeIndex: 0, colour: 1 } as never)).toThrow(
      /have no option "colour"$/,
    );
    allocation.destroy();
    allocator.destroy();
  });
});

/** Where a constant that does not exist would mean the default. */
const undefinedMembers: [member: string, call: (it: World, wrong: object) => unknown][] = [
  ...["usage", "flags", "sharingMode"].map((name): [string, (it: World, wrong: object) => unknown] => [
    name,
    (it, wrong) => it.allocator.createBuffer({ ...buffer, ...wrong }),
  ]),
  ...["format", "usage", "imageType", "tiling", "samples", "flags", "sharingMode", "initialLayout"].map(
    (name): [string, (it: World, wrong: object) => unknown] => [
      name,
      (it, wrong) => it.allocator.createImage({ ...image, ...wrong }),
    ],
  ),
  ...["flags", "usage", "requiredFlags", "preferredFlags", "memoryTypeBits"].map(
    (name): [string, (it: World, wrong: object) => unknown] => [
      name,
      (it, wrong) => it.allocator.createBuffer(buffer, wrong),
    ],
  ),
  ["flags", ({ device }, wrong) => createAllocator({ device, ...wrong })],
  ["apiVersion", ({ device }, wrong) => createAllocator({ device, ...wrong })],
  ["flags", (it, wrong) => it.allocator.createPool({ memoryTypeIndex: 0, ...wrong })],
  ["flags", (it, wrong) => it.allocator.defragment({ queue: it.queue, ...wrong })],
  ["flags", (it, wrong) => it.allocator.beginDefragmentation(wrong)],
  ["flags", (it, wrong) => it.allocator.planDefragmentation(wrong)],
  ["handleType", (it, wrong) => it.allocator.importMemory({ hostPointer: 4096n, ...wrong }, requirements)],
  ["apiVersion", (_, wrong) => new SimulatedDevice(lavapipe, wrong)],
  ["deviceType", (_, wrong) => new SimulatedDevice({ ...lavapipe, ...wrong })],
  ["flags", (_, wrong) => new VirtualBlock({ size: 64, ...wrong })],
];

describe("a member of an enumeration that does not exist", () => {
  it.each(undefinedMembers)("is a TypeError where %s is given", async (member, call) => {
    const it = world();
    const objects = it.device.statistics();
    const made = async () => await call(it, { [member]: undefined });
    await expect(made()).rejects.toThrow(TypeError);
    await expect(made()).rejects.toThrow(/undefined/);
    expect(it.device.statistics()).toEqual(objects);
    it.allocation.destroy();
    it.allocator.destroy();
  });

  it("is what a misspelt constant is; other members may be undefined", () => {
    const { allocator, allocation } = world();
    const usage = (MemoryUsage as Record<string, number>).AUTO;
    expect(() => allocator.createBuffer(buffer, { usage } as never)).toThrow(
      /usage must not be undefined where it is given/,
    );
    const none = { name: undefined, pool: undefined, userData: undefined };
    allocator.createBuffer({ ...buffer, queueFamilyIndices: undefined } as never, none).allocation.destroy();
    allocation.destroy();
    allocator.destroy();
  });
});

describeWithVulkan("the options of devices", (ctx) => {
  it("have no names that do not exist", () => {
    const { vulkan } = ctx;
    const wrongs: [() => unknown, string][] = [
      [() => vulkan.createDevice({ extension: [] } as never), "is extensions meant?"],
      [() => vulkan.createDevice({ validation: { bestPractice: true } } as never), "is bestPractices meant?"],
      [() => vulkan.createDevice({ instance: { layer: [] } } as never), "is layers meant?"],
      [() => vulkan.createInstance({ extension: [] } as never), "is extensions meant?"],
      [
        () =>
          vulkan.wrapDevice({ instance: 1n, physicalDevice: 1n, device: 1n, enabledExtension: [] } as never),
        "is enabledExtensions meant?",
      ],
      [() => ctx.device.createTransferQueue({ familyIndx: 0 } as never), "is familyIndex meant?"],
      [() => vulkan.createDevice({ apiVersion: undefined } as never), "apiVersion must not be undefined"],
    ];
    for (const [call, text] of wrongs) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(text);
    }
    using instance = vulkan.createInstance();
    expect(() => instance.createDevice({ featurs: [] } as never)).toThrow("is features meant?");
  });
});
