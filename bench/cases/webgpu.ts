/**
 * A heap of GPUBuffers beside other ways to have many buffers: a GPUBuffer each on dawn, and the ways in which well-known programs
 * divide a big one. Sizes are those of meshes. The heap's own buffers are made by a device that does nothing, as are the others'.
 * And how data gets to the device.
 */

import { type Case, type Side, SideName } from "../harness/case.ts";
import { bufferRound, heapRound, type MeshChurn, meshChurn, otherRound } from "../harness/heap-churn.ts";
import { idleDevice } from "../harness/idle-device.ts";
import { BumpAndSortedIds, FirstFit, type OtherHeap, PowerOfTwoLists } from "../harness/other-heaps.ts";
import { UPLOAD_SIZES, uploadRound } from "../harness/uploads.ts";
import { hasDawn, requestDawn } from "../harness/webgpu.ts";

const GROUP = "WebGPU: many allocations in few buffers";

function heapSide(churned: MeshChurn): Side {
  return {
    name: SideName.Ours,
    exact: false,
    note: "blocks of 64 MiB, kept when they are empty; aligned to 4 bytes; handles checked",
    round: () => heapRound(churned, idleDevice()),
  };
}

function otherSide<Handle>(
  churned: MeshChurn,
  name: SideName,
  note: string,
  make: (size: number) => OtherHeap<Handle>,
): Side {
  return { name, exact: false, note, round: () => otherRound(churned, make) };
}

/**
 * Dawn on SwiftShader ends the process at some 32,700 buffers: each has two mappings, and Linux allows a process 65,530 of them. Those
 * that were destroyed count until the device has had its turn.
 */
const MOST_BUFFERS = 25_000;
/** A buffer takes a hundred times as long, and a few thousand operations are enough. */
const BUFFER_OPERATIONS = 5_000;

function bufferSide(live: number): Side {
  const count = Math.min(live, MOST_BUFFERS);
  const fewer = count < live ? `${count.toLocaleString("en")} live, as there cannot be more; ` : "";
  return {
    name: SideName.BufferEach,
    exact: false,
    note: `${fewer}createBuffer and destroy; timed over ${BUFFER_OPERATIONS.toLocaleString("en")} operations`,
    round: async () => {
      const device = await requestDawn();
      if (device === undefined) throw new Error("there is no dawn");
      const round = bufferRound(meshChurn(count, BUFFER_OPERATIONS), device);
      await device.queue.onSubmittedWorkDone();
      device.destroy();
      return round;
    },
  };
}

function churnCase(live: number, operations: number): Case {
  const churned = meshChurn(live, operations);
  return {
    id: `webgpu/churn-${live}`,
    group: GROUP,
    title: `${live.toLocaleString("en")} meshes live`,
    operation: "allocate or free",
    rounds: 3,
    sides: async () => [
      heapSide(churned),
      (await hasDawn()) ? bufferSide(live) : undefined,
      otherSide(
        churned,
        SideName.PowerOfTwoLists,
        "written anew after PlayCanvas's block allocator: no alignment, no checks",
        (size) => new PowerOfTwoLists(size),
      ),
      otherSide(
        // Several times as many as fill the buffer, so that everything is moved together now and then.
        meshChurn(live, 10 * live),
        SideName.SortedIds,
        "written anew after three.js's BatchedMesh; timed over ten operations for each mesh, without moving bytes",
        (size) => new BumpAndSortedIds(size),
      ),
      otherSide(
        meshChurn(live, 100_000),
        SideName.FirstFit,
        "a free list by address; timed over 100,000 operations",
        (size) => new FirstFit(size),
      ),
    ],
  };
}

/** What buffers take, for the meshes that are alive at the end of a churn. */
const memoryCase: Case = {
  id: "webgpu/memory-5000",
  group: GROUP,
  title: "memory of 5,000 meshes",
  operation: "after a million operations",
  rounds: 1,
  warmupRounds: 0,
  figures: [
    { name: "buffers", title: "GPUBuffers of 5,000 meshes", unit: "buffers" },
    { name: "bytes of buffers", title: "bytes of those GPUBuffers", unit: "B" },
    { name: "bytes alive", title: "of which meshes need", unit: "B" },
  ],
  sides: async () => [
    heapSide(meshChurn(5_000, 1_000_000)),
    (await hasDawn()) ? bufferSide(5_000) : undefined,
  ],
};

function uploadCase(size: number): Case {
  const side = (name: SideName, uploads: "writeBuffer" | "ring"): Side => ({
    name,
    exact: true,
    note: "in the thread that writes, with flush and submit; dawn on SwiftShader",
    round: async () => {
      const device = await requestDawn();
      if (device === undefined) throw new Error("there is no dawn");
      const round = await uploadRound(device, uploads, size);
      device.destroy();
      return round;
    },
  });
  return {
    id: `webgpu/upload-${size}`,
    group: "WebGPU: writing to a heap",
    title: `${size.toLocaleString("en")} bytes`,
    operation: "a write",
    rounds: 3,
    sides: async () => [side(SideName.UploadRing, "ring"), side(SideName.UploadWriteBuffer, "writeBuffer")],
  };
}

export const webGpuCases: readonly Case[] = [
  churnCase(5_000, 1_000_000),
  churnCase(50_000, 1_000_000),
  memoryCase,
  ...UPLOAD_SIZES.map(uploadCase),
];
