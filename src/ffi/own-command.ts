/**
 * Any Vulkan command as a function, for programs: declared in one line, called as fast as the library's own commands.
 *
 * A function that is made here stands for its command as long as its device or instance does, and throws from then on. The
 * look whether that is so takes less than the noise of the call.
 */

import { quote } from "../foundation/check.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { NativeCalls, NativeFunction } from "./native/native-calls.ts";

/** Whether what the functions are of is still there. */
export interface Life {
  /** Why not; undefined while it is. */
  end: string | undefined;
}

/** What a command is called with. */
type Argument = bigint | number;

/** A command as a function: what it returns says its signature. */
export type CommandFunction<S extends string> = (
  ...args: (bigint | number)[]
) => S extends `${string}>a` ? bigint : S extends `${string}>v` ? void : number;

const SIGNATURE = /^[pnf]{0,16}>[rvau]$/;

/**
 * Makes a function of the command at `address`. Signatures are those of `./native/native-calls.ts`, with "u" for 32 bits
 * without sign; a VkResult ("r") that is negative is thrown.
 */
export function declareCommand<S extends string>(
  native: NativeCalls,
  address: bigint,
  name: string,
  signature: S,
  life: Life,
): CommandFunction<S> {
  return declare(native, address, name, signature, life) as CommandFunction<S>;
}

function declare(
  native: NativeCalls,
  address: bigint,
  name: string,
  signature: string,
  life: Life,
): (...args: Argument[]) => bigint | number {
  if (!SIGNATURE.test(signature)) {
    throw new TypeError(
      `the signature of ${name} must be written as "pnf>r": a letter for each parameter (p a handle or an address, n an integer, f a float), ">", and r (VkResult), v (nothing), a (64 bits) or u (32 bits) for what it returns, got ${quote(signature)}`,
    );
  }
  if (address === 0n) {
    throw new VulkanError(Result.ErrorExtensionNotPresent, name, "there is no such command here");
  }
  const returned = signature.at(-1)!;
  const declared = native.declare(address, returned === "u" ? `${signature.slice(0, -1)}r` : signature, name);
  const guarded = guard(declared, signature.indexOf(">"), name, life);
  if (returned === "a") return (...args) => BigInt(guarded(...args));
  if (returned === "u") return (...args) => Number(guarded(...args)) >>> 0;
  return returned === "r" ? checked(guarded, signature.indexOf(">"), name) : guarded;
}

/** Without an array of arguments, for as many as most commands have. */
function guard(f: NativeFunction, arity: number, name: string, life: Life): NativeFunction {
  const live = (): void => {
    if (life.end !== undefined) throw new Error(`${name}: ${life.end}`);
  };
  type A = Argument;
  switch (arity) {
    case 1:
      return (a: A) => {
        live();
        return f(a);
      };
    case 2:
      return (a: A, b: A) => {
        live();
        return f(a, b);
      };
    case 3:
      return (a: A, b: A, c: A) => {
        live();
        return f(a, b, c);
      };
    case 4:
      return (a: A, b: A, c: A, d: A) => {
        live();
        return f(a, b, c, d);
      };
    case 5:
      return (a: A, b: A, c: A, d: A, e: A) => {
        live();
        return f(a, b, c, d, e);
      };
    case 6:
      return (a: A, b: A, c: A, d: A, e: A, g: A) => {
        live();
        return f(a, b, c, d, e, g);
      };
    default:
      return (...args: A[]) => {
        live();
        return f(...args);
      };
  }
}

function checked(f: NativeFunction, arity: number, name: string): NativeFunction {
  const check = (result: number): number => {
    if (result < 0) throw new VulkanError(result, name);
    return result;
  };
  type A = Argument;
  switch (arity) {
    case 1:
      return (a: A) => check(f(a));
    case 2:
      return (a: A, b: A) => check(f(a, b));
    case 3:
      return (a: A, b: A, c: A) => check(f(a, b, c));
    case 4:
      return (a: A, b: A, c: A, d: A) => check(f(a, b, c, d));
    default:
      return (...args: A[]) => check(f(...args));
  }
}
