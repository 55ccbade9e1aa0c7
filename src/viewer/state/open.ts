/**
 * Opens files: reads them in a worker, so that the page stays alive, and takes the columns over without copying them.
 */

import { batch } from "@preact/signals";
import { type History, hasTime, lastMoment } from "../model/history.ts";
import type { Selection } from "../model/selection.ts";
import { ALL_HEAPS, seriesOf } from "../model/series.ts";
import type { ReadAnswer, ReadRequest } from "../read/protocol.ts";
import { documents, live, problem, reading } from "./documents.ts";
import { active, at, resetForNewFile, selection, view } from "./state.ts";

/** The source of this very script, which the worker runs as well. */
const source = typeof document === "undefined" ? "" : (document.currentScript?.textContent ?? "");

/** Opens files; two at once are compared. */
export async function openFiles(files: readonly File[]): Promise<void> {
  stopFollowing();
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
      if (at.value === Number.POSITIVE_INFINITY) at.value = firstMoment(answer.history);
    }
  });
}

/** The part of the most bytes in use below which the end of a recording shows nothing. */
const NEXT_TO_NOTHING = 0.01;

/** The moment to begin with: the end; or, where a program has freed nearly everything by then, that of most use. */
function firstMoment(history: History): number {
  if (!hasTime(history)) return Number.POSITIVE_INFINITY;
  const { used, highest } = seriesOf(history, ALL_HEAPS);
  const last = lastMoment(history);
  const most = highest(0, last);
  return used[last]! < used[most]! * NEXT_TO_NOTHING ? most : Number.POSITIVE_INFINITY;
}

function startWorker(): { worker: Worker; stop: () => void } {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  const stop = (): void => {
    worker.terminate();
    URL.revokeObjectURL(url);
  };
  return { worker, stop };
}

/** The answer to a file. */
type FileAnswer = Exclude<ReadAnswer, { readonly ended: string } | { readonly isLost: true }>;

function readInWorker(request: { name: string; bytes: ArrayBuffer }): Promise<FileAnswer> {
  const { worker, stop } = startWorker();
  return new Promise((resolve) => {
    const finish = (answer: FileAnswer): void => {
      stop();
      resolve(answer);
    };
    worker.onmessage = ({ data }: MessageEvent<FileAnswer>) => finish(data);
    worker.onerror = (event) =>
      finish({ error: `The file cannot be read: ${event.message || "out of memory"}` });
    worker.postMessage(request satisfies ReadRequest, [request.bytes]);
  });
}

let stopFollowing = (): void => {};

/** Follows a living program. What is looked at stays, as it grows; at the end the newest moment is. */
export function followProgram(address: string): void {
  stopFollowing();
  const name = "living program";
  reading.value = name;
  const { worker, stop } = startWorker();
  stopFollowing = () => {
    stop();
    live.value = undefined;
  };
  live.value = "follows";
  worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => {
    batch(() => {
      reading.value = undefined;
      if ("error" in data) {
        problem.value = { file: name, message: data.error };
        stopFollowing();
      } else if ("ended" in data) {
        stop();
        live.value = "ended";
      } else if ("isLost" in data) live.value = "reconnects";
      else {
        live.value = "follows";
        takeNews(data);
      }
    });
  };
  worker.postMessage({ name, live: address } satisfies ReadRequest);
}

function takeNews({ history, milliseconds, size }: Extract<ReadAnswer, { history: unknown }>): void {
  const before = documents.value[0]?.history;
  if (before !== undefined) selection.value = carried(before, history, selection.value);
  documents.value = [{ history, size, readTime: milliseconds }, ...documents.value.slice(1)];
}

/** The same thing in a longer history of the same program, whose ranges have other numbers. */
function carried(before: History, after: History, selected: Selection | undefined): Selection | undefined {
  if (selected?.what !== "range" || selected.range >= before.ranges.count) return selected;
  const allocation = before.ranges.allocation[selected.range]!;
  const birth = before.ranges.birth[selected.range]!;
  const range = after.ranges.allocation.findIndex(
    (one, index) => one === allocation && after.ranges.birth[index] === birth,
  );
  return range < 0 ? undefined : { what: "range", range };
}
