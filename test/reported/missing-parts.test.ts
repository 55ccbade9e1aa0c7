/** What is said where there is a Vulkan loader but no driver, or not the layer, extension or feature that was asked for. */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Result, VulkanError } from "../../src/vulkan/index.ts";
import { runProgram } from "../helpers/child.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const root = join(import.meta.dirname, "..", "..");
/** A loader finds no driver there. */
const noDriver = { VK_DRIVER_FILES: "/nowhere/none.json", VK_ICD_FILENAMES: "/nowhere/none.json" };

describeWithVulkan("a loader without a driver", () => {
  it("says what to install", () => {
    const { status, output } = runProgram(join(import.meta.dirname, "programs", "absent.ts"), [], noDriver);
    expect(status).toBe(0);
    const [listed, created, loaded] = output.split("\n").map((line) => JSON.parse(line) as string);
    for (const message of [listed, created]) {
      expect(message).toContain(
        "vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER: there is a Vulkan loader",
      );
      expect(message).toContain("apt install mesa-vulkan-drivers");
      expect(message).toContain("VK_DRIVER_FILES is set");
    }
    expect(loaded).toContain("/nowhere/libvulkan.so.1");
    expect(loaded).toContain("Install a Vulkan loader");
  });

  it("leaves the demo the simulator, and makes it say why", () => {
    const demo = join(root, "demo", "main.ts");
    const { status, output } = runProgram(demo, ["--count", "50"], noDriver);
    expect(status).toBe(0);
    expect(output).toMatch(
      /No Vulkan driver can be used: .*INCOMPATIBLE_DRIVER: there is a Vulkan loader, but no driver/,
    );
    expect(output).toContain("apt install libvulkan1 mesa-vulkan-drivers");
    const wanted = runProgram(demo, ["--device", "lavapipe"], noDriver);
    expect(wanted.status).toBe(1);
    expect(wanted.errors).toContain("apt install mesa-vulkan-drivers");
  });

  it("makes the bench say once how a driver is had", () => {
    const program = join(import.meta.dirname, "programs", "bench-device.ts");
    const { output, errors } = runProgram(program, [], noDriver);
    expect(output).toBe("none");
    expect(errors.match(/apt install mesa-vulkan-drivers/g)).toHaveLength(1);
    expect(errors).toContain("no device: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER");
  });
});

describeWithVulkan("what is missing", (ctx) => {
  const messageOf = (attempt: () => unknown, result: Result): string => {
    try {
      attempt();
    } catch (error) {
      expect(error).toBeInstanceOf(VulkanError);
      expect((error as VulkanError).result).toBe(result);
      return (error as Error).message;
    }
    return expect.fail("nothing was missing");
  };

  it("is named: layers", () => {
    const layers = ["VK_LAYER_KHRONOS_validaton", "VK_LAYER_no_such"];
    const message = messageOf(() => ctx.vulkan.createInstance({ layers }), Result.ErrorLayerNotPresent);
    expect(message).toContain(
      "there is no layer VK_LAYER_KHRONOS_validaton (is VK_LAYER_KHRONOS_validation meant?), and no VK_LAYER_no_such",
    );
  });

  it("is named: instance extensions", () => {
    const extensions = ["VK_KHR_surfaces", "VK_KHR_surface"];
    const message = messageOf(
      () => ctx.vulkan.createInstance({ extensions }),
      Result.ErrorExtensionNotPresent,
    );
    expect(message).toContain("there is no instance extension VK_KHR_surfaces");
    expect(message).toMatch(/is VK_KHR_surface meant\?\)$/);
  });

  it("is named: device extensions and features", () => {
    const extensions = ["VK_KHR_maintenance9000", "VK_KHR_maintenance3"];
    expect(messageOf(() => ctx.vulkan.createDevice({ extensions }), Result.ErrorExtensionNotPresent)).toMatch(
      /vkCreateDevice failed with VK_ERROR_EXTENSION_NOT_PRESENT: on .* there is no device extension VK_KHR_maintenance9000/,
    );
    const missing = (["sparseBinding", "shaderResourceResidency", "textureCompressionETC2"] as const).filter(
      (name) => !ctx.device.physicalDevice.features.has(name),
    );
    if (missing.length > 0) {
      const create = (): unknown => ctx.vulkan.createDevice({ features: missing });
      expect(messageOf(create, Result.ErrorFeatureNotPresent)).toContain(`there is no feature ${missing[0]}`);
    }
    expect(() => ctx.vulkan.createDevice({ features: ["sparseBindin" as "sparseBinding"] })).toThrow(
      /features must be members of VkPhysicalDeviceFeatures, got "sparseBindin"/,
    );
  });

  it("is named: the physical device", () => {
    expect(() => ctx.vulkan.createDevice({ physicalDevice: "Voodoo" })).toThrow(
      /No physical device fits the choice "Voodoo"\. There are:\n {2}0: /,
    );
  });
});

describe("an error without more to say", () => {
  it("ends with the result's name", () => {
    expect(new VulkanError(Result.ErrorDeviceLost, "vkQueueSubmit").message).toBe(
      "vkQueueSubmit failed with VK_ERROR_DEVICE_LOST",
    );
  });
});
