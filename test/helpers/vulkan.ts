/**
 * Device tests: how to run a test on a real Vulkan device with the validation layer watching.
 *
 *   describeWithVulkan("buffers", (ctx) => {
 *     it("can be created", () => {
 *       const buffer = ctx.device.createBuffer({ size: 64, usage: BufferUsage.TransferDst });
 *       ctx.device.destroyBuffer(buffer);
 *     });
 *   });
 *
 * - `ctx.device` is made before the first test of the group and destroyed after its last; read it inside
 *   tests and hooks only. `ctx.vulkan` is the opened loader.
 * - After the last test the device and its instance are destroyed, and the group fails if the validation
 *   layer had any error or warning to say, leaked objects at vkDestroyDevice included. A test that provokes
 *   one on purpose takes it away with `ctx.takeMessages()`.
 * - Synchronization validation is on by default; `options` is what `createDevice` takes, and more than the
 *   device: `describeWithVulkan("…", { extensions: […] }, (ctx) => …)`.
 * - The device has the extensions for memory that the validation layer knows: about a younger one than itself
 *   the layer complains, however it is used. Tests that make a validated device of their own give it
 *   `memoryExtensions: ctx.isKnownToLayer`.
 * - The device is a real GPU if there is one, so memory types differ: `memoryType` chooses one.
 * - Without a Vulkan driver or validation layer the group is skipped, under a name that says why. With the
 *   environment variable VMA_TS_REQUIRE_VULKAN=1 it fails instead.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CreateDeviceOptions,
  type DebugMessage,
  MessageType,
  type NativeDevice,
  type Vulkan,
} from "../../src/ffi/index.ts";
import { MemoryProperty, type VulkanDevice } from "../../src/vulkan/index.ts";
import { loadVulkan, runtime } from "./native.ts";

/** What the tests of a group share. */
export interface VulkanContext {
  readonly vulkan: Vulkan;
  readonly device: NativeDevice;
  /** The validation layer's messages about use since the last call; they no longer fail the group. */
  takeMessages(): DebugMessage[];
  /** Whether the validation layer has heard of an extension for memory. */
  readonly isKnownToLayer: (extension: string) => boolean;
}

/** A device whose calls all go through its `functions`, where a test can look at them and put others in their place. */
export function plainDevice(): NativeDevice {
  return loadVulkan(runtime === "node" ? { nativeCalls: "koffi" } : {}).createDevice();
}

/** Whether a missing driver is a failure. */
export const requireVulkan: boolean = process.env.VMA_TS_REQUIRE_VULKAN === "1";

/** Why there can be no device test here, or undefined where there can. */
export const vulkanAbsence: string | undefined = findAbsence();

function findAbsence(): string | undefined {
  let vulkan: Vulkan;
  try {
    vulkan = loadVulkan();
  } catch {
    return "no Vulkan loader";
  }
  if (!vulkan.layers().has("VK_LAYER_KHRONOS_validation")) return "no Vulkan validation layer";
  try {
    return vulkan.physicalDevices().length === 0 ? "no Vulkan driver" : undefined;
  } catch (error) {
    return `no Vulkan driver: ${(error as Error).message}`;
  }
}

/** Messages about what the library does; the loader's own remarks about the machine are left out. */
export function aboutUse(messages: readonly DebugMessage[]): DebugMessage[] {
  return messages.filter(({ types }) => (types & (MessageType.Validation | MessageType.Performance)) !== 0);
}

const { HostVisible, HostCoherent, HostCached } = MemoryProperty;

/** What is wished of memory that the host reads and writes without flushing; cached if possible. */
export const hostMemory: readonly number[] = [
  HostVisible | HostCoherent | HostCached,
  HostVisible | HostCoherent,
];

/** The first memory type among `bits` that has all properties of a wish; the first wish that can be granted. */
export function memoryType(device: VulkanDevice, bits: number, wishes: readonly number[]): number {
  const { memoryTypes } = device.memoryProperties;
  for (const wish of wishes) {
    const index = memoryTypes.findIndex(
      ({ propertyFlags }, type) => (bits & (1 << type)) !== 0 && (propertyFlags & wish) === wish,
    );
    if (index >= 0) return index;
  }
  throw new Error(`no memory type among 0x${(bits >>> 0).toString(16)} has one of the wishes ${wishes}`);
}

let unknown: ReadonlySet<string> | undefined;

/** The extensions that the validation layer itself says it does not know, of those that devices are made with. */
function unknownToLayer(vulkan: Vulkan): ReadonlySet<string> {
  if (unknown !== undefined) return unknown;
  using device = vulkan.createDevice({ validation: true });
  const names = device.messages.map(
    ({ message }) => /Device Extension (\w+) is not supported by this layer/.exec(message)?.[1],
  );
  unknown = new Set(names.filter((name) => name !== undefined));
  return unknown;
}

/** Whether the validation layer has heard of an extension for memory. */
export function isKnownToLayer(extension: string): boolean {
  return !unknownToLayer(loadVulkan()).has(extension);
}

type Body = (ctx: VulkanContext) => void;

/** A group of tests on one validated device; see the head of this file. */
export function describeWithVulkan(name: string, body: Body): void;
export function describeWithVulkan(name: string, options: CreateDeviceOptions, body: Body): void;
export function describeWithVulkan(
  name: string,
  optionsOrBody: CreateDeviceOptions | Body,
  maybeBody?: Body,
): void {
  const body = typeof optionsOrBody === "function" ? optionsOrBody : (maybeBody as Body);
  const options = typeof optionsOrBody === "function" ? {} : optionsOrBody;
  if (vulkanAbsence === undefined) {
    describe(name, () => withDevice(options, body));
  } else if (requireVulkan) {
    it(`${name}: needs Vulkan`, () => expect.fail(`${vulkanAbsence}, and VMA_TS_REQUIRE_VULKAN=1`));
  } else {
    console.warn(`${name}: skipped, ${vulkanAbsence}`);
    describe.skip(`${name} (skipped: ${vulkanAbsence})`, () =>
      body(new Proxy({} as VulkanContext, { get: notHere })));
  }
}

function notHere(): never {
  throw new Error("the context of a Vulkan test can be read inside tests and hooks only");
}

function withDevice(options: CreateDeviceOptions, body: Body): void {
  let vulkan: Vulkan | undefined;
  let device: NativeDevice | undefined;
  let taken = 0;
  const isKnownToLayer = (extension: string): boolean => !unknownToLayer(vulkan ?? notHere()).has(extension);
  beforeAll(() => {
    vulkan = loadVulkan();
    device = vulkan.createDevice({
      validation: { synchronization: true },
      memoryExtensions: isKnownToLayer,
      ...options,
    });
  });
  body({
    get vulkan() {
      return vulkan ?? notHere();
    },
    get device() {
      return device ?? notHere();
    },
    takeMessages() {
      const { messages } = device ?? notHere();
      const fresh = messages.slice(taken);
      taken = messages.length;
      return aboutUse(fresh);
    },
    isKnownToLayer,
  });
  afterAll(() => {
    if (device === undefined) return;
    device.destroy();
    expect(aboutUse(device.messages.slice(taken)), "messages of the validation layer").toEqual([]);
  });
}
