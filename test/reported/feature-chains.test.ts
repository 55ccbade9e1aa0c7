/** Chains of features that a caller has encoded, with structures in them that the library would add itself. */

import { afterEach, expect, it } from "vitest";
import { CallersFeatures } from "../../src/ffi/callers-features.ts";
import { NativeMemory, type StructValues } from "../../src/ffi/native-memory.ts";
import type { StructName } from "../../src/ffi/structs.ts";
import { ApiVersion } from "../../src/vulkan/index.ts";
import { native } from "../helpers/native.ts";
import { aboutUse, describeWithVulkan } from "../helpers/vulkan.ts";

const memory = new NativeMemory(native, 8192);
afterEach(() => memory.reset());

/** Encodes structures as a chain: its address, and where each lies. */
function chainOf(...structures: [StructName, StructValues][]): { chain: bigint; offsets: number[] } {
  let chain = 0n;
  const offsets = structures.reverse().map(([name, values]) => {
    const offset = memory.struct(name, { ...values, pNext: chain });
    chain = memory.at(offset);
    return offset;
  });
  return { chain, offsets: offsets.reverse() };
}

describeWithVulkan("a chain of features", (ctx) => {
  const create = (
    featureChain: bigint,
    more: object = {},
  ): { messages: string[]; features: ReadonlySet<string> } => {
    const device = ctx.vulkan.createDevice({
      validation: true,
      memoryExtensions: ctx.isKnownToLayer,
      featureChain,
      ...more,
    });
    const features = device.enabledFeatures;
    device.destroy();
    return { messages: aboutUse(device.messages).map(({ messageIdName }) => messageIdName), features };
  };

  it("may have the structures of Vulkan versions, in which the library's features are set", () => {
    const { chain, offsets } = chainOf(
      ["VkPhysicalDeviceVulkan12Features", { timelineSemaphore: 1 }],
      ["VkPhysicalDeviceVulkan13Features", { synchronization2: 1 }],
    );
    const before = memory.u8.slice();
    const { messages, features } = create(chain);
    expect(messages).toEqual([]);
    expect(features).toContain("bufferDeviceAddress");
    if (ctx.device.properties.apiVersion >= ApiVersion.V1_3) expect(features).toContain("maintenance4");
    // The caller's structures are as they were.
    expect(memory.u8.slice(0, 4096)).toEqual(before.slice(0, 4096));
    expect(memory.read("VkPhysicalDeviceVulkan12Features", offsets[0]!).bufferDeviceAddress).toBe(0);
  });

  it("may have the structures of the very features", () => {
    const { chain } = chainOf(
      ["VkPhysicalDeviceMaintenance4Features", {}],
      ["VkPhysicalDeviceBufferDeviceAddressFeatures", {}],
    );
    expect(create(chain).messages).toEqual([]);
  });

  it("may have VkPhysicalDeviceFeatures2, in which the core features are set", () => {
    const { chain } = chainOf(
      ["VkPhysicalDeviceFeatures2", { features: { robustBufferAccess: 1 } }],
      ["VkPhysicalDeviceVulkan12Features", {}],
    );
    expect(create(chain, { features: ["samplerAnisotropy"] }).messages).toEqual([]);
  });

  it("enables what it says without the library's own", () => {
    const { chain } = chainOf(["VkPhysicalDeviceVulkan12Features", { bufferDeviceAddress: 1 }]);
    const { messages, features } = create(chain, { memoryExtensions: false });
    expect(messages).toEqual([]);
    expect([...features]).toEqual(["bufferDeviceAddress"]);
    expect([...create(0n, { memoryExtensions: false }).features]).toEqual([]);
  });

  it("has to end", () => {
    const { chain, offsets } = chainOf(
      ["VkPhysicalDeviceVulkan12Features", {}],
      ["VkPhysicalDeviceVulkan13Features", {}],
    );
    memory.write("VkPhysicalDeviceVulkan13Features", offsets[1]!, { pNext: chain });
    expect(() => new CallersFeatures(native, chain)).toThrow(/has no end/);
    memory.write("VkPhysicalDeviceVulkan13Features", offsets[1]!, { pNext: memory.at(offsets[1]!) });
    expect(() => new CallersFeatures(native, chain)).toThrow(RangeError);
  });
});
