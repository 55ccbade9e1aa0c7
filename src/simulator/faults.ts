/**
 * Failures on demand. Tests arm faults; the driver checks them in each call that can fail, after it has found the call valid
 * and before it changes anything.
 */

import { checkInteger, quote } from "../foundation/check.ts";
import { showAs } from "../foundation/inspect.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { type FallibleCall, fallibleCalls } from "./calls.ts";

/** One armed fault. */
export interface Fault {
  /** The call that it fails, or "any". */
  readonly call: FallibleCall | "any";
  /** The VkResult; undefined: the first that {@link fallibleCalls} lists for the call. */
  readonly result: Result | undefined;
  /** How many calls it lets pass before it starts to fail them. */
  readonly passes: number;
  /** How many calls it will still fail. */
  readonly remaining: number;
  /** How many calls it has failed. */
  readonly fired: number;
}

/** Decides for each call that can fail; a negative VkResult fails it. `ordinal` counts these calls from 1. */
export type FaultRule = (call: FallibleCall, ordinal: number) => Result | undefined;

type ArmedFault = { -readonly [K in keyof Fault]: Fault[K] };

/** The faults that a simulated device will simulate. */
export class Faults {
  #armed: ArmedFault[] = [];
  #rule: FaultRule | undefined;
  #ordinal = 0;
  #isLost = false;
  readonly #listeners: (() => void)[] = [];

  /** How many calls that can fail have been made (including failed ones) since the device was created. */
  get callCount(): number {
    return this.#ordinal;
  }

  /** The faults that still have calls to fail. */
  get armed(): readonly Fault[] {
    return this.#armed;
  }

  /** Fails the next `times` (1) calls of this name with `result`, once `after` (0) of them have passed. */
  failNext(
    call: FallibleCall,
    result: Result,
    options: { readonly after?: number; readonly times?: number } = {},
  ): Fault {
    if (!Object.hasOwn(fallibleCalls, call)) {
      throw new RangeError(`only calls that return a VkResult can fail, got ${quote(call)}`);
    }
    return this.#arm(call, result, options.after ?? 0, options.times ?? 1);
  }

  /**
   * Fails the `n`-th call from now (1 is the next) that can fail, whatever it is, with `result`, or with the
   * first code that {@link fallibleCalls} lists for it. The fault's `fired` says whether that happened.
   */
  failCall(n: number, result?: Result): Fault {
    return this.#arm("any", result, checkInteger(n, "n", 1) - 1, 1);
  }

  /** Calls `rule` before every call that can fail; undefined removes the rule. */
  failWhen(rule: FaultRule | undefined): void {
    this.#rule = rule;
  }

  /** Removes all faults. */
  clear(): void {
    this.#armed = [];
    this.#rule = undefined;
  }

  /** Whether a call has returned VK_ERROR_DEVICE_LOST: then every call that can return it does. */
  get isDeviceLost(): boolean {
    return this.#isLost;
  }

  /** @internal Calls `listener` when the device is lost. */
  onLost(listener: () => void): void {
    if (this.#isLost) listener();
    else this.#listeners.push(listener);
  }

  /** Counts the call and throws the `VulkanError` that was armed for it, if any. */
  check(call: FallibleCall): void {
    this.#ordinal++;
    if (this.#isLost && fallibleCalls[call].some((result) => result === Result.ErrorDeviceLost)) {
      throw new VulkanError(Result.ErrorDeviceLost, call, "simulated: the device was lost before");
    }
    if (this.#armed.length === 0 && this.#rule === undefined) return;
    const result = this.#take(call) ?? this.#rule?.(call, this.#ordinal);
    if (result === Result.ErrorDeviceLost && !this.#isLost) {
      this.#isLost = true;
      for (const listener of this.#listeners) listener();
    }
    if (result !== undefined && result < 0) throw new VulkanError(result, call, "simulated");
  }

  #arm(call: FallibleCall | "any", result: Result | undefined, passes: number, times: number): Fault {
    if (result !== undefined && !(result < 0)) {
      throw new RangeError(`a fault's VkResult must be negative, got ${quote(result)}`);
    }
    checkInteger(passes, "after");
    if (times !== Number.POSITIVE_INFINITY) checkInteger(times, "times", 1);
    const fault: ArmedFault = { call, result, passes, remaining: times, fired: 0 };
    this.#armed.push(fault);
    return fault;
  }

  /** The result of the first fault that fails this call; every fault counts the call. */
  #take(call: FallibleCall): Result | undefined {
    let result: Result | undefined;
    for (const fault of this.#armed) {
      if (fault.call !== "any" && fault.call !== call) continue;
      if (fault.passes > 0) {
        fault.passes--;
      } else if (result === undefined) {
        fault.remaining--;
        fault.fired++;
        result = fault.result ?? fallibleCalls[call][0];
      }
    }
    if (result !== undefined) this.#armed = this.#armed.filter((fault) => fault.remaining > 0);
    return result;
  }
}

showAs(
  Faults,
  ({ armed, callCount }) => `Faults: ${armed.length} armed, ${callCount} calls so far`,
  ({ armed, callCount }) => ({ armed, callCount }),
);
