/**
 * What an AbortSignal has that this library uses. The published types name this instead of the platform's class, so that
 * they compile without the DOM's types and without those of Node.js.
 */
export interface AbortSignalLike {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Throws the signal's reason where it was aborted. */
  throwIfAborted(): void;
  /** Calls back when it is aborted; used where a signal has to go to a worker. */
  addEventListener?(type: "abort", listener: () => void): void;
  /** Takes back {@link addEventListener}. */
  removeEventListener?(type: "abort", listener: () => void): void;
}

function reasonOf(signal: AbortSignalLike): unknown {
  try {
    signal.throwIfAborted();
  } catch (reason) {
    return reason;
  }
  return new Error("the signal was aborted");
}

/** The promise, unless the signal is aborted before it settles: then it rejects with the signal's reason. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignalLike): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      // Whoever aborts does not hear of what becomes of it.
      promise.catch(() => {});
      reject(reasonOf(signal));
      return;
    }
    const aborted = (): void => reject(reasonOf(signal));
    signal.addEventListener?.("abort", aborted);
    const settled = (): void => signal.removeEventListener?.("abort", aborted);
    promise.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error) => {
        settled();
        reject(error);
      },
    );
  });
}
