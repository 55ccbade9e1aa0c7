/** The worker's side of opening a file: reads it, and hands the columns over. */

import type { History } from "../model/history.ts";
import { FileError } from "./json.ts";
import { followLive } from "./live.ts";
import type { ReadAnswer, ReadRequest } from "./protocol.ts";
import { readFile } from "./read.ts";

/** Answers requests to read; for a worker only. */
export function serveReading(): void {
  addEventListener("message", ({ data }: MessageEvent<ReadRequest>) => {
    void answer(data).catch((error: unknown) => send({ error: describe(error) }));
  });
}

async function answer(request: ReadRequest): Promise<void> {
  if ("live" in request) {
    const listener = { tell: send, lost: () => send({ isLost: true }) };
    send({ ended: await followLive(request.live, request.name, listener) });
    return;
  }
  const start = performance.now();
  const history = readFile(new Uint8Array(request.bytes), request.name);
  send({ history, milliseconds: performance.now() - start, size: request.bytes.byteLength });
}

function send(answer: ReadAnswer): void {
  postMessage(answer, { transfer: "history" in answer ? buffersOf(answer.history) : [] });
}

function describe(error: unknown): string {
  if (error instanceof FileError) return error.message;
  if (error instanceof RangeError) return `The file is too large for this browser: ${error.message}`;
  if (error instanceof TypeError && /fetch/i.test(error.message)) return "The program cannot be reached.";
  return `The file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

function buffersOf(history: History): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const part of Object.values(history)) {
    if (typeof part !== "object" || part === null) continue;
    for (const column of Object.values(part)) {
      if (ArrayBuffer.isView(column)) buffers.add(column.buffer as ArrayBuffer);
    }
  }
  return [...buffers];
}
