/**
 * Messages of the validation layer and the loader (VK_EXT_debug_utils).
 *
 * The callback is registered only when validation is asked for, so that without it Vulkan never calls into JavaScript. It must
 * outlive everything that can send messages: it is unregistered after vkDestroyInstance has returned, whose own messages come
 * through the create info in VkInstanceCreateInfo's pNext.
 *
 * A message from a thread other than JavaScript's waits until the event loop turns. A layer that sends messages from its own
 * threads can thus hold up a blocking wait (`waitIdle`) for ever; awaiting `submission.done()` first avoids that.
 */

import type { EnumObject } from "../foundation/enum-object.ts";
import type * as enums from "./enums.ts";
import { layouts } from "./layout.ts";
import type { NativeCallback, NativeCalls } from "./native/native-calls.ts";
import type { StructValues } from "./native-memory.ts";

/** VkDebugUtilsMessageSeverityFlagBitsEXT */
export const MessageSeverity: EnumObject<typeof enums.MessageSeverity> = {
  Verbose: 0x1,
  Info: 0x10,
  Warning: 0x100,
  Error: 0x1000,
};
export type MessageSeverity = enums.MessageSeverity;

/** VkDebugUtilsMessageTypeFlagBitsEXT */
export const MessageType: EnumObject<typeof enums.MessageType> = {
  General: 0x1,
  Validation: 0x2,
  Performance: 0x4,
};
export type MessageType = enums.MessageType;

/** One message of a layer, the loader or a driver. */
export interface DebugMessage {
  /** One of {@link MessageSeverity}. */
  readonly severity: MessageSeverity;
  /** {@link MessageType} flags. */
  readonly types: MessageType;
  /** What the message is about, such as "VUID-vkBindBufferMemory-memoryOffset-01036"; may be "". */
  readonly messageIdName: string;
  /** The text (pMessage). */
  readonly message: string;
}

const CallbackData = layouts.VkDebugUtilsMessengerCallbackDataEXT.offsets;
/** PFN_vkDebugUtilsMessengerCallbackEXT: severity, types, data, user data. */
const SIGNATURE = "nnpp>r";

export class Messenger {
  /** The messages so far, oldest first. */
  readonly messages: DebugMessage[] = [];
  readonly #native: NativeCalls;
  readonly #onMessage: ((message: DebugMessage) => void) | undefined;
  readonly #callback: NativeCallback;
  #isOpen = true;

  /** `onMessage` is called during the Vulkan call that the message is about; it must not make Vulkan calls. */
  constructor(native: NativeCalls, onMessage?: (message: DebugMessage) => void) {
    this.#native = native;
    this.#onMessage = onMessage;
    this.#callback = native.register(SIGNATURE, (severity, types, data) =>
      this.#take(Number(severity), Number(types), data!),
    );
  }

  /** The text that the pointer in `data` at `offset` points to. */
  #textAt(data: bigint, offset: number): string {
    const pointer = new BigUint64Array(1);
    this.#native.read(data + BigInt(offset), new Uint8Array(pointer.buffer));
    return pointer[0] === 0n ? "" : this.#native.text(pointer[0]!);
  }

  /** Returns VK_FALSE: the call that the message is about goes on. An exception must not cross into C. */
  #take(severity: number, types: number, data: bigint): number {
    const message: DebugMessage = {
      severity,
      types,
      messageIdName: this.#textAt(data, CallbackData.pMessageIdName),
      message: this.#textAt(data, CallbackData.pMessage),
    };
    this.messages.push(message);
    try {
      this.#onMessage?.(message);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
    return 0;
  }

  /** VkDebugUtilsMessengerCreateInfoEXT for warnings and errors of every kind. */
  get createInfo(): StructValues {
    return {
      messageSeverity: MessageSeverity.Warning | MessageSeverity.Error,
      messageType: MessageType.General | MessageType.Validation | MessageType.Performance,
      pfnUserCallback: this.#callback.address,
    };
  }

  /** Releases the callback. Only after vkDestroyInstance. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#callback.close();
  }
}
