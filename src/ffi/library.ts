/** Finds the Vulkan loader, and the two functions from which all others come. */

import { quote } from "../foundation/check.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import { noLoaderHelp } from "./advice.ts";
import { type GlobalFunctions, globalCommands, resolveCommands } from "./commands.ts";
import type { NativeCalls, NativeLibrary } from "./native/native-calls.ts";
import { NativeMemory } from "./native-memory.ts";

/** The opened Vulkan loader. */
export interface Library {
  /** The name or path under which the loader was found. */
  readonly path: string;
  /** What makes the calls. */
  readonly native: NativeCalls;
  /** The highest instance version that the loader offers. */
  readonly apiVersion: number;
  readonly functions: GlobalFunctions;
  /** vkGetInstanceProcAddr; 0n if there is no such function. */
  instanceFunction(instance: bigint, name: string): bigint;
}

/** The loader's names on each platform, in the order in which they are tried. */
const loaderNames: Record<string, readonly string[]> = {
  win32: ["vulkan-1.dll"],
  darwin: [
    "libvulkan.dylib",
    "libvulkan.1.dylib",
    "libMoltenVK.dylib",
    "/usr/local/lib/libvulkan.dylib",
    "/opt/homebrew/lib/libvulkan.1.dylib",
  ],
  android: ["libvulkan.so"],
};
const elfNames: readonly string[] = ["libvulkan.so.1", "libvulkan.so"];

/**
 * Opens the Vulkan loader: `path`, otherwise what the environment variable VMA_TS_VULKAN names, otherwise the platform's usual
 * names. Throws an Error that says what to install when there is none.
 */
export function openLibrary(native: NativeCalls, path?: string): Library {
  if (path !== undefined && (typeof path !== "string" || path === "")) {
    throw new TypeError(`path must be the name of a file, got ${quote(path)}`);
  }
  const named = path ?? (process.env.VMA_TS_VULKAN || undefined);
  const names = named === undefined ? (loaderNames[process.platform] ?? elfNames) : [named];
  const failures: string[] = [];
  for (const name of names) {
    let library: NativeLibrary;
    try {
      library = native.load(name);
    } catch (error) {
      failures.push(`  ${name}: ${(error as Error).message}`);
      continue;
    }
    return makeLibrary(native, name, library);
  }
  throw new Error(`No Vulkan loader was found. Tried:\n${failures.join("\n")}\n${noLoaderHelp}`);
}

function makeLibrary(native: NativeCalls, path: string, library: NativeLibrary): Library {
  const address = library.find("vkGetInstanceProcAddr");
  if (address === 0n) {
    throw new Error(`${path} is not a Vulkan loader: it has no vkGetInstanceProcAddr`);
  }
  const getInstanceProcAddr = native.declare(address, "pp>a", "vkGetInstanceProcAddr");
  const instanceFunction = (instance: bigint, name: string): bigint => {
    using memory = new NativeMemory(native, 256);
    return BigInt(getInstanceProcAddr(instance, memory.string(name)));
  };
  const functions = resolveCommands(
    native,
    globalCommands,
    ApiVersion.V1_1,
    () => false,
    (name) => instanceFunction(0n, name),
  );
  return {
    path,
    native,
    functions,
    instanceFunction,
    apiVersion:
      instanceFunction(0n, "vkEnumerateInstanceVersion") === 0n
        ? ApiVersion.V1_0
        : version(native, functions),
  };
}

function version(native: NativeCalls, functions: GlobalFunctions): number {
  using memory = new NativeMemory(native, 8);
  return functions.vkEnumerateInstanceVersion(memory.address) < 0 ? ApiVersion.V1_0 : memory.u32[0]!;
}
