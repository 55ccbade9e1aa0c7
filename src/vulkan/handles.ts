/**
 * Vulkan's handles: bigints that TypeScript tells apart, so that an image cannot be passed as a buffer. At run time they are
 * plain bigints. A handle from elsewhere is passed with a cast: `handle as Buffer`.
 */

declare const kind: unique symbol;

/** A bigint that is a handle to one kind of object. */
export type Handle<Kind extends string> = bigint & {
  /** Only for the compiler: which kind of handle it is. */
  readonly [kind]: Kind;
};

/** VkInstance */
export type Instance = Handle<"Instance">;
/** VkPhysicalDevice */
export type PhysicalDeviceHandle = Handle<"PhysicalDevice">;
/** VkDevice */
export type Device = Handle<"Device">;
/** VkQueue */
export type Queue = Handle<"Queue">;
/** VkCommandBuffer */
export type CommandBuffer = Handle<"CommandBuffer">;
/** VkSemaphore */
export type Semaphore = Handle<"Semaphore">;
/** VkFence */
export type Fence = Handle<"Fence">;
/** VkBuffer */
export type Buffer = Handle<"Buffer">;
/** VkImage */
export type Image = Handle<"Image">;
/** VkDeviceMemory */
export type DeviceMemory = Handle<"DeviceMemory">;
