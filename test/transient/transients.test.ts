/** Transient resources on the simulator: what they take, which barriers they need, and what is refused. */

import { describe, expect, it } from "vitest";
import { createTransients } from "../../src/transient/create.ts";
import { writesOf } from "../../src/transient/description.ts";
import type { TransientResource } from "../../src/transient/index.ts";
import { Access, ImageLayout, PipelineStage, Result } from "../../src/vulkan/index.ts";
import { bufferOf, Type, world } from "../allocator/setup.ts";
import { conflictIn, imageInfo } from "./conflicts.ts";
import { buffer, image, read, run, written } from "./graphs.ts";

describe("An access", () => {
  it.each(Object.entries(Access))("writes if its name says so: %s", (name, access) => {
    expect(writesOf(access)).toBe(name.endsWith("Write") ? access : 0);
  });

  it("writes, for all that is known, if it is of an extension that is not", () => {
    expect(writesOf(0x40000000 | Access.TransferRead)).toBe(0x40000000);
  });
});

describe("Transient resources", () => {
  it("share memory where their passes do not overlap, and have their own where they do", () => {
    const { allocator } = world();
    const resources = [
      buffer("a", 1024, 0, 1),
      buffer("b", 1024, 1, 2),
      buffer("c", 1024, 2, 3),
      buffer("d", 1024, 3, 4),
    ];
    const transients = allocator.createTransients(resources);
    const [a, b, c, d] = transients.resources;
    expect([a!.offset, b!.offset].sort()).toEqual([0, 1024]);
    expect([c!.offset, d!.offset]).toEqual([a!.offset, b!.offset]);
    expect(transients.bytes).toBe(2048);
    expect(transients.separateBytes).toBe(4096);
    expect(transients.lowerBound).toBe(2048);
    expect(transients.groups).toHaveLength(1);
    expect(transients.groups[0]!.isOptimal).toBe(true);
    expect(allocator.calculateStatistics().total.allocationCount).toBe(1);
    transients.destroy();
  });

  it("say before which pass which takes over which bytes from which others, and what waits for what", () => {
    const { allocator } = world();
    const resources: TransientResource[] = [
      {
        name: "shadows",
        image: (image("", 16, 0, 0) as { image: object }).image as never,
        uses: [
          {
            pass: 0,
            stages: PipelineStage.LateFragmentTests,
            access: Access.DepthStencilAttachmentWrite,
            layout: ImageLayout.DepthStencilAttachmentOptimal,
          },
          { pass: 1, stages: PipelineStage.FragmentShader, access: Access.ShaderRead },
        ],
      },
      {
        name: "bloom",
        image: (image("", 16, 0, 0) as { image: object }).image as never,
        uses: [
          {
            pass: 2,
            stages: PipelineStage.ColorAttachmentOutput,
            access: Access.ColorAttachmentWrite,
            layout: ImageLayout.ColorAttachmentOptimal,
          },
          { pass: 3, stages: PipelineStage.FragmentShader, access: Access.ShaderRead },
        ],
      },
    ];
    const transients = allocator.createTransients(resources);
    const shadows = transients.get("shadows");
    const bloom = transients.get("bloom");
    const range = { offset: 0, size: 1024 };
    expect(transients.takeOvers).toEqual([
      {
        kind: "takeOver",
        pass: 0,
        resource: shadows,
        target: shadows.image,
        isImage: true,
        // Of the run before.
        from: [{ resource: bloom, ...range, isFromPreviousRun: true }],
        sources: [bloom.image],
        sourceStages: PipelineStage.ColorAttachmentOutput | PipelineStage.FragmentShader,
        sourceAccess: Access.ColorAttachmentWrite,
        targetStages: PipelineStage.LateFragmentTests,
        targetAccess: Access.DepthStencilAttachmentWrite,
        layout: ImageLayout.DepthStencilAttachmentOptimal,
        aspect: 1,
      },
      {
        kind: "takeOver",
        pass: 2,
        resource: bloom,
        target: bloom.image,
        isImage: true,
        from: [{ resource: shadows, ...range, isFromPreviousRun: false }],
        sources: [shadows.image],
        sourceStages: PipelineStage.LateFragmentTests | PipelineStage.FragmentShader,
        sourceAccess: Access.DepthStencilAttachmentWrite,
        targetStages: PipelineStage.ColorAttachmentOutput,
        targetAccess: Access.ColorAttachmentWrite,
        layout: ImageLayout.ColorAttachmentOptimal,
        aspect: 1,
      },
    ]);
    expect(transients.takeOversBefore(2)).toEqual([transients.takeOvers[1]]);
    const once = allocator.createTransients(resources, { repeats: false });
    expect(once.takeOvers[0]).toMatchObject({ from: [], sources: [], sourceStages: 0, sourceAccess: 0 });
    once.destroy();
    transients.destroy();
  });

  it("wait for the last write and for every read since, but not for what those have waited for", () => {
    const { allocator } = world();
    const { ComputeShader, FragmentShader, VertexShader, Transfer } = PipelineStage;
    const uses = [
      { pass: 0, stages: Transfer, access: Access.TransferWrite },
      { pass: 1, stages: ComputeShader, access: Access.ShaderRead | Access.ShaderWrite },
      { pass: 2, stages: VertexShader, access: Access.ShaderRead },
      { pass: 3, stages: FragmentShader, access: Access.ShaderRead },
    ];
    const transients = allocator.createTransients([
      { buffer: bufferOf(64), uses },
      { buffer: bufferOf(64), uses: [written(4)] },
    ]);
    const [, after] = transients.takeOvers;
    expect(after).toMatchObject({
      pass: 4,
      sourceStages: ComputeShader | VertexShader | FragmentShader,
      sourceAccess: Access.ShaderWrite,
    });
    transients.destroy();
  });

  it("leave their memory to others where they discard what they contained", () => {
    const { allocator, device } = world();
    const resources = [
      {
        ...buffer("history", 1024, 0, 1),
        uses: [written(0), read(1), written(4, { discards: true }), read(5)],
      },
      buffer("between", 1024, 2, 3),
    ] as TransientResource[];
    const transients = allocator.createTransients(resources);
    expect(transients.bytes).toBe(1024);
    expect(transients.takeOvers.map(({ pass, resource }) => [pass, resource.name])).toEqual([
      [0, "history"],
      [2, "between"],
      [4, "history"],
    ]);
    run(device, allocator, resources, transients);
    transients.destroy();
  });

  it("keep linear and other resources off each other's pages while both are alive", () => {
    const limits = { bufferImageGranularity: 4096, nonCoherentAtomSize: 64 };
    const { allocator, device } = world({ limits });
    const resources = [buffer("buffer", 100, 0, 3), image("image", 8, 0, 3), buffer("later", 3000, 4, 5)];
    const transients = allocator.createTransients(resources);
    expect(conflictIn(transients, 4096)).toBeUndefined();
    expect(transients.groups[0]!.allocation.offset % 4096).toBe(0);
    // The image's page becomes the buffer's: it waits for the image, though not one byte of it is shared.
    const later = transients.takeOvers.find(({ resource }) => resource.name === "later")!;
    expect(later.from.length).toBeGreaterThan(0);
    run(device, allocator, resources, transients);
    transients.destroy();
  });

  it("form groups by memory type", () => {
    const { allocator, device } = world();
    const wide = buffer("wide", 512, 0, 1);
    device.setRequirements(({ kind }) => (kind === "image" ? { memoryTypeBits: 1 << Type.Host } : undefined));
    const transients = allocator.createTransients([
      wide,
      image("narrow", 8, 2, 3),
      buffer("other", 512, 2, 3),
    ]);
    expect(transients.groups.map(({ memoryTypeIndex: memoryType }) => memoryType).sort()).toEqual([
      Type.Device,
      Type.Host,
    ]);
    expect(transients.get("wide").allocation).toBe(transients.get("other").allocation);
    expect(transients.get("narrow").allocation).not.toBe(transients.get("other").allocation);
    transients.destroy();
  });

  it("come from a pool", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Window, name: "frame" });
    const transients = allocator.createTransients([buffer("a", 512, 0, 1), image("b", 8, 1, 2)], {
      allocation: { pool },
    });
    expect(allocator.getPoolStatistics(pool).allocationCount).toBe(1);
    expect(transients.groups[0]!.memoryTypeIndex).toBe(Type.Window);
    transients.destroy();
    allocator.destroyPool(pool);
  });

  it("have memory of their own where the driver demands it", () => {
    const { allocator, device } = world();
    device.setRequirements(({ kind }) =>
      kind === "image" ? { requiresDedicatedAllocation: true } : undefined,
    );
    const resources = [image("a", 8, 0, 1), image("b", 8, 2, 3), buffer("c", 64, 0, 1)];
    const transients = allocator.createTransients(resources);
    expect(transients.groups).toHaveLength(3);
    run(device, allocator, resources, transients);
    transients.destroy();
  });

  it("stay where they are when they are made again with others, as far as there is room", () => {
    const { allocator, device } = world();
    const before = [buffer("a", 4096, 0, 1), buffer("b", 1024, 1, 2), buffer("c", 512, 2, 3)];
    const first = allocator.createTransients(before);
    const memory = first.groups[0]!.allocation;
    const after = [buffer("a", 4096, 0, 1), buffer("b", 2048, 2, 3), buffer("c", 512, 2, 3)];
    const second = allocator.createTransients(after, { previous: first });
    expect(second.groups[0]!.allocation).toBe(memory);
    expect(second.get("a").buffer).toBe(first.get("a").buffer);
    expect(second.get("a").offset).toBe(first.get("a").offset);
    expect(second.get("c").buffer).toBe(first.get("c").buffer);
    expect(second.get("b").buffer).not.toBe(first.get("b").buffer);
    first.destroy();
    expect(
      device
        .leaks()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["buffer", "buffer", "buffer", "memory"]);
    run(device, allocator, after, second);

    // More than there is room for: new memory for all of them.
    const third = allocator.createTransients([buffer("a", 4096, 0, 1), buffer("b", 65536, 1, 2)], {
      previous: second,
    });
    expect(third.groups[0]!.allocation).not.toBe(memory);
    expect(third.get("a").buffer).not.toBe(second.get("a").buffer);
    second.destroy();
    expect(memory.isFreed).toBe(true);
    third.destroy();
    expect(device.leaks().filter(({ kind }) => kind === "buffer")).toEqual([]);
  });

  it("join those that stay where they fill their memory to the last byte", () => {
    const { allocator, device } = world();
    const first = allocator.createTransients([buffer("a", 4096, 0, 1)]);
    const memory = first.groups[0]!.allocation;
    expect(memory.size).toBe(4096);
    const after = [buffer("a", 4096, 0, 1), buffer("b", 4096, 2, 3)];
    const second = allocator.createTransients(after, { previous: first });
    first.destroy();
    expect(second.groups.map(({ allocation }) => allocation)).toEqual([memory]);
    run(device, allocator, after, second);
    second.destroy();
  });

  it("are made anew where what stays would be in the way of others", () => {
    const { allocator, device } = world();
    // b and c have the same bytes; now both are alive in pass 2.
    const first = allocator.createTransients([
      buffer("a", 1024, 0, 1),
      buffer("b", 1024, 2, 3),
      buffer("big", 2048, 4, 5),
    ]);
    expect(first.get("a").offset).toBe(first.get("b").offset);
    const after = [buffer("a", 1024, 0, 2), buffer("b", 1024, 2, 3)];
    const second = allocator.createTransients(after, { previous: first });
    first.destroy();
    expect(second.get("a").offset).not.toBe(second.get("b").offset);
    run(device, allocator, after, second);
    second.destroy();
  });

  it("are destroyed at the end of a scope, their own or their allocator's", () => {
    const { allocator, device } = world();
    {
      using transients = allocator.createTransients([buffer("a", 512, 0, 1)]);
      expect(transients.isDestroyed).toBe(false);
    }
    expect(device.statistics().bufferCount).toBe(0);
    const messages: string[] = [];
    const other = world({}, { debug: { log: (message) => messages.push(message) } });
    const transients = other.allocator.createTransients([buffer("a", 512, 0, 1), image("b", 8, 0, 1)]);
    other.allocator[Symbol.dispose]();
    transients[Symbol.dispose]();
    expect(messages.join()).toContain("transients");
    expect(other.device.leaks()).toEqual([]);
  });

  it("are left alone at the end of their scope where the allocator has gone before them", () => {
    const { allocator, device } = world();
    const transients = allocator.createTransients([buffer("a", 512, 0, 1)]);
    const handle = transients.get("a").buffer!;
    allocator.destroy(true);
    expect(() => transients.destroy()).toThrow("used after it was destroyed");
    transients[Symbol.dispose]();
    device.destroyBuffer(handle);
    expect(device.leaks()).toEqual([]);
  });

  it("are found by who looks for leaks, under their name", () => {
    const { allocator } = world();
    const transients = allocator.createTransients([buffer("a", 512, 0, 1)], {
      allocation: { name: "frame" },
    });
    expect(allocator.leaks().map(({ name }) => name)).toEqual(["frame"]);
    expect(String(transients)).toBe("Transients: 1 resources in 512 bytes, 512 apart");
    expect(JSON.parse(JSON.stringify(transients))).toMatchObject({ bytes: 512, isDestroyed: false });
    transients.destroy();
    transients.destroy();
  });

  it("stay where they are when memory is defragmented", () => {
    const { allocator } = world();
    const filler = allocator.createBuffer(bufferOf(4096));
    const transients = allocator.createTransients([buffer("a", 512, 0, 1)]);
    filler.allocation.destroy();
    expect(allocator.planDefragmentation().moves).toEqual([]);
    transients.destroy();
  });
});

describe("Transient resources that make no sense", () => {
  const a = buffer("a", 64, 0, 1);
  it.each<[string, unknown, RegExp]>([
    ["no list", {}, /resources must be an array/],
    ["neither buffer nor image", [{ uses: [written(0)] }], /resources\[0\] must have either buffer or image/],
    ["both", [{ ...a, image: {} }], /\("a"\) must have either buffer or image/],
    ["no uses", [{ ...a, uses: [] }], /used in at least one pass/],
    ["a negative pass", [{ ...a, uses: [written(-1)] }], /the pass of uses\[0\] of resources\[0\].*-1/],
    ["no stages", [{ ...a, uses: [written(0, { stages: 0 })] }], /the stages of uses\[0\]/],
    ["no layout", [{ ...a, uses: [written(0, { layout: 0 })] }], /the layout of uses\[0\]/],
    ["a first use that reads", [{ ...a, uses: [read(3)] }], /is read in pass 3, and nothing is written/],
    ["two of one name", [a, a], /resources\[1\] \("a"\) has the name of resources\[0\]/],
    ["a misspelt member", [{ ...a, nam: "a" }], /no option "nam"; is name meant/],
    ["a misspelt member of a use", [{ ...a, uses: [{ ...written(0), discard: true }] }], /is discards meant/],
    ["a stage that does not exist", [{ ...a, uses: [{ ...written(0), stages: undefined }] }], /stages must/],
    ["an empty buffer", [buffer("", 0, 0, 1)], /at least 1 byte/],
    [
      "an empty image",
      [{ ...image("i", 8, 0, 1), image: { ...imageInfo(), extent: { width: 0, height: 8 } } }],
      /an image's extent, mipLevels and arrayLayers are at least 1/,
    ],
    ["a sparse image", [{ ...image("i", 8, 0, 1), image: { ...imageInfo(), flags: 1 } }], /sparse/],
    ["a disjoint image", [{ ...image("i", 8, 0, 1), image: { ...imageInfo(), flags: 0x200 } }], /disjoint/],
  ])("are refused: %s", (_name, resources, message) => {
    const { allocator } = world();
    expect(() => allocator.createTransients(resources as TransientResource[])).toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    ["a misspelt option", { timelimit: 3 }, /timelimit/],
    ["a negative time", { timeLimit: -1 }, /timeLimit must be at least 0 milliseconds, got -1/],
    ["something else as previous", { previous: {} }, /previous must be what createTransients returned/],
    ["settings that exclude each other", { allocation: { flags: 0xc00 } }, /exclude each other/],
  ])("are refused: %s", (_name, options, message) => {
    const { allocator } = world();
    expect(() => allocator.createTransients([a], options)).toThrow(message);
  });

  it("are refused where previous is another allocator's, or destroyed", () => {
    const { allocator } = world();
    const previous = allocator.createTransients([a]);
    expect(() => world().allocator.createTransients([a], { previous })).toThrow(/another allocator/);
    previous.destroy();
    expect(() => allocator.createTransients([a], { previous })).toThrow(/must not be destroyed before/);
  });

  it("are not destroyed one by one, with their memory or without it", () => {
    const { allocator, device } = world();
    const transients = allocator.createTransients([a, image("i", 8, 1, 2)]);
    const [made, drawn] = [transients.get("a"), transients.get("i")];
    const refusal = /is a transient resource: what createTransients returned destroys it/;
    expect(() => allocator.destroyBuffer(made.buffer!)).toThrow(refusal);
    expect(() => allocator.destroyImage(drawn.image!, drawn.allocation)).toThrow(refusal);
    expect(made.allocation.isFreed).toBe(false);
    transients.destroy();
    expect(device.leaks().filter(({ kind }) => kind !== "memory")).toEqual([]);
    // The driver may give the same handle to another buffer: that one is the program's.
    const other = allocator.createBuffer(bufferOf(64));
    allocator.destroyBuffer(other.buffer, other.allocation);
  });

  it("leave what was there before as it was, where the driver fails", () => {
    const { allocator, device } = world();
    const before = [buffer("a", 4096, 0, 1), buffer("b", 1024, 1, 2)];
    const first = allocator.createTransients(before);
    run(device, allocator, before, first);
    const leaks = device.leaks();
    // More than a block has room for, so that memory is asked for, too.
    const after = [before[0]!, buffer("b", 2 ** 25, 1, 2)];
    for (const call of ["vkCreateBuffer", "vkAllocateMemory", "vkBindBufferMemory"] as const) {
      device.faults.failNext(call, Result.ErrorOutOfDeviceMemory, { times: 99 });
      expect(() => allocator.createTransients(after, { previous: first })).toThrow(
        /VK_ERROR_OUT_OF_DEVICE_MEMORY/,
      );
      device.faults.clear();
      expect(device.leaks()).toEqual(leaks);
      run(device, allocator, before, first);
    }
    const second = allocator.createTransients(after, { previous: first });
    first.destroy();
    expect(second.get("b").buffer).not.toBe(first.get("b").buffer);
    second.destroy();
  });

  it("say where memory is out, and leave nothing behind", () => {
    const { allocator, device } = world();
    const huge = buffer("huge", 2 ** 31, 0, 1);
    expect(() => allocator.createTransients([a, huge])).toThrow(/VK_ERROR_OUT_OF_DEVICE_MEMORY/);
    expect(allocator.lastRefusal).toBeDefined();
    expect(device.leaks()).toEqual([]);
    expect(createTransients(allocator.state, [a, huge])).toBeUndefined();
  });
});
