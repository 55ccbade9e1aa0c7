/** The devices that the cases run on: simulated ones, and the real one, whatever it has. */

import type { NativeDevice } from "../../src/ffi/index.ts";
import { createAllocator } from "../../src/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import { allocate, free, libc, loadVulkan, native } from "../helpers/native.ts";
import { aboutUse, isKnownToLayer } from "../helpers/vulkan.ts";
import { type SparseDevice, simulated, sparseFeatures } from "../sparse/devices.ts";
import type { Case, Context, HostMemory } from "./context.ts";
import { NotSupported } from "./context.ts";

/** A device to run cases on. */
export interface CtsDevice {
  readonly name: string;
  readonly device: SparseDevice;
  readonly hostMemory: Context["hostMemory"];
  /** Destroys it; what validation has said of it. */
  close(): readonly string[];
}

function ofSimulator(name: string, device: SimulatedDevice): CtsDevice {
  const hostMemory = (bytes: number): HostMemory => {
    const memory = new Uint8Array(bytes);
    return {
      address: device.host.registerHostMemory(memory),
      write: (source) => memory.set(source),
      read: (length) => memory.slice(0, length),
      free() {},
    };
  };
  return {
    name,
    device,
    hostMemory,
    close() {
      device.destroy();
      return [];
    },
  };
}

/** Two of the cases alias memory on purpose. */
const permit = { overlap: true };

/** The simulated devices. */
export const simulatedDevices: Readonly<Record<string, () => CtsDevice>> = {
  "simulator: sparse": () => ofSimulator("simulator: sparse", simulated({ extensions: "all", permit })),
  "simulator: sparse, one mip tail, metadata, not strict": () =>
    ofSimulator(
      "simulator: sparse, one mip tail, metadata, not strict",
      simulated(
        { permit },
        { singleMipTail: true, metadata: true, properties: { residencyNonResidentStrict: false } },
      ),
    ),
  "simulator: arm-mobile": () =>
    ofSimulator(
      "simulator: arm-mobile",
      new SimulatedDevice(profiles["arm-mobile"]!, { extensions: "all", simulateCaches: true, permit }),
    ),
  "simulator: lavapipe": () =>
    ofSimulator(
      "simulator: lavapipe",
      new SimulatedDevice(profiles.lavapipe!, { extensions: "all", permit }),
    ),
};

const PAGE = 65536;

/** Pages of the system's, or what C's allocator has. */
function takePages(bytes: number): { start: bigint; free(): void } {
  if (process.platform !== "linux") {
    const start = allocate(bytes);
    return { start, free: () => free(start) };
  }
  // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
  const start = BigInt(libc("mmap", "nnnnnn>a", 0n, BigInt(bytes), 3n, 0x22n, 2n ** 64n - 1n, 0n));
  return { start, free: () => void libc("munmap", "pn>r", start, BigInt(bytes)) };
}

function ofC(bytes: number): HostMemory {
  const { start, free } = takePages(bytes + PAGE);
  const address = ((start + BigInt(PAGE) - 1n) / BigInt(PAGE)) * BigInt(PAGE);
  return {
    address,
    write: (source) => native.write(address, source),
    read(length) {
      const target = new Uint8Array(length);
      native.read(address, target);
      return target;
    },
    free,
  };
}

/** The real device here, with the sparse features that it has. */
export function realDevice(validation: boolean): CtsDevice {
  const vulkan = loadVulkan();
  const device: NativeDevice = vulkan.createDevice({
    validation,
    // The layers at hand do not know of mapping at places.
    ...(validation
      ? { memoryExtensions: isKnownToLayer }
      : { wantedExtensions: ["VK_EXT_map_memory_placed"] }),
    features: sparseFeatures.filter((name) => bestOf(vulkan).features.has(name)),
    physicalDevice: ({ index }) => index === bestOf(vulkan).index,
  });
  return {
    name: device.properties.deviceName,
    device,
    hostMemory: ofC,
    close() {
      device.destroy();
      return aboutUse(device.messages).map(({ message }) => message);
    },
  };
}

/** The device with the most sparse features, else the first GPU. */
function bestOf(vulkan: ReturnType<typeof loadVulkan>): ReturnType<typeof vulkan.physicalDevices>[number] {
  const count = (features: ReadonlySet<string>): number =>
    sparseFeatures.filter((name) => features.has(name)).length;
  return [...vulkan.physicalDevices()].sort((a, b) => count(b.features) - count(a.features))[0]!;
}

/** How a case went. */
export type Outcome =
  | { readonly result: "passed" }
  | { readonly result: "not supported"; readonly what: string }
  | { readonly result: "failed"; readonly error: Error };

/** Runs a case with an allocator of its own, which must end empty. */
export async function runCase(one: Case, { device, hostMemory }: CtsDevice): Promise<Outcome> {
  const allocator = createAllocator({ device });
  try {
    await one.run({ device, allocator, hostMemory });
    allocator.validate();
    allocator.destroy();
    return { result: "passed" };
  } catch (error) {
    device.queue.waitIdle();
    if (!allocator.state.isDestroyed) allocator.destroy(true);
    if (error instanceof NotSupported) return { result: "not supported", what: error.message };
    return { result: "failed", error: error as Error };
  }
}
