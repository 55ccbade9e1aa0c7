/** What is done while driver calls fail: lists of steps, each one call of the library. */

import { expect } from "vitest";
import {
  Access,
  type Allocation,
  AllocationCreate,
  type AllocatorCreateInfo,
  DefragmentationFlag,
  ExternalMemoryHandleType,
  Format,
  ImageLayout,
  ImageTiling,
  ImageUsage,
  MemoryProperty,
  MemoryUsage,
  PipelineStage,
  type Pool,
  PoolCreate,
  StructureType,
  type TransientResource,
  type Transients,
  type TransientUse,
} from "../../src/index.ts";
import type { FallibleCall, SimulatedDeviceOptions } from "../../src/simulator/index.ts";
import type { Buffer, Image } from "../../src/vulkan/index.ts";
import { sharedMemory, WASM_PAGE } from "../helpers/wasm.ts";
import type { World } from "../helpers/world.ts";
import { bufferOf, bytes, everyKindWorld, imageOf, KiB, MiB, Type } from "./world.ts";

/** One call of the library. */
export interface Step {
  readonly name: string;
  readonly run: () => unknown;
  /** Whether it answers undefined where memory is out. */
  readonly answersUndefined?: boolean;
}

/** Steps on a world of their own, which is empty again after the last one. */
export interface Scenario {
  readonly name: string;
  readonly world: () => World;
  readonly steps: (world: World) => Step[];
  /** The calls for whose failure there may be another way: other memory, or to do without. */
  readonly recoverable: readonly FallibleCall[];
}

const { Mapped, HostAccessRandom, HostAccessSequentialWrite, DedicatedMemory } = AllocationCreate;
const hostWrite = HostAccessSequentialWrite | Mapped;

/** A step for each function, under its name. */
function stepsOf(functions: Record<string, () => unknown>): Step[] {
  return Object.entries(functions).map(([name, run]) => ({
    name,
    run,
    answersUndefined: name.startsWith("try") || name.startsWith("plan"),
  }));
}

/** Things made by one step and used by later ones. */
class Bag {
  readonly allocations: Map<string, Allocation> = new Map();
  readonly resources: Map<string, bigint> = new Map();
  readonly pools: Map<string, Pool> = new Map();

  /** Keeps what a createBuffer or createImage returned. */
  keep(
    name: string,
    made: { readonly allocation: Allocation; readonly buffer?: Buffer; readonly image?: Image } | undefined,
  ): unknown {
    if (made === undefined) return undefined;
    this.allocations.set(name, made.allocation);
    this.resources.set(name, (made.buffer ?? made.image)!);
    return made;
  }

  hold(name: string, allocation: Allocation | undefined): unknown {
    if (allocation !== undefined) this.allocations.set(name, allocation);
    return allocation;
  }

  get(name: string): Allocation {
    return this.allocations.get(name)!;
  }

  resource<Handle extends Buffer | Image = Buffer>(name: string): Handle {
    return this.resources.get(name) as Handle;
  }

  pool(name: string): Pool {
    return this.pools.get(name)!;
  }
}

function buffersSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  return stepsOf({
    "create a buffer": () => bag.keep("device", allocator.createBuffer(bufferOf(5000))),
    "create a mapped buffer": () =>
      bag.keep(
        "mapped",
        allocator.createBuffer(bufferOf(3000), { usage: MemoryUsage.Auto, flags: hostWrite, name: "mapped" }),
      ),
    "create one like it": () =>
      bag.keep(
        "mapped 2",
        allocator.createBuffer(bufferOf(2000), {
          usage: MemoryUsage.Auto,
          flags: hostWrite,
          name: "like it",
        }),
      ),
    "create another like the first": () => bag.keep("device 2", allocator.createBuffer(bufferOf(4000))),
    "try to create one to read from": () =>
      bag.keep(
        "read",
        allocator.tryCreateBuffer(bufferOf(700), { usage: MemoryUsage.Auto, flags: HostAccessRandom }),
      ),
    "try to create one like the mapped one": () =>
      bag.keep(
        "mapped 3",
        allocator.tryCreateBuffer(bufferOf(100), { usage: MemoryUsage.Auto, flags: hostWrite }),
      ),
    "create one that is aligned": () =>
      bag.keep("aligned", allocator.createBuffer(bufferOf(64), { minAlignment: 4096 })),
    "create one that fits no block": () => bag.keep("large", allocator.createBuffer(bufferOf(12 * MiB))),
    "create one in mapped memory of its own": () =>
      bag.keep(
        "dedicated",
        allocator.createDedicatedBuffer(bufferOf(64 * KiB), { usage: MemoryUsage.Auto, flags: hostWrite }),
      ),
    "create one and do not bind it": () =>
      bag.keep("unbound", allocator.createBuffer(bufferOf(50), { flags: AllocationCreate.DontBind })),
    "bind it": () => allocator.bindBufferMemory(bag.get("unbound"), bag.resource("unbound")),
    "create an aliasing buffer": () =>
      bag.resources.set("alias", allocator.createAliasingBuffer(bag.get("held"), bufferOf(512), 256)),
    "create one with transfers instead": () =>
      bag.keep(
        "instead",
        allocator.createBuffer(bufferOf(900), {
          usage: MemoryUsage.Auto,
          flags: HostAccessSequentialWrite | Mapped | AllocationCreate.HostAccessAllowTransferInstead,
        }),
      ),
    "destroy them": () => {
      for (const name of ["alias", ...bag.allocations.keys()]) {
        if (name !== "held") allocator.destroyBuffer(bag.resource(name), bag.allocations.get(name));
      }
      allocator.freeMemory(bag.get("held"));
    },
  }).flatMap((step) =>
    step.name === "create an aliasing buffer"
      ? [
          {
            name: "memory to alias",
            run: () =>
              bag.hold(
                "held",
                allocator.allocateMemory(bytes(4096, Type.Device, 256), { flags: AllocationCreate.CanAlias }),
              ),
          },
          step,
        ]
      : [step],
  );
}

function imagesSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  return stepsOf({
    "create an image": () => bag.keep("optimal", allocator.createImage(imageOf(32))),
    "create a linear one to write to": () =>
      bag.keep(
        "linear",
        allocator.createImage(imageOf(16, { tiling: ImageTiling.Linear }), {
          usage: MemoryUsage.Auto,
          flags: hostWrite,
        }),
      ),
    "try to create one": () => bag.keep("tried", allocator.tryCreateImage(imageOf(20))),
    "create one in memory of its own": () =>
      bag.keep("dedicated", allocator.createDedicatedImage(imageOf(64), { name: "own" })),
    "create a transient attachment": () =>
      bag.keep(
        "transient",
        allocator.createImage(
          imageOf(64, { usage: ImageUsage.TransientAttachment | ImageUsage.ColorAttachment }),
          { usage: MemoryUsage.GpuLazilyAllocated },
        ),
      ),
    "allocate memory to alias": () =>
      bag.hold(
        "held",
        allocator.allocateMemory(bytes(64 * KiB, Type.Device, 1024), { flags: AllocationCreate.CanAlias }),
      ),
    "create an aliasing image": () =>
      bag.resources.set("alias", allocator.createAliasingImage(bag.get("held"), imageOf(32), 1024)),
    "destroy the alias": () => allocator.destroyImage(bag.resource("alias")),
    "destroy them": () => {
      for (const [name, allocation] of bag.allocations)
        allocator.destroyImage(bag.resources.get(name) as Image, allocation);
    },
  });
}

function transientSteps({ allocator, device }: World): Step[] {
  const use = (pass: number, access: number): TransientUse => ({
    pass,
    access,
    stages: PipelineStage.Transfer,
  });
  const uses = (first: number, last: number): TransientUse[] => [
    use(first, Access.TransferWrite),
    use(last, Access.TransferRead),
  ];
  const before: TransientResource[] = [
    { name: "a", buffer: bufferOf(3000), uses: uses(0, 1) },
    { name: "b", image: imageOf(32), uses: uses(1, 2) },
    { name: "c", image: imageOf(16, { tiling: ImageTiling.Linear }), uses: uses(2, 3) },
    { name: "alone", image: imageOf(48), uses: uses(0, 3) },
  ];
  const after: TransientResource[] = [
    before[0]!,
    { name: "b", image: imageOf(20), uses: uses(1, 2) },
    { name: "large", buffer: bufferOf(200 * KiB), uses: uses(4, 5) },
    before[3]!,
  ];
  device.setRequirements((resource) =>
    resource.kind === "image" && resource.info.extent.width === 48
      ? { requiresDedicatedAllocation: true }
      : undefined,
  );
  let first: Transients | undefined;
  let second: Transients | undefined;
  return stepsOf({
    "create them": () => {
      first = allocator.createTransients(before, { timeLimit: 0 });
    },
    "make them again": () => {
      second = allocator.createTransients(after, { timeLimit: 0, previous: first });
    },
    "destroy what is left": () => first!.destroy(),
    "destroy them": () => second!.destroy(),
  });
}

function memorySteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  let pages: Allocation[] = [];
  return stepsOf({
    "allocate memory": () => bag.hold("plain", allocator.allocateMemory(bytes(1000))),
    "allocate mapped memory": () =>
      bag.hold("mapped", allocator.allocateMemory(bytes(1000, Type.Host), { flags: hostWrite })),
    "try to allocate memory": () =>
      bag.hold("tried", allocator.tryAllocateMemory(bytes(300, Type.NonCoherent))),
    "allocate dedicated memory": () =>
      bag.hold("dedicated", allocator.allocateDedicatedMemory(bytes(1000, Type.Host), { flags: hostWrite })),
    "allocate pages in several blocks": () => {
      pages = allocator.allocateMemoryPages(bytes(300 * KiB, Type.Host), 5, { flags: hostWrite });
    },
    "allocate pages and nothing else": () => {
      pages = [...pages, ...allocator.allocateMemoryPages(bytes(400 * KiB, Type.Window), 4)];
    },
    "create a buffer by hand": () => bag.resources.set("buffer", device.createBuffer(bufferOf(800))),
    "allocate memory for it": () =>
      bag.hold("for buffer", allocator.allocateMemoryForBuffer(bag.resource("buffer"))),
    "bind it with a chain": () =>
      allocator.bindBufferMemory(bag.get("for buffer"), bag.resource("buffer"), 0, []),
    "create an image by hand": () => bag.resources.set("image", device.createImage(imageOf(16))),
    "allocate memory for the image": () =>
      bag.hold("for image", allocator.allocateMemoryForImage(bag.resource("image"))),
    "bind the image": () => allocator.bindImageMemory(bag.get("for image"), bag.resource("image")),
    "free all": () => {
      device.destroyBuffer(bag.resource("buffer"));
      device.destroyImage(bag.resource("image"));
      allocator.freeMemoryPages([...pages, ...bag.allocations.values()]);
    },
  });
}

function disjointSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const format = Format.G8B8R8_2Plane420Unorm;
  const plane = (planeAspect: number) =>
    [{ sType: StructureType.BindImagePlaneMemoryInfo, planeAspect }] as const;
  return stepsOf({
    "create a disjoint image": () =>
      bag.resources.set("image", device.createImage(imageOf(32, { format, flags: 0x200 }))),
    "allocate for its planes": () =>
      bag.hold("planes", allocator.allocateMemory(bytes(64 * KiB, Type.Device, 4096))),
    "bind plane 0": () => allocator.bindImageMemory(bag.get("planes"), bag.resource("image"), 0, plane(0x10)),
    "bind plane 1": () =>
      allocator.bindImageMemory(bag.get("planes"), bag.resource("image"), 32 * KiB, plane(0x20)),
    "destroy both": () => allocator.destroyImage(bag.resource("image"), bag.get("planes")),
  });
}

function poolsSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const inPool = (name: string, more: object = {}) => ({ pool: bag.pool(name), ...more });
  return stepsOf({
    "create a pool": () => bag.pools.set("plain", allocator.createPool({ memoryTypeIndex: Type.Device })),
    "create a pool with a minimum of blocks": () =>
      bag.pools.set(
        "minimum",
        allocator.createPool({
          memoryTypeIndex: Type.Host,
          blockSize: 256 * KiB,
          minBlockCount: 3,
          name: "min",
        }),
      ),
    "create a linear pool": () =>
      bag.pools.set(
        "linear",
        allocator.createPool({
          memoryTypeIndex: Type.NonCoherent,
          flags: PoolCreate.LinearAlgorithm,
          blockSize: 64 * KiB,
          maxBlockCount: 1,
        }),
      ),
    "create a buffer in the pool": () =>
      bag.keep("plain", allocator.createBuffer(bufferOf(4 * KiB), inPool("plain"))),
    "create a mapped buffer in the second": () =>
      bag.keep(
        "mapped",
        allocator.createBuffer(bufferOf(200 * KiB), inPool("minimum", { flags: hostWrite })),
      ),
    "create one like it": () =>
      bag.keep(
        "mapped 2",
        allocator.createBuffer(bufferOf(20 * KiB), inPool("minimum", { flags: hostWrite })),
      ),
    "allocate below in the linear pool": () =>
      bag.hold("lower", allocator.allocateMemory(bytes(1000), inPool("linear", { flags: hostWrite }))),
    "allocate above in the linear pool": () =>
      bag.hold(
        "upper",
        allocator.allocateMemory(bytes(2000), inPool("linear", { flags: AllocationCreate.UpperAddress })),
      ),
    "create a fourth block": () =>
      bag.hold("pages", allocator.allocateMemory(bytes(250 * KiB), inPool("minimum"))),
    "free what is in them": () => {
      allocator.destroyBuffer(bag.resource("plain"), bag.get("plain"));
      allocator.destroyBuffer(bag.resource("mapped"), bag.get("mapped"));
      allocator.destroyBuffer(bag.resource("mapped 2"), bag.get("mapped 2"));
      allocator.freeMemoryPages([bag.get("lower"), bag.get("upper"), bag.get("pages")]);
    },
    trim: () => allocator.trim(),
    "destroy the pools": () => {
      for (const pool of bag.pools.values()) allocator.destroyPool(pool);
    },
  });
}

function spanningSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const queue = device.createTransferQueue({ completeAfter: 1 });
  const pool = () => bag.pool("spanning");
  const inPool = (more: object = {}) => ({ pool: pool(), ...more });
  const names = ["a", "b", "c", "d", "e", "f"];
  return stepsOf({
    "create a pool of three memory types": () =>
      bag.pools.set(
        "spanning",
        allocator.createPool({
          memoryTypeIndex: Type.Device,
          fallbackMemoryTypes: [Type.Window, Type.Host],
          blockSize: 256 * KiB,
          minBlockCount: 2,
          maxBlockCount: 5,
          name: "spanning",
        }),
      ),
    "create a buffer in the first type": () =>
      bag.keep("first", allocator.createBuffer(bufferOf(100 * KiB), inPool())),
    "create one for the host": () =>
      bag.keep("host", allocator.createBuffer(bufferOf(50 * KiB), inPool({ flags: hostWrite | Mapped }))),
    ...Object.fromEntries(
      names.map((name) => [
        `create buffer ${name}`,
        () => bag.keep(name, allocator.createBuffer(bufferOf(120 * KiB), inPool())),
      ]),
    ),
    "create an image": () => bag.keep("image", allocator.createImage(imageOf(64), inPool())),
    "ask for more than a block holds": () => {
      expect(allocator.tryAllocateMemory(bytes(300 * KiB), inPool())).toBeUndefined();
    },
    "use the image": () => device.setImageLayout(bag.resource<Image>("image"), ImageLayout.General),
    "write where the host can": () => bag.get("host").write(new Uint8Array(1000).fill(5)),
    "make holes": () => {
      for (const name of ["a", "c", "e"]) bag.get(name).destroy();
    },
    defragment: () => allocator.defragment({ queue, pool: pool(), imageLayout: () => ImageLayout.General }),
    "look at the contents": () =>
      expect(
        bag
          .get("host")
          .read(0, 1000)
          .every((byte) => byte === 5),
      ).toBe(true),
    "destroy all": () => {
      for (const name of ["first", "host", "b", "d", "f", "image"]) bag.get(name).destroy();
    },
    "destroy the pool": () => allocator.destroyPool(pool()),
  });
}

function placedSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const shared = sharedMemory(8);
  const own = new Uint8Array(256 * KiB);
  const address = device.host.registerHostMemory(own);
  const bytesAt = (page: number) => new Uint8Array(shared.buffer, page * WASM_PAGE, 2 * WASM_PAGE);
  bytesAt(4).fill(9);
  const at = (page: number) => ({
    usage: MemoryUsage.Auto,
    flags: HostAccessRandom,
    placedAt: { memory: shared, offset: page * WASM_PAGE },
  });
  return stepsOf({
    "create a buffer in a shared memory": () =>
      bag.keep("a", allocator.createBuffer(bufferOf(2 * WASM_PAGE), at(0))),
    "try to create another": () => bag.keep("b", allocator.tryCreateBuffer(bufferOf(2 * WASM_PAGE), at(2))),
    "allocate memory at an address": () =>
      bag.hold(
        "c",
        allocator.allocateMemory(bytes(256 * KiB, Type.NonCoherent), { flags: hostWrite, placedAt: address }),
      ),
    "write to all": () => {
      bytesAt(0).fill(1);
      bytesAt(2).fill(2);
      own.fill(3);
      allocator.flushAllocations(["a", "b", "c"].map((name) => ({ allocation: bag.get(name) })));
    },
    "read from all": () => {
      expect(bag.get("a").read(0, 4)).toEqual(new Uint8Array(4).fill(1));
      expect(bag.get("b").read(0, 4)).toEqual(new Uint8Array(4).fill(2));
      expect(bag.get("c").mappedAddress).toBe(address);
      expect(bytesAt(4)[0]).toBe(9);
    },
    "destroy the first": () => bag.get("a").destroy(),
    "create one in its place": () => bag.keep("a", allocator.createBuffer(bufferOf(2 * WASM_PAGE), at(0))),
    "free all": () => {
      for (const name of ["a", "b", "c"]) bag.get(name).destroy();
      expect([bytesAt(0)[0], bytesAt(2)[0], own[0]]).toEqual([0, 0, 0]);
    },
  });
}

function mappingSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const flags = HostAccessRandom;
  const mapping = () => bag.get("cached");
  return stepsOf({
    "allocate memory that is not coherent": () =>
      bag.hold("cached", allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags })),
    "allocate more of it": () =>
      bag.hold(
        "more",
        allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags: flags | DedicatedMemory }),
      ),
    "map it": () => allocator.mapMemory(mapping()),
    "map it again": () => allocator.mapMemory(mapping()),
    "map the other": () => allocator.mapMemory(bag.get("more")),
    "write and flush": () => {
      mapping().mappedData!.fill(7);
      allocator.flushAllocation(mapping(), 0, 300);
    },
    invalidate: () => allocator.invalidateAllocation(mapping()),
    "flush both": () =>
      allocator.flushAllocations([{ allocation: mapping() }, { allocation: bag.get("more"), offset: 64 }]),
    "invalidate both": () =>
      allocator.invalidateAllocations([{ allocation: mapping() }, { allocation: bag.get("more"), size: 65 }]),
    unmap: () => {
      allocator.unmapMemory(mapping());
      allocator.unmapMemory(mapping());
      allocator.unmapMemory(bag.get("more"));
    },
    free: () => allocator.freeMemoryPages([mapping(), bag.get("more")]),
  });
}

function copiesSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const data = new Uint8Array(300).fill(7);
  const flags = HostAccessRandom;
  const cached = () => bag.get("cached");
  return stepsOf({
    "allocate memory that is not coherent": () =>
      bag.hold("cached", allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags })),
    "allocate more of it": () =>
      bag.hold(
        "more",
        allocator.allocateMemory(bytes(1000, Type.NonCoherent), { flags: flags | DedicatedMemory }),
      ),
    "copy in": () => allocator.copyMemoryToAllocation(data, cached(), 100),
    "copy out": () => {
      const target = new Uint8Array(300);
      allocator.copyAllocationToMemory(cached(), target, 100);
      expect(target).toEqual(data);
    },
    write: () => bag.get("more").write(data, 7),
    read: () => expect(bag.get("more").read(7, 300)).toEqual(data),
    "map for a while": () => {
      using mapped = bag.get("more").map();
      expect(mapped.bytes.length).toBe(1000);
    },
    free: () => allocator.freeMemoryPages([cached(), bag.get("more")]),
  });
}

function budgetSteps({ allocator }: World): Step[] {
  const bag = new Bag();
  const flags = AllocationCreate.WithinBudget;
  return stepsOf({
    "begin a frame": () => allocator.setCurrentFrameIndex(1),
    "allocate within the budget": () =>
      bag.hold("one", allocator.allocateMemory(bytes(MiB, Type.Device), { flags })),
    "allocate more within the budget": () =>
      bag.hold("two", allocator.allocateMemory(bytes(7 * MiB, Type.Device), { flags })),
    "find a type for a buffer": () => allocator.findMemoryTypeIndexForBufferInfo(bufferOf(10)),
    "find a type for an image": () => allocator.findMemoryTypeIndexForImageInfo(imageOf(10)),
    "plan a buffer": () => allocator.wouldAllocate({ buffer: bufferOf(MiB) }),
    "plan an image": () => allocator.wouldAllocate({ image: imageOf(100) }),
    "ask for budgets": () => allocator.getHeapBudgets(),
    "free both": () => allocator.freeMemoryPages([bag.get("one"), bag.get("two")]),
    "begin another frame": () => allocator.setCurrentFrameIndex(2),
  });
}

function externalSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const { OpaqueFd, OpaqueWin32, DmaBufEXT } = ExternalMemoryHandleType;
  const hostBytes = new Uint8Array(16 * KiB);
  const foreign = device.host.createDmaBuf(8 * KiB);
  const hostPointer = device.host.registerHostMemory(hostBytes);
  let fd = 0;
  let handle = 0n;
  let again = 0n;
  return stepsOf({
    "allocate for export": () =>
      bag.hold("export", allocator.allocateDedicatedMemory(bytes(4 * KiB, Type.Device))),
    "export a descriptor": () => {
      fd = allocator.getMemoryFd(bag.get("export"), OpaqueFd);
    },
    "export a handle": () => {
      handle = allocator.getMemoryWin32Handle(bag.get("export"), OpaqueWin32);
    },
    "export the handle again": () => {
      again = allocator.getMemoryWin32Handle(bag.get("export"), OpaqueWin32);
    },
    "import the descriptor": () =>
      bag.hold("fd", allocator.importMemory({ fd, handleType: OpaqueFd }, bytes(4 * KiB, Type.Device))),
    "import the handle": () =>
      bag.hold(
        "win32",
        allocator.importMemory({ win32Handle: handle, handleType: OpaqueWin32 }, bytes(4 * KiB, Type.Device)),
      ),
    "import a DMA-BUF": () =>
      bag.hold(
        "dma",
        allocator.importMemory({ fd: foreign, handleType: DmaBufEXT }, bytes(8 * KiB, Type.Host)),
      ),
    "import host memory": () =>
      bag.hold(
        "host",
        allocator.importMemory({ hostPointer }, bytes(8 * KiB), {
          flags: hostWrite,
          requiredFlags: MemoryProperty.HostVisible,
        }),
      ),
    "free them": () => {
      device.host.closeWin32Handle(handle);
      device.host.closeWin32Handle(again);
      allocator.freeMemoryPages([...bag.allocations.values()]);
    },
  });
}

function defragmentationSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const names = Array.from({ length: 24 }, (_, index) => `${index}`);
  let moves: ReturnType<ReturnType<typeof allocator.beginDefragmentation>["beginPass"]>;
  let context: ReturnType<typeof allocator.beginDefragmentation>;
  const replaced: bigint[] = [];
  const settings = (index: number) =>
    index % 3 === 0
      ? { flags: hostWrite, pool: bag.pool("pool") }
      : { flags: HostAccessRandom, pool: bag.pool("pool") };
  return stepsOf({
    "fill a pool": () => {
      bag.pools.set("pool", allocator.createPool({ memoryTypeIndex: Type.NonCoherent, blockSize: 64 * KiB }));
    },
    ...Object.fromEntries(
      names.map((name, index) => [
        `create buffer ${name}`,
        () => bag.keep(name, allocator.createBuffer(bufferOf(15 * KiB), settings(index))),
      ]),
    ),
    "map one of them": () => allocator.mapMemory(bag.get("23")),
    "make holes": () => {
      for (const name of names.slice(0, 20)) {
        if (Number(name) % 4 !== 0) allocator.destroyBuffer(bag.resource(name), bag.get(name));
      }
    },
    begin: () => {
      context = allocator.beginDefragmentation({
        pool: bag.pool("pool"),
        flags: DefragmentationFlag.AlgorithmFull,
      });
    },
    "begin a pass": () => {
      moves = context.beginPass();
      expect(moves?.length).toBeGreaterThan(0);
    },
    "end the pass": () => {
      for (const { srcAllocation } of moves!) {
        if (srcAllocation.buffer !== undefined && !replaced.includes(srcAllocation.buffer)) {
          replaced.push(srcAllocation.buffer);
        }
      }
      context.endPass();
    },
    "begin another pass": () => {
      moves = context.beginPass();
    },
    "end that": () => {
      if (moves !== undefined) context.endPass();
    },
    end: () => context.end(),
    "destroy all": () => {
      allocator.unmapMemory(bag.get("23"));
      for (const [name, allocation] of bag.allocations) {
        if (!allocation.isFreed) {
          device.destroyBuffer(bag.resource(name));
          allocator.freeMemory(allocation);
        }
      }
      allocator.destroyPool(bag.pool("pool"));
    },
  });
}

/** The allocator moves buffers, images and memory by itself; in one pass, as what a pass has done stays done. */
function tidyingSteps({ allocator, device }: World): Step[] {
  const bag = new Bag();
  const names = Array.from({ length: 12 }, (_, index) => `${index}`);
  const kept = names.filter((_name, index) => index % 3 === 2);
  const pool = () => bag.pool("pool");
  const queue = device.createTransferQueue({ completeAfter: 1 });
  return stepsOf({
    "create a pool": () =>
      bag.pools.set("pool", allocator.createPool({ memoryTypeIndex: Type.Window, blockSize: 64 * KiB })),
    ...Object.fromEntries(
      names.map((name, index) => [
        `create resource ${name}`,
        () =>
          index % 2 === 0
            ? bag.keep(name, allocator.createBuffer(bufferOf(20 * KiB), { pool: pool(), flags: hostWrite }))
            : bag.keep(name, allocator.createImage(imageOf(64), { pool: pool() })),
      ]),
    ),
    "fill them": () => {
      for (const name of kept) {
        const allocation = bag.get(name);
        if (allocation.buffer !== undefined) allocation.write(new Uint8Array(20 * KiB).fill(Number(name)));
        else device.setImageLayout(allocation.image!, ImageLayout.General);
      }
    },
    "make holes": () => {
      for (const name of names) if (!kept.includes(name)) bag.get(name).destroy();
    },
    defragment: () => allocator.defragment({ queue, pool: pool(), imageLayout: () => ImageLayout.General }),
    "look at the contents": () => {
      for (const name of kept) {
        const allocation = bag.get(name);
        if (allocation.buffer === undefined) continue;
        expect(allocation.mappedData!.every((byte) => byte === Number(name))).toBe(true);
      }
      expect(pool().blockList.blocks.length).toBe(2);
    },
    "destroy all": () => {
      for (const name of kept) bag.get(name).destroy();
      allocator.destroyPool(pool());
    },
  });
}

const withExtensions = (...extensions: string[]): SimulatedDeviceOptions => ({ extensions });

function scenario(
  name: string,
  steps: (world: World) => Step[],
  info: Omit<AllocatorCreateInfo, "device"> = {},
  options: SimulatedDeviceOptions = {},
): Scenario {
  const recoverable: FallibleCall[] = ["vkAllocateMemory", "vkMapMemory", "vkMapMemory2"];
  if (info.debug?.fillPatterns === true) recoverable.push("vkFlushMappedMemoryRanges");
  return { name, steps, world: () => everyKindWorld(info, options), recoverable };
}

const guard = { debug: { margin: 16, detectCorruption: true } } as const;
const unmapping = { unmapWhenUnused: true } as const;
const fill = { debug: { fillPatterns: true } } as const;

/** Every scenario. */
export const allScenarios: readonly Scenario[] = [
  scenario("buffers", buffersSteps, {}, withExtensions("VK_KHR_maintenance4")),
  scenario("buffers, asking each time", buffersSteps, { rememberRequirements: false }),
  scenario("buffers in guard mode", buffersSteps, guard),
  scenario("buffers with fill patterns", buffersSteps, fill),
  scenario("buffers without dedicated fallback", buffersSteps, { dedicatedFallback: false }),
  scenario("images", imagesSteps),
  scenario("images with fill patterns", imagesSteps, fill),
  scenario("memory by itself", memorySteps),
  scenario("memory in guard mode", memorySteps, guard),
  scenario("memory with fill patterns", memorySteps, fill),
  scenario("memory that is always dedicated", memorySteps, { debug: { alwaysDedicated: true } }),
  scenario("disjoint images", disjointSteps),
  scenario("transient resources", transientSteps),
  scenario("pools", poolsSteps),
  scenario("pools in guard mode", poolsSteps, guard),
  scenario("pools of several memory types", spanningSteps),
  scenario("pools of several memory types in guard mode", spanningSteps, guard),
  scenario("mapping at places", placedSteps, {}, withExtensions("VK_EXT_map_memory_placed")),
  scenario("mapping at places, with caches", placedSteps, unmapping, {
    extensions: ["VK_EXT_map_memory_placed"],
    simulateCaches: true,
  }),
  scenario("mapping", mappingSteps, {}, { simulateCaches: true }),
  scenario("mapping for a while", mappingSteps, unmapping, { simulateCaches: true }),
  scenario("copies", copiesSteps, {}, { simulateCaches: true }),
  scenario("copies, mapping for a while", copiesSteps, unmapping, { simulateCaches: true }),
  scenario("budgets", budgetSteps, {}, withExtensions("VK_EXT_memory_budget")),
  scenario("budgets with dummies", budgetSteps, { apiVersion: 0x402000 }, { apiVersion: 0x402000 }),
  scenario(
    "external memory",
    externalSteps,
    {
      typeExternalMemoryHandleTypes: [
        ExternalMemoryHandleType.OpaqueFd | ExternalMemoryHandleType.OpaqueWin32,
      ],
    },
    { extensions: "all" },
  ),
  scenario("defragmentation", defragmentationSteps),
  scenario("defragmentation by the allocator", tidyingSteps),
];
