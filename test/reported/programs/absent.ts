/** Asks Vulkan for what is not there, and prints what each error says, one JSON text a line. */

import { loadVulkan } from "../../../src/ffi/index.ts";

const attempts: readonly (() => unknown)[] = [
  () => loadVulkan().physicalDevices(),
  () => loadVulkan().createDevice(),
  () => loadVulkan("/nowhere/libvulkan.so.1"),
];
for (const attempt of attempts) {
  try {
    attempt();
  } catch (error) {
    console.log(JSON.stringify((error as Error).message));
  }
}
