/**
 * What a recording needs from the runtime, if available: a timer that keeps no program alive, and the end of the
 * process.
 */

/** A timer that can be stopped. */
export interface Timer {
  stop(): void;
}

interface Runtime {
  readonly setInterval?: (callback: () => void, milliseconds: number) => unknown;
  readonly clearInterval?: (timer: unknown) => void;
  readonly process?: {
    on?(event: "exit", listener: () => void): void;
    off?(event: "exit", listener: () => void): void;
  };
}

const runtime = globalThis as Runtime;
/** What to do at the end of the process; one listener for all, as Node.js warns about many. */
const atExit = new Set<() => void>();

function exit(): void {
  for (const callback of [...atExit]) callback();
}

/** Calls back once a second until it is stopped. */
export function everySecond(callback: () => void): Timer {
  const timer = runtime.setInterval?.(callback, 1000);
  if (typeof timer === "object" && timer !== null && "unref" in timer) (timer as { unref(): void }).unref();
  return { stop: () => runtime.clearInterval?.(timer) };
}

/** Calls back when the process ends. Returns a function that undoes that. */
export function onExit(callback: () => void): () => void {
  if (atExit.size === 0) runtime.process?.on?.("exit", exit);
  atExit.add(callback);
  return () => {
    atExit.delete(callback);
    if (atExit.size === 0) runtime.process?.off?.("exit", exit);
  };
}
