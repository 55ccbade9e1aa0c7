/** The options of a simulated device, and their defaults. */

import { checkInteger, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { asData } from "../foundation/inspect.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import type { DeviceProperties, MemoryBudgetProperties } from "../vulkan/device.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { DriverEventListener } from "./events.ts";
import { SimulatedHost } from "./host.ts";
import { type DeviceProfile, makeProfile, type ProfileDescription } from "./profile.ts";
import type { RequirementsSource } from "./requirements.ts";
import { type DeviceFeatures, DeviceState, type Permissions } from "./state.ts";

/** The answer of VK_EXT_memory_budget: any numbers, even nonsense, or a function that returns them. */
export type BudgetSource = MemoryBudgetProperties | (() => MemoryBudgetProperties);

/** Options of a device. */
export interface SimulatedDeviceOptions {
  /**
   * The extensions to enable; default none. "all": all that the profile has. One that the profile lacks causes
   * VK_ERROR_EXTENSION_NOT_PRESENT.
   */
  readonly extensions?: readonly string[] | "all";
  /** The version of Vulkan to use, as in VK_MAKE_API_VERSION; default and maximum: the profile's. */
  readonly apiVersion?: number;
  /** The features to enable or disable. */
  readonly features?: Partial<DeviceFeatures>;
  /** What to permit. */
  readonly permit?: Partial<Permissions>;
  /**
   * Gives memory that is not host-coherent separate bytes for host and device, which only flushing and invalidating
   * synchronize, so that a forgotten flush shows. Default false: all memory acts as if coherent.
   */
  readonly simulateCaches?: boolean;
  /**
   * The byte that new memory is filled with, unless it is zeroed (VK_EXT_zero_initialize_device_memory), so that reads of
   * unwritten memory show; from 0 to 255, default 0. Filling costs time and memory: a memory object takes all its bytes once
   * one is touched.
   */
  readonly freshMemory?: number;
  /** The process, for devices that exchange external memory; default: a new one. */
  readonly host?: SimulatedHost;
  /** Requirements instead of the device's own. */
  readonly requirements?: RequirementsSource;
  /** The budget to report; default: each heap's size, and what is allocated from it. */
  readonly memoryBudget?: BudgetSource;
  /**
   * How many memory objects may exist at once before VK_ERROR_TOO_MANY_OBJECTS; default: the device's maxMemoryAllocationCount.
   * Some drivers allow more than they report.
   */
  readonly servedMemoryCount?: number;
  /** Receives every call that changes memory. */
  readonly onEvent?: DriverEventListener;
}

const checkDeviceNames = optionsCheck<SimulatedDeviceOptions>("a simulated device's options", {
  extensions: true,
  apiVersion: "enum",
  features: true,
  permit: true,
  simulateCaches: true,
  freshMemory: true,
  host: true,
  requirements: true,
  memoryBudget: true,
  servedMemoryCount: true,
  onEvent: true,
});
const checkFeatureNames = optionsCheck<DeviceFeatures>("features", {
  bufferDeviceAddress: true,
  bufferDeviceAddressCaptureReplay: true,
  maintenance4: true,
  maintenance5: true,
  zeroInitializeDeviceMemory: true,
  memoryMapPlaced: true,
  memoryUnmapReserve: true,
  deviceCoherentMemory: true,
  protectedMemory: true,
  sparseBinding: true,
  sparseResidencyBuffer: true,
  sparseResidencyImage2D: true,
  sparseResidencyImage3D: true,
  sparseResidency2Samples: true,
  sparseResidency4Samples: true,
  sparseResidency8Samples: true,
  sparseResidency16Samples: true,
  sparseResidencyAliased: true,
});
const checkPermitNames = optionsCheck<Permissions>("permit", {
  overlap: true,
  granularityConflict: true,
  unmappedRanges: true,
  unsuitedMemory: true,
  freeBound: true,
});

/** Creates the state of a device. */
export function makeState(description: ProfileDescription, options: SimulatedDeviceOptions): DeviceState {
  checkDeviceNames(options);
  if (options.features !== undefined) checkFeatureNames(options.features);
  if (options.permit !== undefined) checkPermitNames(options.permit);
  const profile = makeProfile(description);
  const apiVersion = options.apiVersion ?? profile.apiVersion;
  if (apiVersion > profile.apiVersion) {
    throw new RangeError(
      `apiVersion must be at most the profile's ${profile.apiVersion}, got ${quote(apiVersion)}`,
    );
  }
  const extensions = enabledExtensions(profile, options.extensions ?? []);
  const state = new DeviceState({
    profile,
    apiVersion,
    extensions,
    features: {
      bufferDeviceAddress: apiVersion >= ApiVersion.V1_2 || extensions.has("VK_KHR_buffer_device_address"),
      bufferDeviceAddressCaptureReplay: false,
      maintenance4: extensions.has("VK_KHR_maintenance4"),
      maintenance5: extensions.has("VK_KHR_maintenance5"),
      zeroInitializeDeviceMemory: extensions.has("VK_EXT_zero_initialize_device_memory"),
      memoryMapPlaced: extensions.has("VK_EXT_map_memory_placed"),
      memoryUnmapReserve: extensions.has("VK_EXT_map_memory_placed"),
      deviceCoherentMemory: extensions.has("VK_AMD_device_coherent_memory"),
      protectedMemory: false,
      sparseBinding: false,
      sparseResidencyBuffer: false,
      sparseResidencyImage2D: false,
      sparseResidencyImage3D: false,
      sparseResidency2Samples: false,
      sparseResidency4Samples: false,
      sparseResidency8Samples: false,
      sparseResidency16Samples: false,
      sparseResidencyAliased: false,
      ...options.features,
    },
    permit: {
      overlap: false,
      granularityConflict: false,
      unmappedRanges: false,
      unsuitedMemory: false,
      freeBound: true,
      ...options.permit,
    },
    simulateCaches: options.simulateCaches ?? false,
    freshMemory: checkInteger(options.freshMemory ?? 0, "freshMemory", 0, 0xff),
    host: options.host ?? new SimulatedHost(),
  });
  state.requirements = options.requirements;
  state.servedMemoryCount = checkInteger(
    options.servedMemoryCount ?? profile.limits.maxMemoryAllocationCount,
    "servedMemoryCount",
    1,
  );
  const { onEvent } = options;
  state.listener = onEvent && ((event) => onEvent(asData(event)));
  return state;
}

function enabledExtensions(profile: DeviceProfile, wanted: readonly string[] | "all"): ReadonlySet<string> {
  const names = wanted === "all" ? profile.extensions : wanted;
  for (const name of names) {
    if (!profile.extensions.includes(name)) {
      throw new VulkanError(
        Result.ErrorExtensionNotPresent,
        "vkCreateDevice",
        `${profile.name} has no ${name}`,
      );
    }
  }
  return new Set(names);
}

/** The properties that the device reports. */
export function propertiesOf(state: DeviceState): DeviceProperties {
  const { name, deviceType, vendorID, deviceID, limits } = state.profile;
  return Object.freeze({
    deviceName: name,
    deviceType,
    apiVersion: state.apiVersion,
    driverVersion: 1,
    vendorID,
    deviceID,
    limits,
  });
}
