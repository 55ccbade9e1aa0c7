/**
 * `vma-ts/koffi`: Vulkan called through koffi. Opens the Vulkan loader, creates instances and devices for
 * scripts and tests, and puts the ports `VulkanDevice` and `TransferQueue` over devices, its own or yours.
 *
 * @module vma-ts/koffi
 */

export * from "./face.ts";
export { type LoadOptions, loadVulkan, viewLentRange } from "./load-koffi.ts";
