/** What the simulated driver throws when a program breaks Vulkan's rules; a driver's own failures are `VulkanError`s. */

/**
 * A call that Vulkan forbids. A real driver could do anything here, from nothing to crashing; the simulated one refuses, and
 * nothing has changed.
 */
export class ValidityError extends Error {
  /** "ValidityError" */
  override readonly name = "ValidityError";
  /** The C function, such as "vkBindBufferMemory". */
  readonly call: string;
  /** The identifier of the broken rule in Vulkan's specification (a VUID), or one of the simulator's own rules. */
  readonly rule: string;

  /** @internal Made by the library. */
  constructor(call: string, rule: string, sentence: string) {
    super(`${call}: ${sentence} [${rule}]`);
    this.call = call;
    this.rule = rule;
  }
}

/** Throws a {@link ValidityError}. */
export function forbid(call: string, rule: string, sentence: string): never {
  throw new ValidityError(call, rule, sentence);
}

/** An object that was created and not destroyed. */
export interface ObjectLeak {
  /** What kind of object it is. */
  readonly kind: "memory" | "buffer" | "image" | "semaphore" | "submission";
  /** 0n for a submission. */
  readonly handle: bigint;
  /** A description for people. */
  readonly description: string;
}

/** What {@link SimulatedDevice.destroy} throws when objects are left. */
export class ObjectLeakError extends Error {
  /** "ObjectLeakError" */
  override readonly name = "ObjectLeakError";
  /** The objects that were still alive. */
  readonly leaks: readonly ObjectLeak[];

  /** @internal Made by the library. */
  constructor(leaks: readonly ObjectLeak[]) {
    const shown = leaks.slice(0, 20).map((leak) => `\n  ${leak.description}`);
    const rest = leaks.length > shown.length ? `\n  and ${leaks.length - shown.length} more` : "";
    super(
      `vkDestroyDevice: ${leaks.length} objects were not destroyed [VUID-vkDestroyDevice-device-00378]:${shown.join("")}${rest}`,
    );
    this.leaks = leaks;
  }
}
