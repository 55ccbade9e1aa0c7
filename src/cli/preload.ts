/**
 * Loaded in front of a program by `vma-ts record`, in its main thread and in each of its workers: records every allocator
 * that is made, each into a file of its own.
 */

import { mkdirSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { threadId } from "node:worker_threads";
import { record } from "../recording/index.ts";
import { ALLOCATOR_MADE, RECORD_VARIABLE, type RecordSettings } from "./record-settings.ts";

const settings = JSON.parse(process.env[RECORD_VARIABLE] ?? "{}") as Partial<RecordSettings>;
let made = 0;

/** At once, in workers too; where there is nowhere to say it, the program goes on. */
function say(text: string): void {
  try {
    writeSync(2, `vma-ts: ${text}\n`);
  } catch {}
}

function pathFor(folder: string): string {
  const program = basename(process.argv[1] ?? "program").replace(/[^\w.-]/g, "_");
  const thread = threadId === 0 ? "" : `-worker${threadId}`;
  return join(folder, `${program}-${process.pid}${thread}-${++made}.vmarec`);
}

if (settings.folder !== undefined) {
  const { folder, stacks = false, limit } = settings;
  const recordAllocator = (allocator: object): void => {
    const path = pathFor(folder);
    try {
      mkdirSync(folder, { recursive: true });
      record(allocator, { to: path, stacks, limit });
      say(`recording an allocator to ${path}`);
    } catch (error) {
      say(`an allocator is not recorded: ${(error as Error).message}`);
    }
  };
  Object.defineProperty(globalThis, ALLOCATOR_MADE, { value: recordAllocator });
}
