import { afterEach, describe, expect, it } from "vitest";
import { type DebugMessage, MessageSeverity, MessageType, QueueFlag } from "../../src/ffi/index.ts";
import { ApiVersion, BufferUsage, PhysicalDeviceType, Result, VulkanError } from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { loadVulkan, runtime } from "../helpers/native.ts";
import { aboutUse, describeWithVulkan } from "../helpers/vulkan.ts";

describe("loadVulkan", () => {
  const before = process.env.VMA_TS_VULKAN;
  afterEach(() => {
    if (before === undefined) delete process.env.VMA_TS_VULKAN;
    else process.env.VMA_TS_VULKAN = before;
  });

  it("says what to install where there is no loader", () => {
    let message = "";
    try {
      loadVulkan("/nowhere/libvulkan.so.1");
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain("/nowhere/libvulkan.so.1");
    for (const words of ["Debian, Ubuntu: apt install", "Fedora:", "macOS:", "Windows:", "VMA_TS_VULKAN"]) {
      expect(message).toContain(words);
    }
  });

  it("takes the loader's path from the environment", () => {
    process.env.VMA_TS_VULKAN = "/elsewhere/libvulkan.so.1";
    expect(() => loadVulkan()).toThrow("/elsewhere/libvulkan.so.1");
    expect(() => loadVulkan("/nowhere/libvulkan.so.1")).toThrow("/nowhere/libvulkan.so.1");
  });

  it.runIf(process.platform === "linux")("says when a library is not a Vulkan loader", () => {
    expect(() => loadVulkan("libc.so.6")).toThrow("libc.so.6 is not a Vulkan loader");
  });
});

describeWithVulkan("the loader", (ctx) => {
  it("describes every physical device", () => {
    const devices = ctx.vulkan.physicalDevices();
    expect(devices.length).toBeGreaterThan(0);
    for (const [index, device] of devices.entries()) {
      expect(device.index).toBe(index);
      expect(device.properties.deviceName).not.toBe("");
      expect(device.properties.apiVersion).toBeGreaterThanOrEqual(ApiVersion.V1_0);
      const { limits } = device.properties;
      for (const value of [limits.bufferImageGranularity, limits.nonCoherentAtomSize]) {
        expect(Math.log2(value) % 1).toBe(0);
      }
      // What the specification guarantees of every device.
      expect(limits.maxMemoryAllocationCount).toBeGreaterThanOrEqual(4096);
      expect(limits.maxMemoryAllocationSize).toBeGreaterThanOrEqual(2 ** 30);
      expect(device.allLimits.maxImageDimension2D).toBeGreaterThanOrEqual(4096);
      expect(device.allLimits.maxComputeWorkGroupCount).toHaveLength(3);
      expect(device.features.has("robustBufferAccess")).toBe(true);
      expect(device.queueFamilies.some((family) => family.queueFlags & QueueFlag.Compute)).toBe(true);
      const { memoryTypes, memoryHeaps } = device.memoryProperties;
      expect(memoryTypes.length).toBeGreaterThan(0);
      expect(memoryHeaps.every((heap) => heap.size > 0)).toBe(true);
      expect(memoryTypes.every((type) => type.heapIndex < memoryHeaps.length)).toBe(true);
      // One host-visible and coherent type, and one device-local one, are guaranteed.
      expect(memoryTypes.some((type) => (type.propertyFlags & 6) === 6)).toBe(true);
      expect(memoryTypes.some((type) => type.propertyFlags & 1)).toBe(true);
    }
  });

  it("lists extensions and layers", () => {
    expect(ctx.vulkan.extensions()).toContain("VK_KHR_get_physical_device_properties2");
    expect(ctx.vulkan.layers()).toContain("VK_LAYER_KHRONOS_validation");
    expect(ctx.vulkan.apiVersion).toBeGreaterThanOrEqual(ApiVersion.V1_1);
  });

  it("creates a device on the one that is chosen", () => {
    const [first] = ctx.vulkan.physicalDevices();
    const name = first!.properties.deviceName;
    for (const choice of [0, name.slice(0, 6), first!, (device: { index: number }) => device.index === 0]) {
      using device = ctx.vulkan.createDevice({ physicalDevice: choice });
      expect(device.physicalDevice.properties.deviceName).toBe(name);
    }
    expect(() => ctx.vulkan.createDevice({ physicalDevice: "no such device" })).toThrow(
      new RegExp(
        `No physical device fits the choice "no such device"\\. There are:\\n {2}0: ${name.slice(0, 6)}`,
      ),
    );
  });

  it("prefers a GPU to a CPU", () => {
    const gpus = ctx.vulkan
      .physicalDevices()
      .filter((d) => d.properties.deviceType !== PhysicalDeviceType.Cpu);
    const chosen = ctx.device.properties.deviceType;
    expect(chosen === PhysicalDeviceType.Cpu).toBe(gpus.length === 0);
  });

  it("fails with the call's name and VkResult", () => {
    const bad = () => ctx.vulkan.createInstance({ extensions: ["VK_NO_such_extension"] });
    expect(bad).toThrow("vkCreateInstance failed with VK_ERROR_EXTENSION_NOT_PRESENT");
    expect(() => ctx.vulkan.createInstance({ layers: ["VK_LAYER_none"] })).toThrow(VulkanError);
    expect(() => ctx.vulkan.createDevice({ extensions: ["VK_NO_such_extension"] })).toThrow(
      "vkCreateDevice failed with VK_ERROR_EXTENSION_NOT_PRESENT",
    );
    expect(() => ctx.vulkan.createDevice({ features: ["no such" as "robustBufferAccess"] })).toThrow(
      /features must be members of VkPhysicalDeviceFeatures, got "no such"/,
    );
  });

  it("uses only what the version asked for has", () => {
    for (const apiVersion of [ApiVersion.V1_0, ApiVersion.V1_1, ApiVersion.V1_2]) {
      const messages: DebugMessage[] = [];
      const device = ctx.vulkan.createDevice({
        apiVersion,
        validation: true,
        memoryExtensions: ctx.isKnownToLayer,
        onMessage: (m) => messages.push(m),
      });
      expect(device.properties.apiVersion).toBe(apiVersion);
      const buffer = device.createBuffer({ size: 64, usage: BufferUsage.TransferDst });
      const out = emptyMemoryRequirements();
      device.getBufferMemoryRequirements(buffer, out, true);
      expect(out.size).toBeGreaterThanOrEqual(64);
      device.destroyBuffer(buffer);
      device.destroy();
      expect(aboutUse(messages)).toEqual([]);
    }
  });

  it("enables nothing when nothing is asked for", () => {
    using device = ctx.vulkan.createDevice({ memoryExtensions: false });
    expect([...device.enabledExtensions, ...device.enabledFeatures]).toEqual([]);
  });

  it("enables of the extensions for memory those that are wanted, in core or not", () => {
    using whole = ctx.vulkan.createDevice();
    const names = [...whole.enabledExtensions];
    for (const unwanted of [[], ["VK_KHR_maintenance4"], names]) {
      using device = ctx.vulkan.createDevice({ memoryExtensions: (name) => !unwanted.includes(name) });
      expect([...device.enabledExtensions]).toEqual(names.filter((name) => !unwanted.includes(name)));
      expect(device.enabledFeatures.has("maintenance4")).toBe(
        whole.enabledFeatures.has("maintenance4") && unwanted.length === 0,
      );
    }
  });

  it("enables features by name", () => {
    using device = ctx.vulkan.createDevice({ features: ["robustBufferAccess"] });
    expect(device.enabledFeatures).toContain("robustBufferAccess");
  });
});

describeWithVulkan("validation", (ctx) => {
  /** A use that the specification forbids: a buffer that nothing can be done with. */
  const misuse = { size: 16, usage: 0 };
  const validated = () => ({ validation: true, memoryExtensions: ctx.isKnownToLayer });

  it("collects what the layer says, and calls back", () => {
    const heard: DebugMessage[] = [];
    const device = ctx.vulkan.createDevice({
      ...validated(),
      onMessage: (message) => heard.push(message),
    });
    device.destroyBuffer(device.createBuffer(misuse));
    expect(device.messages).toHaveLength(1);
    expect(device.messages).toEqual(heard);
    expect(heard[0]).toMatchObject({
      severity: MessageSeverity.Error,
      types: MessageType.Validation,
      messageIdName: "VUID-VkBufferCreateInfo-usage-requiredbitmask",
    });
    expect(heard[0]!.message).toContain("vkCreateBuffer");
    device.destroy();
  });

  it("hears of leaks when the device is destroyed", () => {
    const device = ctx.vulkan.createDevice(validated());
    device.createBuffer({ size: 16, usage: BufferUsage.TransferDst });
    expect(device.messages).toEqual([]);
    device.destroy();
    expect(device.messages.map((message) => message.messageIdName)).toEqual([
      "VUID-vkDestroyDevice-device-00378",
    ]);
  });

  it("hears of what is wrong with creating the instance itself", () => {
    const heard: DebugMessage[] = [];
    const instance = ctx.vulkan.createInstance({
      validation: { bestPractices: true },
      extensions: ["VK_EXT_debug_report"],
      onMessage: (message) => heard.push(message),
    });
    instance.destroy();
    expect(heard.map((message) => message.messageIdName).join()).toContain("BestPractices-vkCreateInstance");
  });

  it("survives a listener that throws", async () => {
    const caught: unknown[] = [];
    const previous = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => caught.push(error));
    const device = ctx.vulkan.createDevice({
      ...validated(),
      onMessage: () => {
        throw new Error("a listener's own failure");
      },
    });
    const buffer = device.createBuffer(misuse);
    expect(buffer).not.toBe(0n);
    device.destroyBuffer(buffer);
    device.destroy();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.removeAllListeners("uncaughtException");
    for (const listener of previous) process.on("uncaughtException", listener);
    expect(caught.map(String)).toEqual(["Error: a listener's own failure"]);
  });

  it.runIf(runtime === "node")("registers a callback only while it is on", async () => {
    const { default: koffi } = await import("koffi");
    const before = koffi.stats().callbacks;
    const plain = ctx.vulkan.createDevice();
    expect(koffi.stats().callbacks).toBe(before);
    expect(plain.messages).toEqual([]);
    plain.destroy();
    const validated = ctx.vulkan.createDevice({ validation: true });
    expect(koffi.stats().callbacks).toBe(before + 1);
    validated.destroy();
    expect(koffi.stats().callbacks).toBe(before);
    expect(() => ctx.vulkan.createInstance({ validation: true, extensions: ["VK_NO_such"] })).toThrow(
      VulkanError,
    );
    expect(koffi.stats().callbacks).toBe(before);
  });
});

describeWithVulkan("an instance", (ctx) => {
  it("destroys the devices that it still has", () => {
    const instance = ctx.vulkan.createInstance({ validation: true });
    const device = instance.createDevice({ memoryExtensions: ctx.isKnownToLayer });
    instance.destroy();
    instance.destroy();
    expect(aboutUse(instance.messages)).toEqual([]);
    expect(() => device.createBuffer({ size: 1, usage: 1 })).toThrow(
      "vkCreateBuffer: the device was destroyed",
    );
    expect(() => instance.physicalDevices()).toThrow("the instance was destroyed");
  });

  it("outlives its devices", () => {
    using instance = ctx.vulkan.createInstance({ validation: true });
    const memoryExtensions = ctx.isKnownToLayer;
    instance.createDevice({ memoryExtensions }).destroy();
    const physicalDevice = instance.physicalDevices()[ctx.device.physicalDevice.index]!;
    instance.createDevice({ physicalDevice, memoryExtensions }).destroy();
    expect(aboutUse(instance.messages)).toEqual([]);
  });
});

describeWithVulkan("a wrapped device", (ctx) => {
  it("works over handles as bigints and as numbers, and leaves them to their owner", () => {
    const { device } = ctx;
    const handles = {
      instance: device.instanceHandle,
      physicalDevice: device.physicalDevice.handle,
      device: device.handle,
    };
    const numbers = Object.fromEntries(
      Object.entries(handles).map(([name, handle]) => [name, Number(handle)]),
    );
    for (const given of [handles, numbers as unknown as typeof handles]) {
      const wrapped = ctx.vulkan.wrapDevice({
        ...given,
        apiVersion: ApiVersion.V1_3,
        queue: { familyIndex: 0 },
      });
      expect(wrapped.properties).toEqual({ ...device.properties, apiVersion: ApiVersion.V1_3 });
      expect(wrapped.memoryProperties).toEqual(device.memoryProperties);
      const buffer = wrapped.createBuffer({ size: 100, usage: BufferUsage.TransferDst });
      device.destroyBuffer(buffer);
      expect(wrapped.queue.handle).toBe(device.queue.handle);
      expect(wrapped.queues[0].handle).toBe(device.queue.handle);
      wrapped.destroy();
      expect(() => wrapped.createBuffer({ size: 100, usage: 2 })).toThrow("the device was destroyed");
    }
    device.destroyBuffer(device.createBuffer({ size: 100, usage: BufferUsage.TransferDst }));
  });

  it("is of the Vulkan version that is said, without extensions unless more is said", () => {
    const { device } = ctx;
    const handles = {
      instance: device.instanceHandle,
      physicalDevice: device.physicalDevice.handle,
      device: device.handle,
      apiVersion: ApiVersion.V1_0,
    };
    const out = emptyMemoryRequirements();
    const buffer = device.createBuffer({ size: 100, usage: BufferUsage.TransferDst });

    using plain = ctx.vulkan.wrapDevice(handles);
    expect(plain.properties.apiVersion).toBe(ApiVersion.V1_0);
    expect([...plain.enabledExtensions]).toEqual([]);
    plain.getBufferMemoryRequirements(buffer, out, false);
    expect(out.size).toBeGreaterThanOrEqual(100);
    expect(() => plain.getBufferMemoryRequirements(buffer, out, true)).toThrow(
      expect.objectContaining({
        result: Result.ErrorExtensionNotPresent,
        call: "vkGetBufferMemoryRequirements2",
      }),
    );
    expect(() => plain.queue).toThrow(/familyIndex/);
    expect(() => plain.queues).toThrow(/`queue`/);

    using extended = ctx.vulkan.wrapDevice({
      ...handles,
      enabledExtensions: ["VK_KHR_get_memory_requirements2"],
    });
    out.size = 0;
    extended.getBufferMemoryRequirements(buffer, out, true);
    expect(out.size).toBeGreaterThanOrEqual(100);
    device.destroyBuffer(buffer);
  });

  it("says which handle is wrong", () => {
    const { instanceHandle: instance, physicalDevice, handle } = ctx.device;
    const good = { instance, physicalDevice: physicalDevice.handle, device: handle };
    const wrap = (bad: object) => () => ctx.vulkan.wrapDevice({ ...good, ...bad });
    expect(wrap({ device: 0n })).toThrow(/device must not be VK_NULL_HANDLE, got 0n/);
    expect(wrap({ instance: 2 ** 60 })).toThrow(/instance must be an integer/);
    expect(wrap({ physicalDevice: -1n })).toThrow(
      /physicalDevice must be an unsigned 64-bit integer, got -1n/,
    );
    expect(wrap({ device: "0x10" })).toThrow(/device must be a bigint or a safe integer, got "0x10"/);
  });
});
