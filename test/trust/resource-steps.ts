/** Steps of scenarios that make and destroy resources and memory, each one call of the library. */

import {
  Access,
  type Allocation,
  AllocationCreate,
  ExternalMemoryHandleType,
  Format,
  ImageTiling,
  ImageUsage,
  MemoryProperty,
  MemoryUsage,
  PipelineStage,
  type Pool,
  StructureType,
  type TransientResource,
  type Transients,
  type TransientUse,
} from "../../src/index.ts";
import type { Buffer, Image } from "../../src/vulkan/index.ts";
import type { World } from "../helpers/world.ts";
import { bufferOf, bytes, imageOf, KiB, MiB, Type } from "./world.ts";

const { Mapped, HostAccessRandom, HostAccessSequentialWrite } = AllocationCreate;

/** One call of the library. */
export interface Step {
  readonly name: string;
  readonly run: () => unknown;
  /** Whether it answers undefined where memory is out. */
  readonly answersUndefined?: boolean;
}

export const hostWrite: number = HostAccessSequentialWrite | Mapped;

/** A step for each function, under its name. */
export function stepsOf(functions: Record<string, () => unknown>): Step[] {
  return Object.entries(functions).map(([name, run]) => ({
    name,
    run,
    answersUndefined: name.startsWith("try") || name.startsWith("plan"),
  }));
}

/** Things made by one step and used by later ones. */
export class Bag {
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

export function buffersSteps({ allocator }: World): Step[] {
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

export function imagesSteps({ allocator }: World): Step[] {
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

export function transientSteps({ allocator, device }: World): Step[] {
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

export function memorySteps({ allocator, device }: World): Step[] {
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

export function disjointSteps({ allocator, device }: World): Step[] {
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

export function externalSteps({ allocator, device }: World): Step[] {
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
