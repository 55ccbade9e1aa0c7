/** Vulkan's vocabulary and the ports through which the allocator reaches a device. */
export * from "./constants.ts";
export * from "./device.ts";
export * from "./next.ts";
export * from "./resources.ts";
export * from "./result.ts";
export * from "./sparse.ts";
export * from "./transfer.ts";
