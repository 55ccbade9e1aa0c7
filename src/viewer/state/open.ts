/**
 * Opens files: reads them in a worker, so that the page stays alive, and takes the columns over without copying them.
 */

import { batch } from "@preact/signals";
import type { ReadAnswer, ReadRequest } from "../read/protocol.ts";
import { documents, problem, reading } from "./documents.ts";
import { active, resetForNewFile, view } from "./state.ts";

/** The source of this very script, which the worker runs as well. */
const source = typeof document === "undefined" ? "" : (document.currentScript?.textContent ?? "");

/** Opens files; two at once are compared. */
export async function openFiles(files: readonly File[]): Promise<void> {
  const beside = documents.value.length === 1 && files.length === 1 && view.value === "difference";
  for (const [index, file] of files.slice(0, 2).entries()) {
    await openBytes(file.name, await file.arrayBuffer(), beside || index > 0 ? "beside" : "instead");
  }
}

/** Opens what is in memory: instead of what is open, or beside it. */
export async function openBytes(name: string, bytes: ArrayBuffer, how: "instead" | "beside"): Promise<void> {
  reading.value = name;
  const size = bytes.byteLength;
  const answer = await readInWorker({ name, bytes });
  batch(() => {
    reading.value = undefined;
    if ("error" in answer) {
      problem.value = { file: name, message: answer.error };
      return;
    }
    problem.value = undefined;
    const opened = { history: answer.history, size, readTime: answer.milliseconds };
    const before = documents.value;
    if (how === "beside" && before.length > 0) {
      documents.value = [before[0]!, opened];
      view.value = "difference";
    } else {
      documents.value = [opened];
      // The first file may come with a link to a view of it.
      if (before.length > 0) resetForNewFile();
      active.value = 0;
    }
  });
}

function readInWorker(request: ReadRequest): Promise<ReadAnswer> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Promise((resolve) => {
    const worker = new Worker(url);
    const finish = (answer: ReadAnswer): void => {
      worker.terminate();
      URL.revokeObjectURL(url);
      resolve(answer);
    };
    worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => finish(data);
    worker.onerror = (event) =>
      finish({ error: `The file cannot be read: ${event.message || "out of memory"}` });
    worker.postMessage(request, [request.bytes]);
  });
}
