/**
 * The devices that tests of sparse resources run on: simulated ones of every kind, and the real one where it has sparse
 * resources; elsewhere these tests are skipped, under a name that says why.
 */

import { afterAll, beforeAll, describe, expect } from "vitest";
import type { FeatureName, NativeDevice } from "../../src/ffi/index.ts";
import {
  type ProfileDescription,
  profiles,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import type { Semaphore, SparseQueue, TransferQueue, VulkanDevice } from "../../src/vulkan/index.ts";
import { loadVulkan } from "../helpers/native.ts";
import { aboutUse, isKnownToLayer, vulkanAbsence } from "../helpers/vulkan.ts";
import { openWorld, type World } from "../helpers/world.ts";

/** Every sparse feature. */
export const sparseFeatures: readonly FeatureName[] = [
  "sparseBinding",
  "sparseResidencyBuffer",
  "sparseResidencyImage2D",
  "sparseResidencyImage3D",
  "sparseResidency2Samples",
  "sparseResidency4Samples",
  "sparseResidency8Samples",
  "sparseResidency16Samples",
  "sparseResidencyAliased",
];

/** What a test does with a device, simulated or real. */
export interface SparseDevice extends VulkanDevice {
  createSemaphore(options?: { readonly initialValue?: number }): Semaphore;
  destroySemaphore(semaphore: Semaphore): void;
  getSemaphoreCounterValue(semaphore: Semaphore): number;
  signalSemaphore(semaphore: Semaphore, value: number): void;
  readonly queue: TransferQueue & SparseQueue & { waitIdle(): void };
}

/** What a simulated device with every sparse feature is, or without some. */
function described(
  options: SimulatedDeviceOptions,
  sparse: NonNullable<ProfileDescription["sparse"]>,
  without: readonly string[],
): { profile: ProfileDescription; device: SimulatedDeviceOptions } {
  const features = Object.fromEntries(sparseFeatures.map((name) => [name, !without.includes(name)]));
  return {
    profile: { ...profiles["nvidia-h100"]!, name: "sparse", sparse },
    device: { ...options, features: { ...features, ...options.features } },
  };
}

/** A simulated device with every sparse feature, or without some. */
export function simulated(
  options: SimulatedDeviceOptions = {},
  sparse: NonNullable<ProfileDescription["sparse"]> = {},
  without: readonly string[] = [],
): SimulatedDevice {
  const { profile, device } = described(options, sparse, without);
  return new SimulatedDevice(profile, device);
}

/** Such a device with an allocator on it, both of which are closed when the test ends. */
export function sparseWorld({
  sparse = {},
  without = [],
  device = {},
}: {
  readonly sparse?: NonNullable<ProfileDescription["sparse"]>;
  readonly without?: readonly string[];
  readonly device?: SimulatedDeviceOptions;
} = {}): World {
  return openWorld(described(device, sparse, without));
}

const kinds: Readonly<Record<string, NonNullable<ProfileDescription["sparse"]>>> = {
  "pages of 64 KiB, strict, tails by layer": {},
  "one mip tail": { singleMipTail: true },
  "metadata, aligned mip size": { metadata: true, properties: { residencyAlignedMipSize: true } },
  "not strict": { properties: { residencyNonResidentStrict: false } },
};

/** Why the real device here cannot run these tests; undefined where it can. */
export const sparseAbsence: string | undefined = findAbsence();

function findAbsence(): string | undefined {
  if (vulkanAbsence !== undefined) return vulkanAbsence;
  const [device] = rankedDevices();
  return device === undefined ? "no device here has sparseBinding" : undefined;
}

function rankedDevices(): ReturnType<ReturnType<typeof loadVulkan>["physicalDevices"]> {
  return loadVulkan()
    .physicalDevices()
    .filter(({ features }) => features.has("sparseBinding"))
    .sort((a, b) => b.features.size - a.features.size);
}

type Body = (ctx: { readonly device: SparseDevice; readonly isReal: boolean }) => void;

/** A group of tests on each kind of simulated device, and on the real one. */
export function describeOnSparseDevices(name: string, body: Body): void {
  for (const [kind, sparse] of Object.entries(kinds)) {
    describe(`${name}, simulated: ${kind}`, () => {
      let device: SimulatedDevice | undefined;
      beforeAll(() => {
        device = simulated({}, sparse);
      });
      afterAll(() => device?.destroy());
      body({
        isReal: false,
        get device() {
          return device!;
        },
      });
    });
  }
  describeOnRealDevice(name, body);
}

/** A group of tests on the real device. */
export function describeOnRealDevice(name: string, body: Body): void {
  if (sparseAbsence !== undefined) {
    describe.skip(`${name}, on a driver (skipped: ${sparseAbsence})`, () =>
      body({
        isReal: true,
        get device(): SparseDevice {
          throw new Error("not here");
        },
      }));
    return;
  }
  describe(`${name}, on a driver`, () => {
    let device: NativeDevice | undefined;
    beforeAll(() => {
      const vulkan = loadVulkan();
      const [chosen] = rankedDevices();
      device = vulkan.createDevice({
        validation: true,
        memoryExtensions: isKnownToLayer,
        physicalDevice: (each) => each.index === chosen!.index,
        features: sparseFeatures.filter((feature) => chosen!.features.has(feature)),
      });
    });
    afterAll(() => {
      device?.destroy();
      expect(aboutUse(device?.messages ?? []), "messages of the validation layer").toEqual([]);
    });
    body({
      isReal: true,
      get device() {
        return device!;
      },
    });
  });
}
