/** What to do when Vulkan, or a part of it, is missing: the texts of those errors. */

import { nearestName } from "../foundation/nearest.ts";
import { Result, VulkanError } from "../vulkan/result.ts";

const driverHelp = `  Debian, Ubuntu: apt install mesa-vulkan-drivers   (it has lavapipe, which needs no GPU)
  Fedora:         dnf install mesa-vulkan-drivers
  macOS:          brew install molten-vk
  Windows:        install the graphics card's driver`;

/** For when there is not even a loader. */
export const noLoaderHelp = `Install a Vulkan loader and a driver:
  Debian, Ubuntu: apt install libvulkan1 mesa-vulkan-drivers   (mesa has lavapipe, which needs no GPU)
  Fedora:         dnf install vulkan-loader mesa-vulkan-drivers
  macOS:          brew install vulkan-loader molten-vk         (or the Vulkan SDK from vulkan.lunarg.com)
  Windows:        a current graphics driver brings vulkan-1.dll (or the Vulkan SDK from vulkan.lunarg.com)
Or name the loader: loadVulkan("/path/to/libvulkan.so.1"), or the environment variable VMA_TS_VULKAN.`;

const layerHelp = `  Debian, Ubuntu: apt install vulkan-validationlayers
  Fedora:         dnf install vulkan-validation-layers
  macOS:          brew install vulkan-validationlayers
  Windows:        the Vulkan SDK from vulkan.lunarg.com`;

const VALIDATION_LAYER = "VK_LAYER_KHRONOS_validation";

export const noValidationLayer: string = `The validation layer ${VALIDATION_LAYER} is not installed.\n${layerHelp}`;

/** Environment variables that restrict the loader to the drivers that they name. */
const driverVariables = [
  "VK_DRIVER_FILES",
  "VK_ICD_FILENAMES",
  "VK_LOADER_DRIVERS_SELECT",
  "VK_LOADER_DRIVERS_DISABLE",
];

/** For when there is a loader that finds no driver. */
export function noDriver(): string {
  const set = driverVariables.filter((name) => process.env[name] !== undefined);
  const remarks = set.map(
    (name) => `${name} is set, which decides what drivers are looked for: ${process.env[name]}`,
  );
  return [
    "there is a Vulkan loader, but no driver that it can use. Install one:",
    driverHelp,
    ...remarks,
  ].join("\n");
}

/** The number of names that can be taken in at a glance. */
const AT_A_GLANCE = 8;

/** Says which names are missing, and for each what could be meant; if there are only a few, all that exist. */
function missingNames(
  kind: string,
  wanted: Iterable<string>,
  available: ReadonlySet<string>,
): string | undefined {
  const missing = [...wanted].filter((name) => !available.has(name));
  if (missing.length === 0) return undefined;
  const named = missing.map((name) => {
    const near = nearestName(name, available);
    return near === undefined ? name : `${name} (is ${near} meant?)`;
  });
  const there =
    available.size <= AT_A_GLANCE ? `; there are: ${[...available].sort().join(", ") || "none"}` : "";
  return `there is no ${kind} ${named.join(", and no ")}${there}`;
}

/** What was requested from vkCreateInstance, and ways to find out what is available. */
export interface InstanceWish {
  readonly layers: readonly string[];
  readonly extensions: ReadonlySet<string>;
  readonly availableLayers: () => ReadonlySet<string>;
  readonly availableExtensions: () => ReadonlySet<string>;
}

/** The error for a failed vkCreateInstance. */
export function instanceError(result: number, wish: InstanceWish): VulkanError {
  const error = (detail: string | undefined): VulkanError =>
    new VulkanError(result, "vkCreateInstance", detail);
  switch (result) {
    case Result.ErrorIncompatibleDriver:
      return error(noDriver());
    case Result.ErrorLayerNotPresent: {
      const available = wish.availableLayers();
      const isValidation = wish.layers.includes(VALIDATION_LAYER) && !available.has(VALIDATION_LAYER);
      const missing = missingNames("layer", wish.layers, available);
      return error(isValidation ? `${missing}\n${layerHelp}` : missing);
    }
    case Result.ErrorExtensionNotPresent:
      return error(missingNames("instance extension", wish.extensions, wish.availableExtensions()));
    default:
      return error(undefined);
  }
}

/** What was requested from vkCreateDevice, and what the physical device has. */
export interface DeviceWish {
  readonly deviceName: string;
  readonly extensions: ReadonlySet<string>;
  readonly features: readonly string[];
  readonly available: { readonly extensions: ReadonlySet<string>; readonly features: ReadonlySet<string> };
}

/** The error for a failed vkCreateDevice. */
export function deviceError(result: number, wish: DeviceWish): VulkanError {
  const { extensions, features, available } = wish;
  const on = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : `on ${wish.deviceName} ${text}`;
  let detail: string | undefined;
  if (result === Result.ErrorExtensionNotPresent) {
    detail = on(missingNames("device extension", extensions, available.extensions));
  } else if (result === Result.ErrorFeatureNotPresent) {
    detail = on(missingNames("feature", features, available.features));
  }
  return new VulkanError(result, "vkCreateDevice", detail);
}
