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
