/** Creates instances, with or without the validation layer. */

import { optionsCheck } from "../foundation/check-names.ts";
import { showAs } from "../foundation/inspect.ts";
import { ApiVersion, apiVersionString, makeApiVersion } from "../vulkan/constants.ts";
import { instanceError, noValidationLayer } from "./advice.ts";
import { check, type InstanceFunctions, instanceCommands, resolveCommands, revoke } from "./commands.ts";
import { checkDeviceNames, createDevice, type DeviceOptions } from "./create-device.ts";
import type { NativeDevice } from "./device.ts";
import { layouts } from "./layout.ts";
import type { Library } from "./library.ts";
import { type DebugMessage, Messenger } from "./messenger.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { NativeMemory } from "./native-memory.ts";
import { type CommandFunction, declareCommand, type Life } from "./own-command.ts";
import { enumerateNames, listPhysicalDevices, type PhysicalDevice } from "./physical-device.ts";

const VALIDATION_LAYER = "VK_LAYER_KHRONOS_validation";
const PORTABILITY = "VK_KHR_portability_enumeration";
const PROPERTIES2 = "VK_KHR_get_physical_device_properties2";
/** VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR */
const ENUMERATE_PORTABILITY = 0x1;

/** What the validation layer checks in addition to the valid usage of every call. */
export interface ValidationOptions {
  /** Hazards between commands (synchronization validation). Default false. */
  readonly synchronization?: boolean;
  /** Best practices. Default false. */
  readonly bestPractices?: boolean;
}

/** Options of an instance. */
export interface InstanceOptions {
  /** The Vulkan version to use; default 1.4 or the loader's, whichever is lower. */
  readonly apiVersion?: number;
  /** Load VK_LAYER_KHRONOS_validation and collect its messages. Default false. */
  readonly validation?: boolean | ValidationOptions;
  /** More instance extensions. */
  readonly extensions?: readonly string[];
  /** More layers. */
  readonly layers?: readonly string[];
  /**
   * Called with every warning and error of the validation layer, during the Vulkan call it refers to; it must not make Vulkan
   * calls. Only with `validation`.
   */
  readonly onMessage?: (message: DebugMessage) => void;
}

const checkInstanceNames = optionsCheck<InstanceOptions>("an instance's options", {
  apiVersion: "enum",
  validation: true,
  extensions: true,
  layers: true,
  onMessage: true,
});
const checkValidationNames = optionsCheck<ValidationOptions>("validation", {
  synchronization: true,
  bestPractices: true,
});

/** The requested validation, if any. */
function validationOf(options: InstanceOptions): ValidationOptions | undefined {
  const { validation } = options;
  if (validation === undefined || validation === false) return undefined;
  if (validation === true) return {};
  checkValidationNames(validation);
  return validation;
}

/** The functions of an existing instance. */
export function instanceFunctions(
  library: Library,
  instance: bigint,
  apiVersion: number,
  isEnabled: (extension: string) => boolean,
): InstanceFunctions {
  return resolveCommands(library.native, instanceCommands, apiVersion, isEnabled, (name) =>
    library.instanceFunction(instance, name),
  );
}

/** A VkInstance created by this library. */
export class VulkanInstance {
  /** The type of {@link handle}. */
  readonly handleType = "instance" as const;
  /** VkInstance */
  readonly handle: bigint;
  /** The Vulkan version that it was created for. */
  readonly apiVersion: number;
  /** Names of the instance extensions that are enabled. */
  readonly enabledExtensions: ReadonlySet<string>;
  /** Warnings and errors of the validation layer so far; empty without `validation`. */
  readonly messages: DebugMessage[];
  /** VkAllocationCallbacks*: an instance has none. */
  readonly allocationCallbacks: bigint = 0n;
  /** @internal */
  readonly library: Library;
  /** @internal */
  readonly functions: InstanceFunctions;
  readonly #messenger: Messenger | undefined;
  readonly #messengerHandle: bigint;
  readonly #devices = new Set<NativeDevice>();
  readonly #life: Life = { end: undefined };
  #destroyed = false;
  /** Whether a device had to be left alive. */
  #isLeft = false;

  /** @internal Instances come from `createInstance`. */
  constructor(library: Library, options: InstanceOptions) {
    checkInstanceNames(options);
    const validation = validationOf(options);
    this.library = library;
    this.apiVersion = options.apiVersion ?? Math.min(library.apiVersion, ApiVersion.V1_4);
    const available = instanceExtensions(library);
    const layers = [...(options.layers ?? [])];
    const extensions = new Set(options.extensions);
    if (available.has(PORTABILITY)) extensions.add(PORTABILITY);
    if (this.apiVersion < ApiVersion.V1_1 && available.has(PROPERTIES2)) extensions.add(PROPERTIES2);
    if (validation !== undefined) {
      if (!instanceLayers(library).has(VALIDATION_LAYER)) throw new Error(noValidationLayer);
      layers.push(VALIDATION_LAYER);
      extensions.add("VK_EXT_debug_utils");
    }
    this.enabledExtensions = extensions;
    const messenger = validation === undefined ? undefined : new Messenger(library.native, options.onMessage);
    this.#messenger = messenger;
    this.messages = messenger?.messages ?? [];
    try {
      this.handle = createHandle(library, this.apiVersion, layers, extensions, validation, messenger);
    } catch (error) {
      messenger?.close();
      throw error;
    }
    this.functions = instanceFunctions(library, this.handle, this.apiVersion, (name) => extensions.has(name));
    try {
      this.#messengerHandle = messenger === undefined ? 0n : this.#listen(messenger);
    } catch (error) {
      this.functions.vkDestroyInstance(this.handle, 0n);
      messenger?.close();
      throw error;
    }
  }

  #listen(messenger: Messenger): bigint {
    using memory = new NativeMemory(this.library.native, 256);
    const info = memory.struct("VkDebugUtilsMessengerCreateInfoEXT", messenger.createInfo);
    const out = memory.reserve(8);
    check(
      this.functions.vkCreateDebugUtilsMessengerEXT(this.handle, memory.at(info), 0n, memory.at(out)),
      "vkCreateDebugUtilsMessengerEXT",
    );
    return memory.u64[out / 8]!;
  }

  /**
   * @internal Throws where the validation layer does not know VK_EXT_map_memory_placed: the layer gives out handles of its own, and
   * commands that it does not know would take these to the driver.
   */
  checkKnowsPlacedMapping(): void {
    if (this.#messenger === undefined) return;
    const version = validationLayerVersion(this.library);
    if (version >= KNOWS_PLACED_MAPPING) return;
    throw new Error(
      `VK_EXT_map_memory_placed needs a validation layer of ${apiVersionString(KNOWS_PLACED_MAPPING)} or later, or none; ` +
        `this one is ${apiVersionString(version)}`,
    );
  }

  /** Whether VK_KHR_get_physical_device_properties2 can be used. */
  get hasProperties2(): boolean {
    return this.apiVersion >= ApiVersion.V1_1 || this.enabledExtensions.has(PROPERTIES2);
  }

  /** @internal */
  get native(): NativeCalls {
    return this.library.native;
  }

  /**
   * vkGetInstanceProcAddr: the address of a command, 0n if the instance does not have it. Throws once it is destroyed.
   */
  getProcAddress(name: string): bigint {
    if (this.#life.end !== undefined) throw new Error(`getProcAddress: ${this.#life.end}`);
    return this.library.instanceFunction(this.handle, name);
  }

  /** A command of the instance or of a physical device as a function; see {@link NativeDevice.command}. */
  command<S extends string>(name: string, signature: S): CommandFunction<S> {
    return declareCommand(this.native, this.getProcAddress(name), name, signature, this.#life);
  }

  /** The address of a buffer's first byte, valid as long as the buffer is reachable. */
  addressOf(buffer: ArrayBuffer): bigint {
    return this.native.addressOf(buffer);
  }

  /** Every physical device, in the driver's order, queried again at each call. */
  physicalDevices(): PhysicalDevice[] {
    return listPhysicalDevices(this, this.handle);
  }

  /** Creates a device of this instance. Destroying the instance destroys it. */
  createDevice(options: DeviceOptions = {}): NativeDevice {
    checkDeviceNames(options);
    const device = createDevice(this, options, (isLeft) => {
      this.#devices.delete(device);
      this.#isLeft ||= isLeft;
    });
    this.#devices.add(device);
    return device;
  }

  /**
   * Destroys its remaining devices, then the instance. Destroying twice does nothing. A device that had to be left alive (see
   * `NativeDevice.leaks`) keeps its instance.
   */
  destroy(): void;
  /** @internal */
  destroy(isLeft: boolean): void;
  destroy(isLeft = false): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const device of this.#devices) device.destroy();
    this.#life.end = "the instance was destroyed";
    if (isLeft || this.#isLeft) {
      revoke(this.functions, "the instance was destroyed");
      return;
    }
    if (this.#messengerHandle !== 0n) {
      this.functions.vkDestroyDebugUtilsMessengerEXT(this.handle, this.#messengerHandle, 0n);
    }
    this.functions.vkDestroyInstance(this.handle, 0n);
    revoke(this.functions, "the instance was destroyed");
    this.#messenger?.close();
  }

  /** {@link destroy}, for `using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }
}

showAs(
  VulkanInstance,
  ({ apiVersion }) => `VulkanInstance for Vulkan ${apiVersionString(apiVersion)}`,
  ({ handle, apiVersion, enabledExtensions }) => ({ handle, apiVersion, enabledExtensions }),
);

/** The names of the instance extensions that the loader and its drivers offer. */
export function instanceExtensions(library: Library): Set<string> {
  return enumerateNames(library.native, "VkExtensionProperties", "extensionName", (count, out) =>
    check(
      library.functions.vkEnumerateInstanceExtensionProperties(0n, count, out),
      "vkEnumerateInstanceExtensionProperties",
    ),
  );
}

/** The names of the layers that the loader finds. */
export function instanceLayers(library: Library): Set<string> {
  return enumerateNames(library.native, "VkLayerProperties", "layerName", (count, out) =>
    check(
      library.functions.vkEnumerateInstanceLayerProperties(count, out),
      "vkEnumerateInstanceLayerProperties",
    ),
  );
}

/** The validation layer that has learnt of VK_EXT_map_memory_placed. */
const KNOWS_PLACED_MAPPING = makeApiVersion(1, 3, 277);

/** The version of Vulkan that the validation layer was written for; 0 if there is none. */
function validationLayerVersion({ native, functions }: Library): number {
  using count = new NativeMemory(native, 8);
  const call = "vkEnumerateInstanceLayerProperties";
  check(functions.vkEnumerateInstanceLayerProperties(count.address, 0n), call);
  const { size } = layouts.VkLayerProperties;
  using all = new NativeMemory(native, Math.max(1, count.u32[0]!) * size);
  check(functions.vkEnumerateInstanceLayerProperties(count.address, all.address), call);
  for (let i = 0; i < count.u32[0]!; i++) {
    const layer = all.read("VkLayerProperties", i * size);
    if (layer.layerName === VALIDATION_LAYER) return layer.specVersion as number;
  }
  return 0;
}

/** VkValidationFeatureEnableEXT */
function enabledChecks(validation: ValidationOptions): number[] {
  const enables: number[] = [];
  if (validation.bestPractices) enables.push(2);
  if (validation.synchronization) enables.push(4);
  return enables;
}

function createHandle(
  library: Library,
  apiVersion: number,
  layers: readonly string[],
  extensions: ReadonlySet<string>,
  validation: ValidationOptions | undefined,
  messenger: Messenger | undefined,
): bigint {
  using memory = new NativeMemory(library.native, 65536);
  let next = 0n;
  if (messenger !== undefined) {
    next = memory.at(memory.struct("VkDebugUtilsMessengerCreateInfoEXT", messenger.createInfo));
  }
  const enables = validation === undefined ? [] : enabledChecks(validation);
  if (enables.length > 0) {
    next = memory.at(
      memory.struct("VkValidationFeaturesEXT", {
        pNext: next,
        enabledValidationFeatureCount: enables.length,
        pEnabledValidationFeatures: memory.words(enables),
      }),
    );
  }
  const application = memory.struct("VkApplicationInfo", {
    pApplicationName: memory.string("vma-ts"),
    pEngineName: memory.string("vma-ts"),
    apiVersion,
  });
  const info = memory.struct("VkInstanceCreateInfo", {
    pNext: next,
    flags: extensions.has(PORTABILITY) ? ENUMERATE_PORTABILITY : 0,
    pApplicationInfo: memory.at(application),
    enabledLayerCount: layers.length,
    ppEnabledLayerNames: memory.strings(layers),
    enabledExtensionCount: extensions.size,
    ppEnabledExtensionNames: memory.strings([...extensions]),
  });
  const out = memory.reserve(8);
  const result = library.functions.vkCreateInstance(memory.at(info), 0n, memory.at(out));
  if (result < 0) {
    throw instanceError(result, {
      layers,
      extensions,
      availableLayers: () => instanceLayers(library),
      availableExtensions: () => instanceExtensions(library),
    });
  }
  return memory.u64[out / 8]!;
}
