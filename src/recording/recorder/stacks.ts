/** Who called: stacks as V8, JavaScriptCore and SpiderMonkey print them, taken apart. */

import type { StackFrame } from "../writer/stack-table.ts";

/** Frames of the library itself, which say nothing to whoever uses it. */
const OWN_FRAMES = /[\\/](src|dist)[\\/](allocator|face|recording|defrag|metadata)[\\/]/;
/** V8: "    at name (file:line:column)", or without a name. */
const V8_FRAME = /^\s*at (?:(.*?) \()?(.*?)(?::(\d+):(\d+))?\)?$/;
/** The others: "name@file:line:column". */
const OTHER_FRAME = /^(.*?)@(.*?)(?::(\d+):(\d+))?$/;

/** V8's switch for how many frames an error has. */
const limits = Error as { stackTraceLimit?: number };

/** The stack of whoever calls, as the engine prints it. */
export function captureStack(depth: number): string {
  const before = limits.stackTraceLimit;
  // Those of the library come first.
  limits.stackTraceLimit = depth + 12;
  const text = new Error().stack ?? "";
  if (before === undefined) delete limits.stackTraceLimit;
  else limits.stackTraceLimit = before;
  return text;
}

/** The frames of a printed stack, without the library's own. */
export function framesOf(text: string, depth: number): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of text.split("\n")) {
    if (frames.length === depth) break;
    const match = V8_FRAME.exec(line) ?? OTHER_FRAME.exec(line);
    if (match === null || OWN_FRAMES.test(line)) continue;
    const [, name = "", file = "", lineNumber = "0", column = "0"] = match;
    frames.push({ function: name, file, line: Number(lineNumber), column: Number(column) });
  }
  return frames;
}
