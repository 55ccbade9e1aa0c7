/** Which native calls are used: those with argument blocks where they work, else the runtime's plain ones. */

import { quote } from "../../foundation/check.ts";
import { withArgumentBlocks } from "./blocks/argument-blocks.ts";
import type { NativeCalls } from "./native-calls.ts";

/** Sequences of machine code that read their arguments from a block of memory. */
const ARGUMENT_BLOCKS = "argument blocks";
/** The environment variable that says which native calls to use, if the program does not. */
const VARIABLE = "VMA_TS_NATIVE_CALLS";

/** What makes the calls, and why. */
export interface NativeCallsInUse {
  /** "koffi": each call by itself; "argument blocks": machine code that koffi calls without arguments. */
  readonly kind: string;
  /** A sentence. */
  readonly reason: string;
}

/** What was asked for: by the program, else by the environment. */
function asked(kinds: readonly string[], wanted: string | undefined): string | undefined {
  const fromEnvironment = process.env[VARIABLE] || undefined;
  const kind = wanted ?? fromEnvironment;
  if (kind !== undefined && !kinds.includes(kind)) {
    const list = kinds.map((name) => JSON.stringify(name)).join(" or ");
    throw new RangeError(
      `${wanted === undefined ? VARIABLE : "nativeCalls"} must be ${list}, got ${quote(kind)}`,
    );
  }
  return kind;
}

/** What has been found out about this process's machine code; it is tried once. */
let tried: { readonly native: NativeCalls } | { readonly failure: string } | undefined;

function tryBlocks(plain: NativeCalls, isAskedFor: boolean): NonNullable<typeof tried> {
  try {
    return { native: withArgumentBlocks(plain, isAskedFor) };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

/**
 * Argument blocks over `plain` where they work, else `plain` itself.
 *
 * @param wanted "argument blocks", or the name of `plain`; default what the environment variable VMA_TS_NATIVE_CALLS says.
 */
export function chooseNativeCalls(
  plain: NativeCalls,
  wanted: string | undefined,
): { native: NativeCalls; inUse: NativeCallsInUse } {
  const kind = asked([plain.name, ARGUMENT_BLOCKS], wanted);
  const by = wanted === undefined ? `by ${VARIABLE}` : "by the program";
  if (kind === plain.name) return { native: plain, inUse: { kind, reason: `it was requested ${by}` } };
  if (kind === undefined) tried ??= tryBlocks(plain, false);
  const outcome = kind === undefined ? tried! : tryBlocks(plain, true);
  if ("failure" in outcome) {
    const reason = `argument blocks cannot be used: ${outcome.failure}`;
    return { native: plain, inUse: { kind: plain.name, reason } };
  }
  const reason = `machine code for ${process.platform} ${process.arch} was tried on known calls and works`;
  return { native: outcome.native, inUse: { kind: ARGUMENT_BLOCKS, reason } };
}
