/** Why memory could not be had, kept apart from exceptions: what is tried next may still succeed. */

import { Result, VulkanError } from "../../vulkan/result.ts";

/** Why the last attempt to allocate failed. What the driver said outweighs what was refused without asking it. */
export class Failure {
  result: number = Result.Success;
  call = "";
  detail = "";
  private fromDriver = false;

  /** Forgets earlier failures: a new attempt begins. */
  reset(): void {
    this.result = Result.Success;
    this.fromDriver = false;
  }

  /** A refusal by the allocator itself. */
  refuse(result: number, call: string, detail: string): void {
    if (this.fromDriver) return;
    this.result = result;
    this.call = call;
    this.detail = detail;
  }

  /** A call to the driver that failed. */
  fromCall(error: VulkanError, detail: string): void {
    this.fromDriver = true;
    this.result = error.result;
    this.call = error.call;
    this.detail = detail;
  }

  toError(): VulkanError {
    return new VulkanError(this.result, this.call, this.detail);
  }
}

/** Whether a VkResult means that memory is out, in one form or another. */
export function isOutOfMemory(result: number): boolean {
  return (
    result === Result.ErrorOutOfDeviceMemory ||
    result === Result.ErrorOutOfHostMemory ||
    result === Result.ErrorTooManyObjects
  );
}
