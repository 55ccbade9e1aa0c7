/** Which device the demo runs on: a real GPU, else lavapipe, else the simulator. */

import { loadVulkan, MessageType, type PhysicalDevice } from "../src/ffi/index.ts";
import type { TransferQueue, VulkanDevice } from "../src/index.ts";
import { apiVersionString, PhysicalDeviceType } from "../src/index.ts";
import { profiles, SimulatedDevice } from "../src/simulator/index.ts";

/** The profile that stands in where there is no driver: a GPU with three heaps. */
const DEFAULT_PROFILE = "amd-discrete";

/** A device, open. */
export interface OpenDevice {
  readonly device: VulkanDevice;
  readonly queue: TransferQueue;
  /** Its name, as in "blocks on …". */
  readonly name: string;
  /** One line about what it is. */
  readonly title: string;
  /** More to say about the choice, line by line. */
  readonly remarks: readonly string[];
  /** Destroys the device; returns what was left alive or found wrong, a line each. */
  close(): string[];
}

const HOW_TO_GET_A_DRIVER: readonly string[] = [
  "lavapipe is a Vulkan driver that needs no GPU. To run on it, install it:",
  "  Debian, Ubuntu   apt install libvulkan1 mesa-vulkan-drivers",
  "  Fedora           dnf install vulkan-loader mesa-vulkan-drivers",
  "  macOS            brew install vulkan-loader molten-vk    (MoltenVK: Vulkan on the Mac's own GPU)",
];

/** Opens the device that `choice` names, or the best one. */
export function openDevice(choice: string | undefined, validation: boolean): OpenDevice {
  if (choice?.startsWith("simulator")) {
    return openSimulator(choice.slice("simulator:".length) || DEFAULT_PROFILE, []);
  }
  let available: readonly PhysicalDevice[];
  try {
    available = loadVulkan().physicalDevices();
    if (available.length === 0) throw new Error("Vulkan has a loader here, but no driver.");
  } catch (error) {
    if (choice !== undefined) throw error;
    const reason = (error as Error).message.split("\n")[0]!;
    const remarks = [`No Vulkan driver can be used: ${reason}`, ...HOW_TO_GET_A_DRIVER];
    return openSimulator(DEFAULT_PROFILE, remarks);
  }
  return openVulkan(choosePhysicalDevice(available, choice), validation);
}

function isCpu({ properties }: PhysicalDevice): boolean {
  return properties.deviceType === PhysicalDeviceType.Cpu;
}

function choosePhysicalDevice(
  available: readonly PhysicalDevice[],
  choice: string | undefined,
): PhysicalDevice {
  const gpus = [
    PhysicalDeviceType.DiscreteGpu,
    PhysicalDeviceType.IntegratedGpu,
    PhysicalDeviceType.VirtualGpu,
    PhysicalDeviceType.Other,
  ].flatMap((type) => available.filter(({ properties }) => properties.deviceType === type));
  const chosen =
    choice === undefined
      ? (gpus[0] ?? available[0])
      : choice === "gpu"
        ? gpus[0]
        : choice === "lavapipe"
          ? available.find(isCpu)
          : available.find(({ properties }) => properties.deviceName.includes(choice));
  if (chosen !== undefined) return chosen;
  const names = available.map(({ properties }) => `  ${properties.deviceName}`).join("\n");
  throw new Error(`There is no device ${JSON.stringify(choice)}. There are:\n${names}`);
}

function openVulkan(physicalDevice: PhysicalDevice, validation: boolean): OpenDevice {
  const vulkan = loadVulkan();
  const device = vulkan.createDevice({
    physicalDevice: physicalDevice.index,
    validation: validation ? { synchronization: true } : false,
    // The layer of Debian 12 does not know this one, and says so; the demo does not need it.
    ...(validation ? { memoryExtensions: (name: string) => name !== "VK_KHR_maintenance5" } : {}),
  });
  const { deviceName, apiVersion } = device.properties;
  const remarks = isCpu(physicalDevice)
    ? ["This is a Vulkan driver on the CPU; no GPU with a Vulkan driver was asked for or found."]
    : [];
  if (validation) remarks.push("The validation layer watches every call.");
  return {
    device,
    queue: device.queue,
    name: deviceName,
    title: `${deviceName}, Vulkan ${apiVersionString(apiVersion)} through ${vulkan.path}`,
    remarks,
    close() {
      device.destroy();
      // General messages are the loader's remarks about the machine.
      const aboutCalls = device.messages.filter(({ types }) => types !== MessageType.General);
      return aboutCalls.map(({ messageIdName, message }) => `${messageIdName}: ${message}`);
    },
  };
}

function openSimulator(name: string, remarks: readonly string[]): OpenDevice {
  const profile = profiles[name];
  if (profile === undefined) {
    throw new RangeError(
      `There is no profile ${JSON.stringify(name)}. There are: ${Object.keys(profiles).join(", ")}`,
    );
  }
  const device = new SimulatedDevice(profile, { extensions: "all", simulateCaches: true });
  return {
    device,
    queue: device.queue,
    name: `a simulated ${profile.name}`,
    title: `the simulator, as ${profile.name}: a Vulkan driver in memory, with no GPU behind it`,
    remarks,
    close() {
      device.destroy();
      return [];
    },
  };
}
