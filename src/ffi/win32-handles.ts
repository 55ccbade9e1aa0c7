/** Handles of Windows: duplicated and closed through kernel32. */

import { checkUint64 } from "../foundation/check.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { NativeCalls, NativeFunction } from "./native/native-calls.ts";
import { NativeMemory } from "./native-memory.ts";

/** DUPLICATE_SAME_ACCESS */
const SAME_ACCESS = 2;

/** The calls of one runtime. */
export class Win32Handles {
  readonly #native: NativeCalls;
  readonly #functions = new Map<string, NativeFunction>();

  constructor(native: NativeCalls) {
    this.#native = native;
  }

  /** DuplicateHandle from this process to the one with the handle `targetProcess`, default this one as well. */
  duplicate(handle: bigint, targetProcess: bigint | undefined): bigint {
    checkUint64(handle, "handle");
    if (targetProcess !== undefined) checkUint64(targetProcess, "targetProcess");
    const own = BigInt(this.#function("GetCurrentProcess", ">a")());
    using memory = new NativeMemory(this.#native, 8);
    const duplicate = this.#function("DuplicateHandle", "ppppnnn>r");
    const succeeded = duplicate(own, handle, targetProcess ?? own, memory.address, 0, 0, SAME_ACCESS);
    if (succeeded !== 0) return memory.u64[0]!;
    const error = this.#function("GetLastError", ">r")();
    throw new VulkanError(Result.ErrorUnknown, "DuplicateHandle", `Windows says error ${error}`);
  }

  /** CloseHandle */
  close(handle: bigint): void {
    this.#function("CloseHandle", "p>r")(checkUint64(handle, "handle"));
  }

  #function(name: string, signature: string): NativeFunction {
    let known = this.#functions.get(name);
    if (known === undefined) {
      known = this.#native.declare(this.#native.load("kernel32.dll").find(name), signature, name);
      this.#functions.set(name, known);
    }
    return known;
  }
}
