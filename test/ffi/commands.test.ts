import { describe, expect, it } from "vitest";
import {
  type Command,
  check,
  deviceCommands,
  globalCommands,
  instanceCommands,
  resolveCommands,
  revoke,
} from "../../src/ffi/commands.ts";
import { ApiVersion, Result, VulkanError } from "../../src/vulkan/index.ts";
import { native } from "../helpers/native.ts";

const commands: Readonly<Record<string, Command>> = {
  vkCore: { signature: "p>r", core: "1.0" },
  vkPromoted: { signature: "p>r", core: "1.2", extension: "VK_KHR_promoted", suffix: "KHR" },
  vkExtensionEXT: { signature: "p>r", extension: "VK_EXT_extension" },
};

/** The names that are looked up, at an API version with extensions, in a driver that has none of them. */
function lookedUp(apiVersion: number, extensions: readonly string[]): string[] {
  const names: string[] = [];
  const lookUp = (name: string): bigint => {
    names.push(name);
    return 0n;
  };
  resolveCommands(native, commands, apiVersion, (name) => extensions.includes(name), lookUp);
  return names;
}

describe("resolving commands", () => {
  it("asks for core names of the version in use, and for extensions' names where they are enabled", () => {
    expect(lookedUp(ApiVersion.V1_0, [])).toEqual(["vkCore"]);
    expect(lookedUp(ApiVersion.V1_1, ["VK_KHR_promoted"])).toEqual(["vkCore", "vkPromotedKHR"]);
    expect(lookedUp(ApiVersion.V1_2, [])).toEqual(["vkCore", "vkPromoted"]);
    expect(lookedUp(ApiVersion.V1_3, ["VK_EXT_extension"])).toEqual([
      "vkCore",
      "vkPromoted",
      "vkExtensionEXT",
    ]);
  });

  it("puts an error in the place of what is missing, which says what would bring it", () => {
    const functions = resolveCommands(
      native,
      commands,
      ApiVersion.V1_0,
      () => false,
      () => 0n,
    );
    const failure = (name: string): unknown => {
      try {
        return functions[name]!(0n);
      } catch (error) {
        return error;
      }
    };
    for (const name of Object.keys(commands)) {
      expect(failure(name)).toBeInstanceOf(VulkanError);
      expect(failure(name)).toMatchObject({ result: Result.ErrorExtensionNotPresent, call: name });
    }
    expect(String(failure("vkPromoted"))).toContain("it needs Vulkan 1.2 or VK_KHR_promoted");
    expect(String(failure("vkExtensionEXT"))).toContain("it needs VK_EXT_extension");
  });

  it("can take all functions back", () => {
    const functions = resolveCommands(
      native,
      commands,
      ApiVersion.V1_0,
      () => false,
      () => 0n,
    );
    revoke(functions, "the device was destroyed");
    expect(() => functions.vkCore!(0n)).toThrow("vkCore: the device was destroyed");
  });
});

describe("the tables of commands", () => {
  it("say of each command where it comes from and how it is called", () => {
    for (const table of [globalCommands, instanceCommands, deviceCommands]) {
      for (const [name, command] of Object.entries<Command>(table)) {
        expect(name).toMatch(/^vk[A-Z]/);
        expect(command.signature).toMatch(/^[pnf]+>[rva]$/);
        expect(command.core ?? command.extension, name).toBeDefined();
      }
    }
  });
});

describe("VkResult", () => {
  it("is an error when it is negative, and only then", () => {
    for (const code of [Result.Success, Result.NotReady, Result.Timeout, Result.Incomplete, 1000268000]) {
      expect(() => check(code, "vkAnything")).not.toThrow();
    }
    expect(() => check(Result.ErrorOutOfDeviceMemory, "vkAllocateMemory")).toThrow(
      "vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY",
    );
    expect(() => check(-4711, "vkAnything")).toThrow("vkAnything failed with VkResult -4711");
  });
});
