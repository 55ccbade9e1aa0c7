/**
 * Placing in a worker, so that a page stays smooth and a server answers: one side asks, the other runs `place`.
 *
 *     // worker                                       // the program
 *     import "vma-ts/placement/worker";               const placement = await placeOn(worker, items, { timeLimit: 5000 });
 *
 * Both sides communicate through anything that posts messages: a Worker of Node.js or of a browser, a MessagePort, a worker's
 * own scope. Progress and the signal are passed on; several requests may be under way at once, and then take turns.
 */

import { checkObject, quote } from "../foundation/check.ts";
import type { PlacementItem } from "./item.ts";
import { checkPlaceNames, type Placement, type PlaceOptions, place } from "./place.ts";

/** Where messages are posted and come from: a worker of Node.js or of a browser, a port, or a worker's own scope. */
export interface PlacementPort {
  /** Sends a message to the other end. */
  postMessage(message: unknown): void;
  /** Browsers, Bun and Deno. Platforms differ in the listener's type: it gets an event with `data`. */
  addEventListener?(type: "message", listener: never): void;
  /** Undoes {@link addEventListener}. */
  removeEventListener?(type: "message", listener: never): void;
  /** Node.js: a listener gets the data itself. */
  on?(type: "message", listener: (data: unknown) => void): unknown;
  /** Undoes {@link on}. */
  off?(type: "message", listener: (data: unknown) => void): unknown;
  /** Ports are silent until they are started. */
  start?(): void;
}

/** Identifies our messages among others. */
const MARK = "vma-ts/placement";

type Question =
  | {
      readonly mark: typeof MARK;
      readonly ask: number;
      readonly items: readonly PlacementItem[];
      readonly options: Omit<PlaceOptions, "signal" | "onProgress">;
      readonly hasProgress: boolean;
    }
  | { readonly mark: typeof MARK; readonly stop: number };

type Answer =
  | {
      readonly mark: typeof MARK;
      readonly answer: number;
      readonly placement: Placement;
      readonly isLast: boolean;
    }
  | {
      readonly mark: typeof MARK;
      readonly answer: number;
      readonly error: { name: string; message: string };
    };

function listen(port: PlacementPort, heard: (data: unknown) => void): () => void {
  if (port.on !== undefined && port.off !== undefined) {
    port.on("message", heard);
    return () => port.off?.("message", heard);
  }
  const listener = ({ data }: { readonly data: unknown }): void => heard(data);
  port.addEventListener?.("message", listener as never);
  port.start?.();
  return () => port.removeEventListener?.("message", listener as never);
}

function isOurs(data: unknown): boolean {
  return typeof data === "object" && data !== null && (data as { mark?: unknown }).mark === MARK;
}

function checkPort(port: PlacementPort): void {
  checkObject(port, "port");
  if (typeof port.postMessage !== "function" || (port.on ?? port.addEventListener) === undefined) {
    throw new TypeError(`port must post messages and receive them, got ${quote(port)}`);
  }
}

/** Answers requests of {@link placeOn} at the other end of a port, until the returned function is called. */
export function answerPlacements(port: PlacementPort): () => void {
  checkPort(port);
  const running = new Map<number, AbortController>();
  const post = (answer: Answer): void => port.postMessage(answer);
  return listen(port, async (data) => {
    if (!isOurs(data)) return;
    const question = data as Question;
    if ("stop" in question) {
      running.get(question.stop)?.abort();
      return;
    }
    if (!("ask" in question)) return;
    const { ask, items, options, hasProgress } = question;
    const controller = new AbortController();
    running.set(ask, controller);
    const report = (placement: Placement): void =>
      post({ mark: MARK, answer: ask, placement, isLast: false });
    try {
      const { signal } = controller;
      const placement = await place(items, {
        ...options,
        signal,
        ...(hasProgress ? { onProgress: report } : {}),
      });
      post({ mark: MARK, answer: ask, placement, isLast: true });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      post({ mark: MARK, answer: ask, error: { name, message } });
    } finally {
      running.delete(ask);
    }
  });
}

let asked = 0;

/**
 * Like `place`, at the other end of a port, where {@link answerPlacements} answers.
 *
 * @throws TypeError or RangeError as `place` throws them.
 */
export function placeOn(
  port: PlacementPort,
  items: readonly PlacementItem[],
  options: PlaceOptions = {},
): Promise<Placement> {
  checkPort(port);
  checkPlaceNames(options);
  const { signal, onProgress, ...rest } = options;
  const ask = ++asked;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      silence();
      signal?.removeEventListener?.("abort", stop);
    };
    const stop = (): void => port.postMessage({ mark: MARK, stop: ask } satisfies Question);
    const silence = listen(port, (data) => {
      if (!isOurs(data) || (data as Partial<Answer>).answer !== ask) return;
      const answer = data as Answer;
      if ("error" in answer) {
        end();
        reject(errorOf(answer.error));
      } else if (answer.isLast) {
        end();
        resolve(answer.placement);
      } else onProgress?.(answer.placement);
    });
    signal?.addEventListener?.("abort", stop);
    const hasProgress = onProgress !== undefined;
    port.postMessage({ mark: MARK, ask, items, options: rest, hasProgress } satisfies Question);
    if (signal?.aborted) stop();
  });
}

function errorOf({ name, message }: { name: string; message: string }): Error {
  if (name === "RangeError") return new RangeError(message);
  if (name === "TypeError") return new TypeError(message);
  return Object.assign(new Error(message), { name });
}
