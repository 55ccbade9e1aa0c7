/** The entrance: the opened Vulkan loader, from which instances and devices come. */

import { optionsCheck } from "../foundation/check-names.ts";
import { showAs } from "../foundation/inspect.ts";
import { createDevice, DEVICE_NAMES, type DeviceOptions } from "./create-device.ts";
import type { NativeDevice } from "./device.ts";
import { type InstanceOptions, instanceExtensions, instanceLayers, VulkanInstance } from "./instance.ts";
import type { Library } from "./library.ts";
import type { NativeCallsInUse } from "./native/choose.ts";
import type { PhysicalDevice } from "./physical-device.ts";
import { type WrapDeviceOptions, wrapDevice } from "./wrap-device.ts";

/** How to create a device together with an instance of its own. */
export interface CreateDeviceOptions extends DeviceOptions {
  /** The instance's options; `validation`, `apiVersion` and `onMessage` may also stand beside it. */
  readonly instance?: InstanceOptions;
  /** See {@link InstanceOptions.validation}. */
  readonly validation?: InstanceOptions["validation"];
  /** See {@link InstanceOptions.apiVersion}. */
  readonly apiVersion?: number;
  /** See {@link InstanceOptions.onMessage}. */
  readonly onMessage?: InstanceOptions["onMessage"];
}

const checkDeviceNames = optionsCheck<CreateDeviceOptions>("a device's options", {
  ...DEVICE_NAMES,
  instance: true,
  validation: true,
  apiVersion: "enum",
  onMessage: true,
});

/** The Vulkan loader. */
export class Vulkan {
  /** What makes the calls, and why it and no other. */
  readonly nativeCalls: NativeCallsInUse;
  readonly #library: Library;

  /** @internal The loader comes from `loadVulkan`. */
  constructor(library: Library, nativeCalls: NativeCallsInUse) {
    this.#library = library;
    this.nativeCalls = nativeCalls;
  }

  /** The name or path under which the loader was found. */
  get path(): string {
    return this.#library.path;
  }

  /** The highest instance version that the loader offers. */
  get apiVersion(): number {
    return this.#library.apiVersion;
  }

  /** The names of the instance extensions that there are. */
  extensions(): ReadonlySet<string> {
    return instanceExtensions(this.#library);
  }

  /** The names of the layers that there are. */
  layers(): ReadonlySet<string> {
    return instanceLayers(this.#library);
  }

  /**
   * Every physical device, described, through an instance that is gone again when this returns. Their
   * handles are gone with it: choose by description, or ask an instance of your own. A device that
   * `createDevice` is given is found again by its place in the list.
   */
  physicalDevices(): PhysicalDevice[] {
    using instance = this.createInstance();
    return instance.physicalDevices();
  }

  /** vkCreateInstance */
  createInstance(options: InstanceOptions = {}): VulkanInstance {
    return new VulkanInstance(this.#library, options);
  }

  /** Creates an instance and a device on it; destroying the device destroys both. */
  createDevice(options: CreateDeviceOptions = {}): NativeDevice {
    checkDeviceNames(options);
    const { validation, apiVersion, onMessage } = options;
    const instance = this.createInstance({
      ...options.instance,
      ...(validation === undefined ? {} : { validation }),
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(onMessage === undefined ? {} : { onMessage }),
    });
    try {
      return createDevice(instance, options, (isLeft) => instance.destroy(isLeft));
    } catch (error) {
      instance.destroy();
      throw error;
    }
  }

  /** The port over a device that is yours. See {@link WrapDeviceOptions}. */
  wrapDevice(options: WrapDeviceOptions): NativeDevice {
    return wrapDevice(this.#library, options);
  }
}

showAs(
  Vulkan,
  ({ path, nativeCalls }) => `Vulkan from ${path}, called through ${nativeCalls.kind}`,
  ({ path, apiVersion, nativeCalls }) => ({ path, apiVersion, nativeCalls }),
);
