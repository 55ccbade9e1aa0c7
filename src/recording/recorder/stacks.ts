/** Who called: stacks as V8, JavaScriptCore and SpiderMonkey print them, taken apart. */

import { type Dictionary, NO_STACK } from "../writer/dictionary.ts";
import type { StackFrame } from "../writer/stack-table.ts";

/** Where this file is within the library. */
const THIS_FILE = /recording\/recorder\/stacks\.[jt]s$/;
/** Where the library is, whose own frames mean nothing to its users; undefined if a bundler has made a single file. */
const LIBRARY: string | undefined = THIS_FILE.test(import.meta.url)
  ? import.meta.url.replace(THIS_FILE, "").replace(/^file:\/\//, "")
  : undefined;
/** V8: "    at name (file:line:column)", or without a name. */
const V8_FRAME = /^\s*at (?:(.*?) \()?(.*?)(?::(\d+):(\d+))?\)?$/;
/** The others: "name@file:line:column". */
const OTHER_FRAME = /^(.*?)@(.*?)(?::(\d+):(\d+))?$/;

/** V8's setting for the number of frames of an error. */
const limits = Error as { stackTraceLimit?: number };

/** The dictionary number of the caller's stack; NO_STACK if none is wanted. */
export function stackOfCaller(dictionary: Dictionary, depth: number): number {
  if (depth === 0) return NO_STACK;
  return dictionary.stackOf(captureStack(depth), (text) => framesOf(text, depth));
}

/** The caller's stack, as the engine prints it. */
function captureStack(depth: number): string {
  const before = limits.stackTraceLimit;
  // Those of the library come first.
  limits.stackTraceLimit = depth + 12;
  const text = new Error().stack ?? "";
  if (before === undefined) delete limits.stackTraceLimit;
  else limits.stackTraceLimit = before;
  return text;
}

/** The frames of a printed stack, without the library's own. */
function framesOf(text: string, depth: number): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of text.split("\n")) {
    if (frames.length === depth) break;
    const match = V8_FRAME.exec(line) ?? OTHER_FRAME.exec(line);
    if (match === null || (LIBRARY !== undefined && line.includes(LIBRARY))) continue;
    const [, name = "", file = "", lineNumber = "0", column = "0"] = match;
    frames.push({ function: name, file, line: Number(lineNumber), column: Number(column) });
  }
  return frames;
}
