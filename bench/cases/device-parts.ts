/**
 * Where the time goes in one createBuffer and destroyBuffer: the driver's calls one by one, through koffi and
 * from C++, and the division of the block. The calls are the port's, which is what the allocator makes.
 */

import type { NativeDevice } from "../../src/ffi/index.ts";
import type { BufferCreateInfo } from "../../src/index.ts";
import { NO_ALLOCATION, VirtualBlock } from "../../src/metadata/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { type Case, referenceSide, SideName } from "../harness/case.ts";
import { openDevice } from "../harness/device.ts";
import { deviceRequest, roundOf, STORAGE, type Work } from "./device-work.ts";

const GROUP = "Where the time of createBuffer and destroyBuffer goes";
const SIZE = 65536;
const INFO: BufferCreateInfo = { size: SIZE, usage: STORAGE };
const WARMUP = 10_000;
const OPERATIONS = 100_000;

function createAndDestroy(device: NativeDevice): Work {
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) device.destroyBuffer(device.createBuffer(INFO));
      return count;
    },
    finish: () => {},
  };
}

/** Asks for the requirements of one and the same buffer. */
function requirementsOf(device: NativeDevice, dedicated: boolean): Work {
  const buffer = device.createBuffer(INFO);
  const requirements = emptyMemoryRequirements();
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) device.getBufferMemoryRequirements(buffer, requirements, dedicated);
      return count;
    },
    finish: () => device.destroyBuffer(buffer),
  };
}

/** A buffer can be bound only once, so it is made and destroyed around it. */
function createBindAndDestroy(device: NativeDevice): Work {
  const requirements = emptyMemoryRequirements();
  const probe = device.createBuffer(INFO);
  device.getBufferMemoryRequirements(probe, requirements, false);
  device.destroyBuffer(probe);
  const memoryTypeIndex = 31 - Math.clz32(requirements.memoryTypeBits & -requirements.memoryTypeBits);
  const memory = device.allocateMemory({ allocationSize: requirements.size, memoryTypeIndex });
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) {
        const buffer = device.createBuffer(INFO);
        device.bindBufferMemory(buffer, memory, 0);
        device.destroyBuffer(buffer);
      }
      return count;
    },
    finish: () => device.freeMemory(memory),
  };
}

/** The same allocation from a block over and over, beside another. */
function divideBlock(): Work {
  const block = new VirtualBlock({ size: 256 * 1024 ** 2 });
  block.allocate(SIZE, 64);
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const made = block.allocate(SIZE, 64);
        if (made !== NO_ALLOCATION) sum = (sum + block.offset(made)) >>> 0;
        block.free(made);
      }
      return sum;
    },
    finish: () => block.clear(),
  };
}

function partCase(id: string, title: string, part: string, start: (device: NativeDevice) => Work): Case {
  return {
    id: `device-parts/${id}`,
    group: GROUP,
    title,
    operation: "time",
    sides: (context) => {
      const device = openDevice();
      if (device === undefined) return [];
      return [
        { name: SideName.Ours, exact: true, round: () => roundOf(start(device), WARMUP, OPERATIONS) },
        referenceSide(context, {
          ...deviceRequest(device, "device-part"),
          part,
          warmup: WARMUP,
          operations: OPERATIONS,
        }),
      ];
    },
  };
}

export const partCases: readonly Case[] = [
  partCase("create", "vkCreateBuffer and vkDestroyBuffer", "create", createAndDestroy),
  partCase("requirements", "vkGetBufferMemoryRequirements", "requirements", (device) =>
    requirementsOf(device, false),
  ),
  partCase(
    "requirements-2",
    "vkGetBufferMemoryRequirements2, whether it prefers dedicated memory",
    "requirements2",
    (device) => requirementsOf(device, true),
  ),
  partCase("bind", "vkCreateBuffer, vkBindBufferMemory and vkDestroyBuffer", "bind", createBindAndDestroy),
  partCase("divide", "allocate and free in a block", "divide", divideBlock),
];
